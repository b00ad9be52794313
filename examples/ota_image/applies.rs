//! `applies`: whether a provider offers a file to a device, and the reasons if not.

use std::path::PathBuf;

use clap::Args;
use cli::{Failure, print, print_json};
use matter_ota_image::{Requestor, SoftwareVersion};
use matter_types::{ProductId, VendorId};
use serde_json::{Value, json};

use crate::findings::refuse_errors;
use crate::options::{Allow, PayloadRules};
use crate::scan::Scanned;

/// The arguments of `applies`.
#[derive(Args)]
pub(crate) struct Applies {
    /// File to check
    file: PathBuf,
    /// Vendor id of the device, 0x0001 to 0xFFF4
    #[arg(short = 'v', long, value_name = "VID")]
    vid: String,
    /// Product id of the device, 0x0001 to 0xFFFF
    #[arg(short = 'p', long, value_name = "PID")]
    pid: String,
    /// Software version that the device runs, 0 to 4294967295
    #[arg(long, value_name = "N")]
    current: String,
    #[command(flatten)]
    allow: Allow,
    /// Write JSON: {"applies", "reasons": [{"id", "text"}]}
    #[arg(long)]
    json: bool,
}

impl Applies {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let parsed = |option: &str, text: &String| Failure::option(option, format_args!("cannot be read: {text}"));
        let vendor = cli::parse::<VendorId>("--vid", Some(&self.vid))?.ok_or_else(|| parsed("--vid", &self.vid))?;
        let product = cli::parse::<ProductId>("--pid", Some(&self.pid))?.ok_or_else(|| parsed("--pid", &self.pid))?;
        let current = cli::parse::<SoftwareVersion>("--current", Some(&self.current))?;
        let current = current.ok_or_else(|| parsed("--current", &self.current))?;
        let scanned = Scanned::read(&self.file, |_| Ok(()))?;
        let mut judged = scanned.judge(&PayloadRules::none(), &self.allow.allow);
        // An id of 0 matches every device.
        judged.retain(|judged| !matches!(judged.finding.id(), "vendor-id-zero" | "product-id-zero"));
        refuse_errors(&self.file, &judged)?;
        let header = scanned.checked_header(&self.file)?;
        let reasons: Vec<_> = Requestor::new(vendor, product, current).obstacles(&header).collect();
        if self.json {
            let listed: Vec<Value> = reasons
                .iter()
                .map(|reason| json!({"id": reason.id(), "text": reason.to_string()}))
                .collect();
            print_json(format_args!(
                "{:#}",
                json!({"applies": reasons.is_empty(), "reasons": listed})
            ))?;
        } else {
            for reason in &reasons {
                print(format_args!("{reason} [{}]", reason.id()))?;
            }
        }
        if reasons.is_empty() {
            if !self.json {
                return print(format_args!("{}: a provider offers it", self.file.display()));
            }
            return Ok(());
        }
        Err(Failure::No(format!(
            "{}: no provider offers it to this device",
            self.file.display()
        )))
    }
}
