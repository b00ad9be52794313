//! Bulk derivation with every instruction set matches the `pbkdf2` crate, one device at a time.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use matter_spake2p::{InstructionSet, Iterations, Lanes, PaseCredential, PbkdfParameters, Salt, Verifier};
use matter_types::Passcode;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

type Device = (Passcode, Salt);

/// Devices with salts of all lengths, including the smallest and the largest passcode.
fn devices(seed: u64, count: usize) -> Vec<Device> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let ends = [Passcode::MIN, Passcode::MAX];
    let mut passcodes = ChaCha20Rng::seed_from_u64(!seed);
    let drawn = std::iter::repeat_with(move || Passcode::generate(&mut passcodes));
    let passcodes = ends.into_iter().chain(drawn).take(count);
    let mut salt = |i: usize| {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Salt::new(&bytes[..16 + i % 17]).unwrap()
    };
    passcodes.enumerate().map(|(i, passcode)| (passcode, salt(i))).collect()
}

fn one_by_one(devices: &[Device], iterations: Iterations) -> Vec<[u8; Verifier::LEN]> {
    let derive = |(passcode, salt): &Device| {
        let parameters = PbkdfParameters {
            iterations,
            salt: *salt,
        };
        *Verifier::derive(passcode, &parameters).unwrap().expose_bytes()
    };
    devices.iter().map(derive).collect()
}

fn in_bulk(devices: &[Device], iterations: Iterations, lanes: Option<Lanes>) -> Vec<[u8; Verifier::LEN]> {
    let mut credentials = PaseCredential::derive_each(devices.iter().cloned(), iterations);
    assert_eq!(credentials.len(), devices.len());
    if let Some(lanes) = lanes {
        credentials = credentials.with_lanes(lanes);
    }
    let check = |(credential, (passcode, salt)): (Result<PaseCredential, _>, &Device)| {
        let credential = credential.unwrap();
        assert_eq!(credential.passcode().expose(), passcode.expose());
        assert_eq!(
            *credential.parameters(),
            PbkdfParameters {
                iterations,
                salt: *salt
            }
        );
        *credential.verifier().expose_bytes()
    };
    let verifiers = credentials.by_ref().zip(devices).map(check).collect();
    assert!(credentials.next().is_none() && credentials.next().is_none());
    verifiers
}

#[test]
fn every_instruction_set_derives_any_count_like_one_by_one() {
    let iterations = Iterations::MIN;
    let all = devices(1, 50);
    let expected = one_by_one(&all, iterations);
    for instructions in InstructionSet::ALL {
        let Some(lanes) = Lanes::new(instructions) else {
            println!("lanes: {instructions} is absent on this processor, not tested");
            continue;
        };
        assert_eq!(lanes.instructions(), instructions);
        let counts = (0..=18).chain([31, 32, 33, 47, 48, 50]);
        for count in counts.clone() {
            let got = in_bulk(&all[..count], iterations, Some(lanes));
            assert_eq!(got, expected[..count], "{instructions}, {count} devices");
        }
        println!(
            "lanes: {instructions}, {} side by side, {} counts ran",
            instructions.lanes(),
            counts.count()
        );
    }
    for count in 0..=all.len() {
        assert_eq!(
            in_bulk(&all[..count], iterations, None),
            expected[..count],
            "{count} devices"
        );
    }
}

#[test]
fn iteration_counts_are_kept_by_every_instruction_set() {
    let all = devices(2, 3);
    for count in [1001, 1999, 10_000] {
        let iterations = Iterations::new(count).unwrap();
        let expected = one_by_one(&all, iterations);
        for lanes in InstructionSet::ALL.into_iter().filter_map(Lanes::new) {
            assert_eq!(in_bulk(&all, iterations, Some(lanes)), expected, "{lanes:?}, {count}");
        }
    }
}

