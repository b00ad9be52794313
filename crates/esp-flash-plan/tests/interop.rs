//! Writes plans of every chip as `plan.json`, with their key files, for `scripts/interop.d/efuse_plans.py`, which runs them
//! with espefuse on virtual chips. Requires a folder in `FLASH_PLANS`.

#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "common/parts.rs"]
mod parts;

use std::path::Path;

use esp_flash_image::{BootScheme, Chip, ChipRevision, EncryptionScheme, FlashKey};
use esp_flash_plan::{DevicePlan, DownloadMode, EncryptionMode, KeyUse, SecureBoot};
use parts::{Case, Signer};
use serde_json::{Value, json};

fn plan_json(plan: &DevicePlan, device: &str, revision: Option<ChipRevision>) -> Value {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let regions: Vec<_> = plan
        .regions()
        .iter()
        .map(|region| {
            json!({
                "offset": region.offset(), "length": region.length(), "source": region.source(),
                "encrypted": region.is_encrypted(), "md5": hex(region.md5()), "sha256": hex(region.sha256()),
            })
        })
        .collect();
    let efuses: Vec<_> = plan
        .efuse_steps()
        .enumerate()
        .map(|(index, step)| {
            json!({
                "step": index + 1, "what": step.to_string(), "block": step.block(),
                "purpose": step.purpose().map(|purpose| purpose.name()), "value_or_file": step.value_or_file(),
                "reason": step.reason(),
            })
        })
        .collect();
    json!({
        "chip": plan.chip().name(), "device": device, "revision": revision.map(|revision| revision.to_string()),
        "regions": regions, "efuses": efuses, "commands": plan.commands(),
    })
}

/// Every kind of plan that a chip supports.
fn cases(chip: Chip) -> Vec<(String, Case)> {
    let mut cases = vec![
        ("locked".to_owned(), Case::locked(chip)),
        ("release".into(), Case::open(chip).encrypted(EncryptionMode::Release)),
        (
            "development".into(),
            Case::open(chip).encrypted(EncryptionMode::Development),
        ),
    ];
    for scheme in chip.facts().encryption {
        if chip.facts().has_encryption(*scheme, false) {
            cases.push((
                scheme.to_string(),
                Case::open(chip).encrypted_with(EncryptionMode::Release, *scheme),
            ));
        }
    }
    for fact in chip.facts().secure_boot {
        let named = |name: &str| {
            format!(
                "{name}-{}{}",
                fact.scheme,
                if fact.min_revision.is_some() { "-late" } else { "" }
            )
        };
        let signer = Signer::of(fact.scheme);
        cases.push((named("boot"), Case::open(chip).booting(fact.scheme, &signer)));
        let both = Case::open(chip)
            .encrypted(EncryptionMode::Development)
            .booting(fact.scheme, &signer);
        cases.push((named("development"), both));
        if fact.max_keys > 1 && fact.scheme == BootScheme::V2Rsa {
            let mut three = Case::open(chip)
                .encrypted(EncryptionMode::Release)
                .booting(fact.scheme, &signer);
            let keys = SecureBoot::new(fact.scheme)
                .with_key(signer.public())
                .with_key(Signer::rsa(1).public());
            three.profile = three.profile.with_secure_boot(keys.with_key_digest([0xD3; 32]));
            cases.push((named("three-keys"), three));
        }
        if fact.curves.contains(&esp_flash_image::BootCurve::P384) {
            cases.push((named("p-384"), Case::open(chip).booting(fact.scheme, &Signer::p384(1))));
        }
    }
    if chip.facts().key_blocks.count() > 4 {
        let mut chosen = Case::locked(chip);
        let profile = chosen
            .profile
            .with_reserved_block(0)
            .with_key_block(KeyUse::FlashEncryption, 2);
        chosen.profile = profile.with_download_mode(DownloadMode::Off);
        cases.push(("chosen-blocks".into(), chosen));
    }
    if chip == Chip::Esp32 {
        let mut coded = Case::open(chip).encrypted(EncryptionMode::Release);
        coded.flash_key = Some(FlashKey::new(EncryptionScheme::Esp32, &[0x24; 24]).unwrap());
        cases.push(("coded".into(), coded));
    }
    for (_, case) in &mut cases {
        // The scheme may depend on secure boot.
        if case.profile.encryption_scheme() != case.flash_key.as_ref().map(FlashKey::scheme) {
            case.flash_key = case.profile.encryption_scheme().map(parts::flash_key);
        }
    }
    cases
        .into_iter()
        .map(|(name, case)| (format!("{chip}-{name}"), case))
        .collect()
}

#[test]
fn plans_are_written_for_espefuse() {
    let Some(folder) = std::env::var_os("FLASH_PLANS") else {
        println!("0 cases ran: FLASH_PLANS is not set");
        return;
    };
    let mut count = 0;
    for chip in Chip::ALL {
        for (name, case) in cases(*chip) {
            let folder = Path::new(&folder).join(&name);
            std::fs::create_dir_all(&folder).unwrap();
            let plan = case.plan().unwrap();
            let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
            for (name, digest) in plan.digest_files() {
                write(name, digest);
            }
            if let Some(key) = &case.flash_key {
                write(case.key_file, key.expose_bytes());
            }
            if let Some(key) = &case.v1 {
                write("boot-key.bin", key.expose_bytes());
            }
            if let Some(file) = case.hmac_file {
                write(file, &[0xAB; 32]);
            }
            for file in plan.files() {
                write(file.name(), file.bytes());
            }
            let text = serde_json::to_string_pretty(&plan_json(&plan, &name, case.profile.revision())).unwrap();
            write("plan.json", text.as_bytes());
            count += 1;
        }
    }
    println!("{count} cases ran");
}
