//! Inputs that are files, pipes and devices.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use factory_fs::Input;

const LIMIT: u64 = 1 << 20;

fn pipe(folder: &Path) -> PathBuf {
    let path = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    Ok(Input::open(path)?.read_whole(LIMIT)?.to_vec())
}

#[test]
fn files_are_read_up_to_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for len in [0, 1, 1 << 20] {
        fs::write(&path, vec![7; len]).unwrap();
        assert_eq!(read(&path).unwrap(), vec![7; len]);
    }
    fs::write(&path, vec![7; (1 << 20) + 1]).unwrap();
    let error = read(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    assert_eq!(error.to_string(), "is larger than the 1 MiB allowed");
    assert_eq!(
        read(Path::new("/dev/zero")).unwrap_err().kind(),
        ErrorKind::FileTooLarge
    );
    assert_eq!(read(Path::new("/dev/null")).unwrap(), b"");
    assert_eq!(read(folder.path()).unwrap_err().kind(), ErrorKind::IsADirectory);
    assert_eq!(
        read(&folder.path().join("none")).unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn pipe_without_a_writer_is_refused_soon() {
    let folder = tempfile::tempdir().unwrap();
    let path = pipe(folder.path());
    let start = Instant::now();
    let error = read(&path).unwrap_err();
    assert_eq!(error.to_string(), "is a pipe without a writer");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// The writer starts late and writes slowly.
#[test]
fn pipe_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = pipe(folder.path());
    let long = vec![b'x'; 200_000];
    let cases: [(&[u8], u64, u64); 4] = [
        (b"at once", 0, 0),
        (b"late", 300, 0),
        (b"slow", 0, 1500),
        (&long, 0, 10),
    ];
    for (bytes, before, between) in cases {
        let (to, content) = (path.clone(), bytes.to_vec());
        let writer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(before));
            let mut pipe = fs::OpenOptions::new().write(true).open(to).unwrap();
            std::thread::sleep(Duration::from_millis(between));
            let (first, rest) = content.split_at(2);
            pipe.write_all(first).unwrap();
            std::thread::sleep(Duration::from_millis(between));
            pipe.write_all(rest).unwrap();
        });
        assert_eq!(read(&path).unwrap(), bytes);
        writer.join().unwrap();
    }
    // In pieces as well.
    let to = path.clone();
    let writer = std::thread::spawn(move || fs::write(to, b"abc").unwrap());
    let mut input = Input::open(&path).unwrap();
    let mut text = String::new();
    assert!(input.is_empty());
    input.read_to_string(&mut text).unwrap();
    assert_eq!(text, "abc");
    writer.join().unwrap();
}
