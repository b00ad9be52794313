use core::fmt;

use matter_attestation::{Rule, Severity};

macro_rules! checks {
    ($($variant:ident, $id:literal, $severity:ident, $sentence:literal, $remedy:literal;)+) => {
        /// A check of the audit, which identifies a [`Finding`](crate::Finding).
        ///
        /// The ids written by `Display` are stable: programs may compare them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Check {
            $(
                #[doc = concat!("`", $id, "`: ", $sentence, ".")]
                $variant,
            )+
            /// A rule of device attestation, with its own id.
            Attestation(Rule),
            /// A finding of [`esp_nvs_image::check`], with the prefix `nvs-`.
            Nvs(&'static str),
            /// A finding of [`esp_secure_cert::check`], with the prefix `secure-cert-`.
            SecureCert(&'static str),
        }

        impl Check {
            /// All checks of this crate.
            pub const OWN: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the sentence of a finding, without values and full stop.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)+
                    Self::Attestation(rule) => rule.sentence(),
                    Self::Nvs(_) => "The NVS image is invalid for the firmware",
                    Self::SecureCert(_) => "The secure-cert image is invalid for the firmware",
                }
            }

            /// Returns the usual severity of a finding; that of an image's fault depends on the fault.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)+
                    _ => Severity::Error,
                }
            }

            /// Returns the remedy, if there is one.
            #[must_use]
            pub const fn remedy(self) -> Option<&'static str> {
                let text = match self {
                    $(Self::$variant => $remedy,)+
                    Self::Attestation(rule) => rule.remedy(),
                    Self::Nvs(_) | Self::SecureCert(_) => "make the image again",
                };
                if text.is_empty() { None } else { Some(text) }
            }

            const fn id(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$variant => ("", $id),)+
                    Self::Attestation(rule) => ("", rule.id()),
                    Self::Nvs(id) => ("nvs-", id),
                    Self::SecureCert(id) => ("secure-cert-", id),
                }
            }
        }
    };
}

