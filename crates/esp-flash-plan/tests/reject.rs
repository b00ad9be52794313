//! One case for each reason to refuse a plan: a valid device with one change.

#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "common/parts.rs"]
mod parts;

use esp_flash_image::{BootScheme, Chip, ChipRevision, EncryptionScheme, FlashCryptConfig, FlashKey, FlashSize};
use esp_flash_plan::{
    DownloadMode, EncryptionMode, Error, FlashEncryption, KeyPurpose, KeyUse, NvsEncryption, SecureBoot,
    SecurityProfile,
};
use esp_secure_boot::{BootKeyKind, BootloaderKeyV1};
use parts::{CSV, Case, Header, Signer, image, table_of};

macro_rules! refused {
    ($case:expr, $pattern:pat $(if $guard:expr)?) => {
        let error = &$case.plan().unwrap_err();
        assert!(matches!(error, $pattern $(if $guard)?), "{error:?}");
        let text = error.to_string();
        assert!(!text.is_empty() && !text.ends_with('.'), "{text}");
        println!("{text}");
    };
}

fn revision(major: u16, minor: u16) -> ChipRevision {
    ChipRevision::new(major, minor).unwrap()
}

#[test]
fn every_chip_has_a_sound_plan_to_break() {
    for chip in Chip::ALL {
        let plan = Case::locked(*chip).plan();
        assert!(plan.is_ok(), "{chip}: {plan:?}");
        assert!(Case::open(*chip).plan().is_ok(), "{chip}");
    }
}

#[test]
fn images_that_overlap_are_refused() {
    let mut case = Case::open(Chip::Esp32c3);
    case.images.push(("nvs", vec![0; 16], false));
    refused!(case, Error::Overlap { first, .. } if first == "nvs");
    let mut case = Case::open(Chip::Esp32c3);
    case.shared.push(("cert", vec![0; 16]));
    refused!(case, Error::Overlap { offset: 0x19000, .. });
    let mut case = Case::open(Chip::Esp32c3);
    case.apps.push(("ota_0", case.apps[0].1.clone()));
    refused!(case, Error::Overlap { offset: 0x20000, .. });
}

#[test]
fn images_that_do_not_fit_are_refused() {
    let mut case = Case::open(Chip::Esp32c3);
    case.images[0].1.push(0);
    refused!(
        case,
        Error::DoesNotFit {
            len: 0x6001,
            available: 0x6000,
            ..
        }
    );
    let mut case = Case::open(Chip::Esp32c3);
    case.apps[0].1 = image(Header::of(Chip::Esp32c3), 0x40000);
    refused!(case, Error::DoesNotFit { available: 0x40000, .. });
    let mut case = Case::open(Chip::Esp32c3);
    case.shared.push(("plain", vec![0; 0x2001]));
    refused!(case, Error::DoesNotFit { .. });
}

#[test]
fn images_without_bytes_are_refused() {
    let mut case = Case::open(Chip::Esp32c3);
    case.images[0].1.clear();
    refused!(case, Error::Empty { .. });
}

#[test]
fn images_for_another_chip_are_refused() {
    let mut case = Case::open(Chip::Esp32c3);
    case.apps[0].1 = image(Header::of(Chip::Esp32s3), 0x100);
    refused!(
        case,
        Error::ChipMismatch {
            found: 9,
            chip: Chip::Esp32c3,
            ..
        }
    );
    let mut case = Case::open(Chip::Esp32c3);
    case.bootloader = image(Header::of(Chip::Esp32), 0x100);
    refused!(case, Error::ChipMismatch { part, .. } if part == "bootloader");
}

#[test]
fn malformed_images_are_refused() {
    let mut case = Case::open(Chip::Esp32c3);
    case.apps[0].1[100] ^= 1;
    refused!(case, Error::Image { .. });
}

