//! The commissioning data of a device: passcode, discriminator and salt, derived from one key, and the verifier.
//!
//! None of it is stored. A repeated request gets the same values, because they are a function of the key in the file
//! `issuing.onboarding_key`, the device's serial number and its DAC's public key:
//!
//! ```text
//! block(kind, n) = HMAC-SHA256(key, "matter-dac-service-onboarding-v1" || kind || n || SHA-256(point) || serial)
//!                                    32 bytes, one byte, 4 bytes big-endian, 32 bytes, the rest
//! passcode       = low 27 bits of the first 4 bytes of block(1, n), for the first n for which they are a legal passcode
//! salt           = block(2, 0)
//! discriminator  = low 12 bits of the first 2 bytes of block(3, 0)
//! ```

use std::fmt;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use cli::Failure;
use hmac::{Hmac, KeyInit, Mac};
use matter_setup_payload::SetupPayload;
use matter_spake2p::{Iterations, PaseCredential, Salt};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use sha2::Sha256;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::config::check_secret;

const CONTEXT: &[u8; 32] = b"matter-dac-service-onboarding-v1";
const PASSCODE: u8 = 1;
const SALT: u8 = 2;
const DISCRIMINATOR: u8 = 3;
const LEN: usize = 32;

/// The key from which onboarding codes are derived. It reveals the passcode of every device of this service.
pub struct OnboardingKey(Zeroizing<[u8; LEN]>);

impl fmt::Debug for OnboardingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnboardingKey([elided])")
    }
}

/// The commissioning data of a device without the verifier.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The passcode.
    pub passcode: Passcode,
    /// The discriminator.
    pub discriminator: Discriminator,
    /// The salt of the verifier.
    pub salt: Salt,
}

impl OnboardingKey {
    /// Reads a key file: 64 hexadecimal digits, readable only by the owner.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`], naming the file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        const NAME: &str = "issuing.onboarding_key";
        let bytes = cli::read_file(NAME, path)?;
        check_secret(NAME, path)?;
        let mut key = Zeroizing::new([0; LEN]);
        let read = base16ct::mixed::decode(bytes.trim_ascii(), &mut *key).map(<[u8]>::len);
        if read != Ok(LEN) {
            let reason = "is not 64 hexadecimal digits; make one with: openssl rand -hex 32";
            return Err(Failure::Input(format!("{NAME} {}: {reason}", path.display())));
        }
        Ok(Self(key))
    }

    /// Creates a key from its bytes.
    #[must_use]
    pub fn new(key: [u8; LEN]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// Derives the commissioning data of a device; `None` if no number below 2^32 yields a legal passcode, which does
    /// not occur in practice.
    #[must_use]
    pub fn derive(&self, serial: &str, key_hash: &[u8; 32]) -> Option<Setup> {
        let block = |kind: u8, number: u32| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&*self.0).ok()?;
            for part in [CONTEXT, &[kind][..], &number.to_be_bytes(), key_hash, serial.as_bytes()] {
                mac.update(part);
            }
            Some(Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes())))
        };
        let passcode = (0..=u32::MAX).find_map(|number| {
            let first = *block(PASSCODE, number)?.first_chunk()?;
            Passcode::new(u32::from_be_bytes(first) & 0x07FF_FFFF).ok()
        })?;
        let salt = Salt::new(&*block(SALT, 0)?).ok()?;
        let first = *block(DISCRIMINATOR, 0)?.first_chunk()?;
        let discriminator = Discriminator::new(u16::from_be_bytes(first) & 0x0FFF).ok()?;
        Some(Setup {
            passcode,
            discriminator,
            salt,
        })
    }
}

impl Setup {
    /// Returns the onboarding payload, which the app shows as codes.
    #[must_use]
    pub fn payload(&self, vendor: VendorId, product: ProductId) -> SetupPayload {
        SetupPayload::new(vendor, product, self.discriminator, self.passcode.clone())
    }
}

/// A request to the thread that derives verifiers.
struct Job {
    passcode: Passcode,
    salt: Salt,
    answer: oneshot::Sender<Zeroizing<Vec<u8>>>,
}

/// Derives verifiers in a separate thread, waiting requests together in one batch.
#[derive(Clone, Debug)]
pub(crate) struct Verifiers {
    jobs: SyncSender<Job>,
    iterations: Iterations,
}

/// Devices per batch.
const BATCH: usize = 16;

impl Verifiers {
    /// Starts the thread. It ends when the last clone of the returned value is dropped.
    pub(crate) fn spawn(iterations: Iterations, waiting: usize) -> Result<Self, Failure> {
        let (jobs, receiver) = sync_channel(waiting);
        std::thread::Builder::new()
            .name("verifiers".into())
            .spawn(move || work(&receiver, iterations))
            .map_err(|error| Failure::Work(format!("cannot start a thread: {error}")))?;
        Ok(Self { jobs, iterations })
    }

