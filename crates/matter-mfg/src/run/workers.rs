use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use factory_fs::Dir;
use matter_audit::Sampling;
use matter_ledger::{DeviceTrait, Error as LedgerError, Ledger, NewDevice, NewImage, RunId, Unique};
use matter_spake2p::Lanes;
use matter_types::DiscriminatorAllocator;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::batches::Batches;
use super::check::check;
use super::workspace::Workspace;
use crate::device::Device;
use crate::keys_folder::KeysFolder;
use crate::outputs::Outputs;
use crate::{Error, Phase, Plan, Timings};
use factory_fs::wiping_stack;

/// Finished batches of a thread that may wait for their commit.
const QUEUE: usize = 2;

/// The inputs of a run's threads.
pub(super) struct Work<'r> {
    pub(super) plan: &'r Plan,
    pub(super) workspace: &'r Workspace,
    /// The folder of devices that the ledger does not list yet.
    pub(super) devices: Dir,
    /// The folder of the chips' keys.
    pub(super) keys: Option<&'r KeysFolder>,
    pub(super) unique: Unique,
    pub(super) force: bool,
    pub(super) audit: Sampling,
    pub(super) lanes: Option<Lanes>,
    pub(super) run: RunId,
    pub(super) rows: Range<u32>,
}

/// State shared by drawing and committing.
struct Shared<'r> {
    ledger: &'r mut Ledger,
    discriminators: DiscriminatorAllocator,
}

/// Devices whose files are on disk in the run's own folder.
struct Batch {
    devices: Vec<Device>,
    rows: Vec<NewDevice>,
    timings: Timings,
}

