//! `setup-code`: makes, reads and checks Matter onboarding codes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use cli::{
    Failure, Files, LabelSheetArguments, Passcode as PasscodeOption, Trust, parse_quietly, print_json, print_text,
    read_argument, report_json,
};
use matter_mfg::{PrintDensity, ZplLabel};
use matter_setup_payload::{
    CommissioningFlow, DataValue, DiscoveryCapabilities, Label, ManufacturerTag, OptionalData, QrImage, SetupPayload,
    encode_ndef, ndef_len,
};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use serde_json::json;
use zeroize::Zeroizing;

#[path = "setup_code/sheet.rs"]
mod sheet;
#[path = "setup_code/show.rs"]
mod show;

use show::{Code, lint, refused, show};

/// Pixels per module of a PNG.
const SCALE: u8 = 6;

/// End of `--help` of the binary and of each command: the lines with its name.
const EXAMPLES: &str = "\
Examples:
  setup-code encode --passcode 34567890 --discriminator 1234 --png code.png
  setup-code parse MT:00000M.R02MGVH7SR00
  setup-code lint 1140-342-1099
  setup-code draw MT:00000M.R02MGVH7SR00 --terminal
  setup-code sheet out/fff1_8000/manifest.json labels.pdf --label-stock L7160
  setup-code ndef MT:00000M.R02MGVH7SR00 tag.ndef";

