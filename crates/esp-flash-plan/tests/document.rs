//! The content of `plan.json`.

#![cfg(feature = "serde")]
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/parts.rs"]
mod parts;

use std::collections::BTreeSet;

use esp_flash_image::Chip;
use esp_flash_plan::PlanDocument;
use parts::Case;
use serde_json::{Value, json};

fn names(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn document_has_exactly_the_documented_members_and_no_key() {
    for chip in [Chip::Esp32, Chip::Esp32c2, Chip::Esp32c3, Chip::Esp32h2, Chip::Esp32s3] {
        let case = Case::locked(chip);
        let plan = case.plan().unwrap();
        let document = serde_json::to_value(PlanDocument::new(&plan, "device 1")).unwrap();
        let members = [
            "chip",
            "commands",
            "device",
            "efuses",
            "flash_size",
            "min_revision",
            "regions",
            "warnings",
        ];
        assert_eq!(names(&document), members.into_iter().collect());
        assert_eq!(document["chip"], chip.name());
        assert_eq!(document["device"], "device 1");
        assert_eq!(
            (&document["flash_size"], &document["min_revision"]),
            (&json!("4MB"), &json!("3.1"))
        );
        assert_eq!(document["commands"], json!(plan.commands()));
        let regions = document["regions"].as_array().unwrap();
        for (region, planned) in regions.iter().zip(plan.regions()) {
            let members = ["encrypted", "length", "md5", "offset", "sha256", "source"];
            assert_eq!(names(region), members.into_iter().collect());
            assert_eq!(region["offset"], planned.offset());
            assert_eq!(
                (
                    region["md5"].as_str().unwrap().len(),
                    region["sha256"].as_str().unwrap().len()
                ),
                (32, 64)
            );
        }
        assert_eq!(regions.len(), plan.regions().len());
        let steps = document["efuses"].as_array().unwrap();
        assert_eq!(steps.len(), plan.efuse_steps().count());
        for (step, number) in steps.iter().zip(1..) {
            assert_eq!(step["step"], number);
            let optional = ["block", "purpose"];
            let others = names(step).into_iter().filter(|name| !optional.contains(name));
            let members = ["reason", "step", "value_or_file", "what"];
            assert_eq!(others.collect::<BTreeSet<_>>(), members.into_iter().collect());
            assert_eq!(step.get("block").is_some(), step.get("purpose").is_some());
        }
        let key = case.flash_key.unwrap();
        let hex = key
            .expose_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>();
        assert!(!document.to_string().contains(&hex));
    }
}

#[test]
fn commands_of_a_merged_file_write_it_at_address_0() {
    let plan = Case::locked(Chip::Esp32c3).plan().unwrap();
    let document = PlanDocument::new(&plan, "d").with_merged_file("d-flash.bin");
    let commands = document.commands();
    let flash = |command: &&String| command.starts_with("esptool");
    assert_eq!(commands.iter().filter(flash).count(), 3);
    assert!(
        commands
            .iter()
            .filter(flash)
            .all(|command| command.ends_with(" 0x0 d-flash.bin"))
    );
    let others = |commands: &[String]| commands.iter().filter(|it| !flash(it)).cloned().collect::<Vec<_>>();
    assert_eq!(others(&commands), others(&plan.commands()));
    let object = serde_json::to_value(document).unwrap();
    assert_eq!(object["commands"], json!(commands));
    // A single file fills the gaps; one file per range does not.
    let fills = |document: PlanDocument<'_>| document.warnings().iter().any(|warning| warning.contains("0xFF"));
    assert!(fills(document) && !fills(PlanDocument::new(&plan, "d")));
    assert_eq!(object["warnings"], json!(document.warnings()));
}