#[test]
fn images_for_other_revisions_are_refused() {
    for (min, max) in [(302, 399), (0, 300)] {
        let mut case = Case::open(Chip::Esp32c3);
        let header = Header {
            min_revision: min,
            max_revision: max,
            ..Header::of(Chip::Esp32c3)
        };
        case.apps[0].1 = image(header, 0x100);
        refused!(case, Error::ImageRevision { .. });
    }
    let mut case = Case::open(Chip::Esp32c3);
    let header = Header {
        max_revision: u16::MAX,
        min_revision: 301,
        ..Header::of(Chip::Esp32c3)
    };
    case.apps[0].1 = image(header, 0x100);
    assert!(case.plan().is_ok());
}

#[test]
fn bootloader_of_another_chips_offset_is_refused() {
    let mut case = Case::open(Chip::Esp32c3);
    case.bootloader_offset = Some(0x1000);
    refused!(
        case,
        Error::BootloaderOffset {
            offset: 0x1000,
            expected: 0,
            ..
        }
    );
    case.bootloader_offset = Some(0);
    assert!(case.plan().is_ok());
}

#[test]
fn bootloader_row_of_another_chips_offset_is_refused() {
    let csv = format!("boot, bootloader, primary, , \n{CSV}");
    let options = esp_flash_image::TableOptions::new()
        .with_offset(0xF000)
        .with_primary_bootloader_offset(0x1000);
    let table = esp_flash_image::PartitionTable::from_csv(&csv, &options).unwrap();
    let mut case = Case::open(Chip::Esp32);
    case.profile = SecurityProfile::new(Chip::Esp32, case.profile.flash_size(), table.clone());
    assert!(case.plan().is_ok());
    let mut case = Case::open(Chip::Esp32c3);
    case.profile = SecurityProfile::new(Chip::Esp32c3, case.profile.flash_size(), table);
    refused!(case, Error::BootloaderOffset { .. });
}

#[test]
fn bootloader_that_runs_into_the_table_is_refused() {
    let mut case = Case::open(Chip::Esp32c5);
    case.bootloader = image(Header::of(Chip::Esp32c5), 0xD000 - 0x50 + 0x10);
    refused!(case, Error::BootloaderTooLong { available: 0xD000, .. });
    case.bootloader = image(Header::of(Chip::Esp32c5), 0xD000 - 0x50);
    assert!(case.plan().is_ok());
}

#[test]
fn bootloader_header_with_another_flash_size_is_refused() {
    // 3 is 8 MB, 0 is 1 MB.
    let mut case = Case::open(Chip::Esp32c3);
    case.bootloader = image(
        Header {
            flash_size: 3,
            ..Header::of(Chip::Esp32c3)
        },
        0x100,
    );
    refused!(case, Error::BootloaderFlashSize { header: 0x80_0000, .. });
    let csv = format!("{CSV}large, data, 0x41, 0x100000, 0x1000\n");
    let mut case = Case::open(Chip::Esp32c3);
    case.profile = SecurityProfile::new(Chip::Esp32c3, case.profile.flash_size(), table_of(&csv));
    case.bootloader = image(
        Header {
            flash_size: 0,
            ..Header::of(Chip::Esp32c3)
        },
        0x100,
    );
    refused!(case, Error::BootloaderFlashSize { header: 0x10_0000, .. });
}

#[test]
fn partition_after_the_end_of_the_flash_is_refused() {
    let mut case = Case::open(Chip::Esp32c3);
    let size = FlashSize::new(0x80000).unwrap();
    case.profile = SecurityProfile::new(Chip::Esp32c3, size, case.profile.table().clone());
    refused!(case, Error::OutsideFlash { end: 0xA0000, .. });
}

#[test]
fn labels_that_the_table_does_not_have_are_refused() {
    let mut case = Case::open(Chip::Esp32c3);
    case.images.push(("nvs2", vec![0; 16], false));
    refused!(case, Error::NoPartition { part } if part == "nvs2");
    let mut case = Case::open(Chip::Esp32c3);
    case.apps[0].0 = "factory";
    refused!(case, Error::NoPartition { .. });
}

