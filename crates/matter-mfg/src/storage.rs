use esp_flash_image::{BootCurve, Chip};
use esp_secure_cert::EfuseKey;

/// The options for the location of devices' data. [`crate::Plan::new`] checks their combination.
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
    /// Puts certificates and key of a device into an `esp_secure_cert` partition instead of NVS.
    pub dac_in_secure_cert: bool,
    /// Puts discriminator, verifier, salt and iteration count there; requires the other two options.
    pub commissionable_data_in_secure_cert: bool,
    /// Puts the unique id for rotating device ids there; requires the other two options.
    pub rotating_id_in_secure_cert: bool,
    /// Omits the image of that partition.
    pub no_secure_cert_image: bool,
    /// Puts the key into an eFuse, for the ECDSA peripheral, and into no partition.
    pub ds_peripheral: bool,
    /// The eFuse key block for the key.
    pub efuse_key: Option<EfuseKey>,
    /// The chip.
    pub target: Chip,
    /// The serial port of a chip to burn and write, which this crate does not do.
    pub port: Option<String>,
}

impl Default for Storage {
    /// Everything in NVS on an ESP32, the vendor's default chip.
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

/// Returns the last eFuse key block that can hold a device's key; `None` without an ECDSA peripheral for P-256.
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

/// Returns the names of the chips with that peripheral.
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
        // BLOCK_KEY5 of the H2 has a hardware fault, and the S31 has no such block (espefuse 5.6.0).
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
