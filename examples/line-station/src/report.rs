//! `line-station report`.

use cli::{Failure, Files, Trust, open_p256_signer, print_json};
use factory_fs::Dir;
use matter_signer::P256Signer;
use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use self::folders::Folders;
use crate::listing;
use crate::options::ReportOptions;

pub(crate) use self::model::{Counts, Image, OrderReport, RefusedRow, Row};

mod folders;
mod manifest;
mod model;
mod page;
mod plot;
#[cfg(test)]
mod sample;
mod times;

/// Writes the report of an order: all files or none.
pub(crate) fn report(options: &ReportOptions, trust: Trust) -> Result<(), Failure> {
    let place = options.ledger.place()?;
    let mut report = listing::read(&place, &options.order)?;
    let signer = signer(options, trust)?;
    let out = &options.out;
    let failed = |error: std::io::Error| Failure::Input(format!("--out {}: {error}", out.display()));
    Dir::create(out).map_err(failed)?;
    let path = |name: &str| out.join(name);
    let (csv, json, page, signature) = (
        path("manifest.csv"),
        path("manifest.json"),
        path("report.html"),
        path("manifest.json.sig"),
    );
    let files = Files::new(options.force, trust)
        .input("--ledger", options.ledger.path())
        .output("--out", &csv)
        .output("--out", &json)
        .output("--out", &page)
        .optional_output("--out", signer.as_ref().map(|_| &signature));
    files.check()?;

    let with_codes = !options.no_passcode_in_manifest;
    if with_codes {
        Folders::new(options.devices.as_ref(), &place)?.add_codes(&mut report);
    } else {
        folders::hide_passcodes(&mut report);
    }
    let texts = [
        manifest::csv(&report, with_codes)?,
        manifest::json(&report)?,
        Zeroizing::new(page::page(&report).into_bytes()),
    ];
    let [csv_text, json_text, page_text] = &texts;
    let signed = signer.map(|signer| sign(&signer, json_text)).transpose()?;
    let mut outputs = vec![
        (csv.as_path(), csv_text.as_slice()),
        (json.as_path(), json_text.as_slice()),
        (page.as_path(), page_text.as_slice()),
    ];
    if let Some(bytes) = &signed {
        outputs.push((signature.as_path(), bytes.as_slice()));
    }
    files.publish(&outputs)?;
    let names = outputs.iter().map(|(path, _)| path.display().to_string());
    if options.json {
        let document = json!({"order": report.order, "counts": report.counts, "files": names.collect::<Vec<_>>()});
        return print_json(format_args!("{document:#}"));
    }
    cli::report(listing::sentence(&report.order, &report.counts));
    names.for_each(cli::report);
    Ok(())
}

fn signer(options: &ReportOptions, trust: Trust) -> Result<Option<P256Signer>, Failure> {
    let (option, uri) = match (&options.sign, &options.signer) {
        (Some(path), _) => {
            trust.check_key("--sign", path)?;
            let path = path.to_str().ok_or_else(|| Failure::option("--sign", "is not UTF-8"))?;
            ("--sign", format!("file:{path}"))
        }
        (None, Some(uri)) => ("--signer", uri.clone()),
        (None, None) => return Ok(None),
    };
    let password = options.password.read()?;
    open_p256_signer(option, &uri, password.as_deref().map(String::as_str), trust).map(Some)
}

/// Signs the manifest: ECDSA with SHA-256 over the file's bytes, in DER.
fn sign(signer: &P256Signer, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let signature = signer.sign_digest(&Sha256::digest(bytes));
    let signature =
        signature.map_err(|error| Failure::Work(format!("the manifest is not signed: {}", cli::cause(&error))))?;
    Ok(signature.to_der().as_bytes().to_vec())
}