#[test]
fn apps_belong_into_app_partitions_and_to_all_devices() {
    let mut case = Case::open(Chip::Esp32c3);
    case.apps[0].0 = "plain";
    refused!(case, Error::NotAnApp { .. });
    let text = case.plan().unwrap_err().to_string();
    assert_eq!(text, "partition 'plain' is not for apps: its type is data");
    let mut case = Case::open(Chip::Esp32c3);
    case.images.push(("ota_1", vec![0; 16], false));
    refused!(case, Error::AppOfDevice { .. });
    let mut case = Case::open(Chip::Esp32c3);
    case.apps.clear();
    refused!(case, Error::NoApp);
    let mut case = Case::open(Chip::Esp32c3);
    case.shared.push(("ota_1", vec![0; 16]));
    refused!(case, Error::AppAsImage { .. });
}

#[test]
fn unsigned_parts_are_refused_with_secure_boot() {
    let chip = Chip::Esp32c3;
    let mut case = Case::locked(chip);
    case.apps[0].1 = image(Header::of(chip), 0x8000);
    refused!(case, Error::Unsigned { part, .. } if part == "ota_0");
    let mut case = Case::locked(chip);
    case.bootloader = image(Header::of(chip), 0x3000);
    refused!(case, Error::Unsigned { part, .. } if part == "bootloader");
    let v1 = || Case::open(Chip::Esp32).booting(BootScheme::V1, &Signer::p256(1));
    assert!(v1().plan().is_ok());
    let mut case = v1();
    case.apps[0].1 = image(Header::of(Chip::Esp32), 0x8000);
    refused!(case, Error::Unsigned { part, .. } if part == "ota_0");
    let mut case = v1();
    case.signed_table = None;
    refused!(case, Error::Unsigned { part, .. } if part == "partition table");
}

#[test]
fn parts_signed_by_a_strange_key_are_refused() {
    let chip = Chip::Esp32c3;
    for which in [0, 1] {
        let mut case = Case::locked(chip);
        let part = if which == 0 {
            &mut case.bootloader
        } else {
            &mut case.apps[0].1
        };
        *part = Signer::rsa(1).sign(&image(Header::of(chip), 0x2000));
        refused!(
            case,
            Error::Signature {
                error: esp_secure_boot::Error::NoTrustedKey { .. },
                ..
            }
        );
    }
    let mut case = Case::open(Chip::Esp32).booting(BootScheme::V1, &Signer::p256(1));
    case.apps[0].1 = Signer::p256(2).sign_v1(&image(Header::of(Chip::Esp32), 0x2000));
    refused!(case, Error::Signature { .. });
}

#[test]
fn header_that_was_changed_after_signing_is_refused() {
    // The effect of merge-bin with --flash-size: another size, with a corrected SHA-256.
    let mut case = Case::locked(Chip::Esp32c3);
    let plain = image(
        Header {
            flash_size: 1,
            ..Header::of(Chip::Esp32c3)
        },
        0x3000,
    );
    case.bootloader[..plain.len()].copy_from_slice(&plain);
    refused!(
        case,
        Error::Signature {
            error: esp_secure_boot::Error::ImageChanged { .. },
            ..
        }
    );
}

#[test]
fn signature_where_the_device_does_not_look_is_refused() {
    let signer = Signer::rsa(0);
    let mut padded = image(Header::of(Chip::Esp32c3), 0x3000);
    padded.resize(0x5000, 0xFF);
    let mut case = Case::locked(Chip::Esp32c3);
    case.bootloader = signer.sign(&padded);
    refused!(
        case,
        Error::SignaturePlace {
            found: 0x5000,
            expected: 0x4000,
            ..
        }
    );
}

#[test]
fn signed_table_that_is_another_one_is_refused() {
    let mut case = Case::open(Chip::Esp32).booting(BootScheme::V1, &Signer::p256(1));
    let other = table_of("factory, app, factory, 0x20000, 0x40000\n");
    case.signed_table = Some(Signer::p256(1).sign_v1(&other.encode()));
    refused!(case, Error::TableDiffers);
}

