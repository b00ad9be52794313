//! A run through the library's own interface.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use factory_fs::Table;
use matter_mfg::{Attestation, Columns, Job, Phase, Plan, Run, now};
use matter_spake2p::Iterations;
use matter_types::{Passcode, ProductId, VendorId};

fn job(outdir: &Path) -> Job {
    let mut job = Job::new(VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
    job.outdir = outdir.join("out");
    job.attestation = Attestation::TestPki {
        common_name_prefix: "Run".into(),
    };
    job
}

fn with_rows(job: &mut Job, folder: &Path, columns: &str, values: &str) {
    fs::write(folder.join("c.csv"), columns).unwrap();
    fs::write(folder.join("v.csv"), values).unwrap();
    let columns = Columns::new(&Table::read(&folder.join("c.csv")).unwrap()).unwrap();
    job.values = Some((columns, Table::read(&folder.join("v.csv")).unwrap()));
}

#[test]
fn planning_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::new(job(folder.path()), now().unwrap()).unwrap();
    assert_eq!(plan.count(), 1);
    assert!(!plan.test_pki().unwrap().is_reused());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn tables_have_the_order_of_the_rows_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job(folder.path());
    let values = (0..40).map(|i| format!("SN{i:02}\n")).collect::<String>();
    with_rows(
        &mut job,
        folder.path(),
        "serial-num,data,string\n",
        &format!("serial-num\n{values}"),
    );
    job.threads = NonZeroUsize::new(7);
    let plan = Plan::new(job, now().unwrap()).unwrap();
    let mut calls = Vec::new();
    let report = Run::new(&plan).execute(|complete, _| calls.push(complete)).unwrap();
    assert_eq!(report.devices, 40);
    assert_eq!(calls, (1..=40).collect::<Vec<_>>());
    assert!(Phase::ALL.iter().all(|phase| !report.timings.get(*phase).is_zero()));
    let mut reader = csv::Reader::from_path(report.summary.unwrap()).unwrap();
    let column = reader
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == "serial-num")
        .unwrap();
    let serials = reader
        .records()
        .map(|row| row.unwrap()[column].to_owned())
        .collect::<Vec<_>>();
    assert_eq!(serials, (0..40).map(|i| format!("SN{i:02}")).collect::<Vec<_>>());
}

#[test]
fn devices_of_a_run_have_different_discriminators() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job(folder.path());
    // With replacement, 200 of 4096 would all differ only once in 130 runs.
    job.count = Some(200);
    job.attestation = Attestation::None;
    job.iterations = Iterations::MIN;
    job.threads = NonZeroUsize::new(3);
    let plan = Plan::new(job, now().unwrap()).unwrap();
    let report = Run::new(&plan).execute(|_, _| {}).unwrap();
    let mut reader = csv::Reader::from_path(report.summary.unwrap()).unwrap();
    let name = |name: &str| name.eq_ignore_ascii_case("discriminator");
    let column = reader.headers().unwrap().iter().position(name).unwrap();
    let rows = reader.records().map(|row| row.unwrap()[column].to_owned());
    assert_eq!(rows.collect::<BTreeSet<_>>().len(), 200);
}

#[test]
fn two_runs_at_once_in_one_folder_are_both_complete() {
    let folder = tempfile::tempdir().unwrap();
    let time = now().unwrap();
    // The PKI exists before, so that both use it; the time is the same, and so are the names of the tables.
    let first = Plan::new(job(folder.path()), time).unwrap();
    assert_eq!(Run::new(&first).execute(|_, _| {}).unwrap().devices, 1);
    let plans = [(); 2].map(|()| {
        let mut job = job(folder.path());
        job.count = Some(20);
        Plan::new(job, time).unwrap()
    });
    let reports = std::thread::scope(|scope| {
        let threads = plans
            .each_ref()
            .map(|plan| scope.spawn(move || Run::new(plan).execute(|_, _| {})));
        threads.map(|thread| thread.join().unwrap())
    });
    let mut summaries = Vec::new();
    for report in reports {
        let report = report.unwrap();
        assert_eq!(report.devices, 20);
        let summary = report.summary.unwrap();
        assert_eq!(csv::Reader::from_path(&summary).unwrap().records().count(), 20);
        summaries.push(summary);
    }
    assert_ne!(summaries[0], summaries[1]);
    let names = fs::read_dir(folder.path().join("out/fff1_8000")).unwrap();
    let names = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect::<Vec<_>>();
    assert_eq!(names.iter().filter(|name| name.len() == 36).count(), 41);
    assert!(!names.iter().any(|name| name.starts_with('.')), "{names:?}");
}

#[test]
fn two_test_runs_that_make_their_pki_at_once_leave_one_whole_pki() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let plans = [(); 3].map(|()| Plan::new(job(folder.path()), now().unwrap()).unwrap());
        let reports = std::thread::scope(|scope| {
            let threads = plans
                .each_ref()
                .map(|plan| scope.spawn(move || Run::new(plan).execute(|_, _| {})));
            threads.map(|thread| thread.join().unwrap())
        });
        // One wins; the others, whose devices would have another PAI, make none and report why.
        let made = reports.iter().filter_map(|run| run.as_ref().ok()).collect::<Vec<_>>();
        assert!(matches!(made[..], [report] if report.devices == 1), "{reports:?}");
        for failed in reports.iter().filter_map(|run| run.as_ref().err()) {
            assert_eq!(failed.report.devices, 0);
            let message = failed.to_string();
            assert!(message.contains("test-pki"), "{message}");
        }
        let out = folder.path().join("out");
        assert_eq!(fs::read_dir(out.join("test-pki")).unwrap().count(), 5);
        let left = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(left.into_iter().all(|name| !name.to_str().unwrap().starts_with('.')));
        assert!(
            Plan::new(job(folder.path()), now().unwrap())
                .unwrap()
                .test_pki()
                .unwrap()
                .is_reused()
        );
    }
}

#[test]
fn more_threads_than_the_system_gives_or_devices_need_are_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job(folder.path());
    job.threads = NonZeroUsize::new(1024);
    job.count = Some(3);
    assert_eq!(
        Run::new(&Plan::new(job, now().unwrap()).unwrap())
            .execute(|_, _| {})
            .unwrap()
            .devices,
        3
    );
}

#[test]
fn debug_shows_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let mut job = job(folder.path());
    with_rows(&mut job, folder.path(), "passcode,data,u32\n", "passcode\n19861989\n");
    let shown = format!("{:?}", Plan::new(job.clone(), now().unwrap()).unwrap());
    assert!(!shown.contains("19861989"), "{shown}");
    job.values = None;
    job.passcode = Some(Passcode::new(20_202_021).unwrap());
    let plan = Plan::new(job, now().unwrap()).unwrap();
    let shown = format!("{plan:?} {:?}", Run::new(&plan));
    assert!(!shown.contains("20202021") && !shown.contains("19861989"), "{shown}");
}
