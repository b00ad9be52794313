//! `spake2p`: derives and checks SPAKE2+ verifiers, one or many.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use cli::{Failure, Passcode as PasscodeOption, Trust, Verifier as VerifierOption, parse_quietly, print, random};
use matter_spake2p::{Error, Iterations, PbkdfParameters, Salt, Verifier, self_check, self_check_by_exchange};
use matter_types::Passcode;

#[path = "spake2p/batch.rs"]
mod batch;
#[path = "spake2p/bench.rs"]
mod bench;

/// End of `--help` of the binary and of each command: the lines with its name.
const EXAMPLES: &str = "\
Examples:
  spake2p gen-verifier -p 34567890 -s U1BBS0UyUCBLZXkgU2FsdA== -i 10000
  spake2p check -p 34567890 -s U1BBS0UyUCBLZXkgU2FsdA== -i 10000 \\
      --verifier-file verifier.txt
  spake2p batch devices.csv verifiers.csv
  spake2p bench";

/// Derive and check SPAKE2+ verifiers.
///
/// Exit codes: 0 done, 1 a passcode does not match a verifier, 2 bad usage or unusable input (nothing was written), 3
/// runtime failure.
#[derive(Parser)]
#[command(name = "spake2p", version, args_override_self = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(flatten)]
    trust: Trust,
    #[command(subcommand)]
    command: Command,
}

/// Letters of the vendor's script for options that have several forms here.
const LETTERS: [(&str, &str); 2] = [("-p", "--passcode"), ("-v", "--verifier")];

#[derive(Subcommand)]
enum Command {
    /// Print the verifier of a passcode in base64, like the vendor's script
    GenVerifier(Secret),
    /// Check that a passcode matches a verifier, by deriving it again and by a complete exchange
    Check {
        #[command(flatten)]
        secret: Secret,
        #[command(flatten)]
        verifier: VerifierOption,
    },
    /// Derive the verifiers of a table on all cores
    Batch {
        /// CSV file with the columns index, passcode, iterations and salt (base64)
        input: PathBuf,
        /// CSV file to write: the same columns and verifier (base64)
        output: PathBuf,
        /// Replace an existing output file
        #[arg(long)]
        force: bool,
    },
    /// Measure verifiers per second on one core, for each lane width that this processor supports
    Bench,
}

#[derive(Args)]
struct Secret {
    #[command(flatten)]
    passcode: PasscodeOption,
    /// Salt, 16 to 32 bytes in base64
    #[arg(short, long, value_name = "BASE64")]
    salt: String,
    /// Iteration count, 1000 to 100000
    #[arg(short, long, value_name = "COUNT")]
    iteration_count: String,
}

fn main() -> ExitCode {
    cli::exit(|| {
        let Arguments { trust, command } = cli::parse_arguments::<Arguments>(&LETTERS)?;
        match command {
            Command::GenVerifier(secret) => {
                let (passcode, parameters) = secret.parse()?;
                let verifier =
                    Verifier::derive(&passcode, &parameters).map_err(|error| Failure::option("--salt", error))?;
                print(verifier.to_base64().as_str())
            }
            Command::Check { secret, verifier } => check(&secret, &verifier),
            Command::Batch { input, output, force } => batch::run(&input, &output, force, trust),
            Command::Bench => bench::run(),
        }
    })
}

impl Secret {
    fn parse(&self) -> Result<(Passcode, PbkdfParameters), Failure> {
        let range = "1 to 99999998 except the trivial ones";
        let passcode = parse_quietly("--passcode", &self.passcode.require()?, range)?;
        let salt = self.salt.parse::<Salt>();
        let salt = salt.map_err(|error| Failure::option("--salt", error))?;
        let iterations = parse_quietly::<Iterations>("--iteration-count", &self.iteration_count, "1000 to 100000")?;
        Ok((passcode, PbkdfParameters { iterations, salt }))
    }
}

fn check(secret: &Secret, verifier: &VerifierOption) -> Result<(), Failure> {
    let (passcode, PbkdfParameters { iterations, salt }) = secret.parse()?;
    let verifier = verifier.require()?.parse::<Verifier>();
    let verifier = verifier.map_err(|error| Failure::option("--verifier", error))?;
    let mut random = random()?;
    self_check(&passcode, &verifier, &salt, iterations)
        .and_then(|()| self_check_by_exchange(&passcode, &verifier, &salt, iterations, &mut random))
        .map_err(|error| match error {
            Error::VerifierMismatch | Error::ConfirmationMismatch => Failure::No(error.to_string()),
            _ => Failure::Input(error.to_string()),
        })?;
    print("the passcode matches the verifier")
}