#[test]
fn secure_boot_that_the_chip_does_not_have_is_refused() {
    let chips = [
        (Chip::Esp32c3, BootScheme::V2Ecdsa),
        (Chip::Esp32c2, BootScheme::V2Rsa),
        (Chip::Esp32s3, BootScheme::V1),
        (Chip::Esp32h4, BootScheme::V2Rsa),
    ];
    for (chip, scheme) in chips {
        let mut case = Case::open(chip);
        let key = Signer::of(scheme).public();
        case.profile = case.profile.with_secure_boot(SecureBoot::new(scheme).with_key(key));
        refused!(case, Error::BootScheme { .. });
    }
}

#[test]
fn keys_of_another_scheme_or_curve_are_refused() {
    let mut case = Case::open(Chip::Esp32c6);
    let secure_boot = |scheme, signer: Signer| SecureBoot::new(scheme).with_key(signer.public());
    case.profile = case
        .profile
        .with_secure_boot(secure_boot(BootScheme::V2Rsa, Signer::p256(1)));
    refused!(
        case,
        Error::BootKeyKind {
            kind: BootKeyKind::EcdsaP256,
            ..
        }
    );
    let mut case = Case::open(Chip::Esp32c6);
    case.profile = case
        .profile
        .with_secure_boot(secure_boot(BootScheme::V2Ecdsa, Signer::p384(1)));
    refused!(
        case,
        Error::BootCurve {
            kind: BootKeyKind::EcdsaP384,
            chip: Chip::Esp32c6
        }
    );
    // The digest does not state the kind of key, but the signature does.
    let signer = Signer::p384(1);
    let mut case = Case::open(Chip::Esp32c6).booting(BootScheme::V2Ecdsa, &signer);
    let digest = *signer.public().key_digest();
    case.profile = case
        .profile
        .with_secure_boot(SecureBoot::new(BootScheme::V2Ecdsa).with_key_digest(digest));
    refused!(case, Error::BootCurve { .. });
}

#[test]
fn number_of_keys_is_limited() {
    let digests = |count: u8| {
        let secure_boot = SecureBoot::new(BootScheme::V2Rsa);
        (0..count).fold(secure_boot, |it, byte| it.with_key_digest([byte; 32]))
    };
    for (chip, count) in [(Chip::Esp32c3, 0), (Chip::Esp32c3, 4), (Chip::Esp32, 2)] {
        let mut case = Case::open(chip);
        case.profile = case.profile.with_secure_boot(digests(count));
        refused!(case, Error::BootKeys { .. });
    }
    let mut case = Case::open(Chip::Esp32c3);
    let twice = SecureBoot::new(BootScheme::V2Rsa)
        .with_key_digest([1; 32])
        .with_key_digest([1; 32]);
    case.profile = case.profile.with_secure_boot(twice);
    refused!(case, Error::BootKeyDuplicate { first: 0, second: 1 });
    let mut case = Case::open(Chip::Esp32);
    case.profile = case
        .profile
        .with_secure_boot(SecureBoot::new(BootScheme::V1).with_key_digest([1; 32]));
    refused!(case, Error::BootKeyV1);
    // Before any image is read.
    case.bootloader = vec![0; 16];
    refused!(case, Error::BootKeyV1);
}

#[test]
fn revision_that_does_not_have_the_scheme_is_refused() {
    let low = [
        (Chip::Esp32c3, Signer::rsa(0), BootScheme::V2Rsa, revision(0, 2)),
        (Chip::Esp32, Signer::rsa(0), BootScheme::V2Rsa, revision(1, 0)),
        (Chip::Esp32p4, Signer::p384(1), BootScheme::V2Ecdsa, revision(1, 3)),
    ];
    for (chip, signer, scheme, revision) in low {
        let mut case = Case::open(chip).booting(scheme, &signer);
        assert!(case.plan().is_ok());
        case.profile = case.profile.with_revision(revision);
        refused!(case, Error::RevisionTooLow { .. });
    }
    let p256 = Case::open(Chip::Esp32p4).booting(BootScheme::V2Ecdsa, &Signer::p256(1));
    let mut case = p256;
    case.profile = case.profile.with_revision(revision(1, 3));
    assert!(case.plan().is_ok());
}

