//! Issues a PAA certificate with a key outside of memory, here accessed through the `openssl` command.

use std::io::Write;
use std::process::{Command, Stdio};

use matter_attestation::p256::ecdsa::Signature;
use matter_attestation::{DateTime, HashSigner, PaaSubject, PublicKey, SerialNumber, Validity, issue_paa};

/// Runs a command and returns its output, in place of the calls of an HSM's library.
fn openssl(arguments: &[&str], input: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut command = Command::new("openssl");
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    child.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(input))?;
    let output = child.wait_with_output()?;
    let failed = || std::io::Error::other(format!("openssl: {}", output.status));
    output.status.success().then_some(output.stdout).ok_or_else(failed)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("the file of a P-256 key is needed")?;
    let key = PublicKey::from_spki_der(&openssl(&["pkey", "-in", &path, "-pubout", "-outform", "DER"], b"")?)?;
    let signer = HashSigner::new(key, |hash| {
        let signature = openssl(&["pkeyutl", "-sign", "-inkey", &path], hash)?;
        Ok(Signature::from_der(&signature)?)
    });

    let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0)?);
    let paa = issue_paa(
        &signer,
        &PaaSubject::new("Example PAA")?,
        validity,
        SerialNumber::new(&[1])?,
    )?;
    println!("{}", paa.to_pem());
    Ok(())
}
