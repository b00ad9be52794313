//! Random entry lists: the bytes equal those of a second, naive encoder, and decoding returns the
//! entries.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "common/naive.rs"]
mod naive;

use esp_nvs_image::{
    BlobVersion, Encoder, Entries, Entry, Error, Key, Namespace, Number, PartitionSize, StoredValue, Value, decode,
    recover,
};
use naive::{Item, Naive};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Data {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    U64(u64),
    I64(i64),
    Str(String),
    Blob(Vec<u8>),
}

impl Data {
    fn value(&self) -> Value<'_> {
        match self {
            Self::U8(v) => Value::Number(Number::U8(*v)),
            Self::I8(v) => Value::Number(Number::I8(*v)),
            Self::U16(v) => Value::Number(Number::U16(*v)),
            Self::I16(v) => Value::Number(Number::I16(*v)),
            Self::U32(v) => Value::Number(Number::U32(*v)),
            Self::I32(v) => Value::Number(Number::I32(*v)),
            Self::U64(v) => Value::Number(Number::U64(*v)),
            Self::I64(v) => Value::Number(Number::I64(*v)),
            Self::Str(v) => Value::Str(v),
            Self::Blob(v) => Value::Blob(v),
        }
    }

    fn naive(&self, key: String) -> Item {
        match self {
            Self::U8(v) => Item::Fixed(key, 0x01, v.to_le_bytes().to_vec()),
            Self::I8(v) => Item::Fixed(key, 0x11, v.to_le_bytes().to_vec()),
            Self::U16(v) => Item::Fixed(key, 0x02, v.to_le_bytes().to_vec()),
            Self::I16(v) => Item::Fixed(key, 0x12, v.to_le_bytes().to_vec()),
            Self::U32(v) => Item::Fixed(key, 0x04, v.to_le_bytes().to_vec()),
            Self::I32(v) => Item::Fixed(key, 0x14, v.to_le_bytes().to_vec()),
            Self::U64(v) => Item::Fixed(key, 0x08, v.to_le_bytes().to_vec()),
            Self::I64(v) => Item::Fixed(key, 0x18, v.to_le_bytes().to_vec()),
            Self::Str(v) => Item::Str(key, v.clone()),
            Self::Blob(v) => Item::Blob(key, v.clone()),
        }
    }

    fn is_stored_as(&self, stored: &StoredValue<'_>) -> bool {
        match (self, stored) {
            (Self::U8(a), StoredValue::Number(Number::U8(b))) => a == b,
            (Self::I8(a), StoredValue::Number(Number::I8(b))) => a == b,
            (Self::U16(a), StoredValue::Number(Number::U16(b))) => a == b,
            (Self::I16(a), StoredValue::Number(Number::I16(b))) => a == b,
            (Self::U32(a), StoredValue::Number(Number::U32(b))) => a == b,
            (Self::I32(a), StoredValue::Number(Number::I32(b))) => a == b,
            (Self::U64(a), StoredValue::Number(Number::U64(b))) => a == b,
            (Self::I64(a), StoredValue::Number(Number::I64(b))) => a == b,
            (Self::Str(a), StoredValue::Str(b)) => a == b,
            (Self::Blob(a), StoredValue::Blob(b)) => *a == b.to_vec() && a.len() == b.len(),
            _ => false,
        }
    }
}

fn data(max_blob: usize) -> impl Strategy<Value = Data> {
    prop_oneof![
        any::<u8>().prop_map(Data::U8),
        any::<i8>().prop_map(Data::I8),
        any::<u16>().prop_map(Data::U16),
        any::<i16>().prop_map(Data::I16),
        any::<u32>().prop_map(Data::U32),
        any::<i32>().prop_map(Data::I32),
        any::<u64>().prop_map(Data::U64),
        any::<i64>().prop_map(Data::I64),
        // Up to 3967 bytes, the generator's own limit, which the naive encoder shares.
        (0usize..=3967, prop::char::range('\u{1}', '\u{10FFFF}')).prop_map(|(len, c)| Data::Str(fill(c, len))),
        "[ -~\u{e9}\u{4e2d}]{0,80}".prop_map(Data::Str),
        vec(any::<u8>(), 0..=max_blob).prop_map(Data::Blob),
        vec(any::<u8>(), 0..=100).prop_map(Data::Blob),
    ]
}

/// As many `c` as fit into `len` bytes.
fn fill(c: char, len: usize) -> String {
    std::iter::repeat_n(c, len / c.len_utf8()).collect()
}

