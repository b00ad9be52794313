//! Comparison of secrets in constant time.

use esp_nvs_image::{OwnedValue, Value};
use matter_types::Passcode;
use subtle::{Choice, ConstantTimeEq};

use crate::{AttestationCredentials, DeviceRecord, FactoryEntry, RotatingId, SecureCertNumbers};

impl ConstantTimeEq for RotatingId {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.expose_bytes().ct_eq(other.expose_bytes())
    }
}

impl ConstantTimeEq for SecureCertNumbers {
    fn ct_eq(&self, other: &Self) -> Choice {
        let (ours, theirs) = (self.expose_bytes(), other.expose_bytes());
        ours.as_flattened().ct_eq(theirs.as_flattened())
    }
}

impl ConstantTimeEq for AttestationCredentials {
    /// Compares certificates and keys; credentials with a key differ from those without.
    fn ct_eq(&self, other: &Self) -> Choice {
        public(self.dac() == other.dac() && self.pai() == other.pai()) & optional(self.key(), other.key())
    }
}

impl ConstantTimeEq for FactoryEntry {
    /// Compares values of the same type in time that depends only on their lengths.
    fn ct_eq(&self, other: &Self) -> Choice {
        let is_same = match (&self.value, &other.value) {
            (OwnedValue::Number(ours), OwnedValue::Number(theirs)) => public(ours == theirs),
            (ours, theirs) => match (ours.as_value(), theirs.as_value()) {
                (Value::Str(ours), Value::Str(theirs)) => ours.as_bytes().ct_eq(theirs.as_bytes()),
                (Value::Blob(ours), Value::Blob(theirs)) => ours.ct_eq(theirs),
                _ => public(false),
            },
        };
        public(self.namespace == other.namespace && self.key == other.key) & is_same
    }
}

impl ConstantTimeEq for DeviceRecord {
    /// Compares all fields. The time does not depend on secrets: passcode, verifier, private key, rotating id, numbers
    /// and the values of vendor entries, except for their lengths.
    ///
    /// A record decoded from images has no passcode and no label, so it differs from its source;
    /// [`DeviceRecord::first_difference`] compares the content of images.
    fn ct_eq(&self, other: &Self) -> Choice {
        let is_same = self.vendor_id() == other.vendor_id()
            && self.product_id() == other.product_id()
            && self.discriminator() == other.discriminator()
            && self.parameters() == other.parameters()
            && self.flow == other.flow
            && self.discovery == other.discovery
            && self.declaration == other.declaration
            && self.product == other.product
            && self.locales == other.locales
            && self.fixed_labels == other.fixed_labels
            && self.supported_modes == other.supported_modes;
        let [ours, theirs] = [self, other].map(|record| record.passcode().map(Passcode::expose));
        let entries = self.entries().iter().zip(other.entries());
        let have_same_entries = entries.fold(
            public(self.entries().len() == other.entries().len()),
            |same, (ours, theirs)| same & ours.ct_eq(theirs),
        );
        public(is_same)
            & optional(ours.as_ref(), theirs.as_ref())
            & optional(self.verifier(), other.verifier())
            & optional(self.credentials(), other.credentials())
            & optional(self.rotating_id.as_ref(), other.rotating_id.as_ref())
            & optional(self.secure_cert_numbers.as_ref(), other.secure_cert_numbers.as_ref())
            & have_same_entries
    }
}

/// Converts the comparison of public values.
fn public(is_same: bool) -> Choice {
    Choice::from(u8::from(is_same))
}

/// Compares optional values; their presence is public.
fn optional<T: ConstantTimeEq>(ours: Option<&T>, theirs: Option<&T>) -> Choice {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => ours.ct_eq(theirs),
        (None, None) => public(true),
        _ => public(false),
    }
}
