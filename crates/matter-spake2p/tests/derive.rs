//! Known verifiers, and refused inputs.

#![allow(clippy::unwrap_used, reason = "tests")]

use hex_literal::hex;
use matter_spake2p::{Error, Iterations, PaseCredential, PbkdfParameters, Salt, Verifier};
use matter_types::Passcode;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

fn parameters(iterations: u32, salt: &[u8]) -> PbkdfParameters {
    PbkdfParameters {
        iterations: Iterations::new(iterations).unwrap(),
        salt: Salt::new(salt).unwrap(),
    }
}

fn derive(passcode: u32, iterations: u32, salt: &[u8]) -> Verifier {
    Verifier::derive(&Passcode::new(passcode).unwrap(), &parameters(iterations, salt)).unwrap()
}

/// connectedhomeip, `CHIP_DEVICE_CONFIG_USE_TEST_SPAKE2P_VERIFIER`: passcode 20202021, 1000 iterations.
const SDK_TEST_VERIFIER: [u8; 97] = hex!(
    "b96170aae803346884724fe9a3b287c30330c2a660375d17bb205a8cf1aecb35"
    "0457f8ab79ee253ab6a8e46bb09e543ae422736de501e3db37d441fe344920d095"
    "48e4c18240630c4ff4913c53513839b7c07fcc0627a1b8573a149fcd1fa466cf"
);

#[test]
fn sdk_test_verifier_is_derived() {
    assert_eq!(
        derive(20_202_021, 1000, b"SPAKE2P Key Salt").expose_bytes(),
        &SDK_TEST_VERIFIER
    );
}

#[test]
fn verifier_of_the_reference_tool_is_derived() {
    // esp-matter-mfg-tool 1.0.29, passcode 20202021, its default of 10,000 iterations, salt drawn by the tool.
    let salt: Salt = "D9qd9Jsw1JnbJYUxfsmdPHeJs5Re8OO6teJx/viP8vk=".parse().unwrap();
    let verifier = derive(20_202_021, 10_000, salt.as_bytes());
    assert_eq!(
        verifier.to_base64().as_str(),
        "mvbTmMN2fuLWDHLT7wGumyzV4QjJGwnA+OLW0Nj3vvMEG6hV2HDUa966+nwM8PyQRJn4GrYtPPd+RA3wig3CdUhOjId6XgeCkoHhNDY7NHdB\
         uNlyJYsuZndKQlOWxAFl4g=="
    );
}

#[test]
fn credential_refuses_a_verifier_of_another_passcode_salt_or_count() {
    let good = Verifier::from_bytes(&SDK_TEST_VERIFIER).unwrap();
    let check = |passcode, iterations, salt: &[u8]| {
        PaseCredential::with_verifier(Passcode::new(passcode).unwrap(), parameters(iterations, salt), &good).map(|_| ())
    };
    assert_eq!(check(20_202_021, 1000, b"SPAKE2P Key Salt"), Ok(()));
    assert_eq!(
        check(20_202_022, 1000, b"SPAKE2P Key Salt"),
        Err(Error::VerifierMismatch)
    );
    assert_eq!(
        check(20_202_021, 1001, b"SPAKE2P Key Salt"),
        Err(Error::VerifierMismatch)
    );
    assert_eq!(
        check(20_202_021, 1000, b"SPAKE2P Key Salu"),
        Err(Error::VerifierMismatch)
    );
}

