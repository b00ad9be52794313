//! The command `esp-nvs-image`: the reference generator's command line, and `dump`.

mod failure;
mod generate;
mod key_files;
mod outputs;
mod read;

use std::ffi::OsString;

use clap::{Parser, Subcommand};
use pyo3::prelude::*;

use failure::{Failure, print, say};
use generate::{Encrypt, Generate};
use key_files::GenerateKey;
use read::{Decrypt, Dump};

/// Creates, encrypts, decrypts and prints ESP-IDF NVS partition images, with the command line of esp_idf_nvs_partition_gen.
///
/// Exit codes: 0 done, 1 the image is damaged, 2 bad usage or unusable input (nothing was written), 3 runtime failure.
#[derive(Parser)]
#[command(name = "esp-nvs-image", version, args_override_self = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Creates an image from CSV files
    #[command(override_usage = "esp-nvs-image generate [OPTIONS] <INPUT>... <OUTPUT> <SIZE>")]
    Generate(Generate),
    /// Generates encryption keys
    GenerateKey(GenerateKey),
    /// Creates an encrypted image from CSV files
    #[command(override_usage = "esp-nvs-image encrypt [OPTIONS] <INPUT>... <OUTPUT> <SIZE>")]
    Encrypt(Encrypt),
    /// Decrypts an encrypted image
    Decrypt(Decrypt),
    /// Prints the entries of an image as JSON: [{"namespace", "key", "type", "value"}]
    Dump(Dump),
}

/// Runs the command line, whose first argument is the program name, and returns the exit code.
#[pyfunction]
pub(crate) fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    let done = match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command }) => command.run(py),
        Err(error) if error.use_stderr() => {
            say(error.render());
            return 2;
        }
        Err(error) => print(error.render()),
    };
    let (sentence, code) = match done {
        Ok(()) => return 0,
        Err(Failure::Closed) => return 141,
        Err(Failure::No(sentence)) => (sentence, 1),
        Err(Failure::Input(sentence)) => (sentence, 2),
        Err(Failure::Work(sentence)) => (sentence, 3),
    };
    say(format_args!("error: {sentence}\n"));
    code
}

impl Command {
    fn run(self, py: Python<'_>) -> Result<(), Failure> {
        match self {
            Self::Generate(generate) => generate.run(),
            Self::GenerateKey(generate) => generate.run(py),
            Self::Encrypt(encrypt) => encrypt.run(py),
            Self::Decrypt(decrypt) => decrypt.run(),
            Self::Dump(dump) => dump.run(),
        }
    }
}
