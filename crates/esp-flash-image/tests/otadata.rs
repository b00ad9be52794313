//! otadata.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_flash_image::{Error, OtaData, OtaSelect, OtaState, PartitionTable, TableOptions};
use hex_literal::hex;
use proptest::prelude::*;

const STATES: [OtaState; 6] = [
    OtaState::New,
    OtaState::PendingVerify,
    OtaState::Valid,
    OtaState::Invalid,
    OtaState::Aborted,
    OtaState::Undefined,
];

fn select(sequence: u32, state: OtaState) -> OtaSelect {
    OtaSelect::new(sequence, state).unwrap()
}

/// CRC by Python's `zlib.crc32(sequence, 0xFFFFFFFF)`.
#[test]
fn an_entry_has_the_crc_of_zlib() {
    let expected = hex!("01000000ffffffffffffffffffffffffffffffffffffffffffffffff9a984347");
    assert_eq!(select(1, OtaState::Undefined).encode(), expected);
    assert_eq!(OtaSelect::decode(&expected), Ok(Some(select(1, OtaState::Undefined))));
    assert_eq!(OtaSelect::decode(&[0xFF; 32]), Ok(None));
}

#[test]
fn entries_that_the_bootloader_does_not_take_are_refused() {
    let good = select(5, OtaState::Valid).encode();
    let change = |at: usize, value: u8| {
        let mut bytes = good;
        bytes[at] = value;
        OtaSelect::decode(&bytes)
    };
    // The checksums of 6 and 5, by zlib as above.
    let refused = |expected, found| Err(Error::OtaChecksum { expected, found });
    assert_eq!(change(0, 6), refused(0xDA94_A023, 0xC821_0FCD));
    assert_eq!(change(31, !good[31]), refused(0xC821_0FCD, 0x3721_0FCD));
    assert_eq!(change(4, 0), Err(Error::Padding { offset: 4 }));
    assert_eq!(change(24, 5), Err(Error::OtaState { state: 5 }));
    for value in [0, u32::MAX] {
        let refused = Err(Error::OtaSequence { value });
        assert_eq!(OtaSelect::new(value, OtaState::New), refused);
    }
    for state in STATES {
        assert_eq!(state.name().parse(), Ok(state));
    }
    assert_eq!("Valid".parse::<OtaState>(), Err(Error::OtaStateName));
}

#[test]
fn partitions_have_two_erased_sectors_otherwise() {
    let data = OtaData::new(Some(select(1, OtaState::Valid)), None);
    let mut bytes = data.encode();
    assert_eq!((bytes.len(), OtaData::decode(&bytes)), (0x2000, Ok(data)));
    assert_eq!(OtaData::default().encode(), [0xFF; 0x2000]);
    assert_eq!(
        OtaData::decode(&bytes[1..]),
        Err(Error::Truncated {
            needed: 0x2000,
            available: 0x1FFF
        })
    );
    bytes.push(0xFF);
    assert_eq!(OtaData::decode(&bytes), Err(Error::Trailing { len: 1 }));
    bytes.truncate(0x2000);
    bytes[0x1FFF] = 0;
    assert_eq!(OtaData::decode(&bytes), Err(Error::Padding { offset: 0x1FFF }));
}

#[test]
fn the_bootloader_takes_the_higher_number_that_works() {
    let csv = "o,data,ota,0x9000,0x2000\nf,app,factory,0x10000,1M\na,app,ota_0,,1M\nb,app,ota_1,,1M\n";
    let table = PartitionTable::from_csv(csv, &TableOptions::new()).unwrap();
    let without_factory = csv.replace("f,app,factory,0x10000,1M\n", "");
    let without_factory = PartitionTable::from_csv(&without_factory, &TableOptions::new()).unwrap();
    let cases = [
        (None, None, "f", "a"),
        (Some((1, OtaState::Valid)), None, "a", "a"),
        (Some((1, OtaState::Valid)), Some((2, OtaState::New)), "b", "b"),
        (Some((3, OtaState::Undefined)), Some((2, OtaState::Valid)), "a", "a"),
        (Some((3, OtaState::Aborted)), Some((2, OtaState::Valid)), "b", "b"),
        (Some((3, OtaState::Invalid)), Some((2, OtaState::Aborted)), "f", "a"),
        (None, Some((17, OtaState::PendingVerify)), "a", "a"),
    ];
    for (first, second, label, label_without) in cases {
        let make = |entry: Option<(u32, OtaState)>| entry.map(|(sequence, state)| select(sequence, state));
        let data = OtaData::new(make(first), make(second));
        assert_eq!(data.boots(&table).unwrap().label(), label, "{data:?}");
        assert_eq!(data.boots(&without_factory).unwrap().label(), label_without, "{data:?}");
    }
}

proptest! {
    #[test]
    fn entries_are_read_as_written(sequence in 1..u32::MAX, state in prop::sample::select(&STATES[..])) {
        let entry = select(sequence, state);
        prop_assert_eq!(OtaSelect::decode(&entry.encode()), Ok(Some(entry)));
        prop_assert_eq!(entry.slot(3), Some((sequence - 1) % 3));
        prop_assert_eq!(entry.slot(0), None);
    }
}
