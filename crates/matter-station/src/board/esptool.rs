//! Boards through `esptool` and `espefuse`, for chips that the built-in engine does not support.
//!
//! Each call starts a program, which takes half a second and reconnects. The results come from the programs' output: the
//! eFuse summary as JSON, everything else as text of esptool 5.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use esp_flash_image::Chip;
use esp_flash_plan::{Action, KeyPurpose, Phase, Step};
use serde_json::Value;
use zeroize::Zeroizing;

use self::run::{Said, run};
use crate::{Board, BoardFacts, BoardFault, Connect, EfuseBurn, EfuseState};

mod run;
mod text;

/// A port whose boards are programmed with `esptool` and `espefuse`.
#[derive(Clone, Debug)]
pub struct EsptoolPort {
    port: String,
    baud: u32,
    deadline: Duration,
    has_reset: bool,
}

impl EsptoolPort {
    /// Makes a port from a name as esptool takes it: a path, `COM3`, or `socket://HOST:PORT`.
    #[must_use]
    pub fn new(port: impl Into<String>, baud: u32) -> Self {
        let port = port.into();
        let has_reset = !port.starts_with("socket://");
        Self {
            port,
            baud,
            deadline: DEADLINE,
            has_reset,
        }
    }

    /// Sets the time limit for a call of a program.
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    fn before(&self) -> &'static str {
        if self.has_reset { "default-reset" } else { "no-reset" }
    }

    fn esptool(&self, chip: &str, verb: &[&str]) -> Result<Said, BoardFault> {
        let baud = self.baud.to_string();
        let mut arguments = vec!["--chip", chip, "--port", &self.port, "--baud", &baud];
        arguments.extend(["--before", self.before(), "--after", "no-reset"]);
        arguments.extend(verb);
        run("esptool", &arguments, self.deadline)
    }

    fn espefuse(&self, chip: &str, verb: &[&str]) -> Result<Said, BoardFault> {
        let mut arguments = vec!["--chip", chip, "--port", &self.port, "--before", self.before()];
        arguments.push("--do-not-confirm");
        arguments.extend(verb);
        run("espefuse", &arguments, self.deadline)
    }
}

impl Connect for EsptoolPort {
    fn connect(&self) -> Result<Box<dyn Board + Send>, BoardFault> {
        let output = self.esptool("auto", &["flash-id"])?;
        let facts = match text::locked(output.text()) {
            Some(facts) => facts,
            None => text::facts(output.success()?)?,
        };
        let folder = tempfile_dir()
            .map_err(|error| BoardFault::Unsuited(format!("cannot create a temporary folder: {error}")))?;
        Ok(Box::new(EsptoolBoard {
            port: self.clone(),
            facts,
            summary: None,
            folder,
        }))
    }

    fn name(&self) -> String {
        self.port.clone()
    }
}

/// A board found by `esptool`.
#[derive(Debug)]
struct EsptoolBoard {
    port: EsptoolPort,
    facts: BoardFacts,
    /// The eFuse summary, valid until the next burn.
    summary: Option<Value>,
    folder: Folder,
}

impl EsptoolBoard {
    fn chip(&self) -> Result<Chip, BoardFault> {
        let unknown = || BoardFault::Unsuited(format!("unknown chip {}", self.facts.chip_name));
        self.facts.chip.ok_or_else(unknown)
    }

    fn summary(&mut self) -> Result<&Value, BoardFault> {
        if self.summary.is_none() {
            let chip = self.chip()?;
            let output = self.port.espefuse(chip.name(), &["summary", "--format", "json"])?;
            let text = output.success()?;
            let json = text.find('{').and_then(|start| text.get(start..)).unwrap_or_default();
            let end = json.rfind('}').map_or(0, |end| end.saturating_add(1));
            let summary = serde_json::from_str(json.get(..end).unwrap_or_default());
            self.summary = Some(summary.map_err(|error| BoardFault::Garbage(format!("espefuse summary: {error}")))?);
        }
        Ok(self.summary.as_ref().unwrap_or(&Value::Null))
    }

    fn burn_one(&mut self, verb: &[&str]) -> Result<(), BoardFault> {
        let chip = self.chip()?;
        self.summary = None;
        self.port.espefuse(chip.name(), verb)?.success().map(drop)
    }

