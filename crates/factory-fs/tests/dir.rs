//! Entries of a folder are reached through it and never through a link.

use std::fs;
use std::io::ErrorKind;
use std::sync::Barrier;

use factory_fs::{Dir, FolderLock, Kind};

#[test]
fn names_are_single_components() {
    let folder = tempfile::tempdir().unwrap();
    let dir = Dir::open(folder.path()).unwrap();
    for name in ["", ".", "..", "a/b", "/a", "a/", "../a"] {
        assert_eq!(
            dir.create_file(name).unwrap_err().kind(),
            ErrorKind::InvalidInput,
            "{name}"
        );
        assert_eq!(dir.kind(name).unwrap_err().kind(), ErrorKind::InvalidInput, "{name}");
    }
}

#[test]
fn missing_folders_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b/c");
    let dir = Dir::create(&deep).unwrap();
    dir.create_file("file").unwrap();
    assert!(deep.join("file").is_file());
    // They exist now.
    Dir::create(&deep).unwrap();
    let file = deep.join("file");
    let error = Dir::create(&file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotADirectory, "{error}");
}

#[test]
fn folders_that_several_make_at_once_are_made() {
    const THREADS: usize = 4;
    let folder = tempfile::tempdir().unwrap();
    for round in 0..300 {
        let deep = folder.path().join(format!("{round}/b/c"));
        let start = Barrier::new(THREADS);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    Dir::create(&deep).unwrap();
                });
            }
        });
    }
}

#[test]
fn new_child_is_private() {
    let folder = tempfile::tempdir().unwrap();
    let dir = Dir::open(folder.path()).unwrap();
    dir.create_new_child("run").unwrap();
    assert_eq!(
        dir.create_new_child("run").unwrap_err().kind(),
        ErrorKind::AlreadyExists
    );
    dir.create_child("run").unwrap();
    dir.create_file("file").unwrap();
    assert_eq!(dir.child("file").unwrap_err().to_string(), "is a file, not a folder");
    assert_eq!(dir.open_file("run").unwrap_err().to_string(), "is a folder, not a file");
    assert_eq!(dir.child("missing").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn rename_to_a_free_name_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = Dir::open(folder.path()).unwrap();
    for name in ["a", "b"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    assert_eq!(
        dir.rename_new("a", &dir, "b").unwrap_err().kind(),
        ErrorKind::AlreadyExists
    );
    dir.rename_new("a", &dir, "c").unwrap();
    dir.rename("c", &dir, "b").unwrap();
    assert_eq!(dir.names().unwrap(), ["b"]);
    assert_eq!(fs::read(folder.path().join("b")).unwrap(), b"a");
}

#[test]
fn trees_are_removed_with_all_that_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let dir = Dir::open(folder.path()).unwrap();
    fs::create_dir_all(folder.path().join("run/devices/one")).unwrap();
    fs::write(folder.path().join("run/devices/one/file"), b"1").unwrap();
    dir.remove_tree("run").unwrap();
    assert!(dir.names().unwrap().is_empty());
    let mut deep = folder.path().join("deep");
    for _ in 0..40 {
        deep.push("x");
    }
    fs::create_dir_all(&deep).unwrap();
    let error = dir.remove_tree("deep").unwrap_err();
    assert!(error.to_string().contains("16 levels"), "{error}");
}

#[test]
fn file_with_the_name_of_the_lock_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".lock");
    fs::write(&path, "precious").unwrap();
    drop(FolderLock::new(&Dir::open(folder.path()).unwrap()).unwrap());
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn lock_is_gone_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let dir = Dir::open(folder.path()).unwrap();
    let held = FolderLock::new(&dir).unwrap();
    assert_eq!(dir.kind(".lock").unwrap(), Some(Kind::File));
    drop(held);
    assert_eq!(dir.kind(".lock").unwrap(), None);
    // The lock file of a killed process is reused.
    fs::write(folder.path().join(".lock"), b"").unwrap();
    drop(FolderLock::new(&dir).unwrap());
    assert_eq!(dir.kind(".lock").unwrap(), None);
}

