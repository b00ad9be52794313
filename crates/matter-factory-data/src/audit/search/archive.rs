//! Archives: zip (APPNOTE.TXT of PKWARE), gzip (RFC 1952) and PDF streams are inflated at any position and searched.
//! Others are reported by name.

mod inflate;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Arrangement, Form, FoundKey, Keys, MAX_FOUND, TriedScalars, What, find_nested};
use inflate::{Inflated, inflate};

/// An archive in an archive is opened, deeper ones are not.
const MAX_DEPTH: u8 = 2;
/// Limit of inflated bytes of one file.
const MAX_BYTES: usize = 64 << 20;
/// Limit of inflated streams of one file.
const MAX_STREAMS: usize = 4096;
/// Bytes that look like an archive by chance usually inflate to fewer bytes than this.
const CHANCE: usize = 4096;
/// Number of characters shown of a name.
const MAX_NAME: usize = 64;

/// The highest compression method in use (APPNOTE.TXT, 4.4.5).
const MAX_METHOD: u16 = 99;

const ZIP: &[u8; 4] = b"PK\x03\x04";
const GZIP: &[u8; 3] = b"\x1F\x8B\x08";
const PDF_STREAM: &[u8; 6] = b"stream";

/// Archives that are reported but not opened, with the first bytes of their files.
const OTHERS: [(&[u8], &str); 7] = [
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
    (b"BZh", "a bzip2 archive"),
    (b"Rar!\x1A\x07", "a RAR archive"),
    (b"\xFD7zXZ\0", "an xz archive"),
    (b"\x28\xB5\x2F\xFD", "a Zstandard archive"),
    (b"\x04\x22\x4D\x18", "an LZ4 archive"),
    (b"\x1F\x9D", "a compress archive"),
];

/// Whether eight bytes may start something that can be inflated.
pub(super) const fn is_archive(bytes: u64) -> bool {
    const fn first<const N: usize>(pattern: &[u8; N]) -> u64 {
        let (mut number, mut at) = (0, 0);
        while at < N {
            // The patterns are constants.
            #[expect(
                clippy::indexing_slicing,
                clippy::as_conversions,
                reason = "a loop in a constant function"
            )]
            {
                number = number << 8 | pattern[at] as u64;
            }
            at += 1;
        }
        number
    }
    bytes >> 32 == first(ZIP) || bytes >> 40 == first(GZIP) || bytes >> 16 == first(PDF_STREAM)
}

/// The remaining budget for inflation.
pub(super) struct Room {
    bytes: usize,
    streams: usize,
    /// Number of unopened archives that may still be reported.
    reports: u8,
    /// Whether the exhausted budget was reported.
    is_exhaustion_reported: bool,
}

impl Room {
    pub(super) const fn new() -> Self {
        Self {
            bytes: MAX_BYTES,
            streams: MAX_STREAMS,
            reports: MAX_FOUND,
            is_exhaustion_reported: false,
        }
    }
}

/// Positions of possible compressed data.
#[derive(Default)]
pub(super) struct Places(Vec<usize>);

impl Places {
    #[cold]
    pub(super) fn add(&mut self, bytes: &[u8], place: usize) {
        // One more than the limit, so that an excess is detected.
        if self.0.len() <= MAX_STREAMS && !matches!(member(bytes, place), Member::Nothing) {
            self.0.push(place);
        }
    }
}

/// A search in archives.
pub(super) struct Opener<'k, 't> {
    pub(super) keys: Keys<'k>,
    pub(super) tried: &'t mut TriedScalars,
    pub(super) room: &'t mut Room,
    pub(super) depth: u8,
}

/// The content at a position.
enum Member<'b> {
    /// A deflate stream, optionally with a zlib header.
    Deflated {
        name: String,
        bytes: &'b [u8],
        is_zlib: bool,
    },
    Unopened(String),
    Nothing,
}

impl Opener<'_, '_> {
    /// Opens the archives at the given positions and adds what is found in them.
    pub(super) fn search(&mut self, bytes: &[u8], Places(places): &Places, found: &mut Vec<FoundKey>) {
        if let Some((_, name)) = OTHERS.iter().find(|(head, _)| bytes.starts_with(head)) {
            found.push(unopened(alloc::format!("{name}, which is not opened"), 0));
        }
        let mut after = 0;
        if places.len() > MAX_STREAMS {
            self.report_no_room(0, found);
        }
        for place in places.iter().copied() {
            // Compressed bytes are not searched for further archives.
            if place < after {
                continue;
            }
            match member(bytes, place) {
                Member::Nothing => {}
                Member::Unopened(what) => self.report_unopened(what, place, found),
                Member::Deflated { name, .. } if self.depth == MAX_DEPTH => {
                    let what = alloc::format!("{name}, which is nested too deeply to be opened");
                    self.report_unopened(what, place, found);
                }
                Member::Deflated {
                    name,
                    bytes: deflated,
                    is_zlib,
                } => {
                    let used = self.open(&name, (deflated, is_zlib), place, found);
                    after = bytes.len() - deflated.len() + used;
                }
            }
        }
    }

