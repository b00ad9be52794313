//! The configuration file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cli::Failure;
use factory_fs::Exposure;
use serde::Deserialize;

use crate::clients::ClientEntry;

/// The configuration of one service (TOML). Paths in it are relative to the file's folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address for clients.
    pub listen: SocketAddr,
    /// The address of `/healthz`, `/readyz` and `/metrics` without TLS, for the same machine only.
    pub probes: Option<SocketAddr>,
    /// The service's certificate and the clients' authorities.
    pub tls: TlsConfig,
    /// The clients and their roles.
    #[serde(default)]
    pub clients: Vec<ClientEntry>,
    /// The issuing configuration.
    pub issuing: IssuingConfig,
    /// Verification of the old identities of sold devices.
    #[serde(default)]
    pub identities: IdentityConfig,
    /// The orders that devices may draw from.
    #[serde(default)]
    pub orders: Vec<OrderConfig>,
    /// Limits of time and number.
    #[serde(default)]
    pub limits: Limits,
}

/// Certificates and keys of connections.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The service's chain in PEM, starting with its own certificate.
    pub certificate: PathBuf,
    /// Its private key in PEM.
    pub key: PathBuf,
    /// The authorities of clients in PEM.
    pub client_ca: Vec<PathBuf>,
    /// Their revocation lists in PEM or DER. If there are any, each certificate of a client's chain must be covered by
    /// one.
    #[serde(default)]
    pub client_crl: Vec<PathBuf>,
    /// Whether lists whose next update is in the past are accepted.
    #[serde(default)]
    pub allow_expired_crl: bool,
    /// Whether organizational units in a client's subject are roles.
    #[serde(default)]
    pub roles_from_ou: bool,
}

/// Ledger, authority and keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuingConfig {
    /// The ledger: a path, `sqlite:PATH` or `postgresql://...`.
    pub ledger: String,
    /// The key file of a ledger on a server.
    pub ledger_key: Option<PathBuf>,
    /// The certificate of the PAI.
    pub pai: PathBuf,
    /// The key of the PAI: `file:PATH`, `pkcs11:...` or `exec:PROGRAM`.
    pub signer: String,
    /// The file with the password of an encrypted key.
    pub signer_password_file: Option<PathBuf>,
    /// The key that signs the head of the log, in the same form.
    pub log_signer: String,
    /// The file with its password.
    pub log_signer_password_file: Option<PathBuf>,
    /// The signed Certification Declaration.
    pub declaration: PathBuf,
    /// The key from which passcodes are derived: 64 hexadecimal digits in a file that only the service can read.
    pub onboarding_key: PathBuf,
    /// The name of this service in ledger and log.
    #[serde(default = "default_station")]
    pub station: String,
    /// PBKDF2 iterations of verifiers, 1000 to 100000.
    #[serde(default = "default_iterations")]
    pub iterations: u32,
    /// The end of certificates, if earlier than that of the PAI.
    pub not_after: Option<String>,
    /// The certificate of the PAA, for verifying chain and declaration completely.
    pub paa: Option<PathBuf>,
    /// Whether test declarations are accepted.
    #[serde(default)]
    pub allow_test_declaration: bool,
    /// The public keys in PEM with which other stations and services sign the log of the same ledger.
    #[serde(default)]
    pub trusted_log_keys: Vec<PathBuf>,
    /// Whether an order must be approved by an operator other than the one who opened it.
    #[serde(default = "yes")]
    pub two_operators: bool,
}

/// The former identities of devices.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityConfig {
    /// The authorities in PEM whose certificates name a device by its serial number.
    #[serde(default)]
    pub roots: Vec<PathBuf>,
    /// Their revocation lists.
    #[serde(default)]
    pub crl: Vec<PathBuf>,
}

/// An order of the ledger, and the devices that may draw from it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderConfig {
    /// The order's id in the ledger.
    pub id: String,
    /// The sold devices: a CSV table with the column `serial`, and `identity` for the SHA-256 of public keys.
    pub sold: PathBuf,
}

fn default_station() -> String {
    "dac-service".into()
}

const fn default_iterations() -> u32 {
    1000
}

const fn yes() -> bool {
    true
}

