//! Partition tables: CSV and binary.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/naive.rs"]
mod naive;

use esp_flash_image::{
    BootScheme, FlashSize, Partition, PartitionTable, PartitionType, TableError, TableErrorKind, TableOptions,
};
use hex_literal::hex;
use md5::{Digest, Md5};
use proptest::prelude::*;
use sha2::Sha256;

fn csv(text: &str) -> Result<PartitionTable, TableError> {
    PartitionTable::from_csv(text, &TableOptions::new())
}

/// Every allowed form of a cell; the binary form of `gen_esp32part.py` (esp-idf-defs 0.1.7) is given by its SHA-256.
const FORMS: &str = "# Name, Type, SubType, Offset, Size, Flags\n\
    nvs,data,nvs,,24K\n  phy_init , DATA , Phy ,,0x1000,\n\n   # comment\n\
    factory,app,factory,,1M,encrypted\nota_0,0,16,,0x100_000\ntee,app,tee_1,,64 k\ncore,data,coredump,,1m\n\
    custom,0x40,0b11,,4K,encrypted:readonly,more,cells\nlast,data,,,-8M\n";

#[test]
fn every_form_of_a_cell_is_read_as_by_the_generator() {
    let table = csv(FORMS).unwrap();
    let rows: Vec<_> = table.partitions().iter().map(ToString::to_string).collect();
    assert_eq!(
        rows,
        [
            "nvs at 0x9000 to 0xf000",
            "phy_init at 0xf000 to 0x10000",
            "factory at 0x10000 to 0x110000",
            "ota_0 at 0x110000 to 0x210000",
            "tee at 0x210000 to 0x220000",
            "core at 0x220000 to 0x320000",
            "custom at 0x320000 to 0x321000",
            "last at 0x321000 to 0x800000",
        ]
    );
    let custom = table.find("custom").unwrap();
    assert_eq!(
        (custom.kind(), custom.subtype(), custom.subtype_name()),
        (PartitionType::Custom(0x40), 3, None)
    );
    assert!(custom.is_encrypted() && custom.is_read_only());
    assert_eq!(custom.line(), 10);
    let last = table.find("last").unwrap();
    assert_eq!((last.subtype(), last.subtype_name()), (6, Some("undefined")));
    assert_eq!(
        (table.find("ota_0").unwrap().ota_slot(), table.ota_slots()),
        (Some(0), 1)
    );
    // The subtype after the last slot's is that of a test app.
    let ends = csv("last,app,ota_15,0x10000,1M\ntest,app,test,,1M\n").unwrap();
    assert_eq!(
        ["last", "test"].map(|label| ends.find(label).unwrap().ota_slot()),
        [Some(15), None]
    );
    assert_eq!(Sha256::digest(table.encode())[..], FORMS_SHA256);
    assert_eq!(table.to_csv(), FORMS_TO_CSV);
    assert_eq!(csv(&FORMS.replace('\n', "\r\n")).unwrap(), table);
    assert_eq!(
        PartitionTable::read(format!("\u{feff}{FORMS}").as_bytes(), &TableOptions::new()).unwrap(),
        table
    );
}

const FORMS_SHA256: [u8; 32] = hex!("6b9266e80c4da1717f34162eb3b9ab99680ee0be5093995f8b0d10b50274d47e");
const FORMS_TO_CSV: &str = "# ESP-IDF Partition Table\n\
    # Name, Type, SubType, Offset, Size, Flags\n\
    nvs,data,nvs,0x9000,24K,\n\
    phy_init,data,phy,0xf000,4K,\n\
    factory,app,factory,0x10000,1M,encrypted\n\
    ota_0,app,ota_0,0x110000,1M,\n\
    tee,app,tee_1,0x210000,64K,\n\
    core,data,coredump,0x220000,1M,\n\
    custom,64,3,0x320000,4K,encrypted:readonly\n\
    last,data,undefined,0x321000,4988K,\n\
    ";

