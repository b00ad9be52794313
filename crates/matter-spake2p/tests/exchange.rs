//! The complete exchange through the public API.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/fixed_random.rs"]
mod fixed_random;

use fixed_random::FixedRandom;
use matter_spake2p::{
    Confirmation, Context, Error, Iterations, PaseCredential, PbkdfParameters, ProverExchange, ProverKey, Salt, Share,
    Verifier, VerifierExchange, self_check, self_check_by_exchange,
};
use matter_types::Passcode;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use subtle::ConstantTimeEq;

fn parameters() -> PbkdfParameters {
    PbkdfParameters {
        iterations: Iterations::MIN,
        salt: Salt::new(b"SPAKE2P Key Salt").unwrap(),
    }
}

fn key(passcode: u32) -> ProverKey {
    ProverKey::derive(&Passcode::new(passcode).unwrap(), &parameters()).unwrap()
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

#[test]
fn recorded_exchange_is_repeated() {
    let text = include_str!("data/pase.txt");
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let hex = line.unwrap();
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(byte).collect::<Vec<_>>()
    };
    let number = |name: &str| u32::from_be_bytes(field(name).try_into().unwrap());
    let parameters = PbkdfParameters {
        iterations: Iterations::new(number("iterations")).unwrap(),
        salt: Salt::new(&field("salt")).unwrap(),
    };
    let key = ProverKey::derive(&Passcode::new(number("passcode")).unwrap(), &parameters).unwrap();
    let context = Context::new(&field("messages"), &[]);
    assert_eq!(context.as_bytes()[..], field("context"));

    let (prover, prover_share) = ProverExchange::start(&key, &context, &mut FixedRandom::new(&field("x"))).unwrap();
    assert_eq!(prover_share.as_bytes()[..], field("share_prover"));
    let y = field("y");
    let mut random = FixedRandom::new(&y);
    let (device, device_share, device_confirmation) =
        VerifierExchange::start(&key.verifier(), &context, &prover_share, &mut random).unwrap();
    assert_eq!(device_share.as_bytes()[..], field("share_verifier"));
    assert_eq!(device_confirmation.as_bytes()[..], field("confirm_v"));
    let (confirmation, prover_keys) = prover.finish(&device_share, &device_confirmation).unwrap();
    assert_eq!(confirmation.as_bytes()[..], field("confirm_p"));
    let device_keys = device.finish(&confirmation).unwrap();
    for keys in [prover_keys, device_keys] {
        let parts = [
            keys.expose_initiator_to_responder(),
            keys.expose_responder_to_initiator(),
            keys.expose_attestation_challenge(),
        ];
        assert_eq!(parts.concat(), field("session_keys"));
    }
}

#[test]
fn another_passcode_is_refused_by_both_sides() {
    let context = Context::new(b"request", b"response");
    let (prover, prover_share) = ProverExchange::start(&key(20_202_021), &context, &mut rng(1)).unwrap();
    let verifier = key(20_202_022).verifier();
    let (device, device_share, device_confirmation) =
        VerifierExchange::start(&verifier, &context, &prover_share, &mut rng(2)).unwrap();
    let refused = prover.finish(&device_share, &device_confirmation);
    assert_eq!(refused.unwrap_err(), Error::ConfirmationMismatch);
    // A confirmation from the prover would prove nothing either.
    let refused = device.finish(&device_confirmation);
    assert_eq!(refused.unwrap_err(), Error::ConfirmationMismatch);
}

#[test]
fn shares_must_be_points() {
    let (_, share) = ProverExchange::start(&key(20_202_021), &Context::new(b"", b""), &mut rng(1)).unwrap();
    let good = *share.as_bytes();
    assert_eq!(Share::from_bytes(&good).unwrap(), share);
    for len in [0, 1, 33, 64] {
        assert_eq!(Share::from_bytes(&good[..len]), Err(Error::ShareLength { len }));
    }
    for tag in [0, 2, 3, 5, 6, 7] {
        let mut bytes = good;
        bytes[0] = tag;
        assert_eq!(Share::from_bytes(&bytes), Err(Error::ShareInvalid), "tag {tag}");
    }
    let mut identity = [0; Share::LEN];
    for tag in [0, 4] {
        identity[0] = tag;
        assert_eq!(Share::from_bytes(&identity), Err(Error::ShareInvalid));
    }
    // Unreduced coordinates: the field's prime (SEC 2 section 2.4.2) starts with four bytes of 0xFF.
    let mut bytes = good;
    bytes[1..33].fill(0xFF);
    assert_eq!(Share::from_bytes(&bytes), Err(Error::ShareInvalid));
    assert_eq!(
        Confirmation::from_bytes(&[0; 31]).unwrap_err(),
        Error::ConfirmationLength { len: 31 }
    );
}