    /// Writes bytes to a temporary file for a program, and overwrites them afterwards.
    fn with_file<T>(
        &mut self,
        bytes: &[u8],
        work: impl FnOnce(&mut Self, &str) -> Result<T, BoardFault>,
    ) -> Result<T, BoardFault> {
        let path = self.folder.0.join("bytes.bin");
        let failed = |error: io::Error| BoardFault::Unsuited(format!("cannot write {}: {error}", path.display()));
        write_private(&path, bytes).map_err(failed)?;
        let name = path.to_string_lossy().into_owned();
        let done = work(self, &name);
        // Best effort: flash disks may keep the old content.
        write_private(&path, &vec![0; bytes.len()]).map_err(failed)?;
        std::fs::remove_file(&path).map_err(failed)?;
        done
    }

    fn burn_key(&mut self, burn: &EfuseBurn<'_>, block: &str, purpose: KeyPurpose) -> Result<(), BoardFault> {
        let state = self.efuse_state(burn)?;
        if state == EfuseState::Partial {
            return self.complete(block, purpose);
        }
        let key = burn
            .key
            .ok_or_else(|| BoardFault::Unsuited(format!("the key for {block} is missing")))?;
        let part = Zeroizing::new(file_part(purpose, key)?.to_vec());
        self.with_file(&part, |board, file| {
            if purpose.is_block() {
                return board.burn_one(&["burn-key", purpose.name(), file]);
            }
            board.burn_one(&["burn-key", block, file, purpose.name()])
        })
    }

    /// Burns the missing purpose and protection of a key that is in its block.
    fn complete(&mut self, block: &str, purpose: KeyPurpose) -> Result<(), BoardFault> {
        if let Some(number) = block.strip_prefix("BLOCK_KEY").filter(|_| !purpose.is_block()) {
            let field = format!("KEY_PURPOSE_{number}");
            if text::purpose(self.summary()?, block).as_deref() != Some(purpose.name()) {
                self.burn_one(&["burn-efuse", &field, purpose.name()])?;
            }
        }
        if purpose.is_secret() {
            self.burn_one(&["read-protect-efuse", block])?;
        }
        self.burn_one(&["write-protect-efuse", block])
    }
}

impl Board for EsptoolBoard {
    fn identify(&mut self) -> Result<BoardFacts, BoardFault> {
        Ok(self.facts.clone())
    }

    fn write(&mut self, offset: u32, bytes: &[u8], progress: &mut dyn FnMut(usize)) -> Result<(), BoardFault> {
        let (chip, place) = (self.chip()?, format!("{offset:#x}"));
        self.with_file(bytes, |board, file| {
            let keep = ["--flash-mode", "keep", "--flash-freq", "keep", "--flash-size", "keep"];
            let mut verb = vec!["write-flash", "--force"];
            verb.extend(keep);
            verb.extend([place.as_str(), file]);
            let output = board.port.esptool(chip.name(), &verb)?;
            // A flash mismatch is detected and reported by the later comparison.
            if output.text().contains("does not match data in flash") {
                return Ok(());
            }
            output.success().map(drop)
        })?;
        progress(bytes.len());
        Ok(())
    }

    fn holds(&mut self, offset: u32, bytes: &[u8], _md5: &[u8; 16]) -> Result<bool, BoardFault> {
        let (chip, place) = (self.chip()?, format!("{offset:#x}"));
        self.with_file(bytes, |board, file| {
            let keep = ["--flash-mode", "keep", "--flash-freq", "keep", "--flash-size", "keep"];
            let mut verb = vec!["verify-flash"];
            verb.extend(keep);
            verb.extend([place.as_str(), file]);
            let output = board.port.esptool(chip.name(), &verb)?;
            if output.text().contains("Verification failed") {
                return Ok(false);
            }
            output.success().map(|_| true)
        })
    }

    fn efuse_values(&mut self, names: &[&str]) -> Result<Vec<Option<u32>>, BoardFault> {
        let summary = self.summary()?;
        Ok(names.iter().map(|name| text::number(summary, name)).collect())
    }