checks! {
    // Presence and content of artifacts.
    ArtifactMissing, "artifact-missing", Error,
        "There is no image to audit", "make the device again";
    ArtifactMalformed, "artifact-malformed", Error,
        "A file is malformed", "make the file again";
    ArtifactTwice, "artifact-twice", Error,
        "There is more than one file of a kind; only the first is audited", "find out which one is the device's, and remove the other";
    ArtifactStray, "artifact-stray", Error,
        "A device's file is next to the folders of devices and belongs to none of them", "find out where it comes from";
    ListMalformed, "list-malformed", Error,
        "A manifest or ledger is malformed", "restore it from a backup; a new one does not contain the devices";
    KeyMissing, "key-missing", Error,
        "A value that the firmware reads is missing", "make the image again with this value";
    KeyType, "key-type", Error,
        "A value does not have the type that the firmware reads", "store it with the type that the firmware reads";
    KeyLength, "key-length", Error,
        "A value has a length that the firmware refuses", "store it with the right length";
    KeyRange, "key-range", Error,
        "A number is out of range", "store a number in range";
    KeyValue, "key-value", Error,
        "A value does not have the form of its field", "store a value of the right form";
    KeyTwice, "key-twice", Error,
        "An NVS entry is stored more than once", "store it once";
    KeyUnknown, "key-unknown", Note,
        "The SDK's firmware does not read this NVS entry", "";
    ListItemUncounted, "list-item-uncounted", Warning,
        "An item is beyond the stored length of its list, so the firmware does not read it", "correct the list's length";
    AttestationAbsent, "attestation-absent", Error,
        "The device has no attestation credentials", "store DAC, its key and PAI, unless the device gets them elsewhere";
    CdAbsent, "cd-absent", Note,
        "The device stores no Certification Declaration, so the firmware must contain it", "";
    PartitionTableDiffers, "partition-table-differs", Error,
        "The partition table in the flash differs from the given one",
        "write the firmware's table to the flash, or give that table";
    NvsNotEncrypted, "nvs-not-encrypted", Error,
        "The flash has keys for NVS encryption, but the factory data is not encrypted", "encrypt it with these keys, or erase their partition";
    StorageDisagrees, "storage-disagrees", Error,
        "Images or files contain different values of the same item", "store it in one place";
    NotChecked, "not-checked", Note,
        "Not everything was checked", "";
    // The label.
    LabelMalformed, "label-malformed", Error,
        "A commissioner cannot read an onboarding code", "print the label again";
    LabelCodes, "label-codes-differ", Error,
        "The codes of one label differ", "print the label again from one record";
    LabelPicture, "label-picture", Error,
        "The picture of the QR code cannot be read, or shows a different code", "draw the picture again";
    LabelDiscriminator, "label-discriminator", Error,
        "The label's discriminator differs from the device's", "print the label of this device";
    LabelVendor, "label-vendor-id", Error,
        "The label's vendor id differs from the device's", "print the label of this device";
    LabelProduct, "label-product-id", Error,
        "The label's product id differs from the device's", "print the label of this device";
    LabelFlow, "label-flow", Error,
        "The commissioning flow of the label differs from that of its other code or of the product", "print the label with the product's flow";
    LabelSerial, "label-serial", Error,
        "The label's serial number differs from the device's", "print the label of this device";
    VerifierPasscode, "verifier-passcode", Error,
        "The passcode on the label does not match the device's verifier", "print the label of this device, or make the verifier again";
    // Attestation.
    ProductUnexpected, "product-unexpected", Error,
        "The device's vendor or product id differs from the expected one", "make the device for this product";
    CdUnexpected, "cd-unexpected", Error,
        "The device's Certification Declaration differs from the expected one", "store the product's declaration";
    DacOfAnotherProduct, "dac-of-another-product", Error,
        "The DAC's vendor or product id differs from the device's, and no declaration allows it", "issue the DAC for this product";
    DacKeyInvalid, "dac-key-invalid", Error,
        "The DAC's private key is not a P-256 key", "store the key again";
    DacPublicKey, "dac-public-key", Error,
        "The stored public key is not the DAC's", "store the DAC's public key";
    TestPki, "test-pki", Error,
        "The attestation chain is a test chain", "use a PAI with the vendor's own id and key";
    TestCdSigner, "test-cd-signer", Error,
        "The Certification Declaration is signed with the published test key", "store the declaration that the CSA signed";
    // Secrets.
    KeyLeaked, "key-leaked", Error,
        "There is a private key in a place where none is allowed", "remove it, and make the device again with a new key";
    KeyContainer, "key-container", Error,
        "There is a private key that the audit cannot read: encrypted or of another type", "remove it, or find out whose it is";
    CustomerKey, "customer-key", Note,
        "There is a private key outside Matter's namespace", "";
    EfuseKeyFile, "efuse-key-file", Note,
        "The private key for the eFuse is still in its file", "remove the file once the key is burned";
    KeyPublished, "key-published", Error,
        "The device's private key is published", "make the device again with a new key";
    PasscodeStored, "passcode-stored", Error,
        "The device stores its passcode in plain text", "remove it: the firmware needs only the verifier";
    DefaultPasscode, "default-passcode", Error,
        "The passcode is that of the SDK's examples", "draw a passcode for each device";
    DefaultDiscriminator, "default-discriminator", Note,
        "The discriminator is that of the SDK's examples", "";
    SaltWeak, "salt-weak", Error,
        "The salt is not random", "draw a salt for each device";
    RotatingIdWeak, "rotating-id-weak", Error,
        "The unique id for the rotating device id is not random", "draw one for each device";
    FileWritable, "file-writable", Error,
        "Users other than the owner can change a device, a key or a list", "give files the mode 0600 and folders 0700, and find out whether something was changed";
    FileMode, "file-mode", Warning,
        "Users other than the owner can read a file or folder with secrets", "give files the mode 0600 and folders 0700";
    // More than one device.
    DuplicateSerial, "duplicate-serial", Error,
        "Two devices have the same serial number", "make one of them again";
    DuplicateKey, "duplicate-key", Error,
        "Two devices have the same attestation key", "make one of them again";
    DuplicatePasscode, "duplicate-passcode", Warning,
        "Two devices have the same passcode", "make one of them again, if passcodes must be unique";
    DuplicateCertificateSerial, "duplicate-certificate-serial", Error,
        "Two devices have DACs of the same issuer with the same serial number", "issue one of them again";
    DuplicateSalt, "duplicate-salt", Error,
        "Two devices have the same salt", "make one of them again";
    DuplicateVerifier, "duplicate-verifier", Error,
        "Two devices have the same verifier", "make one of them again";
    DuplicateRotatingId, "duplicate-rotating-id", Error,
        "Two devices have the same unique id for the rotating device id", "make one of them again";
    DuplicateDevice, "duplicate-device", Error,
        "Two devices have the same name", "make one of them again";
    DeviceMissing, "device-missing", Error,
        "A device of the manifest or ledger is missing", "make it, or find it";
    DeviceExtra, "device-extra", Error,
        "A device is in neither a manifest nor a ledger", "find out where it comes from";
    FileMissing, "file-missing", Error,
        "A file listed in the manifest or ledger is missing", "make the device again";
    FileHash, "file-hash", Error,
        "A file differs from the one listed in the manifest or ledger", "make the device again";
    ManifestDiffers, "manifest-differs", Error,
        "The manifest or ledger differs from the device", "find out which of the two is wrong";
    NameDiffers, "name-differs", Error,
        "A folder or file has the name of another device", "find out whose it is";
    ManifestSignature, "manifest-signature", Error,
        "The signature of a manifest is missing, or not from the given key", "find out who has changed it";
    TableMalformed, "table-malformed", Error,
        "A table, sheet of labels or archive of pictures is malformed", "restore it from a backup";
    TableDiffers, "table-differs", Error,
        "A table, sheet of labels or archive of pictures differs from the device", "find out which of the two is wrong";
    TableDeviceMissing, "table-device-missing", Error,
        "A device of a table, sheet of labels or archive of pictures is missing", "make it, or find it";
    TableRowMissing, "table-row-missing", Error,
        "A device is not in the tables, labels or pictures of its run", "find out where it comes from";
}

impl fmt::Display for Check {
    /// Writes the id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prefix, id) = self.id();
        f.write_str(prefix)?;
        f.write_str(id)
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn ids_are_unique_among_those_of_attestation_too() {
        let rules = Rule::ALL.iter().map(|rule| Check::Attestation(*rule));
        let ids: BTreeSet<_> = Check::OWN
            .iter()
            .copied()
            .chain(rules)
            .map(|check| check.to_string())
            .collect();
        assert_eq!(ids.len(), Check::OWN.len() + Rule::ALL.len());
        for id in ids {
            assert!(
                id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')),
                "{id}"
            );
        }
    }

    #[test]
    fn sentences_leave_the_full_stop_to_the_finding() {
        for check in Check::OWN {
            assert!(
                !check.sentence().is_empty() && !check.sentence().ends_with('.'),
                "{check}"
            );
            assert!(
                check.severity() == Severity::Note || check.remedy().is_some(),
                "{check}"
            );
        }
    }
}
