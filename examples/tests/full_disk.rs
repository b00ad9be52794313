//! `matter-mfg` on a disk that fills up: one clear error, and `--resume` continues once there is space.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/produced.rs"]
mod produced;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const COUNT: usize = 120;

/// A small disk, unmounted on drop.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Returns `None` where mounting is not permitted.
    fn mount(path: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir(path).unwrap();
        let option = format!("size={size},mode=700");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &option, "tmpfs"])
            .arg(path)
            .output();
        done.is_ok_and(|output| output.status.success())
            .then(|| Self(path.into()))
    }

    fn resize(&self, size: &str) {
        let option = format!("remount,size={size}");
        let done = Command::new("mount").args(["-o", &option]).arg(&self.0).status();
        assert!(done.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Runs the binary, optionally with a shell limit.
fn mfg(folder: &Path, limit: &str) -> Output {
    let script = format!("trap '' XFSZ; {limit} exec \"$0\" \"$@\"");
    Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_matter-mfg")])
        .args([
            "--test-pki",
            "-v",
            "0xFFF1",
            "-p",
            "0x8000",
            "-n",
            "120",
            "--iteration-count",
            "1000",
            "--resume",
        ])
        .current_dir(folder)
        .output()
        .unwrap()
}

/// One error, exit code 3, and complete devices are intact.
fn assert_stopped(folder: &Path, output: &Output) -> usize {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert_eq!(
        message.lines().filter(|line| line.starts_with("error: ")).count(),
        1,
        "{message}"
    );
    let devices = produced::devices(&folder.join("out/fff1_8000"));
    assert!(
        message.contains(&format!("{} of 120 devices are complete", devices.len())),
        "{message}"
    );
    for device in &devices {
        produced::check(device, false);
    }
    devices.len()
}

/// Starts the binary with devices that take long, and fills the disk once the first ones exist.
fn filled_on_the_way(place: &Path, ballast: &Path) -> Output {
    let child = Command::new(env!("CARGO_BIN_EXE_matter-mfg"))
        .args("--test-pki -v 0xFFF1 -p 0x8000 -n 120 --iteration-count 1000 --jobs 1 --resume".split(' '))
        .current_dir(place)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let top = place.join("out/fff1_8000");
    let before = devices_there(&top);
    let end = Instant::now() + Duration::from_secs(60);
    while devices_there(&top) == before && Instant::now() < end {
        std::thread::sleep(Duration::from_micros(200));
    }
    let mut file = std::fs::File::create(ballast).unwrap();
    while file.write_all(&[0xFF; 4096]).is_ok() {}
    child.wait_with_output().unwrap()
}

fn devices_there(top: &Path) -> usize {
    let is_device =
        |entry: &std::io::Result<std::fs::DirEntry>| entry.as_ref().is_ok_and(|entry| entry.file_name().len() == 36);
    std::fs::read_dir(top).map_or(0, |entries| entries.filter(is_device).count())
}

#[test]
fn run_that_has_no_room_is_refused_before_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk"), "4m") else {
        println!("mounting a tmpfs is not permitted here: 0 disks tried");
        return;
    };
    let output = mfg(&disk.0, "");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(
        message.contains("--outdir out") && message.contains("120 devices take at least"),
        "{message}"
    );
    assert!(produced::devices(&disk.0.join("out/fff1_8000")).is_empty());
    // The ledger's own disk is checked as well.
    let small = SmallDisk::mount(&folder.path().join("small"), "64k").unwrap();
    disk.resize("64m");
    let ledger = small.0.join("ledger");
    let output = mfg(&disk.0, &format!("set -- \"$@\" --ledger {};", ledger.display()));
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(
        message.contains("--ledger ") && message.contains("120 devices take at least"),
        "{message}"
    );
    assert!(mfg(&disk.0, "").status.success());
}

#[test]
fn run_on_a_disk_that_fills_up_stops_cleanly_and_is_continued() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk"), "24m") else {
        println!("mounting a tmpfs is not permitted here: the size of files is limited instead");
        return stops_at_a_limit_of_file_sizes(folder.path());
    };
    let (place, ballast) = (disk.0.clone(), disk.0.join("ballast"));
    let mut stops = Vec::new();
    for _ in 0..5 {
        let output = filled_on_the_way(&place, &ballast);
        let done = output.status.success();
        std::fs::remove_file(&ballast).unwrap();
        if done {
            break;
        }
        let complete = assert_stopped(&place, &output);
        assert!(
            stops.last().is_none_or(|before| *before <= complete),
            "devices were lost: {stops:?}, {complete}"
        );
        stops.push(complete);
    }
    println!("tmpfs: stopped with {stops:?} devices");
    assert!(stops.iter().any(|complete| *complete > 0), "{stops:?}");
    let output = mfg(&place, "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    produced::check_all(&place.join("out"), "fff1_8000", COUNT);
}

/// Ledger and tables exceed the limit; the error differs from that of a full disk, the remedy is the same.
#[test]
fn run_at_a_limit_of_file_sizes_stops_cleanly_and_is_continued() {
    let folder = tempfile::tempdir().unwrap();
    stops_at_a_limit_of_file_sizes(folder.path());
}

fn stops_at_a_limit_of_file_sizes(folder: &Path) {
    // In blocks of 512 bytes; SIGXFSZ is ignored, so that writes fail as on a full disk.
    let mut stops = Vec::new();
    for blocks in [330, 330, 380, 480] {
        let output = mfg(folder, &format!("ulimit -f {blocks};"));
        if output.status.success() {
            break;
        }
        stops.push(assert_stopped(folder, &output));
    }
    println!("limit of file sizes: stopped with {stops:?} devices");
    assert!(!stops.is_empty(), "the limit was never reached");
    let output = mfg(folder, "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    produced::check_all(&folder.join("out"), "fff1_8000", COUNT);
}