/// By esp-idf-defs 0.1.7; see `data/README.md`.
#[test]
fn inputs_refused_by_the_generator_are_refused_with_the_line() {
    let cases = [
        (
            "a,data,nvs,0x8000,0x3000",
            "line 1: the offset 0x8000 of a is before 0x9000, the end of the partition table",
        ),
        (
            "a,data,nvs,,0x3000\nb,data,phy,0xb000,4K",
            "line 2: the offset 0xb000 of b is before 0xc000, the end of the previous partition",
        ),
        (
            "a,data,nvs,0x20000,0x3000\nb,data,phy,0x9000,4K",
            "line 2: the offset 0x9000 of b is before 0x23000, the end of the previous partition",
        ),
        (
            "a,app,factory,0x11000,1M",
            "line 1: the offset 0x11000 of a is not a multiple of 0x10000",
        ),
        (
            "a,data,nvs,0x9001,0x3000",
            "line 1: the offset 0x9001 of a is not a multiple of 0x1000",
        ),
        (
            "a,app,factory,,0x100100",
            "line 1: the size 0x100100 of a is not a multiple of 0x1000",
        ),
        ("a,app,,,1M", "line 1: an app needs a subtype, such as factory or ota_0"),
        ("a,,nvs,,4K", "line 1: a partition has no type"),
        ("a", "line 1: a partition has no type"),
        (
            "a,apps,factory,,1M",
            "line 1: the type \"apps\" is not app, data, bootloader, partition_table or a number in the range 0 to 254",
        ),
        (
            "a,256,0,,4K",
            "line 1: the type \"256\" is not app, data, bootloader, partition_table or a number in the range 0 to 254",
        ),
        (
            "a,data,factory,,4K",
            "line 1: the subtype \"factory\" is neither a name of this type nor a number in the range 0 to 254",
        ),
        (
            "a,app,ota_16,,1M",
            "line 1: the subtype \"ota_16\" is neither a name of this type nor a number in the range 0 to 254",
        ),
        (
            "a,data,010,,4K",
            "line 1: the subtype \"010\" is neither a name of this type nor a number in the range 0 to 254",
        ),
        ("a,data,nvs,0x9000,", "line 1: a has no size"),
        (
            "a,data,nvs,x,24K",
            "line 1: the offset \"x\" must be empty or a number of bytes below 4 GiB",
        ),
        (
            "a,data,nvs,,24G",
            "line 1: the size \"24G\" is not a number of bytes below 4 GiB, such as 0x6000, 24K or 1M",
        ),
        (
            "a,data,nvs,,24K,crypted",
            "line 1: unknown flag \"crypted\"; allowed: encrypted, readonly, or both separated by a colon",
        ),
        (
            "a,data,nvs,,24K,encrypted # keys",
            "line 1: unknown flag \"encrypted # keys\"; allowed: encrypted, readonly, or both separated by a colon",
        ),
        (
            "a,data,nvs,,24K\n\na,data,phy,,4K",
            "line 3: duplicate name 'a', first used in line 1",
        ),
        (
            "a,data,nvs,,0x2000",
            "line 1: a has 0x2000 bytes; an NVS partition needs at least 0x3000 bytes or the flag readonly",
        ),
        ("a,data,ota,,0x1000", "line 1: a has 0x1000 bytes; otadata needs 0x2000"),
        (
            "a,data,ota,,0x2000\nb,data,0,,0x2000",
            "line 2: b is a second otadata partition; the first is in line 1",
        ),
        (
            "a,data,tee_ota,,0x3000",
            "line 1: a has 0x3000 bytes; otadata needs 0x2000",
        ),
        (
            "a,data,ota,,0x2000,readonly",
            "line 1: a is always written by firmware and cannot be readonly",
        ),
        (
            "a,data,coredump,,64K,encrypted:readonly",
            "line 1: a is always written by firmware and cannot be readonly",
        ),
        (
            "a,bootloader,primary,N/A,N/A",
            "line 1: a row of the type bootloader needs the offset of the chip's bootloader",
        ),
        ("a;data;nvs;;24K", "line 1: a partition has no type"),
        // The tool raises a Python exception.
        (
            "a,data,fat,0x10000,-0x9000",
            "line 1: a begins at 0x10000 and would end at 0x9000",
        ),
        (
            "a,data,fat,0xFFFFF000,4K\nb,data,fat,,4K",
            "line 2: b with 0x0 bytes at 0xffffffff ends after 4 GiB",
        ),
        // The tool accepts these.
        ("a,data,fat,,-0x9000", "line 1: a has no bytes"),
        (
            "a,data,fat,,0xFFFFFFFF",
            "line 1: a with 0xffffffff bytes at 0x9000 ends after 4 GiB",
        ),
        (
            "abcdefghijklmnopq,data,nvs,,24K",
            "line 1: the name abcdefghijklmnopq is too long: 17 bytes; at most 16 are allowed",
        ),
        (",data,nvs,,24K", "line 1: a partition has no name"),
        ("a,data,fat,,0", "line 1: a has no bytes"),
        (
            "a,255,0,,4K",
            "line 1: the type \"255\" is not app, data, bootloader, partition_table or a number in the range 0 to 254",
        ),
        ("# nothing\n", "the table has no partitions"),
        (
            "$HOME,data,nvs,,24K",
            "line 1: environment variables ($) are not supported: only ESP-IDF's build expands them",
        ),
        (
            "# a\u{2028}b,data,nvs,,24K",
            "line 1: a line break that is neither LF nor CRLF",
        ),
        (
            "a,data,nvs,,24K\rb,data,phy,,4K",
            "line 1: a line break that is neither LF nor CRLF",
        ),
    ];
    for (text, sentence) in cases {
        assert_eq!(csv(text).unwrap_err().to_string(), sentence, "{text}");
    }
    println!("{} cases ran", cases.len());
}

