//! Encrypted images compared with the generator's output and a second, naive XTS; round trips;
//! sources of keys.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    reason = "tests"
)]

#[path = "common/naive.rs"]
#[expect(dead_code, unreachable_pub, reason = "only the checksum is for this file")]
mod naive;

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use esp_nvs_image::{
    BlobVersion, Encoder, Error, FindingKind, HmacKey, Items, Key, Namespace, Number, NvsKeys, PartitionSize, Value,
    decrypt, encrypt,
};
use hex_literal::hex;
use proptest::collection::vec;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use subtle::ConstantTimeEq;

const PAGE: usize = 4096;
const ACTIVE: u32 = 0xFFFF_FFFE;
const FULL: u32 = 0xFFFF_FFFC;
const FREEING: u32 = 0xFFFF_FFF8;

/// The keys of the generator's output: byte i is 7i + 13.
fn keys() -> NvsKeys {
    NvsKeys::from_raw(&std::array::from_fn(|i| (7 * i + 13) as u8)).unwrap()
}

/// The HMAC key of the generator's output: byte i is 31i + 5.
fn hmac_key() -> HmacKey {
    HmacKey::new(std::array::from_fn(|i| (31 * i + 5) as u8)).unwrap()
}

fn set_header(page: &mut [u8], state: u32, version: u8) {
    page[0..4].copy_from_slice(&state.to_le_bytes());
    page[8] = version;
    let crc = naive::crc(&page[4..28]);
    page[28..32].copy_from_slice(&crc.to_le_bytes());
}

fn slot_bits(page: &[u8], slot: usize) -> u8 {
    page[32 + slot / 4] >> (2 * (slot % 4)) & 0b11
}

/// The numbers of the pages with an intact header.
fn intact_pages(image: &[u8]) -> Vec<usize> {
    let word = |page: &[u8], at: usize| u32::from_le_bytes(page[at..at + 4].try_into().unwrap());
    let intact = |page: &[u8]| {
        [ACTIVE, FULL, FREEING].contains(&word(page, 0))
            && word(page, 28) == naive::crc(&page[4..28])
            && page[8] >= 0xFE
    };
    (0..image.len() / PAGE)
        .filter(|number| intact(&image[number * PAGE..][..PAGE]))
        .collect()
}

/// The offsets of the encrypted slots.
fn written_slots(image: &[u8]) -> Vec<usize> {
    intact_pages(image)
        .into_iter()
        .flat_map(|number| (0..126).map(move |slot| (number * PAGE, slot)))
        .filter(|&(page, slot)| slot_bits(&image[page..], slot) == 0b10)
        .map(|(page, slot)| page + 64 + 32 * slot)
        .collect()
}

/// XTS from its definition (IEEE 1619, 5.3): two blocks, the second with the tweak doubled in
/// GF(2^128).
fn naive_encrypt(image: &mut [u8], keys: &NvsKeys) {
    let [data, tweaks] = [keys.expose_data_key(), keys.expose_tweak_key()].map(|key| Aes256::new(key.into()));
    for offset in written_slots(image) {
        let mut block = [0; 16];
        block[..8].copy_from_slice(&(offset as u64).to_le_bytes());
        tweaks.encrypt_block((&mut block).into());
        for part in 0..2 {
            let at = offset + 16 * part;
            for (byte, mask) in image[at..at + 16].iter_mut().zip(block) {
                *byte ^= mask;
            }
            data.encrypt_block((&mut image[at..at + 16]).try_into().unwrap());
            for (byte, mask) in image[at..at + 16].iter_mut().zip(block) {
                *byte ^= mask;
            }
            let mut carry = 0;
            for byte in &mut block {
                (*byte, carry) = (*byte << 1 | carry, *byte >> 7);
            }
            block[0] ^= 0x87 * carry;
        }
    }
}

