//! Devices that are made on demand.

#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/chips.rs"]
mod chips;
#[path = "support/factory.rs"]
mod factory;
#[path = "../../tests/support/flash.rs"]
mod flash;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use chips::VirtualChip;
use esp_flash_image::Chip;
use factory::{Factory, stderr, stdout};

fn plain(count: u32, size: u32) -> Factory {
    let factory = Factory::of_order(Chip::Esp32h2, count, size, |project| project);
    let job = r#"{"vendor-id": "0xFFF1", "product-id": "0x8000", "test-pki": true, "target": "esp32h2", "order-size": 3,
        "iteration-count": 1000, "cn-prefix": "Line"}"#;
    fs::write(factory.path("job.json"), job).unwrap();
    factory
}

fn board(factory: &Factory, number: u8, program: &Path) -> Output {
    let mac = format!("24:0a:c4:00:00:{number:02x}");
    let chip = VirtualChip::start("esp32h2", &mac, &factory.path(&format!("chip{number}")), &[]);
    let make = ["--make", "job.json", "--make-batch", "1", "--make-program"];
    let mut command = factory.run(&["--once", "--port", &chip.port]);
    // As on the command line of matter-mfg: the parent of the product folder.
    command.args(["--devices", "out"]).args(make).arg(program);
    command.output().unwrap()
}

/// The real program, if it was built beside this one.
fn matter_mfg() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_BIN_EXE_line-station")).parent().unwrap();
    Some(beside.join(format!("matter-mfg{}", std::env::consts::EXE_SUFFIX))).filter(|path| path.is_file())
}

#[test]
fn boards_get_devices_that_are_made_for_them_until_the_order_is_full() {
    let Some(program) = matter_mfg() else {
        println!("0 boards ran: matter-mfg is not built");
        return;
    };
    let factory = plain(1, 3);
    for number in 1..=3 {
        let output = board(&factory, number, &program);
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    }
    let output = board(&factory, 4, &program);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stdout(&output).contains("order-empty"), "{}", stdout(&output));
    let devices = fs::read_dir(factory.devices()).unwrap();
    let devices = devices.filter(|entry| entry.as_ref().unwrap().file_name().len() == 36);
    assert_eq!(devices.count(), 3);
    println!("4 boards ran");
}

#[cfg(unix)]
#[test]
fn maker_that_fails_is_named_and_the_board_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let factory = plain(1, 3);
    let program = factory.path("maker");
    fs::write(
        &program,
        "#!/bin/sh\necho \"$@\" >arguments\necho 'error: no more ink' >&2\nexit 3\n",
    )
    .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let output = board(&factory, 1, &program);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = board(&factory, 2, &program);
    assert_eq!(output.status.code(), Some(3), "{}{}", stdout(&output), stderr(&output));
    let message = "order L-47: cannot make more devices: no more ink";
    assert!(stderr(&output).contains(message), "{}", stderr(&output));
    let arguments = fs::read_to_string(factory.path("arguments")).unwrap();
    let expected = "--job job.json --count 1 --order L-47 --ledger out/ledger.sqlite --outdir out --flash-plan";
    assert!(arguments.starts_with(expected), "{arguments}");
}
