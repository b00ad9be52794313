//! Any key, address and bytes: pieces are refused unchanged, or decrypt to the input; blocks encrypted alone are equal.
//!
//! The input is a scheme, FLASH_CRYPT_CONFIG, an address, a key and the bytes.

use esp_flash_image::{EncryptionScheme, FlashCryptConfig, FlashKey};

pub(crate) fn property(input: &[u8]) {
    let [which, config, a0, a1, a2, a3, rest @ ..] = input else {
        return;
    };
    let Ok(config) = FlashCryptConfig::new(*config) else {
        return;
    };
    let address = u32::from_le_bytes([*a0, *a1, *a2, *a3]);
    let scheme = EncryptionScheme::ALL[usize::from(which % 4)];
    let len = if *which >= 0x80 { 24 } else { scheme.key_len() };
    let Some((key, data)) = rest.split_at_checked(len) else {
        return;
    };
    let Ok(key) = FlashKey::new(scheme, key) else { return };
    assert_eq!(key.expose_bytes().len(), len);
    let cipher = key.with_flash_crypt_config(config).cipher();
    let mut bytes = data.to_vec();
    if cipher.encrypt(address, &mut bytes).is_err() {
        assert_eq!(bytes, data);
        assert!(cipher.decrypt(address, &mut bytes).is_err());
        return;
    }
    for (index, block) in (0..).zip(data.chunks(16)) {
        let mut alone = block.to_vec();
        cipher
            .encrypt(address + 16 * index, &mut alone)
            .expect("a part of a good piece");
        let at = 16 * usize::try_from(index).expect("a small number");
        assert_eq!(alone, bytes[at..at + 16]);
    }
    cipher.decrypt(address, &mut bytes).expect("a good piece");
    assert_eq!(bytes, data);
}
