//! The part of JSON Schema that the document uses.

use serde_json::{Map, Value};

/// Keywords without effect on validity.
const NOTES: [&str; 5] = ["description", "example", "default", "contentEncoding", "title"];

/// Resolves a reference.
pub(crate) fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    }
}

/// Returns the faults of a value under a schema.
pub(crate) fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(document, schema, value, "", &mut faults);
    faults
}

fn check(document: &Value, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    let schema = resolve(document, schema).as_object().unwrap();
    let number = |limit: &Value| limit.as_f64().unwrap();
    let count = |count: usize| f64::from(u32::try_from(count).unwrap());
    let length = |text: &str| count(text.chars().count());
    for (keyword, limit) in schema {
        let fits = match (keyword.as_str(), value) {
            ("type", _) => has_type(value, limit.as_str().unwrap()),
            ("enum", _) => limit.as_array().unwrap().contains(value),
            ("minimum", Value::Number(found)) => found.as_f64().unwrap() >= number(limit),
            ("maximum", Value::Number(found)) => found.as_f64().unwrap() <= number(limit),
            ("minLength", Value::String(text)) => length(text) >= number(limit),
            ("maxLength", Value::String(text)) => length(text) <= number(limit),
            ("pattern", Value::String(text)) => matches(limit.as_str().unwrap(), text),
            ("minItems", Value::Array(items)) => count(items.len()) >= number(limit),
            ("maxItems", Value::Array(items)) => count(items.len()) <= number(limit),
            ("required", Value::Object(found)) => limit
                .as_array()
                .unwrap()
                .iter()
                .all(|name| found.contains_key(name.as_str().unwrap())),
            ("additionalProperties", Value::Object(found)) => {
                assert_eq!(limit, &Value::Bool(false));
                found.keys().all(|name| properties(schema).contains_key(name))
            }
            ("items", Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    check(document, limit, item, &format!("{place}/{index}"), faults);
                }
                true
            }
            ("properties", Value::Object(found)) => {
                for (name, item) in found {
                    if let Some(schema) = limit.get(name) {
                        check(document, schema, item, &format!("{place}/{name}"), faults);
                    }
                }
                true
            }
            (
                "minimum"
                | "maximum"
                | "minLength"
                | "maxLength"
                | "pattern"
                | "minItems"
                | "maxItems"
                | "required"
                | "additionalProperties"
                | "items"
                | "properties",
                _,
            ) => true,
            (keyword, _) => {
                assert!(NOTES.contains(&keyword), "{keyword} is not understood here");
                true
            }
        };
        if !fits {
            faults.push(format!("{place}: {keyword} is {limit}, found {value}"));
        }
    }
}

fn properties(schema: &Map<String, Value>) -> &Map<String, Value> {
    schema["properties"].as_object().unwrap()
}

fn has_type(value: &Value, wanted: &str) -> bool {
    match wanted {
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        other => panic!("type {other} is not understood here"),
    }
}

const BASE64: &str =
    "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)$";

/// The patterns of the document, implemented by hand: the tests use no crate for them.
fn matches(pattern: &str, text: &str) -> bool {
    let all = |fits: fn(u8) -> bool| text.bytes().all(fits);
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    match pattern {
        "^[0-9a-f]{64}$" => text.len() == 64 && all(hexadecimal),
        "^[!-~]{1,64}$" => (1..=64).contains(&text.len()) && all(|byte| byte.is_ascii_graphic()),
        "^[a-z0-9-]+$" => {
            !text.is_empty() && all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        }
        "^[0-9]{11}$" => text.len() == 11 && all(|byte| byte.is_ascii_digit()),
        "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" => {
            text.starts_with(|first: char| first.is_ascii_alphanumeric()) && matches("^[A-Za-z0-9._-]{1,64}$", text)
        }
        "^[A-Za-z0-9._-]{1,64}$" => {
            (1..=64).contains(&text.len()) && all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        }
        "^MT:[0-9A-Z.-]{19,}$" => text.strip_prefix("MT:").is_some_and(|rest| {
            rest.len() >= 19
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b".-".contains(&byte))
        }),
        BASE64 => is_base64(text),
        other => panic!("pattern {other} is not understood here"),
    }
}

/// Base64 with padding, at least one group, unused bits zero.
fn is_base64(text: &str) -> bool {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    let (padding, unused) = match digits.len() % 4 {
        0 => (0, 1),
        2 => (2, 16),
        3 => (1, 4),
        _ => return false,
    };
    let values = digits
        .chars()
        .map(|digit| ALPHABET.find(digit))
        .collect::<Option<Vec<_>>>();
    values.is_some_and(|values| values.last().is_some_and(|last| last % unused == 0))
        && text.len() == digits.len() + padding
}
