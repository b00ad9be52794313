//! Any bytes: no reader panics, and the number of items is bounded by the slots. A decoded image is
//! recovered without damage and gives the same entries in the iterator without an allocator; it
//! encodes into a partition with room, which decodes to the same entries.

use esp_nvs_image::{
    BlobVersion, Entries, Entry, Items, OwnedValue, PartitionSize, Severity, Statistics, check, decode, encode_to_vec,
    recover,
};

pub(crate) fn property(image: &[u8]) {
    assert!(Items::new(image).count() <= image.len() / 32 + 1);
    let slots = image.len() / 32;
    assert!(Statistics::new(image).used_slots() <= slots);
    let walked = Entries::new(image)
        .map(|entry| entry.map(Entry::from))
        .collect::<Vec<_>>();
    assert!(walked.len() <= 2 * slots + 1);
    let read = recover(image);
    let errors = check(image)
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error);
    let entries = match decode(image) {
        Ok(entries) => entries,
        Err(error) => return assert_eq!(read.damage.first(), error.finding()),
    };
    // Without an empty page the firmware cannot write, but it can read.
    assert_eq!(errors.filter(|finding| finding.kind.id() != "no-empty-page").count(), 0);
    assert!(read.damage.is_empty());
    let owned = |entries: &[Entry<'_>]| {
        let triple = |e: &Entry<'_>| (e.namespace, e.key, OwnedValue::from(&e.value));
        entries.iter().map(triple).collect::<Vec<_>>()
    };
    let before = owned(&entries);
    assert_eq!(owned(&read.entries), before);
    let walked = walked
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .expect("what decode accepts has no fault");
    assert_eq!(owned(&walked), before);
    let size = PartitionSize::new(u32::try_from(image.len()).unwrap() + 8 * 4096).unwrap();
    let borrowed = before
        .iter()
        .map(|(namespace, key, value)| (*namespace, *key, value.as_value()));
    let again = encode_to_vec(size, BlobVersion::V2, borrowed).expect("accepted entries encode");
    assert_eq!(owned(&decode(&again).expect("our own image decodes")), before);
}
