//! Issues the DAC for a key generated on a device, from its certificate signing request.

use std::fs;

use matter_attestation::{Certificate, PrivateKey};
use matter_issuance::{Desk, DeviceId, LogSigner, Policy, Request};
use matter_ledger::{Ledger, NewOrder};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let [paa, pai, pai_key, declaration, log_key, csr] = arguments.as_slice() else {
        return Err("PAA.pem PAI.pem PAI_key.pem CD.der LOG_key.pem CSR.der are needed".into());
    };
    let paa = Certificate::from_pem(&fs::read_to_string(paa)?)?;
    let pai = Certificate::from_pem(&fs::read_to_string(pai)?)?;
    let [pai_key, log_key] = [pai_key, log_key].map(|path| fs::read(path).map(|key| PrivateKey::decode(&key)));
    let log = LogSigner::new(log_key??);
    let policy = Policy::new("issue_dac 1.0").with_paa(paa).with_test_declarations();
    // In production, the desk opens a ledger on disk, and a repeated request returns the same certificate.
    let mut desk = Desk::new(
        Ledger::in_memory()?,
        pai,
        pai_key??,
        &fs::read(declaration)?,
        log,
        policy,
    )?;
    desk.registrar().open_order(&NewOrder {
        id: "4711".into(),
        size: 1,
        vendor_id: 0xFFF1,
        product_id: 0x8000,
        operator: "example".into(),
        needs_approval: false,
    })??;
    let request = Request::from_csr("4711", DeviceId::new("AA:BB:CC:00:11:22")?, "line 1", &fs::read(csr)?)?;
    let issued = desk.issue(&[request])?.remove(0)?;
    println!("{}{}", issued.dac.to_pem(), issued.state);
    Ok(())
}
