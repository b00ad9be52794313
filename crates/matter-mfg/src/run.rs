use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use factory_fs::{Dir, FolderLock, Kind};
use matter_audit::Sampling;
use matter_ledger::{Ledger, LedgerPlace, Order, Progress, RunState, Unique};
use matter_spake2p::Lanes;
use matter_types::DiscriminatorAllocator;

use crate::flash::FlashJob;
use crate::growing::GrowingFile;
use crate::keys_folder::KeysFolder;
use crate::message::message;
use crate::outputs::Outputs;
use crate::{Error, Field, Plan, TestPki, Timings, device_tables, manifest, outputs};

mod batches;
mod before;
mod check;
mod output;
mod parameters;
mod reconcile;
mod report;
mod room;
mod run_error;
mod start;
mod workers;
mod workspace;

pub use self::report::RunReport;
pub use self::run_error::RunError;
use self::workspace::Workspace;

/// Discriminators repeat after this many devices.
const DISCRIMINATORS: u32 = 4096;

/// The execution of a plan.
///
/// # Examples
///
/// ```
/// use matter_mfg::{Attestation, Job, Plan, Run, Sampling};
///
/// # let folder = tempfile::tempdir()?;
/// let mut job = Job::new("0xFFF1".parse()?, "0x8000".parse()?);
/// job.outdir = folder.path().join("out");
/// job.count = Some(2);
/// job.attestation = Attestation::TestPki { common_name_prefix: "Example".into() };
/// let plan = Plan::new(job, matter_mfg::now()?)?;
///
/// let run = Run::new(&plan).with_order("4711".into(), 500).with_audit(Sampling::All);
/// let report = run.execute(|complete, uuid| println!("{complete}: {uuid}"))?;
/// assert_eq!(report.devices, 2);
/// assert!(report.is_reconciled && report.manifest.is_some_and(|path| path.exists()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Run<'p> {
    plan: &'p Plan,
    top: PathBuf,
    /// `None` for seeded runs, so that their output is reproducible.
    ledger: Option<LedgerPlace>,
    unique: Unique,
    order: Option<Order>,
    resume: bool,
    force: bool,
    trust: bool,
    inputs: Vec<(Field, PathBuf)>,
    audit: Sampling,
    lanes: Option<Lanes>,
}

/// A run with its folder and its row in the ledger.
struct Started {
    workspace: Workspace,
    ledger: Ledger,
    progress: Progress,
}

impl<'p> Run<'p> {
    /// Prepares the execution of a plan. Nothing is written.
    #[must_use]
    pub fn new(plan: &'p Plan) -> Self {
        Self {
            plan,
            top: plan.job().top(),
            ledger: (!plan.is_seeded()).then(|| Self::default_ledger(&plan.job().outdir).into()),
            unique: Unique::default(),
            order: None,
            resume: false,
            force: false,
            trust: false,
            inputs: Vec::new(),
            audit: Sampling::Sample,
            lanes: None,
        }
    }

    /// Returns the default ledger of an output folder.
    #[must_use]
    pub fn default_ledger(outdir: &Path) -> PathBuf {
        outdir.join(Ledger::FILE_NAME)
    }

    /// Uses another ledger, which other runs may share.
    #[must_use]
    pub fn with_ledger(mut self, place: impl Into<LedgerPlace>) -> Self {
        self.ledger = Some(place.into());
        self
    }

    /// Refuses devices that share a value with a device of the ledger. Drawn values are drawn again until they are new.
    #[must_use]
    pub const fn with_unique(mut self, unique: Unique) -> Self {
        self.unique = unique;
        self
    }

    /// Makes the devices for an order, which gets at most `size` devices over all runs of the ledger.
    #[must_use]
    pub fn with_order(mut self, id: String, size: u32) -> Self {
        self.order = Some(Order { id, size });
        self
    }

    /// Continues the newest unfinished run in the output folder, or starts a new one.
    #[must_use]
    pub const fn with_resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Replaces an existing folder with the name of a new device instead of ending the run.
    #[must_use]
    pub const fn with_force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Sets the input files of the job and the fields that name them; none of them is replaced.
    #[must_use]
    pub fn with_inputs(mut self, inputs: Vec<(Field, PathBuf)>) -> Self {
        self.inputs = inputs;
        self
    }

    /// Accepts output folders that other users may change.
    #[must_use]
    pub const fn with_insecure_permissions(mut self, trust: bool) -> Self {
        self.trust = trust;
        self
    }

    /// Selects the devices that are audited before they are published; one that fails ends the run.
    #[must_use]
    pub const fn with_audit(mut self, sampling: Sampling) -> Self {
        self.audit = sampling;
        self
    }

