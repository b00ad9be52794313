use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use matter_types::DiscriminatorAllocator;

use crate::device::Device;
use crate::folder::{DraftFile, create_private};
use crate::outputs::Outputs;
use crate::{Error, Plan, Timings};

/// How many finished devices may wait for their rows in the tables, for each thread.
const QUEUE: usize = 16;

/// The execution of a plan.
#[derive(Debug)]
pub struct Run<'p> {
    plan: &'p Plan,
    top: PathBuf,
    discriminators: Mutex<DiscriminatorAllocator>,
}

/// What a run has produced.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// How many devices are complete.
    pub devices: u32,
    /// The folder with a folder for each device.
    pub top: PathBuf,
    /// The table of all devices, once it is complete.
    pub summary: Option<PathBuf>,
    /// The table of all certificates, if there are any, once it is complete.
    pub dacs: Option<PathBuf>,
    /// The manifest, once it is complete.
    pub manifest: Option<PathBuf>,
    /// The zip file of all pictures, if it was asked for, once it is complete.
    pub qr_zip: Option<PathBuf>,
    /// The folder of label sheets, if they were asked for, once they are complete.
    pub labels: Option<PathBuf>,
    /// How long the phases took, over all devices and threads.
    pub timings: Timings,
    /// How long the run took.
    pub elapsed: Duration,
    /// Why it ended early, if it did.
    pub error: Option<Error>,
}

/// A device whose folder is on disk.
struct Done {
    index: u32,
    device: Device,
    timings: Timings,
}

impl<'p> Run<'p> {
    /// Prepares the execution of a plan. Nothing is written.
    #[must_use]
    pub fn new(plan: &'p Plan) -> Self {
        Self {
            plan,
            top: plan.job().top(),
            discriminators: Mutex::new(plan.discriminators()),
        }
    }

    /// Makes all devices and calls `progress` with the number of complete ones.
    ///
    /// A device's folder appears complete or not at all. When something fails, the devices that are complete stay, and
    /// the tables list them.
    #[must_use]
    pub fn execute(&self, mut progress: impl FnMut(u32)) -> Report {
        let start = Instant::now();
        let mut report = Report {
            devices: 0,
            top: self.top.clone(),
            summary: None,
            dacs: None,
            manifest: None,
            qr_zip: None,
            labels: None,
            timings: Timings::default(),
            elapsed: Duration::ZERO,
            error: None,
        };
        if let Err(error) = self.produce(&mut report, &mut progress) {
            report.error = Some(error);
        }
        report.elapsed = start.elapsed();
        report
    }

    fn produce(&self, report: &mut Report, progress: &mut impl FnMut(u32)) -> Result<(), Error> {
        create_private(&self.top)?;
        if let Some(pki) = self.plan.test_pki() {
            pki.publish(&self.plan.job().outdir)?;
        }
        if let Some(pai) = self.plan.made_pai() {
            pai.publish()?;
        }
        let (mut outputs, stamp) = Outputs::new(self.plan, &self.top)?;
        if let Some(reason) = self.plan.test_reason() {
            mark_test_run(&self.top, &stamp, reason)?;
        }
        let made = self.make_all(&mut outputs, report, progress);
        if report.devices > 0 {
            let published = outputs.publish();
            // The first failure is the one to tell.
            made?;
            let published = published?;
            report.summary = Some(published.tables.summary);
            report.dacs = published.tables.dacs;
            report.manifest = Some(published.manifest);
            report.qr_zip = published.qr_zip;
            report.labels = published.labels;
            return Ok(());
        }
        made
    }

    fn make_all(
        &self,
        outputs: &mut Outputs<'_>,
        report: &mut Report,
        progress: &mut impl FnMut(u32),
    ) -> Result<(), Error> {
        let wanted = self.plan.threads().map_or_else(cores, NonZeroUsize::get);
        let threads = wanted.min(usize::try_from(self.plan.count()).unwrap_or(usize::MAX));
        let next = AtomicU32::new(0);
        let stop = AtomicBool::new(false);
        let (sender, receiver) = sync_channel(QUEUE * threads);
        std::thread::scope(|scope| {
            let mut started = Ok(());
            for number in 0..threads {
                let sender = sender.clone();
                let thread = std::thread::Builder::new().spawn_scoped(scope, || self.work(&next, &stop, sender));
                match thread {
                    Ok(_) => {}
                    // Fewer threads make the same devices.
                    Err(_) if number > 0 => break,
                    Err(source) => started = Err(Error::Thread { source }),
                }
            }
            drop(sender);
            started?;
            let collected = collect(&receiver, outputs, report, progress);
            // A thread that still has something to send must not wait for a reader.
            stop.store(true, Ordering::Relaxed);
            drop(receiver);
            collected
        })
    }

    fn work(&self, next: &AtomicU32, stop: &AtomicBool, sender: SyncSender<Result<Done, Error>>) {
        while !stop.load(Ordering::Relaxed) {
            let free = |index: u32| (index < self.plan.count()).then(|| index + 1);
            let Ok(index) = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free) else {
                return;
            };
            let done = self.make(index);
            if done.is_err() {
                stop.store(true, Ordering::Relaxed);
            }
            if sender.send(done).is_err() {
                return;
            }
        }
    }

    fn make(&self, index: u32) -> Result<Done, Error> {
        let mut timings = Timings::default();
        let identity = self
            .plan
            .device(index, &mut self.plan.random(index)?, &self.discriminators, &mut timings)?;
        let mut device = Device::finish(identity, self.plan, &mut timings)?;
        self.plan.seal(&mut device, index)?;
        timings.measure(crate::Phase::Files, || device.publish(&self.top))?;
        // The tables do not need them, and many devices may wait for their rows.
        device.drop_files(self.plan.job().lists.qr_zip);
        Ok(Done { index, device, timings })
    }
}

/// Puts finished devices into the tables in the order of their numbers, those behind a failed one last.
fn collect(
    receiver: &Receiver<Result<Done, Error>>,
    outputs: &mut Outputs<'_>,
    report: &mut Report,
    progress: &mut impl FnMut(u32),
) -> Result<(), Error> {
    let mut waiting = BTreeMap::new();
    let mut expected = 0;
    let mut failure = None;
    for received in receiver {
        match received {
            Ok(done) => {
                report.devices += 1;
                report.timings.add(&done.timings);
                progress(report.devices);
                waiting.insert(done.index, done.device);
            }
            Err(error) => failure = failure.or(Some(error)),
        }
        while let Some(device) = waiting.remove(&expected) {
            outputs.add(&device)?;
            expected += 1;
        }
    }
    for device in waiting.values() {
        outputs.add(device)?;
    }
    failure.map_or(Ok(()), Err)
}

fn mark_test_run(top: &Path, stamp: &str, reason: &str) -> Result<(), Error> {
    let mut mark = DraftFile::new(top, &format!("test-run-{stamp}.txt"))?;
    mark.write(reason.as_bytes())?;
    mark.publish().map(|_| ())
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