/// An image with three pages; slots 0 to 31 are written by hand.
fn hand_made() -> Vec<u8> {
    let mut image = vec![0xFF; 3 * PAGE];
    for (number, state) in [FULL, FREEING, ACTIVE].into_iter().enumerate() {
        let page = &mut image[number * PAGE..][..PAGE];
        set_header(page, state, 0xFE);
        page[32..40].fill(0b1010_1010);
        for (i, byte) in page[64..64 + 32 * 32].iter_mut().enumerate() {
            *byte = (i / 32 + i) as u8;
        }
    }
    image
}

/// Offset and ciphertext of the bytes 0 to 31 from `esp-idf-nvs-partition-gen` 0.3.0 with the keys
/// of [`keys`].
const GENERATOR: [(usize, [u8; 32]); 3] = [
    (
        0x40,
        hex!("dca69aebe57002b5ab0b9b37bd980f83549dd20cd08dd6bbd5200488896fa7fe"),
    ),
    (
        0x100,
        hex!("6cf794c12ee6c0d139fd9291aaf5bb650eb5f7472cf92f3665f94e66148f9f86"),
    ),
    (
        0x12060,
        hex!("6ab82b24ee1adcccfbd8191924b3971b5f684da2372c5d9eaf300bc6e2a698c4"),
    ),
];

#[test]
fn slots_are_encrypted_as_by_the_generator() {
    let plain: [u8; 32] = std::array::from_fn(|i| i as u8);
    for (offset, expected) in GENERATOR {
        let mut image = vec![0xFF; 0x13000];
        let page = &mut image[offset / PAGE * PAGE..][..PAGE];
        set_header(page, ACTIVE, 0xFE);
        let slot = (offset % PAGE - 64) / 32;
        page[32 + slot / 4] &= !(1 << (2 * (slot % 4)));
        image[offset..offset + 32].copy_from_slice(&plain);
        let original = image.clone();
        encrypt(&mut image, &keys()).unwrap();
        assert_eq!(image[offset..offset + 32], expected, "offset {offset:#x}");
        assert_eq!(image[..offset], original[..offset], "offset {offset:#x}: before");
        assert_eq!(
            image[offset + 32..],
            original[offset + 32..],
            "offset {offset:#x}: after"
        );
        decrypt(&mut image, &keys()).unwrap();
        assert!(image == original, "offset {offset:#x}: decrypted");
    }
}

type ChangePage = fn(&mut [u8]);

#[test]
fn everything_but_written_slots_of_intact_pages_stays() {
    let states: [(&str, ChangePage, bool); 9] = [
        ("active", |page| set_header(page, ACTIVE, 0xFE), true),
        ("full, version 1", |page| set_header(page, FULL, 0xFF), true),
        ("freeing", |page| set_header(page, FREEING, 0xFE), true),
        ("corrupt", |page| set_header(page, 0xFFFF_FFF0, 0xFE), false),
        ("zero", |page| set_header(page, 0, 0xFE), false),
        ("unwritten with bytes", |page| set_header(page, u32::MAX, 0xFE), false),
        ("wrong checksum", |page| page[28] ^= 1, false),
        ("wrong sequence", |page| page[4] ^= 0x80, false),
        // Damaged, so that the version byte does not matter.
        ("version without its checksum", |page| page[8] = 0xFD, false),
    ];
    for (name, change, touched) in states {
        let mut image = hand_made();
        let page = &mut image[PAGE..2 * PAGE];
        change(page);
        // Empty, invalid, written and erased; the firmware zeroes the erased slot.
        page[33] = 0b0010_0111;
        page[64 + 32 * 7..64 + 32 * 8].fill(0);
        let original = image.clone();
        encrypt(&mut image, &keys()).unwrap();
        for offset in (0..image.len()).step_by(32) {
            let (page, slot) = (offset / PAGE, (offset % PAGE / 32).checked_sub(2));
            let changes = match (page, slot) {
                (1, Some(slot @ (4 | 5 | 7))) => {
                    assert_ne!(slot_bits(&original[PAGE..], slot), 0b10);
                    false
                }
                (1, Some(0..=31)) => touched,
                (_, Some(0..=31)) => true,
                _ => false,
            };
            let changed = image[offset..offset + 32] != original[offset..offset + 32];
            assert_eq!(changed, changes, "{name}: offset {offset:#x}");
        }
        decrypt(&mut image, &keys()).unwrap();
        assert!(image == original, "{name}: decrypted");
    }
}

