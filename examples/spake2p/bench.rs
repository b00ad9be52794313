//! Verifiers per second.

use std::time::{Duration, Instant};

use cli::{Failure, print};
use matter_spake2p::{InstructionSet, Iterations, Lanes, PaseCredential, Salt};
use matter_types::Passcode;

/// Devices of one measurement: they fill the registers of every width.
const DEVICES: u32 = 16;
/// Minimum duration of each measurement.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

pub(crate) fn run() -> Result<(), Failure> {
    print("verifiers per second on one core, the fastest of several runs of 16 devices")?;
    print(format_args!("{:10} {:>5} {:>10} {:>10}", "", "lanes", "1000", "10000"))?;
    for set in InstructionSet::ALL {
        match Lanes::new(set) {
            Some(lanes) => {
                let [few, many] = [1000, 10_000].map(|iterations| per_second(Some(lanes), iterations));
                print(format_args!("{set:10} {:5} {:10.0} {:10.0}", set.lanes(), few?, many?))?;
            }
            None => print(format_args!("{set:10} absent on this processor"))?,
        }
    }
    let [few, many] = [1000, 10_000].map(|iterations| per_second(None, iterations));
    print(format_args!("{:10} {:5} {:10.0} {:10.0}", "chosen", "", few?, many?))
}

fn per_second(lanes: Option<Lanes>, iterations: u32) -> Result<f64, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::Work(error.to_string());
    let passcode = Passcode::new(20_202_021).map_err(|error| wrong(&error))?;
    let salt = Salt::new(&[0; Salt::MAX_LEN]).map_err(|error| wrong(&error))?;
    let iterations = Iterations::new(iterations).map_err(|error| wrong(&error))?;
    let mut best = Duration::MAX;
    let started = Instant::now();
    while started.elapsed() < LONG_ENOUGH {
        let devices = (0..DEVICES).map(|_| (passcode.clone(), salt));
        let run = Instant::now();
        let mut credentials = PaseCredential::derive_each(devices, iterations);
        if let Some(lanes) = lanes {
            credentials = credentials.with_lanes(lanes);
        }
        for credential in credentials {
            std::hint::black_box(credential.map_err(|error| wrong(&error))?);
        }
        best = best.min(run.elapsed());
    }
    Ok(f64::from(DEVICES) / best.as_secs_f64())
}
