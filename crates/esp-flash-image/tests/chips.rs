//! Compares the chip table with the output of the tools.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;

use esp_flash_image::{BootCurve, BootScheme, Chip, ChipRevision, EncryptionScheme, Error, KeyAssignment, MmuPage};

/// Chip ID, bootloader offset and MMU pages of esptool 5.6.0.
#[test]
fn ids_and_offsets_are_those_of_esptool() {
    let k = |sizes: &[u32]| sizes.iter().map(|size| size * 1024).collect::<Vec<_>>();
    let rows = [
        ("esp32", 0, 0x1000, k(&[64])),
        ("esp32s2", 2, 0x1000, k(&[64])),
        ("esp32s3", 9, 0, k(&[64])),
        ("esp32c3", 5, 0, k(&[64])),
        ("esp32c2", 12, 0, k(&[16, 32, 64])),
        ("esp32c6", 13, 0, k(&[8, 16, 32, 64])),
        ("esp32c61", 20, 0, k(&[8, 16, 32, 64])),
        ("esp32c5", 23, 0x2000, k(&[64])),
        ("esp32h2", 16, 0, k(&[8, 16, 32, 64])),
        ("esp32h21", 25, 0, k(&[8, 16, 32, 64])),
        ("esp32p4", 18, 0x2000, k(&[64])),
        ("esp32h4", 28, 0x2000, k(&[8, 16, 32, 64])),
        ("esp32s31", 32, 0x2000, k(&[32, 64, 128, 256])),
    ];
    assert_eq!(rows.len(), Chip::ALL.len());
    for (name, id, offset, pages) in rows {
        let chip: Chip = name.parse().unwrap();
        assert_eq!((chip.name(), chip.to_string().as_str()), (name, name));
        assert_eq!(
            (chip.image_id(), chip.facts().bootloader_offset),
            (id, offset),
            "{name}"
        );
        assert_eq!(chip.facts().mmu_page_sizes, pages, "{name}");
        assert_eq!(Chip::from_image_id(id), Some(chip));
        let dashed = format!("ESP32-{}", name.trim_start_matches("esp32").to_uppercase());
        assert_eq!(dashed.trim_end_matches('-').parse(), Ok(chip));
    }
    assert_eq!(Chip::from_image_id(1), None);
    assert_eq!("esp8266".parse::<Chip>(), Err(Error::ChipName));
}

