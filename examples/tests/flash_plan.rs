//! `matter-mfg --flash-plan` and `flash-image plan`: the flash contents of each device.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::as_conversions,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/flash.rs"]
mod flash;
#[path = "support/produced.rs"]
mod produced;
#[path = "support/flash_runs.rs"]
mod runs;
#[path = "support/workplace.rs"]
mod workplace;

use std::collections::BTreeSet;
use std::fs;

use esp_flash_image::{Chip, EncryptionScheme, PartitionTable};
use esp_nvs_image::{HmacKey, NvsKeys, decrypt};
use flash::Project;
use matter_factory_data::DeviceRecord;
use runs::*;
use serde_json::Value;
use workplace::stderr;

/// One chip of each family with its full protection, and the image that contains it.
#[test]
fn each_family_of_chips_gets_a_locked_device() {
    let folder = workplace();
    let at = folder.path();
    let chips = [
        Chip::Esp32,
        Chip::Esp32c2,
        Chip::Esp32c3,
        Chip::Esp32c5,
        Chip::Esp32c6,
        Chip::Esp32h2,
        Chip::Esp32p4,
        Chip::Esp32s2,
        Chip::Esp32s3,
    ];
    for chip in chips {
        let mut project = Project::new(&at.join(chip.name()), chip).locked();
        project.profile["revision"] = "3.1".into();
        project.write();
        let message = made(
            at,
            &format!("{PAI} -n 2 --outdir out-{chip} --flash-plan {chip}/profile.json"),
        );
        assert!(!message.contains("NVS partition 'fctry'"), "{message}");
        let has_hmac = chip.facts().nvs_hmac;
        let boot = chip.facts().secure_boot[0].scheme;
        let beside = chip
            .facts()
            .encryption
            .iter()
            .find(|scheme| chip.facts().has_encryption(**scheme, true));
        let scheme = *beside.unwrap();
        let mut keys = BTreeSet::new();
        for device in devices(at, &format!("out-{chip}")) {
            let uuid = uuid(&device);
            let flash = Flash::of(&project, &device, Some(scheme));
            flash.check("bootloader", &project.bootloader);
            flash.check("ota_0", &project.app);
            flash.check("otadata", &[]);
            let table = flash.region("partition table");
            let nvs = fs::read(device.join(format!("{uuid}-partition.bin"))).unwrap();
            flash.check("fctry", &nvs);
            assert_eq!(
                flash.plan["regions"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|it| it["encrypted"] == false)
                    .count(),
                1
            );
            assert!(PartitionTable::decode(&table[..0xC00]).unwrap().find("fctry").is_some());
            assert!(
                flash.bytes.len() < 0x40_0000,
                "gaps after the last part are not written"
            );

            // NVS is the device's own, under keys that the chip has or derives.
            let keys_file = device.join(format!("{uuid}-keys-partition.bin"));
            let nvs_keys = if has_hmac {
                assert!(!keys_file.exists());
                let key = fs::read(project.keys().join(format!("{uuid}-nvs-hmac-key.bin"))).unwrap();
                NvsKeys::from_hmac_key(&HmacKey::decode(&key).unwrap()).unwrap()
            } else {
                let partition = fs::read(keys_file).unwrap();
                flash.check("nvs_keys", &partition);
                NvsKeys::decode(&partition).unwrap()
            };
            let mut plain = nvs;
            decrypt(&mut plain, &nvs_keys).unwrap();
            let credentials = DeviceRecord::decode_nvs(&plain).unwrap();
            assert_eq!(credentials.credentials().unwrap().dac().common_name(), Some(uuid));

            let plan = &flash.plan;
            assert_eq!((&plan["chip"], &plan["device"]), (&chip.name().into(), &uuid.into()));
            let steps = plan["efuses"].as_array().unwrap();
            assert!(steps.iter().zip(1..).all(|(step, number)| step["step"] == number));
            let commands = plan["commands"].as_array().unwrap();
            let first = commands[0].as_str().unwrap();
            assert!(
                first.ends_with(&format!(
                    "write-flash --flash-mode keep --flash-freq keep --flash-size keep 0x0 {uuid}-flash.bin"
                )),
                "{first}"
            );
            // All files that the commands name exist.
            let text = plan.to_string();
            let key = fs::read(project.keys().join(format!("{uuid}-flash-key.bin"))).unwrap();
            assert!(text.contains(&format!("/keys/{uuid}-flash-key.bin")), "{text}");
            assert!(!text.contains(&hex(&key)));
            if boot != esp_flash_image::BootScheme::V1 {
                assert!(text.contains("internal/secure-boot-digest0.bin"), "{text}");
                assert_eq!(
                    fs::read(device.join("internal/secure-boot-digest0.bin")).unwrap().len(),
                    32
                );
            }
            assert!(keys.insert(key), "each device has a key of its own");
        }
        assert_eq!(keys.len(), 2);
    }
}

/// Version 1 of secure boot also signs the table, and has a secret of its own.
#[test]
fn secure_boot_v1_has_a_digest_of_the_bootloader() {
    let folder = workplace();
    let at = folder.path();
    let project = Project::new(&at.join("v1"), Chip::Esp32)
        .encrypted("release")
        .with_nvs("nvs_keys")
        .signed(esp_flash_image::BootScheme::V1);
    made(at, &format!("{PAI} --flash-plan v1/profile.json"));
    let device = &devices(at, "out")[0];
    let flash = Flash::of(&project, device, Some(EncryptionScheme::Esp32));
    flash.check("bootloader", &project.bootloader);
    flash.check(
        "partition table",
        &fs::read(project.folder.join("partitions.bin")).unwrap(),
    );
    let digest = flash.region("bootloader digest");
    assert!(digest[..192].iter().any(|byte| *byte != 0xFF) && digest[192..].iter().all(|byte| *byte == 0xFF));
    let text = flash.plan.to_string();
    assert!(
        text.contains("secure_boot_v1") && text.contains("bootloader-key.bin"),
        "{text}"
    );
}

