//! The contents of the page. It contains no secrets: each is replaced by an id for
//! [`Inspector::reveal`](crate::Inspector::reveal).

use matter_factory_data::{Finding, Severity};
use serde::Serialize;

/// The report about one device.
#[derive(Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The files, in the order in which they were added.
    pub files: Vec<FileSummary>,
    /// A title for all files together.
    pub title: String,
    /// The findings, the worst first.
    pub problems: Vec<FoundProblem>,
    /// The numbers of errors, warnings and notes.
    pub counts: [usize; 3],
    /// The decoded contents of the files.
    pub facts: Vec<FactGroup>,
    /// The label, if there is a code for it.
    pub label: Option<LabelSummary>,
    /// The certificate chain from the root down; empty without certificates.
    pub chain: Vec<CertificateNode>,
    /// The pages of the NVS partition.
    pub nvs: Option<NvsMap>,
    /// The records of the `esp_secure_cert` partition.
    pub secure_cert: Vec<SecureCertRecord>,
    /// The flash of a dump.
    pub flash: Option<FlashSummary>,
}

/// A file with its kind.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct FileSummary {
    /// Its name.
    pub name: String,
    /// Its kind in words.
    pub what: String,
    /// Its size in bytes.
    pub size: usize,
    /// Whether the audit uses it.
    pub is_known: bool,
}

/// A finding of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FoundProblem {
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// The stable name of the check.
    pub id: String,
    /// The audited object.
    pub object: String,
    /// One sentence.
    pub text: String,
    /// The remedy, if there is one.
    pub remedy: Option<String>,
    /// The result of a commissioner based on the Matter SDK, if it fails for this reason.
    pub sdk: Option<String>,
}

impl FoundProblem {
    /// Converts a finding of a library for display.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        Self {
            severity: finding.severity.name(),
            id: finding.check.to_string(),
            object: finding.object.clone(),
            text: sentence(&finding.text),
            remedy: finding.remedy.map(sentence),
            sdk: finding.sdk_code.map(|code| code.to_string()),
        }
    }

    /// Returns the sort key: the worst comes first.
    pub(crate) fn rank(&self) -> u8 {
        match self.severity {
            "error" => 0,
            "warning" => 1,
            _ => 2,
        }
    }

    pub(crate) fn new(severity: Severity, id: &str, object: &str, text: &str) -> Self {
        Self {
            severity: severity.name(),
            id: id.into(),
            object: object.into(),
            text: sentence(text),
            remedy: None,
            sdk: None,
        }
    }
}

/// Capitalizes a text and appends a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let mut sentence: String = first.into_iter().chain(letters).collect();
    if !sentence.is_empty() && !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// A group of facts.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct FactGroup {
    /// The title of the group.
    pub name: String,
    /// The facts.
    pub facts: Vec<Fact>,
}

/// A name and its value.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Fact {
    /// The name.
    pub name: String,
    /// The value; empty if it is secret.
    pub value: String,
    /// The id for revealing a secret value.
    pub secret: Option<String>,
}

impl Fact {
    pub(crate) fn new(name: &str, value: impl ToString) -> Self {
        Self {
            name: name.into(),
            value: value.to_string(),
            secret: None,
        }
    }

    pub(crate) fn secret(name: &str, id: &str) -> Self {
        Self {
            name: name.into(),
            value: String::new(),
            secret: Some(id.into()),
        }
    }
}

/// The public information about a label.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct LabelSummary {
    /// The id for revealing the label, which shows the passcode.
    pub secret: &'static str,
    /// Whether the label can be drawn; a manual code alone does not contain the whole
    /// discriminator.
    pub is_drawable: bool,
    /// The source of the codes.
    pub source: String,
}

/// A certificate in its chain.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct CertificateNode {
    /// `PAA`, `PAI` or `DAC`.
    pub role: &'static str,
    /// The source; `None` if the certificate is missing.
    pub source: Option<String>,
    /// The common name of the subject.
    pub name: Option<String>,
    /// Further contents.
    pub facts: Vec<Fact>,
    /// The validity at the time of the audit: `valid`, `expired`, `not yet valid`.
    pub validity: Option<&'static str>,
    /// The relation to the issuer's certificate.
    pub link: Link,
}

/// The relation of a certificate to its issuer's.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Link {
    /// `ok`, `bad`, or `unknown` without the issuer's certificate.
    pub state: &'static str,
    /// The relation in words.
    pub text: String,
}

/// An NVS partition as pages of slots.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct NvsMap {
    /// The name of the file, or of the partition in a dump.
    pub source: String,
    /// Whether the entries were decrypted.
    pub is_decrypted: bool,
    /// The pages in flash order.
    pub pages: Vec<MapPage>,
    /// The entries in flash order.
    pub entries: Vec<MapEntry>,
    /// The numbers of all, written, erased and free slots.
    pub slots: [usize; 4],
}

/// A page of 126 slots.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct MapPage {
    /// The offset of the page.
    pub offset: usize,
    /// `active`, `full`, `freeing`, `empty` or `corrupt`.
    pub state: &'static str,
    /// The sequence number.
    pub sequence: Option<u32>,
    /// One character for each slot: `w` written, `x` erased, `.` empty, `!` faulty.
    pub slots: String,
}

/// An entry with its slots.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct MapEntry {
    /// The number of the page in the image.
    pub page: usize,
    /// The first slot.
    pub slot: usize,
    /// The number of slots.
    pub span: usize,
    /// The namespace; `None` in the table of namespaces.
    pub namespace: Option<String>,
    /// The key.
    pub key: String,
    /// The type.
    pub kind: &'static str,
    /// The value; empty if it is secret.
    pub value: String,
    /// The id for revealing a secret value.
    pub secret: Option<String>,
}

/// A record of an `esp_secure_cert` partition.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct SecureCertRecord {
    /// The offset of the record.
    pub offset: usize,
    /// The type.
    pub kind: String,
    /// The subtype.
    pub subtype: u8,
    /// The storage of the data.
    pub storage: String,
    /// The length of the data in bytes.
    pub len: usize,
    /// Whether the checksum is correct.
    pub is_sound: bool,
    /// The purpose of the record.
    pub meaning: String,
}

/// A flash with its partitions.
#[derive(Debug, Default, Serialize)]
#[non_exhaustive]
pub struct FlashSummary {
    /// The size of the dump in bytes.
    pub size: usize,
    /// The offset of the partition table.
    pub table_offset: usize,
    /// The partitions in the order of their addresses.
    pub partitions: Vec<PartitionSummary>,
}

/// A partition.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct PartitionSummary {
    /// Its label.
    pub label: String,
    /// Type and subtype.
    pub kind: String,
    /// The class for drawing: `app`, `nvs`, `keys`, `cert` or `other`.
    pub class: &'static str,
    /// The offset of the partition.
    pub offset: u32,
    /// The size in bytes.
    pub size: u32,
    /// The contents in words.
    pub content: String,
}
