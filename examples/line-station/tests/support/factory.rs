//! An order in a folder: a firmware project, its profile, devices, and the ledger.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cli::{FlashProfileFile, Trust};
use esp_flash_image::Chip;
use matter_factory_data::InternalFile;
use matter_mfg::{Attestation, FlashJob, Job, Plan, Run, now};
use matter_spake2p::Iterations;
use matter_types::{ProductId, VendorId};
use tempfile::TempDir;

use crate::flash::Project;

pub const ORDER: &str = "L-47";

/// A folder with an order of some devices.
pub struct Factory {
    pub top: TempDir,
}

impl Factory {
    /// Creates the order. `protect` enables the protection of the profile.
    pub fn new(chip: Chip, count: u32, protect: fn(Project) -> Project) -> Self {
        Self::of_order(chip, count, count, protect)
    }

    /// Creates an order of `size` devices, of which `count` are made.
    pub fn of_order(chip: Chip, count: u32, size: u32, protect: fn(Project) -> Project) -> Self {
        let top = tempfile::tempdir().unwrap();
        let project = protect(Project::new(&top.path().join("project"), chip));
        let trust = Trust {
            allow_insecure_permissions: true,
        };
        let profile = FlashProfileFile::new(&project.path())
            .with_digest_folder(InternalFile::FOLDER)
            .read("--flash-plan", trust)
            .unwrap();
        let mut job = Job::new(VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
        job.outdir = top.path().join("out");
        job.attestation = Attestation::TestPki {
            common_name_prefix: "Line".into(),
        };
        job.count = Some(count);
        job.iterations = Iterations::MIN;
        job.encrypt = project.profile["nvs_encryption"] == "nvs_keys";
        job.storage.target = chip;
        let flash = FlashJob::new(profile.plan, profile.nvs)
            .with_nvs_keys(profile.nvs_keys)
            .with_secure_cert(profile.secure_cert)
            .with_keys_dir(profile.keys_dir)
            .with_bootloader_key(profile.bootloader_key);
        job.flash = Some(flash);
        let plan = Plan::new(job, now().unwrap()).unwrap();
        let run = Run::new(&plan)
            .with_order(ORDER.to_owned(), size)
            .with_insecure_permissions(true);
        run.execute(|_, _| {}).unwrap();
        Self { top }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    pub fn ledger(&self) -> PathBuf {
        self.path("out/ledger.sqlite")
    }

    pub fn devices(&self) -> PathBuf {
        self.path("out/fff1_8000")
    }

    /// Runs a command of the binary.
    pub fn line(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Returns a command of the binary, to be started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_line-station"));
        command.args(arguments).arg("--allow-insecure-permissions");
        command
            .args(["--ledger", "out/ledger.sqlite"])
            .current_dir(self.top.path());
        command
    }

    /// Returns `run` with the common options.
    pub fn run(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&["run", "--order", ORDER]);
        command.args(["--devices", "out/fff1_8000", "--profile", "project/profile.json"]);
        command
            .args(["--station", "line-1", "--operator", "AB"])
            .args(arguments);
        // The other engine, if its programs are installed.
        if let Ok(engine) = std::env::var("LINE_ENGINE") {
            command.args(["--engine", &engine]);
        }
        command
    }

    /// Returns every file below the folder with its bytes, except the ledger's.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        collect(self.top.path(), &mut found);
        found.sort();
        found
    }
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if !path.to_string_lossy().contains("ledger.sqlite-") {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
