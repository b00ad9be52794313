//! Issues PAA, PAI, DAC and a test Certification Declaration, and verifies them like a commissioner.

use getrandom::SysRng;
use matter_attestation::rand_core::UnwrapErr;
use matter_attestation::{
    CertificationDeclaration, CertificationType, DacSubject, DateTime, DeclarationSigners, Issuer, PaaSubject,
    PaiSubject, PrivateKey, Profile, SerialNumber, TEST_CD_SIGNING_KEY_ID, Validity, Verification, issue_paa,
    test_cd_signing_key,
};
use matter_types::{ProductId, VendorId};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rng = &mut UnwrapErr(SysRng);
    let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
    let time = DateTime::new(2026, 1, 1, 0, 0, 0)?;
    let validity = Validity::without_expiry(time);
    let [paa_key, pai_key, dac_key] = [(); 3].map(|()| PrivateKey::generate(rng));
    let mut serial = || SerialNumber::generate(&mut *rng);

    let paa = issue_paa(&paa_key, &PaaSubject::new("Example PAA")?, validity, serial())?;
    let subject = PaiSubject::new("Example PAI", vendor)?;
    let pai = Issuer::new(&paa, &paa_key)?.issue_pai(&subject, &pai_key.public_key(), validity, serial())?;
    let subject = DacSubject::new("Example DAC 0001", vendor, product)?;
    let dac = Issuer::new(&pai, &pai_key)?.issue_dac(&subject, &dac_key.public_key(), validity, serial())?;

    let kind = CertificationType::DevelopmentAndTest;
    let declaration = CertificationDeclaration::new(vendor, &[product], 0x0100, "CSA00000SWC00000-00", kind)?;
    let declaration = declaration.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)?;

    // Without this, only declarations of the CSA are accepted.
    let signers = DeclarationSigners::new().with_test_key(true);
    let report = Verification::new()
        .with_chain(&paa, &pai, &dac)
        .with_declaration(&declaration)
        .with_declaration_signers(&signers)
        .with_product(vendor, product)
        .at(time)
        .complete()
        .run(Profile::Strict);
    for finding in report.findings() {
        println!("{finding}");
    }
    println!("{}\nresult of a commissioner: {}", dac.to_pem(), report.sdk_result());
    Ok(())
}
