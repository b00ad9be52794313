//! Refusals of the stages: faulty blocks, going back, open read protection, locks on later stages.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/rom.rs"]
mod rom;

use esp_flash_image::Chip;
use esp_rom_loader::{Burn, Burned, ConnectSettings, EfuseMap, Error, Loader, Reset};
use rom::{Fault, Rom};

fn connect(rom: Rom) -> Loader<Rom> {
    Loader::connect(rom, &ConnectSettings::new(Reset::None)).unwrap()
}

fn unknown(chip: Chip, name: &str) -> Error {
    Error::EfuseName {
        chip,
        name: name.into(),
    }
}

#[test]
fn keys_are_refused_in_blocks_whose_hardware_is_faulty() {
    for chip in [Chip::Esp32c3, Chip::Esp32c6, Chip::Esp32h2, Chip::Esp32s3] {
        let mut loader = connect(Rom::new(chip));
        let mut stage = loader.efuses().unwrap().start();
        let burn = Burn::key("BLOCK_KEY5", "XTS_AES_128_KEY", &[7; 32]);
        assert_eq!(stage.burn_secret_key(&burn), Err(unknown(chip, "XTS_AES_128_KEY")));
        assert_eq!(
            stage
                .efuses()
                .is_burned(&Burn::key("BLOCK9", "XTS_AES_128_KEY", &[7; 32])),
            Err(unknown(chip, "XTS_AES_128_KEY"))
        );
        let ecdsa = Burn::key("BLOCK_KEY5", "ECDSA_KEY", &[7; 32]);
        if chip == Chip::Esp32h2 {
            assert_eq!(stage.burn_secret_key(&ecdsa), Err(unknown(chip, "ECDSA_KEY")));
        }
        // Other keys are allowed there.
        assert!(
            stage
                .burn_secret_key(&Burn::key("BLOCK_KEY5", "HMAC_UP", &[7; 32]))
                .unwrap()
        );
        drop(stage);
        assert_eq!(loader.into_port().programmed, [9, 0]);
    }
    let mut loader = connect(Rom::new(Chip::Esp32c5));
    let mut stage = loader.efuses().unwrap().start();
    let burn = Burn::key("BLOCK_KEY5", "ECDSA_KEY", &[7; 32]);
    assert_eq!(stage.burn_secret_key(&burn), Ok(true));
}

#[test]
fn stage_that_was_left_stays_closed_on_the_connection() {
    let mut loader = connect(Rom::new(Chip::Esp32c3));
    let digest = Burn::key("BLOCK_KEY1", "SECURE_BOOT_DIGEST0", &[1; 32]);
    let secret = Burn::key("BLOCK_KEY0", "HMAC_UP", &[1; 32]);
    let wrong = |name: &str| Error::Stage { name: name.into() };
    let mut stage = loader.efuses().unwrap().start().into_digests();
    assert!(stage.burn_digest(&digest).unwrap());
    stage.keep();
    let mut stage = loader.kept_efuses().unwrap().start();
    assert_eq!(stage.burn_secret_key(&secret), Err(wrong("BLOCK_KEY0")));
    let mut stage = stage.into_digests().into_settings();
    assert!(stage.burn(&Burn::efuse("DIS_PAD_JTAG", 1)).unwrap());
    drop(stage);
    // Reading the eFuses again does not reopen the stage.
    let mut stage = loader.efuses().unwrap().start();
    assert_eq!(stage.burn_secret_key(&secret), Err(wrong("BLOCK_KEY0")));
    let mut stage = stage.into_digests();
    let other = Burn::key("BLOCK_KEY2", "SECURE_BOOT_DIGEST1", &[1; 32]);
    assert_eq!(stage.burn_digest(&other), Err(wrong("BLOCK_KEY2")));
    drop(stage);
    assert_eq!(loader.into_port().programmed, [5, 0, 0]);
}

#[test]
fn kept_efuses_are_not_read_again() {
    let mut loader = connect(Rom::new(Chip::Esp32c3));
    let mut stage = loader.efuses().unwrap().start().into_digests().into_settings();
    stage.burn(&Burn::efuse("DIS_PAD_JTAG", 1)).unwrap();
    stage.keep();
    let efuses = loader.kept_efuses().unwrap();
    assert_eq!(efuses.value("DIS_PAD_JTAG"), Ok(1));
    efuses.keep();
    let mut stage = loader.kept_efuses().unwrap().start().into_digests().into_settings();
    assert!(!stage.burn(&Burn::efuse("DIS_PAD_JTAG", 1)).unwrap());
    assert!(stage.burn(&Burn::efuse("DIS_DIRECT_BOOT", 1)).unwrap());
    drop(stage);
    // Nothing was kept.
    let efuses = loader.kept_efuses().unwrap();
    assert_eq!(efuses.value("DIS_DIRECT_BOOT"), Ok(1));
    efuses.keep();
    let before = loader.into_port().commands.len();
    let mut loader = connect(Rom::new(Chip::Esp32c3));
    loader.efuses().unwrap().keep();
    for name in ["DIS_PAD_JTAG", "DIS_DIRECT_BOOT", "DIS_DOWNLOAD_ICACHE", "DIS_USB_JTAG"] {
        let mut stage = loader.kept_efuses().unwrap().start().into_digests().into_settings();
        stage.burn(&Burn::efuse(name, 1)).unwrap();
        stage.keep();
    }
    let kept = loader.into_port().commands.len();
    assert!(kept < before, "{kept} commands for four burns, {before} for two");
}

