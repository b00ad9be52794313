//! Draws labels of two devices on a used sheet of stock L7160: `cargo run --example draw_labels`.

use std::error::Error;

use matter_mfg::{DeviceLabel, LabelFormat, LabelSheet, LabelStock};

fn main() -> Result<(), Box<dyn Error>> {
    let stock = LabelStock::named("L7160").ok_or("no such stock")?;
    // Four labels of the sheet are used, and the printer prints half a millimetre too far to the left.
    let sheet = LabelSheet::new(&stock)?.with_start(5)?.with_offset("0.5,0".parse()?)?;

    let mut labels = Vec::new();
    for (code, serial) in [("MT:Y.K9042C00KA0648G00", "SN-1"), ("MT:-24J042C00KA0648G00", "SN-2")] {
        let label = DeviceLabel::new(&code.parse()?)?;
        labels.push(
            label
                .with_vendor("Example Ltd")
                .with_product("Lamp 7")
                .with_serial(serial),
        );
    }
    let drawn = sheet.draw(LabelFormat::Pdf, &labels, "Lamp 7")?;
    for file in &drawn.files {
        println!(
            "{}: {} bytes, modules of {:.2} mm",
            stock.describe(),
            file.len(),
            drawn.module
        );
    }
    Ok(())
}
