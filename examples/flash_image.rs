//! `flash-image`: what lies in the flash of an ESP32: images, tables, encryption, secure boot.

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

/// The end of `--help`, and of that of each command: the lines with its name.
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

/// Makes, reads, checks, signs, encrypts and merges what lies in the flash of an ESP32.
///
/// Exit codes: 0 done, 1 a table or an image is refused or a signature does not verify, 2 bad usage or unusable input (nothing was written), 3 failed while working.
#[derive(Parser)]
#[command(name = "flash-image", version, args_override_self = true, after_help = EXAMPLES)]
struct Arguments {
    /// Replaces output files that exist
    #[arg(long, global = true)]
    force: bool,
    #[command(flatten)]
    trust: Trust,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Encrypts a piece of flash as the chip does it
    Encrypt(Crypt),
    /// Decrypts a piece of flash
    Decrypt(Crypt),
    /// Draws a key for flash encryption
    Keygen {
        /// The key to write
        output: PathBuf,
        /// esp32 (the ESP32 itself), xts-128, xts-256, or xts-128-derived (ESP32-C2)
        #[arg(long)]
        scheme: String,
    },
    /// Signs an app or a bootloader for secure boot
    Sign(Sign),
    /// Verifies a signature of secure boot: exit code 1 when there is none or it does not verify
    Verify(Verify),
    /// Prints what the eFuses hold of a key of secure boot, in hexadecimal digits
    Digest(DigestOf),
    /// Makes, shows and checks partition tables
    #[command(subcommand)]
    Table(TableCommand),
    /// Makes and shows the data that selects the app to boot
    #[command(subcommand)]
    Otadata(OtaDataCommand),
    /// Shows an app image or a bootloader, and checks it: exit code 1 when it is damaged
    Info {
        /// The image
        image: PathBuf,
        /// Writes JSON
        #[arg(long)]
        json: bool,
    },
    /// Puts files at their offsets into one image, 0xFF between them
    Merge(Merge),
    /// Plans one device: its flash, encrypted with a key of its own, the eFuses to burn and the commands that do it
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
