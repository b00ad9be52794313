//! `setup-code sheet`: labels of existing codes.

use std::ffi::OsStr;
use std::path::Path;

use cli::{Failure, Files, LabelTexts, Text, counted, parse_json, read_file, report};
use factory_fs::Table;
use matter_mfg::{DeviceLabel, Error, LabelFormat};
use matter_setup_payload::SetupPayload;
use serde::Deserialize;

/// The title of the file.
const TITLE: &str = "Matter labels";

/// Names for labels that have none of their own.
#[derive(Clone, Copy)]
pub(crate) struct Names<'n> {
    pub(crate) product: Option<&'n str>,
    pub(crate) vendor: Option<&'n str>,
}

/// A label to draw, and its place in the list.
#[derive(Deserialize)]
struct Wanted {
    #[serde(skip)]
    place: String,
    qr: Option<Text>,
    serial: Option<String>,
    #[serde(skip)]
    product: Option<String>,
    #[serde(skip)]
    vendor: Option<String>,
}

/// The part of a manifest that is read.
#[derive(Deserialize)]
struct Manifest {
    devices: Vec<Wanted>,
}

/// Draws the labels of a list.
///
/// # Errors
///
/// [`Failure::Input`] with the option, or the row whose code cannot be read.
pub(crate) fn sheet(
    list: &Path,
    output: &Path,
    names: Names<'_>,
    texts: &LabelTexts<'_>,
    files: Files,
) -> Result<(), Failure> {
    let files = files.input("LIST", list).output("OUT", output);
    files.check()?;
    let extension = output.extension().map(OsStr::to_ascii_lowercase);
    let format = match extension.as_deref().and_then(OsStr::to_str) {
        Some("pdf") => LabelFormat::Pdf,
        Some("svg") => LabelFormat::Svg,
        _ => return Err(Failure::option("OUT", "must be a file name ending in .pdf or .svg")),
    };
    let sheet = texts.sheet(|error: Error| Failure::Input(error.with_names(|field| format!("--{}", field.name()))))?;
    let labels = read(list)?.into_iter().map(|wanted| wanted.label(names));
    let labels = labels.collect::<Result<Vec<_>, _>>()?;
    if labels.is_empty() {
        return Err(Failure::Input(format!("LIST {}: contains no codes", list.display())));
    }
    let drawn = sheet.draw(format, &labels, TITLE);
    let drawn = drawn.map_err(|error| Failure::Input(error.to_string()))?;
    let [page] = drawn.files.as_slice() else {
        let reason = format!(
            "an SVG has one page, but these are {}; use a PDF",
            counted(drawn.pages, "page")
        );
        return Err(Failure::option("OUT", reason));
    };
    files.publish(&[(output, page)])?;
    report(format_args!(
        "{} of {}; modules of {:.2} mm; {} in {}",
        counted(labels.len(), "label"),
        sheet.stock().describe(),
        drawn.module,
        counted(drawn.pages, "page"),
        output.display()
    ));
    if let Some(warning) = drawn.warning {
        cli::say(format_args!("warning: {}", warning.with_names(|_| "labels".to_owned())));
    }
    Ok(())
}

impl Wanted {
    fn label(&self, names: Names<'_>) -> Result<DeviceLabel, Failure> {
        let wrong = |reason: &dyn std::fmt::Display| Failure::Input(format!("{}: {reason}", self.place));
        let Some(qr) = &self.qr else {
            return Err(wrong(
                &"has no QR code, as in a manifest of --no-passcode-in-manifest; use the device's own *-onb_codes.csv",
            ));
        };
        let payload: SetupPayload = qr.expose().trim().parse().map_err(|error| wrong(&error))?;
        let label = DeviceLabel::new(&payload).map_err(|error| wrong(&error))?;
        let given = |own: &'_ Option<String>, name: Option<&str>| {
            let own = own.as_deref().filter(|text| !text.is_empty());
            own.or(name).map(str::to_owned)
        };
        let product = given(&self.product, names.product);
        let vendor = given(&self.vendor, names.vendor);
        let serial = given(&self.serial, None);
        let label = product.iter().fold(label, |label, name| label.with_product(name));
        let label = vendor.iter().fold(label, |label, name| label.with_vendor(name));
        Ok(serial.iter().fold(label, |label, number| label.with_serial(number)))
    }
}

/// Reads a manifest, a table or lines.
fn read(list: &Path) -> Result<Vec<Wanted>, Failure> {
    let bytes = read_file("LIST", list)?;
    let start = bytes.trim_ascii_start();
    if start.starts_with(b"{") {
        let Manifest { mut devices } = parse_json(list, &bytes)?;
        for (number, device) in (1..).zip(&mut devices) {
            device.place = format!("LIST {}: device {number}", list.display());
        }
        return Ok(devices);
    }
    let table =
        Table::parse(list, &bytes).map_err(|error| Failure::Input(format!("LIST {}: {error}", list.display())))?;
    let Some((header, rows)) = table.rows().split_first() else {
        return Ok(Vec::new());
    };
    let column = |name: &str| header.cells().position(|cell| cell.trim().eq_ignore_ascii_case(name));
    let place = |line: u64| format!("LIST {}:{line}", list.display());
    let Some(code) = column("qrcode").or_else(|| column("qr")) else {
        // A list without a header.
        let lines = table.rows().iter().map(|row| Wanted {
            place: place(row.line()),
            qr: row.cells().next().map(Text::from),
            serial: None,
            product: None,
            vendor: None,
        });
        return Ok(lines.collect());
    };
    let columns = [column("serial-num"), column("product-name"), column("vendor-name")];
    let wanted = rows.iter().map(|row| {
        let cell = |column: Option<usize>| column.and_then(|column| row.cells().nth(column));
        // An apostrophe protects a text that a spreadsheet would read as a formula.
        let text = |column| cell(column).map(|text| text.strip_prefix('\'').unwrap_or(text).to_owned());
        let [serial, product, vendor] = columns.map(text);
        Wanted {
            place: place(row.line()),
            qr: cell(Some(code)).map(Text::from),
            serial,
            product,
            vendor,
        }
    });
    Ok(wanted.collect())
}
