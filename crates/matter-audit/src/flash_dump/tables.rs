//! The given partition table and its differences from the one in the flash.

use esp_flash_image::{Partition, PartitionTable, PartitionType, TableOptions};
use factory_fs::{Dialect, utf8};

/// The default address of ESP-IDF's recovery bootloader (`BOOTLOADER_RECOVERY_OFFSET`).
const RECOVERY_OFFSET: u32 = 0x3F_0000;

/// Returns the options for reading the table of a flash.
pub(super) const fn own_options(offset: u32) -> TableOptions {
    TableOptions::new().with_offset(offset)
}

/// Reads the given table in either form. Rows of bootloaders in a CSV have no address or size: they are as in the
/// flash.
pub(super) fn read_given(bytes: &[u8], offset: u32, own: Option<&PartitionTable>) -> Result<PartitionTable, String> {
    let options = own_options(offset);
    if PartitionTable::is_binary(bytes) {
        return PartitionTable::read(bytes, &options).map_err(|error| error.to_string());
    }
    let text = utf8(bytes).map_err(|error| match error.is_utf16 {
        true => error.to_string(),
        false => "is not a binary partition table or a text".into(),
    })?;
    // A line that names the delimiter for spreadsheets is not a row, but counts as a line.
    let rows;
    let text = match Dialect::of(text.as_bytes()).start {
        0 => text,
        start => {
            rows = format!("\n{}", text.get(start..).unwrap_or_default());
            &rows
        }
    };
    let bootloader = |subtype: &str| {
        let subtype = PartitionType::Bootloader.subtype_number(subtype)?;
        let mut rows = own?.partitions().iter();
        let row = rows.find(|row| row.kind() == PartitionType::Bootloader && row.subtype() == subtype);
        row.map(Partition::offset)
    };
    let options = options
        .with_spreadsheet_csv()
        .with_primary_bootloader_offset(bootloader("primary").unwrap_or_default())
        .with_recovery_bootloader_offset(bootloader("recovery").unwrap_or(RECOVERY_OFFSET));
    PartitionTable::from_csv(text, &options).map_err(|error| error.to_string())
}

/// Returns the differences between the table in the flash and the given one, partition by partition.
pub(super) fn differences(own: &PartitionTable, given: &PartitionTable) -> Vec<String> {
    let mut found = Vec::new();
    for part in given.partitions() {
        let Some(own) = own.find(part.label()) else {
            found.push(format!("no partition {} in the flash", part.label()));
            continue;
        };
        let mut differ = |what: &dyn Fn(&Partition) -> String| {
            let [own, given] = [what(own), what(part)];
            if own != given {
                found.push(format!("{own} in the flash, {given} in the given table"));
            }
        };
        differ(&ToString::to_string);
        differ(&|part| {
            let (kind, subtype) = (part.kind(), part.subtype());
            let subtype = part
                .subtype_name()
                .map_or_else(|| format!("{subtype:#04x}"), Into::into);
            format!("{} with type {kind} and subtype {subtype}", part.label())
        });
        differ(&|part| {
            let flags = match (part.is_encrypted(), part.is_read_only()) {
                (false, false) => "without a flag",
                (true, false) => "with the flag encrypted",
                (false, true) => "with the flag readonly",
                (true, true) => "with the flags encrypted and readonly",
            };
            format!("{} {flags}", part.label())
        });
    }
    let more = own
        .partitions()
        .iter()
        .filter(|part| given.find(part.label()).is_none());
    found.extend(more.map(|part| format!("no partition {} in the given table", part.label())));
    found
}
