//! Compares flash encryption with espsecure's results and a second implementation.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/naive.rs"]
mod naive;

use esp_flash_image::{EncryptionScheme, Error, FlashCipher, FlashCryptConfig, FlashKey};
use hex_literal::hex;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

fn bytes(first: u8, len: usize) -> Vec<u8> {
    (first..).take(len).collect()
}

fn key(scheme: EncryptionScheme, bytes: &[u8], config: u8) -> FlashKey {
    FlashKey::new(scheme, bytes)
        .unwrap()
        .with_flash_crypt_config(FlashCryptConfig::new(config).unwrap())
}

/// Scheme, key, address, FLASH_CRYPT_CONFIG, ciphertext.
type Case = (EncryptionScheme, Vec<u8>, u32, u8, [u8; 96]);

/// Bytes 0 to 0x5F, encrypted by espsecure 5.6.0; see `data/README.md`.
#[test]
fn results_are_those_of_espsecure() {
    let cases: [Case; 5] = [
        (
            EncryptionScheme::Xts128,
            bytes(0x40, 32),
            0x1_FFF0,
            0xF,
            hex!(
            "85d46587b6c05e70e66707fc3dc8e929d1dd72f9136e1b3d7690974215e9cabdf995c19dd160d843a4c266ccf80519b8"
            "f4bebdefdffaff7479e81c4b34f431a311a334b7a5b55412fb27ad35403429946d9a56b265b1ad14fc577f8677386cc5"),
        ),
        // The last 112 bytes of 4 GiB, without the final 16.
        (
            EncryptionScheme::Xts256,
            bytes(0x80, 64),
            0xFFFF_FF90,
            0xF,
            hex!(
            "188bee2a4fa4bab32fc379ca6595a5845082e8c5bee12f1bd28627928751baf1e81c2ee6cd0e0e4deaebe6f42110488e"
            "c686fe718f695eb3177c36f630438b8fe3fc670a510b81bc20d480b8518ee5c82531b1b6ee8e6469898480c5002b06ef"),
        ),
        (
            EncryptionScheme::Xts128Derived,
            bytes(0x10, 16),
            0x9010,
            0xF,
            hex!(
            "588c46016f624893ec8f52b333823ad11c1cb132818bc117a8d30d01acda0f32463404ac27cc4971debfe9a25406244f"
            "78e9697707801bf90019f6f73917d8367ef63e9148dcf54c44b1148aee385253601c0323d005c6cb95788d7c07b4bc63"),
        ),
        (
            EncryptionScheme::Esp32,
            bytes(0x40, 32),
            0xFF_9010,
            0xF,
            hex!(
            "0c5463a932b81e8a6251c92c8e93aee5ff8659d0d6592070e035fdd89ca22737cbdf0a92b891a65ffdc243830499a368"
            "bdfb899d60e2f04f01cd85610e475c18ecd5d57482a26c56b9f5130d4e183fbf7c6ad83e3d426560ed77f49b0dd824bb"),
        ),
        // A key for the 3/4 coding scheme, and two of four segments.
        (
            EncryptionScheme::Esp32,
            bytes(0x20, 24),
            0x1_0000,
            0x5,
            hex!(
            "68010c0cf0c8e488f8a6fcb77f6b456b205d710c6ed57ab2ea193d3604d01f3f3413616ef4abe1e41bd4e8a3ea816e66"
            "b2741a805bd0c759a1255ef981bb124b4b0896b300eaa2c1754371b1850852c6c5ab69cb8fe42e074489f7361544bc0d"),
        ),
    ];
    for (scheme, bytes_of_key, address, config, expected) in cases {
        let cipher = key(scheme, &bytes_of_key, config).cipher();
        let mut data = bytes(0, 96);
        cipher.encrypt(address, &mut data).unwrap();
        assert_eq!(data, expected, "{scheme}");
        cipher.decrypt(address, &mut data).unwrap();
        assert_eq!(data, bytes(0, 96), "{scheme}");
        // Each block encrypted alone gives the same result.
        for (block, expected) in data.chunks_exact_mut(16).zip(expected.chunks_exact(16)).rev() {
            let at = address + u32::from(block[0]);
            cipher.encrypt(at, block).unwrap();
            assert_eq!(block, expected, "{scheme} at {at:#x}");
        }
    }
}

#[test]
fn pieces_that_no_chip_can_store_are_refused_unchanged() {
    let xts = key(EncryptionScheme::Xts128, &[1; 32], 0xF).cipher();
    let legacy = key(EncryptionScheme::Esp32, &[1; 32], 0xF).cipher();
    let cases: [(&FlashCipher, u32, usize, Error); 9] = [
        (&xts, 0x1008, 16, Error::AddressAlignment { address: 0x1008 }),
        (&legacy, 1, 16, Error::AddressAlignment { address: 1 }),
        (&xts, 0, 127, Error::LengthAlignment { len: 127 }),
        // The tool pads these with random bytes.
        (&legacy, 0, 17, Error::LengthAlignment { len: 17 }),
        (&xts, 0, 0, Error::Empty),
        (&legacy, 0, 0, Error::Empty),
        (
            &xts,
            0xFFFF_FFF0,
            32,
            Error::EndOfFlash {
                address: 0xFFFF_FFF0,
                len: 32,
                limit: 1 << 32,
            },
        ),
        (
            &legacy,
            0xFF_FFF0,
            32,
            Error::EndOfFlash {
                address: 0xFF_FFF0,
                len: 32,
                limit: 0x100_0000,
            },
        ),
        (
            &legacy,
            0x100_0000,
            16,
            Error::EndOfFlash {
                address: 0x100_0000,
                len: 16,
                limit: 0x100_0000,
            },
        ),
    ];
    for (cipher, address, len, error) in cases {
        let mut data = vec![0x5A; len];
        assert_eq!(cipher.encrypt(address, &mut data), Err(error));
        assert_eq!(cipher.decrypt(address, &mut data), Err(error));
        assert!(data.iter().all(|byte| *byte == 0x5A));
    }
    assert_eq!(xts.encrypt(0xFFFF_FFF0, &mut [0; 16]), Ok(()));
    assert_eq!(legacy.encrypt(0xFF_FFF0, &mut [0; 16]), Ok(()));
}

