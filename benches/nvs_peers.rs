//! `esp-nvs-image` and its peers in one run: crates.io `esp-nvs-partition-tool` as a library, and the reference
//! generator, whose times `scripts/compare nvs` measures and passes in `GENERATOR_MICROSECONDS`.
//!
//! Each pair runs interleaved, A B A B, and the fastest of each is compared. With `--write-csv FILE` the entries of the
//! small image are written for the generator and nothing is measured.

#![allow(clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use esp_nvs_image::{
    BlobVersion, Key, Namespace, Number, NvsKeys, OwnedValue, PartitionSize, decode, encode_to_vec, encrypt, to_csv,
};
use esp_nvs_partition_tool::NvsPartition;

type Entry = (Namespace, Key, OwnedValue);

fn entry(key: &str, value: OwnedValue) -> Entry {
    (Namespace::new("chip-factory").unwrap(), Key::new(key).unwrap(), value)
}

/// Returns the entries of a Matter device with credentials, in typical sizes.
fn matter() -> Vec<Entry> {
    let blob = |len: usize| OwnedValue::Blob((0..=255).cycle().take(len).collect());
    let text = |text: &str| OwnedValue::Str(text.into());
    vec![
        entry("discriminator", OwnedValue::Number(Number::U32(3840))),
        entry("iteration-count", OwnedValue::Number(Number::U32(10_000))),
        entry("salt", text(&"A".repeat(44))),
        entry("vendor-id", OwnedValue::Number(Number::U32(0xFFF1))),
        entry("vendor-name", text("vendor")),
        entry("product-id", OwnedValue::Number(Number::U32(0x8000))),
        entry("product-name", text("product")),
        entry("hardware-ver", OwnedValue::Number(Number::U32(1))),
        entry("hw-ver-str", text("v1.0")),
        entry("mfg-date", text("2022-10-25")),
        entry("rd-id-uid", blob(16)),
        entry("serial-num", text(&"0".repeat(32))),
        entry("dac-cert", blob(490)),
        entry("dac-key", blob(32)),
        entry("dac-pub-key", blob(65)),
        entry("pai-cert", blob(450)),
        entry("verifier", text(&"B".repeat(132))),
        entry("cert-dclrn", blob(235)),
    ]
}

fn many(keys: u32) -> Vec<Entry> {
    (0..keys)
        .map(|i| entry(&format!("key{i}"), OwnedValue::Number(Number::U32(i))))
        .collect()
}

fn encode(entries: &[Entry], size: PartitionSize) -> Vec<u8> {
    let borrowed = entries
        .iter()
        .map(|(namespace, key, value)| (*namespace, *key, value.as_value()));
    encode_to_vec(size, BlobVersion::V2, borrowed).unwrap()
}

/// Returns the fastest of several interleaved runs of each.
fn compare(runs: u32, mut ours: impl FnMut(), mut theirs: impl FnMut()) -> (Duration, Duration) {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..runs {
        best.0 = best.0.min(time(&mut ours));
        best.1 = best.1.min(time(&mut theirs));
    }
    best
}

fn tell(what: &str, peer: &str, (ours, theirs): (Duration, Duration)) {
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    println!(
        "{what}: {:.1} us, {peer} {:.1} us, {ratio:.1} times",
        micros(ours),
        micros(theirs)
    );
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn main() {
    let small_size = PartitionSize::new(0x6000).unwrap();
    let small = matter();
    let small_image = encode(&small, small_size);
    let small_csv = to_csv(&decode(&small_image).unwrap()).unwrap();
    let mut arguments = std::env::args()
        .skip_while(|argument| argument != "--write-csv")
        .skip(1);
    if let Some(path) = arguments.next() {
        std::fs::write(path, small_csv).unwrap();
        return;
    }

    let peer = "esp-nvs-partition-tool";
    let theirs = NvsPartition::try_from_str(&small_csv).unwrap();
    let pair = compare(
        300,
        || drop(black_box(encode(black_box(&small), small_size))),
        || drop(black_box(black_box(&theirs).generate_partition(0x6000).unwrap())),
    );
    tell("encode 24 KiB Matter image", peer, pair);

    let large_size = PartitionSize::new(0x10_0000).unwrap();
    for keys in [2250, 4500, 9000] {
        let large = many(keys);
        let image = encode(&large, large_size);
        let theirs = NvsPartition::try_from_str(to_csv(&decode(&image).unwrap()).unwrap()).unwrap();
        let pair = compare(
            10,
            || drop(black_box(encode(black_box(&large), large_size))),
            || drop(black_box(black_box(&theirs).generate_partition(0x10_0000).unwrap())),
        );
        tell(&format!("encode 1 MiB with {keys} keys"), peer, pair);
        let pair = compare(
            10,
            || drop(black_box(decode(black_box(&image)).unwrap())),
            || {
                drop(black_box(
                    NvsPartition::try_from_bytes(black_box(image.clone())).unwrap(),
                ))
            },
        );
        tell(&format!("decode 1 MiB with {keys} keys"), peer, pair);
    }

    let keys = NvsKeys::from_raw(&std::array::from_fn(|i| u8::try_from(i).unwrap())).unwrap();
    let generator = std::env::var("GENERATOR_MICROSECONDS").unwrap_or_default();
    let times = generator
        .split_whitespace()
        .map(|time| time.parse::<f64>().unwrap() / 1e6);
    let work: [(&str, &dyn Fn()); 2] = [
        ("encode 24 KiB Matter image", &|| {
            drop(black_box(encode(black_box(&small), small_size)))
        }),
        ("encode and encrypt it", &|| {
            let mut image = encode(black_box(&small), small_size);
            encrypt(&mut image, &keys).unwrap();
            drop(black_box(image));
        }),
    ];
    for ((what, work), theirs) in work.into_iter().zip(times) {
        let (ours, _) = compare(300, work, || {});
        tell(
            what,
            "esp-idf-nvs-partition-gen",
            (ours, Duration::from_secs_f64(theirs)),
        );
    }
}
