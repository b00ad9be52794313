//! CSV files: encoding, error positions, and formatting.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_nvs_image::{
    BlobVersion, CsvCompat, CsvError, CsvFile, CsvReason, CsvWarningKind, Error, Key, Namespace, Number, OwnedValue,
    PartitionSize, Value, csv_warnings, decode, encode_csv, encode_to_vec, read_csv, to_csv,
};
use proptest::prelude::*;

fn file(text: &str) -> CsvFile<'_> {
    CsvFile { name: "in.csv", text }
}

fn no_files(_: &str) -> Result<Vec<u8>, String> {
    Err("no files here".into())
}

fn encode(text: &str, size: u32) -> Result<Vec<u8>, CsvError> {
    let size = PartitionSize::new(size).unwrap();
    encode_csv(&[file(text)], size, BlobVersion::V2, CsvCompat::Off, no_files)
}

fn entries(text: &str) -> Vec<(String, OwnedValue)> {
    let rows = read_csv(&[file(text)], CsvCompat::Off, no_files).unwrap();
    let entries = rows
        .into_iter()
        .filter_map(|row| row.entry.map(|entry| (row.namespace, entry)));
    entries
        .map(|(namespace, (key, value))| (format!("{namespace}/{key}"), value))
        .collect()
}

#[test]
fn columns_are_in_any_order_and_others_are_ignored() {
    let text = "note,value,type,key,encoding\n,,namespace,ns,,,\nx,7,data,k,u8, ,\n";
    assert_eq!(entries(text), [("ns/k".into(), OwnedValue::Number(Number::U8(7)))]);
}

#[test]
fn repeated_namespace_row_continues_the_namespace() {
    let text =
        "key,type,encoding,value\na,namespace,,\nx,data,u8,1\nb,namespace,,\ny,data,u8,2\na,namespace,,\nz,data,u8,3\n";
    let names = entries(text).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names, ["a/x", "b/y", "a/z"]);
    let rows = read_csv(&[file(text)], CsvCompat::On, no_files).unwrap();
    assert_eq!(rows.last().unwrap().namespace.as_str(), "b", "the generator's oddity");
}

#[test]
fn namespaces_are_shared_between_files() {
    let second = CsvFile {
        name: "two.csv",
        text: "key,type,encoding,value\nx,data,u8,2\n",
    };
    let first = file("key,type,encoding,value\na,namespace,,\nx,data,u8,1\n");
    let error = read_csv(&[first, second], CsvCompat::Off, no_files).unwrap_err();
    assert_eq!(
        error.to_string(),
        "two.csv:2:1: duplicate key 'x' in its namespace; first in in.csv:3"
    );
    let none = read_csv(&[second], CsvCompat::Off, no_files).unwrap_err();
    assert_eq!(none.reason, CsvReason::NamespaceMissing);
}

#[test]
fn files_are_read_according_to_their_encoding() {
    let load = |path: &str| match path {
        "bytes" => Ok(vec![0xFF, 0]),
        "text" => Ok(b" 12 ".to_vec()),
        _ => Err("no such file".to_owned()),
    };
    let text = "key,type,encoding,value\nns,namespace,,\na,file,binary,bytes\nb,file,i8,text\nc,file,string,text\n";
    let rows = read_csv(&[file(text)], CsvCompat::Off, load).unwrap();
    let values = rows
        .into_iter()
        .filter_map(|row| row.entry)
        .map(|(_, value)| value)
        .collect::<Vec<_>>();
    assert_eq!(
        values,
        [
            OwnedValue::Blob(vec![0xFF, 0]),
            OwnedValue::Number(Number::I8(12)),
            OwnedValue::Str(" 12 ".into())
        ]
    );
    for (row, reason) in [
        ("d,file,string,bytes", CsvReason::FileNotUtf8),
        ("d,file,binary,other", CsvReason::File("no such file".into())),
    ] {
        let error = read_csv(&[file(&format!("{text}{row}\n"))], CsvCompat::Off, load).unwrap_err();
        assert_eq!((error.line, error.reason), (6, reason));
    }
}

