use std::fmt;
use std::str::FromStr;

use matter_factory_data::{FixedLabel, SemanticTag, SupportedMode};

use crate::ParseError;

/// The host of an MQTT broker, which the RainMaker firmware reads.
///
/// # Examples
///
/// ```
/// use matter_mfg::MqttHost;
///
/// let host: MqttHost = "mqtt.example.com".parse()?;
/// assert_eq!(host.as_str(), "mqtt.example.com");
/// # Ok::<(), matter_mfg::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttHost(String);

impl MqttHost {
    /// Maximum length of a host name (RFC 1035).
    pub const MAX_LEN: usize = 253;

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MqttHost {
    type Err = ParseError;

    /// Reads 1 to 253 visible ASCII characters.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        if (1..=Self::MAX_LEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.into()))
        } else {
            Err(ParseError::new("not 1 to 253 visible ASCII characters"))
        }
    }
}

impl fmt::Display for MqttHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads `ENDPOINT/LABEL/VALUE`, the reference tool's spelling of fixed labels.
///
/// # Errors
///
/// [`ParseError`] with the expected form.
///
/// # Examples
///
/// ```
/// let label = matter_mfg::parse_fixed_label("1/orientation/up")?;
/// assert_eq!((label.endpoint, label.value.as_str()), (1, "up"));
/// # Ok::<(), matter_mfg::ParseError>(())
/// ```
pub fn parse_fixed_label(text: &str) -> Result<FixedLabel, ParseError> {
    const FORM: ParseError = ParseError::new(
        "not ENDPOINT/LABEL/VALUE with an endpoint of 0 to 65534 and texts of 1 to 16 bytes without a slash",
    );
    let parts = text.split('/').collect::<Vec<_>>();
    let [endpoint, label, value] = parts[..] else {
        return Err(FORM);
    };
    Ok(FixedLabel {
        endpoint: parse_endpoint(endpoint).ok_or(FORM)?,
        label: label.parse().map_err(|_| FORM)?,
        value: value.parse().map_err(|_| FORM)?,
    })
}

/// Reads `MODE/LABEL/ENDPOINT`, optionally followed by `/VALUE\MANUFACTURER, VALUE\MANUFACTURER`, the reference tool's
/// spelling of supported modes: manufacturer codes are hexadecimal, with or without `0x`.
///
/// # Errors
///
/// [`ParseError`] with the expected form.
///
/// # Examples
///
/// ```
/// let mode = matter_mfg::parse_supported_mode(r"0/Rapid/1/1\FFF1")?;
/// assert_eq!((mode.mode, mode.semantic_tags[0].mfg_code), (0, 0xFFF1));
/// # Ok::<(), matter_mfg::ParseError>(())
/// ```
pub fn parse_supported_mode(text: &str) -> Result<SupportedMode, ParseError> {
    const FORM: ParseError = ParseError::new(
        "not MODE/LABEL/ENDPOINT or MODE/LABEL/ENDPOINT/VALUE\\MANUFACTURER, VALUE\\MANUFACTURER with a \
                        mode of 0 to 255, a label of 1 to 64 bytes without a slash, an endpoint of 0 to 65534, values of \
                        0 to 65535 and manufacturers of 0 to 0xFFFF in hexadecimal",
    );
    let parts = text.split('/').collect::<Vec<_>>();
    let (mode, label, endpoint, tags) = match parts[..] {
        [mode, label, endpoint] => (mode, label, endpoint, None),
        [mode, label, endpoint, tags] => (mode, label, endpoint, Some(tags)),
        _ => return Err(FORM),
    };
    let tags = tags.map(|tags| {
        // Some shells leave the quotes of the documented example in place.
        let bare = tags
            .strip_prefix('"')
            .and_then(|tags| tags.strip_suffix('"'))
            .unwrap_or(tags);
        bare.split(',')
            .map(|tag| parse_tag(tag.trim()))
            .collect::<Option<Vec<_>>>()
    });
    Ok(SupportedMode {
        endpoint: parse_endpoint(endpoint).ok_or(FORM)?,
        mode: parse_decimal(mode)
            .and_then(|mode| u8::try_from(mode).ok())
            .ok_or(FORM)?,
        label: label.parse().map_err(|_| FORM)?,
        semantic_tags: tags.map_or(Some(Vec::new()), |tags| tags).ok_or(FORM)?,
    })
}

fn parse_tag(text: &str) -> Option<SemanticTag> {
    let (value, code) = text.split_once('\\')?;
    let digits = code
        .strip_prefix("0x")
        .or_else(|| code.strip_prefix("0X"))
        .unwrap_or(code);
    let hexadecimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some(SemanticTag {
        value: u16::try_from(parse_decimal(value)?).ok()?,
        mfg_code: hexadecimal.then(|| u16::from_str_radix(digits, 16).ok()).flatten()?,
    })
}

/// Endpoint 0xFFFF means "none" in the data model.
fn parse_endpoint(text: &str) -> Option<u16> {
    let endpoint = u16::try_from(parse_decimal(text)?).ok()?;
    (endpoint != u16::MAX).then_some(endpoint)
}

fn parse_decimal(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_with_decimal_endpoints_and_full_length() {
        let label = parse_fixed_label("0/orientation/up").unwrap();
        assert_eq!(
            (label.endpoint, label.label.as_str(), label.value.as_str()),
            (0, "orientation", "up")
        );
        let longest = parse_fixed_label("01/sixteen bytes ok/sixteen bytes ok").unwrap();
        assert_eq!((longest.endpoint, longest.label.as_str().len()), (1, 16));
        for text in [
            "",
            "0/a",
            "0/a/b/c",
            "a/a/b",
            "-1/a/b",
            "0x1/a/b",
            "65535/a/b",
            "0//b",
            "0/a/seventeen bytes !!",
        ] {
            assert!(parse_fixed_label(text).is_err(), "{text}");
        }
    }

    #[test]
    fn modes_are_read_with_and_without_tags() {
        let mode = parse_supported_mode("0/label1/1").unwrap();
        assert_eq!((mode.mode, mode.label.as_str(), mode.endpoint), (0, "label1", 1));
        assert!(mode.semantic_tags.is_empty());
        for text in [r"3/x/2/1\0x8000, 2\fff1", r#"3/x/2/"1\8000,2\0xFFF1""#] {
            let tags = parse_supported_mode(text).unwrap().semantic_tags;
            let tags = tags.iter().map(|tag| (tag.value, tag.mfg_code)).collect::<Vec<_>>();
            assert_eq!(tags, [(1, 0x8000), (2, 0xFFF1)], "{text}");
        }
        for text in [
            "",
            "0",
            "0/x",
            "256/x/1",
            "0//1",
            "0/x/y",
            "0/x/1/",
            "0/x/1/1",
            r"0/x/1/1\",
            r"0/x/1/1\10000",
            r"0/x/1/65536\1",
        ] {
            assert!(parse_supported_mode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hosts_are_visible_ascii() {
        assert!("mqtt.rainmaker.espressif.com".parse::<MqttHost>().is_ok());
        assert!("a".repeat(253).parse::<MqttHost>().is_ok());
        for text in [
            String::new(),
            "a b".into(),
            "\u{e4}".into(),
            "a\n".into(),
            "a".repeat(254),
        ] {
            assert!(text.parse::<MqttHost>().is_err());
        }
    }
}
