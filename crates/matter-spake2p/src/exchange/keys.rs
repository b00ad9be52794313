use core::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::transcript::{expand, mac};
use super::{Confirmation, Share};

/// The result of the exchange: two keys and the attestation challenge (Matter Core Specification 4.14.1.2). Secret:
/// wiped when dropped and not shown by `Debug`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SessionKeys([u8; 3 * Self::KEY_LEN]);

impl SessionKeys {
    /// Length of each key in bytes.
    pub const KEY_LEN: usize = 16;

    /// Returns the key for messages of the initiator (the commissioner, the prover).
    #[must_use]
    pub fn expose_initiator_to_responder(&self) -> [u8; Self::KEY_LEN] {
        self.part(0)
    }

    /// Returns the key for messages of the responder (the device, the verifier).
    #[must_use]
    pub fn expose_responder_to_initiator(&self) -> [u8; Self::KEY_LEN] {
        self.part(1)
    }

    /// Returns the challenge that the device signs with its attestation elements.
    #[must_use]
    pub fn expose_attestation_challenge(&self) -> [u8; Self::KEY_LEN] {
        self.part(2)
    }

    fn part(&self, number: usize) -> [u8; Self::KEY_LEN] {
        let (parts, _) = self.0.as_chunks();
        parts.get(number).copied().unwrap_or_default()
    }
}

impl ConstantTimeEq for SessionKeys {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKeys([elided])")
    }
}

/// The keys and confirmations that Matter derives from the transcript: the schedule of draft-bar-cfrg-spake2plus-01, in
/// which each half of the hash is a separate key.
pub(super) struct Schedule {
    /// cA.
    pub(super) prover: Confirmation,
    /// cB.
    pub(super) verifier: Confirmation,
    pub(super) session: SessionKeys,
}

impl Schedule {
    pub(super) fn matter(main: &[u8; 32], prover_share: &Share, verifier_share: &Share) -> Self {
        let (ka, ke) = main.split_at(main.len() / 2);
        let confirmation: Zeroizing<[u8; 32]> = expand(ka, b"ConfirmationKeys");
        let (kca, kcb) = confirmation.split_at(confirmation.len() / 2);
        Self {
            prover: Confirmation::new(mac(kca, verifier_share.as_bytes())),
            verifier: Confirmation::new(mac(kcb, prover_share.as_bytes())),
            session: SessionKeys(*expand(ke, b"SessionKeys")),
        }
    }
}
