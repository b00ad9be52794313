extern crate std;

use alloc::string::{String, ToString};
use std::time::{Duration, Instant};

use base16ct::lower::encode_string as hex;
use matter_attestation::PrivateKey;

use super::*;
use crate::audit::key_set::KeyOwner;

/// Linear work takes less than a second; quadratic work takes hours.
const PATIENCE: Duration = Duration::from_secs(20);
const HOSTILE_LEN: usize = 4 << 20;

fn key(first: u8) -> PrivateKey {
    let mut scalar: [u8; 32] = core::array::from_fn(|at| u8::try_from(at * 37 % 251).unwrap() ^ 0x5A);
    scalar[0] = first;
    PrivateKey::from_scalar(&scalar).unwrap()
}

fn known(keys: &[&PrivateKey]) -> KeySet {
    let mut set = KeySet::new();
    for key in keys {
        set.insert(key);
    }
    set
}

fn search(bytes: &[u8], keys: &KeySet) -> Vec<FoundKey> {
    find_keys(bytes, keys, &mut TriedScalars::new(64))
}

fn base64(bytes: &[u8], alphabet: &[u8; 64]) -> Vec<u8> {
    let bits: Vec<_> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let sextet = |bits: &[u8]| (0..6).fold(0, |value, at| value << 1 | bits.get(at).copied().unwrap_or_default());
    bits.chunks(6).map(|bits| alphabet[usize::from(sextet(bits))]).collect()
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn forms(found: &[FoundKey]) -> Vec<Form> {
    found.iter().map(|found| found.form).collect()
}

#[test]
fn hostile_files_take_linear_time_and_few_multiplications() {
    let no_key = [SEC1_HEAD.as_slice(), &[0xFF; 32]].concat();
    let scalar = key(1).expose_scalar();
    let tail = [&scalar[24..], b" "].concat();
    let patterns: [&[u8]; 25] = [
        b"-----BEGIN PRIVATE KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\n",
        b"-----BEGIN PRIVATE KEY----- ",
        b"-",
        &SEC1_HEAD,
        &no_key,
        b"A",
        b"a ",
        b"\\",
        b"\\x41",
        b"\" \"",
        b"\"",
        b"0x1,",
        b"12 34 ",
        b"255\n",
        b"a\0",
        b"a\0\0\0",
        b"PK\x03\x04",
        b"\x1F\x8B\x08\0\0\0\0\0\0\0",
        b"\x1F\x8B\x08\x08AAAAAA",
        b"PK\x03\x04AAAA\0\0AAAAAAAAAAAAAAAA\xFF\xFFA\0",
        b"PK\x03\x04AAAA\xFF\0AAAAAAAAAAAAAAAA\xFF\xFFA\0",
        &base64(&no_key.repeat(3), STANDARD),
        &*scalar,
        &tail,
    ];
    for pattern in patterns {
        let name = String::from_utf8_lossy(&pattern[..pattern.len().min(30)]).to_string();
        let bytes = pattern.repeat(HOSTILE_LEN / pattern.len());
        let start = Instant::now();
        let found = search(&bytes, &known(&[&key(1)]));
        std::println!("{name:?}: {:?}, {} found", start.elapsed(), found.len());
        assert!(found.len() <= 3 * usize::from(MAX_FOUND), "{name:?}");
        assert!(start.elapsed() < PATIENCE, "{name:?}");
    }
}

#[test]
fn base64_is_read_from_wherever_it_began_in_both_alphabets() {
    let secret = key(0xF3);
    let der = secret.to_pkcs8_der();
    for before in 0..7 {
        for alphabet in [STANDARD, URL] {
            let mut text = b"xyzxyz"[..before.min(6)].to_vec();
            text.extend(base64(&[&b"abc"[..before % 4 % 3], &der].concat(), alphabet));
            let lines: Vec<_> = text.chunks(64).flat_map(|line| [line, b"\r\n"].concat()).collect();
            for text in [&text, &lines] {
                for known in [known(&[]), known(&[&secret])] {
                    let found = search(text, &known);
                    assert_eq!(forms(&found), [Form::Base64], "{before}");
                    assert!(found[0].public_key() == Some(secret.public_key()));
                }
                let mut other = text.clone();
                let at = text.len() / 2 - 20;
                other[at] = if other[at] == b'A' { b'B' } else { b'A' };
                let found = search(&other, &known(&[]));
                assert!(
                    found
                        .iter()
                        .all(|found| found.public_key() != Some(secret.public_key()))
                );
            }
        }
    }
}

#[test]
fn a_known_scalar_is_found_in_base64_as_it_is() {
    let secret = key(0x07);
    for before in 0..3 {
        let text = base64(&[&b"abc"[..before], &*secret.expose_scalar(), b"rest"].concat(), URL);
        assert_eq!(forms(&search(&text, &known(&[&key(9), &secret]))), [Form::Base64]);
        assert_eq!(forms(&search(&text, &known(&[&key(9)]))), []);
        // One digit less than needed.
        let digits = (8 * (before + 32)).div_ceil(6);
        assert_eq!(forms(&search(&text[..digits], &known(&[&secret]))), [Form::Base64]);
        assert_eq!(forms(&search(&text[..digits - 1], &known(&[&secret]))), []);
    }
}

#[test]
fn a_block_of_pem_hides_nothing_beside_it() {
    let (first, second) = (key(1), key(2));
    let pem = first.to_pkcs8_pem().unwrap();
    let bare = base64(&second.to_sec1_der(), STANDARD);
    let both = [pem.as_bytes(), &bare, b"\n", pem.as_bytes()].concat();
    let found = search(&both, &known(&[]));
    assert_eq!(forms(&found), [Form::Pem, Form::Base64, Form::Pem]);
    let keys = [&first, &second, &first];
    for (found, key) in found.iter().zip(keys) {
        assert!(found.public_key() == Some(key.public_key()));
    }
    let unreadable = search(
        b"-----BEGIN PRIVATE KEY-----\n-----BEGIN PRIVATE KEY-----\nabc",
        &known(&[]),
    );
    assert_eq!(forms(&unreadable), [Form::Pem, Form::Pem]);
    assert!(unreadable.iter().all(|found| matches!(found.what, What::Unreadable)));
}

#[test]
fn reported_keys_of_a_form_are_limited() {
    let secret = key(3);
    let scalar = secret.expose_scalar();
    let (hex, pem) = (hex(&*scalar).to_uppercase(), secret.to_pkcs8_pem().unwrap());
    let many: [(&[u8], Form); 4] = [
        (&*scalar, Form::Bare),
        (hex.as_bytes(), Form::Hex),
        (&secret.to_sec1_der(), Form::Sec1),
        (pem.as_bytes(), Form::Pem),
    ];
    for (bytes, form) in many {
        for (count, expected) in [(1, 1), (16, 16), (17, 16), (100, 16)] {
            let found = search(&bytes.repeat(count), &known(&[&secret]));
            assert_eq!(forms(&found).iter().filter(|found| **found == form).count(), expected);
            assert_eq!(found.len(), expected, "{form:?}");
        }
    }
    // A known key is reported regardless of the number of others.
    let others = key(4).to_sec1_der().repeat(50);
    let found = search(&[&others[..], &secret.to_sec1_der()].concat(), &known(&[&secret]));
    assert_eq!(found.len(), 17);
}

/// Values of the length of a scalar are reported if their public key has an owner.
#[test]
fn scalar_sized_values_are_found_by_their_public_key() {
    let secret = key(0xC5);
    let scalar = secret.expose_scalar();
    let digits = hex(&*scalar);
    let encoded = String::from_utf8(base64(&*scalar, STANDARD)).unwrap();
    let point = hex(secret.public_key().as_bytes());
    let list = |join: &str, each: fn(&u8) -> String| scalar.iter().map(each).collect::<Vec<_>>().join(join);
    let mut keys = KeySet::new();
    keys.add_owner(&secret.public_key(), KeyOwner::Pai);
    for text in [
        digits.clone(),
        digits.to_uppercase(),
        std::format!("{digits}\n"),
        std::format!("key = 0x{digits}, so"),
        std::format!("{point}{digits}\r\n"),
        std::format!("{}\n{digits}\n{}\n", "ab".repeat(32), "cd".repeat(32)),
        std::format!("{}\n{}\n", &digits[..60], &digits[60..]),
        list(":", |byte| std::format!("{byte:02X}")),
        std::format!("00 01\n{}\n02 03\n", list(" ", |byte| std::format!("{byte:02x}"))),
        std::format!(
            "priv:\n    00:{}\npub:\n",
            list(":\n    ", |byte| std::format!("{byte:02x}"))
        ),
        std::format!(
            "uint8_t key[32] = {{{}}};",
            list(", ", |byte| std::format!("0x{byte:x}"))
        ),
        std::format!("[{}]", list(",", ToString::to_string)),
        std::format!("key = b'{}'", list("", |byte| std::format!("\\x{byte:02x}"))),
        encoded.clone(),
        std::format!("\"{encoded}=\""),
        std::format!("key={encoded}=\n"),
    ] {
        let found = search(text.as_bytes(), &keys);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].owner(), Some(&KeyOwner::Pai));
        assert_eq!(search(text.as_bytes(), &KeySet::new()).len(), 0, "{text}");
    }
    assert_eq!(search(&*scalar, &keys).len(), 1);
    for text in [
        &digits[1..],
        &std::format!("{digits}c"),
        &encoded[1..],
        &std::format!("{encoded}A"),
        &list(" ", |byte| std::format!("{byte:02x}"))[3..],
    ] {
        assert_eq!(search(text.as_bytes(), &keys).len(), 0, "{text}");
    }
}

