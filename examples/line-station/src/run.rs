//! `line-station run`.

use std::fs::File;
use std::io::{BufReader, stdin};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cli::{Failure, FlashProfile, FlashProfileFile, Trust, parse_number, say};
use esp_rom_loader::PortAddress;
use matter_factory_data::InternalFile;
use matter_ledger::LedgerPlace;
use matter_station::{BurnConsent, DeviceFolders, DeviceSource, Error, Station};

use crate::consent;
use crate::display::Display;
use crate::labels::Labels;
use crate::listing;
use crate::making::{Making, MakingSettings};
use crate::options::RunOptions;
use crate::plan_only;
use crate::ports::{self, Ports};
use crate::printing::Printing;
use crate::scanner::Scanner;
use crate::slots::{Left, Line, Tally};
use crate::watching::Watcher;

/// Interval between checks for new ports.
const LOOK: Duration = Duration::from_secs(1);
/// Speed of scanners at a serial port.
const SCANNER_BAUD: u32 = 9600;

/// Works on boards.
pub(crate) fn run(options: &RunOptions, trust: Trust) -> Result<(), Failure> {
    let place = options.ledger.place()?;
    let ports = Ports::new(&options.port, options.slots.as_deref())?;
    let baud = parse_number("--baud", Some(&options.baud), 9600, 5_000_000)?.unwrap_or(921_600);
    // The key of a DAC in an eFuse is in the devices' plans, and its block is not in the profile.
    let reserved = DeviceFolders::ecdsa_block(&options.devices);
    let reserved = reserved.map_err(|error| Failure::option("--devices", error))?;
    let profile = FlashProfileFile::new(&options.profile)
        .with_digest_folder(InternalFile::FOLDER)
        .with_reserved_block(reserved)
        .read("--profile", trust)?;
    // A missing order is reported before the confirmation.
    let counts = listing::count(&place, &options.order)?;
    if options.plan_only {
        return plan_only::print(options, &place);
    }
    if options.rework.as_deref().is_some_and(|reason| reason.trim().is_empty()) {
        return Err(Failure::option("--rework", "the reason is empty"));
    }
    let devices = devices(options, profile, &place, trust)?;
    let labels = Labels::new(&options.labels, trust)?;
    let scan_from = options.labels.scan_from.as_deref();
    let source = scan_from.map(open_scanner).transpose()?;
    let mut station = Station::new(place.clone(), &options.order, &options.station, devices)
        .with_operator(&operator(options))
        .with_tool(concat!("line-station ", env!("CARGO_PKG_VERSION")));
    if let Some(reason) = &options.rework {
        station = station.with_rework(reason);
    }
    // Its desk works until it is dropped.
    let issue = options.issue.start(&place, &options.station, trust)?;
    if let Some(issue) = &issue {
        station = station.with_firmware_step(issue.step());
    }
    if options.burn {
        consent::confirm(&options.order, options.confirm.as_deref(), &mut stdin().lock())?;
        let consent = BurnConsent::typed(&options.order, &options.order);
        station = station.with_burn_consent(consent.map_err(|error| Failure::option("--burn", error))?);
    }
    station.check().map_err(|error| match error {
        Error::BurnConsent { .. } => {
            Failure::Input(format!("{error}; use --burn, or --plan-only to print the commands"))
        }
        error => Failure::Input(error.to_string()),
    })?;
    let scanner = options.labels.scan.then(|| match source {
        Some(source) => Scanner::start(move || source),
        None => Scanner::start(|| Box::new(stdin().lock())),
    });
    let display = Arc::new(Display::new(&options.order, options.json));
    display.total(&listing::sentence(&options.order, &counts));
    let watcher = Arc::new(Watcher::new(display.clone()));
    let printing = Printing::new(labels, scanner, watcher.clone());
    let station = station.with_labels(Arc::new(printing));
    // Slots check whether the board is still present.
    let station = if options.once { station } else { station.without_start() };
    let left = {
        let (display, order, makes) = (display.clone(), options.order.clone(), options.make.make.is_some());
        let is_reworked = options.rework.is_some();
        Box::new(move || match listing::count(&place, &order) {
            Ok(counts) => {
                display.total(&listing::sentence(&order, &counts));
                let is_made = !makes || counts.made >= counts.ordered;
                match counts.in_work {
                    // Finished boards may come again.
                    _ if is_reworked || counts.free > 0 || !is_made => Left::Boards,
                    0 => Left::Nothing,
                    _ => Left::InWork,
                }
            }
            // The slots report it themselves.
            Err(_) => Left::Boards,
        })
    };
    let line = Line::new(station, watcher, options.once, options.give_up_missing, left);
    if options.once || (line.left)() != Left::Nothing {
        work(&line, ports, options, baud)?;
    } else {
        say(listing::sentence(&options.order, &counts));
    }
    display.end();
    conclude(line.tally()?)
}

