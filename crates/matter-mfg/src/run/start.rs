//! The start of a run: handles the leftovers of earlier runs, and selects the run to continue.

use std::path::PathBuf;

use factory_fs::{Dir, FolderLock, Kind, sweep};
use matter_ledger::{Ledger, NewRun, Parameter, Progress, RunState};

use super::parameters;
use super::workspace::{Found, Strange};
use super::{Run, RunReport, Started, Workspace, reconcile, room};
use crate::device_tables::STAGING;
use crate::message::message;
use crate::{Error, Field, Message, device_tables};

/// An unfinished run whose process has ended.
type Unfinished = (Workspace, Progress);

impl Run<'_> {
    /// Cleans up after runs whose process has ended, and starts or continues one; `None` if the run was complete.
    pub(super) fn start(&self, top: &Dir, report: &mut RunReport) -> Result<Option<Started>, Error> {
        let held = FolderLock::new(top).map_err(Error::obstacle(Field::OutputFolder, &self.top))?;
        let mut ledger = self.ledger.as_ref().map_or_else(Ledger::in_memory, Ledger::open)?;
        sweep_drafts(top)?;
        let Found { left, alive, strange } = Workspace::find(top, &held)?;
        let (mut unfinished, mut unknown) = (Vec::new(), None);
        for Strange { sentence, has_stamp } in strange {
            if has_stamp {
                unknown.get_or_insert_with(|| Message::from(format!("{sentence}; move it away")));
            }
            report.notes.push(sentence.into());
        }
        for workspace in left {
            if let Some(progress) = ledger.find(workspace.ident())? {
                unfinished.extend(self.clean_up(workspace, progress, &mut ledger, &held, report)?);
            } else if let Err(workspace) = workspace.remove_if_empty(&held) {
                let path = workspace.path().display().to_string();
                report.notes.push(message![
                    format!("{path} is an unfinished run that this ledger does not list; it was left unchanged: "),
                    Field::Resume,
                    " with its own ",
                    Field::Ledger,
                    " continues it; without that ledger, remove the folder by hand"
                ]);
                unknown.get_or_insert(message![
                    format!("{path} is an unfinished run that this ledger does not list; use its own "),
                    Field::Ledger,
                    ", or remove that folder"
                ]);
            }
        }
        // The newest first, in the ledger's order: the clock may have been set back.
        unfinished.sort_by_key(|(_, progress)| std::cmp::Reverse(progress.run));
        let parameters = parameters::parameters(self.plan, self.order.as_ref());
        if !self.resume {
            if let Some((workspace, progress)) = unfinished.first() {
                let (stamp, done) = (workspace.stamp(), progress.done);
                report.notes.push(message![
                    format!("the unfinished run {stamp} with {done} complete devices is left unchanged; "),
                    Field::Resume,
                    " continues it"
                ]);
            }
            return self.begin(top, ledger, parameters, &held).map(Some);
        }
        if !unfinished.is_empty() {
            return self.resume(unfinished, ledger, &parameters, top, report).map(Some);
        }
        if let Some(stamp) = alive {
            let reason = format!("the run {stamp} is still in progress");
            return Err(Error::field(Field::Resume, reason));
        }
        if self.was_complete(top, &mut ledger, &parameters, report)? {
            return Ok(None);
        }
        if let Some(reason) = unknown {
            return Err(Error::field(Field::Resume, reason));
        }
        room::check(self.plan, self.plan.count(), top, self.ledger_file())?;
        self.check_given(&mut ledger, 0, None)?;
        self.begin(top, ledger, parameters, &held).map(Some)
    }

    /// Completes the pending steps of a run of the ledger; returns it when it can be continued.
    fn clean_up(
        &self,
        workspace: Workspace,
        progress: Progress,
        ledger: &mut Ledger,
        held: &FolderLock,
        report: &mut RunReport,
    ) -> Result<Option<Unfinished>, Error> {
        let path = workspace.path().display().to_string();
        let stamp = workspace.stamp().to_owned();
        let done = match (workspace.check_inside(), progress.state) {
            (Err(error), _) => Err(error),
            (Ok(()), RunState::Open) if progress.done > 0 => match workspace.reconcile(ledger, self.force) {
                Ok(()) => return Ok(Some((workspace, progress))),
                failed => failed,
            },
            (Ok(()), RunState::Complete) => workspace
                .reconcile(ledger, self.force)
                .and_then(|()| workspace.finish(held)),
            (Ok(()), RunState::Open | RunState::Abandoned) => ledger
                .end(progress.run, RunState::Abandoned)
                .map_err(Error::from)
                .and_then(|()| workspace.remove(held)),
        };
        match done {
            Err(error) if self.resume => Err(error),
            // A leftover must not prevent other devices from being made.
            Err(error) => {
                let note = message![format!("the run {stamp} could not be cleaned up: ")].append(error.to_message());
                report.notes.push(note.append(format!("; {path} is kept").into()));
                Ok(None)
            }
            Ok(()) => Ok(None),
        }
    }

    /// Continues the newest unfinished run with the same options.
    fn resume(
        &self,
        unfinished: Vec<Unfinished>,
        mut ledger: Ledger,
        parameters: &[Parameter],
        top: &Dir,
        report: &mut RunReport,
    ) -> Result<Started, Error> {
        let mut refused = None;
        for (workspace, progress) in unfinished {
            let differing = ledger.differences(progress.run, parameters)?;
            if differing.is_empty() {
                let left = self.plan.count().saturating_sub(progress.done);
                room::check(self.plan, left, top, self.ledger_file())?;
                self.check_given(&mut ledger, progress.done, Some(progress.run))?;
                reconcile::folders(top, &mut ledger, &progress)?.check(top)?;
                report.earlier = progress.done;
                report.devices = progress.done;
                return Ok(Started {
                    workspace,
                    ledger,
                    progress,
                });
            }
            refused.get_or_insert_with(|| {
                let mut names = differing;
                if names.len() > 1 {
                    // It adds nothing in that case.
                    names.retain(|name| name != parameters::OTHERS);
                }
                let stamp = workspace.stamp();
                let mut reason = message![format!("the unfinished run {stamp} was started with another ")];
                for (number, name) in names.into_iter().enumerate() {
                    reason.push(if number == 0 { "" } else { ", " });
                    match Field::named(&name) {
                        Some(field) => reason.push(field),
                        None => reason.push(name),
                    }
                }
                reason
            });
        }
        Err(Error::field(Field::Resume, refused.unwrap_or_default()))
    }

    /// Returns whether the newest run in this folder was complete and had the same options.
    ///
    /// A run belongs to the folder in which it began, or that now has its devices or tables: folders may be moved.
    fn was_complete(
        &self,
        top: &Dir,
        ledger: &mut Ledger,
        parameters: &[Parameter],
        report: &mut RunReport,
    ) -> Result<bool, Error> {
        let folder = self.folder()?;
        let job = self.plan.job();
        for (progress, began) in ledger.runs_of(job.vendor_id, job.product_id)? {
            if began != folder && !is_here(top, ledger, &progress)? {
                continue;
            }
            if progress.state != RunState::Complete || !ledger.differences(progress.run, parameters)?.is_empty() {
                return Ok(false);
            }
            let stamp = stamp_of(&progress.ident);
            let folders = reconcile::folders(top, ledger, &progress)?;
            report.devices = folders
                .expected
                .saturating_sub(u32::try_from(folders.missing.len()).unwrap_or(u32::MAX));
            report.earlier = report.devices;
            self.name_tables(report, top, stamp);
            report
                .notes
                .push(format!("the run {stamp} was already complete").into());
            folders.check(top)?;
            report.is_reconciled = true;
            return Ok(true);
        }
        Ok(false)
    }

    fn begin(
        &self,
        top: &Dir,
        mut ledger: Ledger,
        parameters: Vec<Parameter>,
        held: &FolderLock,
    ) -> Result<Started, Error> {
        let job = self.plan.job();
        let workspace = Workspace::create(top, &device_tables::stamp(self.plan.time()), held)?;
        let row = NewRun {
            ident: workspace.ident().to_owned(),
            folder: self.folder()?,
            vendor_id: job.vendor_id,
            product_id: job.product_id,
            count: self.plan.count(),
            order: self.order.clone(),
            test: self.plan.test_reason().is_some(),
            tool: concat!("matter-mfg ", env!("CARGO_PKG_VERSION")).into(),
            parameters,
        };
        match ledger.begin(&row) {
            Ok(progress) => Ok(Started {
                workspace,
                ledger,
                progress,
            }),
            Err(error) => {
                let _ = workspace.remove(held);
                Err(error.into())
            }
        }
    }

    /// Returns the output folder as stored in the ledger.
    fn folder(&self) -> Result<PathBuf, Error> {
        self.top.canonicalize().map_err(Error::write(&self.top))
    }
}