#[test]
fn slot_is_encrypted_with_any_contents() {
    for byte in [0x00, 0xFF] {
        let mut image = hand_made();
        image[64..96].fill(byte);
        encrypt(&mut image, &keys()).unwrap();
        assert_ne!(image[64..96], [byte; 32]);
        decrypt(&mut image, &keys()).unwrap();
        assert_eq!(image[64..96], [byte; 32]);
    }
}

fn fault(refused: Result<(), Error>) -> FindingKind {
    match refused {
        Err(Error::Damaged(finding)) => finding.kind,
        other => panic!("{other:?}"),
    }
}

#[test]
fn image_of_a_wrong_size_is_refused() {
    for len in [0, 1, 32, PAGE - 1, PAGE + 1, 2 * PAGE + 32] {
        let mut image = vec![0x55; len];
        assert_eq!(fault(encrypt(&mut image, &keys())), FindingKind::ImageSize { len });
        assert_eq!(fault(decrypt(&mut image, &keys())), FindingKind::ImageSize { len });
        assert!(image.iter().all(|byte| *byte == 0x55));
    }
}

#[test]
fn page_of_an_unknown_version_is_refused_before_anything_changes() {
    let mut image = hand_made();
    set_header(&mut image[2 * PAGE..], ACTIVE, 0xFD);
    let original = image.clone();
    let refused = encrypt(&mut image, &keys());
    assert_eq!(fault(refused), FindingKind::PageVersion { version: 0xFD });
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains(&format!("offset {:#x},", 2 * PAGE))
    );
    assert_eq!(decrypt(&mut image, &keys()), refused);
    assert!(image == original);
}

#[test]
fn image_decrypted_with_other_keys_does_not_read() {
    let mut image = vec![0; 0x3000];
    let mut encoder = Encoder::new(&mut image, PartitionSize::new(0x3000).unwrap()).unwrap();
    let (namespace, key) = (Namespace::new("n").unwrap(), Key::new("k").unwrap());
    encoder.push(&namespace, &key, Value::Number(Number::U8(1))).unwrap();
    assert_eq!(encoder.finish().len(), 0x3000);
    encrypt(&mut image, &keys()).unwrap();
    let swapped = NvsKeys::new(*keys().expose_tweak_key(), *keys().expose_data_key()).unwrap();
    decrypt(&mut image, &swapped).unwrap();
    assert!(Items::new(&image).all(|item| item.is_err()));
}

#[test]
fn hmac_key_gives_the_keys_of_the_generator() {
    // all_types_hmac/keys_expected.bin of esp-idf-nvs-partition-gen 0.3.0, --key_protect_hmac; Python's hmac agrees:
    // hmac.new(K, bytes.fromhex("5A5ABEAE") * 8, "sha256") and "A5A5DECE".
    let keys = NvsKeys::from_hmac_key(&hmac_key()).unwrap();
    let data = hex!("ef479d547a3b6b62694cf56995e51e1e8fdd25905099b8c697f8dbeffa498656");
    let tweak = hex!("7945468477b06c4f12084f20716e785abc187c7020b0513ba802c3e56da6373f");
    assert_eq!(keys.expose_data_key(), &data);
    assert_eq!(keys.expose_tweak_key(), &tweak);
    let mut partition = [0; NvsKeys::PARTITION_LEN];
    keys.encode_partition(&mut partition);
    assert_eq!(partition[64..68], hex!("cd25c1e5"));
}