/// A DAC key for the eFuses is burned with the other secret keys, in the block that the images name.
#[test]
fn key_of_a_dac_is_burned_while_it_can_be_read_protected() {
    let folder = workplace();
    let at = folder.path();
    let mut project = Project::new(&at.join("p"), Chip::Esp32h2).locked();
    project.profile["images"]["secure_cert"] = "esp_secure_cert".into();
    project.write();
    made(
        at,
        &format!("{PAI} --dac-in-secure-cert -ds --efuse-key-id 0 --flash-plan p/profile.json"),
    );
    let device = &devices(at, "out")[0];
    let flash = Flash::of(&project, device, Some(EncryptionScheme::Xts128));
    flash.check(
        "esp_secure_cert",
        &fs::read(device.join(format!("{}_esp_secure_cert.bin", uuid(device)))).unwrap(),
    );
    let steps = flash.plan["efuses"].as_array().unwrap();
    let place = |purpose: &str| steps.iter().position(|step| step["purpose"] == purpose).unwrap();
    let step = &steps[place("ECDSA_KEY")];
    assert_eq!(
        (&step["block"], &step["value_or_file"]),
        (&"BLOCK_KEY0".into(), &"internal/efuse_key.pem".into())
    );
    assert!(place("XTS_AES_128_KEY") < place("ECDSA_KEY") && place("ECDSA_KEY") < place("SECURE_BOOT_DIGEST0"));
    assert_eq!(steps[place("XTS_AES_128_KEY")]["block"], "BLOCK_KEY1");
    let burn = "burn-key BLOCK_KEY0 internal/efuse_key.pem ECDSA_KEY";
    let commands = flash.plan["commands"].as_array().unwrap();
    assert!(commands.iter().any(|command| command.as_str().unwrap().ends_with(burn)));
    assert!(device.join("internal/efuse_key.pem").exists());
}

#[test]
fn audit_of_a_locked_device_is_clean() {
    let folder = workplace();
    let at = folder.path();
    for (name, locked) in [("open", false), ("locked", true)] {
        let project = Project::new(&at.join(name), Chip::Esp32c3);
        if locked {
            project.locked();
        }
        made(
            at,
            &format!("{PAI} -n 3 --audit full --outdir out-{name} --flash-plan {name}/profile.json"),
        );
        assert_eq!(devices(at, &format!("out-{name}")).len(), 3);
    }
}

#[test]
fn plan_of_one_device_writes_the_files_that_its_commands_name() {
    let folder = workplace();
    let at = folder.path();
    let project = Project::new(&at.join("p"), Chip::Esp32c3).locked();
    made(at, PAI);
    let device = &devices(at, "out")[0];
    let uuid = uuid(device);
    let arguments = format!("plan p/profile.json --device out/fff2_8001/{uuid} --out flash");
    let output = flash_image(at, &format!("{arguments} --json"));
    assert!(output.status.success(), "{}", stderr(&output));
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        plan,
        serde_json::from_slice::<Value>(&fs::read(at.join("flash/plan.json")).unwrap()).unwrap()
    );
    let merged = fs::read(at.join(format!("flash/{uuid}-flash.bin"))).unwrap();
    let write = plan["commands"][0].as_str().unwrap();
    let words = write
        .split(' ')
        .skip_while(|word| *word != "--flash-size")
        .skip(2)
        .collect::<Vec<_>>();
    let mut written = 0;
    for piece in words.chunks(2) {
        let offset = usize::from_str_radix(piece[0].strip_prefix("0x").unwrap(), 16).unwrap();
        let bytes = fs::read(at.join("flash").join(piece[1])).unwrap();
        assert!(merged[offset..].starts_with(&bytes));
        written += bytes.len();
    }
    let lengths = plan["regions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|region| region["length"].as_u64().unwrap());
    assert_eq!(lengths.sum::<u64>(), written as u64, "gaps are not written");
    assert!(at.join("flash/secure-boot-digest0.bin").exists());

    // NVS was plain, and is encrypted with keys that the chip derives.
    let flash = Flash {
        bytes: merged,
        plan,
        key: Some(project.flash_key(uuid, EncryptionScheme::Xts128)),
    };
    let key = fs::read(project.keys().join(format!("{uuid}-nvs-hmac-key.bin"))).unwrap();
    let mut nvs = flash.region("fctry");
    decrypt(
        &mut nvs,
        &NvsKeys::from_hmac_key(&HmacKey::decode(&key).unwrap()).unwrap(),
    )
    .unwrap();
    assert_eq!(nvs, fs::read(device.join(format!("{uuid}-partition.bin"))).unwrap());

    // Another plan of the device must use the same key; any other is refused.
    refused(
        &flash_image(at, &format!("--force {arguments}")),
        2,
        &["exists already", "never replaced"],
    );
    let mut project = project;
    project.profile["nvs_encryption"] = Value::Null;
    project.profile["flash_encryption"]["mode"] = "development".into();
    project.profile["fill_gaps"] = true.into();
    project.write();
    refused(
        &flash_image(at, &format!("--force {arguments}")),
        2,
        &["-flash-key.bin", "--flash-key"],
    );
    let output = flash_image(
        at,
        &format!("--force {arguments} --flash-key p/keys/{uuid}-flash-key.bin"),
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let commands = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(commands.contains(&format!(" 0x0 {uuid}-flash.bin")), "{commands}");
    assert!(stderr(&output).contains("'fctry' holds a private key"));
}
