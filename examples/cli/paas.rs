use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;

use matter_attestation::{Object, PaaStore, Part};

use crate::{Failure, read_file, say};

/// Adds all PAAs of a folder to the trusted ones. Other files, such as keys and certificates of PAIs, are counted and
/// ignored.
///
/// # Errors
///
/// [`Failure::Input`] if the folder cannot be read or contains no PAA.
pub fn insert_paa_folder(folder: &Path, store: &mut PaaStore) -> Result<(), Failure> {
    let wrong =
        |path: &Path, reason: &dyn Display| Failure::option("--paa", format_args!("{}: {reason}", path.display()));
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(|error| wrong(folder, &error))? {
        let file = entry.map_err(|error| wrong(folder, &error))?.path();
        if file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    // The same PAA may be present in PEM and in DER.
    let (mut paas, mut others) = (BTreeSet::new(), 0_usize);
    for file in files {
        let parts = Part::read_all(&read_file("--paa", &file)?).unwrap_or_default();
        let found: Vec<_> = parts.iter().filter(|part| part.object() == Object::Paa).collect();
        others += usize::from(found.is_empty());
        for part in found {
            store.insert(part.as_der()).map_err(|error| wrong(&file, &error))?;
            paas.insert(part.as_der().to_vec());
        }
    }
    if paas.is_empty() {
        return Err(wrong(folder, &"contains no PAA in PEM or DER"));
    }
    if others > 0 {
        let (folder, paas) = (folder.display(), paas.len());
        say(format_args!("{folder}: PAAs: {paas}, other files: {others}"));
    }
    Ok(())
}
