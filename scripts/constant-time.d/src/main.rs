//! Runs one pass of `matter-spake2p` with its secrets marked as undefined, so that valgrind reports every branch and
//! every address that depends on them. `scripts/constant-time` starts it.

use std::ffi::c_void;
use std::hint::black_box;
use std::process::ExitCode;

use crabgrind::memcheck::{MemState, mark_mem, vbits};
use matter_spake2p::{
    Context, InstructionSet, Iterations, Lanes, PaseCredential, PbkdfParameters, ProverExchange, ProverKey, Salt,
    Verifier, VerifierExchange,
};
use matter_types::Passcode;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use subtle::ConstantTimeEq;

/// Devices of the bulk passes: more than one register of every width, and not a multiple of any.
const DEVICES: usize = 19;

/// Marks the value as undefined for valgrind. The result depends on valgrind's version.
fn conceal<T>(value: &mut T) {
    let _ = mark_mem(address_of(value), size_of::<T>(), MemState::Undefined);
    assert!(concealed(value), "not run by valgrind");
}

/// Marks the value as defined.
fn reveal<T>(value: &mut T) {
    let _ = mark_mem(address_of(value), size_of::<T>(), MemState::Defined);
    assert!(!concealed(value), "not run by valgrind");
}

/// Whether valgrind regards a bit of the value as undefined.
fn concealed<T>(value: &T) -> bool {
    let mut bits = vec![0_u8; size_of::<T>()];
    vbits(address_of(value), black_box(bits.as_mut_ptr()), bits.len()).expect("not run by valgrind");
    black_box(bits).iter().any(|bits| *bits != 0)
}

fn address_of<T>(value: &T) -> *mut c_void {
    black_box(std::ptr::from_ref(value)).cast_mut().cast()
}

fn passcode() -> Passcode {
    let mut passcode = Passcode::new(20_202_021).expect("legal");
    conceal(&mut passcode);
    passcode
}

fn parameters() -> PbkdfParameters {
    PbkdfParameters {
        iterations: Iterations::MIN,
        salt: Salt::new(b"SPAKE2P Key Salt").expect("16 bytes"),
    }
}

fn key() -> ProverKey {
    ProverKey::derive(&passcode(), &parameters()).expect("not degenerate")
}

fn bulk(lanes: Option<Lanes>) {
    let devices = (0..DEVICES).map(|_| (passcode(), parameters().salt));
    let mut credentials = PaseCredential::derive_each(devices, Iterations::MIN);
    if let Some(lanes) = lanes {
        credentials = credentials.with_lanes(lanes);
    }
    for credential in credentials {
        let credential = credential.expect("not degenerate");
        assert!(
            concealed(credential.verifier().expose_bytes()),
            "the mark does not reach the verifier"
        );
    }
}

fn exchange() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let context = Context::new(b"request", b"response");
    let key = key();
    let mut stored = Verifier::from_bytes(&SDK_TEST_VERIFIER).expect("valid");
    conceal(&mut stored);
    let (prover, mut share) = ProverExchange::start(&key, &context, &mut rng).expect("a share");
    // Sent values are public.
    reveal(&mut share);
    let (device, mut share, mut confirmation) =
        VerifierExchange::start(&stored, &context, &share, &mut rng).expect("a share");
    reveal(&mut share);
    reveal(&mut confirmation);
    let (mut confirmation, keys) = prover.finish(&share, &confirmation).expect("the right verifier");
    reveal(&mut confirmation);
    let device_keys = device.finish(&confirmation).expect("the right passcode");
    assert!(
        concealed(&keys.expose_attestation_challenge()),
        "the mark does not reach the keys"
    );
    black_box(keys.ct_eq(&device_keys));
}

/// connectedhomeip, `CHIP_DEVICE_CONFIG_USE_TEST_SPAKE2P_VERIFIER`: passcode 20202021, 1000 iterations.
const SDK_TEST_VERIFIER: [u8; Verifier::LEN] = [
    0xb9, 0x61, 0x70, 0xaa, 0xe8, 0x03, 0x34, 0x68, 0x84, 0x72, 0x4f, 0xe9, 0xa3, 0xb2, 0x87, 0xc3, //
    0x03, 0x30, 0xc2, 0xa6, 0x60, 0x37, 0x5d, 0x17, 0xbb, 0x20, 0x5a, 0x8c, 0xf1, 0xae, 0xcb, 0x35, //
    0x04, //
    0x57, 0xf8, 0xab, 0x79, 0xee, 0x25, 0x3a, 0xb6, 0xa8, 0xe4, 0x6b, 0xb0, 0x9e, 0x54, 0x3a, 0xe4, //
    0x22, 0x73, 0x6d, 0xe5, 0x01, 0xe3, 0xdb, 0x37, 0xd4, 0x41, 0xfe, 0x34, 0x49, 0x20, 0xd0, 0x95, //
    0x48, 0xe4, 0xc1, 0x82, 0x40, 0x63, 0x0c, 0x4f, 0xf4, 0x91, 0x3c, 0x53, 0x51, 0x38, 0x39, 0xb7, //
    0xc0, 0x7f, 0xcc, 0x06, 0x27, 0xa1, 0xb8, 0x57, 0x3a, 0x14, 0x9f, 0xcd, 0x1f, 0xa4, 0x66, 0xcf, //
];

/// The deliberate mistake: verifiers compared as bytes, which stops at the first difference.
fn counter_example() {
    let verifier = key().verifier();
    black_box(black_box(verifier.expose_bytes()) == black_box(&[0; Verifier::LEN]));
}

fn main() -> ExitCode {
    let pass = std::env::args().nth(1).unwrap_or_default();
    match pass.as_str() {
        "single" => {
            assert!(
                concealed(key().verifier().expose_bytes()),
                "the mark does not reach the verifier"
            );
        }
        "compare" => {
            let (one, other) = (key().verifier(), key().verifier());
            black_box(one.ct_eq(&other));
        }
        "chosen" => bulk(None),
        "exchange" => exchange(),
        "counter-example" => counter_example(),
        name => {
            let Some(set) = InstructionSet::ALL.into_iter().find(|set| set.to_string() == name) else {
                eprintln!("unknown pass {name}");
                return ExitCode::from(2);
            };
            let Some(lanes) = Lanes::new(set) else {
                return ExitCode::from(77);
            };
            bulk(Some(lanes));
        }
    }
    ExitCode::SUCCESS
}
