//! Keys in PKCS #11 tokens.

mod cause;
mod find;
mod generate;
mod module;
mod slots;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::ObjectHandle;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use factory_fs::Input;
use zeroize::Zeroizing;

use self::cause::refused;
pub(crate) use self::generate::generate;
use crate::backend::{Algorithm, Backend};
use crate::{Error, OpenedSigner, Pkcs11Uri, Secrets, VerifyingKey};

/// Finds a key and logs in.
pub(crate) fn open(uri: &Pkcs11Uri, secrets: &Secrets) -> Result<OpenedSigner, Error> {
    let pin = read_pin(uri, secrets)?;
    patiently(uri, || {
        let connection = Connection::open(uri)?;
        let session = connection.read_only(pin.as_ref())?;
        token_of(uri, pin.clone(), connection, session)
    })
}

/// Opens a key, and tries again shortly if the token is absent. SoftHSM 2.6 rewrites a token's file at every login, and
/// a process that starts at that moment sees no token until its module is initialized again.
fn patiently<T>(uri: &Pkcs11Uri, mut open: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    static OPENING: Mutex<()> = Mutex::new(());
    let _alone = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
    for pause in PAUSES {
        match open() {
            Err(Error::Token { .. } | Error::TokenMissing { .. }) => {
                module::restart(uri);
                thread::sleep(*pause);
            }
            Err(error) => return Err(error),
            Ok(opened) => {
                module::keep(uri);
                return Ok(opened);
            }
        }
    }
    let opened = open()?;
    module::keep(uri);
    Ok(opened)
}

/// Delays before each further attempt.
const PAUSES: &[Duration] = &[
    Duration::from_millis(10),
    Duration::from_millis(30),
    Duration::from_millis(60),
    Duration::from_millis(100),
];

/// Creates the token from a session that is logged in.
fn token_of(
    uri: &Pkcs11Uri,
    pin: Option<Zeroizing<String>>,
    connection: Connection,
    session: Session,
) -> Result<OpenedSigner, Error> {
    let key = find::private_key(&session, uri)?;
    let public_key = find::public_key(&session, uri, key)?;
    let token = Token {
        uri: uri.clone(),
        pin,
        public_key: public_key.clone(),
        state: Mutex::new(State {
            generation: 0,
            connection,
            key,
            idle: vec![session],
        }),
    };
    Ok(OpenedSigner::remote(Arc::new(token), public_key))
}

/// A key in a token, and the pool of sessions that threads share.
struct Token {
    uri: Pkcs11Uri,
    pin: Option<Zeroizing<String>>,
    public_key: VerifyingKey,
    state: Mutex<State>,
}

struct State {
    /// Number of new logins of the process.
    generation: u64,
    connection: Connection,
    key: ObjectHandle,
    idle: Vec<Session>,
}

/// A session taken from the pool.
struct Taken {
    session: Session,
    key: ObjectHandle,
    generation: u64,
}

impl Token {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sign_once(&self, algorithm: Algorithm, digest: &[u8]) -> Result<Vec<u8>, (u64, Error)> {
        let taken = self.take()?;
        let signed = taken.session.sign(&mechanism(algorithm), taken.key, digest);
        let signature = signed.map_err(|error| (taken.generation, refused("to sign", error)))?;
        let mut state = self.lock();
        if state.generation == taken.generation {
            state.idle.push(taken.session);
        }
        Ok(signature)
    }

    /// Takes a session from the pool, or opens a new one.
    fn take(&self) -> Result<Taken, (u64, Error)> {
        let mut state = self.lock();
        let (key, generation) = (state.key, state.generation);
        let session = match state.idle.pop() {
            Some(session) => session,
            // The login is the process's, so a new session is logged in already.
            None => state.connection.session().map_err(|error| (generation, error))?,
        };
        Ok(Taken {
            session,
            key,
            generation,
        })
    }

    /// Logs in again, unless another thread has done so since.
    fn reconnect(&self, failed: u64) -> Result<(), Error> {
        let mut state = self.lock();
        if state.generation != failed {
            return Ok(());
        }
        state.idle.clear();
        let mut pauses = PAUSES.iter();
        let (connection, session, key) = loop {
            match (self.reopen(), pauses.next()) {
                (Err(Error::Token { .. } | Error::TokenMissing { .. }), Some(pause)) => thread::sleep(*pause),
                (opened, _) => break opened?,
            }
        };
        state.connection = connection;
        state.key = key;
        state.idle.push(session);
        state.generation = failed.wrapping_add(1);
        Ok(())
    }
}

