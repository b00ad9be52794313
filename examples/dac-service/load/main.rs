//! `dac-load`: a laboratory for `dac-service`, and clients that load or attack it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use cli::Failure;
use dac_service::lab::{Lab, LabOptions};

mod attack;
mod order;
mod run;

const EXAMPLES: &str = "\
Examples:
  dac-load lab /tmp/lab --devices 20000
  dac-service /tmp/lab/service.toml 2>/tmp/lab/service.log &
  dac-load order /tmp/lab --address 127.0.0.1:8443 --size 20000
  dac-load run /tmp/lab --address 127.0.0.1:8443 --count 10000
  dac-load run /tmp/lab --address 127.0.0.1:8443 --count 5000 --from 10000 \\
      --rate 500
  dac-load attack /tmp/lab --address 127.0.0.1:8443 --requests 10000";

/// Test a dac-service on this machine: make authorities, keys and lists for it, request certificates at a rate, and
/// attack it.
///
/// Results are JSON on stdout. Exit codes: 0 done, 1 the service misbehaved, 2 bad usage, 3 the service could not be
/// reached.
#[derive(Parser)]
#[command(name = "dac-load", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a folder with throw-away authorities, keys, certificates, and the configuration of a service
    Lab(LabArguments),
    /// Open an order as one operator, and approve it as another
    Order(order::Order),
    /// Request certificates for different devices, and measure the latency
    Run(run::Run),
    /// Send requests that must be rejected, and check that they are
    Attack(attack::Attack),
}

#[derive(Args)]
struct LabArguments {
    /// Folder to create
    folder: PathBuf,
    /// Number of sold devices, 1 to 10000000
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    devices: u32,
    /// Address of the service
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Ledger of the service [default: a file in the folder]
    #[arg(long)]
    ledger: Option<String>,
    /// Line for the section [limits], such as client_rate=100000
    #[arg(long = "limit")]
    limits: Vec<String>,
}

/// Options of the commands that contact a service.
#[derive(Args)]
pub(crate) struct Target {
    /// Folder of the laboratory
    folder: PathBuf,
    /// Address of the service; several are used in turn
    #[arg(long = "address", required = true)]
    addresses: Vec<SocketAddr>,
}

impl Target {
    fn lab(&self) -> Result<Lab, Failure> {
        Lab::open(&self.folder).map_err(|error| Failure::Input(format!("{}: {error}", self.folder.display())))
    }

    /// Returns the address of a connection.
    fn address(&self, index: usize) -> SocketAddr {
        let index = index.checked_rem(self.addresses.len()).unwrap_or_default();
        // There is at least one.
        self.addresses
            .get(index)
            .copied()
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)))
    }
}

/// Maps a failure of the service or the network.
pub(crate) fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Work(error.to_string())
}

fn main() -> ExitCode {
    cli::exit(|| {
        let Arguments { command } = cli::parse_commands(&[])?;
        match command {
            Command::Lab(arguments) => make_lab(arguments),
            Command::Order(arguments) => arguments.run(),
            Command::Run(arguments) => arguments.run(),
            Command::Attack(arguments) => arguments.run(),
        }
    })
}

fn make_lab(arguments: LabArguments) -> Result<(), Failure> {
    let options = LabOptions {
        devices: arguments.devices,
        ledger: arguments.ledger,
        limits: arguments.limits.join("\n"),
        listen: arguments.listen.to_string(),
    };
    let lab = Lab::create(&arguments.folder, &options);
    let lab = lab.map_err(|error| Failure::Input(format!("{}: {error}", arguments.folder.display())))?;
    cli::print(lab.configuration().display())
}

/// Runs asynchronous work to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(failed)?.block_on(work)
}
