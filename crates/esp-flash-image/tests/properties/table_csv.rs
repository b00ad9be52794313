//! Any text: reading never panics, and an accepted table is the same in both forms.

use esp_flash_image::{PartitionTable, TableOptions};

pub(crate) fn property(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let options = TableOptions::new()
        .with_primary_bootloader_offset(0x1000)
        .with_recovery_bootloader_offset(0x20_0000);
    let table = PartitionTable::from_csv(text, &options);
    let tolerant = PartitionTable::from_csv(text, &options.clone().with_spreadsheet_csv());
    // Error messages are plain sentences.
    for error in [&table, &tolerant].into_iter().filter_map(|table| table.as_ref().err()) {
        assert!(!error.to_string().is_empty());
    }
    for table in [table, tolerant].into_iter().flatten() {
        let binary = table.encode();
        let decoded = PartitionTable::read(&binary, &options).expect("it was written");
        assert_eq!(decoded.encode(), binary);
        let csv = table.to_csv();
        let read = PartitionTable::from_csv(&csv, &options).expect("it was written");
        assert_eq!((read.encode(), read.to_csv()), (binary, csv));
        for partition in table.partitions() {
            assert!(partition.end() <= 1 << 32 && partition.size() > 0);
            assert!(table.find(partition.label()) == Some(partition));
        }
    }
}
