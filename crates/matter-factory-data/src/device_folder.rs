use alloc::format;
use alloc::string::String;

/// A file in a device's folder with the device's name as prefix, named as by the reference tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FolderFile {
    /// The image of the whole flash, from address 0.
    Flash,
    /// The plan of the flash: its content, and the eFuses and commands that lock the device.
    FlashPlan,
    /// The NVS factory partition.
    Nvs,
    /// The keys of an encrypted NVS partition.
    NvsKeys,
    /// The codes of the label, as a table.
    OnboardingCodes,
    /// The picture of the QR code.
    QrPicture,
    /// The `esp_secure_cert` partition.
    SecureCert,
}

impl FolderFile {
    /// `NvsKeys` comes first, because its suffix ends like that of an image.
    const ALL: [Self; 7] = [
        Self::NvsKeys,
        Self::Nvs,
        Self::SecureCert,
        Self::OnboardingCodes,
        Self::QrPicture,
        Self::Flash,
        Self::FlashPlan,
    ];

    /// Returns the part of the name after the device's name.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Flash => "-flash.bin",
            Self::FlashPlan => "-flash-plan.json",
            Self::Nvs => "-partition.bin",
            Self::NvsKeys => "-keys-partition.bin",
            Self::OnboardingCodes => "-onb_codes.csv",
            Self::QrPicture => "-qrcode.png",
            Self::SecureCert => "_esp_secure_cert.bin",
        }
    }

    /// Returns the file name for a device.
    #[must_use]
    pub fn name(self, device: &str) -> String {
        format!("{device}{}", self.suffix())
    }

    /// Returns the file that a name denotes.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| name.ends_with(file.suffix()))
    }
}

/// A file in `internal/` of a device's folder, named as by the reference tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InternalFile {
    /// The DAC in DER.
    DacDer,
    /// The DAC's private key in DER.
    DacKeyDer,
    /// The DAC's private key in PEM.
    DacKeyPem,
    /// The DAC in PEM.
    DacPem,
    /// The scalar of the DAC's private key.
    DacPrivateKey,
    /// The point of the DAC's public key.
    DacPublicKey,
    /// The Certification Declaration.
    Declaration,
    /// The DAC's private key in PEM, for an eFuse. If it exists, no other file contains the key; the reference tool
    /// does not write it.
    EfuseKey,
    /// The PAI in DER.
    PaiDer,
    /// The input of the reference NVS generator.
    PartitionCsv,
    /// The digest of the first trusted secure boot key, for an eFuse.
    SecureBootDigest0,
    /// The digest of the second key.
    SecureBootDigest1,
    /// The digest of the third key.
    SecureBootDigest2,
}

impl InternalFile {
    /// The folder, as a path prefix.
    pub const FOLDER: &str = "internal/";

    /// The digests of the trusted secure boot keys, in order.
    pub const SECURE_BOOT_DIGESTS: [Self; 3] = [
        Self::SecureBootDigest0,
        Self::SecureBootDigest1,
        Self::SecureBootDigest2,
    ];

    /// Returns the path in the device's folder, with `/` on every system.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::DacDer => "internal/DAC_cert.der",
            Self::DacKeyDer => "internal/DAC_key.der",
            Self::DacKeyPem => "internal/DAC_key.pem",
            Self::DacPem => "internal/DAC_cert.pem",
            Self::DacPrivateKey => "internal/DAC_private_key.bin",
            Self::DacPublicKey => "internal/DAC_public_key.bin",
            Self::Declaration => "internal/CD.der",
            Self::EfuseKey => "internal/efuse_key.pem",
            Self::PaiDer => "internal/PAI_cert.der",
            Self::PartitionCsv => "internal/partition.csv",
            Self::SecureBootDigest0 => "internal/secure-boot-digest0.bin",
            Self::SecureBootDigest1 => "internal/secure-boot-digest1.bin",
            Self::SecureBootDigest2 => "internal/secure-boot-digest2.bin",
        }
    }

    /// Returns the name in `internal/`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.path().strip_prefix(Self::FOLDER).unwrap_or_default()
    }
}

/// A secret of a device's chip, stored in a file outside the device's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFile {
    /// The flash encryption key.
    FlashEncryption,
    /// The HMAC key from which the NVS encryption keys are derived.
    NvsHmac,
}

impl KeyFile {
    /// Returns the file name for a device.
    #[must_use]
    pub fn name(self, device: &str) -> String {
        let suffix = match self {
            Self::FlashEncryption => "-flash-key.bin",
            Self::NvsHmac => "-nvs-hmac-key.bin",
        };
        format!("{device}{suffix}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_determine_the_file() {
        for file in FolderFile::ALL {
            assert_eq!(FolderFile::of_name(&file.name("device")), Some(file));
        }
        assert_eq!(FolderFile::of_name("device.bin"), None);
        assert_eq!(InternalFile::Declaration.name(), "CD.der");
    }
}