/// Removes the drafts of tables that killed processes have left.
fn sweep_drafts(top: &Dir) -> Result<(), Error> {
    let sweep = |dir: &Dir| sweep(dir).map_err(Error::write(dir.path()));
    sweep(top)?;
    match top.child(STAGING) {
        Ok(staging) => sweep(&staging),
        // It does not exist, or was checked before.
        Err(_) => Ok(()),
    }
}

/// Returns whether a table or a device of a run is in a folder.
fn is_here(top: &Dir, ledger: &mut Ledger, progress: &Progress) -> Result<bool, Error> {
    let failed = |name: &str| Error::write(&top.path().join(name));
    let name = device_tables::summary(stamp_of(&progress.ident));
    // A run in another folder may have the same second in its name, but not the same devices.
    let devices = ledger.devices_of(progress.run)?;
    for uuid in devices.iter().take(PROBES) {
        if top.kind(uuid).map_err(failed(uuid))? == Some(Kind::Folder) {
            return Ok(true);
        }
    }
    let summary = top.kind(&name).map_err(failed(&name))?;
    Ok(devices.is_empty() && summary == Some(Kind::File))
}

/// Devices of a run to look for: some may have been taken away.
const PROBES: usize = 1000;

fn stamp_of(ident: &str) -> &str {
    ident.split('.').next().unwrap_or_default()
}