#[test]
fn errors_point_at_their_cell() {
    for (rows, place, said) in [
        ("k,data,u8,256", "3:11", "the range 0 to 255, as required by u8"),
        ("k,data,u9,1", "3:8", "unknown encoding"),
        ("k,dat,u8,1", "3:3", "data, file or namespace"),
        ("sixteen bytes...,data,u8,1", "3:1", "key is too long: 16 bytes"),
        (",data,u8,1", "3:1", "key is empty"),
        ("k,data,u8", "3:1", "no cell for column 'value'"),
        ("k", "3:1", "no cell for column 'type'"),
        ("a,data,string,\"x\ny\"\nk,data,hex2bin,0", "5:16", "hexadecimal"),
        ("# comment\n\nk,data,base64,A", "5:15", "base64"),
        ("k,data,blob_fill(1;0x00),ab", "3:26", "blob_fill"),
        ("k,data,blob_fill(1;0),a", "3:8", "blob_fill"),
        ("k,data,u8,1\nk,data,u8,1", "4:1", "in in.csv:3"),
        (",namespace,,", "3:1", "namespace is empty"),
    ] {
        let error = encode(&format!("key,type,encoding,value\nns,namespace,,\n{rows}\n"), 0x3000).unwrap_err();
        let shown = error.to_string();
        assert!(
            shown.starts_with(&format!("in.csv:{place}: ")) && shown.contains(said),
            "{rows}: {shown}"
        );
    }
    let error = encode("key,type,value\n", 0x3000).unwrap_err();
    assert_eq!(error.reason, CsvReason::ColumnMissing { column: "encoding" });
}

#[test]
fn values_do_not_show_in_errors() {
    for row in [
        "k,data,u8,20202021",
        "k,data,hex2bin,20202021f",
        "k,data,base64,20202021f",
        "k,data,i64,0x20202021",
    ] {
        let error = encode(&format!("key,type,encoding,value\nns,namespace,,\n{row}\n"), 0x3000).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("20202021"), "{error}");
    }
}

#[test]
fn sufficient_size_is_reported() {
    let blob = "ab".repeat(20_000);
    let text = format!("key,type,encoding,value\nns,namespace,,\nk,data,hex2bin,{blob}\n");
    let error = encode(&text, 0x3000).unwrap_err();
    let needed = PartitionSize::new(0x7000).unwrap();
    let size = PartitionSize::new(0x3000).unwrap();
    assert_eq!(
        error.reason,
        CsvReason::PartitionTooSmall {
            size,
            needed: Some(needed)
        }
    );
    assert!(encode(&text, 0x6000).is_err() && encode(&text, 0x7000).is_ok());
}

#[test]
fn a_header_without_rows_is_an_empty_image_and_less_is_an_error() {
    for text in [
        "key,type,encoding,value\n",
        "\u{feff}# x\n\n key ;type;encoding;value\r\n;;;\n",
    ] {
        assert_eq!(decode(&encode(text, 0x3000).unwrap()).unwrap(), [], "{text:?}");
    }
    for text in ["", "\u{feff}", "\n\r\n", "# only this\n", ",,,\n", " \n\t\n#"] {
        let error = encode(text, 0x3000).unwrap_err();
        assert_eq!(
            (error.line, error.column, error.reason),
            (1, 1, CsvReason::HeaderMissing),
            "{text:?}"
        );
    }
    // One of several is an error, too.
    let size = PartitionSize::new(0x3000).unwrap();
    let files = [
        file("key,type,encoding,value\n"),
        CsvFile {
            name: "cut.csv",
            text: "",
        },
    ];
    let error = encode_csv(&files, size, BlobVersion::V2, CsvCompat::Off, no_files).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cut.csv:1:1: file has no header (key, type, encoding and value are needed)"
    );
}

