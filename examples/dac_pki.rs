//! `dac-pki`: issues, checks and explains what proves a Matter device genuine.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[path = "dac_pki/issue.rs"]
mod issue;

/// Issues attestation certificates and Certification Declarations, and tells what is wrong with them.
///
/// Certificates and keys are read in PEM or DER, numbers are decimal or 0x hexadecimal, times are YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ in UTC.
/// Exit codes: 0 done or accepted, 1 rejected, 2 bad usage or unusable input (nothing was written), 3 failed while working.
#[derive(Parser)]
#[command(name = "dac-pki", version, args_override_self = true)]
struct Arguments {
    /// Replaces output files that exist
    #[arg(long, global = true)]
    force: bool,
    /// Writes one JSON document to stdout
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Issues the self-signed certificate of a Product Attestation Authority with a new key
    Paa(issue::Paa),
    /// Issues the certificate of a Product Attestation Intermediate with a new key
    Pai(issue::Pai),
    /// Issues Device Attestation Certificates: with new keys, or for the keys in a folder of requests
    Dac(issue::Dac),
}

fn main() -> ExitCode {
    cli::exit(|| {
        let Arguments { force, json, command } = cli::parse_arguments(&[])?;
        match command {
            Command::Paa(arguments) => arguments.run(force, json),
            Command::Pai(arguments) => arguments.run(force, json),
            Command::Dac(arguments) => arguments.run(force, json),
        }
    })
}