#[test]
fn self_checks_show_which_passcode_matches_a_verifier() {
    let parameters = parameters();
    let (salt, iterations) = (&parameters.salt, parameters.iterations);
    let good = Passcode::new(20_202_021).unwrap();
    let verifier = Verifier::derive(&good, &parameters).unwrap();
    let check = |passcode: &Passcode, salt: &Salt, iterations| {
        let cheap = self_check(passcode, &verifier, salt, iterations);
        let full = self_check_by_exchange(passcode, &verifier, salt, iterations, &mut rng(3));
        (cheap, full)
    };
    assert_eq!(check(&good, salt, iterations), (Ok(()), Ok(())));
    let refused = (Err(Error::VerifierMismatch), Err(Error::ConfirmationMismatch));
    assert_eq!(check(&Passcode::new(20_202_022).unwrap(), salt, iterations), refused);
    assert_eq!(
        check(&good, &Salt::new(b"SPAKE2P Key Salu").unwrap(), iterations),
        refused
    );
    assert_eq!(check(&good, salt, Iterations::new(1001).unwrap()), refused);

    // w0 of the right passcode with L of another one: both checks must detect it.
    let other = *key(20_202_022).verifier().expose_bytes();
    let mut mixed = *verifier.expose_bytes();
    mixed[32..].copy_from_slice(&other[32..]);
    let mixed = Verifier::from_bytes(&mixed).unwrap();
    assert_eq!(
        self_check(&good, &mixed, salt, iterations),
        Err(Error::VerifierMismatch)
    );
    let refused = self_check_by_exchange(&good, &mixed, salt, iterations, &mut rng(4));
    assert_eq!(refused, Err(Error::ConfirmationMismatch));
}

#[test]
fn out_of_range_scalars_are_redrawn() {
    // Zero and the order of the curve (SEC 2 section 2.4.2), then one.
    let order = hex_literal::hex!("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let mut one = [0; 32];
    one[31] = 1;
    let draws = [[0; 32], order, one].concat();
    let (key, context) = (key(20_202_021), Context::new(b"", b""));
    let (_, drawn) = ProverExchange::start(&key, &context, &mut FixedRandom::new(&draws)).unwrap();
    let (_, directly) = ProverExchange::start(&key, &context, &mut FixedRandom::new(&one)).unwrap();
    assert_eq!(drawn, directly);
}

#[test]
fn secrets_of_the_exchange_do_not_show() {
    let context = Context::new(b"", b"");
    let key = key(20_202_021);
    let (prover, prover_share) = ProverExchange::start(&key, &context, &mut rng(1)).unwrap();
    let (device, share, confirmation) =
        VerifierExchange::start(&key.verifier(), &context, &prover_share, &mut rng(2)).unwrap();
    let shown = format!("{key:?} {prover:?} {device:?} {confirmation:?}");
    let (_, keys) = prover.finish(&share, &confirmation).unwrap();
    let shown = format!("{shown} {keys:?}");
    assert_eq!(
        shown,
        "ProverKey([elided]) ProverExchange { .. } VerifierExchange { .. } Confirmation([elided]) SessionKeys([elided])"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn both_sides_agree(seed in any::<u64>(), request in any::<Vec<u8>>(), response in any::<Vec<u8>>()) {
        let mut rng = rng(seed);
        let credential = PaseCredential::derive(Passcode::generate(&mut rng), parameters()).unwrap();
        let key = ProverKey::derive(credential.passcode(), credential.parameters()).unwrap();
        let context = Context::new(&request, &response);
        let (prover, prover_share) = ProverExchange::start(&key, &context, &mut rng).unwrap();
        let (device, share, confirmation) =
            VerifierExchange::start(credential.verifier(), &context, &prover_share, &mut rng).unwrap();
        let (confirmation, prover_keys) = prover.finish(&share, &confirmation).unwrap();
        let device_keys = device.finish(&confirmation).unwrap();
        prop_assert!(bool::from(prover_keys.ct_eq(&device_keys)));
    }

    #[test]
    fn one_changed_bit_is_refused(seed in any::<u64>(), message in 0usize..5, bit in any::<prop::sample::Index>()) {
        let mut rng = rng(seed);
        let flip = |number: usize, bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            if number == message {
                let bit = bit.index(bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            bytes
        };
        let key = key(20_202_021);
        let context = Context::new(b"request", b"response");
        let of_device = Context::new(&flip(0, b"request"), b"response");
        let mut run = || -> Result<(), Error> {
            let (prover, share) = ProverExchange::start(&key, &context, &mut rng)?;
            let share = Share::from_bytes(&flip(1, share.as_bytes()))?;
            let (device, share, confirmation) = VerifierExchange::start(&key.verifier(), &of_device, &share, &mut rng)?;
            let share = Share::from_bytes(&flip(2, share.as_bytes()))?;
            let confirmation = Confirmation::from_bytes(&flip(3, confirmation.as_bytes()))?;
            let (confirmation, _) = prover.finish(&share, &confirmation)?;
            let confirmation = Confirmation::from_bytes(&flip(4, confirmation.as_bytes()))?;
            device.finish(&confirmation).map(drop)
        };
        let refused = run();
        prop_assert!(matches!(refused, Err(Error::ShareInvalid | Error::ConfirmationMismatch)), "{:?}", refused);
    }
}
