//! The first byte selects a certificate as PAA, PAI or DAC, a declaration, elements, or a distribution point: nothing
//! panics, the SDK profile accepts what the strict profile accepts, and elements round-trip.

use matter_attestation::{
    AttestationElements, CrlDistributionPoint, DeclarationSigners, PaaStore, Profile, Verification,
};

pub(crate) fn property(input: &[u8]) {
    let Some((selector, input)) = input.split_first() else {
        return;
    };
    let signers = DeclarationSigners::new().with_test_key(true);
    let start = Verification::new().with_declaration_signers(&signers);
    let verification = match selector % 6 {
        0 => {
            let _ = PaaStore::new().insert(input);
            start.with_paa(input)
        }
        1 => start.with_pai(input),
        2 => start.with_dac(input),
        3 => start.with_declaration(input),
        4 => {
            if let Ok(elements) = AttestationElements::decode(input) {
                // Unknown members are lost, and numbers are encoded in their shortest form.
                if elements.nonce().len() == AttestationElements::NONCE_LEN
                    && let Ok(encoded) = elements.encode()
                {
                    assert_eq!(AttestationElements::decode(&encoded), Ok(elements));
                }
            }
            return;
        }
        _ => {
            let _ = CrlDistributionPoint::of_der(input);
            return;
        }
    };
    let (strict, sdk) = (verification.run(Profile::Strict), verification.run(Profile::Sdk));
    assert_eq!(strict.findings().len(), sdk.findings().len());
    // A finding with an SDK result is an error in the strict profile, too.
    assert!(sdk.is_accepted() || !strict.is_accepted(), "{:?}", sdk.findings());
    assert_eq!(sdk.is_accepted(), sdk.sdk_result().number() == 0);
}
