//! Records as JSON, and records to write from JSON.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_secure_cert::{
    Error, Flags, Image, KeySalt, KeyStorage, PartitionSize, PlainKey, RecordSource, RecordSpec, RecordType, Subtype,
    Writer,
};
use serde_json::{Value, json};

/// A SEC 1 key with a scalar of two bytes.
const KEY: [u8; 9] = [0x30, 0x07, 0x02, 0x01, 0x01, 0x04, 0x02, 0x12, 0x34];

fn image(buffer: &mut [u8]) -> &[u8] {
    let mut writer = Writer::new(buffer, PartitionSize::DEFAULT);
    let key = KeyStorage::from(PlainKey::try_from(&KEY[..]).unwrap());
    writer.push_key(Subtype::MIN, &key).unwrap();
    writer
        .push_key(
            Subtype::new(1).unwrap(),
            &KeyStorage::from(KeySalt::new(&[7; 32]).unwrap()),
        )
        .unwrap();
    writer.push_integrity().unwrap();
    writer.finish()
}

fn specs(json: Value) -> Result<Vec<RecordSpec>, String> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}

fn write(specs: &[RecordSpec]) -> Result<Vec<u8>, Error> {
    let mut buffer = [0; 512];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    specs.iter().try_for_each(|spec| spec.write(&mut writer))?;
    Ok(writer.finish().to_vec())
}

#[test]
fn keys_are_left_out_unless_they_are_exposed() {
    let mut buffer = [0; 512];
    let image = Image::new(image(&mut buffer));
    let records = image.records().map(Result::unwrap).collect::<Vec<_>>();
    let shown = serde_json::to_value(&records).unwrap();
    assert_eq!(
        shown[0],
        json!({
            "offset": 0, "type": 2, "type_name": "PRIV_KEY", "subtype": 0, "flags": 0, "storage": "plain", "length": 9,
            "crc_ok": true,
        })
    );
    let name = |record: &Value| record["type_name"].as_str().unwrap().to_owned();
    let names = shown.as_array().unwrap().iter().map(name).collect::<Vec<_>>();
    assert_eq!(names, ["PRIV_KEY", "HMAC_ECDSA_KEY_SALT", "PRIV_KEY", "INTEGRITY"]);
    assert_eq!(shown[1]["data"], "07".repeat(32));
    assert_eq!(
        (&shown[2]["storage"], &shown[2]["data"]),
        (&json!("hmac-derived"), &json!(""))
    );
    let exposed = records.iter().map(|record| record.expose()).collect::<Vec<_>>();
    assert_eq!(serde_json::to_value(exposed).unwrap()[0]["data"], "300702010104021234");
}

#[test]
fn exposed_records_make_the_image_again() {
    let mut buffer = [0; 512];
    let bytes = image(&mut buffer).to_vec();
    let exposed = Image::new(&bytes)
        .records()
        .map(|record| record.unwrap().expose())
        .collect::<Vec<_>>();
    let read = specs(serde_json::to_value(exposed).unwrap()).unwrap();
    assert_eq!(write(&read).unwrap(), bytes);
    assert!(!format!("{read:?}").contains("1234"));
}

#[test]
fn a_digest_is_computed_and_a_file_is_left_to_the_caller() {
    let read =
        specs(json!([{"type": 51, "subtype": 3, "data": "0A0b"}, {"type_name": "INTEGRITY", "subtype": 0}])).unwrap();
    let written = write(&read).unwrap();
    assert!(Image::new(&written).verify_integrity().unwrap());
    assert_eq!(
        Image::new(&written)
            .find(RecordType::USER_DATA_1, Subtype::new(3).unwrap())
            .unwrap()
            .unwrap()
            .data(),
        [10, 11]
    );

    let mut file = specs(json!([{"type_name": "DEV_CERT", "file": "dac.der"}])).unwrap();
    assert_eq!((file[0].subtype, file[0].flags), (Some(0), Flags::PLAIN));
    assert!(matches!(&file[0].source, RecordSource::File(name) if name == "dac.der"));
    assert_eq!(write(&file).unwrap_err(), Error::SourceIsFile);
    file[0].source = RecordSource::Data(vec![0x30, 0x00].into());
    assert_eq!(write(&file).unwrap().len(), 32);
}