impl Token {
    /// Finds the token and the same key again.
    fn reopen(&self) -> Result<(Connection, Session, ObjectHandle), Error> {
        let connection = Connection::open(&self.uri)?;
        let session = connection.read_only(self.pin.as_ref())?;
        let key = find::private_key(&session, &self.uri)?;
        if find::public_key(&session, &self.uri, key)? != self.public_key {
            return Err(Error::KeyChanged);
        }
        Ok((connection, session, key))
    }
}

impl Backend for Token {
    /// On failure, logs in again and retries once.
    fn sign(&self, algorithm: Algorithm, digest: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = match self.sign_once(algorithm, digest) {
            Ok(signature) => return Ok(signature),
            Err((generation, _)) => generation,
        };
        let again = self.reconnect(failed).and_then(|()| {
            let signed = self.sign_once(algorithm, digest);
            signed.map_err(|(_, error)| error)
        });
        again.map_err(|source| Error::TokenLost {
            wanted: self.uri.token_words(),
            source: Arc::new(source),
        })
    }
}

/// A module and the slot of a token in it.
struct Connection {
    module: Pkcs11,
    slot: Slot,
}

impl Connection {
    fn open(uri: &Pkcs11Uri) -> Result<Self, Error> {
        let module = module::load(uri)?;
        let slot = slots::find(&module, uri)?;
        Ok(Self { module, slot })
    }

    fn session(&self) -> Result<Session, Error> {
        let session = self.module.open_ro_session(self.slot);
        session.map_err(|error| refused("to open a session", error))
    }

    /// Opens a read-only session and logs in.
    fn read_only(&self, pin: Option<&Zeroizing<String>>) -> Result<Session, Error> {
        self.log_in(self.session()?, pin)
    }

    /// Opens a read-write session and logs in.
    fn read_write(&self, pin: Option<&Zeroizing<String>>) -> Result<Session, Error> {
        let session = self.module.open_rw_session(self.slot);
        self.log_in(
            session.map_err(|error| refused("to open a read-write session", error))?,
            pin,
        )
    }

    fn log_in(&self, session: Session, pin: Option<&Zeroizing<String>>) -> Result<Session, Error> {
        let token = self.module.get_token_info(self.slot);
        let token = token.map_err(|error| refused("to return its information", error))?;
        if !token.login_required() {
            return Ok(session);
        }
        let pin = pin.map(|pin| AuthPin::from(pin.as_str()));
        if pin.is_none() && !token.protected_authentication_path() {
            return Err(Error::PinMissing);
        }
        match session.login(UserType::User, pin.as_ref()) {
            // Another signer of this process is logged in.
            Ok(()) | Err(CryptokiError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(CryptokiError::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _)) => {
                Err(Error::PinIncorrect)
            }
            Err(CryptokiError::Pkcs11(RvError::PinLocked, _)) => Err(Error::PinLocked),
            Err(error) => Err(refused("to log in", error)),
        }
    }
}

const fn mechanism(algorithm: Algorithm) -> Mechanism<'static> {
    match algorithm {
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => Mechanism::Ecdsa,
        Algorithm::RsaPss => Mechanism::RsaPkcsPss(PkcsPssParams {
            hash_alg: MechanismType::SHA256,
            mgf: PkcsMgfType::MGF1_SHA256,
            s_len: cryptoki::types::Ulong::new(32),
        }),
    }
}

/// Returns the PIN from the URI's file, or the caller's.
fn read_pin(uri: &Pkcs11Uri, secrets: &Secrets) -> Result<Option<Zeroizing<String>>, Error> {
    let Some(path) = uri.pin_file() else {
        return Ok(secrets.expose_pin().map(|pin| Zeroizing::new(pin.to_owned())));
    };
    let bytes = Input::read_file(path).map_err(|error| Error::file(path, error))?;
    let malformed = || Error::PinMalformed { path: path.into() };
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed())?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() || text.len() > MAX_PIN || text.contains(char::is_control) {
        return Err(malformed());
    }
    Ok(Some(Zeroizing::new(text.to_owned())))
}

/// More bytes than any token accepts.
const MAX_PIN: usize = 256;
