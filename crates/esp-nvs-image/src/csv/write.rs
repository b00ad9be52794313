use alloc::string::String;
use core::fmt::Write;

use crate::decode::{Entry, StoredValue};
use crate::error::Error;

/// Writes entries as a CSV file that [`crate::encode_csv`] and the generator read; blobs become hexadecimal digits.
///
/// # Errors
///
/// [`Error::StringHasCarriageReturn`]: reading the file turns carriage returns into line feeds.
pub fn to_csv(entries: &[Entry<'_>]) -> Result<String, Error> {
    let mut text = String::from("key,type,encoding,value\n");
    let mut current = None;
    for entry in entries {
        if current != Some(entry.namespace) {
            cell(&mut text, entry.namespace.as_str());
            text.push_str(",namespace,,\n");
            current = Some(entry.namespace);
        }
        cell(&mut text, entry.key.as_str());
        value(&mut text, entry)?;
        text.push('\n');
    }
    Ok(text)
}

/// The columns type, encoding and value. Writing to a string does not fail.
fn value(text: &mut String, entry: &Entry<'_>) -> Result<(), Error> {
    let _ = match &entry.value {
        StoredValue::U8(v) => write!(text, ",data,u8,{v}"),
        StoredValue::I8(v) => write!(text, ",data,i8,{v}"),
        StoredValue::U16(v) => write!(text, ",data,u16,{v}"),
        StoredValue::I16(v) => write!(text, ",data,i16,{v}"),
        StoredValue::U32(v) => write!(text, ",data,u32,{v}"),
        StoredValue::I32(v) => write!(text, ",data,i32,{v}"),
        StoredValue::U64(v) => write!(text, ",data,u64,{v}"),
        StoredValue::I64(v) => write!(text, ",data,i64,{v}"),
        // The shortest digits that read back to the same number.
        StoredValue::Float(v) => write!(text, ",data,float,{v:?}"),
        StoredValue::Double(v) => write!(text, ",data,double,{v:?}"),
        StoredValue::Str(v) => {
            if v.contains('\r') {
                return Err(Error::StringHasCarriageReturn { key: entry.key });
            }
            text.push_str(",data,string,");
            cell(text, v);
            Ok(())
        }
        StoredValue::Blob(blob) => {
            text.push_str(",data,hex2bin,");
            blob.chunks().flatten().try_for_each(|byte| write!(text, "{byte:02x}"))
        }
    };
    Ok(())
}

/// A cell, in quotes where a reader would take it for something else: also before a `#`, which begins a comment.
fn cell(text: &mut String, contents: &str) {
    if contents.contains(['"', ',', '\n', '\r']) || contents.starts_with('#') {
        text.push('"');
        for character in contents.chars() {
            if character == '"' {
                text.push('"');
            }
            text.push(character);
        }
        text.push('"');
    } else {
        text.push_str(contents);
    }
}
