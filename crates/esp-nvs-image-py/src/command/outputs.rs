//! Output paths as in the reference generator: in `--outdir`, and keys in its subfolder `keys`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use factory_fs::{Output, Replace, publish};

use super::failure::{Failure, print, say};

/// The subfolder of `--outdir` for keys.
const KEYS_FOLDER: &str = "keys";
/// The extension of all outputs.
const ENDING: &str = ".bin";

#[derive(Args)]
pub(super) struct Outdir {
    /// Folder for the output files [default: the working directory]
    #[arg(long, value_name = "DIR")]
    outdir: Option<PathBuf>,
}

impl Outdir {
    /// Returns the path of an image.
    pub(super) fn image(&self, path: &Path) -> Result<PathBuf, Failure> {
        self.place(Path::new(""), path.into())
    }

    /// Returns the path of keys; the extension is optional.
    pub(super) fn keys(&self, path: &Path) -> Result<PathBuf, Failure> {
        let mut path = path.to_owned();
        if path.extension().is_none() && path.file_name().is_some_and(|name| name != ENDING) {
            path.as_mut_os_string().push(ENDING);
        }
        self.place(Path::new(KEYS_FOLDER), path)
    }

    fn place(&self, below: &Path, path: PathBuf) -> Result<PathBuf, Failure> {
        if path.extension().is_none_or(|ending| ending != "bin") {
            return Err(Failure::file(&path, format_args!("name does not end in {ENDING}")));
        }
        if path.is_absolute() {
            if self.outdir.is_some() {
                let path = path.display();
                say(format_args!(
                    "warning: --outdir has no effect on {path}, which is absolute\n"
                ));
            }
            return Ok(path);
        }
        let outdir = self.outdir.as_deref().unwrap_or(Path::new(""));
        Ok(outdir.join(below).join(path))
    }
}

/// A file to write, with its description.
pub(super) struct Made<'a> {
    pub(super) what: &'static str,
    pub(super) path: &'a Path,
    pub(super) bytes: &'a [u8],
}

/// Writes an image.
pub(super) fn write_image(path: &Path, image: &[u8]) -> Result<(), Failure> {
    write(&[Made {
        what: "image",
        path,
        bytes: image,
    }])
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let made = fs::create_dir_all(folder);
    made.map_err(|error| Failure::file(folder, format_args!("cannot create the folder: {error}")))
}

/// Writes files readable only by their owner, all of them or none; they are on disk when this
/// returns. Existing files are replaced.
pub(super) fn write(files: &[Made<'_>]) -> Result<(), Failure> {
    files.iter().try_for_each(|file| make_folder(file.path))?;
    let outputs = files.iter().map(|file| Output {
        path: file.path,
        bytes: file.bytes,
    });
    publish(&outputs.collect::<Vec<_>>(), Replace::Yes).map_err(|error| match error.is_obstacle() {
        true => Failure::Input(error.to_string()),
        false => Failure::Work(error.to_string()),
    })?;
    files
        .iter()
        .try_for_each(|file| print(format_args!("{}: {}\n", file.what, file.path.display())))
}
