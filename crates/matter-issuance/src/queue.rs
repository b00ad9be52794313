use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::thread::JoinHandle;

use matter_attestation::{Certificate, CertificateSigner};

use crate::{Desk, DeviceId, Error, Issued, KeyHash, Proof, Refusal, Registrar, Request};

/// The thread of a desk shared by many callers: it takes the waiting requests and issues them in batches.
///
/// Dropping it stops it as [`DeskQueue::stop`] does.
///
/// # Examples
///
/// ```no_run
/// # use matter_issuance::matter_attestation::PrivateKey;
/// # use matter_issuance::{Desk, DeskQueue, Request};
/// # fn run(desk: Desk<PrivateKey>, request: Request) -> Result<(), matter_issuance::Error> {
/// let queue = DeskQueue::spawn(desk, 1024)?;
/// let handle = queue.handle(); // one for each thread
/// let answer = handle.issue(request)?;
/// queue.stop(); // after what waits
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DeskQueue {
    handle: DeskHandle,
    thread: Option<JoinHandle<()>>,
}

/// A handle of a [`DeskQueue`]. Clones are equivalent.
///
/// Each call has two forms: one waits, the other runs a callback on the desk's thread, which must be short.
#[derive(Clone)]
pub struct DeskHandle {
    sender: SyncSender<Job>,
    shared: Arc<Shared>,
}

struct Shared {
    limit: usize,
    waiting: AtomicUsize,
    is_stopped: AtomicBool,
    is_signer_well: AtomicBool,
    pai: Certificate,
    declaration: Vec<u8>,
}

type Callback<T> = Box<dyn FnOnce(Result<T, Error>) + Send>;
type Work = Box<dyn FnOnce(Result<&mut Registrar, Error>) + Send>;

enum Job {
    Issue(Box<Request>, Callback<Result<Issued, Refusal>>),
    Installed(KeyHash, Callback<Result<(), Refusal>>),
    Proved(Proof, Callback<Result<(), Refusal>>),
    Registrar(Work),
    Stop,
}

impl DeskQueue {
    /// The maximum number of requests in a batch.
    pub const BATCH: usize = 256;

