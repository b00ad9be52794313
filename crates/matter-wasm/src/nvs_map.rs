//! The map of an NVS partition: the state of each slot, and the position of each entry.

use std::collections::BTreeMap;

use esp_nvs_image::{Error, Item, ItemType, Items, Legibility, NvsKeys, PageState, PageSummary, Statistics};
use matter_factory_data::{NAMESPACE, is_field_key};
use zeroize::Zeroizing;

use crate::report::{MapEntry, MapPage, NvsMap};

// ESP-IDF Programming Guide, "Non-Volatile Storage Library", section "Internals": a page is a header of 32 bytes, a bitmap of
// two bits for each slot, and 126 slots of 32 bytes.
const PAGE: usize = 4096;
const SLOT: usize = 32;
const SLOTS: usize = 126;
const BITMAP: usize = 32;
const FIRST_SLOT: usize = 64;

/// Keys of Matter whose values are shown only on request.
const SECRET_KEYS: [&str; 4] = ["dac-key", "pin-code", "rd-id-uid", "verifier"];
/// The number of bytes of a blob to show.
const SHOWN: usize = 24;

/// Returns the plain image, decrypted if necessary.
pub(crate) fn plain(image: &[u8], keys: Option<&NvsKeys>) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(image.to_vec());
    if let Some(keys) = keys
        && esp_nvs_image::decrypt(&mut plain, keys).is_err()
    {
        plain.copy_from_slice(image);
    }
    plain
}

/// Creates the map of a plain image.
pub(crate) fn map(image: &[u8], source: &str, is_decrypted: bool) -> NvsMap {
    let statistics = Statistics::new(image);
    let mut slots: Vec<Vec<u8>> = statistics.pages().iter().map(|page| states(image, page)).collect();
    let mut entries = Vec::new();
    if Legibility::of(image) != Legibility::Encrypted {
        let names = names(image);
        for item in Items::new(image) {
            match item {
                Ok(item) => entries.extend(entry(&item, &names)),
                Err(Error::Damaged(fault)) => mark(&mut slots, fault.offset),
                Err(_) => {}
            }
        }
    }
    let pages = statistics.pages().iter().zip(slots).map(|(page, slots)| MapPage {
        offset: page.offset,
        state: state_name(page.state),
        sequence: page.sequence,
        slots: slots.into_iter().map(char::from).collect(),
    });
    NvsMap {
        source: source.into(),
        is_decrypted,
        pages: pages.collect(),
        entries,
        slots: [
            statistics.total_slots(),
            statistics.used_slots(),
            statistics.erased_slots(),
            statistics.available_slots(),
        ],
    }
}

const fn state_name(state: PageState) -> &'static str {
    match state {
        PageState::Active => "active",
        PageState::Corrupt => "corrupt",
        PageState::Empty => "empty",
        PageState::Freeing => "freeing",
        PageState::Full => "full",
        _ => "unknown",
    }
}

/// Returns the states of a page's slots, one character each.
fn states(image: &[u8], page: &PageSummary) -> Vec<u8> {
    let bitmap = image
        .get(page.offset + BITMAP..page.offset + FIRST_SLOT)
        .unwrap_or_default();
    let is_in_log = page.sequence.is_some();
    (0..SLOTS)
        .map(|slot| {
            let byte = bitmap.get(slot / 4).copied().unwrap_or(0xFF);
            match byte >> (slot % 4 * 2) & 3 {
                _ if !is_in_log => b'.',
                0b11 => b'.',
                0b10 => b'w',
                0b00 => b'x',
                _ => b'!',
            }
        })
        .collect()
}

/// Marks the slot of a fault.
fn mark(slots: &mut [Vec<u8>], offset: Option<usize>) {
    let Some(offset) = offset else { return };
    let slot = (offset % PAGE).checked_sub(FIRST_SLOT).map(|at| at / SLOT);
    let page = slots.get_mut(offset / PAGE);
    if let Some(state) = page.zip(slot).and_then(|(page, slot)| page.get_mut(slot)) {
        *state = b'!';
    }
}

/// Returns the names of the namespaces by index.
fn names(image: &[u8]) -> BTreeMap<u8, String> {
    let items = Items::new(image).flatten().filter(|item| item.namespace_index() == 0);
    items
        .map(|item| (index_of(&item), item.key().as_str().to_owned()))
        .collect()
}

