//! Partition tables as JSON.

#![allow(clippy::unwrap_used, reason = "tests")]

use esp_flash_image::{PartitionTable, TableOptions};
use serde_json::json;

#[test]
fn a_table_has_names_where_there_are_some() {
    let csv = "nvs, data, nvs, 0x9000, 24K, readonly\nown, 0x40, 0x07, 0xf000, 4K, encrypted\n";
    let table = PartitionTable::from_csv(csv, &TableOptions::new()).unwrap();
    assert_eq!(
        serde_json::to_value(&table).unwrap(),
        json!({
            "offset": 0x8000,
            "partitions": [
                {
                    "label": "nvs", "type": "data", "subtype": "nvs", "offset": 0x9000, "size": 0x6000, "encrypted": false,
                    "read_only": true,
                },
                {
                    "label": "own", "type": 0x40, "subtype": 7, "offset": 0xF000, "size": 0x1000, "encrypted": true,
                    "read_only": false,
                },
            ],
        })
    );
}
