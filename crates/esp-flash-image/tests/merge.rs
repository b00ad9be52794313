//! Flash maps.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_flash_image::{FlashMap, FlashSize, MapError};
use proptest::prelude::*;

#[test]
fn pieces_that_share_a_byte_are_refused() {
    let mut map = FlashMap::new(None);
    map.add(0x1000, vec![1; 0x100], "a").unwrap();
    for (offset, len) in [
        (0x1000, 1),
        (0x10FF, 1),
        (0xFFF, 2),
        (0, 0x1001),
        (0x1080, 0x1000),
        (0xF00, 0x1000),
    ] {
        let error = map.add(offset, vec![2; len], "b").unwrap_err();
        assert!(matches!(error, MapError::Overlap { .. }), "{error}");
    }
    map.add(0xFFF, &[3][..], "before").unwrap();
    map.add(0x1100, &[4][..], "after").unwrap();
    assert_eq!(
        map.pieces().map(|piece| piece.name()).collect::<Vec<_>>(),
        ["before", "a", "after"]
    );
    assert_eq!(map.end(), 0x1101);
}

#[test]
fn pieces_that_do_not_fit_are_refused_with_both_sizes() {
    let mut map = FlashMap::new(Some(FlashSize::new(0x1000).unwrap()));
    let error = map.add(0xF00, vec![0; 0x101], "app").unwrap_err();
    assert_eq!(
        error.to_string(),
        "app at 0xf00 to 0x1001 does not fit a flash of 0x1000 bytes"
    );
    assert_eq!(map.add(0, vec![], "app").unwrap_err().to_string(), "app has no bytes");
    map.add(0xF00, vec![0; 0x100], "app").unwrap();
    let mut map = FlashMap::new(None);
    assert!(map.add(u32::MAX, vec![0; 2], "end").is_err());
    map.add(u32::MAX, vec![0; 1], "end").unwrap();
    assert_eq!(map.end(), 1 << 32);
}

/// esptool's merge-bin ignores a `--pad-to-size` that is too small.
#[test]
fn sizes_that_are_too_small_are_refused() {
    let mut map = FlashMap::new(None);
    map.add(0x10, vec![7; 0x10], "a").unwrap();
    assert_eq!(map.to_image(None).unwrap(), [[0xFF; 0x10], [7; 0x10]].concat());
    assert_eq!(
        map.to_image(Some(0x30)).unwrap(),
        [[0xFF; 0x10], [7; 0x10], [0xFF; 0x10]].concat()
    );
    let error = map.to_image(Some(0x1F)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "image size of 0x1f bytes is too small: the last piece ends at 0x20"
    );
    assert_eq!(FlashMap::new(None).to_image(None).unwrap(), []);
}

#[test]
fn bytes_are_not_shown() {
    let mut map = FlashMap::new(None);
    map.add(0, vec![0x5A; 4], "keys").unwrap();
    assert!(!format!("{map:?}").contains("90"), "{map:?}");
}

proptest! {
    #[test]
    fn maps_are_as_if_written_byte_by_byte(pieces in proptest::collection::vec((0..200_u32, 1..40_usize, any::<u8>()), 0..12)) {
        let mut flash = vec![None; 240];
        let mut map = FlashMap::new(None);
        for (offset, len, value) in pieces {
            let start = usize::try_from(offset).unwrap();
            let free = flash[start..start + len].iter().all(Option::is_none);
            prop_assert_eq!(map.add(offset, vec![value; len], "piece").is_ok(), free);
            if free {
                flash[start..start + len].fill(Some(value));
            }
        }
        let image = map.to_image(Some(240)).unwrap();
        prop_assert_eq!(image, flash.into_iter().map(|byte| byte.unwrap_or(0xFF)).collect::<Vec<_>>());
    }
}
