use miniz_oxide::inflate::decompress_slice_iter_to_slice;
use zeroize::Zeroizing;

use super::LabelLines;

/// Longest content stream of a page.
const MAX_PAGE: usize = 8 << 20;
/// The largest ratio of the pages' length to the file's: codes and texts are compressed to a tenth.
const MAX_RATIO: usize = 100;

/// Returns the readable texts of each text object of a PDF's pages: those of compressed pages, in Latin-1.
pub(super) fn labels(bytes: &[u8]) -> Result<Vec<LabelLines>, String> {
    if !bytes.starts_with(b"%PDF-") {
        return Err("it is not a PDF".into());
    }
    if !bytes.trim_ascii_end().ends_with(b"%%EOF") {
        return Err("it has no end".into());
    }
    let mut labels = Vec::new();
    // A stream in the data of another would be inflated twice, one in that three times, and so on.
    let mut room = bytes.len().saturating_mul(MAX_RATIO).saturating_add(MAX_PAGE);
    let mut page = Zeroizing::new(vec![0; MAX_PAGE]);
    let mut rest = bytes;
    while let Some((dictionary, tail)) = split(rest, b"stream") {
        rest = tail;
        // `endstream` ends with the word as well.
        if dictionary.ends_with(b"end") {
            continue;
        }
        let data = tail.strip_prefix(b"\r\n").or(tail.strip_prefix(b"\n")).unwrap_or(tail);
        let len = decompress_slice_iter_to_slice(&mut page, [data].into_iter(), true, true);
        let len = len.map_err(|_| "a page cannot be inflated, or is too long")?;
        room = room.checked_sub(len).ok_or("its pages are too long for the file")?;
        labels.extend(texts(page.get(..len).unwrap_or_default()));
    }
    if labels.is_empty() {
        return Err("it has no readable text".into());
    }
    Ok(labels)
}

fn split<'b>(bytes: &'b [u8], word: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = bytes.windows(word.len()).position(|window| window == word)?;
    Some((bytes.get(..at)?, bytes.get(at + word.len()..)?))
}

/// Returns the strings of each text object, between BT and ET (ISO 32000-1, 9.4.1).
fn texts(page: &[u8]) -> Vec<LabelLines> {
    let mut labels = Vec::new();
    let mut label = None::<LabelLines>;
    let mut rest = page;
    while let [first, tail @ ..] = rest {
        match first {
            b'(' => {
                let (text, after) = literal(tail);
                rest = after;
                label.iter_mut().for_each(|label| label.push(text.clone()));
            }
            b'<' if !tail.starts_with(b"<") => {
                let (digits, after) = split(tail, b">").unwrap_or((tail, &[]));
                rest = after;
                label.iter_mut().for_each(|label| label.push(hexadecimal(digits)));
            }
            b'B' if tail.starts_with(b"T\n") || tail.starts_with(b"T ") => {
                label = Some(LabelLines::new());
                rest = tail;
            }
            b'E' if tail.starts_with(b"T\n") || tail.starts_with(b"T ") || tail == b"T" => {
                labels.extend(label.take().filter(|label| !label.is_empty()));
                rest = tail;
            }
            _ => rest = tail,
        }
    }
    labels
}

/// Parses a string in parentheses (ISO 32000-1, 7.3.4.2), and returns the rest too.
fn literal(bytes: &[u8]) -> (Zeroizing<String>, &[u8]) {
    let mut text = Zeroizing::new(String::new());
    let (mut rest, mut depth) = (bytes, 0u32);
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b')' if depth == 0 => break,
            b')' => {
                depth -= 1;
                text.push(')');
            }
            b'(' => {
                depth += 1;
                text.push('(');
            }
            b'\\' => {
                let digits = rest
                    .iter()
                    .take(3)
                    .take_while(|digit| matches!(digit, b'0'..=b'7'))
                    .count();
                let (octal, after) = rest.split_at_checked(digits).unwrap_or_default();
                if digits > 0 {
                    let code = octal
                        .iter()
                        .fold(0u32, |code, digit| code * 8 + u32::from(digit - b'0'));
                    text.extend(char::from_u32(code));
                    rest = after;
                } else if let [escaped, after @ ..] = rest {
                    rest = after;
                    text.push(match escaped {
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        other => char::from(*other),
                    });
                }
            }
            other => text.push(char::from(*other)),
        }
    }
    (text, rest)
}

/// Parses a hexadecimal string (ISO 32000-1, 7.3.4.3).
fn hexadecimal(digits: &[u8]) -> Zeroizing<String> {
    let digits = digits
        .iter()
        .filter_map(|digit| char::from(*digit).to_digit(16))
        .collect::<Vec<_>>();
    let codes = digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |code, digit| code * 16 + digit));
    Zeroizing::new(codes.filter_map(char::from_u32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_read_object_by_object() {
        let page =
            b"0 0 1 1 re\nf\nBT\n/F 5 Tf\n(3497-011-2332) Tj\n(L\\344mp \\(7\\) \\\\) Tj\nET\nBT\n<4C E4> Tj\nET";
        let labels = texts(page);
        let lines = labels
            .iter()
            .map(|label| label.iter().map(|line| line.as_str()).collect::<Vec<_>>());
        assert_eq!(
            lines.collect::<Vec<_>>(),
            [vec!["3497-011-2332", "L\u{e4}mp (7) \\"], vec!["L\u{e4}"]]
        );
        assert!(super::labels(b"%PDF-1.7\n%%EOF").is_err() && super::labels(b"").is_err());
    }

    #[test]
    fn streams_inside_streams_are_bounded() {
        let refusal = |depth| {
            let mut data = vec![b' '; 50_000];
            // Each is a zlib stream of one stored block (RFC 1951, 3.2.4), whose data are the previous ones.
            for _ in 0..depth {
                let len = u16::try_from(data.len()).unwrap();
                let header = [0x78, 0x01, 0x01]
                    .into_iter()
                    .chain(len.to_le_bytes())
                    .chain((!len).to_le_bytes());
                data.splice(0..0, b"stream\n".iter().copied().chain(header));
            }
            data.splice(0..0, *b"%PDF-1.7\n");
            data.extend(b"\n%%EOF");
            labels(&data).unwrap_err()
        };
        assert_eq!(refusal(1), "it has no readable text");
        assert_eq!(refusal(500), "its pages are too long for the file");
    }
}