impl Work<'_> {
    /// Makes all rows on several threads and commits them in order, calling `progress` after each commit.
    pub(super) fn execute(
        &self,
        wanted: usize,
        ledger: &mut Ledger,
        discriminators: DiscriminatorAllocator,
        outputs: &mut Outputs<'_>,
        mut progress: impl FnMut(&[NewDevice], &Timings),
    ) -> Result<(), Error> {
        let batches = Batches::new(self.rows.clone());
        let threads = wanted.min(batches.clone().take(wanted).count());
        let (stop, count) = (AtomicBool::new(false), RwLock::new(0));
        let shared = Mutex::new(Shared { ledger, discriminators });
        std::thread::scope(|scope| {
            let mut receivers = Vec::with_capacity(threads);
            let mut senders = Vec::with_capacity(threads);
            for _ in 0..threads {
                let (sender, receiver) = sync_channel(QUEUE);
                receivers.push(receiver);
                senders.push(sender);
            }
            // They start once their number is known.
            let mut running = count.write().unwrap_or_else(PoisonError::into_inner);
            for (number, sender) in senders.into_iter().enumerate() {
                let (batches, count, stop, shared) = (batches.clone(), &count, &stop, &shared);
                let work = move || {
                    let threads = *count.read().unwrap_or_else(PoisonError::into_inner);
                    // The system reuses the stacks of finished threads.
                    wiping_stack(|| self.work(batches.skip(number).step_by(threads.max(1)), stop, shared, &sender));
                };
                match std::thread::Builder::new().spawn_scoped(scope, work) {
                    Ok(_) => *running = number + 1,
                    // Fewer threads make the same devices.
                    Err(_) if number > 0 => break,
                    Err(source) => return Err(Error::Thread { source }),
                }
            }
            receivers.truncate(*running);
            drop(running);
            let collected = self.collect(&receivers, batches.count(), &shared, outputs, &mut progress);
            // A thread with something to send must not wait for a reader.
            stop.store(true, Ordering::Relaxed);
            drop(receivers);
            collected
        })
    }

    fn work(
        &self,
        batches: impl Iterator<Item = Range<u32>>,
        stop: &AtomicBool,
        shared: &Mutex<Shared<'_>>,
        sender: &SyncSender<Result<Batch, Error>>,
    ) {
        for rows in batches {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let made = self.make(rows, shared);
            let failed = made.is_err();
            if sender.send(made).is_err() || failed {
                return;
            }
        }
    }

    fn make(&self, rows: Range<u32>, shared: &Mutex<Shared<'_>>) -> Result<Batch, Error> {
        let mut timings = Timings::default();
        let drawn = {
            let Shared { ledger, discriminators } = &mut *lock(shared);
            self.plan
                .draw(rows.clone(), discriminators, |passcode, discriminator| {
                    let taken = ledger.reserve(self.unique, passcode, discriminator)?;
                    Ok(taken.map(DeviceTrait::name))
                })?
        };
        let identities = self.plan.identities(drawn, self.lanes, &mut timings)?;
        let mut batch = Batch {
            devices: Vec::with_capacity(identities.len()),
            rows: Vec::with_capacity(identities.len()),
            timings,
        };
        let mut buffer = Zeroizing::new(Vec::new());
        for (row, identity) in rows.zip(identities) {
            if !self.force {
                self.workspace.check_free(&identity.uuid)?;
            }
            let mut device = Device::finish(identity, self.plan, &mut batch.timings)?;
            self.plan.seal(&mut device, row, self.keys)?;
            let flash = || self.plan.flash(&mut device, row, self.keys, &mut buffer);
            batch.timings.measure(Phase::Flash, flash)?;
            batch.timings.measure(Phase::Files, || device.write(&self.devices))?;
            device.take_flash(&mut buffer);
            let own = self.devices.path().join(&device.uuid);
            let check = || check(self.plan, self.audit, row, &own, self.keys);
            batch.timings.measure(Phase::Audit, check)?;
            let described = describe(row, &device, self.plan.are_keys_given());
            // The tables do not require them, and many devices may wait for their rows.
            device.drop_files();
            batch.devices.push(device);
            batch.rows.push(described);
        }
        let Batch { rows, timings, .. } = &mut batch;
        let synced = timings.measure(Phase::Files, || {
            self.devices.sync_children(rows.iter().map(|row| &row.uuid))
        });
        synced.map_err(Error::write(self.devices.path()))?;
        Ok(batch)
    }

    /// Commits batches in the order of their rows.
    fn collect(
        &self,
        receivers: &[Receiver<Result<Batch, Error>>],
        count: usize,
        shared: &Mutex<Shared<'_>>,
        outputs: &mut Outputs<'_>,
        progress: &mut impl FnMut(&[NewDevice], &Timings),
    ) -> Result<(), Error> {
        for receiver in receivers.iter().cycle().take(count) {
            // A thread ends early only after a panic, which does not occur.
            let Ok(made) = receiver.recv() else {
                return Err(Error::encode("a thread ended early"));
            };
            let batch = made?;
            let mut lens = Vec::with_capacity(batch.devices.len());
            for device in &batch.devices {
                outputs.add(device)?;
                lens.push(outputs.lens());
            }
            // First the rows of the tables, then the ledger, then the folders: each step can be repeated after the one
            // before it.
            outputs.sync()?;
            let (listed, end) = self.commit(lock(shared).ledger, &batch.rows, &lens);
            for row in listed {
                self.workspace.release(&self.devices, &row.uuid, self.force)?;
            }
            progress(listed, &batch.timings);
            end?;
        }
        Ok(())
    }

    /// Lists devices, or as many of them as the order has room for. Returns the listed ones.
    fn commit<'b>(
        &self,
        ledger: &mut Ledger,
        rows: &'b [NewDevice],
        lens: &[Vec<u64>],
    ) -> (&'b [NewDevice], Result<(), Error>) {
        let mut end = Ok(());
        let mut next = rows;
        while let Some(lens) = next.len().checked_sub(1).and_then(|last| lens.get(last)) {
            match ledger.commit(self.run, self.unique, next, lens) {
                Ok(()) => return (next, end),
                Err(error @ LedgerError::OrderFull { size, made, .. }) => {
                    // Other runs of the order may use the rest meanwhile.
                    let room = usize::try_from(u64::from(size).saturating_sub(made)).unwrap_or(usize::MAX);
                    let room = room.min(next.len().saturating_sub(1));
                    end = Err(error.into());
                    next = next.get(..room).unwrap_or_default();
                }
                Err(error) => return (&[], Err(error.into())),
            }
        }
        (&[], end)
    }
}

fn lock<'m, 's>(shared: &'m Mutex<Shared<'s>>) -> MutexGuard<'m, Shared<'s>> {
    // A panic while drawing does not invalidate the permutation or the ledger.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the ledger's entry for a device.
fn describe(row: u32, device: &Device, is_key_given: bool) -> NewDevice {
    let record = &device.record;
    let credentials = record.credentials();
    // The images are the `.bin` files beside the folder `internal`. Those whose hash would reveal a passcode are
    // omitted: the ledger stores no hash of them.
    let images = device
        .files
        .iter()
        .filter(|(name, file)| name.ends_with(".bin") && !name.contains('/') && file.hides_passcode);
    let images = images.map(|(name, file)| NewImage {
        name: name.clone(),
        size: file.size,
        sha256: file.sha256,
    });
    NewDevice {
        row,
        uuid: device.uuid.clone(),
        serial: record
            .product
            .serial_number
            .as_ref()
            .map(|serial| serial.as_str().to_owned()),
        discriminator: record.discriminator(),
        passcode: record.passcode().cloned(),
        dac_serial: credentials.map(|credentials| credentials.dac().serial().as_bytes().to_vec()),
        key_sha256: credentials.map(|credentials| Sha256::digest(credentials.dac().public_key().as_bytes()).into()),
        is_key_given,
        images: images.collect(),
    }
}