type Groups = Vec<Vec<Data>>;

fn both(groups: &Groups, pages: usize, version: BlobVersion) -> (Result<Vec<u8>, Error>, Option<Vec<u8>>) {
    let size = PartitionSize::new(pages as u32 * 0x1000).unwrap();
    let mut naive = Naive::new(
        size.usable_pages(),
        if version == BlobVersion::V1 { 0xFF } else { 0xFE },
    );
    let mut buffer = vec![0; size.bytes()];
    let mut encoder = Encoder::with_version(&mut buffer, size, version).unwrap();
    let mut ours = Ok(());
    let mut theirs = Some(());
    for (g, group) in groups.iter().enumerate() {
        let namespace = Namespace::new(&format!("space {g}")).unwrap();
        ours = ours.and_then(|()| encoder.declare(&namespace));
        theirs = theirs.and_then(|()| naive.add(&Item::Namespace(namespace.to_string())));
        for (i, data) in group.iter().enumerate() {
            let key = Key::new(&format!("key {i}")).unwrap();
            ours = ours.and_then(|()| encoder.push(&namespace, &key, data.value()));
            theirs = theirs.and_then(|()| naive.add(&data.naive(key.to_string())));
        }
    }
    (
        ours.map(|()| encoder.finish().to_vec()),
        theirs.map(|()| naive.finish(size.bytes())),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn same_bytes_as_the_naive_encoder_or_both_full(
        groups in vec(vec(data(9000), 0..14), 1..5),
        pages in 1usize..12,
    ) {
        match both(&groups, pages, BlobVersion::V2) {
            (Ok(ours), Some(theirs)) => {
                prop_assert!(ours == theirs, "images differ");
                let read = decode(&ours).unwrap();
                let written = groups.iter().flatten().collect::<Vec<_>>();
                prop_assert_eq!(read.len(), written.len());
                for (entry, data) in read.iter().zip(written) {
                    prop_assert!(data.is_stored_as(&entry.value), "{} is not {:?}", entry.key, data.value());
                }
            }
            (Err(Error::PartitionFull { .. }), None) => {}
            (ours, theirs) => prop_assert!(false, "{:?} but naive {:?}", ours.map(|i| i.len()), theirs.map(|i| i.len())),
        }
    }

    #[test]
    fn same_bytes_in_version_1(groups in vec(vec(data(1984), 0..14), 1..5), pages in 1usize..12) {
        match both(&groups, pages, BlobVersion::V1) {
            (Ok(ours), Some(theirs)) => {
                prop_assert!(ours == theirs, "images differ");
                prop_assert_eq!(decode(&ours).unwrap().len(), groups.iter().flatten().count());
            }
            (Err(Error::PartitionFull { .. }), None) => {}
            (ours, theirs) => prop_assert!(false, "{:?} but naive {:?}", ours.map(|i| i.len()), theirs.map(|i| i.len())),
        }
    }

    #[test]
    fn pages_in_any_order_are_read_alike_with_and_without_an_allocator(
        groups in vec(vec(data(9000), 0..14), 1..5),
        order in Just((0usize..12).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        if let (_, Some(image)) = both(&groups, 12, BlobVersion::V2) {
            let pages = order.iter().map(|&page| &image[page * 0x1000..][..0x1000]);
            let shuffled = pages.collect::<Vec<_>>().concat();
            let read = decode(&shuffled).unwrap();
            prop_assert!(read == decode(&image).unwrap());
            let written = groups.iter().flatten().collect::<Vec<_>>();
            prop_assert_eq!(read.len(), written.len());
            for (entry, data) in read.iter().zip(written) {
                prop_assert!(data.is_stored_as(&entry.value), "{} is not {:?}", entry.key, data.value());
            }
            let walked = Entries::new(&shuffled).map(|entry| entry.unwrap().into()).collect::<Vec<Entry<'_>>>();
            prop_assert!(walked == read);
            prop_assert!(recover(&shuffled).entries == read);
        }
    }

    #[test]
    fn small_values_up_to_every_page_boundary(count in 0usize..400, last in data(5000)) {
        let groups = vec![(0..count).map(|_| Data::U32(7)).chain([last]).collect::<Vec<_>>()];
        let (ours, theirs) = both(&groups, 8, BlobVersion::V2);
        prop_assert!(ours.ok() == theirs, "images differ");
    }
}