/// The tool truncates both to 16 bytes, which makes them equal.
#[test]
fn long_names_are_refused_instead_of_cut() {
    let error = csv("factory_settings_1,data,nvs,,24K\nfactory_settings_2,data,nvs,,24K\n").unwrap_err();
    assert!(matches!(error.kind(), TableErrorKind::LabelTooLong { .. }), "{error}");
    assert_eq!(error.line(), Some(1));
    let table = csv("factory_settings,data,nvs,,24K\n").unwrap();
    assert_eq!(table.encode()[12..28], *b"factory_settings");
    assert_eq!(PartitionTable::decode(&table.encode()).unwrap(), table);
}

/// The tool accepts them, and erasing the last sector would erase bytes of the next partition.
#[test]
fn sizes_of_partial_sectors_are_named() {
    let table = csv("a,data,fat,,0x1100\nb,data,fat,,4K\n").unwrap();
    assert_eq!(table.partial_sectors().map(Partition::label).collect::<Vec<_>>(), ["a"]);
    assert_eq!(table.find("b").unwrap().offset(), 0xB000);
}

#[test]
fn options_are_those_of_the_generator() {
    let options = TableOptions::new;
    let v1 = options().with_secure_boot(BootScheme::V1);
    let text = "a,app,factory,0x10000,0x101000\n";
    let error = PartitionTable::from_csv(text, &v1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1: the size 0x101000 of a is not a multiple of 0x10000"
    );
    assert!(PartitionTable::from_csv(text, &options().with_secure_boot(BootScheme::V2Rsa)).is_ok());

    let text = "a,data,fat,0x1F0000,0x20000\n";
    let small = options().with_flash_size("2MB".parse().unwrap());
    let error = PartitionTable::from_csv(text, &small).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1: a at 0x1f0000 to 0x210000 does not fit a flash of 2MB"
    );
    assert!(PartitionTable::from_csv(text, &options().with_flash_size(FlashSize::new(0x21_0000).unwrap())).is_ok());

    let table = PartitionTable::from_csv("a,data,nvs,,24K\n", &options().with_offset(0xC000)).unwrap();
    assert_eq!((table.offset(), table.partitions()[0].offset()), (0xC000, 0xD000));
    // The same binary form is wrong for a table at another offset.
    let error = PartitionTable::read(&table.encode(), &options().with_offset(0xD000)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "row 1: the offset 0xd000 of a is before 0xe000, the end of the partition table"
    );
}

