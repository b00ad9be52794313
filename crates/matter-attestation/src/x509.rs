//! X.509 read once (RFC 5280): [`Frame`] finds the parts of a certificate, and one function for each part reads it and
//! reports to a [`FaultSink`](crate::fault::FaultSink) what is wrong.
//!
//! [`Certificate`](crate::Certificate) is the strict view and stops at the first fault; the lint reports each and reads
//! on. Requests and lists of revoked certificates share the walker and the outermost form.

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
