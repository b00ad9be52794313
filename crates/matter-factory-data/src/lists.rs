use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::text::{LabelText, ModeLabel};

/// A language tag such as `en-US` (BCP 47), at most 35 characters (Matter Core Specification 11.3).
///
/// # Examples
///
/// ```
/// use matter_factory_data::Locale;
///
/// let locales = ["en-US", "de"].map(|tag| tag.parse::<Locale>());
/// assert!(locales.iter().all(Result::is_ok));
/// assert!("en_US".parse::<Locale>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Locale(String);

impl Locale {
    /// The maximum number of characters.
    pub const MAX_LEN: usize = 35;

    /// Accepts one to eight letters, followed by groups of one to eight letters or digits separated by hyphens.
    ///
    /// # Errors
    ///
    /// [`Error::Locale`].
    pub fn new(text: &str) -> Result<Self, Error> {
        let mut groups = text.split('-');
        let language = groups
            .next()
            .is_some_and(|group| group.bytes().all(|b| b.is_ascii_alphabetic()));
        let shape = text
            .split('-')
            .all(|group| (1..=8).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_alphanumeric()));
        if language && shape && text.len() <= Self::MAX_LEN {
            Ok(Self(text.into()))
        } else {
            Err(Error::Locale)
        }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Locale {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An entry of the Fixed Label cluster on an endpoint (Matter Core Specification 9.8).
///
/// # Examples
///
/// ```
/// use matter_factory_data::FixedLabel;
///
/// let label = FixedLabel { endpoint: 1, label: "orientation".parse()?, value: "up".parse()? };
/// assert_eq!(label.value.as_str(), "up");
/// # Ok::<(), matter_factory_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FixedLabel {
    /// The endpoint.
    pub endpoint: u16,
    /// The label, such as `orientation`.
    pub label: LabelText,
    /// Its value, such as `up`.
    pub value: LabelText,
}

/// A mode of the Mode Select cluster on an endpoint (Matter Application Cluster Specification 1.9).
///
/// # Examples
///
/// ```
/// use matter_factory_data::{SemanticTag, SupportedMode};
///
/// let mode = SupportedMode {
///     endpoint: 1,
///     mode: 0,
///     label: "Rapid".parse()?,
///     semantic_tags: vec![SemanticTag { mfg_code: 0, value: 1 }],
/// };
/// assert_eq!(mode.label.as_str(), "Rapid");
/// # Ok::<(), matter_factory_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SupportedMode {
    /// The endpoint.
    pub endpoint: u16,
    /// The mode's number.
    pub mode: u8,
    /// The label shown to users.
    pub label: ModeLabel,
    /// The machine-readable meaning of the mode.
    pub semantic_tags: Vec<SemanticTag>,
}

/// A semantic tag of a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SemanticTag {
    /// The manufacturer code of the tag, 0 for standard tags.
    pub mfg_code: u16,
    /// The tag.
    pub value: u16,
}