#[test]
fn flash_encryption_that_the_chip_does_not_have_is_refused() {
    let mode = EncryptionMode::Release;
    let case = Case::open(Chip::Esp32c3).encrypted_with(mode, EncryptionScheme::Xts256);
    refused!(case, Error::EncryptionScheme { .. });
    let case = Case::open(Chip::Esp32s3).encrypted_with(mode, EncryptionScheme::Esp32);
    refused!(case, Error::EncryptionScheme { .. });
    let case = Case::open(Chip::Esp32c2).encrypted_with(mode, EncryptionScheme::Xts128);
    assert!(case.plan().is_ok());
    let case = case.booting(BootScheme::V2Ecdsa, &Signer::p256(1));
    refused!(
        case,
        Error::EncryptionWithSecureBoot {
            scheme: EncryptionScheme::Xts128
        }
    );
}

#[test]
fn flash_crypt_config_must_be_that_of_the_key_and_not_zero() {
    let case = |config| {
        let mut case = Case::open(Chip::Esp32).encrypted(EncryptionMode::Release);
        let config = FlashCryptConfig::new(config).unwrap();
        let encryption = FlashEncryption::new(EncryptionMode::Release).with_crypt_config(config);
        case.profile = case.profile.with_flash_encryption(encryption);
        case
    };
    refused!(case(0), Error::CryptConfig);
    refused!(case(7), Error::CryptConfigDiffers { .. });
    assert!(case(15).plan().is_ok());
}

#[test]
fn flash_key_must_be_there_if_and_only_if_it_is_used() {
    let mut case = Case::locked(Chip::Esp32c3);
    case.flash_key = None;
    refused!(case, Error::FlashKey { needed: true });
    let mut case = Case::open(Chip::Esp32c3);
    case.flash_key = Some(parts::flash_key(EncryptionScheme::Xts128));
    refused!(case, Error::FlashKey { needed: false });
    let mut case = Case::locked(Chip::Esp32s3);
    case.flash_key = Some(parts::flash_key(EncryptionScheme::Xts128));
    refused!(case, Error::FlashKeyScheme { .. });
}

#[test]
fn hmac_key_must_be_there_if_and_only_if_it_is_used() {
    let mut case = Case::locked(Chip::Esp32c3);
    case.hmac_file = None;
    refused!(case, Error::HmacKey { needed: true });
    let mut case = Case::open(Chip::Esp32c3);
    case.hmac_file = Some("hmac");
    refused!(case, Error::HmacKey { needed: false });
}

#[test]
fn bootloader_key_must_be_there_if_and_only_if_it_is_used() {
    let mut case = Case::open(Chip::Esp32).booting(BootScheme::V1, &Signer::p256(1));
    case.v1 = None;
    refused!(case, Error::BootloaderKey { needed: true });
    let mut case = Case::open(Chip::Esp32);
    case.v1 = Some(BootloaderKeyV1::new(&[1; 32]).unwrap());
    refused!(case, Error::BootloaderKey { needed: false });
}

#[test]
fn keys_of_two_coding_schemes_are_refused() {
    let mut case = Case::locked(Chip::Esp32);
    case.flash_key = Some(FlashKey::new(EncryptionScheme::Esp32, &[1; 24]).unwrap());
    refused!(case, Error::KeyFileLength { len: 24 });
    let mut case = Case::open(Chip::Esp32)
        .booting(BootScheme::V1, &Signer::p256(1))
        .encrypted(EncryptionMode::Release);
    assert!(case.plan().is_ok());
    case.flash_key = Some(FlashKey::new(EncryptionScheme::Esp32, &[1; 24]).unwrap());
    refused!(case, Error::KeyFileLength { .. });
    case.v1 = Some(BootloaderKeyV1::new(&[1; 24]).unwrap());
    assert!(case.plan().is_ok());
    assert_eq!(
        KeyPurpose::XtsAes128.block_bytes(&[0; 24]),
        Err(Error::KeyFileLength { len: 24 })
    );
}

