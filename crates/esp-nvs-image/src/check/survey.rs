use alloc::vec;
use alloc::vec::Vec;

use super::finding::Finding;
use super::kind::FindingKind;
use super::pages::{PageInfo, PageState};
use super::stored_key::StoredKey;
use super::{duplicates, moves, slots};
use crate::item_type::ItemType;
use crate::layout::{PAGE_SIZE, VERSION_2};
use crate::page::Page;

/// An entry whose head and slots are sound.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) offset: usize,
    /// The place of its page in the log.
    pub(crate) rank: usize,
    pub(crate) namespace: u8,
    pub(crate) kind: ItemType,
    pub(crate) chunk: u8,
    pub(crate) key: StoredKey,
    pub(crate) data: [u8; 8],
    pub(crate) payload: &'a [u8],
}

impl Record<'_> {
    /// What the firmware finds an entry by; the type is not part of it.
    pub(crate) const fn identity(&self) -> (u8, StoredKey, u8) {
        (self.namespace, self.key, self.chunk)
    }

    pub(crate) fn is_in_table(&self) -> bool {
        self.namespace == crate::layout::NAMESPACE_TABLE
    }
}

/// What lies in an image, and what was found on the way.
pub(crate) struct Survey<'a> {
    /// All whole pages, as they lie in flash.
    pub(crate) pages: Vec<PageInfo<'a>>,
    /// The pages with entries as indices into `pages`, in the order in which they were written.
    pub(crate) log: Vec<usize>,
    /// The entries in the order of the log, without those of the page that `moves` gives up.
    pub(crate) records: Vec<Record<'a>>,
    /// For each entry whether the firmware keeps it when it resolves keys that stand twice.
    pub(crate) kept: Vec<bool>,
    pub(crate) findings: Vec<Finding>,
}

impl<'a> Survey<'a> {
    pub(crate) fn new(image: &'a [u8]) -> Self {
        let pages = image
            .chunks_exact(PAGE_SIZE)
            .enumerate()
            .filter_map(|(i, bytes)| {
                Page::first_of(bytes, i * PAGE_SIZE).map(|page| PageInfo::new(page, i * PAGE_SIZE))
            })
            .collect::<Vec<_>>();
        let mut log = (0..pages.len())
            .filter(|&i| pages.get(i).is_some_and(PageInfo::is_in_log))
            .collect::<Vec<_>>();
        // The sort is stable: the firmware takes pages of one sequence number as they lie in flash.
        log.sort_by_key(|&i| pages.get(i).map(|info| info.page.sequence()));
        let mut survey = Self {
            pages,
            log,
            records: Vec::new(),
            kept: Vec::new(),
            findings: Vec::new(),
        };
        if image.is_empty() || !image.len().is_multiple_of(PAGE_SIZE) {
            survey.report(None, FindingKind::ImageSize { len: image.len() });
        }
        for (rank, &i) in survey.log.iter().enumerate() {
            if let Some(info) = survey.pages.get(i) {
                slots::walk(info, rank, &mut survey.records, &mut survey.findings);
            }
        }
        moves::give_up_unfinished(&mut survey);
        survey.kept = vec![true; survey.records.len()];
        duplicates::resolve(&mut survey);
        survey
    }

    pub(crate) fn report(&mut self, offset: Option<usize>, kind: FindingKind) {
        self.findings.push(match offset {
            Some(offset) => Finding::at(offset, kind),
            None => Finding::of_image(kind),
        });
    }

    /// The state of the page at a place in the log.
    pub(crate) fn state(&self, rank: usize) -> Option<PageState> {
        self.log
            .get(rank)
            .and_then(|&i| self.pages.get(i))
            .map(|info| info.state)
    }

    /// The entries that the firmware keeps, with their places in `records`.
    pub(crate) fn kept_records(&self) -> impl Iterator<Item = (usize, &Record<'a>)> {
        let records = self.records.iter().enumerate().zip(&self.kept);
        records.filter_map(|(record, kept)| kept.then_some(record))
    }

    pub(crate) fn has_version_2(&self) -> bool {
        self.pages
            .iter()
            .any(|info| info.is_in_log() && info.page.version() == VERSION_2)
    }
}
