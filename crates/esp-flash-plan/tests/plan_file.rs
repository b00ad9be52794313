//! `plan.json` is read back as the same plan, and an unsafe document is refused.

#![cfg(feature = "serde")]
#![allow(
    dead_code,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "common/parts.rs"]
mod parts;
#[path = "properties/plan.rs"]
mod plan;

use std::sync::atomic::{AtomicUsize, Ordering};

use esp_flash_image::{Chip, FlashCryptConfig};
use esp_flash_plan::{DevicePlan, EncryptionMode, FlashEncryption, PlanDocument, PlanFile};
use parts::Case;
use proptest::prelude::*;
use serde_json::{Value, json};

fn check_read_back(plan: &DevicePlan) {
    let text = serde_json::to_vec(&PlanDocument::new(plan, "d1")).unwrap();
    let read: PlanFile = serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{error}: {plan:?}"));
    assert_eq!((read.chip(), read.device()), (plan.chip(), "d1"));
    assert_eq!(read.regions(), plan.regions());
    assert_eq!(read.steps(), plan.steps());
    assert_eq!(
        (read.flash_size(), read.min_revision()),
        (Some(plan.flash_size()), plan.min_revision())
    );
    assert_eq!(read.commands_of_merged("f"), plan.commands_of_merged("f"));
    assert_eq!(read.efuse_steps().count(), plan.efuse_steps().count());
}

#[test]
fn plans_of_every_chip_are_read_back_unchanged() {
    for chip in Chip::ALL.iter().copied() {
        let cases = [
            Case::open(chip),
            Case::locked(chip),
            Case::open(chip).encrypted(EncryptionMode::Development),
            Case::open(chip).encrypted(EncryptionMode::Release),
        ];
        for case in cases {
            check_read_back(&case.plan().unwrap());
        }
    }
}

#[test]
fn random_plans_are_read_back_unchanged() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    proptest!(ProptestConfig::with_cases(600), |(bytes in proptest::collection::vec(any::<u8>(), 0..400))| {
        if let Some(device) = plan::device(&bytes) {
            check_read_back(&device);
            MADE.fetch_add(1, Ordering::Relaxed);
        }
    });
    let made = MADE.load(Ordering::Relaxed);
    println!("{made} plans read");
    assert!(made > 20, "{made}");
}

#[test]
fn a_plan_of_another_profile_is_detected() {
    let read = |case: &Case| serde_json::from_value::<PlanFile>(document(case)).unwrap();
    for chip in Chip::ALL.iter().copied() {
        let cases = [
            Case::open(chip),
            Case::locked(chip),
            Case::open(chip).encrypted(EncryptionMode::Development),
            Case::open(chip).encrypted(EncryptionMode::Release),
        ];
        for (place, case) in cases.iter().enumerate() {
            for (other, of_other) in cases.iter().enumerate() {
                // A chip without secure boot is locked by flash encryption alone; then the plans differ only in NVS.
                let shared = of_other.shared_plan().unwrap();
                let message = shared.check_file(&read(case));
                let is_same = shared.steps().unwrap() == case.shared_plan().unwrap().steps().unwrap();
                assert_eq!(
                    message.is_ok(),
                    place == other || is_same,
                    "{chip} {place} {other}: {message:?}"
                );
            }
        }
    }
    let plain = Case::open(Chip::Esp32c3);
    let mut other = plain.clone();
    other.apps[0].1 = parts::image(parts::Header::of(Chip::Esp32c3), 0x7FF0);
    let message = other.shared_plan().unwrap().check_file(&read(&plain)).unwrap_err();
    assert_eq!(
        message.to_string(),
        "region of the plan at 0x20000 differs from the file of the profile"
    );
    let mut moved = document(&plain);
    let regions = moved["regions"].as_array_mut().unwrap();
    let app = regions.pop().unwrap();
    let message = |document: &Value| {
        let file: PlanFile = serde_json::from_value(document.clone()).unwrap();
        plain.shared_plan().unwrap().check_file(&file).unwrap_err().to_string()
    };
    assert!(
        message(&moved).ends_with("at 0x20000 is missing"),
        "{}",
        message(&moved)
    );
    let regions = moved["regions"].as_array_mut().unwrap();
    regions.push(app);
    regions.push(
        json!({"offset": 0x30_0000, "length": 0x1000, "source": "nvs", "encrypted": false,
        "md5": "0".repeat(32), "sha256": "0".repeat(64)}),
    );
    assert!(
        message(&moved).ends_with("at 0x300000 is not in the profile"),
        "{}",
        message(&moved)
    );
}

