//! Burning on a simulated chip: order, protection, recovery after a power cut, and refusals.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/rom.rs"]
mod rom;

use esp_flash_image::Chip;
use esp_rom_loader::{BlockState, Burn, Burned, ConnectSettings, EfuseMap, Efuses, Error, Loader, LockProof, Reset};
use rom::{Fault, Rom};

fn connect(rom: Rom) -> Loader<Rom> {
    Loader::connect(rom, &ConnectSettings::new(Reset::None)).unwrap()
}

fn key() -> [u8; 32] {
    core::array::from_fn(|place| u8::try_from(place).unwrap())
}

fn named(name: &str) -> Error {
    Error::AlreadyBurned { name: name.into() }
}

#[test]
fn names_of_all_plans_are_in_the_maps() {
    let mut count = 0;
    for chip in Chip::ALL {
        let Some(map) = EfuseMap::of(*chip, None) else { continue };
        let names = &chip.facts().efuses;
        let single = [
            Some(names.crypt_count),
            names.crypt_config,
            names.secure_boot_v1,
            names.secure_boot_v2,
            names.aggressive_revoke,
            Some(names.read_protection),
            names.cache,
            Some(names.download_off),
            names.secure_download,
            names.pseudo_rounds,
        ];
        let listed = [names.development, names.release, names.secure_boot];
        let listed = listed.iter().flat_map(|list| list.iter().map(|value| value.name));
        for name in single
            .into_iter()
            .flatten()
            .chain(listed)
            .chain(names.revoke.iter().copied())
        {
            assert!(map.field(name).is_some(), "{chip} has no {name}");
            count += 1;
        }
        for block in chip.facts().key_blocks.names {
            assert!(map.block(block).is_some_and(|block| block.key), "{chip} has no {block}");
        }
        for purpose in chip.facts().key_blocks.digest_purposes {
            assert!(
                map.purpose(purpose).is_some_and(|purpose| !purpose.secret),
                "{chip} has no {purpose}"
            );
        }
    }
    assert_eq!(count, 220, "names that were looked up");
}

#[test]
fn key_is_burned_reversed_with_purpose_and_protection() {
    let mut loader = connect(Rom::new(Chip::Esp32c3));
    let mut stage = loader.efuses().unwrap().start();
    assert!(
        stage
            .burn_secret_key(&Burn::key("BLOCK_KEY0", "HMAC_UP", &key()))
            .unwrap()
    );
    assert!(
        stage
            .burn_secret_key(&Burn::key("BLOCK_KEY1", "HMAC_UP", &key()))
            .unwrap()
    );
    let mut stage = stage.into_digests();
    assert!(
        stage
            .burn_digest(&Burn::key("BLOCK_KEY2", "SECURE_BOOT_DIGEST0", &[0xFF; 32]))
            .unwrap()
    );
    assert!(
        !stage
            .burn_digest(&Burn::key("BLOCK_KEY2", "SECURE_BOOT_DIGEST0", &[0xFF; 32]))
            .unwrap()
    );
    drop(stage);
    let rom = loader.into_port();
    // As espefuse: see tests/data/README.md. WR_DIS: blocks 23 to 25 and purposes 8 to 10.
    assert_eq!(rom.block_words(0)[..4], [0x0380_0700, 0b011, 0x8800_0000, 0x9]);
    assert_eq!(rom.block_words(4), [0; 8]);
    assert_eq!(rom.block_words(6), [u32::MAX; 8]);
    assert_eq!(rom.programmed, [4, 0, 5, 0, 6, 0]);
}

#[test]
fn states_of_blocks_are_reported() {
    let mut loader = connect(Rom::new(Chip::Esp32h2));
    let mut stage = loader.efuses().unwrap().start();
    let secret = Burn::key("BLOCK_KEY0", "XTS_AES_128_KEY", &[9; 32]);
    assert_eq!(stage.efuses().is_burned(&secret), Ok(Burned::No));
    assert_eq!(stage.efuses().block("BLOCK_KEY0"), Ok(BlockState::Empty));
    stage.burn_secret_key(&secret).unwrap();
    assert_eq!(stage.efuses().is_burned(&secret), Ok(Burned::Unknown));
    assert_eq!(
        stage.efuses().is_burned(&Burn::key("BLOCK_KEY0", "HMAC_UP", &[9; 32])),
        Ok(Burned::Other)
    );
    assert!(matches!(
        stage.efuses().block("BLOCK4"),
        Ok(BlockState::Hidden {
            purpose: Some("XTS_AES_128_KEY"),
            write_protected: true,
            ..
        })
    ));
    let mut stage = stage.into_digests();
    let digest = Burn::key("BLOCK_KEY1", "SECURE_BOOT_DIGEST0", &[5; 32]);
    stage.burn_digest(&digest).unwrap();
    assert_eq!(stage.efuses().is_burned(&digest), Ok(Burned::Yes));
    let other = Burn::key("BLOCK_KEY1", "SECURE_BOOT_DIGEST0", &[6; 32]);
    assert_eq!(stage.efuses().is_burned(&other), Ok(Burned::Other));
    assert_eq!(stage.burn_digest(&other), Err(named("BLOCK_KEY1")));
    assert!(!format!("{:?} {other:?}", stage.efuses().block("BLOCK_KEY1")).contains("5, 5"));
}

