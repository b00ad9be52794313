//! Devices that are made on demand once the order has none left.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError, TryLockError};

use matter_ledger::{Ledger, LedgerPlace};
use matter_station::{BoardTarget, DeviceFolders, DeviceSource, Error, StationDevice};

/// Settings for making devices.
#[derive(Clone, Debug)]
pub(crate) struct MakingSettings {
    /// The `matter-mfg` program; by default the one beside this program, or else the one on the search path.
    pub(crate) program: Option<PathBuf>,
    /// The options of the runs, a job file of `matter-mfg --job`.
    pub(crate) job: PathBuf,
    /// Number of devices per run.
    pub(crate) batch: u32,
    /// The folder of the devices.
    pub(crate) outdir: PathBuf,
    /// The flash profile.
    pub(crate) profile: PathBuf,
    /// The ledger, and its command line argument.
    pub(crate) ledger: (LedgerPlace, OsString),
    /// The key of the passcodes of a ledger on a server.
    pub(crate) ledger_key: Option<PathBuf>,
}

/// Folders of finished devices, and runs of `matter-mfg` for more of them.
pub(crate) struct Making {
    folders: DeviceFolders,
    settings: MakingSettings,
    /// Number of runs: one at a time, and slots that wait for the same devices require no second run.
    runs: Mutex<u64>,
}

impl Making {
    pub(crate) const fn new(folders: DeviceFolders, settings: MakingSettings) -> Self {
        Self {
            folders,
            settings,
            runs: Mutex::new(0),
        }
    }

    /// Returns the number of runs; `None` during a run.
    fn runs(&self) -> Option<u64> {
        match self.runs.try_lock() {
            Ok(runs) => Some(*runs),
            Err(TryLockError::Poisoned(runs)) => Some(*runs.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Returns the number of devices that may be made for the order at once.
    fn room(&self, order: &str) -> Result<u32, Error> {
        let mut ledger = Ledger::open_existing(self.settings.ledger.0.clone())?;
        let found = ledger.look_up(|issuing| {
            let made = issuing.devices_of_order(order)?;
            Ok::<_, matter_ledger::Error>(issuing.order(order)?.map(|order| (order.size, made)))
        })?;
        // The first run creates a missing order.
        let Some((size, made)) = found else {
            return Ok(self.settings.batch);
        };
        let left = u64::from(size).saturating_sub(made);
        Ok(u32::try_from(left).unwrap_or(u32::MAX).min(self.settings.batch))
    }

    fn command(&self, order: &str, count: u32) -> (PathBuf, Command) {
        let settings = &self.settings;
        let program = settings.program.clone().unwrap_or_else(default_program);
        let mut command = Command::new(&program);
        command.arg("--job").arg(&settings.job);
        command.arg("--count").arg(count.to_string());
        command.arg("--order").arg(order);
        command.arg("--ledger").arg(&settings.ledger.1);
        if let Some(key) = &settings.ledger_key {
            command.arg("--ledger-key").arg(key);
        }
        command.arg("--outdir").arg(&settings.outdir);
        command.arg("--flash-plan").arg(&settings.profile).arg("--quiet");
        command.stdin(Stdio::null()).stdout(Stdio::null());
        (program, command)
    }
}

impl DeviceSource for Making {
    fn target(&self) -> &BoardTarget {
        self.folders.target()
    }

    fn device(&self, uuid: &str) -> Result<StationDevice, Error> {
        self.folders.device(uuid)
    }

    fn make_more(&self, order: &str) -> Result<(), Error> {
        let before = self.runs();
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        // Another slot made devices while this one waited.
        if before != Some(*runs) {
            return Ok(());
        }
        let count = self.room(order)?;
        if count == 0 {
            return Err(Error::OrderEmpty { order: order.into() });
        }
        let failed = |reason: String| Error::Making {
            order: order.into(),
            reason,
        };
        let (program, mut command) = self.command(order, count);
        let output = command.output();
        let output = output.map_err(|error| failed(format!("{}: {error}", program.display())))?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            let last = message.lines().rev().find(|line| !line.trim().is_empty());
            let last = last.map(|line| line.strip_prefix("error: ").unwrap_or(line).to_owned());
            return Err(failed(last.unwrap_or_else(|| output.status.to_string())));
        }
        *runs = runs.saturating_add(1);
        Ok(())
    }
}

/// Returns the `matter-mfg` beside this program.
fn default_program() -> PathBuf {
    let name = format!("matter-mfg{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok();
    let beside = beside
        .as_deref()
        .and_then(Path::parent)
        .map(|folder| folder.join(&name));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| name.into())
}
