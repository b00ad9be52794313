//! `dac-service`: issues device attestation certificates to devices in the field.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use cli::Failure;
use dac_service::{App, Logger, Server};

use self::signals::Signals;

mod signals;

const EXAMPLES: &str = "\
Examples:
  dac-service --check service.toml
  dac-service service.toml 2>>service.log
  kill -HUP PID     reloads certificates, revocation lists, clients and lists of
                    sold devices
  kill -TERM PID    answers the requests in progress, and exits";

/// Issue device attestation certificates to devices in the field, over HTTPS with client certificates.
///
/// The only argument is a configuration file in TOML; the README describes it. Log lines are JSON on stderr. Exit
/// codes: 0 ended by a signal, or the check found no error; 2 bad usage or unusable configuration; 3 ledger, token or
/// network failure.
#[derive(Parser)]
#[command(name = "dac-service", version, after_help = EXAMPLES)]
struct Arguments {
    /// Configuration file in TOML; paths in it are relative to its folder
    #[arg(value_name = "CONFIG.toml")]
    config: PathBuf,
    /// Read configuration, keys and lists, open the ledger, and exit
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    cli::exit(|| {
        let arguments: Arguments = cli::parse_arguments(&[])?;
        let (app, config) = App::open(&arguments.config, Logger::to_stderr())?;
        if arguments.check {
            cli::say(format_args!("{}: no errors found", arguments.config.display()));
            return Ok(());
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Work(format!("cannot start threads: {error}")))?;
        runtime.block_on(async {
            let server = Server::bind(app.clone(), config.listen, config.probes).await;
            let server =
                server.map_err(|error| Failure::Work(format!("cannot listen at {}: {error}", config.listen)))?;
            serve(app, server).await
        })
    })
}

async fn serve(app: Arc<App>, server: Server) -> Result<(), Failure> {
    let signals = Signals::new().map_err(|error| Failure::Work(format!("cannot wait for signals: {error}")))?;
    let (end, mut hang_up) = signals.into_parts();
    let address = server.address().map_err(|error| Failure::Work(error.to_string()))?;
    app.logger().info("started", &format!("listening at {address}"));
    if let Some(probes) = server.probe_address() {
        app.logger().info("started", &format!("answering probes at {probes}"));
    }
    // Shows the port that the system chose for port 0.
    cli::print(format_args!("{address}"))?;
    let reloads = tokio::spawn({
        let app = app.clone();
        async move {
            while hang_up.wait().await {
                reload(app.clone()).await;
            }
        }
    });
    server.run(end.wait()).await;
    reloads.abort();
    app.logger().info("stopped", "ended by a signal");
    Ok(())
}

async fn reload(app: Arc<App>) {
    // Reading files blocks, and a list of sold devices may be long.
    let done = tokio::task::spawn_blocking({
        let app = app.clone();
        move || app.reload()
    });
    match done.await {
        Ok(Ok(())) => app
            .logger()
            .info("reloaded", "certificates, lists and clients were reloaded"),
        Ok(Err(failure)) => app
            .logger()
            .error("reload", &format!("nothing was changed: {}", sentence(&failure))),
        Err(error) => app.logger().error("reload", &format!("nothing was changed: {error}")),
    }
}

fn sentence(failure: &Failure) -> &str {
    match failure {
        Failure::No(sentence) | Failure::Input(sentence) | Failure::Work(sentence) => sentence,
        Failure::Closed => "",
    }
}
