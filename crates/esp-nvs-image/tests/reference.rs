//! Bytes written by the reference generator, as literals.
//!
//! Origin: `esp-idf-nvs-partition-gen` 0.3.0, `generate IN.csv OUT.bin 0x3000` and
//! `generate IN.csv OUT.bin 0x1000 --version 1`, with this input:
//!
//! ```text
//! key,type,encoding,value
//! wifi,namespace,,
//! ssid,data,string,factory
//! channel,data,u8,6
//! offset,data,i16,-300
//! bssid,data,hex2bin,00112233445566
//! other,namespace,,
//! serial,data,u64,1234605616436508552
//! ```

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_nvs_image::{BlobVersion, Key, Namespace, Number, PartitionSize, StoredValue, Value, decode, encode_to_vec};
use hex_literal::hex;

const VERSION_2: [u8; 384] = hex!(
    "feffffff00000000feffffffffffffffffffffffffffffffffffffff842dbab9"
    "aaaafaffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "000101ff591131277769666900000000000000000000000001ffffffffffffff"
    "012102ff649ae88b737369640000000000000000000000000800ffffbdb3458c"
    "666163746f727900ffffffffffffffffffffffffffffffffffffffffffffffff"
    "010101ff554ba9356368616e6e656c00000000000000000006ffffffffffffff"
    "011201ff241772e76f666673657400000000000000000000d4feffffffffffff"
    "01420200970206e0627373696400000000000000000000000700ffff8a4d647a"
    "00112233445566ffffffffffffffffffffffffffffffffffffffffffffffffff"
    "014801ff17c4737262737369640000000000000000000000070000000100ffff"
    "000101ffed8789676f74686572000000000000000000000002ffffffffffffff"
    "020801ff49ea560373657269616c000000000000000000008877665544332211"
);

const VERSION_1: [u8; 352] = hex!(
    "feffffff00000000ffffffffffffffffffffffffffffffffffffffffc216dddc"
    "aaaafeffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "000101ff591131277769666900000000000000000000000001ffffffffffffff"
    "012102ff649ae88b737369640000000000000000000000000800ffffbdb3458c"
    "666163746f727900ffffffffffffffffffffffffffffffffffffffffffffffff"
    "010101ff554ba9356368616e6e656c00000000000000000006ffffffffffffff"
    "011201ff241772e76f666673657400000000000000000000d4feffffffffffff"
    "014102ffb383f74f627373696400000000000000000000000700ffff8a4d647a"
    "00112233445566ffffffffffffffffffffffffffffffffffffffffffffffffff"
    "000101ffed8789676f74686572000000000000000000000002ffffffffffffff"
    "020801ff49ea560373657269616c000000000000000000008877665544332211"
);

fn entries() -> [(Namespace, Key, Value<'static>); 5] {
    let ns = |name| Namespace::new(name).unwrap();
    let key = |name| Key::new(name).unwrap();
    [
        (ns("wifi"), key("ssid"), Value::Str("factory")),
        (ns("wifi"), key("channel"), Value::Number(Number::U8(6))),
        (ns("wifi"), key("offset"), Value::Number(Number::I16(-300))),
        (ns("wifi"), key("bssid"), Value::Blob(&hex!("00112233445566"))),
        (
            ns("other"),
            key("serial"),
            Value::Number(Number::U64(0x1122_3344_5566_7788)),
        ),
    ]
}

fn filled(written: &[u8], len: usize) -> Vec<u8> {
    let mut image = written.to_vec();
    image.resize(len, 0xFF);
    image
}

#[test]
fn encodes_the_bytes_of_the_generator() {
    let size = PartitionSize::new(0x3000).unwrap();
    assert_eq!(
        encode_to_vec(size, BlobVersion::V2, entries()).unwrap(),
        filled(&VERSION_2, 0x3000)
    );
    let size = PartitionSize::new(0x1000).unwrap();
    assert_eq!(
        encode_to_vec(size, BlobVersion::V1, entries()).unwrap(),
        filled(&VERSION_1, 0x1000)
    );
}

#[test]
fn read_only_partition_has_only_the_pages_in_use() {
    let size = PartitionSize::new(0x2000).unwrap();
    assert_eq!(encode_to_vec(size, BlobVersion::V2, entries()).unwrap().len(), 0x1000);
}

#[test]
fn decodes_the_bytes_of_the_generator() {
    for image in [filled(&VERSION_2, 0x3000), filled(&VERSION_1, 0x1000)] {
        let read = decode(&image).unwrap();
        assert_eq!(read.len(), 5);
        for (entry, (namespace, key, value)) in read.iter().zip(entries()) {
            assert_eq!((entry.namespace, entry.key), (namespace, key));
            match (&entry.value, value) {
                (StoredValue::Str(read), Value::Str(written)) => assert_eq!(*read, written),
                (StoredValue::Number(Number::U8(read)), Value::Number(Number::U8(written))) => {
                    assert_eq!(*read, written)
                }
                (StoredValue::Number(Number::I16(read)), Value::Number(Number::I16(written))) => {
                    assert_eq!(*read, written)
                }
                (StoredValue::Number(Number::U64(read)), Value::Number(Number::U64(written))) => {
                    assert_eq!(*read, written)
                }
                (StoredValue::Blob(read), Value::Blob(written)) => assert_eq!(read.to_vec(), written),
                (read, written) => panic!("{key}: {read:?} is not {written:?}"),
            }
        }
    }
}

#[test]
fn debug_shows_no_value() {
    let image = filled(&VERSION_2, 0x3000);
    let shown = format!("{:?} {:?}", decode(&image).unwrap(), entries());
    assert!(
        !shown.contains("factory") && !shown.contains("300") && !shown.contains("(6)"),
        "{shown}"
    );
}

#[test]
fn values_are_equal_if_their_stored_bytes_are() {
    assert_eq!(
        Value::Number(Number::Double(f64::NAN)),
        Value::Number(Number::Double(f64::NAN))
    );
    assert_ne!(Value::Number(Number::Float(0.0)), Value::Number(Number::Float(-0.0)));
    assert_ne!(Value::Number(Number::U8(1)), Value::Number(Number::I8(1)));
    assert_ne!(Value::Str("a"), Value::Blob(b"a"));
}

#[test]
fn floats_take_one_slot_like_integers() {
    // Types 0x24 and 0x28 with IEEE 754 bytes, little-endian, the rest 0xFF: ESP-IDF, nvs_types.hpp and nvs_page.cpp.
    let namespace = Namespace::new("ns").unwrap();
    let entries = [
        (namespace, Key::new("f").unwrap(), Value::Number(Number::Float(1.5))),
        (namespace, Key::new("d").unwrap(), Value::Number(Number::Double(-2.0))),
    ];
    let image = encode_to_vec(PartitionSize::new(0x3000).unwrap(), BlobVersion::V2, entries).unwrap();
    assert_eq!(image[96..100], hex!("012401ff"));
    assert_eq!(image[120..128], hex!("0000c03fffffffff"));
    assert_eq!(image[128..132], hex!("012801ff"));
    assert_eq!(image[152..160], hex!("00000000000000c0"));
    let read = decode(&image).unwrap();
    assert_eq!(
        (&read[0].value, &read[1].value),
        (
            &StoredValue::Number(Number::Float(1.5)),
            &StoredValue::Number(Number::Double(-2.0))
        )
    );
}