    /// Starts the thread. At most `limit` requests wait; further ones get [`Error::QueueFull`].
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`] when the system cannot start a thread.
    pub fn spawn<S: CertificateSigner + Send + 'static>(desk: Desk<S>, limit: usize) -> Result<Self, Error> {
        let (pai, declaration) = desk.chain();
        let shared = Arc::new(Shared {
            limit,
            waiting: AtomicUsize::new(0),
            is_stopped: AtomicBool::new(false),
            is_signer_well: AtomicBool::new(true),
            pai: pai.clone(),
            declaration: declaration.to_vec(),
        });
        // One extra place for the stop request.
        let (sender, receiver) = sync_channel(limit.saturating_add(1));
        let handle = DeskHandle {
            sender,
            shared: Arc::clone(&shared),
        };
        let thread = std::thread::Builder::new()
            .name("desk".into())
            .spawn(move || work(desk, &receiver, &shared))
            .map_err(|_| Error::Stopped)?;
        Ok(Self {
            handle,
            thread: Some(thread),
        })
    }

    /// Returns a handle.
    #[must_use]
    pub fn handle(&self) -> DeskHandle {
        self.handle.clone()
    }

    /// Processes the waiting requests and stops. Later requests get [`Error::Stopped`].
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.handle.shared.is_stopped.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // An error means that the thread has already ended.
            let _ = self.handle.sender.send(Job::Stop);
            let _ = thread.join();
        }
    }
}

impl Drop for DeskQueue {
    fn drop(&mut self) {
        self.end();
    }
}

impl DeskHandle {
    /// Issues a DAC and waits for it.
    ///
    /// # Errors
    ///
    /// The errors of [`Desk::issue`], [`Error::QueueFull`], [`Error::Stopped`].
    pub fn issue(&self, request: Request) -> Result<Result<Issued, Refusal>, Error> {
        wait(|done| self.issue_then(request, done))
    }

    /// Issues a DAC and runs a callback.
    ///
    /// # Errors
    ///
    /// Returns [`Error::QueueFull`] and [`Error::Stopped`] directly; passes all other errors to the callback.
    pub fn issue_then(
        &self,
        request: Request,
        done: impl FnOnce(Result<Result<Issued, Refusal>, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        self.send(Job::Issue(Box::new(request), Box::new(done)))
    }

    /// Records that a device has its DAC, and waits.
    ///
    /// # Errors
    ///
    /// The errors of [`Desk::installed`], [`Error::QueueFull`], [`Error::Stopped`].
    pub fn installed(&self, key: KeyHash) -> Result<Result<(), Refusal>, Error> {
        wait(|done| self.installed_then(key, done))
    }

    /// Records that a device has its DAC, and runs a callback.
    ///
    /// # Errors
    ///
    /// See [`DeskHandle::issue_then`].
    pub fn installed_then(
        &self,
        key: KeyHash,
        done: impl FnOnce(Result<Result<(), Refusal>, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        self.send(Job::Installed(key, Box::new(done)))
    }

    /// Records that a device has proved possession of its key, and waits.
    ///
    /// # Errors
    ///
    /// The errors of [`Desk::proved`], [`Error::QueueFull`], [`Error::Stopped`].
    pub fn proved(&self, proof: Proof) -> Result<Result<(), Refusal>, Error> {
        wait(|done| self.proved_then(proof, done))
    }

    /// Records that a device has proved possession of its key, and runs a callback.
    ///
    /// # Errors
    ///
    /// See [`DeskHandle::issue_then`].
    pub fn proved_then(
        &self,
        proof: Proof,
        done: impl FnOnce(Result<Result<(), Refusal>, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        self.send(Job::Proved(proof, Box::new(done)))
    }

    /// Records that a device was refused, and waits.
    ///
    /// # Errors
    ///
    /// The errors of [`Desk::refuse`], [`Error::QueueFull`], [`Error::Stopped`].
    pub fn refuse(&self, device: DeviceId, station: &str, refusal: Refusal) -> Result<(), Error> {
        let station = station.to_owned();
        self.registrar(move |registrar| registrar.refuse(&device, &station, &refusal))
    }

    /// Runs a function on the registrar, such as a query or the opening of an order, and waits.
    ///
    /// # Errors
    ///
    /// The errors of the function, [`Error::QueueFull`], [`Error::Stopped`].
    pub fn registrar<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Registrar) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        wait(|done| self.registrar_then(work, done))
    }

    /// Runs a function on the registrar, and a callback.
    ///
    /// # Errors
    ///
    /// See [`DeskHandle::issue_then`].
    pub fn registrar_then<T>(
        &self,
        work: impl FnOnce(&mut Registrar) -> Result<T, Error> + Send + 'static,
        done: impl FnOnce(Result<T, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        self.send(Job::Registrar(Box::new(move |registrar| {
            done(registrar.and_then(work))
        })))
    }

    /// Returns whether the last attempt to sign with the PAI's key succeeded.
    #[must_use]
    pub fn is_signer_well(&self) -> bool {
        self.shared.is_signer_well.load(Ordering::Relaxed)
    }

    /// Returns the number of waiting requests.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    /// Returns the PAI.
    #[must_use]
    pub fn pai(&self) -> &Certificate {
        &self.shared.pai
    }

    /// Returns the Certification Declaration.
    #[must_use]
    pub fn declaration(&self) -> &[u8] {
        &self.shared.declaration
    }

    fn send(&self, job: Job) -> Result<(), Error> {
        let shared = &self.shared;
        if shared.is_stopped.load(Ordering::SeqCst) {
            return Err(Error::Stopped);
        }
        let full = || Error::QueueFull { limit: shared.limit };
        if shared.waiting.fetch_add(1, Ordering::SeqCst) >= shared.limit {
            shared.waiting.fetch_sub(1, Ordering::SeqCst);
            return Err(full());
        }
        self.sender.try_send(job).map_err(|error| {
            shared.waiting.fetch_sub(1, Ordering::SeqCst);
            match error {
                TrySendError::Full(_) => full(),
                TrySendError::Disconnected(_) => Error::Stopped,
            }
        })
    }
}

impl fmt::Debug for DeskHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeskHandle")
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

/// Waits for the callback; a dropped callback means that the desk has stopped.
fn wait<T: Send + 'static>(
    send: impl FnOnce(Box<dyn FnOnce(Result<T, Error>) + Send>) -> Result<(), Error>,
) -> Result<T, Error> {
    let (sender, receiver) = channel();
    send(Box::new(move |answer| {
        // The receiver may be gone.
        let _ = sender.send(answer);
    }))?;
    receiver.recv().unwrap_or(Err(Error::Stopped))
}

/// The jobs of one kind, with their callbacks.
struct Batch<T, A> {
    items: Vec<T>,
    callbacks: Vec<Callback<A>>,
}

impl<T, A> Batch<T, A> {
    const fn new() -> Self {
        Self {
            items: Vec::new(),
            callbacks: Vec::new(),
        }
    }

    fn push(&mut self, item: T, callback: Callback<A>) {
        self.items.push(item);
        self.callbacks.push(callback);
    }

    fn run(self, work: impl FnOnce(&[T]) -> Result<Vec<A>, Error>) {
        if self.items.is_empty() {
            return;
        }
        match work(&self.items) {
            Ok(answers) => {
                for (callback, answer) in self.callbacks.into_iter().zip(answers) {
                    callback(Ok(answer));
                }
            }
            Err(error) => {
                for callback in self.callbacks {
                    callback(Err(error.clone()));
                }
            }
        }
    }
}

/// The jobs taken from the queue together.
struct Drained {
    issue: Batch<Request, Result<Issued, Refusal>>,
    installed: Batch<KeyHash, Result<(), Refusal>>,
    proved: Batch<Proof, Result<(), Refusal>>,
    others: Vec<Work>,
    count: usize,
    is_stopped: bool,
}

impl Drained {
    const fn new() -> Self {
        Self {
            issue: Batch::new(),
            installed: Batch::new(),
            proved: Batch::new(),
            others: Vec::new(),
            count: 0,
            is_stopped: false,
        }
    }

    /// Waits for a job, and takes the others that are waiting.
    fn take(receiver: &Receiver<Job>, shared: &Shared) -> Self {
        let mut drained = Self::new();
        match receiver.recv() {
            Ok(job) => drained.add(job, shared),
            Err(_) => drained.is_stopped = true,
        }
        while drained.count < DeskQueue::BATCH
            && !drained.is_stopped
            && let Ok(job) = receiver.try_recv()
        {
            drained.add(job, shared);
        }
        drained
    }

    fn add(&mut self, job: Job, shared: &Shared) {
        match job {
            Job::Issue(request, callback) => self.issue.push(*request, callback),
            Job::Installed(key, callback) => self.installed.push(key, callback),
            Job::Proved(proof, callback) => self.proved.push(proof, callback),
            Job::Registrar(work) => self.others.push(work),
            Job::Stop => {
                self.is_stopped = true;
                return;
            }
        }
        self.count += 1;
        shared.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

fn work<S: CertificateSigner>(mut desk: Desk<S>, receiver: &Receiver<Job>, shared: &Shared) {
    let mut is_stopped = false;
    while !is_stopped {
        let drained = Drained::take(receiver, shared);
        is_stopped = drained.is_stopped;
        drained.issue.run(|requests| desk.issue(requests));
        shared.is_signer_well.store(desk.is_signer_well(), Ordering::Relaxed);
        drained.installed.run(|keys| desk.installed(keys));
        drained.proved.run(|proofs| desk.proved(proofs));
        for work in drained.others {
            work(Ok(desk.registrar()));
        }
    }
    // Jobs queued between the last receive and the stop.
    while let Ok(job) = receiver.try_recv() {
        match job {
            Job::Issue(_, callback) => callback(Err(Error::Stopped)),
            Job::Installed(_, callback) | Job::Proved(_, callback) => callback(Err(Error::Stopped)),
            Job::Registrar(work) => work(Err(Error::Stopped)),
            Job::Stop => {}
        }
    }
}