#[test]
fn keys_have_the_length_of_their_scheme() {
    for (scheme, good) in [
        (EncryptionScheme::Esp32, &[24, 32][..]),
        (EncryptionScheme::Xts128, &[32]),
        (EncryptionScheme::Xts128Derived, &[16]),
        (EncryptionScheme::Xts256, &[64]),
    ] {
        for len in [0, 1, 15, 16, 23, 24, 25, 31, 32, 33, 48, 63, 64, 65] {
            let key = FlashKey::new(scheme, &vec![7; len]);
            match key {
                Ok(key) => assert_eq!(key.expose_bytes(), vec![7; len]),
                Err(error) => assert_eq!(error, Error::KeyLength { scheme, len }),
            }
            assert_eq!(
                FlashKey::new(scheme, &vec![7; len]).is_ok(),
                good.contains(&len),
                "{scheme}, {len}"
            );
        }
    }
    assert_eq!(FlashCryptConfig::new(16), Err(Error::CryptConfig { value: 16 }));
}

#[test]
fn fresh_keys_are_those_of_the_generator_and_are_not_shown() {
    for scheme in EncryptionScheme::ALL {
        let fresh = |seed| FlashKey::generate(*scheme, &mut ChaCha20Rng::seed_from_u64(seed));
        assert_eq!(fresh(1).expose_bytes().len(), scheme.key_len());
        assert_eq!(fresh(1).expose_bytes(), fresh(1).expose_bytes());
        assert_ne!(fresh(1).expose_bytes(), fresh(2).expose_bytes());
        assert_eq!(format!("{:?}", fresh(1)), format!("FlashKey({scheme}, [elided])"));
        assert_eq!(format!("{:?}", fresh(1).cipher()), "FlashCipher([elided])");
        assert_eq!(scheme.name().parse(), Ok(*scheme));
    }
}

fn naive(scheme: EncryptionScheme, key: &[u8], config: u8, address: u32, data: &[u8], encrypt: bool) -> Vec<u8> {
    match scheme {
        EncryptionScheme::Esp32 => naive::legacy(key, config, address, data, encrypt),
        EncryptionScheme::Xts128Derived => naive::xts(&Sha256::digest(key), address, data, encrypt),
        _ => naive::xts(key, address, data, encrypt),
    }
}

fn piece() -> impl Strategy<Value = (EncryptionScheme, Vec<u8>, u8, u32, Vec<u8>)> {
    (0..5_usize, 0..=15_u8, 1..400_usize).prop_flat_map(|(which, config, blocks)| {
        let (scheme, len) = match which {
            0 => (EncryptionScheme::Xts128, 32),
            1 => (EncryptionScheme::Xts128Derived, 16),
            2 => (EncryptionScheme::Xts256, 64),
            3 => (EncryptionScheme::Esp32, 32),
            _ => (EncryptionScheme::Esp32, 24),
        };
        let steps: u64 = if which > 2 { 0x10_0000 } else { 0x1000_0000 };
        let last = steps - u64::try_from(blocks).unwrap();
        // Includes both ends of the address range.
        let step = prop_oneof![Just(0), Just(last), 0..=last];
        let key = proptest::collection::vec(any::<u8>(), len);
        let data = proptest::collection::vec(any::<u8>(), 16 * blocks);
        (
            Just(scheme),
            key,
            Just(config),
            step.prop_map(|step| u32::try_from(16 * step).unwrap()),
            data,
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_piece_is_encrypted_as_by_the_naive_implementation((scheme, secret, config, address, plain) in piece()) {
        let cipher = key(scheme, &secret, config).cipher();
        let mut data = plain.clone();
        cipher.encrypt(address, &mut data).unwrap();
        prop_assert_eq!(&data, &naive(scheme, &secret, config, address, &plain, true));
        cipher.decrypt(address, &mut data).unwrap();
        prop_assert_eq!(&data, &plain);
        cipher.decrypt(address, &mut data).unwrap();
        prop_assert_eq!(&data, &naive(scheme, &secret, config, address, &plain, false));
    }

    #[test]
    fn pieces_are_the_same_as_the_whole((scheme, secret, config, address, plain) in piece(), at in any::<prop::sample::Index>()) {
        let cipher = key(scheme, &secret, config).cipher();
        let mut whole = plain.clone();
        cipher.encrypt(address, &mut whole).unwrap();
        let cut = 16 * at.index(plain.len() / 16);
        let mut data = plain;
        let (first, second) = data.split_at_mut(cut);
        if !first.is_empty() {
            cipher.encrypt(address, first).unwrap();
        }
        cipher.encrypt(address + u32::try_from(cut).unwrap(), second).unwrap();
        prop_assert_eq!(data, whole);
    }
}
