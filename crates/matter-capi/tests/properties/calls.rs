//! Any sequence of calls on a list, including NULL and any lengths -> no panic, and errors only as
//! numbers.
use std::ffi::c_char;
use std::ptr;

use crate::support::{check, message, text, written};
use arbitrary::{Arbitrary, Unstructured};
use matter_capi::*;

#[derive(Arbitrary, Debug)]
enum Value<'a> {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    U64(u64),
    I64(i64),
    Float(f32),
    Double(f64),
    Str(Option<&'a [u8]>),
    Blob(&'a [u8]),
    LongBlob(u32),
    NullBlob(usize),
}

#[derive(Arbitrary, Debug)]
enum Call<'a> {
    Set(Option<&'a [u8]>, Option<&'a [u8]>, Value<'a>),
    Get(Option<&'a [u8]>, Option<&'a [u8]>),
    Remove(Option<&'a [u8]>, Option<&'a [u8]>),
    Entry(usize),
    NeededSize(i8),
    Encode(u8, i8),
    Crypt(&'a [u8], &'a [u8]),
    Verifier(u32, u8, &'a [u8]),
    ErrorName(i32),
}

struct Name(Option<Vec<u8>>);

impl Name {
    fn new(bytes: &Option<&[u8]>) -> Self {
        Self(bytes.map(text))
    }

    fn pointer(&self) -> *const c_char {
        self.0.as_ref().map_or(ptr::null(), |text| text.as_ptr().cast())
    }
}

fn set(nvs: *mut MatterNvs, namespace: *const c_char, key: *const c_char, value: &Value<'_>) {
    let mut note = message();
    let to = &mut note;
    let error = unsafe {
        match value {
            Value::U8(v) => matter_nvs_set_u8(nvs, namespace, key, *v, to),
            Value::I8(v) => matter_nvs_set_i8(nvs, namespace, key, *v, to),
            Value::U16(v) => matter_nvs_set_u16(nvs, namespace, key, *v, to),
            Value::I16(v) => matter_nvs_set_i16(nvs, namespace, key, *v, to),
            Value::U32(v) => matter_nvs_set_u32(nvs, namespace, key, *v, to),
            Value::I32(v) => matter_nvs_set_i32(nvs, namespace, key, *v, to),
            Value::U64(v) => matter_nvs_set_u64(nvs, namespace, key, *v, to),
            Value::I64(v) => matter_nvs_set_i64(nvs, namespace, key, *v, to),
            Value::Float(v) => matter_nvs_set_float(nvs, namespace, key, *v, to),
            Value::Double(v) => matter_nvs_set_double(nvs, namespace, key, *v, to),
            Value::Str(v) => matter_nvs_set_str(nvs, namespace, key, Name::new(v).pointer(), to),
            Value::Blob(v) => matter_nvs_set_blob(nvs, namespace, key, v.as_ptr(), v.len(), to),
            Value::LongBlob(len) => {
                let blob = vec![0x5A; (*len % 600_000) as usize];
                matter_nvs_set_blob(nvs, namespace, key, blob.as_ptr(), blob.len(), to)
            }
            Value::NullBlob(len) => matter_nvs_set_blob(nvs, namespace, key, ptr::null(), *len, to),
        }
    };
    check(error, &note);
}

fn get(nvs: *const MatterNvs, namespace: *const c_char, key: *const c_char) {
    let (mut u8, mut i16, mut f64, mut note) = (0, 0, 0.0, message());
    unsafe {
        check(matter_nvs_get_u8(nvs, namespace, key, &mut u8, &mut note), &note);
        check(matter_nvs_get_i16(nvs, namespace, key, &mut i16, &mut note), &note);
        check(matter_nvs_get_double(nvs, namespace, key, &mut f64, &mut note), &note);
        let _ = written(|to, len, told, note| matter_nvs_get_str(nvs, namespace, key, to.cast(), len, told, note));
        let _ = written(|to, len, told, note| matter_nvs_get_blob(nvs, namespace, key, to, len, told, note));
    }
}

pub(crate) fn check_bytes(data: &[u8]) {
    let Ok(calls) = Vec::<Call<'_>>::arbitrary_take_rest(Unstructured::new(data)) else {
        return;
    };
    let mut nvs = ptr::null_mut();
    assert_eq!(unsafe { matter_nvs_new(&mut nvs, ptr::null_mut()) }, MatterError::None);
    for call in calls.iter().take(64) {
        let mut note = message();
        match call {
            Call::Set(namespace, key, value) => {
                set(nvs, Name::new(namespace).pointer(), Name::new(key).pointer(), value);
            }
            Call::Get(namespace, key) => get(nvs, Name::new(namespace).pointer(), Name::new(key).pointer()),
            Call::Remove(namespace, key) => {
                let (namespace, key) = (Name::new(namespace), Name::new(key));
                check(
                    unsafe { matter_nvs_remove(nvs, namespace.pointer(), key.pointer(), &mut note) },
                    &note,
                );
            }
            Call::Entry(index) => {
                let mut entry = MatterNvsEntry {
                    name_space: [1; 16],
                    key: [1; 16],
                    kind: MatterNvsKind::Other,
                    len: 0,
                };
                check(unsafe { matter_nvs_entry(nvs, *index, &mut entry, &mut note) }, &note);
            }
            Call::NeededSize(version) => {
                let mut size = 0;
                check(
                    unsafe { matter_nvs_needed_size(nvs, (*version).into(), &mut size, &mut note) },
                    &note,
                );
            }
            Call::Encode(pages, version) => {
                let size = u32::from(*pages) * 0x1000;
                let _ = written(|to, len, told, note| unsafe {
                    matter_nvs_encode(nvs, size, (*version).into(), to, len, told, note)
                });
            }
            Call::Crypt(image, keys) => {
                let (image_len, keys_len) = (image.len(), keys.len());
                let (image, keys) = (image.as_ptr(), keys.as_ptr());
                let _ = written(|to, len, told, note| unsafe {
                    matter_nvs_encrypt(image, image_len, keys, keys_len, to, len, told, note)
                });
                let _ = written(|to, len, told, note| unsafe {
                    matter_nvs_decrypt(image, image_len, keys, keys_len, to, len, told, note)
                });
            }
            Call::Verifier(passcode, iterations, salt) => {
                let iterations = 990 + u32::from(*iterations) % 20;
                let _ = written(|to, len, told, note| unsafe {
                    matter_verifier_derive(*passcode, iterations, salt.as_ptr(), salt.len(), to, len, told, note)
                });
            }
            Call::ErrorName(number) => assert!(!matter_error_name(*number).is_null()),
        }
    }
    unsafe { matter_nvs_free(nvs) };
}