    pub(crate) fn iterations(&self) -> Iterations {
        self.iterations
    }

    /// Derives a verifier of 97 bytes. `None` if too many requests are waiting.
    pub(crate) async fn derive(&self, setup: &Setup) -> Option<Zeroizing<Vec<u8>>> {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            passcode: setup.passcode.clone(),
            salt: setup.salt,
            answer,
        };
        match self.jobs.try_send(job) {
            Ok(()) => answered.await.ok(),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => None,
        }
    }
}

fn work(receiver: &Receiver<Job>, iterations: Iterations) {
    while let Ok(first) = receiver.recv() {
        let jobs = std::iter::once(first).chain(receiver.try_iter().take(BATCH - 1));
        let (devices, answers): (Vec<_>, Vec<_>) = jobs.map(|job| ((job.passcode, job.salt), job.answer)).unzip();
        for (credential, answer) in PaseCredential::derive_each(devices, iterations).zip(answers) {
            // No answer for a degenerate key, which does not occur in practice, or if the request was dropped.
            if let Ok(credential) = credential {
                let _ = answer.send(Zeroizing::new(credential.verifier().expose_bytes().to_vec()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are from this program in Python 3.11:
    ///
    /// ```text
    /// import hmac, hashlib
    /// def block(kind, n, h, s):
    ///     m = b"matter-dac-service-onboarding-v1" + bytes([kind]) + n.to_bytes(4, "big") + h + s
    ///     return hmac.new(bytes([7] * 32), m, hashlib.sha256).digest()
    /// bad = {int(str(d) * 8) for d in range(10)} | {12345678, 87654321}
    /// def derive(s, h=bytes([9] * 32)):
    ///     n = 0
    ///     while True:
    ///         p = int.from_bytes(block(1, n, h, s)[:4], "big") & 0x7FFFFFF
    ///         if 1 <= p <= 99999998 and p not in bad: break
    ///         n += 1
    ///     return n, p, int.from_bytes(block(3, 0, h, s)[:2], "big") & 0xFFF, block(2, 0, h, s).hex()
    /// ```
    #[test]
    fn values_match_the_formula() {
        let key = OnboardingKey::new([7; 32]);
        for (serial, passcode, discriminator, salt) in PYTHON {
            let setup = key.derive(serial, &[9; 32]).unwrap();
            assert_eq!(setup.passcode.expose(), passcode, "{serial}");
            assert_eq!(setup.discriminator.get(), discriminator, "{serial}");
            assert_eq!(base16ct::lower::encode_string(setup.salt.as_bytes()), salt, "{serial}");
        }
    }

    /// Passcodes found after 0, 1, 2 and more illegal candidates.
    const PYTHON: [(&str, u32, u16, &str); 4] = [
        (
            "LAMP-0000",
            78898538,
            1043,
            "70166303531457285100ae058020a0e7ac2110b7ae5dacf29255dd2b02eeb529",
        ),
        (
            "LAMP-0002",
            86521213,
            1922,
            "9126149b1cd1afab08fcc7221b5f6e732d3d30984e066af6053fa14c6fdd68b6",
        ),
        (
            "LAMP-0001",
            96939812,
            3177,
            "da6104e790eeea2ae17c94583733698be108f009b314070927b6e1b3dc598d58",
        ),
        (
            "LAMP-0009",
            44236935,
            2228,
            "05fd80d1da51b5a197f4b804402d65f85cab47f6925ce8808f77e0a582c929dc",
        ),
    ];

    #[test]
    fn another_device_key_or_secret_has_other_values() {
        let setups = [
            OnboardingKey::new([7; 32]).derive("A", &[9; 32]),
            OnboardingKey::new([7; 32]).derive("B", &[9; 32]),
            OnboardingKey::new([7; 32]).derive("A", &[8; 32]),
            OnboardingKey::new([6; 32]).derive("A", &[9; 32]),
        ];
        let salts = setups
            .iter()
            .map(|setup| setup.as_ref().unwrap().salt.as_bytes().to_vec());
        assert_eq!(salts.collect::<std::collections::BTreeSet<_>>().len(), 4);
    }

    #[test]
    fn key_file_is_hexadecimal_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        factory_fs::Dir::open(folder.path())
            .unwrap()
            .create_file("key")
            .unwrap();
        std::fs::write(&path, "07".repeat(32) + "\n").unwrap();
        let key = OnboardingKey::read(&path).unwrap();
        assert_eq!(format!("{key:?}"), "OnboardingKey([elided])");
        std::fs::write(&path, "07".repeat(31)).unwrap();
        assert!(matches!(OnboardingKey::read(&path), Err(Failure::Input(_))));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::write(&path, "07".repeat(32)).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            assert!(matches!(OnboardingKey::read(&path), Err(Failure::Input(sentence)) if sentence.contains("0600")));
        }
    }
}
