//! An order for the pictures in docs/pictures. `scripts/pictures` runs it by name and sets LINE_PICTURES to the order's
//! folder.

#![allow(
    clippy::as_conversions,
    clippy::unwrap_used,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/chips.rs"]
mod chips;
#[path = "support/factory.rs"]
mod factory;
#[path = "../../tests/support/flash.rs"]
mod flash;

use std::fs;

use esp_flash_image::{Chip, ImageHeader, ImageWriter};
use factory::Factory;

#[test]
fn an_order_for_pictures() {
    let factory = Factory::new(Chip::Esp32h2, 40, |mut project| {
        // Incompressible data, which takes longer.
        let mut state = 1u32;
        let noise = (0..0x1E000).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        let mut writer = ImageWriter::new(ImageHeader::new(project.chip).with_flash_codes(2, 0));
        writer.push(0x4038_0000, &noise.collect::<Vec<_>>()).unwrap();
        project.app = writer.finish().unwrap();
        project.profile["apps"] = serde_json::json!({"ota_0": "app.bin", "ota_1": "app.bin"});
        project.write();
        project
    });
    let folder = std::env::var_os("LINE_PICTURES").unwrap();
    fs::rename(factory.top.path(), folder).unwrap();
}