#[test]
fn encrypted_flash_of_other_firmware_or_another_key_is_detected() {
    for chip in Chip::ALL.iter().copied() {
        let case = Case::locked(chip);
        let (shared, device) = (case.shared_plan().unwrap(), case.plan().unwrap());
        let file: PlanFile = serde_json::from_value(document(&case)).unwrap();
        let key = case.flash_key.as_ref().unwrap().expose_bytes();
        let flash = device.merged();
        shared.check_flash(&file, &flash, key).unwrap();
        let mut other_key = key.to_vec();
        other_key[3] ^= 1;
        let message = shared.check_flash(&file, &flash, &other_key).unwrap_err().to_string();
        assert!(message.contains("another key"), "{chip}: {message}");
        let mut other = flash.clone();
        other[0x2_0100] ^= 1;
        let message = shared.check_flash(&file, &other, key).unwrap_err().to_string();
        assert!(
            message.contains("at 0x20000 differs from the file"),
            "{chip}: {message}"
        );
        let short = &flash[..flash.len() - 1];
        let message = shared.check_flash(&file, short, key).unwrap_err().to_string();
        assert!(message.contains("is missing"), "{chip}: {message}");
        assert!(shared.check_flash(&file, &flash, &key[1..]).is_err());
    }
}

fn document(case: &Case) -> Value {
    serde_json::to_value(PlanDocument::new(&case.plan().unwrap(), "d1")).unwrap()
}

fn refusal(document: &Value) -> String {
    match serde_json::from_value::<PlanFile>(document.clone()) {
        Ok(_) => panic!("accepted: {document}"),
        Err(error) => error.to_string(),
    }
}

/// Changes and renumbers the steps; returns why the document is refused.
fn refusal_of_steps(document: &Value, change: impl FnOnce(&mut Vec<Value>)) -> String {
    let mut document = document.clone();
    let steps = document["efuses"].as_array_mut().unwrap();
    change(steps);
    for (step, number) in steps.iter_mut().zip(1..) {
        step["step"] = json!(number);
    }
    refusal(&document)
}

fn place(steps: &[Value], what: &str) -> usize {
    let found = steps
        .iter()
        .position(|step| step["what"].as_str().unwrap().starts_with(what));
    found.unwrap_or_else(|| panic!("no step {what}"))
}

#[test]
fn documents_of_earlier_releases_are_read() {
    let mut document = document(&Case::locked(Chip::Esp32c3));
    for member in ["flash_size", "min_revision", "warnings"] {
        document.as_object_mut().unwrap().remove(member).unwrap();
    }
    let plan: PlanFile = serde_json::from_value(document).unwrap();
    assert_eq!((plan.flash_size(), plan.min_revision()), (None, None));
}

#[test]
fn wrong_members_are_refused() {
    let sound = document(&Case::locked(Chip::Esp32c3));
    let cases: &[(&str, Value, &str)] = &[
        (
            "/chip",
            json!("esp32c99"),
            "member 'chip' of the plan is not a known chip",
        ),
        ("/chip", json!("ESP32-C3"), "is not a known chip"),
        (
            "/chip",
            json!("esp32"),
            "step 1 of the plan burns a key for a purpose that no plan for this chip has",
        ),
        ("/device", json!(""), "member 'device'"),
        ("/device", json!("a\nb"), "control characters"),
        ("/flash_size", json!("4 apples"), "member 'flash_size'"),
        ("/flash_size", json!("256KB"), "ends after the end of the flash"),
        ("/min_revision", json!("1"), "member 'min_revision'"),
        ("/regions", json!([]), "member 'regions' of the plan is empty"),
        ("/regions/0/offset", json!(1), "whole sectors"),
        ("/regions/0/length", json!(0), "whole sectors"),
        ("/regions/0/length", json!(0x10_0000), "overlaps"),
        ("/regions/1/offset", json!(0xFFFF_F000_u32), "ends after"),
        ("/regions/0/source", json!(""), "source"),
        ("/regions/0/md5", json!("00"), "MD5"),
        ("/regions/0/md5", json!("ZZ112233445566778899aabbccddeeff"), "MD5"),
        ("/regions/0/sha256", json!("AA"), "SHA-256"),
        ("/efuses/0/step", json!(2), "is not numbered consecutively"),
        (
            "/efuses/0/block",
            json!("BLOCK_KEY9"),
            "block that does not exist on this chip",
        ),
        ("/efuses/0/block", json!("BLOCK_KEY5"), "block that cannot hold it"),
        ("/efuses/0/block", json!(null), "purpose without a block"),
        ("/efuses/0/block", json!("BLOCK_KEY4"), "does not match its block"),
        ("/efuses/0/purpose", json!("XTS_AES_256_KEY_1"), "purpose that no plan"),
        ("/efuses/0/value_or_file", json!(""), "file name"),
        ("/efuses/0/value_or_file", json!("a\u{1b}b"), "file name"),
        ("/efuses/0/what", json!("burn something"), "does not match its block"),
        ("/efuses/3/what", json!("burn NOTHING = 1"), "eFuse that no plan"),
        ("/efuses/3/what", json!("drop"), "neither burns"),
        ("/efuses/3/value_or_file", json!("8"), "out of the eFuse's range"),
        ("/efuses/3/value_or_file", json!("3"), "neither one nor all bits"),
        ("/efuses/3/value_or_file", json!("x"), "out of the eFuse's range"),
        ("/efuses/3/value_or_file", json!("1"), "does not match its block"),
    ];
    for (pointer, value, reason) in cases {
        let mut document = sound.clone();
        *document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value.clone();
        let message = refusal(&document);
        assert!(message.contains(reason), "{pointer} {value}: {message}");
    }
    for at in ["", "/regions/0", "/efuses/0"] {
        let mut document = sound.clone();
        document.pointer_mut(at).unwrap()["new"] = json!(1);
        assert!(refusal(&document).contains("unknown field `new`"), "{at}");
    }
}