#[test]
fn half_burned_key_is_completed_without_a_second_burn() {
    // A power cut after the block, before its protection.
    let mut rom = Rom::new(Chip::Esp32c3);
    (0..8).for_each(|word| rom.set_block_word(4, word, 0x0707_0707));
    let mut loader = connect(rom);
    let mut stage = loader.efuses().unwrap().start();
    let burn = Burn::key("BLOCK_KEY0", "XTS_AES_128_KEY", &[7; 32]);
    assert_eq!(stage.efuses().is_burned(&burn), Ok(Burned::Partly));
    let other = Burn::key("BLOCK_KEY0", "XTS_AES_128_KEY", &[8; 32]);
    assert_eq!(stage.burn_secret_key(&other), Err(named("BLOCK_KEY0")));
    assert!(stage.burn_secret_key(&burn).unwrap());
    assert_eq!(stage.efuses().is_burned(&burn), Ok(Burned::Unknown));
    drop(stage);
    assert_eq!(loader.into_port().programmed, [0]);
}

#[test]
fn stages_refuse_burns_of_other_stages() {
    let mut loader = connect(Rom::new(Chip::Esp32c3));
    let wrong = |name: &str| Error::Stage { name: name.into() };
    let secret = Burn::key("BLOCK_KEY0", "HMAC_UP", &[1; 32]);
    let digest = Burn::key("BLOCK_KEY0", "SECURE_BOOT_DIGEST0", &[1; 32]);
    let mut stage = loader.efuses().unwrap().start();
    assert_eq!(stage.burn_secret_key(&digest), Err(wrong("SECURE_BOOT_DIGEST0")));
    assert_eq!(
        stage.burn_secret_key(&Burn::efuse("DIS_PAD_JTAG", 1)),
        Err(wrong("DIS_PAD_JTAG"))
    );
    assert_eq!(stage.burn_shared_keys(&secret, &digest), Err(wrong("BLOCK_KEY0")));
    let mut stage = stage.into_digests();
    assert_eq!(stage.burn_digest(&secret), Err(wrong("HMAC_UP")));
    let mut stage = stage.into_settings();
    for name in ["ENABLE_SECURITY_DOWNLOAD", "DIS_DOWNLOAD_MODE"] {
        assert_eq!(stage.burn(&Burn::efuse(name, 1)), Err(wrong(name)));
    }
    assert_eq!(stage.burn(&Burn::write_protect("RD_DIS")), Err(wrong("RD_DIS")));
    for name in ["WR_DIS", "KEY_PURPOSE_0", "WAFER_VERSION_MAJOR", "NOTHING"] {
        let unknown = Error::EfuseName {
            chip: Chip::Esp32c3,
            name: name.into(),
        };
        assert_eq!(stage.burn(&Burn::efuse(name, 1)), Err(unknown));
    }
    let too_much = Error::EfuseValue {
        name: "SPI_BOOT_CRYPT_CNT".into(),
        bits: 3,
    };
    assert_eq!(stage.burn(&Burn::efuse("SPI_BOOT_CRYPT_CNT", 8)), Err(too_much));
    let stage = stage.leave_read_protection().unwrap();
    assert_eq!(
        stage.lock_download(&Burn::efuse("DIS_PAD_JTAG", 1)),
        Err(wrong("DIS_PAD_JTAG"))
    );
    assert_eq!(loader.into_port().programmed, []);
}

