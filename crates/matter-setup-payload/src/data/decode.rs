use matter_tlv::{Element, Reader, Tag, Value};

use super::value::{PBKDF_ITERATIONS, PBKDF_SALT, check};
use super::{DataValue, OptionalData};
use crate::deviation::Judge;
use crate::{Error, ErrorKind};

/// Decodes data. `locate` creates an error from its kind and offset.
///
/// Members that a commissioner tolerates but ignores are dropped: those with a reserved tag or an
/// unknown type.
pub(crate) fn decode(
    bytes: &[u8],
    judge: &mut Judge<'_>,
    locate: &dyn Fn(ErrorKind, usize) -> Error,
) -> Result<OptionalData, Error> {
    let mut reader = Reader::new(bytes);
    let tlv = |error: matter_tlv::Error| locate(ErrorKind::Tlv(error), error.offset());
    let root = reader.read().map_err(tlv)?;
    if root.map(|root| (root.tag, root.value)) != Some((Tag::Anonymous, Value::Structure)) {
        return Err(locate(ErrorKind::DataShape, 0));
    }
    let mut data = OptionalData::new();
    let mut seen = Seen::default();
    while let Some(element) = reader.read().map_err(tlv)? {
        let Element { offset, tag, value } = element;
        let tag = match (tag, value) {
            (Tag::Context(tag), _) => tag,
            (_, Value::End) => break,
            _ => return Err(locate(ErrorKind::DataShape, offset)),
        };
        let highest = seen.highest;
        if !seen.note(tag) {
            return Err(locate(ErrorKind::DataRepeated { tag }, offset));
        }
        if highest > Some(tag) {
            judge.tolerate(locate(ErrorKind::DataOrder { tag }, offset))?;
        }
        let known = match DataValue::from_tlv(value) {
            Some(value) => check(tag, value).map(|()| value),
            None if (0x05..=0x7F).contains(&tag) => Err(ErrorKind::DataReserved { tag }),
            None => Err(ErrorKind::DataType { tag }),
        };
        match known {
            Ok(value) => {
                let len = data.len.max(EMPTY_LEN);
                data.insert(tag, Some(value))
                    .map_err(|error| locate(error.kind(), offset))?;
                if data.len - len != reader.offset() - offset {
                    judge.tolerate(locate(ErrorKind::DataNotCanonical, offset))?;
                }
            }
            Err(kind @ ErrorKind::DataRange { .. }) => return Err(locate(kind, offset)),
            Err(kind) => {
                judge.tolerate(locate(kind, offset))?;
                if matches!(value, Value::Structure | Value::Array | Value::List) {
                    reader.skip_container().map_err(tlv)?;
                }
            }
        }
    }
    if !reader.remaining().is_empty() {
        return Err(locate(ErrorKind::DataTrailing, reader.offset()));
    }
    if seen.highest.is_none() {
        judge.tolerate(locate(ErrorKind::DataEmpty, 0))?;
    }
    if data.get(PBKDF_ITERATIONS).is_some() != data.get(PBKDF_SALT).is_some() {
        judge.tolerate(locate(ErrorKind::PbkdfHalf, 0))?;
        data.insert(PBKDF_ITERATIONS, None)?;
        data.insert(PBKDF_SALT, None)?;
    }
    Ok(data)
}

/// Length of a structure without members.
const EMPTY_LEN: usize = 2;

/// The tags seen so far.
#[derive(Default)]
struct Seen {
    tags: [u128; 2],
    highest: Option<u8>,
}

impl Seen {
    /// Records a tag; returns `false` if it was already there.
    fn note(&mut self, tag: u8) -> bool {
        let bit = 1 << (tag % 128);
        let [low, high] = &mut self.tags;
        let tags = if tag < 128 { low } else { high };
        let new = *tags & bit == 0;
        *tags |= bit;
        self.highest = self.highest.max(Some(tag));
        new
    }
}
