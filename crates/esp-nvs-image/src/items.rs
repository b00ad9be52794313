use crate::Error;
use crate::finding::{Finding, FindingKind};
use crate::item::Item;
use crate::layout::PAGE_SIZE;
use crate::page::Page;
use crate::page_records::PageRecords;

/// An iterator over the entries of an image in flash order, page by page. It does not allocate.
///
/// A damaged page or entry is one `Err` with its offset; the iteration continues after it. Each
/// slot is read a bounded number of times, so that the whole iteration is linear in the image size.
///
/// Entries are returned as stored, including those that the firmware does not see: parts of blobs,
/// the table of namespaces, duplicate keys, entries after an empty slot of an active page.
/// [`Entries`](crate::Entries) returns keys and values.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{Encoder, ItemType, Items, PartitionSize};
///
/// let mut buffer = [0; 0x3000];
/// let mut encoder = Encoder::new(&mut buffer, PartitionSize::new(0x3000)?)?;
/// encoder.push("wifi", "ssid", "factory")?;
/// let items = Items::new(encoder.finish()).collect::<Result<Vec<_>, _>>()?;
/// // The namespace and its first key.
/// assert_eq!((items[0].namespace_index(), items[0].key().as_str()), (0, "wifi"));
/// assert_eq!((items[1].namespace_index(), items[1].kind()), (1, ItemType::Str));
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Items<'a> {
    /// The rest of the image from the start of the next page on.
    rest: &'a [u8],
    offset: usize,
    page: Option<PageRecords<'a>>,
}

impl<'a> Items<'a> {
    /// Starts at the first page of `image`.
    #[must_use]
    pub const fn new(image: &'a [u8]) -> Self {
        Self {
            rest: image,
            offset: 0,
            page: None,
        }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.page.as_mut().and_then(Iterator::next) {
                return Some(record.and_then(Item::new).map_err(Error::Damaged));
            }
            self.page = None;
            if self.rest.is_empty() {
                return None;
            }
            let Some(page) = Page::first_of(self.rest, self.offset) else {
                let len = self.offset + self.rest.len();
                self.rest = &[];
                return Some(Err(Error::Damaged(Finding::of_image(FindingKind::ImageSize { len }))));
            };
            self.rest = self.rest.get(PAGE_SIZE..).unwrap_or_default();
            self.offset += PAGE_SIZE;
            match page.classify() {
                (_, Some(fault)) => return Some(Err(Error::Damaged(Finding::at(page.offset(), fault)))),
                (state, None) if state.is_in_log() => self.page = Some(PageRecords::all(page)),
                _ => {}
            }
        }
    }
}
