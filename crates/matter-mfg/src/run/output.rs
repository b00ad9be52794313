//! The names that a run writes in its output folder, and what may be in their way.

use std::path::{Path, PathBuf};

use factory_fs::{Dir, Exposure, Kind};

use crate::device_tables::{STAGED, STAGING};
use crate::keys_folder::KeysFolder;
use crate::message::message;
use crate::{Error, Field, device_tables, manifest, outputs};

/// The files of a run that have its stamp in their names, and those of the latest run.
pub(super) fn names(stamp: &str) -> [String; 5] {
    [
        device_tables::summary(stamp),
        device_tables::dacs(stamp),
        outputs::pictures(stamp),
        manifest::NAME.into(),
        manifest::SIGNATURE.into(),
    ]
}

/// The name of the file that says why the devices are for tests.
pub(super) fn test_mark(stamp: &str) -> String {
    format!("test-run-{stamp}.txt")
}

/// Tells whether anything of another run has this stamp.
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

/// Opens the output folder and the product's in it, and makes them where they are missing. What keeps a run from writing
/// there is found now.
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

/// Opens the folder for the keys of devices' chips, and makes it where it is missing.
pub(super) fn open_keys(path: &Path, trust: bool, resume: bool) -> Result<KeysFolder, Error> {
    let keys = KeysFolder::open(path, resume)?;
    let exposure = keys.dir().exposure().map_err(Error::obstacle(Field::FlashPlan, path))?;
    refuse(Field::FlashPlan, exposure, path, trust)?;
    Ok(keys)
}

/// Refuses a folder of the output folder, if it is there, in which others can put links, or replace what is there.
pub(super) fn check_child(outdir: &Dir, name: &str, trust: bool) -> Result<(), Error> {
    if check_kind(outdir, name, Kind::Folder)? {
        let child = outdir
            .child(name)
            .map_err(Error::obstacle(Field::OutputFolder, &outdir.path().join(name)))?;
        check_trusted(&child, trust)?;
    }
    Ok(())
}

/// Refuses a folder in which others can put links, or replace what is there.
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
                format!("{why}; give it the mode 0700, or "),
                Field::AllowInsecurePermissions
            ];
            Err(Error::file(field, path, reason))
        }
        None => Ok(()),
    }
}

/// Names what has the place of something that the run will write at its end, before a device is made.
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
            let reason = "is on another file system than the folder it is in; tables cannot be moved there";
            return Err(Error::file(Field::OutputFolder, &path, reason));
        }
    }
    Ok(())
}

/// Tells whether something has a name, and refuses what is of another kind.
fn check_kind(dir: &Dir, name: &str, wanted: Kind) -> Result<bool, Error> {
    let path = dir.path().join(name);
    match dir.kind(name).map_err(Error::obstacle(Field::OutputFolder, &path))? {
        None => Ok(false),
        Some(found) if found == wanted => Ok(true),
        Some(found) => {
            let reason = format!(
                "is {}, and the run writes {} of that name; move it away",
                found.name(),
                wanted.name()
            );
            Err(Error::file(Field::OutputFolder, &path, reason))
        }
    }
}

/// Refuses an input that the run would replace at its end.
pub(super) fn check_inputs<'i>(top: &Path, inputs: impl IntoIterator<Item = (Field, &'i Path)>) -> Result<(), Error> {
    // The PAI's certificate is replaced by itself.
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

/// Where a file is, or will be, whatever leads there; `None` when its folder is not there.
fn place(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().or_else(|| {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or_else(|| Path::new(".")).canonicalize().ok()?;
        Some(parent.join(path.file_name()?))
    })
}
