//! Batches: a configuration and the values of every device, as ESP-IDF's `mfg_gen.py` reads them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_nvs_image::{
    BlobVersion, CsvBatch, CsvError, CsvFile, CsvReason, Error, Key, Number, OwnedValue, PartitionSize, decode,
    encode_csv,
};

fn no_files(_: &str) -> Result<Vec<u8>, String> {
    Err("no files here".into())
}

type Device = Result<Vec<(String, OwnedValue)>, CsvError>;

/// The entries of each device as `namespace/key`, or why there are none.
fn devices(config: &str, values: &str) -> Result<Vec<Device>, CsvError> {
    let config = CsvFile {
        name: "config.csv",
        text: config,
    };
    let values = CsvFile {
        name: "values.csv",
        text: values,
    };
    let batch = CsvBatch::new(config, values, |path: &str| match path {
        "bytes" => Ok(vec![0xFF, 0]),
        _ => Err("no such file".into()),
    })?;
    Ok(batch
        .map(|device| {
            let rows = device?.rows.into_iter();
            let entries = rows.filter_map(|row| row.entry.map(|(key, value)| (row.namespace, key, value)));
            Ok(entries
                .map(|(namespace, key, value)| (format!("{namespace}/{key}"), value))
                .collect())
        })
        .collect())
}

/// The values of devices that are all in order.
fn values(config: &str, values: &str) -> Vec<Vec<OwnedValue>> {
    let devices = devices(config, values).unwrap().into_iter();
    devices
        .map(|device| device.unwrap().into_iter().map(|(_, value)| value).collect())
        .collect()
}

fn refused(config: &str, values: &str) -> CsvError {
    match devices(config, values) {
        Err(error) => error,
        Ok(devices) => devices.into_iter().find_map(Result::err).unwrap(),
    }
}

const CONFIG: &str = "app,namespace,\nkey,data,hex2bin\nmodel,data,string,REPEAT\nnumber,data,i32\n";

#[test]
fn each_row_is_a_device() {
    let found = devices(
        "a,namespace,\nx,data,i16\nb,namespace,\ny,file,binary\n",
        "x,y\n-3,bytes\n4,bytes\n",
    );
    let bytes = OwnedValue::Blob(vec![0xFF, 0]);
    let device = |number| {
        Ok(vec![
            ("a/x".into(), OwnedValue::Number(Number::I16(number))),
            ("b/y".into(), bytes.clone()),
        ])
    };
    assert_eq!(found, Ok(vec![device(-3), device(4)]));
}

#[test]
fn repeated_value_is_the_first_device_s() {
    let expected = [1, 2, 3].map(|n| {
        let (key, model) = (OwnedValue::Blob(vec![n]), OwnedValue::Str("A-1".into()));
        vec![key, model, OwnedValue::Number(Number::I32(n.into()))]
    });
    let found = values(CONFIG, "key,model,number\n01,A-1,1\n02,,2\n03,A-1,3\n");
    assert_eq!(found, expected);
    let error = refused(CONFIG, "key,model,number\n01,A-1,1\n02,A-2,2\n");
    let key = Key::new("model").unwrap();
    assert_eq!(error.reason, CsvReason::RepeatDiffers { key });
    assert_eq!((error.file.as_str(), error.line, error.column), ("values.csv", 3, 4));
    assert!(!error.to_string().contains("A-"), "{error}");
}

#[test]
fn nothing_to_repeat_stays_nothing() {
    let config = "app,namespace,\nmodel,data,string,REPEAT\nn,data,u8\n";
    let empty = || OwnedValue::Str(String::new());
    assert_eq!(
        values(config, "model,n\n,1\n,2\n"),
        [
            [empty(), OwnedValue::Number(Number::U8(1))],
            [empty(), OwnedValue::Number(Number::U8(2))]
        ]
    );
    assert!(
        refused(config, "model,n\n,1\nA,2\n")
            .to_string()
            .starts_with("values.csv:3:1: ")
    );
}

