//! The folder of a service: authorities, keys, certificates, lists, configuration.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use factory_fs::Dir;
use matter_attestation::{
    CertificationDeclaration, CertificationType, DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey, SerialNumber,
    TEST_CD_SIGNING_KEY_ID, Validity, issue_paa, test_cd_signing_key,
};
use matter_types::{ProductId, VendorId};
use rustls::version::{TLS12, TLS13};
use zeroize::Zeroizing;

use crate::lab::authority::{Authority, Leaf, Result, to_pem};
use crate::lab::client::TlsClient;
use crate::lab::device::LabDevice;

/// Clients with a certificate: their names, and their roles in the configuration.
const CLIENTS: [(&str, &[&str]); 9] = [
    ("cloud-1", &["device-cloud"]),
    ("cloud-2", &["device-cloud"]),
    ("app", &["app"]),
    ("alice", &["operator"]),
    ("bob", &["operator"]),
    ("monitor", &["monitor"]),
    ("tester", &["app", "device-cloud", "monitor", "operator"]),
    (REVOKED, &["device-cloud"]),
    (EXPIRED, &["device-cloud"]),
];
/// A client that the configuration does not list.
const UNLISTED: &str = "unlisted";
/// A client of another authority.
const STRANGER: &str = "stranger";
const REVOKED: &str = "revoked";
const EXPIRED: &str = "expired";

const VENDOR: u16 = 0xFFF1;
const PRODUCT: u16 = 0x8000;

/// Options of a laboratory.
#[derive(Clone, Debug)]
pub struct LabOptions {
    /// Number of sold devices.
    pub devices: u32,
    /// The ledger's URL; `None` for a file in the folder.
    pub ledger: Option<String>,
    /// Lines of the section `[limits]`.
    pub limits: String,
    /// The address of the service.
    pub listen: String,
}

impl Default for LabOptions {
    fn default() -> Self {
        Self {
            devices: 100,
            ledger: None,
            limits: String::new(),
            listen: "127.0.0.1:0".into(),
        }
    }
}

/// A folder with everything that a service requires, and with the keys of its clients.
#[derive(Debug)]
pub struct Lab {
    folder: PathBuf,
    client_ca: Authority,
    identity_ca: Authority,
    next: AtomicU64,
}

impl Lab {
    /// The order that all devices draw from.
    pub const ORDER: &'static str = "field";

    /// Creates the files of the folder.
    ///
    /// # Errors
    ///
    /// If the folder has such files already, or cannot be written.
    pub fn create(folder: &Path, options: &LabOptions) -> Result<Self> {
        let files = Files(Dir::create(folder)?);
        let client_ca = Authority::new("CN=Laboratory Clients")?;
        let identity_ca = Authority::new("CN=Laboratory Devices")?;
        let other_ca = Authority::new("CN=Laboratory Clients")?;
        for (name, authority) in [("client-ca", &client_ca), ("identity-ca", &identity_ca)] {
            files.write(&format!("{name}.pem"), &to_pem("CERTIFICATE", &authority.to_der()?)?)?;
            files.write(
                &format!("{name}.key"),
                &to_pem("PRIVATE KEY", &authority.key().to_pkcs8_der())?,
            )?;
        }
        files.leaf("server", &client_ca, "CN=localhost", Leaf::Server)?;
        let mut revoked = Vec::new();
        for (name, roles) in CLIENTS {
            let units = roles.iter().map(|role| format!(",OU={role}")).collect::<String>();
            let leaf = if name == EXPIRED { Leaf::Expired } else { Leaf::Client };
            let der = files.leaf(name, &client_ca, &format!("CN={name}{units}"), leaf)?;
            if name == REVOKED {
                revoked.push(der);
            }
        }
        files.leaf(UNLISTED, &client_ca, &format!("CN={UNLISTED}"), Leaf::Client)?;
        files.leaf(STRANGER, &other_ca, "CN=cloud-1,OU=device-cloud", Leaf::Client)?;
        files.write("client-ca.crl", &to_pem("X509 CRL", &client_ca.revoke(&revoked)?)?)?;
        files.issuing()?;
        let mut sold = "serial\n".to_owned();
        for number in 0..options.devices {
            writeln!(sold, "{}", serial(number))?;
        }
        files.write("sold.csv", &sold)?;
        files.write("service.toml", &configuration(options))?;
        Ok(Self {
            folder: folder.into(),
            client_ca,
            identity_ca,
            next: AtomicU64::new(0),
        })
    }