    fn efuse_states(&mut self, burns: &[EfuseBurn<'_>]) -> Result<Vec<EfuseState>, BoardFault> {
        burns.iter().map(|burn| self.efuse_state(burn)).collect()
    }

    fn burn(&mut self, burns: &[EfuseBurn<'_>]) -> Result<(), BoardFault> {
        if let [first, second] = burns {
            return self.burn_shared(first, second);
        }
        for burn in burns {
            match burn.step.action() {
                Action::BurnEfuse { name, value } => {
                    self.burn_one(&["burn-efuse", name, &value.to_string()])?;
                }
                Action::BurnKey { block, purpose, .. } => self.burn_key(burn, block, *purpose)?,
                Action::WriteProtect { name } => self.burn_one(&["write-protect-efuse", name])?,
                _ => return Err(not_an_efuse(burn.step)),
            }
            if burn.step.phase() == Phase::DownloadMode && self.is_locked()? {
                continue;
            }
            match self.efuse_state(burn)? {
                EfuseState::Burned | EfuseState::Hidden => {}
                state => {
                    return Err(BoardFault::Efuse(format!(
                        "{}: the state after burning is {state:?}",
                        burn.step
                    )));
                }
            }
        }
        Ok(())
    }
}

impl EsptoolBoard {
    fn efuse_state(&mut self, burn: &EfuseBurn<'_>) -> Result<EfuseState, BoardFault> {
        let summary = self.summary()?;
        Ok(match burn.step.action() {
            Action::BurnEfuse { name, value } => match text::number(summary, name) {
                Some(0) => EfuseState::Blank,
                Some(found) if found == u32::from(*value) => EfuseState::Burned,
                Some(found) if found & !u32::from(*value) == 0 => EfuseState::Partial,
                Some(_) => EfuseState::Other,
                None => return Err(BoardFault::Unsuited(format!("espefuse has no {name}"))),
            },
            Action::BurnKey { block, purpose, .. } => text::key_state(summary, block, *purpose, burn.key)?,
            Action::WriteProtect { name } => match text::is_writeable(summary, name) {
                Some(true) => EfuseState::Blank,
                Some(false) => EfuseState::Burned,
                None => return Err(BoardFault::Unsuited(format!("espefuse has no {name}"))),
            },
            _ => return Err(not_an_efuse(burn.step)),
        })
    }

    /// Each call resets the chip, so the effect of the last burn is visible.
    fn is_locked(&mut self) -> Result<bool, BoardFault> {
        let output = self.port.esptool("auto", &["flash-id"])?;
        Ok(match output.success() {
            _ if text::locked(output.text()).is_some() => true,
            // With download mode disabled, the chip does not answer.
            Err(BoardFault::Silent(_)) => true,
            _ => false,
        })
    }

    /// Burns both keys of the ESP32-C2's only key block.
    fn burn_shared(&mut self, first: &EfuseBurn<'_>, second: &EfuseBurn<'_>) -> Result<(), BoardFault> {
        let (Action::BurnKey { block, purpose, .. }, Action::BurnKey { purpose: other, .. }) =
            (first.step.action(), second.step.action())
        else {
            return Err(not_an_efuse(first.step));
        };
        let missing = || BoardFault::Unsuited(format!("the key for {block} is missing"));
        let (key, digest) = (first.key.ok_or_else(missing)?, second.key.ok_or_else(missing)?);
        let path = self.folder.0.join("digest.bin");
        let failed = |error: io::Error| BoardFault::Unsuited(format!("cannot write {}: {error}", path.display()));
        write_private(&path, digest).map_err(failed)?;
        let name = path.to_string_lossy().into_owned();
        self.with_file(key, |board, file| {
            board.burn_one(&["burn-key", block, file, purpose.name(), block, &name, other.name()])
        })
    }
}

/// Returns the part of a key file that goes into one block.
fn file_part(purpose: KeyPurpose, file: &[u8]) -> Result<&[u8], BoardFault> {
    let part = match (purpose, file.len()) {
        (KeyPurpose::XtsAes256Key1, 64) => file.get(..32),
        (KeyPurpose::XtsAes256Key2, 64) => file.get(32..),
        _ => Some(file),
    };
    part.ok_or_else(|| BoardFault::Unsuited("a key file is too short".into()))
}

fn not_an_efuse(step: &Step) -> BoardFault {
    BoardFault::Unsuited(format!("not an eFuse step: {step}"))
}

/// A private temporary folder, removed with the board.
#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // Files remain in it only after a kill.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tempfile_dir() -> io::Result<Folder> {
    static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("matter-station-{}-{number}", std::process::id()));
    make_private(&path)?;
    Ok(Folder(path))
}

/// Makes a private folder. An existing one was left by a killed process, and may contain keys.
fn make_private(path: &Path) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            std::fs::remove_dir_all(path)?;
            builder.create(path)
        }
        made => made,
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.set_len(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    file.write_all(bytes)?;
    file.sync_data()
}

/// Longer than writing 16 MB at 921600 baud.
const DEADLINE: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_a_killed_process_has_left_is_emptied() {
        let top = std::env::temp_dir().join(format!("matter-station-test-{}", std::process::id()));
        for _ in 0..2 {
            make_private(&top).unwrap();
            assert_eq!(std::fs::read_dir(&top).unwrap().count(), 0);
            write_private(&top.join("bytes.bin"), b"key").unwrap();
        }
        drop(Folder(top.clone()));
        assert!(!top.exists());
    }
}