/// Offsets and sizes come from the options, not from the cells.
#[test]
fn bootloaders_and_tables_get_their_places_from_the_options() {
    let text = "boot,bootloader,primary,N/A,N/A\npt,partition_table,primary,N/A,N/A\nnvs,data,nvs,,24K\n\
                recovery,bootloader,recovery,,\nboot_ota,bootloader,ota,,\npt_ota,partition_table,ota,,\n";
    let options = TableOptions::new()
        .with_primary_bootloader_offset(0x1000)
        .with_recovery_bootloader_offset(0x20_0000);
    let table = PartitionTable::from_csv(text, &options).unwrap();
    let rows: Vec<_> = table.partitions().iter().map(ToString::to_string).collect();
    assert_eq!(
        rows,
        [
            "boot at 0x1000 to 0x8000",
            "pt at 0x8000 to 0x9000",
            "nvs at 0x9000 to 0xf000",
            "recovery at 0x200000 to 0x207000",
            "boot_ota at 0x207000 to 0x20e000",
            "pt_ota at 0x20e000 to 0x20f000",
        ]
    );
    assert_eq!(
        PartitionTable::read(&table.encode(), &options).unwrap().encode(),
        table.encode()
    );
    let without = TableOptions::new().with_primary_bootloader_offset(0x1000);
    let error = PartitionTable::from_csv(text, &without).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 4: a row of the subtype recovery needs the offset of the recovery bootloader"
    );
    let after = TableOptions::new().with_primary_bootloader_offset(0x9000);
    let error = PartitionTable::from_csv(text, &after).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1: the bootloader at 0x9000 is not before the table at 0x8000"
    );
}

#[test]
fn spreadsheets_are_read_when_asked_for() {
    let options = TableOptions::new().with_spreadsheet_csv();
    let expected = csv("nvs,data,nvs,,24K,encrypted\nphy,data,phy,,4K,\n")
        .unwrap()
        .encode();
    for text in [
        "nvs;data;nvs;;24K;encrypted # keys\r\nphy;data;phy;;4K;\r\n",
        "sep=;\nnvs;data;nvs;;24K;encrypted\nphy;data;phy;;4K\n",
        "nvs\tdata\tnvs\t\t24K\tencrypted : \nphy\tdata\tphy\t\t4K\n",
        "# Name, Type\nnvs,data,nvs,,24K,encrypted # ; keys\nphy,data,phy,,4K\n",
    ] {
        assert_eq!(
            PartitionTable::from_csv(text, &options).unwrap().encode(),
            expected,
            "{text}"
        );
        assert!(csv(text).is_err(), "{text}");
    }
}

const NVS: naive::Row<'_> = ("nvs", 1, 2, 0x9000, 0x6000, 0);
const APP: naive::Row<'_> = ("factory", 0, 0, 0x1_0000, 0x10_0000, 0);

