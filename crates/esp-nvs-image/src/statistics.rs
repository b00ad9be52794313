use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::item_type::ItemType;
use crate::layout::SLOTS_PER_PAGE;
use crate::mounted::Mounted;
use crate::name::Namespace;
use crate::page::PageState;

/// The state and use of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageSummary {
    /// The offset of the page in bytes from the start of the image.
    pub offset: usize,
    /// The state, as the firmware sees it.
    pub state: PageState,
    /// The sequence number; `None` for an empty or a corrupt page.
    pub sequence: Option<u32>,
    /// The version byte, 0xFE for version 2 and 0xFF for version 1; `None` for an empty or a
    /// corrupt page.
    pub version: Option<u8>,
    /// Number of written slots, of 126.
    pub used: usize,
    /// Number of erased slots.
    pub erased: usize,
}

/// The use of an image.
///
/// Pages and slots are counted as stored, entries and bytes as the firmware sees them after mount:
/// without those that it erases or drops (see [`check`](crate::check)).
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, Statistics, encode_to_vec};
///
/// let image = encode_to_vec(0x3000, BlobVersion::V2, [("wifi", "channel", 6_u8)])?;
/// let statistics = Statistics::new(&image);
/// assert_eq!((statistics.used_slots(), statistics.pages().len()), (2, 3));
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pages: Vec<PageSummary>,
    namespaces: Vec<(Namespace, usize)>,
    lost_entries: usize,
    payload_bytes: usize,
}

impl Statistics {
    /// Computes the statistics of an image. Bytes after the last complete page are ignored.
    #[must_use]
    pub fn new(image: &[u8]) -> Self {
        // The callback accepts everything, so that there is no error.
        let mounted = Mounted::new(image, &mut |_| Ok(()));
        mounted.map_or_else(|_| Self::default(), |mounted| Self::of(&mounted))
    }

    fn of(mounted: &Mounted<'_>) -> Self {
        let pages = mounted.pages.iter().map(|(page, state)| {
            let in_log = state.is_in_log().then_some(*page);
            let (used, erased) = in_log.map_or((0, 0), |page| page.slot_states().written_and_erased());
            PageSummary {
                offset: page.offset(),
                state: *state,
                sequence: in_log.map(|page| page.sequence()),
                version: in_log.map(|page| page.version()),
                used,
                erased,
            }
        });
        let mut entries = BTreeMap::<u8, usize>::new();
        let mut payload_bytes = 0;
        for (_, record) in mounted.kept().filter(|(_, record)| !record.is_in_table()) {
            payload_bytes += match record.kind {
                ItemType::BlobIndex => 0,
                kind if kind.has_payload() => record.payload.len(),
                kind => kind.number_size(),
            };
            if !record.is_chunk() {
                *entries.entry(record.namespace).or_default() += 1;
            }
        }
        let names = mounted.names.iter();
        let namespaces = names
            .filter_map(|(index, name, _)| {
                let name = name.key()?.as_namespace();
                Some((name, entries.remove(&index).unwrap_or_default()))
            })
            .collect();
        Self {
            pages: pages.collect(),
            namespaces,
            lost_entries: entries.values().sum(),
            payload_bytes,
        }
    }

    /// Returns the pages in flash order.
    #[must_use]
    pub fn pages(&self) -> &[PageSummary] {
        &self.pages
    }

    /// Returns the number of pages in a state.
    #[must_use]
    pub fn pages_in(&self, state: PageState) -> usize {
        self.pages.iter().filter(|page| page.state == state).count()
    }

    /// Returns the namespaces in the order of their indices, each with its number of keys.
    #[must_use]
    pub fn namespaces(&self) -> &[(Namespace, usize)] {
        &self.namespaces
    }

    /// Returns the number of entries without a namespace that has a legal name.
    #[must_use]
    pub const fn lost_entries(&self) -> usize {
        self.lost_entries
    }

    /// Returns the total size of all values in bytes: 1 to 8 for a number, a string with its NUL, a
    /// blob without its index.
    #[must_use]
    pub const fn payload_bytes(&self) -> usize {
        self.payload_bytes
    }

    /// Returns the number of all slots, 126 for each page.
    #[must_use]
    pub fn total_slots(&self) -> usize {
        self.pages.len() * SLOTS_PER_PAGE
    }

    /// Returns the number of written slots.
    #[must_use]
    pub fn used_slots(&self) -> usize {
        self.pages.iter().map(|page| page.used).sum()
    }

    /// Returns the number of erased slots, which become free when their page is moved.
    #[must_use]
    pub fn erased_slots(&self) -> usize {
        self.pages.iter().map(|page| page.erased).sum()
    }

    /// Returns the number of slots that are unwritten since their page was erased, or are in a
    /// corrupt page.
    #[must_use]
    pub fn empty_slots(&self) -> usize {
        self.free_slots() - self.erased_slots()
    }

    /// Returns the number of free slots as counted by the firmware (`nvs_get_stats`,
    /// `free_entries`): all that are not written, including erased ones.
    #[must_use]
    pub fn free_slots(&self) -> usize {
        self.total_slots() - self.used_slots()
    }

    /// Returns the number of free slots that can be filled (`available_entries`): one page stays
    /// empty.
    #[must_use]
    pub fn available_slots(&self) -> usize {
        self.free_slots().saturating_sub(SLOTS_PER_PAGE)
    }
}
