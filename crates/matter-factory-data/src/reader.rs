//! The one reader of a device's images. Its [`Sink`] decides what a fault means: a strict one stops with its error
//! ([`DeviceRecord::decode`](crate::DeviceRecord::decode)), a tolerant one notes the finding and goes on (the audit).

use core::fmt::Display;

use matter_attestation::PrivateKey;

use crate::audit::Check;
use crate::{Error, Finding};

mod facts;
mod nvs;
mod secure_cert;
mod values;

pub(crate) use facts::Facts;
pub use facts::KeyPlace;
pub(crate) use nvs::read_nvs;
pub(crate) use secure_cert::{check_records, read_secure_cert};
pub(crate) use values::{Values, within};

/// Returns a private key that the caller has already, so that its public key need not be computed again.
pub(crate) type KnownKeys<'k> = &'k dyn Fn(&[u8; 32]) -> Option<PrivateKey>;

/// Takes the faults that the reader meets.
pub(crate) trait Sink {
    /// With what reading ends early; [`core::convert::Infallible`] when it never does.
    type Stop;

    /// Takes a fault. The value that it concerns is left out when reading goes on.
    fn fault(&mut self, fault: Fault<'_>) -> Result<(), Self::Stop>;
}

/// A fault: the error of a strict reader, and the finding of a tolerant one.
pub(crate) struct Fault<'f> {
    error: Error,
    found: Option<Found<'f>>,
}

struct Found<'f> {
    check: Check,
    object: &'f dyn Display,
    detail: &'f dyn Display,
}

impl<'f> Fault<'f> {
    pub(crate) fn new(error: impl Into<Error>, check: Check, object: &'f dyn Display, detail: &'f dyn Display) -> Self {
        let found = Some(Found { check, object, detail });
        let error = error.into();
        Self { error, found }
    }

    /// A fault of which the audit has a finding already, or the same one under another name.
    pub(crate) fn reported(error: impl Into<Error>) -> Self {
        let (error, found) = (error.into(), None);
        Self { error, found }
    }
}

/// The sink of [`DeviceRecord::decode`](crate::DeviceRecord::decode): the first fault is an error.
pub(crate) struct Strict;

impl Sink for Strict {
    type Stop = Error;

    fn fault(&mut self, fault: Fault<'_>) -> Result<(), Error> {
        Err(fault.error)
    }
}

/// The sink of the audit: every fault is a finding.
impl Sink for alloc::vec::Vec<Finding> {
    type Stop = core::convert::Infallible;

    fn fault(&mut self, fault: Fault<'_>) -> Result<(), Self::Stop> {
        let found = fault.found;
        self.extend(found.map(|found| Finding::of(found.check, alloc::format!("{}", found.object), found.detail)));
        Ok(())
    }
}
