//! `ota-image`: makes, shows, checks, unpacks and changes Matter OTA image files, and writes their DCL records.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cli::{Files, Trust};

#[path = "ota_image/applies.rs"]
mod applies;
#[path = "ota_image/create.rs"]
mod create;
#[path = "ota_image/encrypt.rs"]
mod encrypt;
#[path = "ota_image/extract.rs"]
mod extract;
#[path = "ota_image/findings.rs"]
mod findings;
#[path = "ota_image/ledger.rs"]
mod ledger;
#[path = "ota_image/options.rs"]
mod options;
#[path = "ota_image/scan.rs"]
mod scan;
#[path = "ota_image/show.rs"]
mod show;
#[path = "ota_image/verify.rs"]
mod verify;

/// End of `--help` of the binary and of each command: the lines with its name.
const EXAMPLES: &str = "\
Examples:
  ota-image create -v 0xFFF1 -p 0x8000 -vn 2 -vs 1.2.0 -da sha256 app.bin light.ota
  ota-image show light.ota
  ota-image verify light.ota
  ota-image extract light.ota payload.bin
  ota-image change-header -mi 1 -ma 1 light.ota from-1.ota
  ota-image dcl light.ota --ota-url https://example.com/light.ota
  ota-image applies light.ota --vid 0xFFF1 --pid 0x8000 --current 1
  ota-image encrypt app.bin app.enc --key device_public.pem
  ota-image decrypt app.enc opened.bin --key device_private.pem";

/// Options of the SDK's tool with several letters after a single dash, and their names here.
const SINGLE_DASH: [(&str, &str); 6] = [
    ("-vn", "--software-version"),
    ("-vs", "--version-str"),
    ("-da", "--digest-algorithm"),
    ("-mi", "--min-version"),
    ("-ma", "--max-version"),
    ("-rn", "--release-notes"),
];

/// Make, show, check, unpack and change Matter OTA image files, and write their DCL records.
///
/// Payloads of ESP32 devices are examined: app images, signed or not, patches of esp_delta_ota, encrypted images of
/// esp_encrypted_img.
///
/// Exit codes: 0 done, accepted or offered, 1 not accepted (with the SDK's result) or not offered, 2 bad usage or
/// unusable input (nothing was written), 3 runtime failure.
#[derive(Parser)]
#[command(name = "ota-image", version, args_override_self = true, after_help = EXAMPLES)]
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
    /// Make a file from a header and a payload
    Create(create::Create),
    /// Show the header of a file and the kind of its payload
    Show(show::Show),
    /// Check whether a file is accepted: exit code 1, and the SDK's result, if it is not
    Verify(verify::Verify),
    /// Write the payload of a complete file to another file
    Extract(extract::Extract),
    /// Write a copy of a file with changed header values; with another digest type the digest is computed again
    #[command(alias = "change_header")]
    ChangeHeader(create::Change),
    /// Write the record of a file in the Distributed Compliance Ledger: JSON, and the command that adds it
    Dcl(ledger::Dcl),
    /// Check whether a provider offers the file to a device: exit code 1, and the reasons, if it does not
    Applies(applies::Applies),
    /// Encrypt an app image for esp_encrypted_img; the result is a payload for create
    Encrypt {
        /// App image
        image: PathBuf,
        /// Encrypted image to write
        output: PathBuf,
        /// Public key of the devices in PEM or DER: RSA with 3072 bits or P-256
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Decrypt an encrypted image of esp_encrypted_img
    Decrypt {
        /// Encrypted image, without the header of an OTA image
        image: PathBuf,
        /// App image to write
        output: PathBuf,
        #[command(flatten)]
        key: encrypt::DeviceKey,
    },
}

fn main() -> ExitCode {
    cli::exit(|| {
        let arguments: Arguments = cli::parse_arguments(&SINGLE_DASH)?;
        let trust = arguments.trust;
        let files = Files::new(arguments.force, trust);
        match arguments.command {
            Command::Create(create) => create.run(files),
            Command::Show(show) => show.run(),
            Command::Verify(verify) => verify.run(),
            Command::Extract(extract) => extract.run(files),
            Command::ChangeHeader(change) => change.run(files),
            Command::Dcl(dcl) => dcl.run(),
            Command::Applies(applies) => applies.run(),
            Command::Encrypt { image, output, key } => encrypt::encrypt(files, &image, &output, &key),
            Command::Decrypt { image, output, key } => encrypt::decrypt(files, trust, &image, &output, &key),
        }
    })
}
