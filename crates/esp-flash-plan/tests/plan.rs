//! The content of plans, chip by chip.

#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "common/parts.rs"]
mod parts;

use std::collections::BTreeSet;

use esp_flash_image::{BootScheme, Chip, ChipRevision, EncryptionScheme, FlashSize};
use esp_flash_plan::{
    Action, DevicePlan, DownloadMode, EncryptionMode, FlashEncryption, KeyUse, NvsEncryption, Phase, SecureBoot,
    SecurityProfile, Warning,
};
use md5::Md5;
use parts::{Case, Header, IV, Signer, image};
use sha2::{Digest, Sha256};

fn efuses(plan: &DevicePlan) -> Vec<String> {
    plan.efuse_steps().map(ToString::to_string).collect()
}

fn regions(plan: &DevicePlan) -> Vec<(u32, u32, &str, bool)> {
    let row = |region: &'_ esp_flash_plan::Region| (region.offset(), region.length(), region.is_encrypted());
    let regions = plan.regions().iter();
    regions
        .map(|it| (row(it).0, row(it).1, it.source(), row(it).2))
        .collect()
}

/// Returns the index of the step that burns or protects something.
fn place(plan: &DevicePlan, what: &str) -> usize {
    let steps: Vec<_> = plan.steps().iter().map(ToString::to_string).collect();
    let found = steps.iter().position(|step| step.contains(what));
    found.unwrap_or_else(|| panic!("no {what} in {steps:#?}"))
}

#[test]
fn regions_are_encrypted_where_the_bootloader_would_do_it() {
    let plan = Case::locked(Chip::Esp32c3).plan().unwrap();
    let expected = [
        (0x0, 0x5000, "bootloader", true),
        (0xF000, 0x1000, "partition table", true),
        (0x10000, 0x6000, "nvs", false),
        (0x16000, 0x2000, "otadata", true),
        (0x18000, 0x1000, "nvs_keys", true),
        (0x19000, 0x2000, "cert", true),
        (0x20000, 0x40000, "ota_0", true),
    ];
    assert_eq!(regions(&plan), expected);
    let plan = Case::open(Chip::Esp32c3).plan().unwrap();
    let expected = [
        (0x0, 0x4000, "bootloader", false),
        (0xF000, 0x1000, "partition table", false),
        (0x10000, 0x6000, "nvs", false),
        (0x18000, 0x1000, "nvs_keys", false),
        (0x19000, 0x2000, "cert", false),
        (0x20000, 0x9000, "ota_0", false),
    ];
    assert_eq!(regions(&plan), expected);
}

#[test]
fn only_the_image_of_an_app_is_encrypted_when_asked() {
    let mut case = Case::open(Chip::Esp32c3).encrypted(EncryptionMode::Release);
    let encryption = FlashEncryption::new(EncryptionMode::Release).with_whole_apps(false);
    case.profile = case.profile.with_flash_encryption(encryption);
    let plan = case.plan().unwrap();
    assert!(regions(&plan).contains(&(0x20000, 0x9000, "ota_0", true)));
}

#[test]
fn filled_gaps_make_one_file_from_address_0_to_the_last_part() {
    let mut case = Case::locked(Chip::Esp32);
    case.images.pop();
    case.profile = case.profile.with_fill_gaps(true);
    let plan = case.plan().unwrap();
    let files: Vec<_> = plan.files().collect();
    assert_eq!(
        (files.len(), files[0].offset(), files[0].bytes().len()),
        (1, 0, 0x60000)
    );
    assert_eq!(files[0].bytes(), plan.merged());
    let expected = [
        (0x0, 0x1000, "gap", false),
        (0x1000, 0x5000, "bootloader", true),
        (0x6000, 0x9000, "gap", false),
        (0xF000, 0x1000, "partition table", true),
        (0x10000, 0x6000, "nvs", false),
        (0x16000, 0x2000, "otadata", true),
        (0x18000, 0x1000, "nvs_keys", true),
        // A partition flagged encrypted without an image is erased, as the bootloader leaves it.
        (0x19000, 0x2000, "cert", true),
        (0x1B000, 0x5000, "gap", false),
        (0x20000, 0x40000, "ota_0", true),
    ];
    assert_eq!(regions(&plan), expected);
    assert!(plan.region_bytes(0).unwrap().iter().all(|byte| *byte == 0xFF));
    let mut cert = plan.region_bytes(7).unwrap().to_vec();
    case.flash_key.unwrap().cipher().decrypt(0x19000, &mut cert).unwrap();
    assert!(cert.iter().all(|byte| *byte == 0xFF));
}

