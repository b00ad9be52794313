//! The names that a run writes in its output folder, and checks for entries in the way.

use std::path::{Path, PathBuf};

use factory_fs::{Dir, Exposure, Kind};

use crate::device_tables::{STAGED, STAGING};
use crate::keys_folder::KeysFolder;
use crate::message::message;
use crate::{Error, Field, device_tables, manifest, outputs};

/// Returns the names of a run's files that contain its stamp, and those of the latest run.
pub(super) fn names(stamp: &str) -> [String; 5] {
    [
        device_tables::summary(stamp),
        device_tables::dacs(stamp),
        outputs::pictures(stamp),
        manifest::NAME.into(),
        manifest::SIGNATURE.into(),
    ]
}

/// Returns the name of the file that explains why the devices are for tests.
pub(super) fn test_mark(stamp: &str) -> String {
    format!("test-run-{stamp}.txt")
}

/// Returns whether a file of another run has this stamp.
pub(super) fn is_used(top: &Dir, stamp: &str) -> Result<bool, Error> {
    let own = [
        device_tables::summary(stamp),
        device_tables::dacs(stamp),
        outputs::pictures(stamp),
        outputs::labels(stamp),
        manifest::former(stamp),
        test_mark(stamp),
    ];
    for name in own {
        if top
            .kind(&name)
            .map_err(Error::write(&top.path().join(&name)))?
            .is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Opens the output folder and the product's folder in it, and creates them if missing. Finds now what would later keep
/// the run from writing there.
pub(super) fn open(outdir: &Path, product: &str, trust: bool) -> Result<(Dir, Dir), Error> {
    let outdir = Dir::create(outdir).map_err(Error::obstacle(Field::OutputFolder, outdir))?;
    check_trusted(&outdir, trust)?;
    let path = outdir.path().join(product);
    let top = outdir
        .create_child(product)
        .map_err(Error::obstacle(Field::OutputFolder, &path))?;
    check_trusted(&top, trust)?;
    check_obstacles(&top, trust)?;
    Ok((outdir, top))
}

/// Opens the folder for the keys of devices' chips, and creates it if missing.
pub(super) fn open_keys(path: &Path, trust: bool, resume: bool) -> Result<KeysFolder, Error> {
    let keys = KeysFolder::open(path, resume)?;
    let exposure = keys.dir().exposure().map_err(Error::obstacle(Field::FlashPlan, path))?;
    refuse(Field::FlashPlan, exposure, path, trust)?;
    Ok(keys)
}

/// Refuses an existing folder in the output folder in which others can create links or replace entries.
pub(super) fn check_child(outdir: &Dir, name: &str, trust: bool) -> Result<(), Error> {
    if check_kind(outdir, name, Kind::Folder)? {
        let child = outdir
            .child(name)
            .map_err(Error::obstacle(Field::OutputFolder, &outdir.path().join(name)))?;
        check_trusted(&child, trust)?;
    }
    Ok(())
}

/// Refuses a folder in which others can create links or replace entries.
fn check_trusted(dir: &Dir, trust: bool) -> Result<(), Error> {
    let exposure = dir
        .exposure()
        .map_err(Error::obstacle(Field::OutputFolder, dir.path()))?;
    refuse(Field::OutputFolder, exposure, dir.path(), trust)
}

fn refuse(field: Field, exposure: Exposure, path: &Path, trust: bool) -> Result<(), Error> {
    match exposure.untrusted().filter(|_| !trust) {
        Some(why) => {
            let reason = message![
                format!("{why}; set its mode to 0700, or use "),
                Field::AllowInsecurePermissions
            ];
            Err(Error::file(field, path, reason))
        }
        None => Ok(()),
    }
}

/// Reports an entry in the way of the run's final files before a device is made.
fn check_obstacles(top: &Dir, trust: bool) -> Result<(), Error> {
    for name in [manifest::NAME, manifest::SIGNATURE] {
        check_kind(top, name, Kind::File)?;
    }
    if check_kind(top, STAGING, Kind::Folder)? {
        let path = top.path().join(STAGING);
        let staging = top
            .child(STAGING)
            .map_err(Error::obstacle(Field::OutputFolder, &path))?;
        check_trusted(&staging, trust)?;
        for name in STAGED {
            check_kind(&staging, name, Kind::File)?;
        }
        let device = |dir: &Dir| {
            Ok::<_, Error>(
                dir.space()
                    .map_err(Error::obstacle(Field::OutputFolder, dir.path()))?
                    .device,
            )
        };
        if device(top)? != device(&staging)? {
            let reason = "is on another file system than its parent folder; tables cannot be moved there";
            return Err(Error::file(Field::OutputFolder, &path, reason));
        }
    }
    Ok(())
}

/// Returns whether a name exists, and refuses an entry of another kind.
fn check_kind(dir: &Dir, name: &str, wanted: Kind) -> Result<bool, Error> {
    let path = dir.path().join(name);
    match dir.kind(name).map_err(Error::obstacle(Field::OutputFolder, &path))? {
        None => Ok(false),
        Some(found) if found == wanted => Ok(true),
        Some(found) => {
            let reason = format!(
                "is {}, but the run writes {} of that name; move it away",
                found.name(),
                wanted.name()
            );
            Err(Error::file(Field::OutputFolder, &path, reason))
        }
    }
}

/// Refuses an input that the run would replace at its end.
pub(super) fn check_inputs<'i>(top: &Path, inputs: impl IntoIterator<Item = (Field, &'i Path)>) -> Result<(), Error> {
    // The PAI's certificate would only be replaced by itself.
    let staged = STAGED.iter().filter(|name| **name != device_tables::PAI);
    let staged = staged.map(|name| top.join(STAGING).join(name));
    let others = [manifest::NAME, manifest::SIGNATURE].map(|name| top.join(name));
    let replaced = staged.chain(others).filter_map(|path| place(&path)).collect::<Vec<_>>();
    for (field, path) in inputs {
        if place(path).is_some_and(|place| replaced.contains(&place)) {
            let reason = "is a file that the run replaces; copy it to another place";
            return Err(Error::file(field, path, reason));
        }
    }
    Ok(())
}

/// Returns the real path of a file that need not exist; `None` if its folder does not exist.
fn place(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().or_else(|| {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or_else(|| Path::new(".")).canonicalize().ok()?;
        Some(parent.join(path.file_name()?))
    })
}
