//! Edits: changed and unchanged bytes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

#[path = "common/fault.rs"]
mod fault;

use esp_nvs_image::{
    BlobVersion, Editor, Entry, Error, Items, Key, Namespace, Number, OwnedValue, PartitionSize, Value, decode,
    encode_to_vec,
};

const PAGE: usize = 4096;

use fault::place;

fn ns(name: &str) -> Namespace {
    Namespace::new(name).unwrap()
}

fn key(name: &str) -> Key {
    Key::new(name).unwrap()
}

fn image(pages: u32, entries: &[(&str, Value<'_>)]) -> Vec<u8> {
    let entries = entries.iter().map(|(name, value)| (ns("ns"), key(name), *value));
    encode_to_vec(PartitionSize::new(pages * 0x1000).unwrap(), BlobVersion::V2, entries).unwrap()
}

fn set(image: &mut [u8], name: &str, value: Value<'_>) -> Result<bool, Error> {
    Editor::new(image).set(&ns("ns"), &key(name), value)
}

fn differing(before: &[u8], after: &[u8]) -> Vec<usize> {
    assert_eq!(before.len(), after.len());
    (0..before.len()).filter(|&i| before[i] != after[i]).collect()
}

fn values(image: &[u8]) -> BTreeMap<(Namespace, Key), OwnedValue> {
    let entry = |e: &Entry<'_>| ((e.namespace, e.key), OwnedValue::from(&e.value));
    let entries = decode(image).unwrap();
    let values = entries.iter().map(entry).collect::<BTreeMap<_, _>>();
    assert_eq!(values.len(), entries.len());
    values
}

fn sequence(image: &[u8], page: usize) -> u32 {
    u32::from_le_bytes(image[page * PAGE + 4..page * PAGE + 8].try_into().unwrap())
}

fn state(image: &[u8], page: usize) -> u32 {
    u32::from_le_bytes(image[page * PAGE..page * PAGE + 4].try_into().unwrap())
}

/// The chunk indices of all written chunks.
fn chunks(image: &[u8]) -> Vec<u8> {
    let items = Items::new(image).map(Result::unwrap);
    items
        .map(|item| item.chunk_index())
        .filter(|&chunk| chunk != 0xFF)
        .collect()
}

#[test]
fn a_new_number_changes_its_slot_and_two_bits() {
    let before = image(3, &[("a", Value::Number(Number::U8(1)))]);
    let mut after = before.clone();
    assert_eq!(set(&mut after, "b", Value::Number(Number::U16(0x1234))), Ok(true));
    // Slot 0 is the namespace, slot 1 'a', slot 2 new: at 64 + 2 * 32. Its bits: 11 (empty) becomes 10 (written).
    let slot = 128..160;
    assert!(
        differing(&before, &after)
            .iter()
            .all(|at| slot.contains(at) || *at == 32)
    );
    assert_eq!((before[32], after[32]), (0b1111_1010, 0b1110_1010));
    assert_eq!(after[128..132], [1, 0x02, 1, 0xFF]);
    assert_eq!(
        after[136..160],
        *b"b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x34\x12\xFF\xFF\xFF\xFF\xFF\xFF"
    );
}

#[test]
fn a_changed_value_is_appended_and_the_old_one_stays_in_place() {
    let before = image(
        3,
        &[("a", Value::Number(Number::U8(1))), ("b", Value::Number(Number::U8(2)))],
    );
    let mut after = before.clone();
    assert_eq!(set(&mut after, "a", Value::Number(Number::U8(7))), Ok(true));
    // Namespace written, a erased, b written, new a written.
    assert_eq!(after[32], 0b10_10_00_10);
    assert_eq!(after[64..160], before[64..160]);
    assert_eq!(values(&after)[&(ns("ns"), key("a"))], OwnedValue::Number(Number::U8(7)));
    assert_eq!(values(&after).len(), 2);
}

#[test]
fn the_same_value_changes_nothing() {
    let blob = vec![7; 5000];
    let entries = [
        ("n", Value::Number(Number::I32(-5))),
        ("s", Value::Str("text")),
        ("b", Value::Blob(&blob)),
        ("f", Value::Number(Number::Float(f32::NAN))),
    ];
    let before = image(5, &entries);
    for (name, value) in entries {
        let mut after = before.clone();
        assert_eq!(set(&mut after, name, value), Ok(false));
        assert_eq!(after, before);
    }
}

#[test]
fn another_type_replaces_the_value() {
    let mut image = image(3, &[("a", Value::Number(Number::U8(1)))]);
    for value in [
        Value::Str("1"),
        Value::Blob(&[1]),
        Value::Number(Number::U32(1)),
        Value::Blob(&[]),
        Value::Number(Number::U8(1)),
    ] {
        assert_eq!(set(&mut image, "a", value), Ok(true));
        assert_eq!(
            values(&image).into_values().collect::<Vec<_>>(),
            [OwnedValue::from(value)]
        );
    }
}

#[test]
fn a_blob_goes_to_the_other_half_of_the_chunk_indices() {
    let mut image = image(10, &[("b", Value::Blob(&[1; 5000]))]);
    assert_eq!(chunks(&image), [0, 1]);
    // The rest of a page determines the number of chunks: 2880, 1792 and 704 bytes.
    for (fill, expected) in [(2, &[0x80, 0x81][..]), (3, &[0, 1]), (4, &[0x80, 0x81, 0x82])] {
        assert_eq!(set(&mut image, "b", Value::Blob(&[fill; 5000])), Ok(true));
        assert_eq!(chunks(&image), expected);
    }
}

#[test]
fn a_blob_in_one_piece_becomes_one_in_chunks() {
    let entry = (ns("ns"), key("b"), Value::Blob(&[1; 100]));
    let mut image = encode_to_vec(PartitionSize::new(0x3000).unwrap(), BlobVersion::V1, [entry]).unwrap();
    assert_eq!(chunks(&image), []);
    assert_eq!(set(&mut image, "b", Value::Blob(&[2; 100])), Ok(true));
    assert_eq!(chunks(&image), [0]);
    assert_eq!(image[8], 0xFF);
    assert_eq!(values(&image).len(), 1);
}

#[test]
fn a_blob_begins_on_a_new_page_when_fewer_than_400_bytes_are_left() {
    // The namespace and 112 numbers leave 13 slots: 12 * 32 = 384 bytes after a head; one number
    // less leaves 416.
    for (numbers, first_page) in [(112, 1), (111, 0)] {
        let names = (0..numbers).map(|i| format!("k{i}")).collect::<Vec<_>>();
        let entries = names
            .iter()
            .map(|name| (name.as_str(), Value::Number(Number::U8(0))))
            .collect::<Vec<_>>();
        let mut image = image(4, &entries);
        set(&mut image, "b", Value::Blob(&[9; 500])).unwrap();
        let chunk = Items::new(&image)
            .map(Result::unwrap)
            .find(|item| item.chunk_index() == 0)
            .unwrap();
        assert_eq!(chunk.offset() / PAGE, first_page);
    }
    // A blob that fits completely stays on the page.
    let names = (0..112).map(|i| format!("k{i}")).collect::<Vec<_>>();
    let entries = names
        .iter()
        .map(|name| (name.as_str(), Value::Number(Number::U8(0))))
        .collect::<Vec<_>>();
    let mut image = image(4, &entries);
    set(&mut image, "b", Value::Blob(&[9; 352])).unwrap();
    assert_eq!(state(&image, 1), 0xFFFF_FFFF);
}

#[test]
fn a_removed_key_is_erased_and_nothing_else_changes() {
    let before = image(
        4,
        &[
            ("a", Value::Str("0123456789")),
            ("b", Value::Blob(&[1; 40])),
            ("c", Value::Number(Number::U8(1))),
        ],
    );
    let mut after = before.clone();
    assert_eq!(Editor::new(&mut after).remove(&ns("ns"), &key("b")), Ok(true));
    // Slots: namespace, a (2), chunk of b (3), index of b, c.
    assert_eq!(differing(&before, &after), [32, 33]);
    assert_eq!(after[32..34], [0b00_10_10_10, 0b10_00_00_00]);
    assert_eq!(values(&after).len(), 2);
    assert_eq!(Editor::new(&mut after).remove(&ns("ns"), &key("b")), Ok(false));
    assert_eq!(Editor::new(&mut after).remove(&ns("other"), &key("a")), Ok(false));
}

#[test]
fn a_full_page_is_left_for_the_next_empty_one() {
    let mut image = image(4, &[]);
    for i in 0..126 {
        set(&mut image, &format!("k{i}"), Value::Number(Number::U8(0))).unwrap();
    }
    // 1 namespace and 125 numbers fill the first page, which stays active until the next write.
    assert_eq!((state(&image, 0), state(&image, 1)), (0xFFFF_FFFC, 0xFFFF_FFFE));
    assert_eq!((sequence(&image, 0), sequence(&image, 1)), (0, 1));
    assert_eq!(image[PAGE + 8], 0xFE);
    assert_eq!(values(&image).len(), 126);
}

#[test]
fn with_one_empty_page_left_the_page_with_the_fewest_used_slots_moves_there() {
    let mut image = image(3, &[]);
    for i in 0..125 {
        set(&mut image, &format!("k{i}"), Value::Number(Number::U8(0))).unwrap();
    }
    for i in 0..10 {
        assert!(
            Editor::new(&mut image)
                .remove(&ns("ns"), &key(&format!("k{i}")))
                .unwrap()
        );
    }
    for i in 0..126 {
        set(&mut image, &format!("m{i}"), Value::Number(Number::U8(1))).unwrap();
    }
    // Pages 0 and 1 are full, with 116 and 126 used slots; page 2 is the empty one.
    assert_eq!(state(&image, 2), 0xFFFF_FFFF);
    let page_1 = image[PAGE + 4..2 * PAGE].to_vec();
    set(&mut image, "last", Value::Number(Number::U8(2))).unwrap();
    assert!(image[..PAGE].iter().all(|&byte| byte == 0xFF));
    assert_eq!((state(&image, 1), sequence(&image, 2)), (0xFFFF_FFFC, 2));
    assert_eq!(image[PAGE + 4..2 * PAGE], page_1);
    let counts = Items::new(&image[2 * PAGE..]).map(Result::unwrap).count();
    assert_eq!(counts, 116 + 1);
    assert_eq!(values(&image).len(), 115 + 126 + 1);
    // Nine more fit; then no move makes room, and the image stays unchanged.
    for i in 0..9 {
        set(&mut image, &format!("n{i}"), Value::Number(Number::U8(2))).unwrap();
    }
    let full = image.clone();
    assert_eq!(
        set(&mut image, "more", Value::Number(Number::U8(2))),
        Err(Error::PartitionFull { usable_pages: 2 })
    );
    assert_eq!(image, full);
}

#[test]
fn an_interrupted_page_move_is_restarted() {
    let mut whole = image(
        3,
        &[
            ("a", Value::Number(Number::U8(1))),
            ("b", Value::Str("text")),
            ("c", Value::Number(Number::U8(3))),
        ],
    );
    // The state of an interrupted move: the source in state FREEING, the target with some of the
    // entries.
    let mut target = image(3, &[("a", Value::Number(Number::U8(1)))])[..PAGE].to_vec();
    target[4] = 1;
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    hasher.update(&target[4..28]);
    target[28..32].copy_from_slice(&hasher.finalize().to_le_bytes());
    whole[PAGE..2 * PAGE].copy_from_slice(&target);
    whole[0] = 0xF8;
    assert_eq!(set(&mut whole, "d", Value::Number(Number::U8(4))), Ok(true));
    assert_eq!(values(&whole).len(), 4);
    // The new target is the first empty page, with the next sequence number after the page given
    // up.
    assert_eq!((sequence(&whole, 2), state(&whole, 2)), (2, 0xFFFF_FFFE));
    assert!(whole[..2 * PAGE].iter().all(|&byte| byte == 0xFF));
}

#[test]
fn a_blank_partition_gets_its_first_page() {
    let mut image = vec![0xFF; 3 * PAGE];
    assert_eq!(set(&mut image, "a", Value::Number(Number::U8(1))), Ok(true));
    assert_eq!(image, self::image(3, &[("a", Value::Number(Number::U8(1)))]));
}

#[test]
fn namespaces_take_the_lowest_free_index() {
    let mut image = image(3, &[("a", Value::Number(Number::U8(1)))]);
    for (name, index) in [("two", 2), ("three", 3)] {
        Editor::new(&mut image)
            .set(&ns(name), &key("a"), Value::Number(Number::U8(1)))
            .unwrap();
        let items = Items::new(&image).map(Result::unwrap).collect::<Vec<_>>();
        assert_eq!(items[items.len() - 2].data()[0], index);
        assert_eq!(items[items.len() - 1].namespace_index(), index);
    }
    let mut image = self::image(20, &[]);
    for i in 0..254 {
        Editor::new(&mut image)
            .set(&ns(&format!("n{i}")), &key("a"), Value::Number(Number::U8(1)))
            .unwrap();
    }
    let before = image.clone();
    let refused = Editor::new(&mut image).set(&ns("more"), &key("a"), Value::Number(Number::U8(1)));
    assert_eq!(refused, Err(Error::TooManyNamespaces));
    assert_eq!(image, before);
}

#[test]
fn a_slot_that_is_written_but_not_marked_is_skipped() {
    let mut image = image(3, &[("a", Value::Number(Number::U8(1)))]);
    image[128] = 1;
    set(&mut image, "b", Value::Number(Number::U8(2))).unwrap();
    // Namespace, a, the damaged slot (erased), b.
    assert_eq!(image[32], 0b10_00_10_10);
    assert_eq!(values(&image).len(), 2);
}

#[test]
fn rejected_values_change_nothing() {
    let text = "x".repeat(4000);
    let one_page = image(1, &[("a", Value::Number(Number::U8(1)))]);
    let three = image(3, &[("a", Value::Number(Number::U8(1)))]);
    let mut damaged = three.clone();
    damaged[64 + 32] ^= 1;
    let names = (0..125).map(|i| format!("k{i}")).collect::<Vec<_>>();
    let entries = names
        .iter()
        .map(|name| (name.as_str(), Value::Number(Number::U8(1))))
        .collect::<Vec<_>>();
    let mut last_sequence = image(3, &entries);
    last_sequence[4..8].fill(0xFF);
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    hasher.update(&last_sequence[4..28]);
    last_sequence[28..32].copy_from_slice(&hasher.finalize().to_le_bytes());
    for (before, value, error) in [
        (&three, Value::Str(&text), Error::StringTooLong { len: 4000 }),
        (&three, Value::Str("a\0b"), Error::StringHasNul),
        (
            &three,
            Value::Blob(&[0; 8001]),
            Error::BlobTooLong { len: 8001, max: 8000 },
        ),
        (
            &three,
            Value::Blob(&[0; 8000]),
            Error::PartitionFull { usable_pages: 2 },
        ),
        (&one_page, Value::Number(Number::U8(2)), Error::NoEmptyPage),
        (&last_sequence, Value::Number(Number::U8(2)), Error::PageSequence),
    ] {
        let mut after = before.clone();
        assert_eq!(set(&mut after, "a", value), Err(error));
        assert_eq!(&after, before);
    }
    for (before, expected) in [
        (&damaged, ("entry-crc", Some(96))),
        (&three[..5000].to_vec(), ("image-size", None)),
        (&Vec::new(), ("image-size", None)),
    ] {
        let mut after = before.clone();
        let error = set(&mut after, "a", Value::Number(Number::U8(2))).unwrap_err();
        assert_eq!(place(error), expected);
        assert_eq!(&after, before);
    }
    // The longest values fit.
    let mut image = three;
    assert_eq!(set(&mut image, "s", Value::Str(&text[1..])), Ok(true));
}

/// Sets the state of a page and its sequence number.
fn change_page(page: &mut [u8], state: u8, sequence: u8) {
    page[0] = state;
    page[4] = sequence;
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    hasher.update(&page[4..28]);
    page[28..32].copy_from_slice(&hasher.finalize().to_le_bytes());
}

#[test]
fn a_page_with_a_gap_in_its_bitmap_is_written_after_the_last_used_slot() {
    // Slots 0 to 2 written, 3 empty, 4 erased.
    let mut gap = image(
        3,
        &[("a", Value::Number(Number::U8(1))), ("b", Value::Number(Number::U8(2)))],
    );
    gap[33] = 0b11_11_11_00;
    // Slot 2 is written but not marked, slot 3 is erased.
    let mut spoilt = image(3, &[("a", Value::Number(Number::U8(1)))]);
    spoilt[128] = 0;
    spoilt[32] = 0b00_11_10_10;
    for mut image in [gap, spoilt] {
        let count = values(&image).len();
        assert_eq!(
            set(&mut image, "a", Value::Str("a text of more than one slot")),
            Ok(true)
        );
        assert_eq!(set(&mut image, "new", Value::Number(Number::U8(7))), Ok(true));
        assert_eq!(values(&image).len(), count + 1);
        assert_eq!(
            values(&image)[&(ns("ns"), key("new"))],
            OwnedValue::Number(Number::U8(7))
        );
    }
}

#[test]
fn two_interrupted_moves_lose_nothing() {
    let mut whole = image(4, &[("a", Value::Number(Number::U8(1))), ("b", Value::Str("text"))]);
    let other = image(3, &[("c", Value::Number(Number::U8(3)))])[..PAGE].to_vec();
    whole[PAGE..2 * PAGE].copy_from_slice(&other);
    // The namespace is only on the first page.
    whole[PAGE + 32] &= !0b11;
    change_page(&mut whole[PAGE..2 * PAGE], 0xF8, 1);
    change_page(&mut whole[..PAGE], 0xF8, 0);
    for remove in [true, false] {
        let mut image = whole.clone();
        if remove {
            assert_eq!(Editor::new(&mut image).remove(&ns("ns"), &key("b")), Ok(true));
        } else {
            assert_eq!(set(&mut image, "d", Value::Number(Number::U8(4))), Ok(true));
        }
        assert_eq!(values(&image).len(), if remove { 2 } else { 4 });
        // All are moved again, because the firmware would lose them at the second boot.
        assert_eq!(set(&mut image, "e", Value::Number(Number::U8(5))), Ok(true));
        assert_eq!(values(&image).len(), if remove { 3 } else { 5 });
    }
}

#[test]
fn one_blank_page_is_not_enough_and_two_are() {
    let mut one = vec![0xFF; PAGE];
    assert_eq!(
        set(&mut one, "a", Value::Number(Number::U8(1))),
        Err(Error::NoEmptyPage)
    );
    assert_eq!(one, [0xFF; PAGE]);
    let mut two = vec![0xFF; 2 * PAGE];
    for i in 0..3 {
        assert_eq!(set(&mut two, "a", Value::Number(Number::U8(i))), Ok(true));
    }
}

#[test]
fn remains_of_an_interrupted_write_are_erased() {
    // A blob without its index, as after a power failure before the last slot: the index is slot 3.
    let mut orphan = image(3, &[("b", Value::Blob(&[1; 20]))]);
    orphan[32] |= 0b11 << 6;
    orphan[64 + 3 * 32..64 + 4 * 32].fill(0xFF);
    assert_eq!(place(decode(&orphan).unwrap_err()), ("orphan-chunks", Some(96)));
    // A new chunk of a blob after its old value and before its index, which erases the old value.
    let mut cut = image(3, &[("b", Value::Blob(&[1; 20]))]);
    let mut new = cut.clone();
    assert_eq!(set(&mut new, "b", Value::Blob(&[2; 20])), Ok(true));
    let written = 64 + 4 * 32..64 + 6 * 32;
    cut[written.clone()].copy_from_slice(&new[written]);
    cut[33] &= !0b0101;
    assert_eq!(place(decode(&cut).unwrap_err()).0, "chunk-erased");
    // A value appended on the next page; its predecessor is not erased yet.
    let mut twice = image(4, &[("a", Value::Number(Number::U8(1)))]);
    let next = image(3, &[("a", Value::Number(Number::U8(2)))])[..PAGE].to_vec();
    twice[PAGE..2 * PAGE].copy_from_slice(&next);
    twice[PAGE + 32] &= !0b11;
    change_page(&mut twice[..PAGE], 0xFC, 0);
    change_page(&mut twice[PAGE..2 * PAGE], 0xFE, 1);
    let error = decode(&twice).unwrap_err();
    assert!(matches!(place(error).0, "duplicate-key" | "namespace-twice"), "{error}");
    for (mut image, left) in [(orphan, 0), (cut, 0), (twice, 1)] {
        assert_eq!(set(&mut image, "new", Value::Number(Number::U8(7))), Ok(true));
        assert_eq!(values(&image).len(), left + 1);
        if left == 1 {
            assert_eq!(values(&image)[&(ns("ns"), key("a"))], OwnedValue::Number(Number::U8(2)));
        }
    }
}