#[test]
fn merged_image_is_the_same_with_and_without_gaps_between_regions() {
    let mut case = Case::locked(Chip::Esp32c6);
    let sparse = case.plan().unwrap();
    case.profile = case.profile.with_fill_gaps(true);
    let filled = case.plan().unwrap();
    assert_eq!(sparse.merged(), filled.merged());
    let written: usize = sparse.files().map(|file| file.bytes().len()).sum();
    assert!(written < filled.merged().len());
}

#[test]
fn digests_of_regions_are_of_the_bytes_in_the_flash() {
    for chip in [Chip::Esp32, Chip::Esp32s3] {
        let plan = Case::locked(chip).plan().unwrap();
        let merged = plan.merged();
        for (index, region) in plan.regions().iter().enumerate() {
            let bytes = plan.region_bytes(index).unwrap();
            assert_eq!(bytes, &merged[region.offset() as usize..region.end() as usize]);
            assert_eq!(region.md5(), &<[u8; 16]>::from(Md5::digest(bytes)));
            assert_eq!(region.sha256(), &<[u8; 32]>::from(Sha256::digest(bytes)));
        }
        assert!(plan.region_bytes(plan.regions().len()).is_none());
    }
}

#[test]
fn buffer_of_an_earlier_device_changes_nothing() {
    let case = Case::locked(Chip::Esp32c3);
    let fresh = case.plan().unwrap();
    let plan = case.shared_plan().unwrap();
    let parts = esp_flash_plan::DeviceParts::new();
    let keys = esp_flash_plan::DeviceKeys::new()
        .with_flash_key(case.flash_key.as_ref().unwrap(), "flash-key.bin")
        .with_hmac_file("hmac-key.bin");
    let one = plan.device(&parts, &keys).unwrap();
    let again = plan.device_in(fresh.into_bytes(), &parts, &keys).unwrap();
    assert_eq!((one.merged(), one.regions()), (again.merged(), again.regions()));
}

#[test]
fn c3_for_production_burns_this() {
    let plan = Case::locked(Chip::Esp32c3).plan().unwrap();
    let expected = [
        "burn XTS_AES_128_KEY into BLOCK_KEY0",
        "burn HMAC_UP into BLOCK_KEY1",
        "burn SECURE_BOOT_DIGEST0 into BLOCK_KEY2",
        "burn SPI_BOOT_CRYPT_CNT = 7",
        "burn DIS_DOWNLOAD_MANUAL_ENCRYPT = 1",
        "burn DIS_DOWNLOAD_ICACHE = 1",
        "burn DIS_PAD_JTAG = 1",
        "burn DIS_USB_JTAG = 1",
        "burn DIS_DIRECT_BOOT = 1",
        "burn SECURE_BOOT_EN = 1",
        "burn SOFT_DIS_JTAG = 7",
        "burn SECURE_BOOT_KEY_REVOKE1 = 1",
        "burn SECURE_BOOT_KEY_REVOKE2 = 1",
        "write-protect DIS_ICACHE",
        "write-protect RD_DIS",
        "burn ENABLE_SECURITY_DOWNLOAD = 1",
    ];
    assert_eq!(efuses(&plan), expected);
    let commands = plan.commands();
    let flash = "--flash-mode keep --flash-freq keep --flash-size keep 0x0 flash-0x0.bin 0xf000 flash-0xf000.bin \
                 0x20000 flash-0x20000.bin";
    let esptool = "esptool --chip esp32c3 --before default-reset --after no-reset";
    let espefuse = "espefuse --chip esp32c3 --before default-reset";
    let expected = [
        format!("{esptool} write-flash {flash}"),
        format!("{esptool} verify-flash {flash}"),
        format!("{espefuse} burn-key BLOCK_KEY0 flash-key.bin XTS_AES_128_KEY"),
        format!("{espefuse} burn-key BLOCK_KEY1 hmac-key.bin HMAC_UP"),
        format!("{espefuse} burn-key BLOCK_KEY2 secure-boot-digest0.bin SECURE_BOOT_DIGEST0"),
        format!(
            "{espefuse} burn-efuse SPI_BOOT_CRYPT_CNT 7 DIS_DOWNLOAD_MANUAL_ENCRYPT 1 DIS_DOWNLOAD_ICACHE 1 \
             DIS_PAD_JTAG 1 DIS_USB_JTAG 1 DIS_DIRECT_BOOT 1 SECURE_BOOT_EN 1 SOFT_DIS_JTAG 7"
        ),
        format!("{espefuse} burn-efuse SECURE_BOOT_KEY_REVOKE1 1 SECURE_BOOT_KEY_REVOKE2 1"),
        format!("{espefuse} write-protect-efuse DIS_ICACHE"),
        format!("{espefuse} write-protect-efuse RD_DIS"),
        format!("{esptool} verify-flash {flash}"),
        format!("{espefuse} burn-efuse ENABLE_SECURITY_DOWNLOAD 1"),
    ];
    assert_eq!(commands, expected);
    assert_eq!(plan.digest_files()[0].0, "secure-boot-digest0.bin");
    assert_eq!(&plan.digest_files()[0].1, Signer::rsa(0).public().key_digest());
}