#[test]
fn damaged_binaries_are_refused() {
    let good = naive::table(&[NVS, APP], true);
    let plain = naive::table(&[NVS, APP], false);
    assert!(PartitionTable::decode(&good).is_ok() && PartitionTable::decode(&plain).is_ok());
    // Any length that includes the row of FF is accepted; secure boot uses the bytes after it.
    assert!(PartitionTable::decode(&good[..128]).is_ok());
    let mut signed = good.clone();
    signed.extend([0; 68]);
    assert!(PartitionTable::decode(&signed).is_ok());
    let change = |table: &[u8], at: usize, value: u8| {
        let mut bytes = table.to_vec();
        bytes[at] = value;
        bytes
    };
    let cases = [
        (
            change(&good, 5, 1),
            "row 3: the MD5 of the table is wrong: the table is damaged",
        ),
        (
            change(&good, 95, 0),
            "row 3: the MD5 of the table is wrong: the table is damaged",
        ),
        (
            change(&good, 70, 0),
            "row 3: the MD5 row is malformed or is not the last row",
        ),
        (
            change(&good, 96, 0xAA),
            "row 4: the MD5 row is malformed or is not the last row",
        ),
        (
            change(&good, 0xBFF, 0),
            "the byte at 0xbff, after the end of the table, is not 0xff",
        ),
        (good[..96].to_vec(), "the table has no end marker (a row of FF)"),
        (
            good[..127].to_vec(),
            "the table ends inside a row: 127 bytes are not a multiple of 32",
        ),
        (
            change(&plain, 32, 0),
            "row 2: begins with 00 50, expected AA 50 or EB EB",
        ),
        (
            change(&plain, 2, 0xFF),
            "row 1: the type \"255\" is not app, data, bootloader, partition_table or a number in the range 0 to 254",
        ),
        (
            change(&plain, 3, 0xFF),
            "row 1: the subtype \"255\" is neither a name of this type nor a number in the range 0 to 254",
        ),
        (
            change(&plain, 12, 0xFF),
            "row 1: the name is not UTF-8 padded with zeros",
        ),
        (change(&plain, 20, 1), "row 1: the name is not UTF-8 padded with zeros"),
        (
            change(&plain, 12, b','),
            "row 1: the name \",vs\" has a comma, a dollar sign, a control character, a leading or trailing space, or a leading #",
        ),
        (
            change(&plain, 28, 4),
            "row 1: the flags 0x4 have bits other than 1 (encrypted) and 2 (readonly)",
        ),
        (
            change(&plain, 5, 0x80),
            "row 1: the offset 0x8000 of nvs is before 0x9000, the end of the partition table",
        ),
        (
            change(&plain, 9, 0x80),
            "row 2: nvs at 0x9000 to 0x11000 and factory at 0x10000 to 0x110000 overlap",
        ),
        (naive::table(&[], true), "neither"),
        (
            naive::table(&[NVS, NVS], true),
            "row 2: duplicate name 'nvs', first used in line 1",
        ),
    ];
    for (bytes, sentence) in cases {
        let error = PartitionTable::decode(&bytes).unwrap_err();
        let is_whole = sentence == "neither" && error.to_string() == "the table has no partitions";
        assert!(is_whole || error.to_string() == sentence, "{error}");
    }
}

#[test]
fn rows_of_a_binary_may_be_in_any_order() {
    let table = PartitionTable::decode(&naive::table(&[APP, NVS], true)).unwrap();
    assert_eq!(
        table.partitions().iter().map(Partition::line).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(table.encode(), naive::table(&[APP, NVS], true));
}

#[test]
fn tables_have_room_for_94_partitions_and_an_md5() {
    let labels: Vec<_> = (0..96).map(|index| format!("p{index}")).collect();
    let text = |count: usize| {
        labels[..count]
            .iter()
            .map(|label| format!("{label},data,0x40,,4K\n"))
            .collect::<String>()
    };
    for (md5, limit) in [(true, 94), (false, 95)] {
        let options = if md5 {
            TableOptions::new()
        } else {
            TableOptions::new().without_md5()
        };
        let table = PartitionTable::from_csv(&text(limit), &options).unwrap();
        assert_eq!((table.has_md5(), table.encode().len()), (md5, PartitionTable::LEN));
        assert_eq!(
            PartitionTable::decode(&table.encode()).unwrap().encode(),
            table.encode()
        );
        let error = PartitionTable::from_csv(&text(limit + 1), &options).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the table has {} partitions; at most {limit} fit into 0xc00 bytes",
                limit + 1
            )
        );
    }
}

#[test]
fn files_that_are_neither_form_are_reported() {
    let read = |bytes: &[u8]| {
        PartitionTable::read(bytes, &TableOptions::new())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        read(b"nvs,\xFF"),
        "neither a binary partition table nor text: the byte at 4 is not UTF-8"
    );
    assert_eq!(read(b"\xFF\xFEn\0"), "the text is UTF-16: save it as UTF-8");
    assert_eq!(read(b""), "the table has no partitions");
}

/// The partitions that the bootloader encrypts when it enables flash encryption.
#[test]
fn partitions_that_are_encrypted_without_the_flag_are_known() {
    let text = "nvs,data,nvs,,24K\nkeys,data,nvs_keys,,4K\nphy,data,phy,,4K\nota,data,ota,,8K\ntee,data,tee_ota,,8K\n\
                fat,data,fat,,4K,encrypted\napp,app,factory,,1M\n";
    let table = csv(text).unwrap();
    let encrypted = table
        .partitions()
        .iter()
        .filter(|partition| partition.is_encrypted_with_flash());
    assert_eq!(
        encrypted.map(Partition::label).collect::<Vec<_>>(),
        ["keys", "ota", "tee", "fat", "app"]
    );
}

