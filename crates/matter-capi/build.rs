//! Names the shared library after the version of its interface, which is in the header.

use std::env;
use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=include/matter.h");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    let header = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("include/matter.h");
    let header = std::fs::read_to_string(header).unwrap_or_default();
    let version = header
        .lines()
        .find_map(|line| line.strip_prefix("#define MATTER_ABI_VERSION "));
    println!(
        "cargo::rustc-cdylib-link-arg=-Wl,-soname,libmatter_capi.so.{}",
        version.unwrap_or("0")
    );
}