/// The finished devices, and the source of more of them.
fn devices(
    options: &RunOptions,
    profile: FlashProfile,
    place: &LedgerPlace,
    trust: Trust,
) -> Result<Arc<dyn DeviceSource>, Failure> {
    let folders = DeviceFolders::open(&options.devices, Some(profile.plan));
    let folders = folders.map_err(|error| Failure::option("--devices", error))?;
    let folders = folders
        .with_keys_dir(profile.keys_dir)
        .with_ledger(place.clone())
        .with_open_keys(trust.allow_insecure_permissions);
    let batch = parse_number("--make-batch", Some(&options.make.make_batch), 1, 10_000)?.unwrap_or(16);
    let Some(job) = options.make.make.clone() else {
        return Ok(Arc::new(folders));
    };
    let settings = MakingSettings {
        program: options.make.make_program.clone(),
        job,
        batch,
        outdir: options.devices.clone(),
        profile: options.profile.clone(),
        ledger: (place.clone(), options.ledger.path().into()),
        ledger_key: options.ledger.key().cloned(),
    };
    Ok(Arc::new(Making::new(folders, settings)))
}

fn operator(options: &RunOptions) -> String {
    let of = |name: &str| std::env::var(name).ok().filter(|name| !name.is_empty());
    let operator = options
        .operator
        .clone()
        .or_else(|| of("USER"))
        .or_else(|| of("USERNAME"));
    operator.unwrap_or_default()
}

/// Opens the input of a scanner: a serial port, or any other readable file.
fn open_scanner(path: &Path) -> Result<Box<dyn std::io::BufRead + Send>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::Input(format!("--scan-from {}: {error}", path.display()));
    if is_serial_port(path) {
        let address = path.to_str().unwrap_or_default().parse::<PortAddress>();
        let address = address.map_err(|error| wrong(&error))?;
        let port = address.open(SCANNER_BAUD).map_err(|error| wrong(&error))?;
        return Ok(Box::new(BufReader::new(port)));
    }
    let file = File::open(path).map_err(|error| wrong(&error))?;
    Ok(Box::new(BufReader::new(file)))
}

#[cfg(unix)]
fn is_serial_port(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    path.metadata().is_ok_and(|found| found.file_type().is_char_device())
}

#[cfg(not(unix))]
fn is_serial_port(path: &Path) -> bool {
    path.to_str()
        .is_some_and(|name| name.to_ascii_uppercase().trim_start_matches(r"\\.\").starts_with("COM"))
}

/// Runs a thread for each slot until no work is left.
fn work(line: &Line, ports: Ports, options: &RunOptions, baud: u32) -> Result<(), Failure> {
    let connect = |address: &PortAddress| ports::connect(address, options.engine, baud);
    match ports {
        Ports::Given(addresses) => {
            thread::scope(|scope| {
                for address in &addresses {
                    let port = connect(address);
                    scope.spawn(move || line.work(&*port));
                }
            });
            Ok(())
        }
        Ports::Found(limit) => thread::scope(|scope| {
            let (mut known, mut is_told) = (Vec::new(), false);
            loop {
                let found = match esp_rom_loader::ports() {
                    Ok(found) => found,
                    Err(error) => {
                        // The slots end, and then this function returns.
                        line.fail(format!("cannot list serial ports: {error}"));
                        return Ok(());
                    }
                };
                for address in found {
                    if known.len() < limit && !known.contains(&address.to_string()) {
                        known.push(address.to_string());
                        let port = connect(&address);
                        scope.spawn(move || line.work(&*port));
                    }
                }
                if known.is_empty() && options.once {
                    return Err(Failure::Input("--port auto: no port looks like a board's".into()));
                }
                if options.once || line.is_stopped() {
                    return Ok(());
                }
                if known.is_empty() && !std::mem::replace(&mut is_told, true) {
                    say("no port looks like a board's yet; waiting");
                }
                thread::sleep(LOOK);
            }
        }),
    }
}

/// Reports the results of the boards of this call, in words and by the exit code.
fn conclude(tally: Tally) -> Result<(), Failure> {
    let Tally {
        done,
        refused,
        quarantined,
        unfinished,
    } = tally;
    if refused == 0 && quarantined == 0 && unfinished == 0 {
        return Ok(());
    }
    let parts = [
        (refused, "refused"),
        (quarantined, "quarantined"),
        (unfinished, "unfinished"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts = parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>();
    Err(Failure::No(format!("{done} done, {}", parts.join(", "))))
}