    /// Opens an existing folder.
    ///
    /// # Errors
    ///
    /// If its files cannot be read.
    pub fn open(folder: &Path) -> Result<Self> {
        let authority = |name: &str| {
            let key = PrivateKey::decode(&fs::read(folder.join(format!("{name}.key")))?)?;
            Authority::from_parts(key, &read_pem(&folder.join(format!("{name}.pem")))?)
        };
        Ok(Self {
            folder: folder.into(),
            client_ca: authority("client-ca")?,
            identity_ca: authority("identity-ca")?,
            next: AtomicU64::new(0),
        })
    }

    /// Returns the path of the configuration.
    #[must_use]
    pub fn configuration(&self) -> PathBuf {
        self.folder.join("service.toml")
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns a client by its name, with both TLS versions.
    ///
    /// # Errors
    ///
    /// If there is no such client.
    pub fn client(&self, name: &str) -> Result<TlsClient> {
        self.client_with(name, &[&TLS13, &TLS12])
    }

    /// Returns a client by its name, with the given TLS versions.
    ///
    /// # Errors
    ///
    /// As [`Lab::client`].
    pub fn client_with(&self, name: &str, versions: &[&'static rustls::SupportedProtocolVersion]) -> Result<TlsClient> {
        let chain = [read_pem(&self.folder.join(format!("{name}.pem")))?];
        let key = read_pem(&self.folder.join(format!("{name}.key")))?;
        TlsClient::new(&self.client_ca.to_der()?, Some((&chain, &key)), versions)
    }

    /// Returns a client without a certificate.
    ///
    /// # Errors
    ///
    /// Does not fail in practice.
    pub fn anonymous(&self) -> Result<TlsClient> {
        TlsClient::new(&self.client_ca.to_der()?, None, &[&TLS13, &TLS12])
    }

    /// Makes the next sold device.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn device(&self) -> Result<LabDevice> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.device_of(&serial(u32::try_from(number)?))
    }

    /// Makes a device with a serial number.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn device_of(&self, serial: &str) -> Result<LabDevice> {
        LabDevice::new(serial, &self.identity_ca)
    }

    /// Continues with the device `number`.
    pub fn skip_to(&self, number: u64) {
        self.next.store(number, Ordering::Relaxed);
    }

    /// Revokes clients by their names, in the list that the service reads.
    ///
    /// # Errors
    ///
    /// If the list cannot be written.
    pub fn revoke(&self, names: &[&str]) -> Result<()> {
        let ders = names
            .iter()
            .map(|name| read_pem(&self.folder.join(format!("{name}.pem"))));
        let list = self.client_ca.revoke(&ders.collect::<Result<Vec<_>>>()?)?;
        let path = self.folder.join("client-ca.crl");
        let beside = self.folder.join("client-ca.crl.new");
        fs::write(&beside, to_pem("X509 CRL", &list)?)?;
        Ok(fs::rename(beside, path)?)
    }
}

/// Returns the serial number of a device.
fn serial(number: u32) -> String {
    format!("LAMP-{number:07}")
}

fn read_pem(path: &Path) -> Result<Vec<u8>> {
    let text = fs::read(path)?;
    let (_, der) = der::pem::decode_vec(&text)?;
    Ok(der)
}

struct Files(Dir);

impl Files {
    /// Writes a new file that only its owner may read.
    fn write(&self, name: &str, text: &str) -> Result<()> {
        use std::io::Write as _;
        Ok(self.0.create_file(name)?.write_all(text.as_bytes())?)
    }

