//! Any bytes: reading never panics, and accepted content is written to the same bytes.
//!
//! The input is the start of both sectors, or a whole partition.

use esp_flash_image::{OtaData, OtaSelect};

pub(crate) fn property(input: &[u8]) {
    let mut whole = input.to_vec();
    if let Some((first, rest)) = input.split_at_checked(32)
        && rest.len() <= 0x1000
    {
        whole = first.to_vec();
        whole.resize(0x1000, 0xFF);
        whole.extend(rest);
        whole.resize(0x2000, 0xFF);
    }
    if let Ok(data) = OtaData::decode(&whole) {
        assert_eq!(data.encode(), whole);
        let numbers = data.entries().iter().flatten().map(OtaSelect::sequence);
        assert!(data.active().map(OtaSelect::sequence) <= numbers.max());
        assert!(
            data.active()
                .is_none_or(|entry| entry.slot(16).is_some_and(|slot| slot < 16))
        );
    }
}
