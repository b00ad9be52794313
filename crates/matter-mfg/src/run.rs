use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use matter_spake2p::Lanes;
use matter_types::DiscriminatorAllocator;

use crate::folder::{GrowingFile, create_private, sync_tree};
use crate::ledger::{Ledger, Progress, RunRow, RunState, Unique};
use crate::outputs::Outputs;
use crate::{Error, Plan, Timings, clock, outputs};

mod batches;
mod before;
mod check;
mod parameters;
mod report;
mod workers;
mod workspace;

pub use self::check::AuditPolicy;
pub use self::report::Report;
use self::workspace::{TopLock, Workspace};

/// What the ledger is called in the output folder.
const LEDGER: &str = "ledger.sqlite";
/// Discriminators repeat after so many devices.
const DISCRIMINATORS: u32 = 4096;

/// The execution of a plan.
#[derive(Debug)]
pub struct Run<'p> {
    plan: &'p Plan,
    top: PathBuf,
    /// None for a run from a seed, which shall leave the same files on every machine.
    ledger: Option<PathBuf>,
    unique: Unique,
    order: Option<(String, u32)>,
    resume: bool,
    force: bool,
    audit: AuditPolicy,
    lanes: Option<Lanes>,
}

/// A run that has its folder and its row in the ledger.
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
            ledger: (!plan.is_seeded()).then(|| Self::default_ledger(&plan.job().outdir)),
            unique: Unique::default(),
            order: None,
            resume: false,
            force: false,
            audit: AuditPolicy::default(),
            lanes: None,
        }
    }

    /// Returns the ledger of an output folder, when none is named.
    #[must_use]
    pub fn default_ledger(outdir: &Path) -> PathBuf {
        outdir.join(LEDGER)
    }

    /// Uses a ledger elsewhere, perhaps together with other runs.
    #[must_use]
    pub fn with_ledger(mut self, path: PathBuf) -> Self {
        self.ledger = Some(path);
        self
    }

    /// Refuses devices that have something in common with one of the ledger. What is drawn is drawn until it is new.
    #[must_use]
    pub const fn with_unique(mut self, unique: Unique) -> Self {
        self.unique = unique;
        self
    }

    /// Makes the devices for an order, which gets no more than `size` over all runs of the ledger.
    #[must_use]
    pub fn with_order(mut self, id: String, size: u32) -> Self {
        self.order = Some((id, size));
        self
    }

    /// Continues the newest unfinished run in the output folder, or starts one when there is none.
    #[must_use]
    pub const fn with_resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Replaces folders of devices that have the name of a new one, instead of ending the run.
    #[must_use]
    pub const fn with_force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Sets which devices are audited before they appear; one that fails ends the run.
    #[must_use]
    pub const fn with_audit(mut self, policy: AuditPolicy) -> Self {
        self.audit = policy;
        self
    }

    /// Derives verifiers with these lanes, to measure them. The devices do not depend on it.
    #[must_use]
    pub const fn with_lanes(mut self, lanes: Lanes) -> Self {
        self.lanes = Some(lanes);
        self
    }

    /// Makes all devices and calls `progress` with the number of complete ones.
    ///
    /// A device's folder appears complete or not at all, and not before the ledger lists it. When something fails, the
    /// devices that are complete stay, the tables list them, and the run can be continued.
    #[must_use]
    pub fn execute(&self, mut progress: impl FnMut(u32)) -> Report {
        let start = Instant::now();
        let mut report = Report {
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
            error: None,
        };
        if let Err(error) = self.produce(&mut report, &mut progress) {
            report.error = Some(error);
        }
        report.elapsed = start.elapsed();
        report
    }

    fn produce(&self, report: &mut Report, progress: &mut impl FnMut(u32)) -> Result<(), Error> {
        if self.resume && self.plan.is_seeded() {
            let reason = "is not allowed beside --seed, whose run is the same when it is made again";
            return Err(Error::option("--resume", reason));
        }
        self.check_first()?;
        create_private(&self.top)?;
        if let Some(pki) = self.plan.test_pki() {
            pki.publish(&self.plan.job().outdir)?;
        }
        if let Some(pai) = self.plan.made_pai() {
            let _held = TopLock::new(&self.top)?;
            pai.publish()?;
        }
        let Some(mut started) = self.start(report)? else {
            return Ok(());
        };
        let made = self.make_all(&mut started, report, progress);
        let held = TopLock::new(&self.top);
        if let Err(error) = made {
            if let Ok(held) = held {
                Self::stop(&mut started, report.devices, &held);
                self.name_tables(report, started.workspace.stamp());
            }
            // The first failure is the one to tell.
            return Err(error);
        }
        // The devices' new names, before the ledger says that there is nothing left to do.
        sync_tree(&self.top)?;
        started.ledger.end(started.progress.run, RunState::Complete)?;
        started.workspace.finish(&held?)?;
        self.name_tables(report, started.workspace.stamp());
        Ok(())
    }

    /// Leaves what is needed to continue, and nothing when there is nothing to continue.
    fn stop(started: &mut Started, devices: u32, held: &TopLock) {
        // What cannot be done now, on a full disk for instance, is done when the run is continued.
        let _ = started.workspace.reconcile(&started.ledger);
        if devices > 0 {
            started.workspace.show_tables();
        } else if started.ledger.end(started.progress.run, RunState::Abandoned).is_ok() {
            let _ = started.workspace.remove(held);
        }
    }

    fn name_tables(&self, report: &mut Report, stamp: &str) {
        let there = |name: String| Some(self.top.join(name)).filter(|path| path.is_file());
        report.summary = there(workspace::summary(stamp));
        report.dacs = there(workspace::dacs(stamp));
        let lists = &self.plan.job().lists;
        report.manifest = there(outputs::MANIFEST.into());
        report.qr_zip = there(outputs::pictures(stamp)).filter(|_| lists.qr_zip);
        report.labels = Some(self.top.join(outputs::labels(stamp))).filter(|path| path.is_dir());
    }

    /// Cleans up after runs whose process is gone, and starts or continues one; `None` when there is nothing left to do.
    fn start(&self, report: &mut Report) -> Result<Option<Started>, Error> {
        let held = TopLock::new(&self.top)?;
        let mut ledger = self.ledger.as_deref().map_or_else(Ledger::in_memory, Ledger::open)?;
        let found = Workspace::find(&self.top, &held)?;
        let mut unfinished = Vec::new();
        for workspace in found.left {
            match ledger.find(workspace.ident())? {
                Some(progress) if progress.state == RunState::Complete => {
                    workspace.reconcile(&ledger)?;
                    workspace.finish(&held)?;
                }
                Some(progress) if progress.state == RunState::Open && progress.done > 0 => {
                    workspace.reconcile(&ledger)?;
                    unfinished.push((workspace, progress));
                }
                Some(progress) => {
                    ledger.end(progress.run, RunState::Abandoned)?;
                    workspace.remove(&held)?;
                }
                // Of another ledger, with devices that it alone knows.
                None if holds_devices(&workspace) => {
                    let stamp = workspace.stamp();
                    report.notes.push(format!(
                        "the unfinished run {stamp} belongs to another ledger and was left as it is"
                    ));
                }
                None => workspace.remove(&held)?,
            }
        }
        let parameters = parameters::parameters(self.plan, self.order.as_ref());
        if !self.resume {
            if let Some((workspace, progress)) = unfinished.first() {
                let (stamp, done) = (workspace.stamp(), progress.done);
                report.notes.push(format!(
                    "the unfinished run {stamp} with {done} complete devices stays as it is; --resume continues it"
                ));
            }
            return self.begin(ledger, parameters, &held).map(Some);
        }
        if unfinished.is_empty() {
            if let Some(stamp) = found.alive {
                let reason = format!("the run {stamp} is still going");
                return Err(Error::option("--resume", reason));
            }
            let newest = ledger.newest(&self.folder()?)?;
            if let Some((ident, progress)) = newest.filter(|(_, progress)| progress.state == RunState::Complete)
                && ledger.differences(progress.run, &parameters)?.is_empty()
            {
                report.devices = progress.done;
                report.earlier = progress.done;
                let stamp = ident.split('.').next().unwrap_or_default();
                self.name_tables(report, stamp);
                report.notes.push(format!("the run {stamp} was complete already"));
                return Ok(None);
            }
            return self.begin(ledger, parameters, &held).map(Some);
        }
        let mut refused = None;
        for (workspace, progress) in unfinished {
            let differing = ledger.differences(progress.run, &parameters)?;
            if differing.is_empty() {
                report.earlier = progress.done;
                report.devices = progress.done;
                return Ok(Some(Started {
                    workspace,
                    ledger,
                    progress,
                }));
            }
            refused.get_or_insert_with(|| {
                let mut names = differing;
                if names.len() > 1 {
                    // It says nothing new then.
                    names.retain(|name| *name != parameters::OTHERS);
                }
                let names = names.join(", ");
                format!(
                    "the unfinished run {} was started with another {names}",
                    workspace.stamp()
                )
            });
        }
        Err(Error::option("--resume", refused.unwrap_or_default()))
    }

    fn begin(
        &self,
        mut ledger: Ledger,
        parameters: Vec<(&'static str, Vec<u8>)>,
        held: &TopLock,
    ) -> Result<Started, Error> {
        let job = self.plan.job();
        let workspace = Workspace::create(&self.top, &clock::stamp(self.plan.time()), held)?;
        let row = RunRow {
            ident: workspace.ident().to_owned(),
            folder: self.folder()?,
            vendor_id: job.vendor_id.get(),
            product_id: job.product_id.get(),
            count: self.plan.count(),
            order: self.order.clone(),
            test: self.plan.test_reason().is_some(),
            parameters,
        };
        match ledger.begin(&row) {
            Ok(progress) => Ok(Started {
                workspace,
                ledger,
                progress,
            }),
            Err(error) => {
                let _ = workspace.remove(held);
                Err(error)
            }
        }
    }

    /// The output folder as the ledger knows it.
    fn folder(&self) -> Result<String, Error> {
        let folder = self.top.canonicalize().map_err(Error::write(&self.top))?;
        Ok(folder.to_string_lossy().into_owned())
    }

    fn make_all(
        &self,
        started: &mut Started,
        report: &mut Report,
        progress: &mut impl FnMut(u32),
    ) -> Result<(), Error> {
        let Progress { run, done, tables, .. } = &started.progress;
        let stamp = started.workspace.stamp();
        if let Some(reason) = self.plan.test_reason() {
            mark_test_run(&self.top, stamp, reason)?;
        }
        let mut outputs = Outputs::open(self.plan, &started.workspace.tables(), stamp, *done, tables)?;
        let block = done - done % DISCRIMINATORS;
        let used = started.ledger.discriminators(*run, block)?;
        let discriminators = DiscriminatorAllocator::new().with_taken(used);
        let wanted = self.plan.threads().map_or_else(cores, NonZeroUsize::get);
        let work = workers::Work {
            plan: self.plan,
            workspace: &started.workspace,
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
                for _ in 0..devices {
                    report.devices += 1;
                    progress(report.devices);
                }
            },
        )?;
        outputs.complete(&self.top)
    }
}

fn holds_devices(workspace: &Workspace) -> bool {
    let devices = std::fs::read_dir(workspace.devices());
    devices.is_ok_and(|mut entries| entries.next().is_some())
}

/// Under its own name from the start: when the run is killed here, the next part of it writes it again.
fn mark_test_run(top: &Path, stamp: &str, reason: &str) -> Result<(), Error> {
    let mut file = GrowingFile::open(top.join(format!("test-run-{stamp}.txt")), 0)?;
    file.add(reason.as_bytes());
    file.flush()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