#[test]
fn steps_that_are_missing_doubled_or_out_of_order_are_refused() {
    let sound = document(&Case::locked(Chip::Esp32c3));
    let without = |what: &'static str| {
        refusal_of_steps(&sound, move |steps| {
            let at = place(steps, what);
            steps.remove(at);
        })
    };
    let cases = [
        (without("burn XTS_AES_128_KEY"), "flash encryption with exactly one key"),
        (
            without("burn SPI_BOOT_CRYPT_CNT"),
            "flash encryption with exactly one key",
        ),
        (without("burn SECURE_BOOT_DIGEST0"), "secure boot with a key digest"),
        (without("burn SECURE_BOOT_EN"), "secure boot with a key digest"),
        (without("write-protect RD_DIS"), "does not close read protection"),
        (refusal_of_steps(&sound, |steps| steps.swap(1, 2)), "is out of order"),
        (
            refusal_of_steps(&sound, |steps| {
                let last = steps.pop().unwrap();
                steps.insert(0, last);
            }),
            "is out of order",
        ),
        (
            refusal_of_steps(&sound, |steps| steps.insert(0, steps[0].clone())),
            "a second key for one purpose",
        ),
        (
            refusal_of_steps(&sound, |steps| {
                let at = place(steps, "burn SECURE_BOOT_EN");
                steps.insert(at, steps[at].clone());
            }),
            "an earlier step burns",
        ),
        (
            refusal_of_steps(&sound, |steps| {
                steps[1]["block"] = json!("BLOCK_KEY0");
                steps[1]["what"] = json!("burn HMAC_UP into BLOCK_KEY0");
            }),
            "into a block that an earlier step burns",
        ),
        (
            refusal_of_steps(&sound, |steps| {
                let at = place(steps, "burn SECURE_BOOT_KEY_REVOKE1");
                steps[at]["what"] = json!("burn SECURE_BOOT_KEY_REVOKE0 = 1");
            }),
            "revokes a key digest that it burns",
        ),
        (
            refusal_of_steps(&sound, |steps| {
                let mut off = steps.last().unwrap().clone();
                off["what"] = json!("burn DIS_DOWNLOAD_MODE = 1");
                steps.push(off);
            }),
            "closes download mode a second time",
        ),
        (
            refusal_of_steps(&sound, |steps| *steps = vec![steps[0].clone(); 97]),
            "more than 96 steps",
        ),
    ];
    for (message, reason) in cases {
        assert!(message.contains(reason), "{message}, not {reason}");
    }
    let mut plain = sound;
    for region in plain["regions"].as_array_mut().unwrap() {
        region["encrypted"] = json!(false);
    }
    assert!(refusal(&plain).contains("disagree on flash encryption"));
}

#[test]
fn halves_of_a_key_belong_together() {
    let sound = document(&Case::locked(Chip::Esp32s3));
    let cases: [fn(&mut Vec<Value>); 4] = [
        |steps| {
            steps.remove(1);
        },
        |steps| steps.swap(0, 1),
        |steps| steps[1]["value_or_file"] = json!("other.bin[32..]"),
        |steps| {
            steps[1]["block"] = json!("BLOCK_KEY4");
            steps[1]["what"] = json!("burn XTS_AES_256_KEY_2 into BLOCK_KEY4");
        },
    ];
    for change in cases {
        let message = refusal_of_steps(&sound, change);
        assert!(message.contains("two halves of a key"), "{message}");
    }
    let message = refusal_of_steps(&sound, |steps| steps[0]["value_or_file"] = json!("flash-key.bin"));
    assert!(message.contains("does not name the half"), "{message}");
}

#[test]
fn encrypted_flash_is_read_with_the_crypt_config_of_the_profile() {
    let config = FlashCryptConfig::new(7).unwrap();
    let mut case = Case::locked(Chip::Esp32);
    let encryption = FlashEncryption::new(EncryptionMode::Release).with_crypt_config(config);
    case.profile = case.profile.with_flash_encryption(encryption);
    case.flash_key = case.flash_key.map(|key| key.with_flash_crypt_config(config));
    let file: PlanFile = serde_json::from_value(document(&case)).unwrap();
    let (flash, key) = (case.plan().unwrap().merged(), case.flash_key.as_ref().unwrap());
    let shared = case.shared_plan().unwrap();
    shared.check_flash(&file, &flash, key.expose_bytes()).unwrap();
}

#[test]
fn esp32_needs_its_crypt_config() {
    let sound = document(&Case::locked(Chip::Esp32));
    let message = refusal_of_steps(&sound, |steps| {
        let at = place(steps, "burn FLASH_CRYPT_CONFIG");
        steps.remove(at);
    });
    assert!(message.contains("FLASH_CRYPT_CONFIG at 0"), "{message}");
}
