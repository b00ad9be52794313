use alloc::collections::BTreeMap;

use super::kind::FindingKind;
use super::moves;
use super::survey::Survey;
use crate::layout::{
    PAGE_ACTIVE, PAGE_FREEING, PAGE_FULL, PAGE_UNINITIALISED, SLOT_ERASED, SLOT_WRITTEN, SLOTS_PER_PAGE, VERSION_1,
    VERSION_2,
};
use crate::page::Page;

/// What the firmware takes a page for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PageState {
    /// New entries go here.
    Active,
    /// Its header or its state is damaged: it is erased when a page is needed.
    Corrupt,
    /// Nothing was written here since it was erased.
    Empty,
    /// Its entries are being moved to another page.
    Freeing,
    /// It is read, but nothing is added.
    Full,
}

/// One page, classified.
pub(crate) struct PageInfo<'a> {
    pub(crate) page: Page<'a>,
    pub(crate) offset: usize,
    pub(crate) state: PageState,
    pub(crate) fault: Option<FindingKind>,
}

impl<'a> PageInfo<'a> {
    /// Follows the order of the firmware's tests: blank, checksum, version, state.
    pub(crate) fn new(page: Page<'a>, offset: usize) -> Self {
        let word = page.state();
        let version = page.version();
        let (state, fault) = if word == PAGE_UNINITIALISED {
            if page.is_blank() {
                (PageState::Empty, None)
            } else {
                (PageState::Corrupt, Some(FindingKind::PageNotBlank))
            }
        } else if !page.has_right_crc() {
            (PageState::Corrupt, Some(FindingKind::PageHeaderCrc))
        } else if version < VERSION_2 {
            (PageState::Corrupt, Some(FindingKind::PageVersion { version }))
        } else {
            match word {
                PAGE_ACTIVE => (PageState::Active, None),
                PAGE_FULL => (PageState::Full, None),
                PAGE_FREEING => (PageState::Freeing, None),
                state => (PageState::Corrupt, Some(FindingKind::PageState { state })),
            }
        };
        Self {
            page,
            offset,
            state,
            fault,
        }
    }

    /// Tells whether the firmware reads entries from it.
    pub(crate) fn is_in_log(&self) -> bool {
        matches!(self.state, PageState::Active | PageState::Full | PageState::Freeing)
    }

    /// How many slots are written, and how many are erased; none of a page outside of the log.
    pub(crate) fn used_and_erased(&self) -> (usize, usize) {
        let count = |state| {
            (0..SLOTS_PER_PAGE)
                .filter(|&slot| self.page.slot_state(slot) == state)
                .count()
        };
        if self.is_in_log() {
            (count(SLOT_WRITTEN), count(SLOT_ERASED))
        } else {
            (0, 0)
        }
    }
}

/// Reports on the pages: each for itself, then as a whole.
pub(super) fn report(survey: &mut Survey<'_>) {
    let is_version_2 = survey.has_version_2();
    for info in &survey.pages {
        let mut add = |kind| survey.findings.push(super::Finding::at(info.offset, kind));
        info.fault.into_iter().for_each(&mut add);
        if is_version_2 && info.is_in_log() && info.page.version() == VERSION_1 {
            add(FindingKind::Version1Page);
        }
        match info.used_and_erased().1 {
            0 => {}
            slots if slots > SLOTS_PER_PAGE / 2 => add(FindingKind::PageMostlyErased { slots }),
            slots => add(FindingKind::ErasedSlots { slots }),
        }
    }
    report_log(survey);
    report_free(survey);
}

fn report_log(survey: &mut Survey<'_>) {
    let mut has_active = false;
    let mut sequences = BTreeMap::new();
    for (rank, &i) in survey.log.iter().enumerate() {
        let Some(info) = survey.pages.get(i) else { continue };
        let sequence = info.page.sequence();
        if let Some(earlier) = sequences.insert(sequence, info.offset) {
            let kind = FindingKind::PageSequence { sequence, earlier };
            survey.findings.push(super::Finding::at(info.offset, kind));
        }
        if info.state == PageState::Active {
            has_active = true;
            if rank + 1 < survey.log.len() {
                let kind = FindingKind::ActivePageNotLast;
                survey.findings.push(super::Finding::at(info.offset, kind));
            }
        }
    }
    if survey.log.is_empty() && !survey.pages.is_empty() {
        survey.report(None, FindingKind::BlankPartition);
    } else if !survey.log.is_empty() && !has_active {
        survey.report(None, FindingKind::NoActivePage);
    }
}

/// A corrupt page is as good as an empty one, and so is the one that an unfinished move gives back.
fn report_free(survey: &mut Survey<'_>) {
    let pages = survey.pages.len();
    let has_free = survey.log.len() < pages || moves::given_up(survey).is_some();
    if pages > 0 && !has_free {
        survey.report(None, FindingKind::NoEmptyPage { pages });
    }
}