/// Declares the limits: name, default, smallest and largest value.
macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $default:literal, $min:literal..=$max:literal;)*) => {
        /// Limits of time (in seconds) and number.
        #[derive(Clone, Copy, Debug, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Limits {
            $($(#[$doc])* pub $name: u32,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Limits {
            /// Checks that each limit is in its range.
            ///
            /// # Errors
            ///
            /// A message about the first one that is not.
            pub fn check(&self) -> Result<(), String> {
                $(if !($min..=$max).contains(&self.$name) {
                    return Err(format!(
                        "limits.{} is {}, not in the range {} to {}", stringify!($name), self.$name, $min, $max
                    ));
                })*
                Ok(())
            }
        }
    };
}

limits! {
    /// Concurrent connections.
    connections: 1024, 1..=100_000;
    /// Concurrent connections of one certificate.
    connections_per_client: 128, 1..=100_000;
    /// Concurrent handshakes.
    handshakes: 128, 1..=10_000;
    /// Seconds for a handshake.
    handshake_seconds: 10, 1..=120;
    /// Seconds from the last answer to the end of the next request's headers.
    header_seconds: 30, 1..=600;
    /// Seconds for a request's body.
    body_seconds: 10, 1..=120;
    /// Seconds for a whole request.
    request_seconds: 30, 1..=600;
    /// Largest duration of a connection in seconds.
    connection_seconds: 3600, 10..=86_400;
    /// Seconds for requests in progress at shutdown.
    drain_seconds: 20, 1..=600;
    /// Concurrent requests.
    requests: 512, 1..=100_000;
    /// Requests of one client per second.
    client_rate: 200, 1..=1_000_000;
    /// Requests of one client in a burst beyond that.
    client_burst: 400, 1..=1_000_000;
    /// Requests for certificates and codes of one device per hour.
    device_rate: 60, 1..=1_000_000;
    /// Such requests in a burst beyond that.
    device_burst: 10, 1..=1_000_000;
    /// Validity of a nonce in seconds.
    nonce_seconds: 120, 5..=3600;
    /// Unused nonces of one client.
    nonces_per_client: 8192, 1..=1_000_000;
    /// Unused nonces of all clients.
    nonces: 65_536, 1..=10_000_000;
}

/// Converts a number of seconds to a duration.
pub(crate) fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] with file, line and reason.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = cli::read_file("configuration", path)?;
        let name = path.display();
        let text = std::str::from_utf8(&bytes).map_err(|_| Failure::Input(format!("{name}: is not UTF-8")))?;
        let mut config = toml::from_str::<Self>(text).map_err(|error| {
            let line = error
                .span()
                .and_then(|span| text.get(..span.start))
                .map_or(1, |before| before.matches('\n').count() + 1);
            // The rest of the parser's message quotes the line itself.
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            Failure::Input(format!("{name}:{line}: {message}"))
        })?;
        config
            .check()
            .map_err(|reason| Failure::Input(format!("{name}: {reason}")))?;
        config.resolve(path.parent().unwrap_or_else(|| Path::new("")));
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        self.limits.check()?;
        if let Some(probes) = self.probes.filter(|probes| !probes.ip().is_loopback()) {
            return Err(format!(
                "probes: {probes} is not a loopback address and would be unprotected"
            ));
        }
        if self.tls.client_ca.is_empty() {
            return Err("tls.client_ca names no file".into());
        }
        let station = &self.issuing.station;
        if station.is_empty() || station.len() > 64 || !station.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("issuing.station must have 1 to 64 printable ASCII characters".into());
        }
        Ok(())
    }

    /// Resolves relative paths against the file's folder.
    fn resolve(&mut self, folder: &Path) {
        let tls = [&mut self.tls.certificate, &mut self.tls.key].into_iter();
        let tls = tls.chain(&mut self.tls.client_ca).chain(&mut self.tls.client_crl);
        let issuing = &mut self.issuing;
        let required = [&mut issuing.pai, &mut issuing.declaration, &mut issuing.onboarding_key];
        let optional = [
            &mut issuing.ledger_key,
            &mut issuing.signer_password_file,
            &mut issuing.log_signer_password_file,
            &mut issuing.paa,
        ];
        let identities = self.identities.roots.iter_mut().chain(&mut self.identities.crl);
        let sold = self.orders.iter_mut().map(|order| &mut order.sold);
        let paths = tls.chain(required).chain(optional.into_iter().flatten());
        let paths = paths.chain(&mut issuing.trusted_log_keys).chain(identities).chain(sold);
        for path in paths {
            *path = folder.join(&*path);
        }
        for signer in [&mut issuing.signer, &mut issuing.log_signer] {
            *signer = resolve_uri(signer, &["file", "exec"], folder);
        }
        issuing.ledger = resolve_uri(&issuing.ledger, &["sqlite"], folder);
    }
}

