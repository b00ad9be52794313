//! The output of `nvs-image` commands.

use clap::{Args, ValueEnum};
use cli::{Failure, FindingLine, print, print_exact, print_json, say};
use esp_nvs_image::{Entry, Finding, Severity, Statistics, to_csv};

/// Output format of entries.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Json,
    Csv,
}

/// The options for the output format.
#[derive(Args)]
pub(crate) struct FormatOptions {
    /// Format of the entries; csv is valid input for generate [default: table]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write JSON, as --format json: [{"namespace", "key", "type", "value"}]
    #[arg(long)]
    json: bool,
}

impl FormatOptions {
    pub(crate) fn format(&self) -> Result<Format, Failure> {
        match (self.json, self.format) {
            (true, Some(Format::Table | Format::Csv)) => Err(Failure::option(
                "--json",
                "the entries are shown in one format; omit --json or --format",
            )),
            (true, _) => Ok(Format::Json),
            (false, format) => Ok(format.unwrap_or(Format::Table)),
        }
    }
}

/// Prints findings; errors among them are a no.
pub(crate) fn show_findings(findings: &[Finding], json: bool) -> Result<(), Failure> {
    let line = |finding: &Finding| FindingLine::new(finding, finding.severity == Severity::Error);
    let lines = findings.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    cli::show_findings(&lines, json, "errors")
}

pub(crate) fn show_statistics(statistics: &Statistics) -> Result<(), Failure> {
    /// Slots per character of a page's line: 126 slots are 42 characters.
    const SCALE: usize = 3;
    for page in statistics.pages() {
        let used = page.used.div_ceil(SCALE);
        let erased = page.erased / SCALE;
        let map = format!("{}{}", "#".repeat(used), "x".repeat(erased));
        let state = format!("{:?}", page.state).to_lowercase();
        print(format_args!(
            "{:#08x}  {state:8}  [{map:.<42}]  {} used, {} erased",
            page.offset, page.used, page.erased
        ))?;
    }
    for (namespace, entries) in statistics.namespaces() {
        print(format_args!("{namespace}: {entries} entries"))?;
    }
    let (used, total) = (statistics.used_slots(), statistics.total_slots());
    print(format_args!(
        "slots: {used} of {total} used; payload: {} bytes",
        statistics.payload_bytes()
    ))
}

/// Prints entries.
pub(crate) fn show(entries: &[Entry<'_>], format: Format) -> Result<(), Failure> {
    match format {
        Format::Json => {
            let json = serde_json::to_string_pretty(entries).map_err(|error| Failure::Work(error.to_string()))?;
            print_json(json)
        }
        Format::Csv => {
            let csv = to_csv(entries).map_err(|error| Failure::Input(error.to_string()))?;
            print_exact(csv.trim_end())
        }
        Format::Table => {
            let width = |names: &dyn Fn(&Entry<'_>) -> usize| entries.iter().map(names).max().unwrap_or_default();
            let namespaces = width(&|entry| entry.namespace.as_str().chars().count());
            let keys = width(&|entry| entry.key.as_str().chars().count());
            for entry in entries {
                let (namespace, key, kind) = (entry.namespace.as_str(), entry.key.as_str(), entry.value.type_name());
                print(format_args!(
                    "{namespace:namespaces$}  {key:keys$}  {kind:6}  {}",
                    entry.value
                ))?;
            }
            let count = entries.len();
            say(format_args!("{count} {}", if count == 1 { "entry" } else { "entries" }));
            Ok(())
        }
    }
}
