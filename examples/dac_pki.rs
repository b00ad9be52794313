//! `dac-pki`: issues, checks and explains the attestation certificates of Matter devices.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cli::{Files, Trust};

#[path = "dac_pki/declaration.rs"]
mod declaration;
#[path = "dac_pki/issue.rs"]
mod issue;
#[path = "dac_pki/key.rs"]
mod key;
#[path = "dac_pki/lint.rs"]
mod lint;
#[path = "dac_pki/log.rs"]
mod log;
#[path = "dac_pki/order.rs"]
mod order;
#[path = "dac_pki/provision.rs"]
mod provision;
#[path = "dac_pki/recording.rs"]
mod recording;
#[path = "dac_pki/revocation.rs"]
mod revocation;
#[path = "dac_pki/show.rs"]
mod show;
#[path = "dac_pki/vector.rs"]
mod vector;
#[path = "dac_pki/verify.rs"]
mod verify;

/// End of `--help` of the binary and of each command: the lines with its name.
const EXAMPLES: &str = "\
Examples:
  dac-pki paa --cn Example-PAA --vid 0xFFF1 --out paa
  dac-pki pai --cn Example-PAI --vid 0xFFF1 --issuer paa/PAA_cert.pem \\
      --issuer-key paa/PAA_key.pem --out pai
  dac-pki dac --cn Lamp --vid 0xFFF1 --pid 0x8000 \\
      --issuer pai/PAI_cert.pem --issuer-key pai/PAI_key.pem --count 10 \\
      --out dac
  dac-pki cd make --vid 0xFFF1 --pid 0x8000 --device-type 0x0100 \\
      --certificate-id CSA00000SWC00000-00 --type 0 --test-key --out CD.der
  dac-pki cd print CD.der
  dac-pki csr check request.pem
  dac-pki key generate --out key.pem
  dac-pki key generate --signer \"pkcs11:token=factory;object=pai?module-name=softhsm2\"
  dac-pki key public key.pem
  dac-pki csr make --cn Example-PAI --signer key.pem --out pai.csr
  dac-pki pai --cn Example-PAI --vid 0xFFF1 --issuer paa/PAA_cert.pem \\
      --issuer-key paa/PAA_key.pem --csr pai.csr --out pai-of-key
  dac-pki lint dac/DAC_0001_cert.pem pai/PAI_cert.pem CD.der --allow-test-cd
  dac-pki verify --paa paa --pai pai/PAI_cert.pem \\
      --dac dac/DAC_0001_cert.pem --cd CD.der --allow-test-cd
  dac-pki vector struct_cd_vendor_id_mismatch.json --paa paa
  dac-pki pai --cn Next-PAI --vid 0xFFF1 --issuer paa/PAA_cert.pem \\
      --issuer-key paa/PAA_key.pem --out next --ledger orders.sqlite \\
      --log-signer key.pem --operator ann
  dac-pki order open 4711 --size 500 --vid 0xFFF1 --pid 0x8000 --approval \\
      --ledger orders.sqlite --log-signer key.pem --operator ann
  dac-pki order approve 4711 --ledger orders.sqlite --log-signer key.pem \\
      --operator bob
  dac-pki provision --order 4711 --ledger orders.sqlite \\
      --issuer pai/PAI_cert.pem --issuer-key pai/PAI_key.pem --cd CD.der \\
      --allow-test-cd --log-signer key.pem --station line-1 \\
      --listen 127.0.0.1:7000 --idle 1
  dac-pki order show --ledger orders.sqlite
  dac-pki order close 4711 --ledger orders.sqlite --log-signer key.pem \\
      --operator bob
  dac-pki log show --ledger orders.sqlite --last 5
  dac-pki log verify --ledger orders.sqlite --log-key key.pem
  dac-pki log export --ledger orders.sqlite --out log.jsonl
  dac-pki log verify --file log.jsonl --log-key key.pem
  dac-pki revoke-set build --points points.json --crl pai.crl --paa paa \\
      --out revoked.json
  dac-pki revoke-set check revoked.json pai/PAI_cert.pem dac/DAC_0001_cert.pem";