#[test]
fn secret_key_is_refused_once_read_protection_is_closed() {
    let mut loader = connect(Rom::new(Chip::Esp32s3));
    loader
        .efuses()
        .unwrap()
        .start()
        .into_digests()
        .into_settings()
        .close_read_protection()
        .unwrap();
    let mut loader = connect(loader.into_port());
    let mut stage = loader.efuses().unwrap().start();
    let burn = Burn::key("BLOCK_KEY0", "HMAC_UP", &[1; 32]);
    assert_eq!(stage.burn_secret_key(&burn), Err(Error::ReadProtectionClosed));
    drop(stage);
    assert_eq!(loader.into_port().programmed, [0]);
}

#[test]
fn settings_are_additive_and_write_protection_holds() {
    let mut loader = connect(Rom::new(Chip::Esp32c6));
    let mut stage = loader.efuses().unwrap().start().into_digests().into_settings();
    assert!(stage.burn(&Burn::efuse("SPI_BOOT_CRYPT_CNT", 1)).unwrap());
    assert!(!stage.burn(&Burn::efuse("SPI_BOOT_CRYPT_CNT", 1)).unwrap());
    assert!(stage.burn(&Burn::efuse("SPI_BOOT_CRYPT_CNT", 7)).unwrap());
    assert_eq!(
        stage.burn(&Burn::efuse("SPI_BOOT_CRYPT_CNT", 1)),
        Err(named("SPI_BOOT_CRYPT_CNT"))
    );
    assert!(stage.burn(&Burn::write_protect("DIS_ICACHE")).unwrap());
    assert!(!stage.burn(&Burn::write_protect("DIS_ICACHE")).unwrap());
    let protected = Error::WriteProtected {
        name: "DIS_PAD_JTAG".into(),
    };
    assert_eq!(stage.burn(&Burn::efuse("DIS_PAD_JTAG", 1)), Err(protected));
    assert_eq!(stage.efuses().value("SPI_BOOT_CRYPT_CNT"), Ok(7));
}

#[test]
fn lengths_of_keys_are_checked() {
    let mut loader = connect(Rom::new(Chip::Esp32s3));
    let stage = loader.efuses().unwrap().start();
    let check = |purpose: &str, len: usize, needed: Option<usize>| {
        let bytes = vec![1; len];
        let expected = needed.map_or(Ok(Burned::No), |needed| Err(Error::KeyLength { len, needed }));
        assert_eq!(
            stage.efuses().is_burned(&Burn::key("BLOCK_KEY0", purpose, &bytes)),
            expected,
            "{purpose} {len}"
        );
    };
    check("XTS_AES_128_KEY", 32, None);
    check("XTS_AES_128_KEY", 31, Some(32));
    check("XTS_AES_128_KEY", 64, Some(32));
    check("XTS_AES_256_KEY_1", 64, None);
    check("XTS_AES_256_KEY_2", 32, None);
    check("HMAC_UP", 0, Some(32));
}

#[test]
fn faults_of_burning_are_named() {
    for (fault, expected) in [
        (
            Fault::WrongBit,
            Error::BurnDiffers {
                name: "BLOCK_KEY0".into(),
            },
        ),
        (
            Fault::CodingError,
            Error::CodingError {
                block: "BLOCK_KEY0".into(),
            },
        ),
    ] {
        let mut rom = Rom::new(Chip::Esp32c3);
        rom.fault = fault;
        let mut loader = connect(rom);
        let mut stage = loader.efuses().unwrap().start();
        let burn = Burn::key("BLOCK_KEY0", "HMAC_UP", &[1; 32]);
        assert_eq!(stage.burn_secret_key(&burn), Err(expected));
        drop(stage);
        // Nothing was burned again or protected.
        assert_eq!(loader.into_port().programmed, [4]);
    }
}

#[test]
fn download_mode_is_locked_last() {
    for (fault, expected) in [
        (Fault::None, LockProof::ReadBack),
        (Fault::LocksAtOnce, LockProof::SecurityInfo),
    ] {
        let mut rom = Rom::new(Chip::Esp32h2);
        rom.fault = fault;
        let mut loader = connect(rom);
        let stage = loader
            .efuses()
            .unwrap()
            .start()
            .into_digests()
            .into_settings()
            .leave_read_protection()
            .unwrap();
        assert_eq!(
            stage.lock_download(&Burn::efuse("ENABLE_SECURITY_DOWNLOAD", 1)),
            Ok(expected)
        );
        let rom = loader.into_port();
        let mut loader = connect(rom);
        if fault == Fault::LocksAtOnce {
            assert_eq!(loader.identify(), Err(Error::SecureDownload));
            assert!(matches!(
                loader.efuses().map(|_: Efuses<'_, Rom>| ()),
                Err(Error::SecureDownload)
            ));
        }
    }
}