#[test]
fn cells_without_a_column_are_rejected() {
    for (header, row, place) in [
        ("key,type,encoding,value", "k,data,string,one, two", "3:19"),
        ("key,type,encoding,value", "k,data,string,{\"a\":1,\"b\":2}", "3:22"),
        ("key,type,encoding,value", "k,data,string, \"a,b\"", "3:19"),
        ("key,type,encoding,value", "k,data,u8,1,,,x,,", "3:15"),
        ("key;type;encoding;value", "k;data;string;a;b", "3:17"),
        ("key\ttype\tencoding\tvalue", "k\tdata\tstring\ta\tb", "3:17"),
        // A column without a name does not count.
        ("key,type,encoding,value,", "k,data,u8,1,x", "3:13"),
        ("key,,type,encoding,value", "k,x,data,u8,1", "3:3"),
    ] {
        for end in ["\n", "\r\n"] {
            let separator = header.chars().find(|c| !c.is_alphanumeric()).unwrap();
            let namespace = ["ns", "namespace", "", ""].join(&separator.to_string());
            let namespace = if header.contains(",,") {
                "ns,,namespace,,".into()
            } else {
                namespace
            };
            let error = encode(&[header, &namespace, row, ""].join(end), 0x3000).unwrap_err();
            assert_eq!(error.reason, CsvReason::CellWithoutColumn, "{row}");
            assert!(
                error.to_string().starts_with(&format!("in.csv:{place}: ")),
                "{row}: {error}"
            );
        }
    }
    // Not if the column has a name, or the cell is empty.
    let text = "key,type,encoding,value,note,,\nns,namespace,,,a namespace,,\nk,data,u8,7,x,, ,,\nl,data,u8,7\n";
    assert_eq!(entries(text).len(), 2);
}

#[test]
fn duplicate_columns_are_rejected() {
    for (header, column, at) in [
        ("key,type,encoding,value,value", "value", 25),
        ("key,key,type,encoding,value", "key", 5),
        ("key;type;encoding; type ;value", "type", 19),
        ("key,type,encoding,note,value,note,encoding", "encoding", 35),
    ] {
        let error = encode(&format!("{header}\n"), 0x3000).unwrap_err();
        assert_eq!(
            (error.line, error.column, error.reason),
            (1, at, CsvReason::ColumnTwice { column })
        );
    }
    assert!(
        encode("key,note,type,note,encoding,value\n", 0x3000).is_ok(),
        "notes may"
    );
}

#[test]
fn files_of_spreadsheets_mean_the_same() {
    let comma = "key,type,encoding,value\nns,namespace,,\na,data,string,\"x,y;z\"\nb,data,blob_fill(3;0x00),q\n";
    let expected = entries(comma);
    for text in [
        "\u{feff}key;type;encoding;value\r\nns;namespace;;\r\na;data;string;\"x,y;z\"\r\nb;data;\"blob_fill(3;0x00)\";q\r\n",
        "key\ttype\tencoding\tvalue\nns\tnamespace\t\t\na\tdata\tstring\tx,y;z\nb\tdata\tblob_fill(3;0x00)\tq\n",
        "key, type, encoding, value \nns,namespace,,\na,data,string,\"x,y;z\"\nb,data,blob_fill(3;0x00),q\n,,,\n",
    ] {
        assert_eq!(entries(text), expected, "{text:?}");
    }
}

#[test]
fn unclosed_quotes_are_rejected_where_they_open() {
    for (rows, place) in [
        ("k,data,string,\"open\nl,data,u8,1\n", "3:15"),
        ("k,data,u8,1\n\n\"l,data,u8,1\n", "5:1"),
        ("k,data,string,\"open\nl,data,string,\"x\"\n", "3:15"),
        ("k,data,string,\"a\"\"\n", "3:15"),
    ] {
        let text = format!("key,type,encoding,value\nns,namespace,,\n{rows}");
        for text in [text.replace('\n', "\r\n"), text] {
            let error = encode(&text, 0x3000).unwrap_err();
            assert_eq!(error.to_string(), format!("in.csv:{place}: unclosed quote"));
        }
    }
    let header = encode("key,type,encoding,\"value\nns,namespace,,\n", 0x3000).unwrap_err();
    assert_eq!((header.line, header.reason), (1, CsvReason::UnclosedQuote));
}

