use alloc::format;
use alloc::string::String;

/// A file of a device's folder whose name begins with the device's, as the reference tool calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FolderFile {
    /// The whole flash in one image, from address 0 on.
    Flash,
    /// What is in it, and how the device is locked: eFuses and commands.
    FlashPlan,
    /// The NVS factory partition.
    Nvs,
    /// The keys of an encrypted one.
    NvsKeys,
    /// The codes of the label, as a table.
    OnboardingCodes,
    /// The picture of the QR code.
    QrPicture,
    /// The `esp_secure_cert` partition.
    SecureCert,
}

impl FolderFile {
    /// Keys end like an image, and come first.
    const ALL: [Self; 7] = [
        Self::NvsKeys,
        Self::Nvs,
        Self::SecureCert,
        Self::OnboardingCodes,
        Self::QrPicture,
        Self::Flash,
        Self::FlashPlan,
    ];

    /// Returns what the name has behind the device's.
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

    /// Returns the name for a device.
    #[must_use]
    pub fn name(self, device: &str) -> String {
        format!("{device}{}", self.suffix())
    }

    /// Tells what a file is by its name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| name.ends_with(file.suffix()))
    }
}

/// A file in `internal/` below a device's folder, as the reference tool calls it.
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
    /// The DAC's private key in PEM, for an eFuse. Where it is, no other file has it; the reference tool has none.
    EfuseKey,
    /// The PAI in DER.
    PaiDer,
    /// What the reference generator makes the NVS partition of.
    PartitionCsv,
    /// The digest of the first key that secure boot trusts, for an eFuse.
    SecureBootDigest0,
    /// That of the second.
    SecureBootDigest1,
    /// That of the third.
    SecureBootDigest2,
}

impl InternalFile {
    /// The folder, as paths begin.
    pub const FOLDER: &str = "internal/";

    /// The digests of the keys that secure boot trusts, the first key first.
    pub const SECURE_BOOT_DIGESTS: [Self; 3] = [
        Self::SecureBootDigest0,
        Self::SecureBootDigest1,
        Self::SecureBootDigest2,
    ];

    /// Returns the name in the device's folder: `/` comes behind the folder's name on every system.
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

/// A secret of a device's chip, whose file is kept apart from the device's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFile {
    /// The key of flash encryption.
    FlashEncryption,
    /// The HMAC key that the keys of NVS encryption are derived from.
    NvsHmac,
}

impl KeyFile {
    /// Returns the name for a device.
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
    fn a_name_tells_what_a_file_is() {
        for file in FolderFile::ALL {
            assert_eq!(FolderFile::of_name(&file.name("device")), Some(file));
        }
        assert_eq!(FolderFile::of_name("device.bin"), None);
        assert_eq!(InternalFile::Declaration.name(), "CD.der");
    }
}
