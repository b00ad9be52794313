//! Images, tables and job files take time proportional to their length, for any contents.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "../../crates/matter-attestation/tests/support/growth.rs"]
mod growth;

use std::path::Path;

use esp_nvs_image::{
    BlobVersion, CsvCompat, CsvFile, Editor, Key, Namespace, Number, OwnedValue, PartitionSize, Statistics, Value,
    check, decode, encode_to_vec, read_csv,
};
use factory_fs::Table;
use matter_factory_data::{DeviceRecord, FactoryEntry, NAMESPACE};
use matter_mfg::{Columns, Job, Plan, parse_supported_mode};
use matter_spake2p::{Iterations, PbkdfParameters, Salt};

use self::growth::Work;

fn key(number: usize) -> Key {
    Key::new(&format!("k{number:06}")).unwrap()
}

fn namespace(name: &str) -> Namespace {
    Namespace::new(name).unwrap()
}

/// Returns a partition size for a number of slots.
fn size(slots: usize) -> PartitionSize {
    let pages = slots / 126 + 4;
    PartitionSize::new((pages * 0x1000) as u32).unwrap()
}

fn keys(count: usize) -> Vec<u8> {
    let entries = (0..count).map(|number| (namespace("n"), key(number), Value::Number(Number::U8(1))));
    encode_to_vec(size(count), BlobVersion::V2, entries).unwrap()
}

/// Returns blobs of one chunk and one index each.
fn blobs(count: usize) -> Vec<u8> {
    let entries = (0..count).map(|number| (namespace("n"), key(number), Value::Blob(&[7])));
    encode_to_vec(size(4 * count), BlobVersion::V2, entries).unwrap()
}

/// Marks every page as being moved.
fn all_freeing(mut image: Vec<u8>) -> Vec<u8> {
    const FREEING: [u8; 4] = 0xFFFF_FFF8_u32.to_le_bytes();
    for page in image.chunks_exact_mut(0x1000).filter(|page| page[0] != 0xFF) {
        page[..4].copy_from_slice(&FREEING);
    }
    image
}

const IMAGES: &[(&str, usize, Work)] = &[
    ("image, encoding keys", 2000, |n| {
        Box::new(move || assert!(!keys(n).is_empty()))
    }),
    ("image, decoding keys", 2000, |n| {
        let image = keys(n);
        Box::new(move || assert_eq!(decode(&image).unwrap().len(), n))
    }),
    ("image, decoding blobs", 2000, |n| {
        let image = blobs(n);
        Box::new(move || assert_eq!(decode(&image).unwrap().len(), n))
    }),
    ("image, checking blobs", 2000, |n| {
        let image = blobs(n);
        Box::new(move || assert!(check(&image).is_empty()))
    }),
    ("image, counting keys", 2000, |n| {
        let image = keys(n);
        Box::new(move || assert_eq!(Statistics::new(&image).namespaces().len(), 1))
    }),
    ("image, setting a key where all pages are being moved", 2000, |n| {
        let image = all_freeing(keys(n));
        Box::new(move || {
            let mut image = image.clone();
            assert!(
                Editor::new(&mut image)
                    .set(&namespace("n"), &key(0), Value::Number(Number::U8(2)))
                    .unwrap()
            );
        })
    }),
    ("CSV of an image, keys", 2000, |n| {
        let rows: String = (0..n).map(|number| format!("{},data,u8,1\n", key(number))).collect();
        let text = format!("key,type,encoding,value\nn,namespace,,\n{rows}");
        Box::new(move || {
            let file = CsvFile {
                name: "k.csv",
                text: &text,
            };
            assert_eq!(
                read_csv(&[file], CsvCompat::Off, |_| Err(String::new())).unwrap().len(),
                n + 1
            );
        })
    }),
];

fn record() -> DeviceRecord {
    let parameters = PbkdfParameters {
        iterations: Iterations::MIN,
        salt: Salt::new(&[7; 16]).unwrap(),
    };
    let (vendor, product) = ("0xFFF1".parse().unwrap(), "0x8000".parse().unwrap());
    DeviceRecord::with_dynamic_passcode(vendor, product, "1".parse().unwrap(), parameters)
}

