//! A document is refused, or the plan read from it is safe.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

use esp_flash_plan::{Action, Phase, PlanFile};

/// Returns whether a plan was read.
pub(crate) fn property(bytes: &[u8]) -> bool {
    let plan: PlanFile = match serde_json::from_slice(bytes) {
        Ok(plan) => plan,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let mut end = 0;
    for region in plan.regions() {
        assert!(region.offset() >= end && region.length() > 0);
        end = region.end();
    }
    assert!(plan.flash_size().is_none_or(|size| end <= size.get()));
    let steps = plan.steps();
    assert!(steps.is_sorted_by_key(|step| step.phase()));
    assert_eq!(*steps[0].action(), Action::WriteFlash);
    let encrypts = |step: &&esp_flash_plan::Step| matches!(step.action(), Action::BurnEfuse { name, .. } if *name == plan.chip().facts().efuses.crypt_count);
    assert_eq!(
        steps.iter().find(encrypts).is_some(),
        plan.regions().iter().any(|region| region.is_encrypted())
    );
    let last = steps.iter().position(|step| step.phase() == Phase::DownloadMode);
    assert!(last.is_none_or(|last| last + 1 == steps.len()));
    for command in plan.commands_of_merged("flash.bin") {
        assert!(command.starts_with("esptool ") || command.starts_with("espefuse "));
        assert!(!command.chars().any(char::is_control));
    }
    true
}