/// Resolves the path in a URI, or a plain path, against a folder.
fn resolve_uri(uri: &str, schemes: &[&str], folder: &Path) -> String {
    match uri.split_once(':') {
        Some((scheme, path)) if schemes.contains(&scheme) => format!("{scheme}:{}", folder.join(path).display()),
        // A scheme has at least two letters, so that a drive letter is not one.
        Some((scheme, _)) if scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => uri.into(),
        _ => folder.join(uri).display().to_string(),
    }
}

/// Refuses a secret file that users other than its owner may read or change.
pub(crate) fn check_secret(what: &str, path: &Path) -> Result<(), Failure> {
    let exposure = Exposure::of(path).unwrap_or_default();
    let why = exposure
        .untrusted()
        .or_else(|| exposure.is_open().then_some("is readable by other users"));
    match why {
        Some(why) => Err(Failure::Input(format!(
            "{what} {}: {why}; set its mode to 0600",
            path.display()
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
listen = "127.0.0.1:0"
[tls]
certificate = "server.pem"
key = "/keys/server.key"
client_ca = ["clients.pem"]
[issuing]
ledger = "sqlite:ledger.db"
pai = "pai.pem"
signer = "file:pai.key"
log_signer = "pkcs11:token=log;object=head?module-path=/lib/x.so"
declaration = "cd.der"
onboarding_key = "onboarding.key"
"#;

    fn read(text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path).map_err(|failure| match failure {
            Failure::Input(sentence) => sentence.replace(&format!("{}/", folder.path().display()), ""),
            _ => panic!("another failure"),
        })
    }

    #[test]
    fn paths_are_those_of_the_folder() {
        let config = read(SMALL).unwrap();
        assert!(config.tls.certificate.is_absolute());
        assert_eq!(config.tls.key, Path::new("/keys/server.key"));
        assert!(config.issuing.ledger.starts_with("sqlite:/"));
        assert!(config.issuing.signer.starts_with("file:/"));
        assert!(config.issuing.log_signer.starts_with("pkcs11:token=log"));
        assert_eq!(
            resolve_uri("postgresql://host/db", &["sqlite"], Path::new("/x")),
            "postgresql://host/db"
        );
        assert_eq!(resolve_uri("ledger.db", &["sqlite"], Path::new("/x")), "/x/ledger.db");
    }

    #[test]
    fn configuration_of_the_readme_is_read() {
        let (_, block) = include_str!("../README.md").split_once("```toml\n").unwrap();
        let (block, _) = block.split_once("```").unwrap();
        let config = read(block).unwrap();
        assert_eq!(config.issuing.station, "field-1");
        crate::clients::Clients::new(&config.clients, config.tls.roles_from_ou).unwrap();
        assert_eq!(Limits::default().client_rate, 200);
    }

    #[test]
    fn faults_name_file_and_place() {
        let cases = [
            (
                SMALL.replace("client_ca", "client_cas"),
                "service.toml:6: unknown field `client_cas`",
            ),
            (
                SMALL.replace("listen = \"127.0.0.1:0\"", "listen = \"x\""),
                "service.toml:2: invalid socket address",
            ),
            (
                SMALL.replace("[\"clients.pem\"]", "[]"),
                "service.toml: tls.client_ca names no file",
            ),
            (
                format!("{SMALL}[limits]\nrequests = 0\n"),
                "service.toml: limits.requests is 0, not in the range 1 to 100000",
            ),
            (
                SMALL.replace("[tls]", "probes = \"192.0.2.1:80\"\n[tls]"),
                "service.toml: probes: 192.0.2.1:80 is not",
            ),
            (
                format!("{SMALL}[[clients]]\nname = \"a\"\nroles = [\"root\"]\n"),
                "service.toml:16: unknown variant `root`",
            ),
        ];
        for (text, wanted) in cases {
            let sentence = read(&text).unwrap_err();
            assert!(sentence.starts_with(wanted), "{sentence}");
        }
    }
}
