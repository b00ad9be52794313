//! Any bytes: reading never panics, and an accepted table is written to the same bytes.

use esp_flash_image::PartitionTable;

pub(crate) fn property(bytes: &[u8]) {
    match PartitionTable::decode(bytes) {
        Ok(table) => {
            let written = table.encode();
            let len = bytes.len().min(written.len());
            assert_eq!(bytes[..len], written[..len]);
            assert!(written[len..].iter().all(|byte| *byte == 0xFF));
            assert!(table.to_csv().lines().count() == table.partitions().len() + 2);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
