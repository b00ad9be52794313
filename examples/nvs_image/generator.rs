//! Options of the reference generator in its spelling, in addition to our own.

use std::path::{Path, PathBuf};

use clap::Args;
use cli::{Failure, say};
use factory_fs::Dir;

/// The generator's folder for keys below `--outdir`.
const KEYS_FOLDER: &str = "keys";

/// The folder for relative outputs.
#[derive(Args)]
pub(crate) struct Outdir {
    /// Folder for OUT, created if missing; --keyfile goes to keys/ in it, as in the reference generator [default: both
    /// as written]
    #[arg(long, value_name = "DIR")]
    outdir: Option<PathBuf>,
}

/// The generator's HMAC scheme, which is `--hmac-key` here.
#[derive(Args)]
#[command(next_help_heading = "As in the reference generator")]
pub(crate) struct HmacScheme {
    /// With --keygen, derive the keys from an HMAC key, as --hmac-key does
    #[arg(long = "key_protect_hmac")]
    is_hmac: bool,
    /// File with that HMAC key
    #[arg(long = "kp_hmac_inputkey", value_name = "FILE")]
    hmac_input: Option<PathBuf>,
    /// Draw that HMAC key
    #[arg(long = "kp_hmac_keygen")]
    is_new: bool,
    /// File for that HMAC key, 32 bytes [default: hmac-NAME beside --keyfile NAME]
    #[arg(long = "kp_hmac_keyfile", value_name = "FILE")]
    hmac_output: Option<PathBuf>,
}

/// The source of the HMAC key of `--key_protect_hmac`.
pub(crate) enum HmacSource {
    File(PathBuf),
    /// It is drawn, and written to this file.
    New(PathBuf),
}

impl Outdir {
    /// Returns the path of an output, after creating its folder.
    pub(crate) fn output(&self, path: PathBuf) -> Result<PathBuf, Failure> {
        self.place(Path::new(""), path)
    }

    /// As [`Self::output`], for keys.
    pub(crate) fn keys(&self, path: PathBuf) -> Result<PathBuf, Failure> {
        self.place(Path::new(KEYS_FOLDER), path)
    }

    fn place(&self, below: &Path, path: PathBuf) -> Result<PathBuf, Failure> {
        let Some(outdir) = &self.outdir else { return Ok(path) };
        if path.is_absolute() {
            let path = path.display();
            say(format_args!(
                "warning: --outdir has no effect on {path}, which is absolute"
            ));
            return Ok(path.to_string().into());
        }
        let path = outdir.join(below).join(path);
        if let Some(folder) = path.parent() {
            let made = Dir::create(folder);
            made.map_err(|error| Failure::option("--outdir", format_args!("{}: {error}", folder.display())))?;
        }
        Ok(path)
    }
}

impl HmacScheme {
    /// Returns whether any of these options is given.
    pub(crate) const fn is_given(&self) -> bool {
        self.is_hmac || self.hmac_input.is_some() || self.is_new || self.hmac_output.is_some()
    }

    /// Returns the source of the HMAC key; `None` without these options.
    pub(crate) fn source(self, keygen: bool, keyfile: Option<&Path>) -> Result<Option<HmacSource>, Failure> {
        let wrong = |reason: &str| Err(Failure::Input(reason.into()));
        if !self.is_given() {
            return Ok(None);
        }
        if !(keygen && self.is_hmac) {
            return wrong(
                "--key_protect_hmac and --kp_hmac_.. require --keygen with --key_protect_hmac; --hmac-key FILE alone does the same",
            );
        }
        match (self.hmac_input, self.is_new, self.hmac_output, keyfile) {
            (Some(_), true, _, _) => wrong("--kp_hmac_inputkey and --kp_hmac_keygen: one of the two is allowed"),
            (Some(_), false, Some(_), _) => wrong("--kp_hmac_keyfile needs --kp_hmac_keygen"),
            (Some(input), false, None, _) => Ok(Some(HmacSource::File(input))),
            (None, false, _, _) => wrong("--key_protect_hmac needs --kp_hmac_inputkey or --kp_hmac_keygen"),
            (None, true, Some(output), _) => Ok(Some(HmacSource::New(output))),
            (None, true, None, Some(keyfile)) => {
                let mut name = std::ffi::OsString::from("hmac-");
                name.push(keyfile.file_name().unwrap_or_default());
                Ok(Some(HmacSource::New(keyfile.with_file_name(name))))
            }
            (None, true, None, None) => wrong("--kp_hmac_keygen needs --kp_hmac_keyfile, where the HMAC key goes"),
        }
    }
}
