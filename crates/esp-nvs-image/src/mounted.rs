use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::blobs::Blobs;
use crate::duplicates;
use crate::error::{Error, FaultSink};
use crate::finding::{Finding, FindingKind};
use crate::item_type::ItemType;
use crate::layout::{PAGE_SIZE, SLOTS_PER_PAGE, VERSION_2};
use crate::mount::Mount;
use crate::names::Names;
use crate::page::{Page, PageState};
use crate::page_records::PageRecords;
use crate::record::{Record, Stored};

/// The contents of an image after the firmware has mounted it; no byte is changed.
///
/// Source: ESP-IDF `components/nvs_flash`: `Page::load` and `mLoadEntryTable` (pages, slots,
/// duplicate keys in an active page), `PageManager::load` (page order, the last entry, an
/// interrupted move), `Storage::init` (namespaces, blob indices, chunks without an index),
/// `Storage::findItem` (remaining duplicates).
pub(crate) struct Mounted<'a> {
    /// All complete pages in flash order.
    pub(crate) pages: Vec<(Page<'a>, PageState)>,
    /// The pages with entries in the order in which they were written, including the page given up.
    pub(crate) log: Vec<Page<'a>>,
    pub(crate) mount: Mount,
    /// The entries in log order, without those of the page given up.
    pub(crate) entries: Vec<Stored<'a>>,
    pub(crate) names: Box<Names>,
    pub(crate) blobs: Blobs,
}

impl<'a> Mounted<'a> {
    /// Reads an image until `report` returns an error for a fault.
    pub(crate) fn new(image: &'a [u8], report: &mut impl FaultSink) -> Result<Self, Error> {
        let (whole, rest) = image.as_chunks::<PAGE_SIZE>();
        if whole.is_empty() || !rest.is_empty() {
            let len = image.len();
            report(Finding::of_image(FindingKind::ImageSize { len }))?;
        }
        let image = whole.as_flattened();
        let mut mounted = Self::of_pages(image, report)?;
        for lost in mounted.mount.lost(image) {
            report(lost)?;
        }
        mounted.read_entries(report)?;
        let Self {
            pages,
            log,
            mount,
            entries,
            ..
        } = &mut mounted;
        let may_repeat = duplicates::may_have(entries, pages);
        if may_repeat {
            mount.find_superseded(log.iter().copied());
            duplicates::erase(entries, pages, mount, report)?;
        }
        let (blobs, mismatches) = Blobs::assign(entries);
        mismatches.into_iter().try_for_each(&mut *report)?;
        if may_repeat {
            duplicates::find(entries, report)?;
        }
        mounted.read_names(report)?;
        blobs.orphans(&mounted.entries).into_iter().try_for_each(&mut *report)?;
        mounted.blobs = blobs;
        Ok(mounted)
    }

    /// Sorts the pages.
    fn of_pages(image: &'a [u8], report: &mut impl FaultSink) -> Result<Self, Error> {
        let mut pages = Vec::with_capacity(image.len() / PAGE_SIZE);
        for page in (0..).map_while(|number| Page::nth(image, number)) {
            let (state, fault) = page.classify();
            if let Some(fault) = fault {
                report(Finding::at(page.offset(), fault))?;
            }
            pages.push((page, state));
        }
        let in_log = pages.iter().filter(|(_, state)| state.is_in_log());
        let mut log = in_log.map(|(page, _)| *page).collect::<Vec<_>>();
        // The sort is stable: the firmware uses flash order for equal sequence numbers.
        log.sort_by_key(Page::sequence);
        let mount = Mount::of_moves(log.iter().copied());
        for page in log.iter().filter(|page| page.is_freeing()) {
            // One mount moves one page.
            let erased = mount.given_up.filter(|_| mount.source == Some(page.offset()));
            report(Finding::at(page.offset(), FindingKind::InterruptedMove { erased }))?;
        }
        Ok(Self {
            pages,
            mount,
            entries: Vec::with_capacity(log.len() * SLOTS_PER_PAGE / 3),
            log,
            names: Box::new(Names::new()),
            blobs: Blobs::default(),
        })
    }

    /// Reads the entries of all pages. Faults of a page that is erased anyway are harmless: power
    /// may have failed during a copy.
    fn read_entries(&mut self, report: &mut impl FaultSink) -> Result<(), Error> {
        for page in self.log.iter().filter(|page| !self.mount.gives_up(page)) {
            for record in PageRecords::mounted(*page) {
                let record = match record {
                    Ok(record) => record,
                    Err(fault) => {
                        report(fault)?;
                        continue;
                    }
                };
                let mut is_sound = true;
                record.faults(|fault| {
                    is_sound &= !fault.is_damage();
                    report(Finding::at(record.offset, fault))
                })?;
                self.entries.push(Stored::new(page, &record, is_sound));
            }
        }
        Ok(())
    }

    /// Reads the table of namespaces, and finds entries without a namespace.
    fn read_names(&mut self, report: &mut impl FaultSink) -> Result<(), Error> {
        let names = &mut self.names;
        let kept = self.entries.iter().filter(|entry| entry.is_kept);
        let kept = kept.map(Stored::record);
        kept.clone()
            .filter(|record| record.is_in_table())
            .for_each(|record| names.take(&record));
        // For each unnamed namespace the offset of the first entry and the number of entries.
        let mut unknown = BTreeMap::<u8, (usize, usize)>::new();
        for record in kept {
            let index = record.namespace;
            if record.is_in_table() {
                if let Some(fault) = names.fault(&record) {
                    report(Finding::at(record.offset, fault))?;
                }
            } else if names.offset(index) == 0 {
                let (offset, entries) = unknown.entry(index).or_insert((record.offset, 0));
                *offset = record.offset.min(*offset);
                *entries += 1;
            }
        }
        for (index, (offset, entries)) in unknown {
            report(Finding::at(offset, FindingKind::UnknownNamespace { index, entries }))?;
        }
        Ok(())
    }

    /// Returns the entries that the firmware keeps when it resolves duplicates, with their
    /// positions in `entries`.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (usize, Record<'a>)> {
        let kept = self.entries.iter().enumerate().filter(|(_, entry)| entry.is_kept);
        kept.map(|(place, entry)| (place, entry.record()))
    }

    /// Returns the numbers, strings and blobs that a search finds and that can be read, with the
    /// positions of their entries.
    pub(crate) fn values(&self) -> impl Iterator<Item = (usize, Record<'a>)> {
        let entries = self.entries.iter().enumerate();
        let found = entries.filter(|(_, entry)| entry.is_kept && !entry.is_lost && entry.is_sound);
        let found = found.map(|(place, entry)| (place, entry.record()));
        found.filter(|(_, record)| !record.is_in_table() && record.kind != ItemType::BlobChunk)
    }

    pub(crate) fn has_version_2(&self) -> bool {
        self.log.iter().any(|page| page.version() == VERSION_2)
    }
}
