//! The header matches the sources. `UPDATE_HEADER=1 cargo test --test header` regenerates it.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

#[test]
fn header_is_that_of_the_sources() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = crate_folder.join("include/matter.h");
    let config = cbindgen::Config::from_file(crate_folder.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new()
        .with_crate(crate_folder)
        .with_config(config)
        .generate()
        .unwrap();
    let mut made = Vec::new();
    bindings.write(&mut made);
    let made = String::from_utf8(made).unwrap();
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = made.lines().zip(checked_in.lines()).find(|(made, old)| made != old);
    assert!(
        made == checked_in,
        "include/matter.h differs, first in {differing:?}; UPDATE_HEADER=1 regenerates it"
    );
}
