//! The partition tables of flash dumps: the one in the flash and the given one.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/device.rs"]
mod device;
#[path = "support/flash.rs"]
mod flash;

use std::fs;
use std::path::PathBuf;

use device::{file, run};
use flash::{binary_table, put};
use matter_audit::{Audit, AuditReport, FlashDump};
use matter_factory_data::{Check, Expected, Severity};
use tempfile::TempDir;

type Row = (&'static str, u8, u8, u32, u32, u32);

/// A dump of 0x18000 bytes with a device's store at 0x10000, and a table in binary form.
struct Dump {
    folder: TempDir,
    flash: Vec<u8>,
}

impl Dump {
    fn new() -> Self {
        let (folder, devices) = run(1);
        let mut flash = vec![0xFF; 0x1_8000];
        put(
            &mut flash,
            0x1_0000,
            &fs::read(file(&devices[0], "-partition.bin")).unwrap(),
        );
        Self { folder, flash }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Audits the dump with a table at an address.
    fn audit(&self, at: usize, table: &[u8], change: impl FnOnce(FlashDump) -> FlashDump) -> AuditReport {
        let mut flash = self.flash.clone();
        put(&mut flash, at, table);
        self.audit_bytes(&flash, change)
    }

    fn audit_bytes(&self, flash: &[u8], change: impl FnOnce(FlashDump) -> FlashDump) -> AuditReport {
        let dump = self.path("dump");
        fs::write(&dump, flash).unwrap();
        let audit = Audit::new(Expected::new().for_tests()).with_flash_dump(change(FlashDump::new(dump)));
        audit.execute().unwrap()
    }
}

fn texts(report: &AuditReport, check: Check, object: &str) -> Vec<String> {
    let found = report
        .findings()
        .filter(|finding| finding.check == check && finding.object == object);
    found.map(|finding| finding.text.clone()).collect()
}

fn assert_good(report: &AuditReport) {
    assert!(report.is_clean(Severity::Error), "{report:?}");
    assert!(report.devices[0].uuid.is_some(), "{report:?}");
}

const ROWS: [Row; 3] = [
    ("phy", 1, 1, 0x9000, 0x1000, 0),
    ("nvs_keys", 1, 4, 0xA000, 0x1000, 1),
    ("fctry", 1, 2, 0x1_0000, 0x6000, 0),
];

#[test]
fn the_table_in_the_flash_is_enough() {
    let dump = Dump::new();
    assert_good(&dump.audit(0x8000, &binary_table(&ROWS), |dump| dump));
    // At another address the first partition may begin earlier or later.
    for at in [0x7000_u32, 0xB000, 0xC000, 0x1_7000] {
        let rows = match at {
            0xB000.. => [("fctry", 1, 2, 0x1_0000, 0x6000, 0)].to_vec(),
            _ => [&[("first", 1, 1, 0x8000, 0x1000, 0)], &ROWS[..]].concat(),
        };
        let table = binary_table(&rows);
        let report = dump.audit(usize::try_from(at).unwrap(), &table, |dump| dump.with_table_offset(at));
        if at < 0x1_0000 {
            assert_good(&report);
        } else {
            // Partitions follow the table.
            let found = texts(&report, Check::ArtifactMalformed, "partition table");
            assert!(
                found[0].contains("row 1: the offset 0x10000 of fctry is before 0x18000"),
                "{found:?}"
            );
        }
    }
}

#[test]
fn dump_without_a_table_reports_the_reason() {
    let dump = Dump::new();
    let mut damaged = binary_table(&ROWS);
    damaged[40] ^= 1;
    let noise = (0_u32..0xC00).map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()[3]);
    let noise = noise.collect::<Vec<_>>();
    for (table, message) in [
        (&[0xFF; 0xC00][..], "none at 0x8000, where the flash is erased"),
        (
            &noise,
            "none readable at 0x8000: if the flash is encrypted, give its key",
        ),
        (&damaged, "in the dump at 0x8000: row 4: the MD5 of the table is wrong"),
    ] {
        let report = dump.audit(0x8000, table, |dump| dump);
        let found = texts(&report, Check::ArtifactMalformed, "partition table");
        assert!(found.len() == 1 && found[0].contains(message), "{report:?}");
    }
    let report = dump.audit_bytes(&dump.flash[..0x8800], |dump| dump);
    let found = texts(&report, Check::ArtifactMalformed, "partition table");
    assert!(
        found[0].contains("the dump of 0x8800 bytes ends before offset 0x8000"),
        "{report:?}"
    );
    // With a given table everything is read, and data in place of the table is reported unless it is erased.
    let table = dump.path("table");
    fs::write(&table, binary_table(&ROWS)).unwrap();
    let given = |bytes: &[u8]| dump.audit(0x8000, bytes, |dump| dump.with_table(&table));
    assert_good(&given(&[0xFF; 0xC00]));
    let encrypted = given(&noise);
    assert_good(&encrypted);
    let found = texts(&encrypted, Check::NotChecked, "partition table");
    assert!(found[0].contains("if the flash is encrypted"), "{encrypted:?}");
    let report = given(&damaged);
    assert!(
        report.devices[0].uuid.is_some() && !report.is_clean(Severity::Error),
        "{report:?}"
    );
}

#[test]
fn bootloaders_are_where_the_flash_has_them() {
    let dump = Dump::new();
    let table = dump.path("table");
    let text = "boot, bootloader, primary, N/A, N/A\ntable, partition_table, primary, N/A, N/A\n\
                phy, data, phy, 0x9000, 4K\nnvs_keys, data, nvs_keys, 0xa000, 4K, encrypted\nfctry, data, nvs, 0x10000, 24K\n";
    fs::write(&table, text).unwrap();
    let given = |bytes: &[u8]| dump.audit(0x8000, bytes, |dump| dump.with_table(&table));
    assert_good(&given(&[]));
    let own = [("boot", 2, 0, 0x2000, 0x6000, 0), ("table", 3, 0, 0x8000, 0x1000, 0)];
    assert_good(&given(&binary_table(&[&own, &ROWS[..]].concat())));
}

/// All partitions, not only those that are read.
#[test]
fn the_table_in_the_flash_has_to_be_the_given_one() {
    let dump = Dump::new();
    let table = dump.path("table");
    let text = "phy, data, phy, 0x9000, 0x1000\nnvs_keys, data, nvs_keys, 0xa000, 4K, encrypted\n\
                fctry, data, nvs, 0x10000, 0x6000\n";
    fs::write(&table, text).unwrap();
    let replaced = |at: usize, row: Row| {
        let mut rows = ROWS.to_vec();
        rows[at] = row;
        rows
    };
    for (rows, message) in [
        (ROWS.to_vec(), &[][..]),
        (
            replaced(2, ("fctry", 1, 2, 0x2_0000, 0x6000, 0)),
            &["fctry at 0x20000 to 0x26000 in the flash, fctry at 0x10000 to 0x16000 in the given table"],
        ),
        (
            replaced(2, ("nvs", 1, 2, 0x1_0000, 0x6000, 0)),
            &["no partition fctry in the flash", "no partition nvs in the given table"],
        ),
        (
            replaced(0, ("phy", 1, 1, 0x9000, 0x1000, 2)),
            &["phy with the flag readonly in the flash, phy without a flag in the given table"],
        ),
        (
            replaced(1, ("nvs_keys", 1, 4, 0xA000, 0x1000, 0)),
            &["nvs_keys without a flag in the flash, nvs_keys with the flag encrypted in the given table"],
        ),
        (
            replaced(0, ("phy", 1, 0x42, 0x9000, 0x1000, 0)),
            &["phy with type data and subtype 0x42 in the flash, \
               phy with type data and subtype phy in the given table"],
        ),
        (
            replaced(0, ("phy", 0x40, 1, 0x9000, 0x1000, 0)),
            &["phy with type 0x40 and subtype 0x01 in the flash, \
               phy with type data and subtype phy in the given table"],
        ),
        (
            [&ROWS[..], &[("more", 1, 1, 0xB000, 0x1000, 0)]].concat(),
            &["no partition more in the given table"],
        ),
        (ROWS[1..].to_vec(), &["no partition phy in the flash"]),
    ] {
        let own = binary_table(&rows);
        let report = dump.audit(0x8000, &own, |dump| dump.with_table(&table));
        let found = texts(&report, Check::PartitionTableDiffers, "partition table");
        assert!(
            found.len() == message.len()
                && found
                    .iter()
                    .zip(message)
                    .all(|(found, message)| found.contains(message)),
            "{report:?}"
        );
    }
}

#[test]
fn a_table_has_as_many_rows_as_flash_has_room_for() {
    let (folder, devices) = run(1);
    let [table, dump] = ["table", "dump"].map(|name| folder.path().join(name));
    let store = fs::read(file(&devices[0], "-partition.bin")).unwrap();
    fs::write(&dump, [vec![0xFF; 0x9000], store].concat()).unwrap();
    for (rows, is_table) in [(94, true), (95, false)] {
        let others = (1..rows).map(|row| format!("p{row}, data, phy, , 0x1000\n"));
        let text = "nvs, data, nvs, 0x9000, 0x6000\n".to_owned() + &others.collect::<String>();
        fs::write(&table, text).unwrap();
        let (table, dump) = (table.clone(), dump.clone());
        let audit = Audit::new(Expected::new().for_tests()).with_flash_dump(FlashDump::new(dump).with_table(table));
        let report = audit.execute().unwrap();
        let damaged = report.findings().any(|finding| finding.object == "partition table");
        assert_eq!(damaged, !is_table, "{rows}");
    }
}

#[test]
fn tables_that_the_tool_refuses_are_damaged() {
    let (folder, devices) = run(1);
    let [table, dump] = ["table", "dump"].map(|name| folder.path().join(name));
    let store = fs::read(file(&devices[0], "-partition.bin")).unwrap();
    fs::write(&dump, [vec![0xFF; 0x9000], store].concat()).unwrap();
    let head = "# a comment\nnvs, data, nvs, 0x9000, 0x6000\n";
    let first = (
        "phy, data, phy, 0x8000, 0x1000\n".to_owned() + head,
        "line 1: the offset 0x8000 of phy is before 0x9000, the end of the partition table",
    );
    let tables = [
        ("app0, app, factory, 0x10000, 1M\n", ""),
        ("app0, app, factory, , 1M\nkeys, data, nvs_keys, , 4K, encrypted\n", ""),
        ("small, data, nvs, , 0x1000, readonly\n", ""),
        (
            "small, data, nvs, , 0x1000\n",
            "line 3: small has 0x1000 bytes; an NVS partition needs at least 0x3000 bytes",
        ),
        (
            "phy, data, phy, 0xe000, 0x1000\n",
            "line 3: the offset 0xe000 of phy is before 0xf000, the end of the previous partition",
        ),
        (
            "app0, app, factory, 0x10000, 1M\nlow, data, phy, 0x10f000, 8K\n",
            "line 4: the offset 0x10f000 of low is before 0x110000, the end of the previous partition",
        ),
        (
            "nvs, data, phy, , 0x1000\n",
            "line 3: duplicate name 'nvs', first used in line 2",
        ),
        (
            "a long name of 16 1, data, phy, , 4K\na long name of 16 2, data, phy, , 4K\n",
            "line 3: the name a long name of 16 1 is too long: 19 bytes; at most 16 are allowed",
        ),
        (
            "phy, data, phy, 0xf800, 0x1000\n",
            "line 3: the offset 0xf800 of phy is not a multiple of 0x1000",
        ),
        (
            "app0, app, ota_0, 0x11000, 1M\n",
            "line 3: the offset 0x11000 of app0 is not a multiple of 0x10000",
        ),
        ("app0, app, ota_0, 0x10000, 0x800\n", "line 3: the size 0x800 of app0"),
        (
            "phy, data, phy, 0x8000, 0x1000\n",
            "line 3: the offset 0x8000 of phy is before 0xf000, the end of the previous partition",
        ),
        ("phy, data, phy, , 0\n", "line 3: phy has no bytes"),
        (", data, phy, , 4K\n", "line 3: a partition has no name"),
        (
            "phy, data, phy, , 4K, hidden\n",
            "line 3: unknown flag \"hidden\"; allowed: encrypted, readonly",
        ),
    ];
    let tables = tables.map(|(rows, message)| (head.to_owned() + rows, message));
    for (text, message) in tables.into_iter().chain([first]) {
        fs::write(&table, &text).unwrap();
        let (table, dump) = (table.clone(), dump.clone());
        let audit = Audit::new(Expected::new().for_tests()).with_flash_dump(FlashDump::new(dump).with_table(table));
        let report = audit.execute().unwrap();
        let mut found = report.findings().filter(|finding| finding.object == "partition table");
        let found = found.next().map(|finding| finding.text.clone());
        let is_right = found
            .as_ref()
            .map_or(message.is_empty(), |text| !message.is_empty() && text.contains(message));
        assert!(is_right, "{text}: {found:?}");
    }
}

#[test]
fn tables_of_spreadsheets_are_read_with_their_lines() {
    let dump = Dump::new();
    let table = dump.path("table");
    let row = "fctry,data,nvs,0x10000,24K,\r\n";
    let given = |text: &str| {
        fs::write(&table, text).unwrap();
        dump.audit(0x8000, &[], |dump| dump.with_table(&table))
    };
    for head in ["", "\u{feff}", "sep=;\r\n", "\u{feff}\"sep=;\"\n", "SEP=;\r"] {
        for delimiter in [",", ";", "\t"] {
            assert_good(&given(&format!("{head}{}", row.replace(',', delimiter))));
        }
        let report = given(&format!("{head}{}", row.replace("0x10000", "0x10001")));
        let found = texts(&report, Check::ArtifactMalformed, "partition table");
        let line = if head.contains(['=']) { "line 2: " } else { "line 1: " };
        assert!(found[0].contains(line), "{found:?}");
    }
    let utf16 = "fctry".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    fs::write(&table, utf16).unwrap();
    let report = dump.audit(0x8000, &[], |dump| dump.with_table(&table));
    let found = texts(&report, Check::ArtifactMalformed, "partition table");
    assert!(found[0].contains("UTF-16"), "{found:?}");
}