    /// Writes certificate and key of a leaf; returns the certificate.
    fn leaf(&self, name: &str, authority: &Authority, subject: &str, leaf: Leaf) -> Result<Vec<u8>> {
        let key = new_key()?;
        let der = authority.issue(subject, &key, leaf)?;
        self.write(&format!("{name}.pem"), &to_pem("CERTIFICATE", &der)?)?;
        self.write(&format!("{name}.key"), &to_pem("PRIVATE KEY", &key.to_pkcs8_der())?)?;
        Ok(der)
    }

    /// Makes PAA, PAI, declaration, and the keys of log and onboarding codes.
    fn issuing(&self) -> Result<()> {
        let (vendor, product) = (VendorId::new(VENDOR)?, ProductId::new(PRODUCT)?);
        let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0)?);
        let [paa_key, pai_key, log_key] = [new_key()?, new_key()?, new_key()?];
        let paa = issue_paa(
            &paa_key,
            &PaaSubject::new("Laboratory PAA")?,
            validity,
            random_serial()?,
        )?;
        let subject = PaiSubject::new("Laboratory PAI", vendor)?;
        let pai =
            Issuer::new(&paa, &paa_key)?.issue_pai(&subject, &pai_key.public_key(), validity, random_serial()?)?;
        let kind = CertificationType::DevelopmentAndTest;
        let declaration = CertificationDeclaration::new(vendor, &[product], 0x0100, "CSA00000SWC00000-00", kind)?;
        let signed = declaration.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)?;
        self.write("paa.pem", &paa.to_pem())?;
        self.write("paa.key", &paa_key.to_pkcs8_pem()?)?;
        self.write("pai.pem", &pai.to_pem())?;
        self.write("pai.key", &pai_key.to_pkcs8_pem()?)?;
        self.write("log.key", &log_key.to_pkcs8_pem()?)?;
        std::io::Write::write_all(&mut self.0.create_file("cd.der")?, &signed)?;
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        self.write("onboarding.key", &base16ct::lower::encode_string(&secret))
    }
}

/// Draws a key.
pub(super) fn new_key() -> Result<PrivateKey> {
    let mut scalar = Zeroizing::new([0; 32]);
    loop {
        getrandom::fill(&mut *scalar)?;
        // One in four thousand million is out of range.
        if let Ok(key) = PrivateKey::from_scalar(&scalar) {
            return Ok(key);
        }
    }
}

fn random_serial() -> Result<SerialNumber> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let [first, ..] = &mut bytes;
    *first = (*first & 0x7F) | 0x40;
    Ok(SerialNumber::new(&bytes)?)
}

fn configuration(options: &LabOptions) -> String {
    let mut text = format!(
        r#"listen = "{}"

[tls]
certificate = "server.pem"
key = "server.key"
client_ca = ["client-ca.pem"]
client_crl = ["client-ca.crl"]

[issuing]
ledger = "{}"
pai = "pai.pem"
paa = "paa.pem"
signer = "file:pai.key"
log_signer = "file:log.key"
declaration = "cd.der"
allow_test_declaration = true
onboarding_key = "onboarding.key"
"#,
        options.listen,
        options.ledger.as_deref().unwrap_or("sqlite:ledger.sqlite"),
    );
    if options.ledger.is_some() {
        text.push_str("ledger_key = \"ledger.key\"\n");
    }
    text.push_str("\n[identities]\nroots = [\"identity-ca.pem\"]\n");
    text.push_str(&format!("\n[[orders]]\nid = \"{}\"\nsold = \"sold.csv\"\n", Lab::ORDER));
    for (name, roles) in CLIENTS {
        // The debug format of a list of strings is valid TOML.
        text.push_str(&format!("\n[[clients]]\nname = \"{name}\"\nroles = {roles:?}\n"));
    }
    text.push_str(&format!("\n[limits]\n{}\n", options.limits));
    text
}