fn index_of(item: &Item<'_>) -> u8 {
    let [index, ..] = item.data();
    index
}

fn entry(item: &Item<'_>, names: &BTreeMap<u8, String>) -> Option<MapEntry> {
    let slot = (item.offset() % PAGE).checked_sub(FIRST_SLOT)? / SLOT;
    let mut entry = MapEntry {
        page: item.offset() / PAGE,
        slot,
        span: 1 + item.payload().len().div_ceil(SLOT),
        namespace: None,
        key: item.key().as_str().into(),
        kind: type_name(item.kind()),
        value: String::new(),
        secret: None,
    };
    if item.namespace_index() == 0 {
        entry.kind = "namespace";
        entry.value = format!("number {}", index_of(item));
        return Some(entry);
    }
    let namespace = names.get(&item.namespace_index());
    let is_ours = namespace.is_some_and(|name| name == NAMESPACE.as_str());
    let is_shown = is_ours && is_field_key(&item.key()) && !SECRET_KEYS.contains(&item.key().as_str());
    entry.namespace = Some(
        namespace
            .cloned()
            .unwrap_or_else(|| format!("number {}", item.namespace_index())),
    );
    if is_shown || item.kind() == ItemType::BlobIndex {
        entry.value = value(item, SHOWN);
    } else {
        entry.secret = Some(format!("nvs:{}", item.offset()));
    }
    Some(entry)
}

/// Returns the value of the entry at an offset.
pub(crate) fn reveal(image: &[u8], offset: usize) -> Option<Zeroizing<String>> {
    let item = Items::new(image).flatten().find(|item| item.offset() == offset)?;
    Some(Zeroizing::new(value(&item, usize::MAX)))
}

/// Formats a value as text; of a blob, at most the first `shown` bytes.
fn value(item: &Item<'_>, shown: usize) -> String {
    let data = item.data();
    let [a, b, c, d, ..] = data;
    match item.kind() {
        ItemType::U8 => a.to_string(),
        ItemType::I8 => i8::from_le_bytes([a]).to_string(),
        ItemType::U16 => u16::from_le_bytes([a, b]).to_string(),
        ItemType::I16 => i16::from_le_bytes([a, b]).to_string(),
        ItemType::U32 => u32::from_le_bytes([a, b, c, d]).to_string(),
        ItemType::I32 => i32::from_le_bytes([a, b, c, d]).to_string(),
        ItemType::U64 => u64::from_le_bytes(data).to_string(),
        ItemType::I64 => i64::from_le_bytes(data).to_string(),
        ItemType::Float => f32::from_le_bytes([a, b, c, d]).to_string(),
        ItemType::Double => f64::from_le_bytes(data).to_string(),
        ItemType::Str => text(item.payload()),
        ItemType::BlobIndex => {
            let chunks = data.get(4).copied().unwrap_or_default();
            let pieces = if chunks == 1 { "chunk" } else { "chunks" };
            format!("{} bytes in {chunks} {pieces}", u32::from_le_bytes([a, b, c, d]))
        }
        _ => bytes(item.payload(), shown),
    }
}

fn text(payload: &[u8]) -> String {
    let text = payload.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

/// Formats bytes as hexadecimal digits, followed by the length if they are truncated.
pub(crate) fn bytes(bytes: &[u8], shown: usize) -> String {
    let first = bytes.get(..shown.min(bytes.len())).unwrap_or_default();
    let digits = base16ct::lower::encode_string(first);
    if bytes.len() > shown {
        format!("{digits}… ({} bytes)", bytes.len())
    } else {
        digits
    }
}

const fn type_name(kind: ItemType) -> &'static str {
    match kind {
        ItemType::U8 => "u8",
        ItemType::I8 => "i8",
        ItemType::U16 => "u16",
        ItemType::I16 => "i16",
        ItemType::U32 => "u32",
        ItemType::I32 => "i32",
        ItemType::U64 => "u64",
        ItemType::I64 => "i64",
        ItemType::Float => "float",
        ItemType::Double => "double",
        ItemType::Str => "string",
        ItemType::BlobV1 => "blob",
        ItemType::BlobChunk => "chunk of a blob",
        ItemType::BlobIndex => "index of a blob",
        _ => "unknown",
    }
}