fn with_entries(count: usize) -> DeviceRecord {
    let mut record = record();
    for number in 0..count {
        let (namespace, key, value) = (NAMESPACE, key(number), OwnedValue::Number(Number::U8(1)));
        record.add_entry(FactoryEntry { namespace, key, value }).unwrap();
    }
    record
}

const RECORDS: &[(&str, usize, Work)] = &[
    ("record, adding entries", 2000, |n| {
        Box::new(move || assert_eq!(with_entries(n).entries().len(), n))
    }),
    ("record, decoding entries", 2000, |n| {
        let image = with_entries(n).encode_nvs(size(2 * n)).unwrap();
        Box::new(move || assert_eq!(DeviceRecord::decode_nvs(&image).unwrap().entries().len(), n))
    }),
    ("record, labels of different endpoints", 2000, |n| {
        let mut record = record();
        record.fixed_labels = (0..n)
            .map(|endpoint| matter_factory_data::FixedLabel {
                endpoint: endpoint as u16,
                label: "a".parse().unwrap(),
                value: "b".parse().unwrap(),
            })
            .collect();
        Box::new(move || {
            let mut count = 0;
            let counted = record.visit(|_, _, _| {
                count += 1;
                Ok::<(), matter_factory_data::Error>(())
            });
            assert_eq!(counted, Ok(()));
            assert!(count > 3 * n);
        })
    }),
];

/// Returns the planning of a job with these tables of columns and values and a large partition, up to its last check.
fn plan(columns: &str, values: &str, change: impl Fn(&mut Job) + 'static) -> Box<dyn Fn()> {
    let folder = tempfile::tempdir().unwrap();
    let [columns, values] = [columns, values].map(|text| text.as_bytes().to_vec());
    Box::new(move || {
        let table = |bytes: &[u8]| Table::parse(Path::new("table.csv"), bytes).unwrap();
        let mut job = Job::new("0xFFF1".parse().unwrap(), "0x8000".parse().unwrap());
        job.outdir = folder.path().join("out");
        job.size = "0x2000000".parse().unwrap();
        job.values = Some((Columns::new(&table(&columns)).unwrap(), table(&values)));
        change(&mut job);
        assert_eq!(Plan::new(job, cli::now().unwrap()).unwrap().count(), 1);
    })
}

fn header(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(",")
}

const JOBS: &[(&str, usize, Work)] = &[
    ("job, columns", 2000, |n| {
        let rows: String = (0..n).map(|number| format!("{},data,u8\n", key(number))).collect();
        let names = header((0..n).map(|number| key(number).to_string()));
        plan(
            &rows,
            &format!("{names}\n{}\n", header((0..n).map(|_| "1".into()))),
            |_| {},
        )
    }),
    ("job, columns of which one is used", 2000, |n| {
        let names = header((0..n).map(|number| format!("fl-k/{number:x}")));
        let values = format!("{names},k\n{},1\n", header((0..n).map(|_| "1".into())));
        plan("k,data,u8\n", &values, |_| {})
    }),
    ("job, namespaces without keys", 2000, |n| {
        let rows: String = (0..n).map(|number| format!("{},namespace,\n", key(number))).collect();
        plan(&format!("{rows}k,data,u8\n"), "k\n1\n", |_| {})
    }),
    ("job, modes", 2000, |n| {
        plan("k,data,u8\n", "k\n1\n", move |job| {
            let mode =
                |number: usize| parse_supported_mode(&format!("{}/label/{}", number % 250, number / 250)).unwrap();
            job.supported_modes = (0..n).map(mode).collect();
        })
    }),
];

// A single test, so that nothing else in this process uses time or memory.
#[test]
fn reading_and_writing_take_time_in_proportion_to_the_input() {
    growth::check(&[IMAGES, RECORDS, JOBS].concat());
}
