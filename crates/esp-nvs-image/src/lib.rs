#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod blob_ref;
#[cfg(feature = "alloc")]
mod blobs;
#[cfg(feature = "alloc")]
mod check;
mod chunk_search;
mod config;
mod crc;
#[cfg(feature = "csv")]
mod csv;
mod cursor;
#[cfg(feature = "alloc")]
mod decode;
#[cfg(feature = "alloc")]
mod duplicates;
#[cfg(feature = "alloc")]
mod edit;
mod encode;
#[cfg(feature = "alloc")]
mod encode_entry;
#[cfg(feature = "alloc")]
mod encoding;
#[cfg(feature = "encryption")]
mod encryption;
mod entries;
#[cfg(feature = "alloc")]
mod entry_list;
mod entry_ref;
mod error;
mod finding;
mod head;
mod item;
mod item_type;
mod items;
#[cfg(feature = "encryption")]
mod keys;
mod layout;
mod legibility;
mod log;
mod mount;
#[cfg(feature = "alloc")]
mod mounted;
mod name;
mod names;
mod namespace_table;
mod number;
#[cfg(feature = "alloc")]
mod owned;
mod page;
mod page_records;
mod record;
mod seen;
#[cfg(feature = "serde")]
mod serde_impls;
mod sizer;
mod slot_states;
#[cfg(feature = "alloc")]
mod statistics;
#[cfg(feature = "alloc")]
mod stored;
mod value;
mod writer;
#[cfg(feature = "encryption")]
mod xts;

pub use blob_ref::{BlobRef, Pieces};
#[cfg(feature = "alloc")]
pub use check::check;
pub use config::{BlobVersion, PartitionSize};
#[cfg(feature = "csv")]
pub use csv::{
    CsvCompat, CsvError, CsvFile, CsvReason, CsvRow, CsvWarning, CsvWarningKind, CsvWriter, csv_warnings, encode_csv,
    has_wifi_rows, read_csv, to_csv,
};
#[cfg(feature = "alloc")]
pub use decode::{Blob, Entry, Recovered, StoredValue, decode, recover};
#[cfg(feature = "alloc")]
pub use edit::Editor;
pub use encode::Encoder;
#[cfg(feature = "alloc")]
pub use encode::encode_to_vec;
#[cfg(feature = "alloc")]
pub use encode_entry::EncodeEntry;
#[cfg(feature = "alloc")]
pub use encoding::Encoding;
#[cfg(feature = "encryption")]
pub use encryption::{decrypt, encrypt};
pub use entries::Entries;
#[cfg(feature = "alloc")]
pub use entry_list::EntryList;
pub use entry_ref::{EntryRef, ValueRef};
pub use error::Error;
pub use finding::{Finding, FindingKind, Kept, Severity};
pub use item::Item;
pub use item_type::ItemType;
pub use items::Items;
#[cfg(feature = "encryption")]
pub use keys::{HmacKey, NvsKeys};
pub use legibility::Legibility;
pub use name::{Key, Namespace, StoredKey};
pub use number::Number;
#[cfg(feature = "alloc")]
pub use owned::{OwnedEntry, OwnedValue};
pub use page::PageState;
pub use sizer::Sizer;
#[cfg(feature = "alloc")]
pub use statistics::{PageSummary, Statistics};
pub use value::Value;

/// Random number generators for keys.
#[cfg(feature = "encryption")]
pub use rand_core;
/// `ConstantTimeEq`, implemented by keys.
#[cfg(feature = "encryption")]
pub use subtle;
/// `Zeroize`, implemented by keys.
#[cfg(feature = "encryption")]
pub use zeroize;
