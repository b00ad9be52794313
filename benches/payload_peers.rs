//! `matter-setup-payload` and PyPI `pyqrcode`, whose time `scripts/compare payload` measures and passes in
//! `PEER_MICROSECONDS`, and the rate at which codes are made. The fastest of many runs counts.

#![allow(clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use matter_setup_payload::{SetupPayload, qr_png};

/// Returns the time of the fastest run.
fn fastest(runs: u32, mut work: impl FnMut()) -> Duration {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..runs).map(|_| time(&mut work)).min().unwrap_or_default()
}

fn main() {
    const CODES: u32 = 10_000;
    let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse().unwrap();
    let text = payload.qr_text();
    let picture = fastest(2000, || drop(black_box(qr_png(black_box(text.as_str()), 6).unwrap())));
    if let Ok(theirs) = std::env::var("PEER_MICROSECONDS") {
        let theirs: f64 = theirs.parse().unwrap();
        let ours = picture.as_secs_f64() * 1e6;
        println!(
            "QR PNG: {ours:.1} us, pyqrcode and pypng {theirs:.0} us, {:.0} times",
            theirs / ours
        );
    }
    let codes = fastest(200, || {
        for _ in 0..CODES {
            let payload = black_box(&payload);
            let mut buffer = [0; 22];
            black_box(payload.encode_qr(&mut buffer).unwrap());
            black_box(payload.manual_code());
        }
    });
    let rate = f64::from(CODES) / codes.as_secs_f64();
    println!("QR text and manual code: {:.2} million pairs a second", rate / 1e6);
}
