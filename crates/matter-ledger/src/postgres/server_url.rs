//! The address of a server and the login: the URL, and the password from elsewhere.

use std::env;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use factory_fs::{Exposure, Input};
use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;
use zeroize::Zeroizing;

use super::ServerFault;

/// The time limit for connecting to a server.
const CONNECT: Duration = Duration::from_secs(10);
/// The time limit for the network to deliver sent data.
const SILENCE: Duration = Duration::from_secs(30);
/// The socket directory for a URL without a host: the default of Debian's libpq.
const SOCKET: &str = "/var/run/postgresql";
/// The default port.
const PORT: u16 = 5432;
/// The settings of a connection: commits are on disk when they return, no wait is unlimited, and a hanging client loses its
/// transaction.
const SETTINGS: &str = "SET client_min_messages = warning; SET statement_timeout = '60s'; SET lock_timeout = '60s';
    SET idle_in_transaction_session_timeout = '60s'; SET standard_conforming_strings = on;
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// A server, and the login.
pub(super) struct Server {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Server {
    /// Parses a URL, and finds its password.
    pub(super) fn new(url: &str) -> Result<Self, String> {
        let (url, parameters) = divided(url)?;
        let mut config: Config = url.parse().map_err(|error| cause(&error))?;
        if config.get_password().is_some() {
            return Err("its URL contains a password; pass it in PGPASSWORD".into());
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host(SOCKET);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("matter-ledger");
        }
        if let Some(password) = password(&config)? {
            config.password(password.as_bytes());
        }
        let is_far = is_far(&config);
        let tls = match config.get_ssl_mode() {
            SslMode::Disable if is_far => {
                return Err("its server is on another machine: sslmode=disable is refused".into());
            }
            SslMode::Require => true,
            _ => is_far,
        };
        config.ssl_mode(if tls { SslMode::Require } else { SslMode::Disable });
        let tls = tls.then(|| tls_for(parameters.root.as_deref())).transpose()?;
        Ok(Self { config, tls })
    }

    pub(super) fn connect(&self) -> Result<Client, ServerFault> {
        let client = match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        };
        let mut client = client?;
        client.batch_execute(SETTINGS)?;
        Ok(client)
    }
}

/// The parameters of libpq that the library does not support.
#[derive(Default)]
struct Parameters {
    /// The CA certificates for the server's certificate.
    root: Option<PathBuf>,
}

/// Extracts our parameters from a URL.
fn divided(url: &str) -> Result<(String, Parameters), String> {
    let Some((base, query)) = url.split_once('?') else {
        return Ok((url.into(), Parameters::default()));
    };
    let mut parameters = Parameters::default();
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslrootcert", path)) => parameters.root = Some(decoded(path)?),
            // The certificate of a server and its name are always verified.
            Some(("sslmode", "verify-full")) => rest.push("sslmode=require"),
            _ => rest.push(pair),
        }
    }
    Ok((format!("{base}?{}", rest.join("&")), parameters))
}

/// Decodes a path in a URL, where escapes such as `%2F` represent ASCII characters.
fn decoded(text: &str) -> Result<PathBuf, String> {
    let mut pieces = text.split('%');
    let mut path = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        // `from_str_radix` accepts a sign.
        let digits = piece.get(..2).filter(|digits| !digits.starts_with('+'));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let byte = byte
            .filter(u8::is_ascii)
            .ok_or("its URL has a % that is not followed by the two hexadecimal digits of an ASCII character")?;
        path.push(byte.into());
        path.push_str(piece.get(2..).unwrap_or_default());
    }
    Ok(path.into())
}

/// Returns whether the connection to a server leaves the machine.
fn is_far(config: &Config) -> bool {
    let is_far_host = |host: &Host| match host {
        Host::Tcp(name) => name != "localhost" && !name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => false,
    };
    let addresses = config.get_hostaddrs();
    config.get_hosts().iter().any(is_far_host) || addresses.iter().any(|address| !address.is_loopback())
}

