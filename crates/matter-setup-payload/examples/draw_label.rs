//! Draws the label of a QR text as an SVG, and its QR code as a PNG: `cargo run --features image --example draw_label`.

use matter_setup_payload::{Label, QrImage, SetupPayload};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "MT:Y.K9042C00KA0648G00".into());
    let payload: SetupPayload = text.parse()?;

    let label = Label::new(&payload)?
        .with_line("Lamp, model 7")
        .with_line("S/N SN-0001");
    let folder = std::env::temp_dir();
    std::fs::write(folder.join("label.svg"), label.to_svg())?;

    let code = QrImage::new(payload.qr_text())?;
    std::fs::write(folder.join("code.png"), code.to_png(6)?)?;
    println!("{}", code.to_terminal());
    println!("label.svg and code.png are in {}", folder.display());
    Ok(())
}
