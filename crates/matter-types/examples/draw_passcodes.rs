//! Draws passcodes and discriminators for a batch of devices: `cargo run --example draw_passcodes -- 5`.

use matter_types::rand_core::UnwrapErr;
use matter_types::{DiscriminatorAllocator, Passcode, VendorId};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let devices: usize = std::env::args().nth(1).as_deref().unwrap_or("3").parse()?;
    let vendor = VendorId::new(0xFFF1)?;
    if vendor.is_test() {
        println!("{vendor} is a test vendor: no product may use it");
    }

    // Devices next to each other are told apart by their discriminators, so that a block of 4096
    // has no duplicates.
    let mut rng = UnwrapErr(getrandom::SysRng);
    let mut discriminators = DiscriminatorAllocator::new();
    for device in 1..=devices {
        let discriminator = discriminators.draw(&mut rng);
        let passcode = Passcode::generate(&mut rng);
        // `expose` is the only way to read the secret: print it on a label, not in a log.
        println!(
            "device {device}: discriminator {discriminator}, passcode {:08}",
            passcode.expose()
        );
    }
    Ok(())
}
