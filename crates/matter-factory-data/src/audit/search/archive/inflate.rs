use alloc::vec;
use alloc::vec::Vec;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use zeroize::Zeroizing;

/// The initial buffer, large enough for most texts.
const FIRST: usize = 64 << 10;

/// The result of inflating.
pub(super) struct Inflated {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Number of bytes read.
    pub(super) used: usize,
    /// The reason why the output is incomplete, if it is.
    pub(super) end: Option<&'static str>,
}

/// Inflates at most `limit` bytes. Output before a damaged position is returned as well.
pub(super) fn inflate(deflated: &[u8], is_zlib: bool, limit: usize) -> Inflated {
    let header = if is_zlib { TINFL_FLAG_PARSE_ZLIB_HEADER } else { 0 };
    let flags = header | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = DecompressorOxide::new();
    let mut bytes = Zeroizing::new(vec![0; FIRST.min(limit)]);
    let (mut used, mut len) = (0, 0);
    let end = loop {
        let rest = deflated.get(used..).unwrap_or_default();
        let (status, read, written) = decompress(&mut state, rest, &mut bytes, len, flags);
        used += read;
        len += written;
        match status {
            TINFLStatus::Done => break None,
            TINFLStatus::HasMoreOutput if bytes.len() == limit => {
                break Some("which was inflated only up to the limit");
            }
            TINFLStatus::HasMoreOutput => {
                // Wipe the old buffer when growing.
                let mut larger = Zeroizing::new(vec![0; (2 * bytes.len()).min(limit)]);
                larger.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
                bytes = larger;
            }
            _ => break Some("which is damaged"),
        }
    };
    bytes.truncate(len);
    Inflated { bytes, used, end }
}