#[test]
fn columns_stand_in_any_order_beside_others() {
    let text = "note,number,model,key\nfirst,1,A-1,01\n\"namespace, REPEAT\",2,,02\n";
    assert_eq!(
        values(CONFIG, text),
        values(CONFIG, "key,model,number\n01,A-1,1\n02,,2\n")
    );
}

#[test]
fn key_of_two_namespaces_has_two_columns() {
    let config = "a,namespace,\nx,data,u8\nb,namespace,\nx,data,u8,REPEAT\n";
    let found = values(config, "x,x\n1,2\n3,\n");
    let numbers = |a, b| vec![OwnedValue::Number(Number::U8(a)), OwnedValue::Number(Number::U8(b))];
    assert_eq!(found, [numbers(1, 2), numbers(3, 2)]);
    let key = Key::new("x").unwrap();
    assert_eq!(refused(config, "x\n1\n").reason, CsvReason::KeyColumnMissing { key });
    let error = refused(config, "x,x,x\n1,2,3\n");
    assert_eq!((error.column, error.reason), (5, CsvReason::KeyColumnRepeated { key }));
}

#[test]
fn words_in_cells_are_nothing_but_cells() {
    let config = "app,namespace,\nnamespace,data,string\nREPEAT,data,string\n";
    let found = values(config, "namespace,REPEAT\nnamespace,REPEAT\n#1,\"a\n\n#b\"\n");
    let texts = |a: &str, b: &str| vec![OwnedValue::Str(a.into()), OwnedValue::Str(b.into())];
    assert_eq!(found, [texts("namespace", "REPEAT"), texts("#1", "a\n\n#b")]);
}

#[test]
fn lines_of_blanks_and_comments_of_the_configuration_are_left_out() {
    let config = "\u{feff}# of the app\r\n\r\napp,namespace,\r\n  \r\nx,data,u8\r\n";
    let found = values(config, "\u{feff}x\r\n1\r\n \t\r\n\r\n2");
    assert_eq!(
        found,
        [[OwnedValue::Number(Number::U8(1))], [OwnedValue::Number(Number::U8(2))]]
    );
}

#[test]
fn bad_device_does_not_stop_the_others() {
    let found = devices("app,namespace,\nx,data,u8\ny,data,u8\n", "x,y\n1,2\n3,256\n4\n5,6\n").unwrap();
    let errors = found
        .iter()
        .map(|device| device.as_ref().err().map(CsvError::to_string));
    let expected = [
        None,
        Some("values.csv:3:3: not an integer in 0..=255, as u8 asks for".to_owned()),
        Some("values.csv:4:1: row has 1 cells, the header 2".to_owned()),
        None,
    ];
    assert_eq!(errors.collect::<Vec<_>>(), expected);
}