#[test]
fn values_are_looked_at_once_and_not_beyond_the_limit() {
    let secret = key(0xC5);
    let mut keys = KeySet::new();
    keys.add_owner(&secret.public_key(), KeyOwner::Paa);
    let line = |number: u8| hex(&*key(number).expose_scalar()) + "\n";
    let others = line(1).repeat(100) + &line(2);
    let mut tried = TriedScalars::new(3);
    let found = find_keys((others.clone() + &line(0xC5)).as_bytes(), &keys, &mut tried);
    assert!(found.len() == 1 && !tried.is_exhausted(), "{found:?}");
    assert_eq!(found[0].to_string(), "the PAA's key, hexadecimal at offset 0x19a5");
    let mut tried = TriedScalars::new(2);
    assert_eq!(
        find_keys((others.clone() + &line(0xC5)).as_bytes(), &keys, &mut tried).len(),
        0
    );
    assert!(tried.is_exhausted());
    let mut tried = TriedScalars::new(1);
    [1, 2]
        .iter()
        .for_each(|number| tried.skip(&key(*number).expose_scalar()));
    assert_eq!(find_keys((others + &line(0xC5)).as_bytes(), &keys, &mut tried).len(), 1);
}

#[test]
fn found_keys_have_their_position() {
    let secret = key(0x11);
    let mut keys = known(&[&secret]);
    keys.add_owner(&secret.public_key(), KeyOwner::Device("A".into()));
    let scalar = secret.expose_scalar();
    let reversed = scalar.iter().rev().copied().collect::<Vec<_>>();
    let said = |bytes: &[u8]| {
        let found = search(bytes, &keys);
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let start = "the DAC's key of device A, ";
    assert_eq!(
        said(&[&b"ab"[..], &*scalar].concat()),
        [start.to_string() + "bare scalar at offset 0x2"]
    );
    assert_eq!(
        said(&reversed),
        [start.to_string() + "bare scalar, in reverse at offset 0x0"]
    );
    let wide = hex(&*scalar).bytes().flat_map(|byte| [0, byte]).collect::<Vec<_>>();
    assert_eq!(said(&wide), [start.to_string() + "hexadecimal in UTF-16 at offset 0x1"]);
    assert_eq!(said(&secret.to_sec1_der()), [start.to_string() + "SEC 1 at offset 0x2"]);
    assert!(search(&[0; 4096], &keys).is_empty() && search(&[], &keys).is_empty());
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    [
        b"\x1F\x8B\x08\0\0\0\0\0\0\x03",
        &miniz_oxide::deflate::compress_to_vec(bytes, 6)[..],
        &[0; 8],
    ]
    .concat()
}

/// A zip entry with its compression method, whether it is encrypted, and its data.
fn zip(method: u8, is_encrypted: bool, bytes: &[u8]) -> Vec<u8> {
    let mut entry = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0a.txt".to_vec();
    entry[6] = u8::from(is_encrypted);
    entry[8] = method;
    let bytes = match method {
        8 => miniz_oxide::deflate::compress_to_vec(bytes, 6),
        _ => bytes.to_vec(),
    };
    [entry, bytes].concat()
}

/// The unopened archives, without keys.
fn unopened(bytes: &[u8]) -> Vec<String> {
    let found = search(bytes, &known(&[&key(1)]));
    let unopened = found.iter().filter(|found| !found.is_key());
    unopened.map(ToString::to_string).collect()
}

#[test]
fn archives_are_opened_wherever_they_begin() {
    let secret = key(1);
    let text = hex(&*secret.expose_scalar()).into_bytes();
    let pdf = [
        b"%PDF-1.7\nstream\n",
        &miniz_oxide::deflate::compress_to_vec_zlib(&text, 6)[..],
    ]
    .concat();
    for (archive, name) in [
        (gzip(&text), "gzip at offset 0x"),
        (zip(8, false, &text), "the zip entry a.txt at offset 0x"),
        (zip(0, false, &gzip(&text)), "gzip at offset 0x"),
        (
            gzip(&zip(8, false, &text)),
            "the zip entry a.txt at offset 0x0 in gzip at offset 0x",
        ),
        (pdf, "a compressed stream at offset 0x"),
    ] {
        for before in [&[][..], &[0xFF; 77]] {
            let bytes = [before, &archive, &[0xFF; 99]].concat();
            let found = search(&bytes, &known(&[&secret]));
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            assert!(found[0].to_string().contains(name), "{found:?}");
            assert!(found[0].offset() >= before.len() && found[0].offset() < bytes.len());
        }
    }
}

#[test]
fn unopened_archives_are_reported() {
    let secret = key(1);
    let text = hex(&*secret.expose_scalar()).into_bytes();
    let deep = gzip(&gzip(&gzip(&text)));
    assert_eq!(unopened(&deep).len(), 1);
    assert!(unopened(&deep)[0].contains("too deep"), "{:?}", unopened(&deep));
    for (bytes, said) in [
        (zip(8, true, &text), "encrypted"),
        (zip(14, false, &text), "method 14"),
        (gzip(&text)[..30].to_vec(), "damaged"),
        (b"7z\xBC\xAF\x27\x1C".to_vec(), "a 7z archive"),
        (b"\xFD7zXZ\0".to_vec(), "an xz archive"),
        (b"BZh91AY".to_vec(), "a bzip2 archive"),
        (b"\x28\xB5\x2F\xFD".to_vec(), "a Zstandard archive"),
        (b"Rar!\x1A\x07\0".to_vec(), "a RAR archive"),
    ] {
        let told = unopened(&bytes);
        assert!(told.len() == 1 && told[0].contains(said), "{said}: {told:?}");
    }
    // Within other bytes, their first bytes are not recognized.
    assert_eq!(unopened(b"abcBZh91AY 7z\xBC\xAF\x27\x1C PK\x03\x04"), [""; 0]);
}

#[test]
fn archives_take_no_more_memory_and_time_than_is_allowed() {
    let secret = key(1);
    let text = hex(&*secret.expose_scalar()).into_bytes();
    // One key at the start, one after 40 MiB, and one after 80 MiB, beyond the limit of 64 MiB.
    let block = [alloc::vec![0; 40 << 20], text.clone()].concat();
    let bomb = gzip(&[text.clone(), block.clone(), block].concat());
    let start = Instant::now();
    let found = search(&bomb, &known(&[&secret]));
    let keys = found.iter().filter(|found| found.is_key()).count();
    assert!(keys == 2 && found.len() == 3 && start.elapsed() < PATIENCE, "{found:?}");
    // Many archives.
    let many = gzip(b"nothing").repeat(5000);
    let told = unopened(&many);
    assert!(
        told.len() == 1 && told[0].contains("more than 4096 archives"),
        "{told:?}"
    );
    let stored = [zip(0, false, b"stored").repeat(5000), gzip(&text)].concat();
    assert_eq!(search(&stored, &known(&[&secret])).len(), 1);
}