#[test]
fn a_wrong_subtype_of_a_digest_writes_nothing() {
    let read =
        specs(json!([{"type": 51, "subtype": 0, "data": ""}, {"type_name": "INTEGRITY", "subtype": 4}])).unwrap();
    let mut buffer = [0; 512];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    read[0].write(&mut writer).unwrap();
    let before = writer.as_bytes().len();
    assert_eq!(
        read[1].write(&mut writer).unwrap_err(),
        Error::IntegritySubtype { stated: 4, next: 0 }
    );
    assert_eq!(writer.as_bytes().len(), before);
}

#[test]
fn contradictory_or_unknown_members_are_rejected_without_data() {
    for (record, reason) in [
        (json!("5a5a"), "is not an object"),
        (json!(5), "is not an object"),
        (json!(null), "is not an object"),
        (json!(["5a5a"]), "is not an object"),
        (json!({"subtype": 0, "data": "5a5a"}), "type is missing"),
        (
            json!({"type": 1, "type_name": "CA_CERT", "subtype": 0, "data": "5a5a"}),
            "type and type_name do not agree",
        ),
        (
            json!({"type_name": "PRIVATE", "subtype": 0, "data": "5a5a"}),
            "type_name is unknown",
        ),
        (
            json!({"type": 256, "subtype": 0, "data": "5a5a"}),
            "type is not a number in the range 0 to 255",
        ),
        (
            json!({"type": 51, "subtype": -1, "data": "5a5a"}),
            "subtype is not a number in the range 0 to 255",
        ),
        (
            json!({"type": 51, "subtype": 0.5, "data": "5a5a"}),
            "subtype is not a number in the range 0 to 255",
        ),
        (
            json!({"type": 51, "subtype": null, "data": "5a5a"}),
            "subtype is not a number in the range 0 to 255",
        ),
        (json!({"type": 51, "data": "5a5a"}), "subtype is missing"),
        (
            json!({"type": 51, "subtype": 0}),
            "data is missing (dump omits keys without --show-keys)",
        ),
        (
            json!({"type": 51, "subtype": 0, "data": "5a5"}),
            "data is not pairs of hexadecimal digits",
        ),
        (
            json!({"type": 51, "subtype": 0, "data": "5a5g"}),
            "data is not pairs of hexadecimal digits",
        ),
        (
            json!({"type": 51, "subtype": 0, "data": ["5a5a"]}),
            "data is not pairs of hexadecimal digits",
        ),
        (
            json!({"type": 51, "subtype": 0, "data": {"5a": "5a"}}),
            "data is not pairs of hexadecimal digits",
        ),
        (
            json!({"type": 51, "subtype": 0, "data": "5a5a", "file": "a"}),
            "has both file and data; only one is allowed",
        ),
        (json!({"type": 51, "subtype": 0, "file": true}), "file is not a string"),
        (
            json!({"type": 51, "subtype": 0, "data": "5a5a", "length": 3}),
            "length is 3, but data has 2 bytes",
        ),
        (
            json!({"type": 51, "subtype": 0, "data": "5a5a", "storage": "none"}),
            "storage is unknown",
        ),
        (
            json!({"type": 2, "subtype": 0, "data": "5a5a", "flags": 8, "storage": "plain"}),
            "flags and storage do not agree",
        ),
        (
            json!({"type": 51, "subtype": 0, "data": "5a5a", "note": 1}),
            "has an unknown member; allowed: offset, type, type_name, subtype, flags, storage, length, crc_ok, data, file",
        ),
    ] {
        let said = serde_json::from_value::<RecordSpec>(record.clone())
            .unwrap_err()
            .to_string();
        assert_eq!(said, reason, "{record}");
    }
}
