//! The PKCS #11 modules of this process, each initialized once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as CryptokiError, RvError};

use super::cause::Cause;
use crate::{Error, Pkcs11Uri};

static LOADED: Mutex<Vec<Loaded>> = Mutex::new(Vec::new());

struct Loaded {
    path: PathBuf,
    module: Pkcs11,
    /// Whether a signer has sessions in this module.
    used: bool,
}

fn lock() -> MutexGuard<'static, Vec<Loaded>> {
    LOADED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Folders where Linux distributions install modules, with Debian's architecture names.
const FOLDERS: &[&str] = &[
    "/usr/lib/pkcs11",
    "/usr/lib/softhsm",
    "/usr/lib/x86_64-linux-gnu/pkcs11",
    "/usr/lib/x86_64-linux-gnu/softhsm",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu/pkcs11",
    "/usr/lib/aarch64-linux-gnu/softhsm",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64/pkcs11",
    "/usr/lib64/softhsm",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib/softhsm",
    "/usr/local/lib",
    "/opt/homebrew/lib/softhsm",
    "/opt/homebrew/lib",
];

/// Loads the module of a URI, or returns the loaded one.
pub(super) fn load(uri: &Pkcs11Uri) -> Result<Pkcs11, Error> {
    let path = path(uri)?;
    let failed = |error| Error::Module {
        path: path.clone(),
        source: Cause::shared(error),
    };
    let mut loaded = lock();
    if let Some(found) = loaded.iter().find(|loaded| loaded.path == path) {
        return Ok(found.module.clone());
    }
    let module = Pkcs11::new(&path).map_err(failed)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(CryptokiError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(failed(error)),
    }
    loaded.push(Loaded {
        path: path.clone(),
        module: module.clone(),
        used: false,
    });
    Ok(module)
}

/// Keeps the module of a URI initialized from now on.
pub(super) fn keep(uri: &Pkcs11Uri) {
    let Ok(path) = path(uri) else { return };
    for loaded in lock().iter_mut().filter(|loaded| loaded.path == path) {
        loaded.used = true;
    }
}

/// Finalizes the module of a URI so that it is initialized again, unless a signer has sessions in it.
pub(super) fn restart(uri: &Pkcs11Uri) {
    let Ok(path) = path(uri) else { return };
    let mut loaded = lock();
    let unused = loaded.iter().position(|loaded| loaded.path == path && !loaded.used);
    if let Some(index) = unused {
        // If the module cannot be finalized, its old state stays in use.
        let _ = loaded.swap_remove(index).module.finalize();
    }
}

/// The file of the module: `module-path`, which may be a folder, or `module-name` (RFC 7512, 2.3).
fn path(uri: &Pkcs11Uri) -> Result<PathBuf, Error> {
    let folders = match (uri.module_path(), uri.module_name()) {
        (Some(path), _) if !path.is_dir() => return Ok(path.into()),
        (_, None) => return Err(Error::ModuleUnnamed),
        (Some(folder), _) => vec![folder],
        (None, _) => FOLDERS.iter().map(Path::new).collect(),
    };
    let name = uri.module_name().unwrap_or_default();
    // A module name must not select a file in another folder.
    let name = name.replace(['/', '\\'], "_");
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let files = [
        format!("{prefix}{name}{suffix}"),
        format!("{name}{suffix}"),
        name.clone(),
    ];
    let places = folders
        .iter()
        .flat_map(|folder| files.iter().map(move |file| folder.join(file)));
    let mut places = places.filter(|place| place.is_file());
    places.next().ok_or(Error::ModuleMissing { name })
}
