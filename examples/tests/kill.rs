//! `matter-mfg` killed at random times: existing devices are complete, and `--resume` makes the rest.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/produced.rs"]
mod produced;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use matter_attestation::PrivateKey;

const COUNT: usize = 300;
/// Kills that hit a living process, over all runs.
const KILLS: u32 = 60;

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_matter-mfg"));
    command
        .args([
            "--test-pki",
            "-v",
            "0xFFF1",
            "-p",
            "0x8000",
            "-n",
            "300",
            "--iteration-count",
            "1000",
        ])
        .args(["--unique", "passcode,serial,pair,key", "--resume", "--quiet"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// A small generator with a printed seed (xorshift64*), so that the test can be repeated.
struct Moments(u64);

impl Moments {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }
}

#[test]
fn run_that_is_killed_sixty_times_ends_with_every_device_once() {
    let seed = std::env::var("KILL_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()) * 0x9E37_79B9 + 1);
    println!("KILL_SEED={seed}");
    let mut moments = Moments(seed);
    // The duration of a whole run here; kills come within a fraction of it, so that one run gets most of them.
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    assert!(command(folder.path()).status().unwrap().success());
    let whole = u64::try_from(start.elapsed().as_micros()).unwrap();
    println!("a whole run: {whole} us");
    let (mut kills, mut runs, mut most) = (0, 0, 0);
    while kills < KILLS {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("out/fff1_8000");
        let mut here = 0;
        loop {
            let mut child = command(folder.path()).spawn().unwrap();
            if here < KILLS {
                std::thread::sleep(Duration::from_micros(moments.below(whole / 8)));
            } else {
                child.wait().unwrap();
            }
            // SIGKILL, which no process can catch.
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            if output.status.success() {
                break;
            }
            assert_eq!(
                output.status.code(),
                None,
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            here += 1;
            for device in produced::devices(&top) {
                produced::check(&device, false);
            }
        }
        println!("run {runs}: {here} kills");
        produced::check_all(&folder.path().join("out"), "fff1_8000", COUNT);
        kills += here;
        most = most.max(here);
        runs += 1;
    }
    println!("{kills} kills over {runs} runs of {COUNT} devices, at most {most} in one");
}

/// The lists are collected after the last device: kills hit that phase too.
#[test]
fn lists_are_whole_however_often_the_run_is_killed() {
    const DEVICES: usize = 60;
    let folder = tempfile::tempdir().unwrap();
    chain::write(folder.path());
    let mut kills = 0u64;
    loop {
        let mut command = Command::new(env!("CARGO_BIN_EXE_matter-mfg"));
        let options = "-v 0xFFF2 -p 0x8001 -n 60 --iteration-count 1000 --pai -k pai-key.pem -c pai-cert.pem -cd CD.der \
                       --labels svg --qr-zip --sign-manifest pai-key.pem --resume --quiet";
        command.args(options.split_whitespace()).current_dir(folder.path());
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        if kills < 40 {
            // From the start of the run to after its end on any machine.
            std::thread::sleep(Duration::from_millis(10 * kills));
        } else {
            child.wait().unwrap();
        }
        child.kill().unwrap();
        let status = child.wait().unwrap();
        if status.success() {
            break;
        }
        assert_eq!(status.code(), None);
        kills += 1;
    }
    println!("{kills} kills");
    let top = folder.path().join("out/fff2_8001");
    produced::check_all(&folder.path().join("out"), "fff2_8001", DEVICES);
    let (mut sheets, mut zips) = (String::new(), Vec::new());
    for entry in fs::read_dir(&top).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(!name.starts_with('.'), "{name} is left");
        if name.starts_with("labels-") {
            for sheet in fs::read_dir(&path).unwrap() {
                sheets += &fs::read_to_string(sheet.unwrap().path()).unwrap();
            }
        } else if name.starts_with("qrcodes-") {
            zips.push(fs::read(&path).unwrap());
        }
    }
    assert_eq!(sheets.matches("<g>").count(), DEVICES);
    // Entries of the directory at a zip file's end (PKWARE's APPNOTE, 4.3.12).
    let entries = |zip: &[u8]| zip.windows(4).filter(|window| window == b"PK\x01\x02").count();
    assert_eq!(zips.iter().map(|zip| entries(zip)).collect::<Vec<_>>(), [DEVICES]);
    for device in produced::devices(&top) {
        let uuid = device.file_name().unwrap().to_str().unwrap();
        let codes = fs::read_to_string(device.join(format!("{uuid}-onb_codes.csv"))).unwrap();
        let manual = codes.lines().nth(1).unwrap().split(',').nth(1).unwrap();
        assert!(sheets.contains(manual), "{uuid} has no label");
        let picture = format!("{uuid}-qrcode.png");
        assert!(
            zips[0]
                .windows(picture.len())
                .any(|window| window == picture.as_bytes())
        );
    }
    let key = PrivateKey::decode(&fs::read(folder.path().join("pai-key.pem")).unwrap()).unwrap();
    let [manifest, signature] = ["manifest.json", "manifest.json.sig"].map(|name| fs::read(top.join(name)).unwrap());
    assert!(key.public_key().verify_der(&manifest, &signature).is_ok());
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["devices"].as_array().unwrap().len(), DEVICES);
}