fn tls_for(root: Option<&Path>) -> Result<MakeRustlsConnect, String> {
    let root = root.ok_or("its server is on another machine: give the certificates of its CA with sslrootcert=FILE")?;
    let wrong = |reason: &dyn std::fmt::Display| format!("sslrootcert {}: {reason}", root.display());
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(root).map_err(|error| wrong(&error))? {
        let certificate = certificate.map_err(|error| wrong(&error))?;
        store.add(certificate).map_err(|error| wrong(&error))?;
    }
    if store.is_empty() {
        return Err(wrong(&"contains no certificate in PEM"));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let config = config.with_root_certificates(store).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Returns the password from `PGPASSWORD`, or from the file given by `PGPASSFILE`.
fn password(config: &Config) -> Result<Option<Zeroizing<String>>, String> {
    if let Some(password) = env::var_os("PGPASSWORD").filter(|password| !password.is_empty()) {
        let password = password
            .into_string()
            .map_err(|_| "the password in PGPASSWORD is not UTF-8")?;
        return Ok(Some(password.into()));
    }
    let Some(path) = env::var_os("PGPASSFILE").filter(|path| !path.is_empty()) else {
        return Ok(None);
    };
    from_file(config, path)
}

fn from_file(config: &Config, path: OsString) -> Result<Option<Zeroizing<String>>, String> {
    let path = PathBuf::from(path);
    let wrong = |reason: &dyn std::fmt::Display| format!("the file {} of PGPASSFILE: {reason}", path.display());
    let exposure = Exposure::of(&path).map_err(|error| wrong(&error))?;
    if exposure.is_open() {
        return Err(wrong(&"is open to other users; set its mode to 0600"));
    }
    let bytes = Input::read_file(&path).map_err(|error| wrong(&error))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong(&"is not UTF-8"))?;
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        // libpq uses this name for the default socket directory only; here it stands for every socket.
        #[cfg(unix)]
        Some(Host::Unix(_)) => "localhost".into(),
        // As libpq does without a host.
        None => match config.get_hostaddrs().first() {
            Some(address) => address.to_string(),
            None => "localhost".into(),
        },
    };
    let port = config.get_ports().first().copied().unwrap_or(PORT).to_string();
    let user = config.get_user().unwrap_or_default();
    let wanted = [host.as_str(), &port, config.get_dbname().unwrap_or(user), user];
    Ok(text.lines().find_map(|line| password_of(line, &wanted)))
}

/// Returns the password of a line `host:port:database:user:password` if the other four fields match the server.
fn password_of(line: &str, wanted: &[&str; 4]) -> Option<Zeroizing<String>> {
    if line.starts_with('#') {
        return None;
    }
    let mut rest = line.chars();
    for wanted in wanted {
        let field = field(&mut rest, true);
        if *field != "*" && *field != **wanted {
            return None;
        }
    }
    Some(field(&mut rest, false))
}

/// Returns the text up to the next colon or the end; a backslash escapes the next character.
fn field(rest: &mut std::str::Chars<'_>, ends_at_colon: bool) -> Zeroizing<String> {
    let mut field = Zeroizing::new(String::with_capacity(rest.as_str().len()));
    while let Some(character) = rest.next() {
        match character {
            ':' if ends_at_colon => break,
            '\\' => field.extend(rest.next()),
            character => field.push(character),
        }
    }
    field
}

/// Returns the last cause of an error, which is the most informative.
fn cause(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    format!("its URL: {error}")
}

#[cfg(test)]
mod tests {
    use super::{Server, decoded, password_of};

    #[test]
    fn lines_of_a_password_file_are_read_as_libpq_does() {
        let wanted = ["db", "5432", "ledger", "mfg"];
        let cases = [
            ("db:5432:ledger:mfg:secret", Some("secret")),
            ("*:*:*:*:se:cret", Some("se:cret")),
            ("*:*:*:mfg:se\\:c\\\\ret", Some("se:c\\ret")),
            ("db:5433:ledger:mfg:secret", None),
            ("#db:5432:ledger:mfg:secret", None),
            ("db", None),
        ];
        for (line, expected) in cases {
            let found = password_of(line, &wanted);
            assert_eq!(found.as_deref().map(String::as_str), expected, "{line}");
        }
    }

    #[test]
    fn a_server_elsewhere_needs_tls() {
        for url in [
            "postgresql://db.example/ledger",
            "postgresql://db.example/ledger?sslmode=disable",
            "postgresql://localhost/ledger?hostaddr=192.0.2.1",
            "postgresql://192.0.2.1/ledger?sslmode=prefer",
            "postgresql://db.example/ledger?sslrootcert=/no/such/file",
        ] {
            assert!(Server::new(url).is_err(), "{url}");
        }
        for url in [
            "postgresql://localhost/ledger",
            "postgresql://127.0.0.2:5433/ledger",
            "postgresql://[::1]/ledger",
            "postgresql:///ledger?host=/run/postgresql",
            "postgresql:///ledger",
        ] {
            let server = Server::new(url);
            assert!(server.is_ok_and(|server| server.tls.is_none()), "{url}");
        }
    }

    #[test]
    fn paths_in_urls_are_decoded() {
        assert_eq!(decoded("/etc/my%20ca.pem"), Ok("/etc/my ca.pem".into()));
        assert!(decoded("%zz").is_err() && decoded("%e4").is_err() && decoded("%2").is_err());
        assert!(decoded("%+5").is_err() && decoded("%").is_err());
    }
}
