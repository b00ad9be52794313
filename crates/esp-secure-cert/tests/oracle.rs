//! Random images compared with a naive second implementation.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "common/naive.rs"]
mod naive;

use esp_secure_cert::{Error, Flags, Image, PartitionSize, RawRecord, RecordType, Records, Subtype, Tail, Writer};
use naive::{Naive, image};
use proptest::collection::vec;
use proptest::prelude::*;

fn record() -> impl Strategy<Value = Naive> {
    let head = (any::<u8>(), any::<[u8; 3]>(), 0..12_u8, 0..4_u8);
    (head, vec(any::<u8>(), 0..80), any::<u8>()).prop_map(|((flags, reserved, kind, subtype), data, pad)| Naive {
        flags,
        reserved,
        kind,
        subtype,
        data,
        pad,
    })
}

proptest! {
    #[test]
    fn what_is_written_is_what_the_oracle_writes(records in vec(record(), 0..20)) {
        let mut buffer = vec![0xA5; 0x2000];
        let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
        for record in &records {
            let padding = [record.pad; 16];
            let raw = RawRecord {
                flags: Flags::new(record.flags),
                reserved: record.reserved,
                kind: RecordType::new(record.kind),
                subtype: record.subtype,
                data: &record.data,
                padding: &padding,
            };
            writer.push_raw(&raw).unwrap();
        }
        let written = writer.finish();
        prop_assert_eq!(&*written, &*image(&records));

        let read = Image::new(written);
        prop_assert_eq!(read.records().count(), records.len());
        for (read, record) in read.records().map(Result::unwrap).zip(&records) {
            prop_assert!(read.crc_ok());
            prop_assert_eq!(read.flags().bits(), record.flags);
            prop_assert_eq!(read.reserved(), record.reserved);
            prop_assert_eq!((read.kind().code(), read.subtype()), (record.kind, record.subtype));
            prop_assert_eq!(read.data(), &record.data);
            prop_assert_eq!(read.is_legacy(), record.flags == 0xFF && record.reserved == [0xFF; 3]);
        }
        for kind in 0..12 {
            let same = |record: &&Naive| record.kind == kind;
            let last = read.find_last(RecordType::new(kind)).unwrap().map(|record| record.data());
            prop_assert_eq!(last, records.iter().rfind(same).map(|record| &*record.data));
            for subtype in 0..4 {
                let first = read.find(RecordType::new(kind), Subtype::new(subtype).unwrap()).unwrap();
                let expected = records.iter().filter(same).find(|record| record.subtype == subtype);
                prop_assert_eq!(first.map(|record| record.data()), expected.map(|record| &*record.data));
            }
        }
    }

    /// An image cut at any offset returns the complete records before, and one error unless the cut
    /// is between two records.
    #[test]
    fn cut_image_gives_the_records_before(records in vec(record(), 1..6), cut in any::<prop::sample::Index>()) {
        let whole = image(&records);
        let ends = records.iter().scan(0, |end, record| { *end += record.bytes().len(); Some(*end) });
        let ends = ends.collect::<Vec<_>>();
        let len = cut.index(whole.len());
        let mut walk = Records::new(&whole[..len]);
        let read = walk.by_ref().collect::<Vec<_>>();
        let before = ends.iter().filter(|end| **end <= len).count();
        let start = before.checked_sub(1).map_or(0, |last| ends[last]);
        prop_assert_eq!(walk.offset(), start);
        // Fewer than four bytes cannot contain the magic.
        let broken = len - start >= 4;
        prop_assert_eq!(read.len(), before + usize::from(broken));
        if broken {
            let truncated = matches!(read[before], Err(Error::Truncated { offset, .. }) if offset == start);
            prop_assert!(truncated);
        }
        let tail = Image::new(&whole[..len]).tail();
        prop_assert_eq!(tail == Tail::Nothing, len == start);
    }

    /// Any changed bit of a record causes a wrong checksum, another record count or another end.
    #[test]
    fn changed_bit_is_noticed(record in record(), bit in any::<prop::sample::Index>()) {
        let mut bytes = record.bytes();
        let bit = bit.index(8 * bytes.len());
        bytes[bit / 8] ^= 1 << (bit % 8);
        let read = Image::new(&bytes).records().next();
        let noticed = !matches!(read, Some(Ok(record)) if record.crc_ok() && record.end() == bytes.len());
        prop_assert!(noticed);
    }

    #[test]
    fn nothing_panics_on_any_bytes(bytes in vec(any::<u8>(), 0..200), magic in any::<bool>()) {
        let mut bytes = bytes;
        if magic && bytes.len() >= 4 {
            bytes[..4].copy_from_slice(&[0x11, 0xBA, 0x5E, 0xBA]);
        }
        let image = Image::new(&bytes);
        prop_assert!(image.records().count() <= bytes.len() / 16 + 1);
        let _ = (image.key(Subtype::MIN), image.verify_integrity(), image.signed_bytes(), image.tail());
        #[cfg(feature = "alloc")]
        let _ = esp_secure_cert::check(&bytes, PartitionSize::MIN);
    }
}
