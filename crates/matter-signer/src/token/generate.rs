use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::session::Session;
use getrandom::SysRng;
use getrandom::rand_core::TryRng;

use super::cause::refused;
use super::{Connection, find, patiently, read_pin, token_of};
use crate::{Error, KeyAlgorithm, OpenedSigner, Pkcs11Uri, Secrets};

/// The public exponent 65537.
const EXPONENT: &[u8] = &[1, 0, 1];
const RSA_BITS: cryptoki::types::Ulong = cryptoki::types::Ulong::new(3072);
/// Length of a random id in bytes.
const ID_LEN: usize = 16;

/// Generates a key in a token and returns its id.
pub(crate) fn generate(
    uri: &Pkcs11Uri,
    algorithm: KeyAlgorithm,
    secrets: &Secrets,
) -> Result<(Vec<u8>, OpenedSigner), Error> {
    let label = uri.object().ok_or(Error::KeyUnnamed)?;
    let mut id = vec![0; ID_LEN];
    match uri.id() {
        Some(given) => id = given.into(),
        None => SysRng.try_fill_bytes(&mut id).map_err(|_| Error::Random)?,
    }
    let pin = read_pin(uri, secrets)?;
    let (connection, session) = patiently(uri, || {
        let connection = Connection::open(uri)?;
        let session = connection.read_write(pin.as_ref())?;
        Ok((connection, session))
    })?;
    make(&session, uri, label, &id, algorithm)?;
    token_of(uri, pin, connection, session).map(|signer| (id, signer))
}

fn make(session: &Session, uri: &Pkcs11Uri, label: &str, id: &[u8], algorithm: KeyAlgorithm) -> Result<(), Error> {
    // A second key with the same label and id could not be selected.
    let mut template = find::named(uri);
    template.push(Attribute::Class(ObjectClass::PRIVATE_KEY));
    if !find::objects(session, &template)?.is_empty() {
        return Err(Error::KeyExists {
            wanted: uri.key_words(),
        });
    }
    let name = [
        Attribute::Token(true),
        Attribute::Label(label.into()),
        Attribute::Id(id.into()),
    ];
    let mut public = name.to_vec();
    public.extend([Attribute::Private(false), Attribute::Verify(true)]);
    let mut private = name.to_vec();
    private.extend([
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        // Modules allow these operations unless the template denies them.
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
    ]);
    let mechanism = match algorithm {
        KeyAlgorithm::P256 => {
            public.push(Attribute::EcParams(find::P256.into()));
            Mechanism::EccKeyPairGen
        }
        KeyAlgorithm::Rsa3072 => {
            public.extend([
                Attribute::ModulusBits(RSA_BITS),
                Attribute::PublicExponent(EXPONENT.into()),
            ]);
            Mechanism::RsaPkcsKeyPairGen
        }
    };
    let made = session.generate_key_pair(&mechanism, &public, &private);
    made.map(|_| ()).map_err(|error| refused("to generate a key", error))
}