#[test]
fn errors_point_at_their_cell() {
    for (rows, place, said) in [
        ("x,data,u8", "1:1", "before any namespace"),
        ("app,namespace,\nx,data", "2:1", "no cell for the column 'encoding'"),
        ("app", "1:1", "no cell for the column 'type'"),
        ("app,namespace,\nx,dat,u8", "2:3", "data, file or namespace"),
        ("app,namespace,\nx,data,u9", "2:8", "unknown encoding"),
        ("app,namespace,\nx,data,blob_fill(1)", "2:8", "blob_fill"),
        ("app,namespace,\nx,data,u8,repeat", "2:11", "other than REPEAT"),
        ("app,namespace,\nx,data,u8,,", "2:12", "other than REPEAT"),
        ("app,namespace,\nsixteen bytes...,data,u8", "2:1", "key of 16 bytes"),
        (",namespace,", "1:1", "namespace is empty"),
        ("app,namespace,\nx,data,u8\nx,data,u8", "3:1", "in config.csv:2"),
        (
            "app,namespace,\nx,data,u8\nb,namespace,\napp,namespace,\nx,data,u8",
            "5:1",
            "in config.csv:2",
        ),
    ] {
        let error = refused(rows, "x\n1\n").to_string();
        let expected = format!("config.csv:{place}: ");
        assert!(error.starts_with(&expected) && error.contains(said), "{rows}: {error}");
    }
    for (config, values, place, said) in [
        ("x,data,u8", "", "1:1", "no column for the key 'x'"),
        ("x,data,u8", "\n\ny\n1\n", "3:1", "no column for the key 'x'"),
        ("x,data,u8", "x,y\n1\n", "2:1", "row has 1 cells, the header 2"),
        ("x,data,u8", "x\n1,2\n", "2:1", "row has 2 cells, the header 1"),
        ("x,data,u8", "y,x\n,\n", "2:2", "0..=255"),
        (
            "x,file,binary",
            "x\nnowhere\n",
            "2:1",
            "file cannot be read: no such file",
        ),
        ("x,data,u8,REPEAT", "y,x\n1,\"\"\n2,\n", "2:3", "0..=255"),
    ] {
        let error = refused(&format!("app,namespace,\n{config}\n"), values).to_string();
        let expected = format!("values.csv:{place}: ");
        assert!(
            error.starts_with(&expected) && error.contains(said),
            "{values:?}: {error}"
        );
    }
}

#[test]
fn devices_encode_as_their_own_csv_files_do() {
    let config = CsvFile {
        name: "config.csv",
        text: CONFIG,
    };
    let values = CsvFile {
        name: "values.csv",
        text: &format!("id,key,model,number\na,01,A-1,1\nb,02,,2\nc,{},,3\n", "ab".repeat(9000)),
    };
    let batch = CsvBatch::new(config, values, no_files).unwrap();
    let id = batch.column("id").unwrap();
    assert_eq!(batch.column("name"), None);
    let size = PartitionSize::new(0x3000).unwrap();
    let devices = batch.collect::<Result<Vec<_>, _>>().unwrap();
    for (device, (name, rows)) in devices.iter().zip([
        ("a", "key,data,hex2bin,01\nmodel,data,string,A-1\nnumber,data,i32,1"),
        ("b", "key,data,hex2bin,02\nmodel,data,string,A-1\nnumber,data,i32,2"),
    ]) {
        let text = format!("key,type,encoding,value\napp,namespace,,\n{rows}\n");
        let file = CsvFile {
            name: "in.csv",
            text: &text,
        };
        let expected = encode_csv(&[file], size, BlobVersion::V2, Default::default(), no_files).unwrap();
        assert_eq!(device.cell(id), Some(name));
        let image = device.encode(size, BlobVersion::V2).unwrap();
        assert!(image == expected && decode(&image).unwrap().len() == 3, "{name}");
    }
    let error = devices[2].encode(size, BlobVersion::V2).unwrap_err();
    assert_eq!(
        error.to_string(),
        "values.csv:4:3: entries do not fit into 0x3000 bytes; 0x4000 are enough"
    );
    let error = devices[2].encode(size, BlobVersion::V1).unwrap_err();
    let reason = CsvReason::Nvs(Error::BlobTooLong { len: 9000, max: 1984 });
    assert_eq!(error.reason, reason);
}

#[test]
fn values_do_not_show() {
    let config = CsvFile {
        name: "config.csv",
        text: "app,namespace,\nx,data,u8\n",
    };
    let values = CsvFile {
        name: "values.csv",
        text: "x,y\n77,20202021\n20202021,1\n",
    };
    let mut batch = CsvBatch::new(config, values, no_files).unwrap();
    let shown = format!(
        "{batch:?} {:?} {:?}",
        batch.next().unwrap().unwrap(),
        batch.next().unwrap().unwrap_err()
    );
    assert!(!shown.contains("20202021") && !shown.contains("77"), "{shown}");
}
