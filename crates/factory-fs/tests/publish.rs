//! Files are published together, complete, and replace others only on request.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use factory_fs::{Dir, Draft, GrowingOutput, Input, Output, Replace, publish, sweep};

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect::<Vec<_>>();
    names.sort();
    names
}

fn write(folder: &Path, files: &[(&str, &[u8])], replace: Replace) -> Result<(), factory_fs::PublishError> {
    let paths = files.iter().map(|(name, _)| folder.join(name)).collect::<Vec<_>>();
    let outputs = files.iter().zip(&paths);
    let outputs = outputs
        .map(|((_, bytes), path)| Output { path, bytes })
        .collect::<Vec<_>>();
    publish(&outputs, replace)
}

#[test]
fn files_appear_with_their_contents_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("one", b"1")], Replace::No).unwrap();
    write(folder.path(), &[("two", b"2"), ("three", b"3")], Replace::No).unwrap();
    assert_eq!(names(folder.path()), ["one", "three", "two"]);
    assert_eq!(fs::read(folder.path().join("three")).unwrap(), b"3");
}

#[test]
fn files_in_several_folders_appear_together() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let files: [(&str, &[u8]); 3] = [("a/one", b"1"), ("b/two", b"2"), ("a/three", b"3")];
    write(folder.path(), &files, Replace::No).unwrap();
    assert_eq!(names(&folder.path().join("a")), ["one", "three"]);
    assert_eq!(names(&folder.path().join("b")), ["two"]);
    // An existing file prevents the publication of the others.
    let files: [(&str, &[u8]); 2] = [("a/four", b"4"), ("b/two", b"other")];
    let error = write(folder.path(), &files, Replace::No).unwrap_err();
    assert!(error.is_obstacle() && error.already_exists(), "{error}");
    assert_eq!(names(&folder.path().join("a")), ["one", "three"]);
    assert_eq!(fs::read(folder.path().join("b/two")).unwrap(), b"2");
}

#[test]
fn files_are_replaced_only_where_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for files in [&[("key", &b"old"[..])][..], &[("key", b"old"), ("cert", b"old")]] {
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let new = files.iter().map(|(name, _)| (*name, &b"new"[..])).collect::<Vec<_>>();
        assert!(write(folder.path(), &new, Replace::No).unwrap_err().already_exists());
        assert_eq!(fs::read(folder.path().join("key")).unwrap(), b"old");
        write(folder.path(), &new, Replace::Yes).unwrap();
        for (name, bytes) in new {
            assert_eq!(fs::read(folder.path().join(name)).unwrap(), bytes);
        }
    }
    assert_eq!(names(folder.path()), ["cert", "key"]);
}

#[test]
fn folders_are_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("taken")).unwrap();
    for files in [&[("taken", &b"1"[..])][..], &[("free", b"1"), ("taken", b"2")]] {
        let error = write(folder.path(), files, Replace::Yes).unwrap_err();
        assert!(
            error.is_obstacle() && error.to_string().contains("is a folder, not a file"),
            "{error}"
        );
    }
    assert_eq!(names(folder.path()), ["taken"]);
}

#[test]
fn two_outputs_of_one_name_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("in");
    fs::create_dir(&inside).unwrap();
    for second in ["same", "in/../same", "./same"] {
        let error = write(folder.path(), &[("same", b"1"), (second, b"2")], Replace::Yes).unwrap_err();
        assert!(error.to_string().contains("twice"), "{error}");
    }
    assert_eq!(names(folder.path()), ["in"]);
}

#[test]
fn missing_folder_is_an_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    let error = write(folder.path(), &[("missing/file", b"1")], Replace::No).unwrap_err();
    assert!(error.is_obstacle(), "{error}");
    for path in ["", "..", "a/", "."] {
        let error = publish(
            &[Output {
                path: Path::new(path),
                bytes: b"",
            }],
            Replace::No,
        )
        .unwrap_err();
        assert!(error.is_obstacle(), "{path}: {error}");
    }
}

#[test]
fn draft_that_is_dropped_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = Dir::open(folder.path()).unwrap();
    let mut draft = Draft::new(&dir, "table").unwrap();
    draft.write(b"row").unwrap();
    drop(draft);
    assert!(names(folder.path()).is_empty());
    let mut draft = Draft::new(&dir, "table").unwrap();
    draft.write(b"row").unwrap();
    draft.publish(Replace::No).unwrap();
    assert_eq!(names(folder.path()), ["table"]);
}

#[test]
fn growing_output_keeps_what_is_there_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    let mut output = GrowingOutput::new(&path, Replace::No).unwrap();
    output.write(b"payload").unwrap();
    assert!(output.rewrite_start(b"longer than it").is_err());
    drop(output);
    assert!(names(folder.path()).is_empty());
    let mut output = GrowingOutput::new(&path, Replace::No).unwrap();
    output.write(b"....").unwrap();
    output.rewrite_start(b"size").unwrap();
    output.write(b"payload").unwrap();
    output.publish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"sizepayload");
    let error = GrowingOutput::new(&path, Replace::No).unwrap_err();
    assert!(error.already_exists() && error.is_obstacle());
    // Another process creates it meanwhile.
    let other = folder.path().join("other");
    let mut output = GrowingOutput::new(&other, Replace::No).unwrap();
    output.write(b"ours").unwrap();
    fs::write(&other, b"theirs").unwrap();
    assert!(output.publish().unwrap_err().already_exists());
    assert_eq!(fs::read(&other).unwrap(), b"theirs");
    let mut output = GrowingOutput::new(&other, Replace::Yes).unwrap();
    output.write(b"ours").unwrap();
    output.publish().unwrap();
    assert_eq!(fs::read(&other).unwrap(), b"ours");
}

