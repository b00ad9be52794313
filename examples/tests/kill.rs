//! `matter-mfg` killed at random moments: what is there is complete, and `--resume` makes the rest.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/produced.rs"]
mod produced;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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

/// A small generator with a printed seed (xorshift64*): the test can be repeated.
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
    // What a whole run takes here; a kill comes within a fraction of it, so that one run gets most of the kills.
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