    /// Derives verifiers with these lanes, for measurements. The devices are the same.
    #[must_use]
    pub const fn with_lanes(mut self, lanes: Lanes) -> Self {
        self.lanes = Some(lanes);
        self
    }

    /// Returns the folder that contains the devices' folders.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Makes all devices and calls `progress` for each complete one, with the count so far and its UUID.
    ///
    /// A device's folder appears complete or not at all, and not before the ledger lists it. After a failure the
    /// complete devices remain, the tables list them, and the run can be continued.
    ///
    /// # Errors
    ///
    /// [`RunError`] with the report of the work done until then.
    pub fn execute(&self, mut progress: impl FnMut(u32, &str)) -> Result<RunReport, RunError> {
        let start = Instant::now();
        let mut report = RunReport {
            devices: 0,
            earlier: 0,
            top: self.top.clone(),
            ledger: self.ledger.clone(),
            summary: None,
            dacs: None,
            manifest: None,
            qr_zip: None,
            labels: None,
            timings: Timings::default(),
            elapsed: Duration::ZERO,
            notes: Vec::new(),
            is_reconciled: false,
        };
        let produced = self.produce(&mut report, &mut progress);
        report.elapsed = start.elapsed();
        match produced {
            Ok(()) => Ok(report),
            Err(error) => Err(RunError {
                error,
                report: Box::new(report),
            }),
        }
    }

    fn produce(&self, report: &mut RunReport, progress: &mut impl FnMut(u32, &str)) -> Result<(), Error> {
        if self.resume && self.plan.is_seeded() {
            let reason = message!["cannot be used with ", Field::Seed, ", which makes the same run again"];
            return Err(Error::field(Field::Resume, reason));
        }
        self.check_first()?;
        let job = self.plan.job();
        let (outdir, top) = output::open(&job.outdir, &job.product_folder(), self.trust)?;
        if let Some(pki) = self.plan.test_pki() {
            output::check_child(&outdir, pki.name(), self.trust)?;
        }
        self.check_default_ledger(&outdir)?;
        let keys = job.flash.as_ref().and_then(FlashJob::keys_dir);
        let keys = keys
            .map(|path| output::open_keys(path, self.trust, self.resume))
            .transpose()?;
        let ledger = self.ledger_file();
        let is_new = !self.resume || self.ledger.is_none() || ledger.is_some_and(|path| !path.exists());
        if is_new {
            // A continued run has most of it already, and is checked once it is known.
            room::check(self.plan, self.plan.count(), &top, ledger)?;
        }
        let mut begin = || {
            TestPki::sweep(&outdir)?;
            if let Some(pki) = self.plan.test_pki() {
                pki.publish(&outdir)?;
            }
            if let Some(pai) = self.plan.made_pai() {
                let _held = FolderLock::new(&top).map_err(Error::write(&self.top))?;
                pai.publish(&top)?;
            }
            self.start(&top, report)
        };
        let Some(mut started) = begin().map_err(|error| error.at_start())? else {
            return Ok(());
        };
        let made = self.make_all(&mut started, &top, keys.as_ref(), report, progress);
        let held = FolderLock::new(&top).map_err(Error::write(&self.top));
        if let Err(error) = made {
            if let Ok(held) = held {
                let stamp = started.workspace.stamp().to_owned();
                self.stop(started, &held);
                self.name_tables(report, &top, &stamp);
            }
            // The first failure is reported.
            return Err(error);
        }
        self.complete(started, &top, &held?, report)
    }

    /// Returns the ledger's file; `None` for a server, or without a ledger.
    fn ledger_file(&self) -> Option<&Path> {
        self.ledger.as_ref().and_then(LedgerPlace::file)
    }

    /// A default ledger is a file in the output folder; a link there is not ours.
    fn check_default_ledger(&self, outdir: &Dir) -> Result<(), Error> {
        let default = Self::default_ledger(&self.plan.job().outdir);
        if self.ledger_file() != Some(&*default) {
            return Ok(());
        }
        match outdir
            .kind(Ledger::FILE_NAME)
            .map_err(Error::obstacle(Field::Ledger, &default))?
        {
            None | Some(Kind::File) => Ok(()),
            Some(other) => Err(Error::file(
                Field::Ledger,
                &default,
                format_args!("is {}, not a file", other.name()),
            )),
        }
    }