#[test]
fn ranges_match_the_specification() {
    assert_eq!(Iterations::new(999), Err(Error::IterationsOutOfRange { count: 999 }));
    assert_eq!(
        Iterations::new(100_001),
        Err(Error::IterationsOutOfRange { count: 100_001 })
    );
    assert!(Iterations::new(1000).is_ok() && Iterations::new(100_000).is_ok());
    assert_eq!("abc".parse::<Iterations>(), Err(Error::IterationsNotANumber));
    assert_eq!("0x2710".parse::<Iterations>().map(Iterations::get), Ok(10_000));
    assert!("+1000".parse::<Iterations>().is_err() && "-5".parse::<Iterations>().is_err());
    for len in [0, 4, 15, 33, 64] {
        assert_eq!(Salt::new(&vec![0; len]), Err(Error::SaltLength { len }));
    }
    assert!(Salt::new(&[0; 16]).is_ok() && Salt::new(&[0; 32]).is_ok());
    assert_eq!(
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".parse::<Salt>(),
        Err(Error::SaltLength { len: 33 })
    );
    assert_eq!("AAAA*AAAAAAAAAAAAAAAAA==".parse::<Salt>(), Err(Error::SaltBase64));
    // No encoder writes a last character with nonzero unused bits.
    assert_eq!("AAAAAAAAAAAAAAAAAAAAAB==".parse::<Salt>(), Err(Error::SaltBase64));
    for text in ["passcode's salt here", "", "AAAA", "-__-AAAAAAAAAAAAAAAAAA=="] {
        let error = text.parse::<Salt>().unwrap_err();
        assert!(error.to_string().contains("16 to 32 bytes"), "{text}: {error}");
    }
    for len in [33, 36, 48, 64, 300] {
        let text = format!("{}{}", "A".repeat(len / 3 * 4), ["", "AA==", "AAA="][len % 3]);
        assert_eq!(text.parse::<Salt>(), Err(Error::SaltLength { len }), "{text}");
    }
    // 32 to 64 hexadecimal digits are 16 to 32 bytes in the wrong encoding.
    for digits in [32, 40, 48, 64] {
        for text in [
            "4a".repeat(digits / 2),
            "4A".repeat(digits / 2),
            format!("0x{}", "12".repeat(digits / 2)),
        ] {
            assert_eq!(text.parse::<Salt>(), Err(Error::SaltHexadecimal), "{text}");
        }
    }
    assert!("4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4g".parse::<Salt>().is_ok());
}

#[test]
fn stored_verifier_must_be_a_scalar_and_a_point() {
    let broken = |change: fn(&mut [u8; 97])| {
        let mut bytes = SDK_TEST_VERIFIER;
        change(&mut bytes);
        Verifier::from_bytes(&bytes).map(|_| ()).unwrap_err()
    };
    assert_eq!(broken(|v| v[..32].fill(0)), Error::VerifierInvalid, "w0 = 0");
    assert_eq!(
        broken(|v| v[..32].fill(0xFF)),
        Error::VerifierInvalid,
        "w0 above the order"
    );
    assert_eq!(broken(|v| v[96] ^= 1), Error::VerifierInvalid, "L off the curve");
    assert_eq!(broken(|v| v[32] = 0), Error::VerifierInvalid, "identity");
    assert_eq!(broken(|v| v[32] = 3), Error::VerifierInvalid, "compressed tag");
    for len in [0, 96, 98] {
        assert_eq!(
            Verifier::from_bytes(&vec![4; len]).unwrap_err(),
            Error::VerifierLength { len }
        );
    }
    assert!(Verifier::from_bytes(&SDK_TEST_VERIFIER).is_ok());
}

#[test]
fn secrets_do_not_show() {
    let credential = PaseCredential::derive(
        Passcode::new(20_202_021).unwrap(),
        parameters(1000, b"SPAKE2P Key Salt"),
    )
    .unwrap();
    let shown = format!("{credential:?} {:?}", credential.verifier().to_base64());
    assert!(
        !shown.contains("20202021") && !shown.contains("uWFw") && !shown.contains("185"),
        "{shown}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn derived_verifiers_read_back(seed in any::<u64>(), len in 16usize..=32) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let salt = Salt::new(&Salt::generate(&mut rng).as_bytes()[..len]).unwrap();
        let parameters = PbkdfParameters { iterations: Iterations::MIN, salt };
        let verifier = Verifier::derive(&Passcode::generate(&mut rng), &parameters).unwrap();
        let read: Verifier = verifier.to_base64().as_str().parse().unwrap();
        prop_assert_eq!(read.expose_bytes(), verifier.expose_bytes());
        prop_assert_eq!(salt.to_base64().as_str().parse::<Salt>(), Ok(salt));
    }

    #[test]
    fn reading_anything_never_panics(text in ".*", bytes in proptest::collection::vec(any::<u8>(), 97)) {
        let _ = text.parse::<Verifier>();
        let _ = text.parse::<Salt>();
        let _ = text.parse::<Iterations>();
        let _ = Verifier::from_bytes(&bytes);
    }
}
