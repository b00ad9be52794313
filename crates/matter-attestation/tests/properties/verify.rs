//! Bytes of a valid PAA, PAI, DAC or declaration are changed, removed or added: the chain is accepted if and only if
//! nothing differs. The first byte selects the part; positions (two bytes) and changes follow.

#[path = "../support/chain.rs"]
mod chain;

use std::sync::LazyLock;

use matter_attestation::{
    CertificationDeclaration, CertificationType, DeclarationSigners, Issuer, Profile, TEST_CD_SIGNING_KEY_ID,
    Verification, test_cd_signing_key,
};

/// PAA, PAI, DAC and declaration.
static VALID: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let (paa, pai) = (chain::paa(), chain::pai(&chain::pai_subject()));
    let dac = Issuer::new(&pai, &chain::key(2))
        .unwrap()
        .issue_dac(
            &chain::dac_subject(),
            &chain::key(3).public_key(),
            chain::years(2025, 2050),
            chain::serial(3),
        )
        .unwrap();
    let kind = CertificationType::DevelopmentAndTest;
    let products = [chain::product(chain::PRODUCT)];
    let declaration =
        CertificationDeclaration::new(chain::vendor(chain::VENDOR), &products, 22, "CSA00000SWC00000-00", kind)
            .unwrap()
            .sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)
            .unwrap();
    [
        paa.as_der().to_vec(),
        pai.as_der().to_vec(),
        dac.as_der().to_vec(),
        declaration,
    ]
});

pub(crate) fn property(input: &[u8]) {
    let Some((selector, edits)) = input.split_first() else {
        return;
    };
    let mut parts = VALID.clone();
    let part = &mut parts[usize::from(selector % 4)];
    for edit in edits.chunks_exact(4) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % (part.len() + 1);
        match edit[2] % 4 {
            0 => part.insert(at, edit[3]),
            1 => part.truncate(at.max(1)),
            2 if at < part.len() => drop(part.remove(at)),
            _ if at < part.len() => part[at] = edit[3],
            _ => {}
        }
    }
    let same = parts == *VALID;
    let signers = DeclarationSigners::new().with_test_key(true);
    let verification = Verification::new()
        .with_paa(&parts[0])
        .with_pai(&parts[1])
        .with_dac(&parts[2])
        .with_declaration(&parts[3])
        .with_declaration_signers(&signers)
        .with_product(chain::vendor(chain::VENDOR), chain::product(chain::PRODUCT))
        .at(chain::date(2026))
        .complete();
    let (strict, sdk) = (verification.run(Profile::Strict), verification.run(Profile::Sdk));
    assert_eq!(strict.is_accepted(), same, "{:?}", strict.findings());
    assert_eq!(strict.sdk_result(), sdk.sdk_result());
    assert!(sdk.is_accepted() || !same);
}
