//! The pages, each for itself and as a whole.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::finding::{Finding, FindingKind};
use crate::layout::{SLOTS_PER_PAGE, VERSION_1};
use crate::mounted::Mounted;

pub(super) fn report(mounted: &Mounted<'_>, findings: &mut Vec<Finding>) {
    let has_version_2 = mounted.has_version_2();
    for (page, state) in mounted.pages.iter().filter(|(_, state)| state.is_in_log()) {
        let mut add = |kind| findings.push(Finding::at(page.offset(), kind));
        if has_version_2 && page.version() == VERSION_1 {
            add(FindingKind::Version1Page);
        }
        match page.used_and_erased(*state).1 {
            0 => {}
            slots if slots > SLOTS_PER_PAGE / 2 => add(FindingKind::PageMostlyErased { slots }),
            slots => add(FindingKind::ErasedSlots { slots }),
        }
    }
    report_order(mounted, findings);
    report_free(mounted, findings);
}

fn report_order(mounted: &Mounted<'_>, findings: &mut Vec<Finding>) {
    let mut sequences = BTreeMap::new();
    let last = mounted.log.last().map(|page| page.offset());
    for page in &mounted.log {
        let sequence = page.sequence();
        if let Some(earlier) = sequences.insert(sequence, page.offset()) {
            let kind = FindingKind::PageSequence { sequence, earlier };
            findings.push(Finding::at(page.offset(), kind));
        }
        if page.is_active() && Some(page.offset()) != last {
            findings.push(Finding::at(page.offset(), FindingKind::ActivePageNotLast));
        }
    }
    if mounted.log.is_empty() && !mounted.pages.is_empty() {
        findings.push(Finding::of_image(FindingKind::BlankPartition));
    } else if !mounted.log.is_empty() && !mounted.log.iter().any(|page| page.is_active()) {
        findings.push(Finding::of_image(FindingKind::NoActivePage));
    }
}

/// A corrupt page is as good as an empty one, and so is the one that an unfinished move gives back.
fn report_free(mounted: &Mounted<'_>, findings: &mut Vec<Finding>) {
    let pages = mounted.pages.len();
    let has_free = mounted.log.len() < pages || mounted.mount.given_up.is_some();
    if pages > 0 && !has_free {
        findings.push(Finding::of_image(FindingKind::NoEmptyPage { pages }));
    }
}
