//! A JSON object with a long list as one member: yields the list's elements one by one, and the other members.

use std::io::{self, Read};

use zeroize::Zeroizing;

use crate::list_bytes::{ListBytes, push, too_long};

/// A member of the object, or an element of the list.
pub(crate) enum JsonPart<'t> {
    Element(&'t [u8]),
    Member(&'t str, &'t [u8]),
}

/// The start of a part: line and column.
pub(crate) type TextPlace = (usize, usize);

/// Error when an object cannot be read.
pub(crate) enum ListFault {
    /// It cannot be read at present.
    Unreadable(io::Error),
    /// It is malformed.
    Malformed(String),
}

impl From<io::Error> for ListFault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::InvalidData {
            Self::Malformed(error.to_string())
        } else {
            Self::Unreadable(error)
        }
    }
}

/// Reads the object, whose member `list` is the long one, and returns whether that exists. The caller checks the
/// contents of each part.
pub(crate) fn read<R: Read>(
    bytes: &mut ListBytes<R>,
    list: &str,
    mut take: impl FnMut(JsonPart<'_>, TextPlace) -> Result<(), String>,
) -> Result<bool, ListFault> {
    let mut text = Zeroizing::new(Vec::new());
    expect(bytes, b'{')?;
    let (mut is_first, mut has_list) = (true, false);
    loop {
        match bytes.skip_blank()? {
            Some(b'}') if is_first => break,
            Some(b'"') => {}
            _ => return Err(no_json(bytes)?),
        }
        value(bytes, &mut text)?;
        let name =
            serde_json::from_slice::<String>(&text).map_err(|_| ListFault::Malformed(place(bytes, "invalid JSON")))?;
        expect(bytes, b':')?;
        if bytes.skip_blank()? == Some(b'[') && name == list {
            has_list = true;
            elements(bytes, &mut text, &mut take)?;
        } else {
            let start = (bytes.line, bytes.column);
            value(bytes, &mut text)?;
            take(JsonPart::Member(&name, &text), start).map_err(ListFault::Malformed)?;
        }
        is_first = false;
        match bytes.skip_blank()? {
            Some(b',') => bytes.skip(),
            Some(b'}') => break,
            _ => return Err(no_json(bytes)?),
        }
    }
    bytes.skip();
    match bytes.skip_blank()? {
        None => Ok(has_list),
        Some(_) => Err(no_json(bytes)?),
    }
}

fn elements<R: Read>(
    bytes: &mut ListBytes<R>,
    text: &mut Zeroizing<Vec<u8>>,
    take: &mut impl FnMut(JsonPart<'_>, TextPlace) -> Result<(), String>,
) -> Result<(), ListFault> {
    expect(bytes, b'[')?;
    let mut is_first = true;
    loop {
        if bytes.skip_blank()? == Some(b']') && is_first {
            break;
        }
        is_first = false;
        let start = (bytes.line, bytes.column);
        value(bytes, text)?;
        take(JsonPart::Element(text), start).map_err(ListFault::Malformed)?;
        match bytes.skip_blank()? {
            Some(b',') => bytes.skip(),
            Some(b']') => break,
            _ => return Err(no_json(bytes)?),
        }
    }
    bytes.skip();
    Ok(())
}

/// Reads the text of a value, delimited by brackets and strings.
fn value<R: Read>(bytes: &mut ListBytes<R>, text: &mut Zeroizing<Vec<u8>>) -> Result<(), ListFault> {
    text.clear();
    let (mut depth, mut in_string, mut is_escaped) = (0usize, false, false);
    while let Some(byte) = bytes.peek()? {
        let is_end = match byte {
            _ if is_escaped => {
                is_escaped = false;
                false
            }
            b'\\' if in_string => {
                is_escaped = true;
                false
            }
            b'"' => {
                in_string = !in_string;
                depth == 0 && !in_string
            }
            _ if in_string => false,
            b'[' | b'{' => {
                depth += 1;
                false
            }
            b']' | b'}' | b',' if depth == 0 => break,
            b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => break,
            b']' | b'}' => {
                depth -= 1;
                depth == 0
            }
            _ => false,
        };
        if push(text, byte).is_err() {
            return Err(ListFault::Malformed(place(bytes, &too_long().to_string())));
        }
        bytes.skip();
        if is_end {
            break;
        }
    }
    Ok(())
}

fn expect<R: Read>(bytes: &mut ListBytes<R>, byte: u8) -> Result<(), ListFault> {
    if bytes.skip_blank()? != Some(byte) {
        return Err(no_json(bytes)?);
    }
    bytes.skip();
    Ok(())
}

fn no_json<R: Read>(bytes: &mut ListBytes<R>) -> Result<ListFault, ListFault> {
    let what = if bytes.peek()?.is_none() {
        "it ends prematurely"
    } else {
        "invalid JSON"
    };
    Ok(ListFault::Malformed(place(bytes, what)))
}

fn place<R>(bytes: &ListBytes<R>, what: &str) -> String {
    format!("{what} at line {}, column {}", bytes.line, bytes.column)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    type Members = Vec<(String, Value)>;

    /// Returns the members without the list, and its elements; `None` for invalid JSON.
    fn parts(text: &[u8]) -> Option<(Members, Vec<Value>)> {
        let (mut members, mut elements) = (Vec::new(), Vec::new());
        let read = read(&mut ListBytes::new(text), "devices", |part, _| {
            let wrong = |error: serde_json::Error| error.to_string();
            match part {
                JsonPart::Element(text) => elements.push(serde_json::from_slice(text).map_err(wrong)?),
                JsonPart::Member(name, text) => {
                    members.push((name.into(), serde_json::from_slice(text).map_err(wrong)?))
                }
            }
            Ok(())
        });
        read.is_ok().then_some((members, elements))
    }

    fn check(text: &[u8]) {
        match (serde_json::from_slice::<Value>(text), parts(text)) {
            (Ok(Value::Object(mut object)), Some((members, elements))) => {
                let list = object.remove("devices").unwrap_or_default();
                assert_eq!(list.as_array().cloned().unwrap_or_default(), elements);
                for (name, value) in object {
                    assert!(
                        members.iter().any(|member| member.0 == name && member.1 == value),
                        "{name}"
                    );
                }
            }
            (Ok(Value::Object(_)), None) => panic!("an object that is not read: {}", String::from_utf8_lossy(text)),
            (_, found) => assert!(found.is_none(), "{}", String::from_utf8_lossy(text)),
        }
    }

    #[test]
    fn objects_are_read_as_serde_json_reads_them() {
        for text in [
            r#"{"run":"a","devices":[{"a":"]}\"\\"},{"b":[1,{}]}],"test":true}"#,
            "{\n \"devices\" : [ ] , \"x\" : -1.5e3 }\n",
            r#"{"devices":[1,2,"a",null,[],{}]}"#,
            r#"{"dev\u0069ces":[1]}"#,
            "{}",
            " { } ",
            "",
            "[]",
            "{",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"devices":[1,]}"#,
            r#"{"devices":[,]}"#,
            r#"{"devices":[1 2]}"#,
            r#"{"devices":[1}"#,
            r#"{"devices":["a]}"#,
            r#"{"devices":[{]}]}"#,
            r#"{"a":1}x"#,
            r#"{"a":1}{}"#,
            r#"{1:2}"#,
        ] {
            check(text.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn accepted_text_is_valid_for_serde_json(text in r#"[\[\]{},:"\\ a1\n]{0,24}"#) {
            let text = format!(r#"{{"devices":[{text}]}}"#);
            // Duplicate names are not covered by this test.
            if text.matches("devices").count() == 1 {
                check(text.as_bytes());
            }
        }
    }
}