fn rows() -> impl Strategy<Value = Vec<(String, u8, u8, u32, u32, u32)>> {
    let row = (
        "[a-z_][a-z0-9_ ]{0,14}[a-z]",
        0..=0xFE_u8,
        0..=0xFE_u8,
        0..4_u32,
        1..64_u32,
        0..4_u32,
    );
    proptest::collection::vec(row, 1..20).prop_map(|rows| {
        let mut end = 0x9000_u32;
        let mut placed: Vec<(String, u8, u8, u32, u32, u32)> = Vec::new();
        for (label, kind, subtype, gap, sectors, flags) in rows {
            let kind = if kind < 0x20 { kind % 2 } else { kind };
            let is_special = kind == 1 && matches!(subtype, 0 | 2 | 3 | 0x90);
            if is_special || placed.iter().any(|(other, ..)| *other == label) {
                continue;
            }
            let offset = (end + 0x1000 * gap).next_multiple_of(if kind == 0 { 0x1_0000 } else { 0x1000 });
            placed.push((label, kind, subtype, offset, 0x1000 * sectors, flags));
            end = offset + 0x1000 * sectors;
        }
        placed
    })
}

proptest! {
    #[test]
    fn tables_are_written_as_by_the_naive_writer(rows in rows(), md5 in any::<bool>()) {
        prop_assume!(!rows.is_empty());
        let borrowed: Vec<_> = rows.iter().map(|(a, b, c, d, e, f)| (a.as_str(), *b, *c, *d, *e, *f)).collect();
        let expected = naive::table(&borrowed, md5);
        let flag = |flags: u32| ["", "encrypted", "readonly", "readonly:encrypted"][usize::try_from(flags).unwrap()];
        let text: String = rows.iter().map(|(a, b, c, d, e, f)| format!("{a},{b},{c},{d},{e},{}\n", flag(*f))).collect();
        let options = if md5 { TableOptions::new() } else { TableOptions::new().without_md5() };
        let table = PartitionTable::from_csv(&text, &options).unwrap();
        prop_assert_eq!(&table.encode(), &expected);
        let decoded = PartitionTable::decode(&expected).unwrap();
        prop_assert_eq!(&decoded.encode(), &expected);
        prop_assert_eq!(PartitionTable::from_csv(&table.to_csv(), &options).unwrap().encode(), expected);
        if md5 {
            let mut rows = Md5::new();
            rows.update(&table.encode()[..32 * table.partitions().len()]);
            prop_assert_eq!(&table.encode()[32 * table.partitions().len() + 16..][..16], &rows.finalize()[..]);
        }
    }

    #[test]
    fn any_text_is_read_without_panic(text in "([a-z0-9,;:#$ -]{0,30}\n){0,6}") {
        if let Ok(table) = PartitionTable::from_csv(&text, &TableOptions::new()) {
            prop_assert_eq!(PartitionTable::decode(&table.encode()).unwrap().encode(), table.encode());
        }
    }
}

#[test]
fn flash_sizes_have_a_unit_or_are_bytes() {
    for (text, bytes) in [
        ("4MB", 0x40_0000),
        ("4m", 0x40_0000),
        ("512kb", 0x8_0000),
        ("0x400000", 0x40_0000),
        ("4194304", 0x40_0000),
    ] {
        assert_eq!(text.parse::<FlashSize>().map(u32::from), Ok(bytes), "{text}");
    }
    // 0x1000B is 65547 bytes, which is no multiple of a sector.
    for text in [
        "", "B", "MB", "4096B", "0x1000B", "4GB", "4MBB", "-4MB", "+4MB", "4.5MB", "4 MB", " 4MB", "4M ", "0x4MB",
        "0b100MB", "1_024KB",
    ] {
        assert!(text.parse::<FlashSize>().is_err(), "{text}");
    }
}