    /// Completes a run that has all its devices: counts them, marks it complete in the ledger, and moves the tables
    /// into place.
    fn complete(&self, started: Started, top: &Dir, held: &FolderLock, report: &mut RunReport) -> Result<(), Error> {
        let Started {
            workspace,
            mut ledger,
            progress,
        } = started;
        let run = progress.run;
        let has_dacs = self.plan.pai().is_some() && !self.plan.are_keys_given();
        reconcile::check_lists(&workspace.tables()?, workspace.stamp(), self.plan.count(), has_dacs)?;
        // The devices' new names are on disk before the ledger marks the run complete.
        top.sync().map_err(Error::write(&self.top))?;
        ledger.end(run, RunState::Complete)?;
        let stamp = workspace.stamp().to_owned();
        workspace.finish(held)?;
        self.name_tables(report, top, &stamp);
        reconcile::folders(top, &mut ledger, &progress)?.check(top)?;
        report.is_reconciled = true;
        Ok(())
    }

    /// Leaves the files that continuing the run requires, if anything can be continued.
    fn stop(&self, started: Started, held: &FolderLock) {
        let Started {
            workspace,
            ledger,
            progress,
        } = started;
        // A failed commit may still be in the log if only the disk's acknowledgement was lost: the next process that
        // opens the ledger finds it, so its devices must exist as well.
        let ledger = match &self.ledger {
            Some(place) => {
                drop(ledger);
                Ledger::open(place)
            }
            None => Ok(ledger),
        };
        let Ok(mut ledger) = ledger else { return };
        // Work that fails now, on a full disk for instance, is done when the run is continued.
        let _ = workspace.reconcile(&mut ledger, self.force);
        match ledger.find(workspace.ident()) {
            Ok(Some(now)) if now.done > 0 => {
                let _ = workspace.show_tables(&now);
            }
            Ok(Some(_)) if ledger.end(progress.run, RunState::Abandoned).is_ok() => {
                let _ = workspace.remove(held);
            }
            _ => {}
        }
    }

    fn name_tables(&self, report: &mut RunReport, top: &Dir, stamp: &str) {
        let there = |name: String, kind| {
            let found = top.kind(&name).is_ok_and(|found| found == Some(kind));
            found.then(|| self.top.join(name))
        };
        report.summary = there(device_tables::summary(stamp), Kind::File);
        report.dacs = there(device_tables::dacs(stamp), Kind::File);
        // The latest manifest may be of another run.
        let latest = manifest::run_of(top, manifest::NAME).is_ok_and(|run| run.as_deref() == Some(stamp));
        let name = if latest {
            manifest::NAME.into()
        } else {
            manifest::former(stamp)
        };
        report.manifest = there(name, Kind::File);
        let lists = &self.plan.job().lists;
        report.qr_zip = there(outputs::pictures(stamp), Kind::File).filter(|_| lists.qr_zip);
        report.labels = there(outputs::labels(stamp), Kind::Folder);
    }

    fn make_all(
        &self,
        started: &mut Started,
        top: &Dir,
        keys: Option<&KeysFolder>,
        report: &mut RunReport,
        progress: &mut impl FnMut(u32, &str),
    ) -> Result<(), Error> {
        let Progress { run, done, tables, .. } = &started.progress;
        let stamp = started.workspace.stamp();
        let open = || {
            if let Some(reason) = self.plan.test_reason() {
                mark_test_run(top, stamp, reason)?;
            }
            Outputs::open(self.plan, &started.workspace.tables()?, stamp, *done, tables)
        };
        let mut outputs = open().map_err(|error| error.at_start())?;
        let block = done - done % DISCRIMINATORS;
        let used = started.ledger.discriminators(*run, block)?;
        let discriminators = DiscriminatorAllocator::new().with_taken(used);
        let wanted = self.plan.threads().map_or_else(cores, NonZeroUsize::get);
        let work = workers::Work {
            plan: self.plan,
            workspace: &started.workspace,
            devices: started.workspace.devices()?,
            keys,
            unique: self.unique,
            force: self.force,
            audit: self.audit,
            lanes: self.lanes,
            run: *run,
            rows: *done..self.plan.count(),
        };
        work.execute(
            wanted,
            &mut started.ledger,
            discriminators,
            &mut outputs,
            |devices, timings| {
                report.timings.add(timings);
                for device in devices {
                    report.devices += 1;
                    progress(report.devices, &device.uuid);
                }
            },
        )?;
        outputs.complete(top)
    }
}

/// Has its final name from the start: if the run is killed here, its next part writes the file again.
fn mark_test_run(top: &Dir, stamp: &str, reason: &str) -> Result<(), Error> {
    let mut file = GrowingFile::open(top, &output::test_mark(stamp), 0)?;
    file.add(reason.as_bytes());
    file.sync()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
