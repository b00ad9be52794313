use super::log::Log;
use crate::Error;
use crate::head::{Head, IndexData};
use crate::item_type::ItemType;
use crate::layout::{MAX_CHUNK, MAX_CHUNKS, NO_CHUNK, SLOT_SIZE};
use crate::name::Key;
use crate::writer::Payload;

/// Minimum length of a first chunk; with less room a blob starts on the next page.
const LEAST_FIRST_CHUNK: usize = MAX_CHUNK / 10;

/// Appends a blob as the firmware does: the chunks, then the index.
///
/// The generator's layout differs: it fills a page to its last slot.
pub(super) fn append(log: &mut Log, namespace: u8, key: &Key, bytes: &[u8], chunk_start: u8) -> Result<(), Error> {
    let max = MAX_CHUNK * (log.pages() - 1).min(MAX_CHUNKS.into());
    if bytes.len() > max {
        return Err(Error::BlobTooLong { len: bytes.len(), max });
    }
    let mut room = log.payload_room()?;
    while room < LEAST_FIRST_CHUNK && (room < bytes.len() || room == 0) {
        log.open_next()?;
        let before = core::mem::replace(&mut room, log.payload_room()?);
        if room == before {
            return Err(log.full());
        }
    }
    let (mut rest, mut chunks) = (bytes, 0);
    loop {
        if room == 0 {
            return Err(log.full());
        }
        if chunks == MAX_CHUNKS {
            return Err(Error::BlobTooManyChunks);
        }
        let (chunk, tail) = rest.split_at_checked(room).unwrap_or((rest, &[]));
        log.append(&Payload {
            kind: ItemType::BlobChunk,
            chunk: chunk_start + chunks,
            namespace,
            key,
            parts: &[chunk],
        })?;
        (rest, chunks) = (tail, chunks + 1);
        if rest.is_empty() && room - chunk.len() >= SLOT_SIZE {
            break;
        }
        log.open_next()?;
        room = log.payload_room()?;
        if rest.is_empty() {
            break;
        }
    }
    let data = IndexData {
        // At most MAX_CHUNK * MAX_CHUNKS.
        size: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        chunks,
        chunk_start,
    };
    let head = Head::new(namespace, ItemType::BlobIndex, 1, NO_CHUNK, key, data.encode());
    log.append_head(&head).map(drop)
}
