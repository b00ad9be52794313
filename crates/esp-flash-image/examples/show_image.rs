//! Prints the header and description of an app image: `cargo run --features alloc --example show_image -- app.bin`.

use esp_flash_image::{Chip, Image, ImageHeader, ImageWriter};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bytes = match std::env::args_os().nth(1) {
        Some(path) => std::fs::read(path)?,
        // Without a file, use an image made here.
        None => {
            let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32c3));
            writer.push(0x4038_0000, b"machine code")?;
            writer.finish()?
        }
    };
    let image = Image::parse(&bytes)?;
    let header = image.header();
    match header.chip() {
        Some(chip) => println!("chip:     {chip}"),
        None => println!("chip:     unknown, number {}", header.chip_id()),
    }
    for segment in image.segments() {
        println!("segment:  {:#010x}, {} bytes", segment.load_address, segment.data.len());
    }
    println!("hash:     {}", if image.hash().is_some() { "right" } else { "none" });
    if let Some(app) = image.app_description() {
        println!(
            "app:      {} {}, ESP-IDF {}",
            app.project_name(),
            app.version(),
            app.idf_version()
        );
    }
    Ok(())
}
