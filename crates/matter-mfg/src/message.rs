use std::borrow::Cow;
use std::fmt;

use crate::Field;

/// A message for the operator that may name fields of a job.
///
/// `Display` writes the fields' own names; [`Message::with_names`] writes the caller's names, such as the options of a
/// command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Field(Field),
    Text(Cow<'static, str>),
}

impl From<&'static str> for Part {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Field> for Part {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}

impl From<&'static str> for Message {
    fn from(text: &'static str) -> Self {
        Self::new([text.into()])
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::new([text.into()])
    }
}

/// Converts the error of another library.
macro_rules! from_display {
    ($($type:ty),+ $(,)?) => {
        $(impl From<$type> for Message {
            fn from(text: $type) -> Self {
                text.to_string().into()
            }
        })+
    };
}
from_display!(
    fmt::Arguments<'_>,
    std::io::Error,
    esp_nvs_image::Error,
    esp_secure_cert::Error,
    matter_attestation::Error,
    matter_factory_data::Error,
    matter_spake2p::Error,
);

/// Builds a message from texts and fields.
macro_rules! message {
    ($($part:expr),+ $(,)?) => {
        $crate::message::Message::new([$($crate::message::Part::from($part)),+])
    };
}
pub(crate) use message;

impl Message {
    pub(crate) fn new(parts: impl Into<Vec<Part>>) -> Self {
        Self(parts.into())
    }

    /// Appends a text or a field.
    pub(crate) fn push(&mut self, part: impl Into<Part>) {
        self.0.push(part.into());
    }

    /// Appends another message.
    pub(crate) fn append(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Returns the message with the caller's names of fields.
    #[must_use]
    pub fn with_names(&self, names: impl Fn(Field) -> String) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Field(field) => names(*field).into(),
        });
        parts.collect()
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Field(field) => f.write_str(field.name()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_the_names_that_the_caller_gives_them() {
        let message = message!["needs ", Field::Key, format!(" for {} devices", 2)];
        assert_eq!(message.to_string(), "needs key for 2 devices");
        let names = |field: Field| format!("--{}", field.name());
        assert_eq!(message.with_names(names), "needs --key for 2 devices");
    }
}
