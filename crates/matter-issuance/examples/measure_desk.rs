//! Measures the number of certificates that a desk issues per second: `measure_desk [COUNT=20000] [BATCH=64] [LEDGER]`.
//!
//! The requests are created and checked before the clock starts, because threads other than the desk's do that in
//! production. The ledger is a file in a temporary folder, or the database of a URL.

#![allow(clippy::unwrap_used, reason = "a measurement")]

use std::time::Instant;

use matter_issuance::Proof;
use matter_ledger::{Ledger, LedgerPlace};

#[path = "../tests/support/pki.rs"]
mod pki;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| arguments.next().map_or(default, |text| text.parse().unwrap());
    let (count, batch) = (number(20_000), number(64));
    let folder = tempfile::tempdir().unwrap();
    let place = match arguments.next() {
        Some(url) => url
            .parse::<LedgerPlace>()
            .unwrap()
            .with_key_file(folder.path().join("ledger.key")),
        None => folder.path().join(Ledger::FILE_NAME).into(),
    };
    let run = std::process::id();
    let order = format!("order {run}");

    let start = Instant::now();
    let requests: Vec<_> = (0..count)
        .map(|number| {
            let name = format!("lamp-{run}-{number}");
            pki::request_for(&order, &name, &name)
        })
        .collect();
    report("requests made and checked", count, start);

    let mut desk = pki::Pki::new().desk(Ledger::open(place).unwrap());
    pki::open_order(desk.registrar(), &order, u32::try_from(count).unwrap());
    let mut keys = Vec::new();
    let start = Instant::now();
    for requests in requests.chunks(batch) {
        keys.extend(
            desk.issue(requests)
                .unwrap()
                .into_iter()
                .map(|issued| issued.unwrap().key),
        );
    }
    report("issued", count, start);

    let start = Instant::now();
    for keys in keys.chunks(batch) {
        let proofs = keys.iter().map(|key| Proof {
            key: *key,
            image_sha256: [0; 32],
        });
        desk.installed(keys).unwrap().into_iter().for_each(Result::unwrap);
        let proved = desk.proved(&proofs.collect::<Vec<_>>()).unwrap();
        proved.into_iter().for_each(Result::unwrap);
    }
    report("installed and proved", count, start);

    let start = Instant::now();
    let (rows, head) = desk.registrar().log().unwrap();
    let summary = matter_issuance::Log::verify(&rows, &head, &[pki::log_signer().public_key()]).unwrap();
    report(
        "entries of the log read and verified",
        usize::try_from(summary.entries).unwrap(),
        start,
    );
}

fn report(what: &str, count: usize, start: Instant) {
    let time = start.elapsed().as_secs_f64();
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "for people")]
    let rate = count as f64 / time;
    println!("{count} {what}: {time:.2} s, {rate:.0} a second");
}