#[test]
fn order_of_the_steps_is_safe_on_every_chip() {
    let production = Chip::ALL.iter().map(|chip| Case::locked(*chip));
    let development = Chip::ALL.iter().map(|chip| {
        let case = Case::open(*chip).encrypted(EncryptionMode::Development);
        match chip.facts().secure_boot.first() {
            Some(fact) => case.booting(fact.scheme, &Signer::of(fact.scheme)),
            None => case,
        }
    });
    for mut case in production.chain(development) {
        // The scheme may depend on secure boot.
        case.flash_key = case.profile.encryption_scheme().map(parts::flash_key);
        let (chip, plan) = (case.profile.chip(), case.plan().unwrap());
        assert!(plan.steps().is_sorted_by_key(|step| step.phase()), "{chip}");
        let last_secret = plan
            .steps()
            .iter()
            .rposition(|step| step.purpose().is_some_and(|it| it.is_secret()));
        let facts = chip.facts();
        let count = place(&plan, facts.efuses.crypt_count);
        let secret = last_secret.unwrap();
        assert!(plan.steps()[..2].iter().all(|step| !step.is_efuse()), "{chip}");
        assert!(2 <= secret && secret < count, "{chip}");
        let digest = plan
            .steps()
            .iter()
            .position(|step| step.purpose().is_some_and(|it| !it.is_secret()));
        if let Some(digest) = digest {
            let closed = place(&plan, "write-protect RD_DIS");
            assert!(secret < digest && digest < count && count < closed, "{chip}");
            let again = plan
                .steps()
                .iter()
                .rposition(|step| *step.action() == Action::CheckFlash);
            assert!(again.unwrap() > closed, "{chip}");
        }
        let download = plan.steps().iter().position(|step| step.phase() == Phase::DownloadMode);
        if let Some(download) = download {
            assert_eq!(download + 1, plan.steps().len(), "{chip}");
        }
        assert_eq!(download.is_some(), case.profile.is_release(), "{chip}");
        let reasons = plan.steps().iter().map(|step| step.reason());
        assert!(reasons.clone().all(|reason| reason.len() > 10));
        // No eFuse is burned more than once.
        let names: Vec<_> = efuses(&plan);
        assert_eq!(
            names.iter().collect::<BTreeSet<_>>().len(),
            names.len(),
            "{chip}: {names:?}"
        );
    }
}

#[test]
fn c2_burns_both_keys_in_one_command() {
    let plan = Case::locked(Chip::Esp32c2).plan().unwrap();
    let keys: Vec<_> = plan
        .commands()
        .into_iter()
        .filter(|command| command.contains("burn-key"))
        .collect();
    let expected = "espefuse --chip esp32c2 --before default-reset burn-key BLOCK_KEY0 flash-key.bin \
                    XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS BLOCK_KEY0 secure-boot-digest0.bin SECURE_BOOT_DIGEST";
    assert_eq!(keys, [expected]);
}

