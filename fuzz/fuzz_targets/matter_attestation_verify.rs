//! Octets of a valid PAA, PAI, DAC or declaration are changed, dropped or added: the chain is accepted exactly if
//! nothing differs in the end. The first byte selects the part, then come positions (two bytes) and what is changed there.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use matter_attestation::{
    CertificationDeclaration, CertificationType, DacSubject, DateTime, DeclarationSigners, Issuer, PaaSubject, PaiSubject,
    PrivateKey, Profile, SerialNumber, TEST_CD_SIGNING_KEY_ID, Validity, Verification, issue_paa, test_cd_signing_key,
};
use matter_types::{ProductId, VendorId};

/// PAA, PAI, DAC and declaration.
fn valid() -> &'static [Vec<u8>; 4] {
    static PARTS: OnceLock<[Vec<u8>; 4]> = OnceLock::new();
    PARTS.get_or_init(|| {
        let [paa_key, pai_key, dac_key] = [1, 2, 3].map(|octet| PrivateKey::from_scalar(&[octet; 32]).unwrap());
        let (vendor, product) = (VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
        let validity = Validity::without_expiry(DateTime::new(2025, 1, 1, 0, 0, 0).unwrap());
        let serial = SerialNumber::new(&[1]).unwrap();
        let paa = issue_paa(&paa_key, &PaaSubject::new("PAA").unwrap(), validity, serial).unwrap();
        let subject = PaiSubject::new("PAI", vendor).unwrap();
        let pai = Issuer::new(&paa, &paa_key).unwrap();
        let pai = pai.issue_pai(&subject, &pai_key.public_key(), validity, serial).unwrap();
        let subject = DacSubject::new("DAC", vendor, product).unwrap();
        let dac = Issuer::new(&pai, &pai_key).unwrap();
        let dac = dac.issue_dac(&subject, &dac_key.public_key(), validity, serial).unwrap();
        let kind = CertificationType::DevelopmentAndTest;
        let declaration = CertificationDeclaration::new(vendor, &[product], 22, "CSA00000SWC00000-00", kind).unwrap();
        let declaration = declaration.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID).unwrap();
        [paa.as_der().to_vec(), pai.as_der().to_vec(), dac.as_der().to_vec(), declaration]
    })
}

fuzz_target!(|input: &[u8]| {
    let Some((selector, edits)) = input.split_first() else {
        return;
    };
    let mut parts = valid().clone();
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
    let same = parts == *valid();
    let signers = DeclarationSigners::new().with_test_key(true);
    let verification = Verification::new()
        .with_paa(&parts[0])
        .with_pai(&parts[1])
        .with_dac(&parts[2])
        .with_declaration(&parts[3])
        .with_declaration_signers(&signers)
        .with_product(VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap())
        .at(DateTime::new(2026, 6, 1, 0, 0, 0).unwrap())
        .complete();
    let (strict, sdk) = (verification.run(Profile::Strict), verification.run(Profile::Sdk));
    assert_eq!(strict.is_accepted(), same, "{:?}", strict.findings());
    assert_eq!(strict.sdk_result(), sdk.sdk_result());
    assert!(sdk.is_accepted() || !same);
});