#[test]
fn lock_lets_one_in_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let inside = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let dir = Dir::open(folder.path()).unwrap();
                for _ in 0..200 {
                    let _held = FolderLock::new(&dir).unwrap();
                    assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                    inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn free_space_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let space = Dir::open(folder.path()).unwrap().space().unwrap();
    assert!(space.bytes > 0 && space.block > 0);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    use factory_fs::Exposure;

    use super::*;

    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let victim = folder.path().join("victim");
        fs::create_dir(&victim).unwrap();
        fs::write(victim.join("f"), b"precious").unwrap();
        symlink(&victim, folder.path().join("folder")).unwrap();
        symlink(victim.join("f"), folder.path().join("file")).unwrap();
        symlink("nowhere", folder.path().join("dangling")).unwrap();
        let dir = Dir::open(folder.path()).unwrap();
        assert_eq!(dir.child("folder").unwrap_err().to_string(), "is a link, not a folder");
        assert_eq!(
            dir.create_child("folder").unwrap_err().to_string(),
            "is a link, not a folder"
        );
        assert_eq!(dir.open_file("file").unwrap_err().to_string(), "is a link, not a file");
        assert_eq!(
            dir.create_file("dangling").unwrap_err().kind(),
            ErrorKind::AlreadyExists
        );
        assert!(dir.remove_tree("folder").is_err());
        // In a tree the links themselves are removed.
        fs::create_dir(folder.path().join("tree")).unwrap();
        symlink(&victim, folder.path().join("tree/link")).unwrap();
        dir.remove_tree("tree").unwrap();
        assert_eq!(fs::read(victim.join("f")).unwrap(), b"precious");
        assert!(Dir::create(&folder.path().join("dangling")).is_err());
        // The caller's own path may be a link.
        Dir::open(&folder.path().join("folder")).unwrap();
    }

    #[test]
    fn pipe_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(folder.path().join("pipe"))
            .status();
        assert!(made.unwrap().success());
        let dir = Dir::open(folder.path()).unwrap();
        assert_eq!(
            dir.open_file("pipe").unwrap_err().to_string(),
            "is a pipe, socket or device, not a file"
        );
        assert!(dir.open_for_update("pipe").is_err());
        fs::rename(folder.path().join("pipe"), folder.path().join(".lock")).unwrap();
        assert!(FolderLock::new(&dir).is_err());
    }

    #[test]
    fn opened_folder_stays_the_same_one() {
        let folder = tempfile::tempdir().unwrap();
        let top = Dir::open(folder.path()).unwrap();
        let dir = top.create_new_child("out").unwrap();
        fs::rename(folder.path().join("out"), folder.path().join("moved")).unwrap();
        fs::create_dir(folder.path().join("other")).unwrap();
        symlink("other", folder.path().join("out")).unwrap();
        dir.create_file("file").unwrap();
        assert!(folder.path().join("moved/file").is_file());
        assert_eq!(fs::read_dir(folder.path().join("other")).unwrap().count(), 0);
    }

    #[test]
    fn new_entries_are_for_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let dir = Dir::create(&folder.path().join("a/b")).unwrap();
        dir.create_file("file").unwrap();
        for (name, mode) in [("a", 0o700), ("a/b", 0o700), ("a/b/file", 0o600)] {
            let found = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode, "{name}");
        }
    }

    #[test]
    fn exposure_reports_read_and_write_access() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        for (mode, open, writable) in [
            (0o600, false, false),
            (0o640, true, false),
            (0o644, true, false),
            (0o620, true, true),
            (0o602, true, true),
            (0o777, true, true),
        ] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let found = Exposure::of(&file).unwrap();
            assert_eq!((found.is_open(), found.is_writable()), (open, writable), "{mode:o}");
            assert_eq!(found.untrusted().is_some(), writable);
        }
    }

    #[test]
    fn names_need_not_be_utf8() {
        let folder = tempfile::tempdir().unwrap();
        let dir = Dir::open(folder.path()).unwrap();
        let name = std::ffi::OsStr::from_bytes(b"x\xff");
        dir.create_new_child(name).unwrap().create_file("file").unwrap();
        assert_eq!(dir.names().unwrap(), [name]);
        assert!(folder.path().join(Path::new(name)).join("file").is_file());
    }
}
