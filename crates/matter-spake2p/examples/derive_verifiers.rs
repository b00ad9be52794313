//! Derives the verifiers of many devices: `cargo run --release --features std --example derive_verifiers -- 1000`.

use std::time::Instant;

use matter_spake2p::matter_types::Passcode;
use matter_spake2p::rand_core::UnwrapErr;
use matter_spake2p::{Iterations, PaseCredential, Salt};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).as_deref().unwrap_or("10").parse()?;
    let mut rng = UnwrapErr(getrandom::SysRng);
    let devices = (0..count).map(|_| (Passcode::generate(&mut rng), Salt::generate(&mut rng)));

    let start = Instant::now();
    for (number, credential) in PaseCredential::derive_each(devices, Iterations::new(1000)?).enumerate() {
        let credential = credential?;
        if number < 3 {
            // The salt is public. Passcode and verifier are secrets; they are printed here only to show how to read
            // them.
            let (salt, verifier) = (credential.parameters().salt, credential.verifier().to_base64());
            println!("{:08} {salt} {}", credential.passcode().expose(), verifier.as_str());
        }
    }
    println!("{count} verifiers in {:.2?}", start.elapsed());
    Ok(())
}