/// Three blocks for 80 bytes each: the first hundred devices are 300 jobs, after which the choice of std is measured.
#[test]
fn choice_of_instructions_does_not_change_verifiers() {
    let iterations = Iterations::MIN;
    let all = devices(5, 150);
    let expected = one_by_one(&all, iterations);
    for round in 0..2 {
        assert_eq!(in_bulk(&all, iterations, None), expected, "round {round}");
    }
    // One device at a time, with and without a hint that more follow.
    let alone = all
        .iter()
        .map(|device| in_bulk(std::slice::from_ref(device), iterations, None)[0]);
    assert_eq!(alone.collect::<Vec<_>>(), expected);
    let unhinted = all.iter().filter(|_| std::hint::black_box(true)).cloned();
    let verifiers = Verifier::derive_each(unhinted, iterations).map(|verifier| *verifier.unwrap().expose_bytes());
    assert_eq!(verifiers.collect::<Vec<_>>(), expected);
    for lanes in InstructionSet::ALL.into_iter().filter_map(Lanes::new) {
        assert_eq!(in_bulk(&all, iterations, Some(lanes)), expected, "{lanes:?}");
    }
}

#[test]
fn threads_that_choose_at_once_derive_the_same() {
    let all = devices(6, 120);
    let expected = one_by_one(&all, Iterations::MIN);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(in_bulk(&all, Iterations::MIN, None), expected));
        }
    });
}

/// connectedhomeip, `CHIP_DEVICE_CONFIG_USE_TEST_SPAKE2P_VERIFIER`: w0 of passcode 20202021, 1000 iterations.
#[test]
fn every_instruction_set_derives_the_sdks_test_verifier() {
    let w0 = hex_literal::hex!("b96170aae803346884724fe9a3b287c30330c2a660375d17bb205a8cf1aecb35");
    let device = (
        Passcode::new(20_202_021).unwrap(),
        Salt::new(b"SPAKE2P Key Salt").unwrap(),
    );
    for lanes in InstructionSet::ALL.into_iter().filter_map(Lanes::new) {
        let many = lanes.instructions().lanes() + 1;
        let verifiers = in_bulk(&vec![device.clone(); many], Iterations::MIN, Some(lanes));
        assert!(verifiers.iter().all(|verifier| verifier[..32] == w0), "{lanes:?}");
    }
}

#[test]
fn portable_and_baseline_lanes_are_always_there() {
    assert!(Lanes::new(InstructionSet::Portable).is_some() && Lanes::new(InstructionSet::Sha2).is_some());
    assert_eq!(
        Lanes::new(InstructionSet::Sse2).is_some(),
        cfg!(target_feature = "sse2")
    );
    #[cfg(target_arch = "x86_64")]
    {
        // The standard library detects features on its own.
        assert_eq!(
            Lanes::new(InstructionSet::Avx2).is_some(),
            is_x86_feature_detected!("avx2")
        );
        assert_eq!(
            Lanes::new(InstructionSet::Avx512).is_some(),
            is_x86_feature_detected!("avx512f")
        );
        assert_eq!(
            Lanes::new(InstructionSet::ShaNi).is_some(),
            is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("ssse3")
        );
    }
    assert_eq!(
        Lanes::new(InstructionSet::Neon).is_some(),
        cfg!(all(target_feature = "neon", target_endian = "little"))
    );
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    assert_eq!(
        Lanes::new(InstructionSet::ArmSha2).is_some(),
        std::arch::is_aarch64_feature_detected!("sha2")
    );
}

#[test]
fn devices_are_taken_sixteen_at_a_time() {
    let taken = std::cell::Cell::new(0);
    let devices = devices(3, 40);
    let counted = devices.into_iter().inspect(|_| taken.set(taken.get() + 1));
    let mut verifiers = Verifier::derive_each(counted, Iterations::MIN);
    assert_eq!(taken.get(), 0);
    assert!(verifiers.next().unwrap().is_ok());
    assert_eq!(taken.get(), 16);
    assert_eq!(verifiers.count(), 39);
}

#[test]
fn bulk_needs_less_than_64_kib_of_stack() {
    let work = || assert_eq!(Verifier::derive_each(devices(4, 17), Iterations::MIN).count(), 17);
    let thread = std::thread::Builder::new().stack_size(64 * 1024);
    thread.spawn(work).unwrap().join().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn order_of_devices_is_the_order_of_verifiers(seed in any::<u64>(), count in 0usize..40, turn in 0usize..40) {
        let mut devices = devices(seed, count);
        let mut expected = one_by_one(&devices, Iterations::MIN);
        devices.rotate_left(turn.min(count));
        expected.rotate_left(turn.min(count));
        prop_assert_eq!(in_bulk(&devices, Iterations::MIN, None), expected);
    }
}
