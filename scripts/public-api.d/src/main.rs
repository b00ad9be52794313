//! Prints the public API that a file of rustdoc's JSON describes, a line for each item.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("a JSON file of rustdoc is needed")?;
    // Without the implementations that every type has.
    let listed = public_api::Builder::from_rustdoc_json(path)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()?;
    for item in listed.items() {
        println!("{item}");
    }
    Ok(())
}