#[test]
fn key_block_that_cannot_hold_the_key_is_refused() {
    let key = KeyUse::FlashEncryption;
    for chip in [Chip::Esp32c3, Chip::Esp32c6, Chip::Esp32h2] {
        let mut case = Case::locked(chip);
        case.profile = case.profile.with_key_block(key, 5);
        refused!(
            case,
            Error::KeyBlockUnsuited {
                block: "BLOCK_KEY5",
                ..
            }
        );
    }
    // The second half of the key.
    let mut case = Case::locked(Chip::Esp32s3);
    case.profile = case.profile.with_key_block(key, 4);
    refused!(
        case,
        Error::KeyBlockUnsuited {
            block: "BLOCK_KEY5",
            ..
        }
    );
    let mut case = Case::locked(Chip::Esp32s2);
    case.profile = case.profile.with_key_block(key, 4);
    assert!(case.plan().is_ok());
    let mut case = Case::locked(Chip::Esp32);
    case.profile = case.profile.with_key_block(key, 1);
    refused!(case, Error::KeyBlockUnsuited { .. });
}

#[test]
fn key_blocks_are_given_once() {
    let key = KeyUse::FlashEncryption;
    let mut case = Case::locked(Chip::Esp32c3);
    case.profile = case.profile.with_key_block(key, 2).with_key_block(KeyUse::NvsHmac, 2);
    refused!(
        case,
        Error::KeyBlockTaken {
            block: "BLOCK_KEY2",
            key: KeyUse::NvsHmac
        }
    );
    let mut case = Case::locked(Chip::Esp32c3);
    case.profile = case.profile.with_reserved_block(0).with_key_block(key, 0);
    refused!(case, Error::KeyBlockTaken { .. });
    for (chip, block) in [(Chip::Esp32c2, 0), (Chip::Esp32, 0), (Chip::Esp32, 1)] {
        let mut case = Case::locked(chip);
        case.profile = case.profile.with_reserved_block(block);
        refused!(case, Error::KeyBlockTaken { .. });
    }
    let mut case = Case::locked(Chip::Esp32c3);
    case.profile = case.profile.with_reserved_block(6);
    refused!(case, Error::KeyBlockUnknown { block: 6, count: 6 });
    let mut case = Case::locked(Chip::Esp32c3);
    case.profile = (0..4).fold(case.profile, SecurityProfile::with_reserved_block);
    refused!(case, Error::KeyBlocks { .. });
}

#[test]
fn nvs_encryption_requires_its_keys() {
    let csv = CSV.replace("nvs_keys, data, nvs_keys, 0x18000, 0x1000\n", "");
    let mut case = Case::open(Chip::Esp32c3);
    case.images.remove(1);
    case.profile = SecurityProfile::new(Chip::Esp32c3, case.profile.flash_size(), table_of(&csv));
    let mut case = case.encrypted(EncryptionMode::Release);
    case.profile = case.profile.with_nvs_encryption(NvsEncryption::NvsKeys);
    refused!(case, Error::NvsKeysPartition);
    let mut case = Case::open(Chip::Esp32c3);
    case.profile = case.profile.with_nvs_encryption(NvsEncryption::NvsKeys);
    refused!(case, Error::NvsKeysPlain);
    let mut case = Case::open(Chip::Esp32c3).encrypted(EncryptionMode::Release);
    case.profile = case.profile.with_nvs_encryption(NvsEncryption::NvsKeys);
    assert!(case.plan().is_ok());
    case.images.remove(1);
    refused!(case, Error::NvsKeysImage);
    for chip in [Chip::Esp32, Chip::Esp32c2, Chip::Esp32c61] {
        refused!(Case::open(chip).with_hmac(), Error::NvsHmac { .. });
    }
}