/// Make, read and check Matter onboarding codes: QR texts and manual pairing codes.
///
/// Exit codes: 0 done, 1 a code is refused or has findings, 2 bad usage or unusable input (nothing was written), 3
/// runtime failure.
#[derive(Parser)]
#[command(name = "setup-code", version, args_override_self = true, after_help = EXAMPLES)]
struct Arguments {
    /// Replace existing output files
    #[arg(long, global = true)]
    force: bool,
    #[command(flatten)]
    trust: Trust,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the codes of a device: {"qr", "manual", "manual_grouped"}
    Encode(Box<Encode>),
    /// Read a QR text or a manual code strictly, and write all its fields as JSON
    Parse {
        /// Code, or - for a line from standard input; after -- if it starts with a dash
        code: String,
        /// Accept everything that a commissioner must accept, and list the deviations
        #[arg(long)]
        lenient: bool,
        #[command(flatten)]
        json: AlwaysJson,
    },
    /// Report faults in a code that commissioners refuse or misread, and values unsuitable for products
    Lint {
        /// Code, or - for a line from standard input; after -- if it starts with a dash
        code: String,
        /// Lowest severity that makes the exit code 1
        #[arg(long, value_enum, default_value = "error", value_name = "SEVERITY")]
        fail_on: FailOn,
        /// Write JSON: [{"id", "severity", "payload", "text"}]
        #[arg(long)]
        json: bool,
    },
    /// Draw an existing QR text, with one payload or several
    Draw {
        /// QR text, or - for a line from standard input
        code: String,
        #[command(flatten)]
        pictures: Pictures,
    },
    /// Draw labels of existing codes, on sheets or one by one, for a printer
    Sheet {
        /// Codes to print: a manifest.json, a table with a column qrcode (optionally serial-num, product-name and
        /// vendor-name) such as summary-*.csv or *-onb_codes.csv, or a text with a QR code on each line
        list: PathBuf,
        /// File to write: .pdf, or .svg for a single page
        output: PathBuf,
        /// Product name on labels for which LIST has none
        #[arg(long, value_name = "TEXT")]
        product_name: Option<String>,
        /// Vendor name on labels for which LIST has none
        #[arg(long, value_name = "TEXT")]
        vendor_name: Option<String>,
        #[command(flatten)]
        sheet: Box<LabelSheetArguments>,
    },
    /// Write the message for an NFC tag
    Ndef {
        /// QR text, or - for a line from standard input
        code: String,
        /// File to write
        output: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum FailOn {
    Error,
    Warning,
}

/// For scripts that request JSON from every command.
#[derive(Args)]
struct AlwaysJson {
    /// Write JSON, which is the default
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Encode {
    #[command(flatten)]
    passcode: PasscodeOption,
    /// Discriminator, 0 to 4095
    #[arg(long, value_name = "N")]
    discriminator: String,
    /// Vendor id, 0x0001 to 0xFFF4 [default: unspecified]
    #[arg(long, value_name = "N")]
    vid: Option<String>,
    /// Product id, 0x0001 to 0xFFFF; required with --vid
    #[arg(long, value_name = "N")]
    pid: Option<String>,
    /// Sum of discovery modes: 2 BLE, 4 on network, 8 Wi-Fi PAF, 16 NFC, 32 Thread
    #[arg(long, value_name = "MASK", default_value = "2")]
    discovery_mode: String,
    /// Commissioning flow: 0 standard, 1 user intent, 2 custom
    #[arg(long, value_name = "0|1|2", default_value = "0")]
    commissioning_flow: String,
    /// Serial number, 1 to 32 bytes
    #[arg(long, value_name = "TEXT")]
    serial: Option<String>,
    /// Manufacturer-specific value, tag 0x80 to 0xFF: a 64-bit integer or any other text; may be given several times
    #[arg(long, value_name = "TAG=VALUE")]
    vendor_tag: Vec<String>,
    #[command(flatten)]
    pictures: Pictures,
    /// Draw a label with the QR code and the manual code as an SVG
    #[arg(long, value_name = "FILE")]
    label: Option<PathBuf>,
    /// Write the label for a label printer, in ZPL II
    #[arg(long, value_name = "FILE")]
    zpl: Option<PathBuf>,
    /// Resolution of the label printer in dots per inch: 152, 203, 300 or 600
    #[arg(long, value_name = "DPI", allow_hyphen_values = true, default_value = "203")]
    zpl_density: String,
    /// Line of text on the label; may be given several times
    #[arg(long, value_name = "TEXT")]
    label_text: Vec<String>,
    #[command(flatten)]
    json: AlwaysJson,
}

#[derive(Args)]
struct Pictures {
    /// Draw the QR code as a PNG, with 6 pixels per module
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    /// Draw the QR code as an SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Draw the QR code on the terminal, after any JSON
    #[arg(long)]
    terminal: bool,
}

fn main() -> ExitCode {
    cli::exit(|| {
        let Arguments { force, trust, command } = cli::parse_arguments(&[])?;
        let files = Files::new(force, trust);
        let code = |text| read_argument("CODE", text);
        match command {
            Command::Encode(encode) => encode.run(files),
            Command::Parse {
                code: text, lenient, ..
            } => show(&code(text)?, lenient),
            Command::Lint {
                code: text,
                fail_on,
                json,
            } => lint(&code(text)?, matches!(fail_on, FailOn::Warning), json),
            Command::Draw { code: text, pictures } => draw(&code(text)?, &pictures, files),
            Command::Sheet {
                list,
                output,
                product_name,
                vendor_name,
                sheet: arguments,
            } => {
                let names = sheet::Names {
                    product: product_name.as_deref(),
                    vendor: vendor_name.as_deref(),
                };
                sheet::sheet(&list, &output, names, &arguments.label_texts(), files)
            }
            Command::Ndef { code: text, output } => ndef(&code(text)?, &output, files),
        }
    })
}

impl Encode {
    fn run(&self, files: Files) -> Result<(), Failure> {
        let files = self
            .pictures
            .named(files)
            .optional_output("--label", self.label.as_ref())
            .optional_output("--zpl", self.zpl.as_ref());
        let density = cli::parse::<PrintDensity>("--zpl-density", Some(&self.zpl_density))?.unwrap_or_default();
        if !self.label_text.is_empty() && self.label.is_none() && self.zpl.is_none() {
            return Err(Failure::option("--label-text", "requires --label or --zpl"));
        }
        files.check()?;
        let payload = self.payload()?;
        let (qr, manual) = (payload.qr_text(), payload.manual_code());
        let mut drawn = self.pictures.draw(qr.as_str())?;
        if let Some(path) = &self.label {
            let label = Label::new(&payload).map_err(|error| Failure::Work(error.to_string()))?;
            let label = self.label_text.iter().fold(label, |label, line| label.with_line(line));
            drawn.add(path, label.to_svg().into_bytes());
        }
        if let Some(path) = &self.zpl {
            let lines = self.label_text.iter().map(String::as_str).collect::<Vec<_>>();
            let label = ZplLabel::new(&payload, &lines).map_err(|error| Failure::Work(error.to_string()))?;
            drawn.add(path, label.to_zpl(density).as_bytes().to_vec());
        }
        drawn.publish(&files)?;
        // One line, so that a drawing can follow.
        let codes = json!({
            "qr": qr.as_str(), "manual": manual.as_str(), "manual_grouped": manual.grouped().as_str(),
        });
        if drawn.files.is_empty() {
            print_json(codes)?;
        } else {
            report_json(codes);
        }
        drawn.show()
    }

    fn payload(&self) -> Result<SetupPayload, Failure> {
        let passcode: Passcode = self
            .passcode
            .require()?
            .parse()
            .map_err(|error| Failure::option("--passcode", error))?;
        // The value may be a passcode by mistake and is not repeated.
        let discriminator: Discriminator = parse_quietly("--discriminator", &self.discriminator, "0 to 4095")?;
        let vendor = self.vid.as_deref();
        let vendor = vendor.map(|text| parse_quietly::<VendorId>("--vid", text, "0x0001 to 0xFFF4"));
        let product = self.pid.as_deref();
        let product = product.map(|text| parse_quietly::<ProductId>("--pid", text, "0x0001 to 0xFFFF"));
        let flow: CommissioningFlow = parse_quietly("--commissioning-flow", &self.commissioning_flow, "0 to 2")?;
        let sums = "the sums of 2, 4, 8, 16 and 32";
        let discovery: DiscoveryCapabilities = parse_quietly("--discovery-mode", &self.discovery_mode, sums)?;
        let payload = SetupPayload::without_ids(discriminator, passcode)
            .with_ids(vendor.transpose()?, product.transpose()?)
            .map_err(|error| Failure::option("--pid", error))?
            .with_flow(flow)
            .with_discovery(discovery);
        Ok(payload.with_data(self.data()?))
    }

    fn data(&self) -> Result<OptionalData, Failure> {
        let mut data = OptionalData::new();
        if let Some(serial) = &self.serial {
            data = data
                .with_serial_number(serial)
                .map_err(|error| Failure::option("--serial", error))?;
        }
        for text in &self.vendor_tag {
            let wrong = |error: &dyn std::fmt::Display| Failure::option("--vendor-tag", error);
            let (tag, value) = text.split_once('=').ok_or_else(|| wrong(&"is not TAG=VALUE"))?;
            let tag: ManufacturerTag = tag.parse().map_err(|error| wrong(&error))?;
            if data.manufacturer_values().any(|(other, _)| other == tag) {
                return Err(wrong(&"duplicate tag"));
            }
            // Signed if it fits: most commissioners read only that.
            let value = match (value.parse(), value.parse()) {
                (Ok(number), _) => DataValue::Signed(number),
                (_, Ok(number)) => DataValue::Unsigned(number),
                _ => DataValue::Utf8(value),
            };
            data = data
                .with_manufacturer_value(tag, value)
                .map_err(|error| wrong(&error))?;
        }
        Ok(data)
    }
}

/// Pictures and their output files.
struct Drawn {
    files: Vec<(PathBuf, Zeroizing<Vec<u8>>)>,
    terminal: Option<Zeroizing<String>>,
}

impl Drawn {
    fn add(&mut self, path: &Path, bytes: Vec<u8>) {
        self.files.push((path.into(), Zeroizing::new(bytes)));
    }

    /// Writes the files, all or none.
    fn publish(&self, files: &Files) -> Result<(), Failure> {
        let outputs = self
            .files
            .iter()
            .map(|(path, bytes)| (path.as_path(), bytes.as_slice()));
        files.publish(&outputs.collect::<Vec<_>>())
    }

    /// Prints the drawing for the terminal, if requested.
    fn show(&self) -> Result<(), Failure> {
        let drawing = self.terminal.as_ref();
        drawing.map_or(Ok(()), |drawing| print_text(drawing.trim_end_matches('\n')))
    }
}

impl Pictures {
    /// Adds the files to the outputs of a command.
    fn named(&self, files: Files) -> Files {
        let files = files.optional_output("--png", self.png.as_ref());
        files.optional_output("--svg", self.svg.as_ref())
    }

    fn draw(&self, text: &str) -> Result<Drawn, Failure> {
        let image = QrImage::new(text).map_err(|error| Failure::Input(error.to_string()))?;
        let mut drawn = Drawn {
            files: Vec::new(),
            terminal: self.terminal.then(|| Zeroizing::new(image.to_terminal())),
        };
        if let Some(path) = &self.png {
            let png = image.to_png(SCALE);
            drawn.add(path, png.map_err(|error| Failure::Work(error.to_string()))?);
        }
        if let Some(path) = &self.svg {
            drawn.add(path, image.to_svg().into_bytes());
        }
        Ok(drawn)
    }
}

fn draw(code: &str, pictures: &Pictures, files: Files) -> Result<(), Failure> {
    let files = pictures.named(files);
    files.check()?;
    let Code::Qr { .. } = Code::read(code, false).map_err(refused)? else {
        return Err(Failure::Input(
            "CODE: a manual code cannot be drawn; give a QR text".into(),
        ));
    };
    let drawn = pictures.draw(code)?;
    drawn.publish(&files)?;
    drawn.show()
}

fn ndef(code: &str, output: &Path, files: Files) -> Result<(), Failure> {
    let files = files.output("OUT", output);
    files.check()?;
    // A tag must hold a payload that a producer may emit.
    let Code::Qr { .. } = Code::read(code, false).map_err(refused)? else {
        return Err(Failure::Input(
            "CODE: a manual code cannot be written to an NFC tag; give a QR text".into(),
        ));
    };
    let mut buffer = Zeroizing::new(vec![0; ndef_len(code.len())]);
    let message = encode_ndef(code, &mut buffer).map_err(|error| Failure::Input(format!("CODE: {error}")))?;
    files.publish(&[(output, message)])
}
