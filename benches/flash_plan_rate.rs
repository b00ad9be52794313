//! Plans of devices per second on all cores, compared with a loop that only does XTS, MD5 and SHA-256 over the same
//! bytes.
//!
//! `cargo bench -p matter-factory-benches --bench flash_plan_rate [-- DEVICES]`; rounds of both take turns, and the best of each counts.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "benchmark")]

#[path = "flash_plan/device.rs"]
mod device;

use std::hint::black_box;
use std::num::NonZero;
use std::thread;
use std::time::{Duration, Instant};

use device::{Line, bare};

const ROUNDS: u32 = 5;

fn main() {
    let devices = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1000_u32);
    let line = Line::new();
    let cores = u32::try_from(thread::available_parallelism().map_or(1, NonZero::get)).unwrap_or(1);
    let (mut planned, mut looped) = (Duration::MAX, Duration::MAX);
    for round in 1..=ROUNDS {
        let plans = on_all(cores, devices, || {
            let mut buffer = Vec::new();
            let line = &line;
            move |number| {
                let plan = black_box(line.device(core::mem::take(&mut buffer), number));
                buffer = plan.into_bytes();
            }
        });
        let loops = on_all(cores, devices, || {
            let mut regions = line.plain();
            move |number| drop(black_box(bare(&mut regions, number)))
        });
        println!("round {round}: plans {plans:.2?}, bare loop {loops:.2?}");
        planned = planned.min(plans);
        looped = looped.min(loops);
    }
    let rate = |time: Duration| f64::from(devices) / time.as_secs_f64();
    println!(
        "{devices} devices of {} bytes on {cores} cores: {:.0} plans per second, {:.0} rounds of the bare loop per second, {:.0} %",
        line.content(),
        rate(planned),
        rate(looped),
        100.0 * rate(planned) / rate(looped)
    );
}

/// Distributes the devices and returns the total time; the preparation in `worker` is not counted.
fn on_all<F: FnMut(u32) + Send>(cores: u32, devices: u32, worker: impl Fn() -> F) -> Duration {
    let mut workers: Vec<_> = (0..cores).map(|_| worker()).collect();
    let start = Instant::now();
    thread::scope(|scope| {
        for (first, work) in (0..cores).zip(&mut workers) {
            scope.spawn(move || (first..devices).step_by(cores.try_into().unwrap_or(1)).for_each(work));
        }
    });
    start.elapsed()
}