#[test]
fn probable_mistakes_are_reported() {
    let text = "key,type,encoding,value\n ns,namespace,,\nk\u{200b},data,u8,1\nsta.pswd,namespace,string,x\n\
                sta.ssid,data,string,x\nk,data,u8,1\n";
    let two = CsvFile {
        name: "two.csv",
        text: "value;key;type;encoding\nx; a;data;string\n\"x;b ;data;string\n",
    };
    let warnings = |compat| {
        let found = csv_warnings(&[file(text), two], compat).into_iter();
        found.map(|w| (w.file, w.line, w.column, w.kind)).collect::<Vec<_>>()
    };
    let unseen = |name: &str, line, column| (name.to_owned(), line, column, CsvWarningKind::UnseenEdge);
    let edges = [unseen("in.csv", 2, 1), unseen("in.csv", 3, 1), unseen("two.csv", 2, 3)];
    assert_eq!(warnings(CsvCompat::On), edges);
    let mut all = edges.to_vec();
    all.insert(2, ("in.csv".into(), 4, 1, CsvWarningKind::WifiRows));
    assert_eq!(warnings(CsvCompat::Off), all);
    // Errors are not reported here.
    assert_eq!(csv_warnings(&[CsvFile { name: "cut", text: "" }], CsvCompat::Off), []);
}

fn any_value() -> impl Strategy<Value = OwnedValue> {
    prop_oneof![
        any::<i8>().prop_map(OwnedValue::from),
        any::<u64>().prop_map(OwnedValue::from),
        any::<f32>()
            .prop_filter("NaN equals nothing", |v| !v.is_nan())
            .prop_map(OwnedValue::from),
        any::<f64>()
            .prop_filter("NaN equals nothing", |v| !v.is_nan())
            .prop_map(OwnedValue::from),
        "[ -~\n\u{e9}\u{1f600}]{0,40}"
            .prop_filter("a line that readers drop is rejected", |text| !text.contains("\n#"))
            .prop_map(OwnedValue::Str),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(OwnedValue::Blob),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        values in proptest::collection::btree_map(("[ab]", "[#\",a-c ]{1,3}"), any_value(), 0..20),
    ) {
        let size = PartitionSize::new(0x10000).unwrap();
        let names = |(namespace, key): &(String, String)| (Namespace::new(namespace).unwrap(), Key::new(key).unwrap());
        let items = values.iter().map(|(name, value)| {
            let (namespace, key) = names(name);
            (namespace, key, value.as_value())
        });
        let image = encode_to_vec(size, BlobVersion::V2, items).unwrap();
        let text = to_csv(&decode(&image).unwrap()).unwrap();
        prop_assert!(encode(&text, 0x10000).unwrap() == image, "{text}");
    }

    #[test]
    fn reading_anything_never_panics(text in "[a-z0-9,\"#\n\r() ;=]{0,200}", compat in any::<bool>()) {
        let compat = if compat { CsvCompat::On } else { CsvCompat::Off };
        let text = format!("key,type,encoding,value\nns,namespace,,\n{text}");
        let _ = read_csv(&[file(&text)], compat, no_files);
        let _ = csv_warnings(&[file(&text)], compat);
    }
}

#[test]
fn lines_that_readers_drop_cannot_be_written() {
    let namespace = Namespace::new("ns").unwrap();
    let size = PartitionSize::new(0x3000).unwrap();
    for (key, text, line) in [
        ("k", "a\rb", 1),
        ("k", "a\nb\r\nc", 2),
        ("k", "one\n#two\nthree", 2),
        ("k", "\n\n#", 3),
        ("#\n#", "", 2),
    ] {
        let key = Key::new(key).unwrap();
        let image = encode_to_vec(size, BlobVersion::V2, [(namespace, key, Value::Str(text))]).unwrap();
        let error = to_csv(&decode(&image).unwrap()).unwrap_err();
        assert_eq!(error, Error::NotInCsv { namespace, key, line }, "{text:?}");
    }
    for text in ["#", "#one\n two", "a#\n #b", "\n"] {
        let entries = [(namespace, Key::new("#k").unwrap(), Value::Str(text))];
        let image = encode_to_vec(size, BlobVersion::V2, entries).unwrap();
        let csv = to_csv(&decode(&image).unwrap()).unwrap();
        let read = encode_csv(&[file(&csv)], size, BlobVersion::V2, CsvCompat::Off, no_files).unwrap();
        assert!(read == image, "{text:?}");
    }
}
