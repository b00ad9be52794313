//! The only X.509 reader (RFC 5280): [`Frame`] finds the parts of a certificate, and one function for each part decodes
//! it and reports faults to a [`FaultSink`](crate::fault::FaultSink).
//!
//! [`Certificate`](crate::Certificate) is the strict view and stops at the first fault; the lint reports each fault and
//! continues. Requests and revocation lists use the same walker and outermost form.

mod der;
mod extensions;
mod fields;
mod frame;
mod ids;
mod name;
mod signed;
mod time;

pub(crate) use self::der::{Malformed, Tlv, Walker, tag};
pub(crate) use self::extensions::{
    AuthorityKeyId, BasicConstraints, Extension, ExtensionValue, Extensions, KeyUsage, SubjectKeyId, id, key_id,
    name_of,
};
pub(crate) use self::fields::{algorithms, is_on_larger_curve, public_key, serial, validity};
pub(crate) use self::frame::{CertificateDer, Frame, MAX_LEN};
pub(crate) use self::ids::{RawIds, has_unreadable_ids, names, subject_ids};
pub(crate) use self::name::{Attribute, attributes, begins_with, common_name, equivalent};
pub(crate) use self::signed::{Signed, SignedFault, ecdsa_signature, is_ecdsa_with_sha256, is_larger_signature};
pub(crate) use self::time::{Encoding, Time};