#[test]
fn xts_256_takes_two_blocks_and_one_command() {
    let mut case = Case::locked(Chip::Esp32p4);
    case.profile = case
        .profile
        .with_reserved_block(1)
        .with_key_block(KeyUse::SecureBootDigest(0), 0);
    let plan = case.plan().unwrap();
    let keys: Vec<_> = efuses(&plan).into_iter().filter(|step| step.contains("into")).collect();
    let expected = [
        "burn XTS_AES_256_KEY_1 into BLOCK_KEY2",
        "burn XTS_AES_256_KEY_2 into BLOCK_KEY3",
        "burn HMAC_UP into BLOCK_KEY4",
        "burn SECURE_BOOT_DIGEST0 into BLOCK_KEY0",
    ];
    assert_eq!(keys, expected);
    let files: Vec<_> = plan.efuse_steps().map(|step| step.value_or_file()).take(2).collect();
    assert_eq!(files, ["flash-key.bin[..32]", "flash-key.bin[32..]"]);
    assert!(plan.commands()[2].ends_with("burn-key BLOCK_KEY2 flash-key.bin XTS_AES_256_KEY"));
    assert!(plan.warnings().contains(&Warning::HmacBlock { id: 4 }));
}

#[test]
fn development_mode_leaves_the_way_back_open() {
    let plan = Case::open(Chip::Esp32s3)
        .encrypted(EncryptionMode::Development)
        .plan()
        .unwrap();
    let expected = [
        "burn XTS_AES_256_KEY_1 into BLOCK_KEY0",
        "burn XTS_AES_256_KEY_2 into BLOCK_KEY1",
        "burn SPI_BOOT_CRYPT_CNT = 1",
    ];
    assert_eq!(efuses(&plan), expected);
    assert!(plan.warnings().contains(&Warning::DevelopmentMode));
    let case = Case::open(Chip::Esp32).encrypted(EncryptionMode::Development);
    let names = efuses(&case.plan().unwrap());
    assert_eq!(names[1..], ["burn FLASH_CRYPT_CONFIG = 15", "burn FLASH_CRYPT_CNT = 1"]);
}

#[test]
fn unused_digest_slots_are_revoked() {
    let (first, second) = (Signer::rsa(0), Signer::rsa(1));
    let mut case = Case::open(Chip::Esp32s2).booting(BootScheme::V2Rsa, &first);
    let keys = SecureBoot::new(BootScheme::V2Rsa)
        .with_key(second.public())
        .with_key(first.public());
    case.profile = case.profile.with_secure_boot(keys.with_digest_file("other digest.bin"));
    let plan = case.plan().unwrap();
    let revoked: Vec<_> = efuses(&plan)
        .into_iter()
        .filter(|step| step.contains("REVOKE"))
        .collect();
    assert_eq!(revoked, ["burn SECURE_BOOT_KEY_REVOKE2 = 1"]);
    assert!(
        plan.commands()
            .iter()
            .any(|it| it.contains("BLOCK_KEY1 'other digest.bin' SECURE_BOOT_DIGEST1"))
    );
    let names: Vec<_> = plan.digest_files().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["secure-boot-digest0.bin", "other digest.bin"]);
}

#[test]
fn esp32_with_version_2_burns_this() {
    let plan = Case::locked(Chip::Esp32).plan().unwrap();
    let expected = [
        "burn flash_encryption (BLOCK1)",
        "burn secure_boot_v2 (BLOCK2)",
        "burn FLASH_CRYPT_CONFIG = 15",
        "burn FLASH_CRYPT_CNT = 127",
        "burn DISABLE_DL_ENCRYPT = 1",
        "burn DISABLE_DL_DECRYPT = 1",
        "burn DISABLE_DL_CACHE = 1",
        "burn JTAG_DISABLE = 1",
        "burn CONSOLE_DEBUG_DISABLE = 1",
        "burn ABS_DONE_1 = 1",
        "write-protect DIS_CACHE",
        "write-protect RD_DIS",
        "burn UART_DOWNLOAD_DIS = 1",
    ];
    assert_eq!(efuses(&plan), expected);
    assert!(plan.warnings().contains(&Warning::CodingScheme { key_len: 32 }));
}

#[test]
fn esp32_with_version_1_has_a_digest_at_address_0() {
    let mut case = Case::open(Chip::Esp32)
        .booting(BootScheme::V1, &Signer::p256(1))
        .encrypted(EncryptionMode::Release);
    case.profile = case.profile.with_revision(ChipRevision::new(1, 0).unwrap());
    let plan = case.plan().unwrap();
    assert_eq!(regions(&plan)[0], (0, 0x1000, "bootloader digest", true));
    let mut sector = plan.region_bytes(0).unwrap().to_vec();
    case.flash_key
        .as_ref()
        .unwrap()
        .cipher()
        .decrypt(0, &mut sector)
        .unwrap();
    let digest = esp_secure_boot::bootloader_digest_v1(&case.bootloader, case.v1.as_ref().unwrap(), &IV).unwrap();
    assert_eq!((&sector[..128], &sector[128..192]), (&IV[..], &digest[..]));
    assert!(sector[192..].iter().all(|byte| *byte == 0xFF));
    let steps = efuses(&plan);
    assert_eq!(
        steps[..2],
        ["burn flash_encryption (BLOCK1)", "burn secure_boot_v1 (BLOCK2)"]
    );
    assert!(steps.contains(&"burn ABS_DONE_0 = 1".into()));
    // Both keys are secret: nothing must stay readable.
    assert!(
        !steps
            .iter()
            .any(|step| step.contains("RD_DIS") || step.contains("UART_DOWNLOAD_DIS"))
    );
    assert!(plan.warnings().contains(&Warning::DownloadModeOpen));
}

