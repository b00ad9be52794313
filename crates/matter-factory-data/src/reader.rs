//! The only reader of a device's images. Its [`Sink`] decides the effect of a fault: a strict one stops with an error
//! ([`DeviceRecord::decode`](crate::DeviceRecord::decode)), a tolerant one records a finding and continues (the audit).

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

/// Returns an already known private key, so that its public key need not be computed again.
pub(crate) type KnownKeys<'k> = &'k dyn Fn(&[u8; 32]) -> Option<PrivateKey>;

/// Receives the faults found by the reader.
pub(crate) trait Sink {
    /// The error that stops reading; [`core::convert::Infallible`] if nothing does.
    type Stop;

    /// Receives a fault. If reading continues, the affected value is omitted.
    fn fault(&mut self, fault: Fault<'_>) -> Result<(), Self::Stop>;
}

/// A fault: an error for a strict reader, a finding for a tolerant one.
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

    /// A fault that the audit already reports, under the same or another name.
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