    /// Returns the length of the archive in bytes.
    fn open(
        &mut self,
        name: &str,
        (deflated, is_zlib): (&[u8], bool),
        place: usize,
        found: &mut Vec<FoundKey>,
    ) -> usize {
        let Some(streams) = self.room.streams.checked_sub(1).filter(|_| self.room.bytes > 0) else {
            self.report_no_room(place, found);
            return 0;
        };
        self.room.streams = streams;
        let Inflated { bytes, used, end } = inflate(deflated, is_zlib, self.room.bytes);
        self.room.bytes = self.room.bytes.saturating_sub(bytes.len());
        if bytes.is_empty() {
            return 0;
        }
        let inside = find_nested(&bytes, self.keys, self.tried, self.room, self.depth + 1);
        found.extend(inside.into_iter().map(|mut key| {
            key.put_inside(name, place);
            key
        }));
        if let Some(why) = end.filter(|_| place == 0 || bytes.len() > CHANCE) {
            self.report_unopened(alloc::format!("{name}, {why}"), place, found);
        }
        used
    }

    fn report_unopened(&mut self, what: String, place: usize, found: &mut Vec<FoundKey>) {
        if let Some(left) = self.room.reports.checked_sub(1) {
            self.room.reports = left;
            found.push(unopened(what, place));
        }
    }

    fn report_no_room(&mut self, place: usize, found: &mut Vec<FoundKey>) {
        if !core::mem::replace(&mut self.room.is_exhaustion_reported, true) {
            let text = alloc::format!("more than {MAX_STREAMS} archives, or more than {MAX_BYTES} bytes in them;");
            found.push(unopened(text + " the rest was not opened,", place));
        }
    }
}

fn unopened(what: String, place: usize) -> FoundKey {
    FoundKey::new(What::Unopened(what), Form::Archive, Arrangement::PLAIN, 1, place, place)
}

fn member(bytes: &[u8], place: usize) -> Member<'_> {
    let rest = bytes.get(place..).unwrap_or_default();
    let found = if rest.starts_with(ZIP) {
        zip_entry(rest)
    } else if rest.starts_with(GZIP) {
        gzip_member(rest)
    } else {
        pdf_stream(rest)
    };
    found.unwrap_or(Member::Nothing)
}

/// A zip entry, from the local header before its data (APPNOTE.TXT, 4.3.7).
fn zip_entry(bytes: &[u8]) -> Option<Member<'_>> {
    let (head, rest) = bytes.split_first_chunk::<30>()?;
    let [_, _, _, _, _, _, flags, _, method, method_high, ..] = *head;
    let [.., name_low, name_high, extra_low, extra_high] = *head;
    let name_len = usize::from(u16::from_le_bytes([name_low, name_high]));
    let extra = usize::from(u16::from_le_bytes([extra_low, extra_high]));
    let method = u16::from_le_bytes([method, method_high]);
    if method > MAX_METHOD {
        return None;
    }
    let (name, rest) = rest.split_at_checked(name_len)?;
    let bytes = rest.get(extra..)?;
    // A letter has at most four bytes.
    let name = name.get(..4 * MAX_NAME).unwrap_or(name);
    let name = String::from_utf8_lossy(name).chars().take(MAX_NAME).collect::<String>();
    let name = alloc::format!("the zip entry {name}");
    let is_encrypted = flags & 1 == 1;
    Some(match method {
        _ if is_encrypted => Member::Unopened(alloc::format!("{name}, which is encrypted")),
        // Stored data is found without inflating.
        0 => Member::Nothing,
        8 => Member::Deflated {
            name,
            bytes,
            is_zlib: false,
        },
        other => Member::Unopened(alloc::format!(
            "{name}, which is compressed with method {other} and not opened"
        )),
    })
}

/// A member of a gzip file (RFC 1952, 2.3).
fn gzip_member(bytes: &[u8]) -> Option<Member<'_>> {
    const EXTRA: u8 = 0x04;
    const NAME: u8 = 0x08;
    const COMMENT: u8 = 0x10;
    const CHECKSUM: u8 = 0x02;
    const RESERVED: u8 = 0xE0;
    const MAX_TEXT: usize = 1024;
    let (head, mut rest) = bytes.split_first_chunk::<10>()?;
    let [_, _, _, flags, ..] = *head;
    if flags & RESERVED != 0 {
        return None;
    }
    if flags & EXTRA != 0 {
        let (len, after) = rest.split_first_chunk()?;
        rest = after.get(usize::from(u16::from_le_bytes(*len))..)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            // Unlimited, headers without an end would be searched to the end of the file each.
            let Some(end) = rest.iter().take(MAX_TEXT).position(|byte| *byte == 0) else {
                let text = "a gzip file with a name or comment of more than 1023 bytes, which is not opened";
                return (rest.len() > MAX_TEXT).then(|| Member::Unopened(text.to_owned()));
            };
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & CHECKSUM != 0 {
        rest = rest.get(2..)?;
    }
    Some(Member::Deflated {
        name: "gzip".to_owned(),
        bytes: rest,
        is_zlib: false,
    })
}

/// A PDF stream (ISO 32000-1, 7.3.8) in zlib format (RFC 1950, 2.2).
fn pdf_stream(bytes: &[u8]) -> Option<Member<'_>> {
    let rest = bytes.strip_prefix(PDF_STREAM)?;
    let rest = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n"))?;
    let [method, flags, ..] = rest else { return None };
    let is_zlib = method & 0x0F == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31);
    is_zlib.then(|| Member::Deflated {
        name: "a compressed stream".to_owned(),
        bytes: rest,
        is_zlib: true,
    })
}