#[test]
fn key_partition_round_trips_from_68_bytes_on() {
    let mut partition = [0; NvsKeys::PARTITION_LEN];
    keys().encode_partition(&mut partition);
    assert_eq!(&partition[..32], keys().expose_data_key());
    assert_eq!(&partition[32..64], keys().expose_tweak_key());
    // nvs/common/keys.bin, made with the generator.
    assert_eq!(partition[64..68], hex!("52f6396f"));
    assert!(partition[68..].iter().all(|byte| *byte == 0xFF));
    for len in [68, 69, 80, 4095, 4096] {
        let copy = NvsKeys::decode(&partition[..len]).unwrap();
        assert!(bool::from(copy.ct_eq(&keys())), "{len} bytes");
    }
    let copy = NvsKeys::from_raw(partition.first_chunk().unwrap()).unwrap();
    assert!(bool::from(copy.ct_eq(&keys())));
    // Read through flash encryption from erased flash.
    partition[80..].fill(0xA7);
    assert!(NvsKeys::decode(&partition).is_ok());
}

#[test]
fn damaged_key_partition_is_refused() {
    let mut good = [0; NvsKeys::PARTITION_LEN];
    keys().encode_partition(&mut good);
    for len in [0, 1, 63, 64, 67] {
        let refused = NvsKeys::decode(&good[..len]).unwrap_err();
        assert_eq!(refused, Error::KeyPartitionSize { len });
    }
    assert_eq!(NvsKeys::decode(&[0xFF; 4096]).unwrap_err(), Error::EncryptionKeysBlank);
    assert_eq!(NvsKeys::decode(&[0xFF; 68]).unwrap_err(), Error::EncryptionKeysBlank);
    // The firmware does not treat this as blank either: keys of 0xFF with a checksum.
    let half_blank = [&[0xFF; 64][..], &[0; 4]].concat();
    assert_eq!(NvsKeys::decode(&half_blank).unwrap_err(), Error::KeyPartitionCrc);
    for bit in 0..68 * 8 {
        let mut partition = good;
        partition[bit / 8] ^= 1 << (bit % 8);
        let refused = NvsKeys::decode(&partition).unwrap_err();
        assert_eq!(refused, Error::KeyPartitionCrc, "bit {bit}");
    }
    let with_crc = |raw: [u8; 64]| [&raw[..], &naive::crc(&raw).to_le_bytes()].concat();
    let refused = NvsKeys::decode(&with_crc([0x11; 64])).unwrap_err();
    assert_eq!(refused, Error::EncryptionKeysEqual);
    let refused = NvsKeys::decode(&with_crc([0xFF; 64])).unwrap_err();
    assert_eq!(refused, Error::EncryptionKeysBlank);
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(
        format!("{:?} {:#?}", keys(), keys()),
        "NvsKeys([elided]) NvsKeys([elided])"
    );
    assert_eq!(
        format!("{:?} {:#?}", hmac_key(), hmac_key()),
        "HmacKey([elided]) HmacKey([elided])"
    );
}

#[derive(Clone, Debug)]
enum Data {
    Number(u64),
    Text(usize),
    Blob(usize, u8),
}

fn data() -> impl Strategy<Value = Data> {
    prop_oneof![
        any::<u64>().prop_map(Data::Number),
        (0..600_usize).prop_map(Data::Text),
        (0..6000_usize, any::<u8>()).prop_map(|(len, byte)| Data::Blob(len, byte)),
    ]
}

