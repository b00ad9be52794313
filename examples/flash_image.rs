//! `flash-image`: the contents of an ESP32's flash: images, tables, encryption, secure boot.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cli::{Files, Trust};

#[path = "flash_image/boot.rs"]
mod boot;
#[path = "flash_image/crypt.rs"]
mod crypt;
#[path = "flash_image/info.rs"]
mod info;
#[path = "flash_image/merge.rs"]
mod merge;
#[path = "flash_image/otadata.rs"]
mod otadata;
#[path = "flash_image/plan.rs"]
mod plan;
#[path = "flash_image/table.rs"]
mod table;

use boot::{DigestOf, Sign, Verify};
use crypt::Crypt;
use merge::Merge;
use otadata::OtaDataCommand;
use plan::Plan;
use table::TableCommand;

/// End of `--help` of the binary and of each command: the lines with its name.
const EXAMPLES: &str = "\
Examples:
  flash-image keygen flash_key.bin --scheme xts-128
  flash-image encrypt app.bin app_encrypted.bin --address 0x20000 \\
      --scheme xts-128 --key flash_key.bin
  flash-image decrypt app_encrypted.bin app_again.bin --address 0x20000 \\
      --scheme xts-128 --key flash_key.bin
  flash-image sign app.bin signed_app.bin --key signing_key.pem
  flash-image verify signed_app.bin --key signing_public.pem
  flash-image digest signing_public.pem
  flash-image table make partitions.csv partitions.bin --flash-size 4MB
  flash-image table show partitions.bin
  flash-image table check partitions.csv --flash-size 4MB
  flash-image otadata make otadata.bin --sequence 1
  flash-image otadata show otadata.bin
  flash-image info app.bin
  flash-image merge flash.bin 0x8000=partitions.bin 0x20000=app.bin
  flash-image plan profile.json --device out/fff1_8000/UUID --out flash";

/// Make, read, check, sign, encrypt and merge the contents of an ESP32's flash.
///
/// Exit codes: 0 done, 1 a table or an image is refused or a signature does not verify, 2 bad usage or unusable input
/// (nothing was written), 3 runtime failure.
#[derive(Parser)]
#[command(name = "flash-image", version, args_override_self = true, after_help = EXAMPLES)]
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
    /// Encrypt a piece of flash as the chip does
    Encrypt(Crypt),
    /// Decrypt a piece of flash
    Decrypt(Crypt),
    /// Draw a flash encryption key
    Keygen {
        /// Key to write
        output: PathBuf,
        /// Scheme: esp32 (the ESP32 itself), xts-128, xts-256, or xts-128-derived (ESP32-C2)
        #[arg(long)]
        scheme: String,
    },
    /// Sign an app or a bootloader for secure boot
    Sign(Sign),
    /// Verify a secure boot signature: exit code 1 if there is none or it does not verify
    Verify(Verify),
    /// Print the digest of a secure boot key for the eFuses, in hexadecimal digits
    Digest(DigestOf),
    /// Make, show and check partition tables
    #[command(subcommand)]
    Table(TableCommand),
    /// Make and show the data that selects the app to boot
    #[command(subcommand)]
    Otadata(OtaDataCommand),
    /// Show and check an app image or a bootloader: exit code 1 if it is damaged
    Info {
        /// Image to read
        image: PathBuf,
        /// Write JSON
        #[arg(long)]
        json: bool,
    },
    /// Merge files at their offsets into one image, with 0xFF between them
    Merge(Merge),
    /// Plan one device: its flash, encrypted with its own key, the eFuses to burn, and the commands for both
    Plan(Plan),
}

fn main() -> ExitCode {
    cli::exit(|| {
        let Arguments { force, trust, command } = cli::parse_arguments(&[])?;
        let files = Files::new(force, trust);
        match command {
            Command::Encrypt(crypt) => crypt.encrypt(files, trust),
            Command::Decrypt(crypt) => crypt.decrypt(files, trust),
            Command::Keygen { output, scheme } => crypt::keygen(files, &output, &scheme),
            Command::Sign(sign) => sign.run(files, trust),
            Command::Verify(verify) => verify.run(),
            Command::Digest(digest) => digest.run(files),
            Command::Table(command) => command.run(files),
            Command::Otadata(command) => command.run(files),
            Command::Info { image, json } => info::show(&image, json),
            Command::Merge(merge) => merge.run(files),
            Command::Plan(plan) => plan.run(force, trust),
        }
    })
}
