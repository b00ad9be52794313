//! Devices that write for a while until a power failure.

use std::collections::{BTreeMap, BTreeSet};

use esp_nvs_image::{Entries, Entry, Number, Severity, StoredValue, check, decode, recover};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::device::{Data, Device};

#[derive(Clone, Debug)]
enum Action {
    Set(usize, Data),
    Remove(usize),
}

/// Keys keep their types: numbers, strings and blobs.
fn actions() -> impl Strategy<Value = Vec<Action>> {
    let set = prop_oneof![
        (0usize..40, any::<u8>()).prop_map(|(key, value)| Action::Set(key * 3, Data::Number(value))),
        (0usize..8, 0usize..300, 0u8..26).prop_map(|(key, len, letter)| {
            Action::Set(
                key * 3 + 1,
                Data::Text(char::from(b'a' + letter).to_string().repeat(len)),
            )
        }),
        (0usize..4, 0usize..700, any::<u8>())
            .prop_map(|(key, len, byte)| Action::Set(key * 3 + 2, Data::Blob(vec![byte; len]))),
        (0usize..2, 0usize..9000, any::<u8>())
            .prop_map(|(key, len, byte)| Action::Set(key * 3 + 2, Data::Blob(vec![byte; len]))),
    ];
    let remove = (0usize..60).prop_map(Action::Remove);
    vec(prop_oneof![9 => set, 1 => remove], 1..160)
}

fn values(entries: &[Entry<'_>]) -> BTreeMap<String, Data> {
    let value = |value: &StoredValue<'_>| match value {
        StoredValue::Number(Number::U8(v)) => Data::Number(*v),
        StoredValue::Str(v) => Data::Text((*v).to_owned()),
        StoredValue::Blob(v) => Data::Blob(v.to_vec()),
        other => unreachable!("{other:?}"),
    };
    let values = entries
        .iter()
        .map(|e| (e.key.to_string(), value(&e.value)))
        .collect::<BTreeMap<_, _>>();
    assert_eq!(values.len(), entries.len(), "duplicate key");
    values
}

/// The number of flash steps and the contents of the device.
type Moment = (usize, BTreeMap<String, Data>);

/// Runs a device; returns it with its states before and after each action.
fn run(actions: &[Action], pages: usize) -> (Device, Vec<Moment>) {
    let mut device = Device::new(pages);
    let mut history = vec![(device.steps.len(), BTreeMap::new())];
    for action in actions {
        let done = match action {
            Action::Set(key, data) => device.set(&format!("k{key}"), data),
            Action::Remove(key) => {
                device.remove(&format!("k{key}"));
                Some(())
            }
        };
        if done.is_none() {
            break;
        }
        history.push((device.steps.len(), device.values.clone()));
    }
    (device, history)
}

/// The keys with an index, each with the half of the chunk indices in it.
fn indices(image: &[u8]) -> BTreeSet<(Vec<u8>, u8)> {
    let slots = image.chunks(0x1000).flat_map(|page| {
        let written = (0..126).filter(|&slot| page[32 + slot / 4] >> (2 * (slot % 4)) & 3 == 2);
        written.map(|slot| &page[64 + 32 * slot..96 + 32 * slot])
    });
    let indices = slots.filter(|slot| slot[1..4] == [0x48, 1, 0xFF]);
    let key = |slot: &[u8]| slot[8..24].iter().copied().take_while(|byte| *byte != 0).collect();
    indices.map(|slot| (key(slot), slot[29] / 0x80)).collect()
}

/// The key of which the firmware erases a chunk because the active page ends with another, read
/// slot by slot; `None` if that is not a chunk of a current value.
fn lost_to_new_chunk(image: &[u8]) -> Option<String> {
    // The target page of a move is erased completely.
    if image.chunks(0x1000).any(|page| page[..4] == [0xF8, 0xFF, 0xFF, 0xFF]) {
        return None;
    }
    for page in image
        .chunks(0x1000)
        .filter(|page| page[..4] == [0xFE, 0xFF, 0xFF, 0xFF])
    {
        let state = |slot: usize| page[32 + slot / 4] >> (2 * (slot % 4)) & 3;
        let head = |slot: usize| &page[64 + 32 * slot..96 + 32 * slot];
        let mut chunks = Vec::new();
        let mut last = None;
        let mut slot = 0;
        while slot < 126 && state(slot) != 3 {
            let span = usize::from(head(slot)[2]);
            if state(slot) != 2 {
                last = None;
                slot += 1;
            } else if (slot..slot + span).any(|slot| state(slot) != 2) {
                last = None;
                slot += span;
            } else {
                if head(slot)[1] == 0x42 {
                    chunks.push(slot);
                }
                last = Some(slot);
                slot += span;
            }
        }
        let is_torn = slot < 126 && head(slot)[..4] != [0xFF; 4];
        let last = last.filter(|last| chunks.contains(last) && !is_torn);
        let key = |slot: usize| &head(slot)[8..24];
        let first = last.and_then(|last| chunks.iter().find(|&&slot| slot < last && key(slot) == key(last)));
        if let Some(&first) = first {
            // The chunk may belong to the new value itself, on a page that was moved while it was
            // written.
            let half = head(first)[3] / 0x80;
            let text = key(first).split(|byte| *byte == 0).next()?;
            let is_of_old = indices(image).contains(&(text.to_vec(), half));
            return is_of_old.then(|| String::from_utf8(text.to_vec()).unwrap());
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn worn_device_is_read_by_all_readers(actions in actions(), pages in 3usize..9) {
        let (device, history) = run(&actions, pages);
        for (steps, held) in history.iter().rev().step_by(7) {
            let image = device.after(*steps);
            let entries = decode(&image);
            prop_assert!(entries.is_ok(), "{:?}", entries.err());
            let entries = entries.unwrap();
            prop_assert!(values(&entries) == *held);
            let walked = Entries::new(&image).map(|entry| entry.unwrap().into()).collect::<Vec<Entry<'_>>>();
            prop_assert!(walked == entries);
            let read = recover(&image);
            prop_assert_eq!(read.damage, []);
            prop_assert!(read.entries == entries);
            let worst = check(&image).iter().map(|finding| finding.severity).max();
            prop_assert!(worst < Some(Severity::Error), "{:#?}", check(&image));
        }
    }

    #[test]
    fn value_survives_when_power_fails_at_any_step(actions in actions(), pages in 3usize..9, cuts in vec(any::<prop::sample::Index>(), 20)) {
        let (device, history) = run(&actions, pages);
        let (end, _) = history[history.len() - 1];
        for cut in cuts {
            let steps = history[0].0 + cut.index(end - history[0].0 + 1);
            let after = history.iter().position(|(at, _)| *at >= steps).unwrap();
            let image = device.after(steps);
            let read = recover(&image);
            let held = values(&read.entries);
            let mut before = history[after.saturating_sub(1)].1.clone();
            // A chunk of a new value that ends the page erases the old value.
            if let Some(key) = lost_to_new_chunk(&image) {
                before.remove(&key);
            }
            let is_before = after > 0 && held == before;
            prop_assert!(is_before || held == history[after].1, "{:?}", read.damage);
            let walked = Entries::new(&image).filter_map(|entry| Some(entry.ok()?.into())).collect::<Vec<Entry<'_>>>();
            prop_assert!(walked == read.entries);
            match decode(&image) {
                Ok(entries) => prop_assert!(entries == read.entries && read.damage.is_empty()),
                Err(error) => prop_assert_eq!(error.finding(), read.damage.first()),
            }
        }
    }
}
