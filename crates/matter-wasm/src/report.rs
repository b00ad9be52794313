//! What the page shows. Nothing in here is secret: what is, has an id in its place, for [`Inspector::reveal`](crate::Inspector::reveal).

use matter_factory_data::{Finding, Severity};
use serde::Serialize;

/// All that there is to show of one device.
#[derive(Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The files, in the order in which they were given.
    pub files: Vec<FileSummary>,
    /// What all the files together are.
    pub title: String,
    /// What was found, the worst first.
    pub problems: Vec<FoundProblem>,
    /// How many errors, warnings and notes there are among them.
    pub counts: [usize; 3],
    /// What the files say, decoded.
    pub facts: Vec<FactGroup>,
    /// The label, if there is a code for one.
    pub label: Option<LabelSummary>,
    /// The certificate chain from the root down; nothing without a certificate.
    pub chain: Vec<CertificateNode>,
    /// The pages of the NVS partition.
    pub nvs: Option<NvsMap>,
    /// The records of the `esp_secure_cert` partition.
    pub secure_cert: Vec<SecureCertRecord>,
    /// The flash that a dump shows.
    pub flash: Option<FlashSummary>,
}

/// A file, and what it was taken for.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct FileSummary {
    /// Its name.
    pub name: String,
    /// What it is, in words.
    pub what: String,
    /// How long it is, in bytes.
    pub size: usize,
    /// Whether the audit looks into it.
    pub is_known: bool,
}

/// One thing that the audit found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FoundProblem {
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// The stable name of the check.
    pub id: String,
    /// What it is about.
    pub object: String,
    /// One sentence.
    pub text: String,
    /// What to do about it, where something can be done.
    pub remedy: Option<String>,
    /// The result with which a commissioner built on the Matter SDK ends for this reason.
    pub sdk: Option<String>,
}

impl FoundProblem {
    /// Returns the finding of a library as it is shown.
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

    /// Its place in the list: the worst comes first.
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

/// A text with a capital in front and a full stop behind it.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let mut sentence: String = first.into_iter().chain(letters).collect();
    if !sentence.is_empty() && !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// Facts that belong together.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct FactGroup {
    /// What they are about.
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
    /// The value; empty where it is secret.
    pub value: String,
    /// By what the value is revealed, where it is secret.
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

/// What can be said of a label without its codes.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct LabelSummary {
    /// By what it is revealed: the label shows the passcode.
    pub secret: &'static str,
    /// Whether it can be drawn: not from a manual code alone, which does not have the whole discriminator.
    pub is_drawable: bool,
    /// Where the codes come from.
    pub source: String,
}

/// A certificate in its chain.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct CertificateNode {
    /// `PAA`, `PAI` or `DAC`.
    pub role: &'static str,
    /// Where it comes from; nothing when it is missing.
    pub source: Option<String>,
    /// The common name of the subject.
    pub name: Option<String>,
    /// What else it says.
    pub facts: Vec<Fact>,
    /// Whether it is valid at the time of the audit: `valid`, `expired`, `not yet valid`.
    pub validity: Option<&'static str>,
    /// How it fits to the certificate above it.
    pub link: Link,
}

/// How a certificate fits to the one above it.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Link {
    /// `ok`, `bad`, or `unknown` without that certificate.
    pub state: &'static str,
    /// The same in words.
    pub text: String,
}

/// An NVS partition as pages of slots.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct NvsMap {
    /// Its name: a file, or a partition of a dump.
    pub source: String,
    /// Whether the entries were decrypted.
    pub is_decrypted: bool,
    /// The pages as they lie in the image.
    pub pages: Vec<MapPage>,
    /// The entries as they lie in the image.
    pub entries: Vec<MapEntry>,
    /// Slots in all, written, erased, and free.
    pub slots: [usize; 4],
}

/// A page of 126 slots.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct MapPage {
    /// Where it starts.
    pub offset: usize,
    /// `active`, `full`, `freeing`, `empty` or `corrupt`.
    pub state: &'static str,
    /// The sequence number.
    pub sequence: Option<u32>,
    /// A letter for each slot: `w` written, `x` erased, `.` empty, `!` with a fault.
    pub slots: String,
}

/// An entry, and the slots that it takes.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct MapEntry {
    /// The number of the page in the image.
    pub page: usize,
    /// The first slot.
    pub slot: usize,
    /// How many slots.
    pub span: usize,
    /// The namespace; nothing in the table of namespaces.
    pub namespace: Option<String>,
    /// The key.
    pub key: String,
    /// The type.
    pub kind: &'static str,
    /// The value; empty where it is secret.
    pub value: String,
    /// By what the value is revealed, where it is secret.
    pub secret: Option<String>,
}

/// A record of an `esp_secure_cert` partition.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct SecureCertRecord {
    /// Where it starts.
    pub offset: usize,
    /// The type.
    pub kind: String,
    /// The subtype.
    pub subtype: u8,
    /// How the data is kept.
    pub storage: String,
    /// How many bytes of data there are.
    pub len: usize,
    /// Whether its checksum is right.
    pub is_sound: bool,
    /// What it is for.
    pub meaning: String,
}

/// A flash, and what is in it.
#[derive(Debug, Default, Serialize)]
#[non_exhaustive]
pub struct FlashSummary {
    /// Bytes of the dump.
    pub size: usize,
    /// Where its partition table is.
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
    /// `app`, `nvs`, `keys`, `cert` or `other`: what it is drawn as.
    pub class: &'static str,
    /// Where it starts.
    pub offset: u32,
    /// How many bytes it has.
    pub size: u32,
    /// What is in it.
    pub content: String,
}
