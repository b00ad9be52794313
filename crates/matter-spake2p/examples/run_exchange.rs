//! Runs both sides of the exchange, with the right passcode and with a wrong one: `cargo run --example run_exchange`.

use matter_spake2p::matter_types::Passcode;
use matter_spake2p::rand_core::UnwrapErr;
use matter_spake2p::subtle::ConstantTimeEq;
use matter_spake2p::{
    Context, Error, Iterations, PbkdfParameters, ProverExchange, ProverKey, Salt, Verifier, VerifierExchange,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rng = UnwrapErr(getrandom::SysRng);
    let parameters = PbkdfParameters::new(Iterations::MIN, Salt::generate(&mut rng));
    let verifier = Verifier::derive(&Passcode::new(20202021)?, &parameters)?;
    // Both sides hash the messages in which the device sent salt and iteration count.
    let context = Context::new(b"PBKDFParamRequest", b"PBKDFParamResponse");

    for passcode in [20202021, 34567890] {
        let key = ProverKey::derive(&Passcode::new(passcode)?, &parameters)?;
        let (prover, share_a) = ProverExchange::start(&key, &context, &mut rng)?;
        let (device, share_b, confirmation_b) = VerifierExchange::start(&verifier, &context, &share_a, &mut rng)?;
        match prover.finish(&share_b, &confirmation_b) {
            Ok((confirmation_a, prover_keys)) => {
                let device_keys = device.finish(&confirmation_a)?;
                println!("{passcode}: same keys: {}", bool::from(prover_keys.ct_eq(&device_keys)));
            }
            Err(error @ Error::ConfirmationMismatch) => println!("{passcode}: {error}"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