#[test]
fn p_384_hashes_with_sha_384() {
    let case = Case::open(Chip::Esp32c5).booting(BootScheme::V2Ecdsa, &Signer::p384(1));
    let plan = case.plan().unwrap();
    assert!(place(&plan, "SECURE_BOOT_SHA384_EN") > place(&plan, "SECURE_BOOT_EN"));
    let case = Case::open(Chip::Esp32c5).booting(BootScheme::V2Ecdsa, &Signer::p256(1));
    assert!(!efuses(&case.plan().unwrap()).iter().any(|step| step.contains("SHA384")));
}

#[test]
fn pseudo_rounds_are_on_where_the_revision_has_them() {
    let pseudo = |chip, revision: Option<(u16, u16)>| {
        let mut case = Case::open(chip).encrypted(EncryptionMode::Release);
        let profile = SecurityProfile::new(chip, case.profile.flash_size(), case.profile.table().clone())
            .with_flash_encryption(FlashEncryption::new(EncryptionMode::Release));
        case.profile = match revision {
            Some((major, minor)) => profile.with_revision(ChipRevision::new(major, minor).unwrap()),
            None => profile,
        };
        efuses(&case.plan().unwrap()).contains(&"burn XTS_DPA_PSEUDO_LEVEL = 1".into())
    };
    assert!(pseudo(Chip::Esp32h2, Some((1, 2))));
    assert!(!pseudo(Chip::Esp32h2, Some((1, 1))));
    assert!(!pseudo(Chip::Esp32h2, None));
    assert!(pseudo(Chip::Esp32c5, None));
    assert!(!pseudo(Chip::Esp32c3, Some((3, 0))));
}

#[test]
fn warnings_report_weak_settings() {
    let plan = Case::open(Chip::Esp32h2)
        .booting(BootScheme::V2Ecdsa, &Signer::p256(1))
        .plan()
        .unwrap();
    let insecure = plan.warnings().iter().find_map(|warning| match warning {
        Warning::InsecureScheme {
            reason, alternative, ..
        } => Some((*reason, *alternative)),
        _ => None,
    });
    let (reason, alternative) = insecure.unwrap();
    assert!(reason.contains("SECURE_BOOT_V2_ECDSA_INSECURE"));
    assert_eq!(alternative, Some(BootScheme::V2Rsa));
    let c61 = Case::locked(Chip::Esp32c61).plan().unwrap();
    let has_none = |warning: &&Warning| matches!(warning, Warning::InsecureScheme { alternative: None, .. });
    assert!(c61.warnings().iter().any(|warning| has_none(&warning)));
    let c6 = Case::open(Chip::Esp32c6)
        .booting(BootScheme::V2Ecdsa, &Signer::p256(1))
        .plan()
        .unwrap();
    assert!(
        !c6.warnings()
            .iter()
            .any(|warning| matches!(warning, Warning::InsecureScheme { .. }))
    );

    let open = Case::open(Chip::Esp32c3).plan().unwrap();
    let expected = [
        Warning::NoFlashEncryption,
        Warning::NoSecureBoot,
        Warning::PlainKey { part: "cert".into() },
    ];
    assert_eq!(open.warnings(), expected);
    let mut case = Case::open(Chip::Esp32c3).encrypted(EncryptionMode::Release);
    case.bootloader = image(
        Header {
            flash_size: 1,
            ..Header::of(Chip::Esp32c3)
        },
        0x100,
    );
    let expected = [
        Warning::NoSecureBoot,
        Warning::PlainNvs { part: "nvs".into() },
        Warning::BootloaderFlashSize {
            header: 0x20_0000,
            profile: 0x40_0000,
        },
    ];
    assert_eq!(case.plan().unwrap().warnings(), expected);
    let mut case = Case::open(Chip::Esp32c3).booting(BootScheme::V2Rsa, &Signer::rsa(0));
    let profile = SecurityProfile::new(Chip::Esp32c3, FlashSize::new(0x40_0000).unwrap(), parts::table());
    case.profile = profile.with_secure_boot(SecureBoot::new(BootScheme::V2Rsa).with_key(Signer::rsa(0).public()));
    let min = ChipRevision::new(0, 3).unwrap();
    let unknown = Warning::RevisionUnknown {
        scheme: BootScheme::V2Rsa,
        min,
    };
    assert!(case.plan().unwrap().warnings().contains(&unknown));
    for warning in open.warnings().iter().chain(plan.warnings()).chain(c61.warnings()) {
        println!("{warning}");
        assert!(!warning.to_string().ends_with('.'));
    }
}

