//! Archives: zip (APPNOTE.TXT of PKWARE), gzip (RFC 1952) and the streams of PDF are inflated, wherever they begin, and
//! searched as well. Others are told by name.

mod inflate;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Arrangement, Form, FoundKey, Keys, MAX_FOUND, TriedScalars, What, find_nested};
use inflate::{Inflated, inflate};

/// An archive in an archive is opened, one in that is not.
const MAX_DEPTH: u8 = 2;
/// So many bytes are inflated of one file.
const MAX_BYTES: usize = 64 << 20;
/// So many times something is inflated of one file.
const MAX_STREAMS: usize = 4096;
/// What begins like an archive by chance and is none ends before it has given so many bytes.
const CHANCE: usize = 4096;
/// As many characters of a name as are shown.
const MAX_NAME: usize = 64;

/// The last method of packing that there is (APPNOTE.TXT, 4.4.5).
const MAX_METHOD: u16 = 99;

const ZIP: &[u8; 4] = b"PK\x03\x04";
const GZIP: &[u8; 3] = b"\x1F\x8B\x08";
const PDF_STREAM: &[u8; 6] = b"stream";

/// Archives that are told and not opened, by how a file of them begins.
const OTHERS: [(&[u8], &str); 7] = [
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
    (b"BZh", "a bzip2 archive"),
    (b"Rar!\x1A\x07", "a RAR archive"),
    (b"\xFD7zXZ\0", "an xz archive"),
    (b"\x28\xB5\x2F\xFD", "a Zstandard archive"),
    (b"\x04\x22\x4D\x18", "an LZ4 archive"),
    (b"\x1F\x9D", "a compress archive"),
];

/// Tells whether eight bytes begin with something that may be inflated.
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

/// How much may be inflated yet.
pub(super) struct Room {
    bytes: usize,
    streams: usize,
    /// How many archives may be told that were not opened.
    told: u8,
    /// Whether it was told that there is no more room.
    is_told: bool,
}

impl Room {
    pub(super) const fn new() -> Self {
        Self {
            bytes: MAX_BYTES,
            streams: MAX_STREAMS,
            told: MAX_FOUND,
            is_told: false,
        }
    }
}

/// The places where something may begin that is not found as it is.
#[derive(Default)]
pub(super) struct Places(Vec<usize>);

impl Places {
    #[cold]
    pub(super) fn add(&mut self, bytes: &[u8], place: usize) {
        // One more than can be opened is too many.
        if self.0.len() <= MAX_STREAMS && !matches!(member(bytes, place), Member::Nothing) {
            self.0.push(place);
        }
    }
}

/// A search of archives.
pub(super) struct Opener<'k, 't> {
    pub(super) keys: Keys<'k>,
    pub(super) tried: &'t mut TriedScalars,
    pub(super) room: &'t mut Room,
    pub(super) depth: u8,
}

/// What begins at a place.
enum Member<'b> {
    /// A stream of deflate, perhaps with the head of zlib.
    Deflated {
        name: String,
        bytes: &'b [u8],
        is_zlib: bool,
    },
    Unopened(String),
    Nothing,
}

impl Opener<'_, '_> {
    /// Opens what begins at the places, and adds what is found there.
    pub(super) fn search(&mut self, bytes: &[u8], Places(places): &Places, found: &mut Vec<FoundKey>) {
        if let Some((_, name)) = OTHERS.iter().find(|(head, _)| bytes.starts_with(head)) {
            found.push(unopened(alloc::format!("{name}, which is not opened"), 0));
        }
        let mut behind = 0;
        if places.len() > MAX_STREAMS {
            self.tell_no_room(0, found);
        }
        for place in places.iter().copied() {
            // Compressed bytes are no archive.
            if place < behind {
                continue;
            }
            match member(bytes, place) {
                Member::Nothing => {}
                Member::Unopened(what) => self.tell_unopened(what, place, found),
                Member::Deflated { name, .. } if self.depth == MAX_DEPTH => {
                    let what = alloc::format!("{name}, which is too deep in others to be opened");
                    self.tell_unopened(what, place, found);
                }
                Member::Deflated {
                    name,
                    bytes: deflated,
                    is_zlib,
                } => {
                    let used = self.open(&name, (deflated, is_zlib), place, found);
                    behind = bytes.len() - deflated.len() + used;
                }
            }
        }
    }

    /// Returns how many bytes the archive had.
    fn open(
        &mut self,
        name: &str,
        (deflated, is_zlib): (&[u8], bool),
        place: usize,
        found: &mut Vec<FoundKey>,
    ) -> usize {
        let Some(streams) = self.room.streams.checked_sub(1).filter(|_| self.room.bytes > 0) else {
            self.tell_no_room(place, found);
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
            self.tell_unopened(alloc::format!("{name}, {why}"), place, found);
        }
        used
    }

    fn tell_unopened(&mut self, what: String, place: usize, found: &mut Vec<FoundKey>) {
        if let Some(left) = self.room.told.checked_sub(1) {
            self.room.told = left;
            found.push(unopened(what, place));
        }
    }

    fn tell_no_room(&mut self, place: usize, found: &mut Vec<FoundKey>) {
        if !core::mem::replace(&mut self.room.is_told, true) {
            let text =
                alloc::format!("more archives than {MAX_STREAMS} or more in them than {MAX_BYTES} bytes, of which");
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

/// An entry of a zip, by the head in front of its bytes (APPNOTE.TXT, 4.3.7).
fn zip_entry(bytes: &[u8]) -> Option<Member<'_>> {
    let (head, rest) = bytes.split_first_chunk::<30>()?;
    let [_, _, _, _, _, _, flags, _, method, method_high, ..] = *head;
    let [.., name_low, name_high, extra_low, extra_high] = *head;
    let name_len = usize::from(u16::from_le_bytes([name_low, name_high]));
    let extra = usize::from(u16::from_le_bytes([extra_low, extra_high]));
    let (name, rest) = rest.split_at_checked(name_len)?;
    let bytes = rest.get(extra..)?;
    let name = String::from_utf8_lossy(name).chars().take(MAX_NAME).collect::<String>();
    let name = alloc::format!("the zip entry {name}");
    let is_encrypted = flags & 1 == 1;
    Some(match u16::from_le_bytes([method, method_high]) {
        other if other > MAX_METHOD => Member::Nothing,
        _ if is_encrypted => Member::Unopened(alloc::format!("{name}, which is encrypted")),
        // What is stored is found as it is.
        0 => Member::Nothing,
        8 => Member::Deflated {
            name,
            bytes,
            is_zlib: false,
        },
        other => Member::Unopened(alloc::format!(
            "{name}, which is packed with method {other} and not opened"
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
    let (head, mut rest) = bytes.split_first_chunk::<10>()?;
    let [_, _, _, flags, ..] = *head;
    if flags & RESERVED != 0 {
        return None;
    }
    if flags & EXTRA != 0 {
        let (len, behind) = rest.split_first_chunk()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*len))..)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
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

/// A stream of a PDF (ISO 32000-1, 7.3.8) that is in the format of zlib (RFC 1950, 2.2).
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
