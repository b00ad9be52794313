//! Checks the free space before a run starts.

use std::path::Path;

use factory_fs::{Dir, Space};
use matter_factory_data::InternalFile;

use crate::{Error, Field, Plan};

/// A device's folder and the one in it.
const FOLDERS: u64 = 2;
/// Size in bytes of small files that a file system such as Btrfs stores with their metadata.
const INLINE: u64 = 1024;
/// Bytes of a device's rows in the tables and the manifest.
const ROWS: u64 = 6 * 1024;
/// Bytes of a device in the ledger, including its indexes.
const LEDGER: u64 = 1024;

/// The space for a number of devices: bytes, files and folders.
struct Needed {
    bytes: u64,
    files: u64,
}

/// Refuses a run that would fill a file system. The estimate is a lower bound: sizes that are unknown now, such as
/// those of texts, are left out.
pub(super) fn check(plan: &Plan, devices: u32, top: &Dir, ledger: Option<&Path>) -> Result<(), Error> {
    let space = top.space().map_err(Error::obstacle(Field::OutputFolder, top.path()))?;
    let mut needed = output(plan, devices, space);
    let ledger = ledger.map(|path| path.parent().filter(|parent| !parent.as_os_str().is_empty()));
    let ledger = ledger.map(|folder| Dir::open(folder.unwrap_or_else(|| Path::new("."))));
    // The run creates a missing folder, most likely on the file system of the output.
    if let Some(Ok(folder)) = ledger {
        let other = folder.space().map_err(Error::obstacle(Field::Ledger, folder.path()))?;
        let bytes = u64::from(devices) * LEDGER;
        if other.device == space.device && other.device.is_some() {
            needed.bytes += bytes;
        } else {
            refuse(
                Field::Ledger,
                folder.path(),
                devices,
                &Needed { bytes, files: 2 },
                other,
            )?;
        }
    }
    refuse(Field::OutputFolder, top.path(), devices, &needed, space)
}

fn output(plan: &Plan, devices: u32, space: Space) -> Needed {
    let job = plan.job();
    // File systems that allocate inodes on demand store small files with them.
    let small = if space.files.is_some() { space.block } else { INLINE };
    let round = |bytes: u64| bytes.next_multiple_of(space.block.max(1));
    let image = if job.without_image {
        0
    } else {
        round(job.size.get().into())
    };
    let keys = if job.encrypt { round(4096) } else { 0 };
    let files = small_files(plan) + FOLDERS;
    let flash = plan
        .tried_flash()
        .map(|flash| (flash.len, u64::try_from(flash.document_len).unwrap_or_default()));
    let (flash, document) = flash.map_or((0, 0), |(flash, document)| (round(flash), round(document)));
    let each = image + keys + flash + document + files * small + ROWS;
    let files = files
        + [image, keys, flash, document]
            .iter()
            .map(|len| u64::from(*len > 0))
            .sum::<u64>();
    Needed {
        bytes: each.saturating_mul(devices.into()),
        files: files.saturating_mul(devices.into()),
    }
}

/// Returns the number of a device's files that are smaller than a block.
fn small_files(plan: &Plan) -> u64 {
    let job = plan.job();
    let count = |present: bool, files: u64| if present { files } else { 0 };
    let (keys, certificates) = (
        count(
            job.internal.has(InternalFile::DacKeyPem),
            if plan.layout().is_keyless() { 1 } else { 3 },
        ),
        count(job.internal.has(InternalFile::DacPem), 4),
    );
    // Codes and picture; certificates and public key; keys; declaration; partition.csv.
    count(!job.dynamic_passcode, 2)
        + count(plan.pai().is_some(), certificates + keys)
        + count(
            job.declaration.is_some() && job.internal.has(InternalFile::Declaration),
            1,
        )
        + count(job.internal.has(InternalFile::PartitionCsv), 1)
}

fn refuse(field: Field, folder: &Path, devices: u32, needed: &Needed, space: Space) -> Result<(), Error> {
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    if needed.bytes > space.bytes {
        let (needed, free) = (mib(needed.bytes), space.bytes >> 20);
        let reason = format!("{devices} devices take at least {needed} MiB, but {free} MiB are free");
        return Err(Error::file(field, folder, reason));
    }
    if let Some(free) = space.files.filter(|free| needed.files > *free) {
        let files = needed.files;
        let reason = format!("{devices} devices take {files} files and folders, but {free} are free");
        return Err(Error::file(field, folder, reason));
    }
    Ok(())
}
