use esp_flash_image::{BootCurve, Chip};
use esp_secure_cert::EfuseKey;

/// What the options say about where devices' data is kept. [`crate::Plan::new`] checks that it fits together.
///
/// # Examples
///
/// ```
/// use matter_mfg::Job;
/// use matter_mfg::esp_secure_cert::EfuseKey;
///
/// let mut job = Job::new("0xFFF1".parse()?, "0x8000".parse()?);
/// job.storage.target = "esp32h2".parse()?;
/// job.storage.dac_in_secure_cert = true;
/// job.storage.ds_peripheral = true;
/// job.storage.efuse_key = Some(EfuseKey::new(1)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are options of the vendor's tool, each of its own"
)]
pub struct Storage {
    /// Certificates and key of a device go into an `esp_secure_cert` partition instead of NVS.
    pub dac_in_secure_cert: bool,
    /// Discriminator, verifier, salt and iteration count do; only when the other two do.
    pub commissionable_data_in_secure_cert: bool,
    /// The unique id for rotating device ids does; only when the other two do.
    pub rotating_id_in_secure_cert: bool,
    /// No image of that partition is made.
    pub no_secure_cert_image: bool,
    /// The key goes into an eFuse, where the ECDSA peripheral reads it, and into no partition.
    pub ds_peripheral: bool,
    /// The eFuse key block for that.
    pub efuse_key: Option<EfuseKey>,
    /// The chip.
    pub target: Chip,
    /// The serial port of a chip to burn and write. Nothing here does that.
    pub port: Option<String>,
}

impl Default for Storage {
    /// Everything in NVS, and the vendor's default of the chip, the ESP32.
    fn default() -> Self {
        Self {
            dac_in_secure_cert: false,
            commissionable_data_in_secure_cert: false,
            rotating_id_in_secure_cert: false,
            no_secure_cert_image: false,
            ds_peripheral: false,
            efuse_key: None,
            target: Chip::Esp32,
            port: None,
        }
    }
}

/// Returns the last eFuse key block that can hold a device's key; `None` without a peripheral for ECDSA on P-256.
pub(crate) fn last_ecdsa_key(chip: Chip) -> Option<EfuseKey> {
    let facts = chip.facts();
    let has_curve = facts.ecdsa_peripheral.iter().any(|fact| fact.curve == BootCurve::P256);
    let blocks = &facts.key_blocks;
    let last = blocks
        .names
        .iter()
        .rposition(|name| !blocks.without_ecdsa_key.contains(name));
    last.filter(|_| has_curve)
        .and_then(|id| EfuseKey::new(u8::try_from(id).ok()?).ok())
}

/// The names of the chips with that peripheral.
pub(crate) fn names_with_ecdsa() -> String {
    let chips = Chip::ALL.iter().filter(|chip| last_ecdsa_key(**chip).is_some());
    chips.map(|chip| chip.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_devices_go_where_the_chip_reads_them() {
        let last = |chip| last_ecdsa_key(chip).map(EfuseKey::id);
        assert_eq!(last(Chip::Esp32c5), Some(5));
        // BLOCK_KEY5 of the one has a fault of the hardware, and the other has no such block (espefuse 5.6.0).
        assert_eq!((last(Chip::Esp32h2), last(Chip::Esp32s31)), (Some(4), Some(4)));
        for chip in [
            Chip::Esp32,
            Chip::Esp32c2,
            Chip::Esp32c3,
            Chip::Esp32c6,
            Chip::Esp32s2,
            Chip::Esp32s3,
        ] {
            assert_eq!(last(chip), None, "{chip}");
        }
        assert!(names_with_ecdsa().starts_with("esp32c5, esp32c61, esp32h2, esp32h21, esp32h4, esp32p4"));
    }
}
