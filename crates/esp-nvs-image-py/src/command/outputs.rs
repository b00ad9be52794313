//! Where files go, as in the reference generator: below `--outdir`, keys below `keys` there.

use std::path::{Path, PathBuf};

use clap::Args;
use factory_fs::{Output, Replace, publish};

use super::failure::{Failure, print, say};

/// Folder of keys below `--outdir`.
const KEYS_FOLDER: &str = "keys";

#[derive(Args)]
pub(super) struct Outdir {
    /// Folder for the files that are made [default: the working directory]
    #[arg(long, value_name = "DIR")]
    outdir: Option<PathBuf>,
}

impl Outdir {
    /// Returns where an image goes.
    pub(super) fn image(&self, path: &Path) -> Result<PathBuf, Failure> {
        self.place(Path::new(""), path)
    }

    /// Returns where keys go.
    pub(super) fn keys(&self, path: &Path) -> Result<PathBuf, Failure> {
        self.place(Path::new(KEYS_FOLDER), path)
    }

    /// Only names with the ending `.bin` are taken, or without any.
    fn place(&self, below: &Path, path: &Path) -> Result<PathBuf, Failure> {
        let mut path = path.to_owned();
        match path.extension() {
            None if path.file_name().is_some_and(|name| name != ".bin") => {
                path.set_extension("bin");
            }
            Some(ending) if ending == "bin" => {}
            _ => return Err(Failure::file(&path, "name does not end in .bin")),
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

/// A file to be written, and what it is.
pub(super) struct Made<'a> {
    pub(super) what: &'static str,
    pub(super) path: &'a Path,
    pub(super) bytes: &'a [u8],
}

/// Writes files with their folders, for their owner only, all of them or none; files that are there are replaced.
pub(super) fn write(files: &[Made<'_>]) -> Result<(), Failure> {
    for file in files {
        if let Some(folder) = file.path.parent() {
            let made = std::fs::create_dir_all(folder);
            made.map_err(|error| Failure::file(folder, format_args!("cannot make the folder: {error}")))?;
        }
    }
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