/// Issue attestation certificates and Certification Declarations, and find faults in them.
///
/// Certificates and keys are read in PEM, DER and PKCS#12, certificates in PKCS#7 too, numbers are decimal or 0x
/// hexadecimal, times are YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ in UTC. Exit codes: 0 done or accepted, 1 rejected, 2 bad
/// usage or unusable input (nothing was written), 3 runtime failure.
#[derive(Parser)]
#[command(name = "dac-pki", version, args_override_self = true, after_help = EXAMPLES)]
struct Arguments {
    /// Replace existing output files
    #[arg(long, global = true)]
    force: bool,
    #[command(flatten)]
    trust: Trust,
    /// Write one JSON document to stdout
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Issue the self-signed certificate of a Product Attestation Authority, with a new or an existing key
    Paa(issue::Paa),
    /// Issue the certificate of a Product Attestation Intermediate, with a new key or for a request
    Pai(Box<issue::Pai>),
    /// Issue Device Attestation Certificates, with new keys or for the keys in a folder of requests
    Dac(Box<issue::Dac>),
    /// Make and show Certification Declarations
    #[command(subcommand)]
    Cd(declaration::Cd),
    /// Make and check certificate signing requests
    #[command(subcommand)]
    Csr(declaration::Csr),
    /// Make keys and show their public halves
    #[command(subcommand)]
    Key(key::Key),
    /// Open, approve, close and show the orders for which certificates are issued
    #[command(subcommand)]
    Order(order::Order),
    /// Verify, show and export the log of decisions
    #[command(subcommand)]
    Log(log::Log),
    /// Find faults in certificates and declarations, including malformed ones: exit code 1 if there is any error
    Lint(lint::Lint),
    /// Verify a device's chain, declaration and key as a commissioner does: exit code 1 if it is rejected
    Verify(verify::Verify),
    /// Verify one commissioner test vector of the Matter SDK: exit code 1 if it is rejected
    Vector(vector::Vector),
    /// Issue certificates to devices that make their own keys: exit code 1 if a session failed
    Provision(Box<provision::Provision>),
    /// Make and check sets of revoked certificates
    #[command(subcommand)]
    RevokeSet(revocation::RevokeSet),
}

/// The options of all commands.
pub(crate) struct Common {
    force: bool,
    trust: Trust,
    json: bool,
}

impl Common {
    fn files(&self) -> Files {
        Files::new(self.force, self.trust)
    }
}

fn main() -> ExitCode {
    cli::exit(|| {
        let Arguments {
            force,
            trust,
            json,
            command,
        } = cli::parse_arguments(&[])?;
        let common = Common { force, trust, json };
        match command {
            Command::Paa(arguments) => arguments.run(&common),
            Command::Pai(arguments) => arguments.run(&common),
            Command::Dac(arguments) => arguments.run(&common),
            Command::Cd(declaration::Cd::Make(arguments)) => arguments.run(&common),
            Command::Cd(declaration::Cd::Print { file }) => declaration::show(&file, json),
            Command::Csr(declaration::Csr::Check { file }) => declaration::check_request(&file, json),
            Command::Csr(declaration::Csr::Make(arguments)) => arguments.run(&common),
            Command::Key(command) => command.run(&common),
            Command::Order(command) => command.run(&common),
            Command::Log(command) => command.run(&common),
            Command::Lint(arguments) => arguments.run(json),
            Command::Verify(arguments) => arguments.run(&common),
            Command::Vector(arguments) => arguments.run(json),
            Command::Provision(arguments) => arguments.run(&common),
            Command::RevokeSet(revocation::RevokeSet::Build(arguments)) => arguments.run(&common),
            Command::RevokeSet(revocation::RevokeSet::Check {
                set,
                certificates,
                password,
            }) => revocation::check(&set, &certificates, &password, json),
        }
    })
}