/// Names, blocks and purposes printed by espefuse 5.6.0; see `data/README.md`.
#[test]
fn names_of_efuses_are_those_of_espefuse() {
    let mut names = 0;
    for chip in Chip::ALL {
        let path = format!("{}/tests/data/efuses/{chip}.txt", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(path).unwrap();
        let known: BTreeSet<_> = text.lines().collect();
        let facts = chip.facts();
        let (blocks, efuses) = (&facts.key_blocks, &facts.efuses);
        let lists = [
            blocks.names,
            blocks.without_encryption_key,
            blocks.without_ecdsa_key,
            blocks.digest_purposes,
            efuses.revoke,
        ];
        let values = [efuses.development, efuses.release, efuses.secure_boot].concat();
        let single = [
            Some(efuses.crypt_count),
            Some(efuses.read_protection),
            Some(efuses.download_off),
            efuses.crypt_config,
            efuses.secure_boot_v1,
            efuses.secure_boot_v2,
            efuses.aggressive_revoke,
            efuses.cache,
            efuses.secure_download,
            blocks.flash_encryption,
            blocks.secure_boot_v1,
            blocks.secure_boot_v2,
            // espefuse has this one only for revision 3.0 of the P4, and prints the eFuses of revision 0.0.
            efuses.pseudo_rounds.filter(|_| *chip != Chip::Esp32p4),
        ];
        let purposes = facts.encryption.iter().filter_map(|scheme| scheme.key_purpose());
        // XTS_AES_256_KEY is an alias of espefuse, which it does not print for all chips.
        let purposes = purposes.map(|purpose| match purpose {
            "XTS_AES_256_KEY" => "XTS_AES_256_KEY_1",
            purpose => purpose,
        });
        let hmac = facts.hmac.then_some("HMAC_UP");
        let ds = facts.ds_bits.map(|_| "HMAC_DOWN_DIGITAL_SIGNATURE");
        let curves = facts.ecdsa_peripheral.iter().map(|fact| match fact.curve {
            BootCurve::P384 => "ECDSA_KEY_P384",
            _ => "ECDSA_KEY",
        });
        let all = lists.concat().into_iter().chain(values.iter().map(|value| value.name));
        for name in all
            .chain(single.into_iter().flatten())
            .chain(purposes)
            .chain(hmac)
            .chain(ds)
            .chain(curves)
        {
            assert!(known.contains(name), "{chip}: {name}");
            names += 1;
        }
        // The table is complete.
        assert_eq!(known.contains("HMAC_UP"), facts.hmac, "{chip}");
        assert_eq!(
            known.contains("XTS_AES_256_KEY_1"),
            facts.encryption.contains(&EncryptionScheme::Xts256),
            "{chip}"
        );
        assert_eq!(
            known.contains("XTS_DPA_PSEUDO_LEVEL") || *chip == Chip::Esp32p4,
            efuses.pseudo_rounds.is_some(),
            "{chip}"
        );
        assert_eq!(
            known.contains("DIS_ICACHE") || *chip == Chip::Esp32,
            efuses.cache.is_some(),
            "{chip}"
        );
        assert!(values.iter().all(|value| value.value > 0));
        // Development mode leaves out only the eFuses that stop encryption in download mode.
        let more = efuses
            .release
            .iter()
            .filter(|value| !efuses.development.contains(value))
            .count();
        assert_eq!(
            (more, efuses.release.len()),
            (1, efuses.development.len() + 1),
            "{chip}"
        );
    }
    println!("{names} names");
}

#[test]
fn rows_agree_with_themselves() {
    for chip in Chip::ALL {
        let facts = chip.facts();
        assert!(!facts.encryption.is_empty());
        assert_eq!(
            facts.pseudo_round_min_revision.is_some(),
            facts.efuses.pseudo_rounds.is_some(),
            "{chip}"
        );
        assert_eq!(facts.nvs_hmac, facts.hmac, "{chip}");
        for boot in facts.secure_boot {
            assert_eq!(boot.curves.is_empty(), boot.scheme == BootScheme::V2Rsa, "{chip}");
            assert!(facts.efuses.secure_boot_enable(boot.scheme).is_some(), "{chip}");
            let digests = facts.key_blocks.digest_purposes.len();
            assert!(
                boot.scheme == BootScheme::V1 || digests == 0 || usize::from(boot.max_keys) == digests,
                "{chip}"
            );
            assert_eq!(boot.max_keys == 3, facts.efuses.revoke.len() == 3, "{chip}");
        }
        for page in facts.mmu_page_sizes {
            assert!(MmuPage::new(*chip, *page).is_ok());
            assert_eq!(MmuPage::new(*chip, page + 1), Err(Error::MmuPage { size: page + 1 }));
        }
        assert_eq!(
            facts.efuses.crypt_count_max().trailing_ones(),
            u32::from(facts.efuses.crypt_count_bits)
        );
    }
    assert_eq!(Chip::Esp32.facts().efuses.crypt_count_max(), 127);
    assert_eq!(Chip::Esp32c3.facts().efuses.crypt_count_max(), 7);
}

/// The properties that decide about a plan.
#[test]
fn limits_of_single_chips_are_known() {
    let key5 = |chip: Chip| !chip.facts().key_blocks.without_encryption_key.is_empty();
    let faulty: Vec<_> = Chip::ALL.iter().filter(|chip| key5(**chip)).copied().collect();
    assert_eq!(
        faulty,
        [
            Chip::Esp32c3,
            Chip::Esp32c6,
            Chip::Esp32h2,
            Chip::Esp32h4,
            Chip::Esp32s3
        ]
    );

    let insecure = |chip: &&Chip| chip.facts().secure_boot.iter().any(|fact| fact.insecure.is_some());
    let insecure: Vec<_> = Chip::ALL.iter().filter(insecure).copied().collect();
    assert_eq!(insecure, [Chip::Esp32c5, Chip::Esp32c61, Chip::Esp32h2, Chip::Esp32p4]);

    // One block holds both keys.
    let c2 = Chip::Esp32c2.facts();
    assert_eq!(c2.key_blocks.assignment, KeyAssignment::Shared);
    assert!(c2.has_encryption(EncryptionScheme::Xts128, false) && !c2.has_encryption(EncryptionScheme::Xts128, true));
    assert!(c2.has_encryption(EncryptionScheme::Xts128Derived, true));
    assert!(!Chip::Esp32c3.facts().has_encryption(EncryptionScheme::Xts256, false));

    let since = |chip: Chip, scheme| {
        chip.facts()
            .secure_boot(scheme)
            .unwrap()
            .min_revision
            .map(|first| first.to_string())
    };
    assert_eq!(since(Chip::Esp32, BootScheme::V2Rsa).as_deref(), Some("3.0"));
    assert_eq!(since(Chip::Esp32c3, BootScheme::V2Rsa).as_deref(), Some("0.3"));
    assert_eq!(since(Chip::Esp32s3, BootScheme::V2Rsa), None);
    let rounds = |chip: Chip| chip.facts().pseudo_round_min_revision.map(ChipRevision::number);
    assert_eq!(
        (rounds(Chip::Esp32h2), rounds(Chip::Esp32p4), rounds(Chip::Esp32c6)),
        (Some(102), Some(300), None)
    );
}

#[test]
fn revisions_are_read_strictly() {
    assert_eq!("1.2".parse::<ChipRevision>().unwrap().number(), 102);
    assert_eq!("v0.3".parse::<ChipRevision>().unwrap().to_string(), "0.3");
    for text in ["", "1", "1.", ".1", "1.100", "655.0", "1.2.3", "+1.2", "1.-2", "a.b"] {
        assert_eq!(text.parse::<ChipRevision>(), Err(Error::ChipRevision), "{text}");
    }
    assert_eq!(ChipRevision::from_number(u16::MAX), Err(Error::ChipRevision));
}
