//! `secure-cert`: makes, shows, checks, extends, signs and verifies images of the `esp_secure_cert` partition.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cli::{Failure, Files, Password, Trust, cause, open_signer, print, random, read_file, read_verifying_key, say};
use esp_secure_cert::{Error, Image, PartitionSize, PublicKey, Severity, Writer, check};
use matter_signer::{OpenedSigner, VerifyingKey};
use zeroize::Zeroizing;

#[path = "secure_cert/material.rs"]
mod material;
#[path = "secure_cert/show.rs"]
mod show;
#[path = "secure_cert/spec.rs"]
mod spec;
#[path = "secure_cert/table.rs"]
mod table;

use material::Place;
use show::{show, show_findings};
use spec::Spec;

/// End of `--help` of the binary and of each command: the lines with its name.
const EXAMPLES: &str = "\
Examples:
  secure-cert build records.json esp_secure_cert.bin
  secure-cert dump esp_secure_cert.bin
  secure-cert check esp_secure_cert.bin
  secure-cert append esp_secure_cert.bin more.json longer.bin
  secure-cert sign esp_secure_cert.bin signer_key.pem signed.bin
  secure-cert verify signed.bin --key signer_public.pem";

/// Make, show, check, extend, sign and verify images of the `esp_secure_cert` partition.
///
/// Exit codes: 0 done, 1 an image is damaged, has errors or is not signed by the key, 2 bad usage or unusable input
/// (nothing was written), 3 runtime failure.
#[derive(Parser)]
#[command(name = "secure-cert", version, args_override_self = true, after_help = EXAMPLES)]
struct Arguments {
    /// Replace existing output files
    #[arg(long, global = true)]
    force: bool,
    #[command(flatten)]
    trust: Trust,
    /// Partition size in bytes, a multiple of 0x1000 up to 0x10000
    #[arg(long, global = true, value_name = "BYTES", default_value = "0x2000")]
    size: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the records of an image
    Dump {
        /// Image to read
        image: PathBuf,
        /// Write JSON: [{"offset", "type", "type_name", "subtype", "flags", "storage", "length", "crc_ok", "data"}]
        #[arg(long)]
        json: bool,
        /// Show private keys too
        #[arg(long)]
        show_keys: bool,
    },
    /// Report leaks, and everything that the firmware would refuse or misread: exit code 1 if there is any error
    Check {
        /// Image to read
        image: PathBuf,
        /// Write JSON: [{"id", "severity", "offset", "text"}]
        #[arg(long)]
        json: bool,
    },
    /// Make an image; INTEGRITY without data is computed
    Build {
        /// Records: JSON as written by `dump --json --show-keys`, with or without offset and crc_ok, where `file` may
        /// replace data with a certificate or key in PEM or DER; or the CSV of Espressif's tool, from tlv_type to efuse_key
        spec: PathBuf,
        /// Image to write
        output: PathBuf,
    },
    /// Make an image with further records after those of another
    Append {
        /// Image to read
        image: PathBuf,
        /// Records to add, as for build
        spec: PathBuf,
        /// Image to write
        output: PathBuf,
    },
    /// Sign all records, or those before the first signature, and add a digest of everything
    Sign {
        /// Image to read
        image: PathBuf,
        /// Private key: P-256, P-384 or RSA with 3072 bits, in a file in PEM or DER, pkcs11:... or exec:PROGRAM
        key: String,
        /// Image to write
        output: PathBuf,
        #[command(flatten)]
        password: Password,
    },
    /// Verify the signature with a key: exit code 1 if there is none or it does not verify
    Verify {
        /// Image to read
        image: PathBuf,
        /// Public key (SubjectPublicKeyInfo) in PEM or DER
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
}

fn main() -> ExitCode {
    cli::exit(|| {
        let Arguments {
            force,
            trust,
            size,
            command,
        } = cli::parse_arguments(&[])?;
        let files = Files::new(force, trust);
        let size: PartitionSize = size.parse().map_err(|error| Failure::option("--size", error))?;
        match command {
            Command::Dump { image, json, show_keys } => show(&image, &read_file("IMAGE", &image)?, json, show_keys),
            Command::Check { image, json } => show_findings(&check(&read_file("IMAGE", &image)?, size), json),
            Command::Build { spec, output } => {
                let files = files.input("SPEC", &spec).output("OUT", &output);
                files.check()?;
                let text = read_file("SPEC", &spec)?;
                let spec = Spec::parse(Place { spec: &spec, trust }, &text)?;
                let mut buffer = Zeroizing::new(vec![0; size.bytes()]);
                let mut writer = Writer::new(&mut buffer, size);
                spec.write(&mut writer)?;
                publish(&files, &output, writer.finish(), size)
            }
            Command::Append { image, spec, output } => {
                let files = files.input("IMAGE", &image).input("SPEC", &spec).output("OUT", &output);
                files.check()?;
                let text = read_file("SPEC", &spec)?;
                let spec = Spec::parse(Place { spec: &spec, trust }, &text)?;
                extend(&files, &image, &output, size, |writer| spec.write(writer))
            }
            Command::Sign {
                image,
                key,
                output,
                password,
            } => {
                let files = files.input("IMAGE", &image).output("OUT", &output);
                files.check()?;
                let password = password.read()?;
                let password = password.as_deref().map(String::as_str);
                let key = open_signer("KEY", &key, password, trust)?;
                extend(&files, &image, &output, size, |writer| {
                    let signed = sign(&key, writer)?;
                    signed
                        .and_then(|()| writer.push_integrity())
                        .map_err(|error| wrong(&image, error))
                })
            }
            Command::Verify { image, key } => {
                let key = match read_verifying_key("--key", &key)? {
                    VerifyingKey::P256(key) => PublicKey::P256(key),
                    VerifyingKey::P384(key) => PublicKey::P384(key),
                    VerifyingKey::Rsa(key) => PublicKey::Rsa3072(key),
                };
                let bytes = read_file("IMAGE", &image)?;
                match Image::new(&bytes).verify_signature(&key) {
                    Ok(block) => print(format_args!(
                        "{}: {} signature of the first {} bytes verifies",
                        image.display(),
                        block.algorithm(),
                        block.signed_len()
                    )),
                    Err(error @ (Error::Crc { .. } | Error::Truncated { .. })) => Err(wrong(&image, error)),
                    Err(error) => Err(Failure::No(format!("{}: {error}", image.display()))),
                }
            }
        }
    })
}

fn wrong(path: &Path, error: Error) -> Failure {
    match error {
        Error::SigningFailed(_) => Failure::Work(format!("{}: cannot sign: {}", path.display(), cause(&error))),
        error => Failure::Input(format!("{}: {error}", path.display())),
    }
}

/// Signs an image; the outer error is a failure of the signer.
fn sign(key: &OpenedSigner, writer: &mut Writer<'_>) -> Result<Result<(), Error>, Failure> {
    Ok(match key {
        OpenedSigner::P256(key) => writer.sign_p256(key),
        OpenedSigner::P384(key) => writer.sign_p384(key),
        OpenedSigner::Rsa(key) => writer.sign_rsa(key, &mut random()?),
    })
}

/// Continues after the records of an image, and writes the result to another file.
fn extend(
    files: &Files,
    image: &Path,
    output: &Path,
    size: PartitionSize,
    work: impl FnOnce(&mut Writer<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let bytes = read_file("IMAGE", image)?;
    let mut buffer = Zeroizing::new(vec![0; size.bytes().max(bytes.len())]);
    buffer.iter_mut().zip(&*bytes).for_each(|(to, from)| *to = *from);
    let mut writer = Writer::append(&mut buffer, bytes.len(), size).map_err(|error| wrong(image, error))?;
    work(&mut writer)?;
    publish(files, output, writer.finish(), size)
}

/// Writes an image, unless the checker finds an error in it.
fn publish(files: &Files, output: &Path, image: &[u8], size: PartitionSize) -> Result<(), Failure> {
    let findings = check(image, size);
    if let Some(error) = findings.iter().find(|finding| finding.severity == Severity::Error) {
        return Err(Failure::Input(format!("{}: not written: {error}", output.display())));
    }
    files.publish(&[(output, image)])?;
    findings
        .iter()
        .for_each(|finding| say(format_args!("{}: {finding}", finding.severity)));
    Ok(())
}