/// An image of the encoder with as many of the entries as fit.
fn encoded(version: BlobVersion, entries: &[Data]) -> Vec<u8> {
    let size = PartitionSize::new(0x6000).unwrap();
    let mut image = vec![0; size.bytes()];
    let mut encoder = Encoder::with_version(&mut image, size, version).unwrap();
    let namespace = Namespace::new("storage").unwrap();
    for (number, data) in entries.iter().enumerate() {
        let key = Key::new(&format!("key{number}")).unwrap();
        let pushed = match data {
            Data::Number(number) => encoder.push(&namespace, &key, Value::Number(Number::U64(*number))),
            Data::Text(len) => encoder.push(&namespace, &key, Value::Str(&"text ".repeat(len / 5))),
            Data::Blob(len, byte) => encoder.push(&namespace, &key, Value::Blob(&vec![*byte; *len])),
        };
        if pushed.is_err() {
            break;
        }
    }
    assert_eq!(encoder.finish().len(), size.bytes());
    image
}

/// Random bytes after headers that are mostly intact.
fn arbitrary_image() -> impl Strategy<Value = Vec<u8>> {
    let state = prop_oneof![
        8 => prop::sample::select(vec![ACTIVE, FULL, FREEING]),
        1 => prop::sample::select(vec![u32::MAX, 0xFFFF_FFF0, 0]),
        1 => any::<u32>(),
    ];
    let page = (any::<u64>(), state, 0xFE..=0xFFu8, prop::bool::weighted(0.8));
    vec(page, 1..5).prop_map(|pages| {
        let mut image = vec![0; pages.len() * PAGE];
        for (page, (seed, state, version, intact)) in image.chunks_mut(PAGE).zip(pages) {
            ChaCha20Rng::seed_from_u64(seed).fill_bytes(page);
            if intact {
                set_header(page, state, version);
            }
        }
        image
    })
}

fn any_keys() -> impl Strategy<Value = NvsKeys> {
    any::<u64>().prop_map(|seed| NvsKeys::generate(&mut ChaCha20Rng::seed_from_u64(seed)).unwrap())
}

/// Both orders restore the image, and encryption equals the naive XTS.
fn check_both_ways(image: &[u8], keys: &NvsKeys) -> Result<(), TestCaseError> {
    let mut ours = image.to_vec();
    encrypt(&mut ours, keys).unwrap();
    let mut oracle = image.to_vec();
    naive_encrypt(&mut oracle, keys);
    prop_assert!(ours == oracle, "differs from the naive encryption");
    decrypt(&mut ours, keys).unwrap();
    prop_assert!(ours == image, "decrypted after encrypting");
    decrypt(&mut ours, keys).unwrap();
    encrypt(&mut ours, keys).unwrap();
    prop_assert!(ours == image, "encrypted after decrypting");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn encoded_image_survives_both_ways(
        entries in vec(data(), 0..60),
        v1 in any::<bool>(),
        erased in vec((0..6_usize, 0..126_usize), 0..20),
        keys in any_keys(),
    ) {
        let mut image = encoded(if v1 { BlobVersion::V1 } else { BlobVersion::V2 }, &entries);
        for (page, slot) in erased {
            image[page * PAGE + 32 + slot / 4] &= !(0b11 << (2 * (slot % 4)));
        }
        check_both_ways(&image, &keys)?;
    }

    #[test]
    fn arbitrary_image_survives_both_ways(image in arbitrary_image(), keys in any_keys()) {
        check_both_ways(&image, &keys)?;
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        pages in 0..3_usize,
        more in prop_oneof![Just(0), 0..PAGE],
        seed: u64,
        key in vec(any::<u8>(), 0..200),
    ) {
        let len = pages * PAGE + more;
        let mut image = vec![0; len];
        ChaCha20Rng::seed_from_u64(seed).fill_bytes(&mut image);
        let (encrypted, decrypted) = (encrypt(&mut image, &keys()), decrypt(&mut image, &keys()));
        if len > 0 && more == 0 {
            prop_assert_eq!((encrypted, decrypted), (Ok(()), Ok(())));
        } else {
            prop_assert_eq!(fault(encrypted), FindingKind::ImageSize { len });
            prop_assert_eq!(fault(decrypted), FindingKind::ImageSize { len });
        }
        prop_assert!(NvsKeys::decode(&key).is_err());
    }
}