#[test]
fn read_protection_cannot_be_left_open_with_a_digest() {
    let wrong = || Error::Stage { name: "RD_DIS".into() };
    let mut loader = connect(Rom::new(Chip::Esp32c3));
    let mut stage = loader.efuses().unwrap().start().into_digests();
    stage
        .burn_digest(&Burn::key("BLOCK_KEY0", "SECURE_BOOT_DIGEST2", &[1; 32]))
        .unwrap();
    let stage = stage.into_settings();
    assert_eq!(stage.leave_read_protection().map(drop), Err(wrong()));
    let open = loader.efuses().unwrap().start().into_digests().into_settings();
    open.close_read_protection().unwrap().keep();
    let closed = loader.kept_efuses().unwrap().start().into_digests().into_settings();
    assert!(closed.leave_read_protection().is_ok());
    // Secure boot is on, and its digest may be hidden already.
    let mut loader = connect(Rom::new(Chip::Esp32c6));
    let mut stage = loader.efuses().unwrap().start().into_digests().into_settings();
    stage.burn(&Burn::efuse("SECURE_BOOT_EN", 1)).unwrap();
    assert_eq!(stage.leave_read_protection().map(drop), Err(wrong()));
    // The digest of the ESP32-C2 has no purpose number.
    let mut rom = Rom::new(Chip::Esp32c2);
    rom.set_block_word(3, 4, 1);
    let mut loader = connect(rom);
    let stage = loader.efuses().unwrap().start().into_digests().into_settings();
    assert_eq!(stage.leave_read_protection().map(drop), Err(wrong()));
}

#[test]
fn write_protection_that_a_lock_shares_is_refused() {
    let mut count = 0;
    for chip in [Chip::Esp32c2, Chip::Esp32c3, Chip::Esp32h2, Chip::Esp32s3] {
        let mut loader = connect(Rom::new(chip));
        let mut stage = loader.efuses().unwrap().start().into_digests().into_settings();
        let map = EfuseMap::of(chip, None).unwrap();
        let bit = |name: &str| map.field(name).unwrap().write_protect();
        let locks = ["RD_DIS", "ENABLE_SECURITY_DOWNLOAD", "DIS_DOWNLOAD_MODE"].map(bit);
        for field in map.fields().filter(|field| locks.contains(&field.write_protect())) {
            let refused = stage.burn(&Burn::write_protect(field.name()));
            assert_eq!(
                refused,
                Err(Error::Stage {
                    name: field.name().into()
                })
            );
            count += 1;
        }
        drop(stage);
        assert_eq!(loader.into_port().programmed, []);
    }
    assert!(count > 30, "{count}");
}

#[test]
fn key_that_stays_readable_is_an_error() {
    let mut rom = Rom::new(Chip::Esp32c3);
    rom.fault = Fault::HidesNothing;
    let mut loader = connect(rom);
    let mut stage = loader.efuses().unwrap().start();
    let readable = Error::KeyReadable {
        block: "BLOCK_KEY0".into(),
    };
    let burn = Burn::key("BLOCK_KEY0", "HMAC_UP", &[1; 32]);
    assert_eq!(stage.burn_secret_key(&burn), Err(readable));
}

#[test]
fn block_with_a_hidden_half_is_full() {
    // The key of the ESP32-C2 is burned and hidden; power was cut before the write protection.
    let mut rom = Rom::new(Chip::Esp32c2);
    let rd_dis = rom.map.field("RD_DIS").unwrap();
    let mut words = [0; 8];
    assert!(rd_dis.put(1, &mut words));
    (0..3).for_each(|word| rom.set_block_word(0, word, words[word]));
    let mut loader = connect(rom);
    let mut stage = loader.efuses().unwrap().start().into_digests();
    let digest = Burn::key("BLOCK_KEY0", "SECURE_BOOT_DIGEST", &[5; 32]);
    assert_eq!(stage.efuses().is_burned(&digest), Ok(Burned::Other));
    assert_eq!(
        stage.burn_digest(&digest),
        Err(Error::AlreadyBurned {
            name: "BLOCK_KEY0".into()
        })
    );
    drop(stage);
    assert_eq!(loader.into_port().programmed, []);
}