#[test]
fn nvs_with_the_flag_of_flash_encryption_is_refused() {
    let csv = CSV.replace("0x10000, 0x6000", "0x10000, 0x6000, encrypted");
    let mut case = Case::open(Chip::Esp32c3);
    case.profile = SecurityProfile::new(Chip::Esp32c3, case.profile.flash_size(), table_of(&csv));
    assert!(case.plan().is_ok());
    refused!(case.encrypted(EncryptionMode::Development), Error::EncryptedNvs { .. });
}

#[test]
fn private_key_in_a_plain_partition_of_a_production_device_is_refused() {
    let mut case = Case::locked(Chip::Esp32c3);
    case.images.push(("plain", vec![0x44; 16], true));
    refused!(case, Error::PlainKey { part } if part == "plain");
    // NVS is not covered by flash encryption.
    let mut case = Case::locked(Chip::Esp32c3);
    case.images[0].2 = true;
    refused!(case, Error::PlainKey { part } if part == "nvs");
}

#[test]
fn download_mode_that_the_chip_cannot_have_is_refused() {
    let mut case = Case::open(Chip::Esp32);
    case.profile = case.profile.with_download_mode(DownloadMode::Secure);
    refused!(case, Error::DownloadMode { .. });
    case.profile = case.profile.with_download_mode(DownloadMode::Off);
    assert!(case.plan().is_ok());
    case.profile = case.profile.with_revision(revision(1, 0));
    refused!(case, Error::DownloadMode { .. });
}

#[test]
fn file_names_that_a_command_cannot_have_are_refused() {
    let mut case = Case::locked(Chip::Esp32c3);
    case.key_file = "";
    refused!(case, Error::FileName);
    case.key_file = "a\nb";
    refused!(case, Error::FileName);
    case.key_file = "a";
    case.prefix = "x\u{7f}";
    refused!(case, Error::FileName);
}

#[test]
fn encryption_after_the_end_of_the_scheme_is_refused() {
    let csv = format!("{CSV}far, data, 0x41, 0x1000000, 0x1000, encrypted\n");
    let mut case = Case::open(Chip::Esp32).encrypted(EncryptionMode::Release);
    let size = FlashSize::new(0x200_0000).unwrap();
    case.profile = SecurityProfile::new(Chip::Esp32, size, table_of(&csv))
        .with_flash_encryption(FlashEncryption::new(EncryptionMode::Release));
    case.bootloader = image(
        Header {
            flash_size: 5,
            ..Header::of(Chip::Esp32)
        },
        0x100,
    );
    assert!(case.plan().is_ok());
    case.images.push(("far", vec![1; 16], false));
    refused!(case, Error::Encryption { .. });
}

#[test]
fn ecdsa_key_needs_a_reserved_block_that_can_hold_it() {
    let mut case = Case::locked(Chip::Esp32h2);
    case.ecdsa_block = Some(0);
    let key = KeyUse::EcdsaKey;
    refused!(
        case,
        Error::KeyBlockNotReserved {
            block: "BLOCK_KEY0",
            key: KeyUse::EcdsaKey
        }
    );
    let error = Error::KeyBlockNotReserved {
        block: "BLOCK_KEY0",
        key,
    };
    assert_eq!(
        error.to_string(),
        "BLOCK_KEY0 is not reserved in the profile; the key of the ECDSA peripheral needs a reserved block"
    );
    case.profile = case.profile.with_reserved_block(0);
    assert!(case.plan().is_ok());
    // No ECDSA peripheral.
    let mut case = Case::locked(Chip::Esp32c3);
    case.ecdsa_block = Some(0);
    case.profile = case.profile.with_reserved_block(0);
    refused!(case, Error::KeyBlockUnsuited { .. });
}
