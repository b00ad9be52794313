//! Signs a file with ECDSA on P-256, with the key of a URI: in a file, a token or a program.

use matter_signer::signature::{Keypair, Signer, Verifier};
use matter_signer::{Secrets, SignerUri, p256::ecdsa::DerSignature};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(uri), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("a URI, such as file:key.pem or exec:/opt/kms/sign, and a file are required".into());
    };
    let uri: SignerUri = uri.parse()?;
    let signer = uri.open_p256(&Secrets::from_environment())?;
    let message = std::fs::read(&path)?;
    let signature: DerSignature = signer.try_sign(&message)?;
    signer.verifying_key().verify(&message, &signature)?;
    let out = format!("{path}.sig");
    std::fs::write(&out, signature.as_bytes())?;
    println!(
        "{out}: {} bytes; signed by {:?}",
        signature.as_bytes().len(),
        signer.public_key()
    );
    Ok(())
}
