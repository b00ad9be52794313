//! `matter-mfg`: manufactures Matter devices, with the options of the vendor's `esp-matter-mfg-tool`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use cli::{Failure, Given as _, Progress};
use matter_mfg::{Error, Field, Plan};

#[path = "matter_mfg/job.rs"]
mod job;
#[path = "matter_mfg/options.rs"]
mod options;
#[path = "matter_mfg/retire.rs"]
mod retire;
#[path = "matter_mfg/run.rs"]
mod run;
#[path = "matter_mfg/show.rs"]
mod show;

use options::{MULTIPLE, Options, SINGLE_DASH};
use run::Settings;

/// End of `--help`.
const EXAMPLES: &str = "\
Examples:
  matter-mfg -v 0xFFF1 -p 0x8000 --test-pki -n 10
  matter-mfg -v 0xFFF1 -p 0x8000 --pai -c PAI.pem -k PAI_key.pem -cd CD.der
  matter-mfg --job job.json --csv columns.csv --mcsv values.csv --resume";

/// Make the factory partitions, onboarding codes and certificates of Matter devices on ESP32.
///
/// Numbers are decimal or 0x hexadecimal. Values that are not given are drawn from the system's cryptographic random
/// number generator. Exit codes: 0 done, 2 bad usage or unusable input (nothing was written), 3 runtime failure.
#[derive(Parser)]
#[command(name = "matter-mfg", version, args_override_self = true, after_help = EXAMPLES)]
struct Arguments {
    /// File with options as a JSON object (docs/job.schema.json); the command line takes precedence
    #[arg(long, value_name = "FILE")]
    job: Option<PathBuf>,
    /// Verbosity of stderr: debug, info or error
    #[arg(long, value_name = "LEVEL", default_value = "info", hide_possible_values = true)]
    log_level: LogLevel,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    settings: Settings,
}

/// Verbosity of stderr.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum LogLevel {
    Error,
    Info,
    Debug,
}

fn main() -> ExitCode {
    cli::exit(|| {
        if retire::retire()? {
            return Ok(());
        }
        let Arguments {
            mut options,
            job,
            log_level,
            mut settings,
        } = cli::parse_arguments_with(&SINGLE_DASH, MULTIPLE)?;
        settings.quiet |= log_level == LogLevel::Error;
        options.read_arguments()?;
        let mut inputs = Vec::new();
        if let Some(path) = job {
            options = options.or(Options::read(&path)?);
            inputs.push((Field::JobFile, path));
        }
        options.read_secrets()?;
        inputs.extend(options.inputs());
        let job = options.to_job()?;
        if log_level == LogLevel::Debug {
            settings.say(format_args!("debug: {job:?}"));
        }
        let plan = Plan::new(job, cli::now()?).map_err(failure)?;
        for warning in plan.warnings() {
            settings.say(format_args!("warning: {}", warning.with_names(option)));
        }
        if let Some(path) = &settings.label_preview {
            return settings.preview(&plan, path, options.trust);
        }
        let run = settings.run(&plan, &options)?.with_inputs(inputs);
        let mut progress = Progress::new(plan.count(), "devices", settings.quiet);
        let done = run.execute(|complete, uuid| {
            progress.show(complete);
            if !settings.quiet && !settings.json {
                // The reference tool's line, which scripts parse to find the devices.
                progress.report(format_args!(
                    "Generated output files at: {}",
                    run.top().join(uuid).display()
                ));
            }
        });
        progress.end();
        let (report, error) = match done {
            Ok(report) => (report, None),
            Err(failed) => (*failed.report, Some(failed.error)),
        };
        for note in &report.notes {
            settings.say(format_args!("note: {}", note.with_names(option)));
        }
        show::show(&plan, &report, error, &settings)
    })
}

/// Returns the option of a field.
fn option(field: Field) -> String {
    format!("--{}", field.name())
}

fn failure(error: Error) -> Failure {
    let sentence = error.with_names(option);
    match error {
        Error::Missing { .. } => Failure::No(sentence),
        _ if error.is_input() => Failure::Input(sentence),
        _ => Failure::Work(sentence),
    }
}