/// A group of files whose process has ended, as [`publish`] leaves it at each of its steps.
fn abandoned(folder: &Path, is_complete: bool) -> std::path::PathBuf {
    let group = folder.join(".factory-0123456789abcdef.tmp");
    for inner in ["new", "old"] {
        fs::create_dir_all(group.join(inner)).unwrap();
    }
    fs::write(group.join("lock"), b"").unwrap();
    if is_complete {
        fs::write(group.join("complete"), b"").unwrap();
    }
    group
}

#[test]
fn complete_files_of_a_killed_process_come_to_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let group = abandoned(folder.path(), true);
    // The former key is gone, the former certificate is not.
    fs::write(group.join("old/key"), b"old key").unwrap();
    fs::write(group.join("old/cert"), b"old certificate").unwrap();
    fs::hard_link(group.join("old/cert"), folder.path().join("cert")).unwrap();
    fs::write(group.join("new/key"), b"new key").unwrap();
    fs::write(group.join("new/cert"), b"new certificate").unwrap();
    write(folder.path(), &[("other", b"1")], Replace::No).unwrap();
    assert_eq!(names(folder.path()), ["cert", "key", "other"]);
    assert_eq!(fs::read(folder.path().join("cert")).unwrap(), b"new certificate");
    assert_eq!(fs::read(folder.path().join("key")).unwrap(), b"new key");
}

#[test]
fn reader_finds_files_completed_by_a_killed_process() {
    let folder = tempfile::tempdir().unwrap();
    let group = abandoned(folder.path(), true);
    fs::write(group.join("old/key"), b"old key").unwrap();
    fs::write(group.join("new/key"), b"new key").unwrap();
    let key = Input::open(&folder.path().join("key"))
        .unwrap()
        .read_whole(100)
        .unwrap();
    assert_eq!(&**key, b"new key");
    assert_eq!(names(folder.path()), ["key"]);
    let error = Input::open(&folder.path().join("none")).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn incomplete_files_of_a_killed_process_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let group = abandoned(folder.path(), false);
    fs::write(group.join("new/key"), b"half a k").unwrap();
    fs::write(folder.path().join(".factory-fedcba9876543210.tmp"), b"half a k").unwrap();
    // Names that are not those of drafts stay.
    for other in [".factory-notes.tmp", ".factory-x", ".key.tmp"] {
        fs::write(folder.path().join(other), b"").unwrap();
    }
    sweep(&Dir::open(folder.path()).unwrap()).unwrap();
    assert_eq!(names(folder.path()), [".factory-notes.tmp", ".factory-x", ".key.tmp"]);
}

#[test]
fn drafts_of_living_processes_stay() {
    let folder = tempfile::tempdir().unwrap();
    let group = abandoned(folder.path(), false);
    let file = folder.path().join(".factory-fedcba9876543210.tmp");
    fs::write(&file, b"").unwrap();
    let held = [group.join("lock"), file].map(|path| {
        let held = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
        factory_fs::lock(&held).unwrap();
        held
    });
    sweep(&Dir::open(folder.path()).unwrap()).unwrap();
    assert_eq!(names(folder.path()).len(), 2);
    drop(held);
    sweep(&Dir::open(folder.path()).unwrap()).unwrap();
    assert!(names(folder.path()).is_empty());
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn outputs_are_readable_by_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("one", b"1")], Replace::No).unwrap();
        write(folder.path(), &[("two", b"2"), ("three", b"3")], Replace::No).unwrap();
        fs::set_permissions(folder.path().join("one"), fs::Permissions::from_mode(0o644)).unwrap();
        write(folder.path(), &[("one", b"1")], Replace::Yes).unwrap();
        for name in ["one", "two", "three"] {
            let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn link_in_the_way_is_replaced_and_its_target_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, b"precious").unwrap();
        for files in [&[("link", &b"1"[..])][..], &[("link", b"2"), ("more", b"3")]] {
            let link = folder.path().join("link");
            let _ = fs::remove_file(&link);
            symlink(&victim, &link).unwrap();
            assert!(write(folder.path(), files, Replace::No).unwrap_err().already_exists());
            write(folder.path(), files, Replace::Yes).unwrap();
            assert!(link.symlink_metadata().unwrap().is_file());
        }
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
    }

    #[test]
    fn pipes_and_devices_are_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(folder.path().join("pipe"))
            .status();
        assert!(made.unwrap().success());
        let error = write(folder.path(), &[("pipe", b"1")], Replace::Yes).unwrap_err();
        assert!(
            error.to_string().contains("is a pipe, socket or device, not a file"),
            "{error}"
        );
    }
}
