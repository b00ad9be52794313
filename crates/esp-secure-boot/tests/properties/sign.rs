//! Any sequence of calls: a signed image verifies with each of its keys, a changed image with none, and invalid inputs are
//! not signed.
//!
//! A call is an operation, a key, and a length or a place.

use esp_secure_boot::{BootKeyKind, BootPublicKey, BootSigner, Error, SECTOR, SignedImage, append_v2, sign_v2};

enum Key {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
}

impl Key {
    fn new(byte: u8) -> Self {
        let number = byte % 5 + 1;
        if byte & 0x80 == 0 {
            Self::P256(p256::ecdsa::SigningKey::from_slice(&[number; 32]).unwrap())
        } else {
            Self::P384(p384::ecdsa::SigningKey::from_slice(&[number; 48]).unwrap())
        }
    }

    fn public(&self) -> BootPublicKey {
        match self {
            Self::P256(key) => key.verifying_key().into(),
            Self::P384(key) => key.verifying_key().into(),
        }
    }

    fn signer(&self) -> BootSigner<'_> {
        match self {
            Self::P256(key) => BootSigner::P256(key),
            Self::P384(key) => BootSigner::P384(key),
        }
    }
}

/// The expected state of a signed image.
#[derive(Default)]
struct Model {
    keys: Vec<BootPublicKey>,
    /// Bits changed after signing.
    flipped: Vec<(usize, u8)>,
}

impl Model {
    fn kind(&self) -> Option<BootKeyKind> {
        self.keys.first().map(BootPublicKey::kind)
    }

    fn flip(&mut self, at: usize, bit: u8) {
        match self.flipped.iter().position(|flipped| *flipped == (at, bit)) {
            Some(index) => drop(self.flipped.swap_remove(index)),
            None => self.flipped.push((at, bit)),
        }
    }

    fn check(&self, image: &[u8]) {
        let parsed = SignedImage::parse(image);
        for (at, key) in self.keys.iter().enumerate() {
            let keys = std::slice::from_ref(key);
            let verified = parsed
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|image| image.verify(keys));
            if self.flipped.is_empty() {
                assert_eq!(verified, Ok(at));
            } else if self.keys.len() == 1 {
                assert!(verified.is_err(), "{:?}", self.flipped);
            }
        }
    }
}

pub(crate) fn property(input: &[u8]) {
    let mut image = Vec::new();
    let mut model = Model::default();
    let mut rest = input;
    for _ in 0..12 {
        let [what, which, low, high, after @ ..] = rest else {
            break;
        };
        rest = after;
        let number = usize::from(u16::from_le_bytes([*low, *high]));
        let key = Key::new(*which);
        match what % 4 {
            0 if model.keys.is_empty() => image.resize(image.len().min(4 * SECTOR) + number % 5000, *which),
            1 => sign(&mut image, &mut model, &key),
            2 => append(&mut image, &mut model, &key),
            _ if !image.is_empty() => {
                let at = number % image.len();
                image[at] ^= 1 << (which % 8);
                model.flip(at, which % 8);
            }
            _ => {}
        }
        if !model.keys.is_empty() {
            model.check(&image);
        }
    }
}

fn sign(image: &mut Vec<u8>, model: &mut Model, key: &Key) {
    let done = sign_v2(image, &key.public(), key.signer());
    if image.is_empty() {
        assert_eq!(done, Err(Error::Empty));
    } else if !model.keys.is_empty() && model.flipped.is_empty() {
        assert_eq!(done, Err(Error::AlreadySigned));
    } else if let Ok(signed) = done {
        assert!(signed.starts_with(image) && signed.len().is_multiple_of(SECTOR));
        assert!(signed.len() <= image.len() + 2 * SECTOR);
        *image = signed;
        *model = Model {
            keys: vec![key.public()],
            flipped: Vec::new(),
        };
    }
}

fn append(image: &mut Vec<u8>, model: &mut Model, key: &Key) {
    let done = append_v2(image, &key.public(), key.signer());
    let fits = model.kind() == Some(key.public().kind()) && !model.keys.contains(&key.public());
    if fits && model.keys.len() < 3 && model.flipped.is_empty() {
        *image = done.unwrap();
        model.keys.push(key.public());
    } else {
        assert!(done.is_err());
    }
}
