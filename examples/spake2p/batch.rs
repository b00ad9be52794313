//! Converts a table of passcodes to the same table with verifiers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::thread;

use cli::{Failure, Files, Progress, Trust, read_table_with_header};
use factory_fs::{Table, wiping_stack};
use matter_spake2p::{Base64, Iterations, Salt, Verifier};
use matter_types::Passcode;
use zeroize::Zeroizing;

/// Rows that a thread processes at once: as many as fill the registers.
const ROWS: usize = 16;
/// The added column.
const VERIFIER: &str = "verifier";
/// The required columns.
const COLUMNS: [&str; 4] = ["index", "passcode", "iterations", "salt"];

struct Work {
    iterations: Iterations,
    /// Numbers of the rows after the header.
    rows: Vec<usize>,
    devices: Vec<(Passcode, Salt)>,
}

pub(crate) fn run(input: &Path, output: &Path, force: bool, trust: Trust) -> Result<(), Failure> {
    let files = Files::new(force, trust)
        .input("IN.csv", input)
        .output("OUT.csv", output);
    files.check()?;
    let table = read_table_with_header("IN.csv", input)?;
    let work = read(&table)?;
    let verifiers = derive(work, table.rows().len().saturating_sub(1))?;
    files.publish(&[(output, write(&table, &verifiers)?.as_slice())])
}

/// Reads the rows, grouped by iteration count.
fn read(table: &Table) -> Result<Vec<Work>, Failure> {
    let wrong = |line, column: &str, reason: &dyn std::fmt::Display| Failure::at(&table.place(line, column), reason);
    let Some((header, rows)) = table.rows().split_first() else {
        return Err(wrong(1, COLUMNS[0], &"is missing from the header"));
    };
    let names = header.cells().map(str::trim).collect::<Vec<_>>();
    if names.contains(&VERIFIER) {
        return Err(wrong(header.line(), VERIFIER, &"exists already"));
    }
    let mut places = [0; COLUMNS.len()];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let found = names.iter().position(|name| *name == column);
        *place = found.ok_or_else(|| wrong(header.line(), column, &"is missing from the header"))?;
    }
    let [_, passcode_at, iterations_at, salt_at] = places;
    let mut groups = BTreeMap::<Iterations, (Vec<usize>, Vec<(Passcode, Salt)>)>::new();
    for (number, row) in rows.iter().enumerate() {
        let cells = row.cells().collect::<Vec<_>>();
        if cells.len() != names.len() {
            let reason = format!("has {} cells, but the header has {}", cells.len(), names.len());
            return Err(wrong(row.line(), COLUMNS[0], &format_args!("row {reason}")));
        }
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default().trim();
        let passcode = cell(passcode_at).parse::<Passcode>();
        let passcode = passcode.map_err(|error| wrong(row.line(), "passcode", &error))?;
        let iterations = cell(iterations_at).parse::<Iterations>();
        let iterations = iterations.map_err(|error| wrong(row.line(), "iterations", &error))?;
        let salt = cell(salt_at).parse::<Salt>();
        let salt = salt.map_err(|error| wrong(row.line(), "salt", &error))?;
        let (numbers, devices) = groups.entry(iterations).or_default();
        numbers.push(number);
        devices.push((passcode, salt));
    }
    let pieces = groups.into_iter().flat_map(|(iterations, (numbers, devices))| {
        let piece = |(rows, devices): (&[usize], &[(Passcode, Salt)])| Work {
            iterations,
            rows: rows.into(),
            devices: devices.into(),
        };
        let pieces = numbers.chunks(ROWS).zip(devices.chunks(ROWS)).map(piece);
        pieces.collect::<Vec<_>>()
    });
    Ok(pieces.collect())
}

/// Derives on all cores; the result is in the order of the rows.
fn derive(work: Vec<Work>, rows: usize) -> Result<Vec<Base64>, Failure> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(work.len());
    let queue = Mutex::new(work.into_iter());
    let mut verifiers = vec![None; rows];
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let mut progress = Progress::new(count(rows), "verifiers", false);
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..threads {
            let (queue, sender) = (&queue, sender.clone());
            let work = move || {
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some(work) = next() {
                    let done = Verifier::derive_each(work.devices, work.iterations);
                    for (row, verifier) in work.rows.into_iter().zip(done) {
                        // The receiver is closed after a row has failed.
                        let _ = sender.send((row, verifier));
                    }
                }
            };
            scope.spawn(move || wiping_stack(work));
        }
        drop(sender);
        for (done, (row, verifier)) in receiver.into_iter().enumerate() {
            // Rows are counted from one, and the header is the first.
            let verifier = verifier.map_err(|error| Failure::Input(format!("row {}: {error}", row + 2)))?;
            if let Some(place) = verifiers.get_mut(row) {
                *place = Some(verifier.to_base64());
            }
            progress.show(count(done + 1));
        }
        progress.end();
        Ok(())
    })?;
    let verifiers = verifiers.into_iter().collect::<Option<Vec<_>>>();
    verifiers.ok_or_else(|| Failure::Work("a row has no verifier".into()))
}

/// Writes the table with its new column, as in RFC 4180.
fn write(table: &Table, verifiers: &[Base64]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Work(format!("cannot write the table: {error}"));
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let column = std::iter::once(VERIFIER).chain(verifiers.iter().map(Base64::as_str));
    for (row, verifier) in table.rows().iter().zip(column) {
        let cells = row.cells().chain([verifier]);
        writer.write_record(cells).map_err(|error| failed(&error))?;
    }
    writer.into_inner().map(Zeroizing::new).map_err(|error| failed(&error))
}