#[test]
fn download_mode_follows_the_profile() {
    let mut case = Case::locked(Chip::Esp32s3);
    case.profile = case.profile.with_download_mode(DownloadMode::Off);
    assert_eq!(
        efuses(&case.plan().unwrap()).last().unwrap(),
        "burn DIS_DOWNLOAD_MODE = 1"
    );
    case.profile = case.profile.with_download_mode(DownloadMode::Full);
    assert_eq!(efuses(&case.plan().unwrap()).last().unwrap(), "write-protect RD_DIS");
}

#[test]
fn no_key_is_in_a_plan_or_its_debug_output() {
    for chip in [Chip::Esp32, Chip::Esp32c2, Chip::Esp32s3] {
        let mut case = Case::locked(chip);
        if chip == Chip::Esp32 {
            case = Case::open(chip)
                .booting(BootScheme::V1, &Signer::p256(1))
                .encrypted(EncryptionMode::Release);
        }
        let plan = case.plan().unwrap();
        let texts = [
            format!("{plan:?} {:?}", plan.files().collect::<Vec<_>>()),
            format!("{:?}", plan.commands()),
            format!("{:?}", case.profile),
        ];
        for secret in [
            case.flash_key.as_ref().unwrap().expose_bytes(),
            &[0x77; 32],
            &[0x33; 0x20],
            &[0x22; 0x20],
        ] {
            let list = format!("{:?}", &secret[..4]);
            let hex: String = secret[..4].iter().map(|byte| format!("{byte:02x}")).collect();
            for text in &texts {
                assert!(
                    !text.contains(list.trim_matches(['[', ']'])) && !text.to_lowercase().contains(&hex),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn names_go_into_commands_quoted() {
    let mut case = Case::locked(Chip::Esp32c3);
    case.key_file = "keys of/it's.bin";
    case.prefix = "device 1/";
    let commands = case.plan().unwrap().commands();
    assert!(commands[0].contains(" 0x0 'device 1/flash-0x0.bin' "));
    assert!(commands[2].contains(r" 'keys of/it'\''s.bin' "));
}

#[test]
fn scheme_of_encryption_is_the_preferred_one_that_goes_with_secure_boot() {
    let scheme = |case: &Case| case.profile.encryption_scheme().unwrap();
    assert_eq!(scheme(&Case::locked(Chip::Esp32c2)), EncryptionScheme::Xts128Derived);
    assert_eq!(scheme(&Case::locked(Chip::Esp32s3)), EncryptionScheme::Xts256);
    assert_eq!(scheme(&Case::locked(Chip::Esp32h2)), EncryptionScheme::Xts128);
    assert!(Case::open(Chip::Esp32c3).profile.encryption_scheme().is_none());
}

#[test]
fn nvs_keys_of_the_device_are_encrypted_and_nvs_is_not() {
    let mut case = Case::open(Chip::Esp32c2).encrypted(EncryptionMode::Release);
    case.profile = case.profile.with_nvs_encryption(NvsEncryption::NvsKeys);
    let plan = case.plan().unwrap();
    let index = |label| {
        plan.regions()
            .iter()
            .position(|region| region.source() == label)
            .unwrap()
    };
    assert_eq!(plan.region_bytes(index("nvs")).unwrap(), [0x11; 0x6000]);
    let mut keys = plan.region_bytes(index("nvs_keys")).unwrap().to_vec();
    assert_ne!(keys, [0x22; 0x1000]);
    case.flash_key.unwrap().cipher().decrypt(0x18000, &mut keys).unwrap();
    assert_eq!(keys, [0x22; 0x1000]);
}
