//! `line-station`: puts each device of an order on one board.

use std::process::ExitCode;

use crate::options::{Arguments, Command};

mod consent;
mod display;
mod issuing;
mod labels;
mod listing;
mod making;
mod options;
mod places;
mod plan_only;
mod ports;
mod printing;
mod report;
mod run;
mod scanner;
mod slots;
mod status;
mod update;
mod watching;

fn main() -> ExitCode {
    cli::exit(|| {
        let arguments: Arguments = cli::parse_arguments(&[])?;
        let trust = arguments.trust;
        match arguments.command {
            Command::Report(options) => report::report(&options, trust),
            Command::Run(options) => run::run(&options, trust),
            Command::Status(options) => status::status(&options),
        }
    })
}
