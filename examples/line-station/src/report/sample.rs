//! A small order for tests.

use zeroize::Zeroizing;

use super::model::{Codes, Counts, Image, OrderReport, RefusedRow, Row};

fn row(number: u8, state: &str, times: &[(&str, &str)]) -> Row {
    Row {
        uuid: format!("00000000-0000-4000-8000-0000000000{number:02x}"),
        serial: Some(format!("SN-{number}")),
        state: state.into(),
        mac: format!("24:0a:c4:00:00:{number:02x}"),
        station: "line-1".into(),
        slot: number.to_string(),
        vid: Some(0xFFF1),
        pid: Some(0x8000),
        discriminator: Some(3840),
        times: times
            .iter()
            .map(|(state, time)| ((*state).into(), (*time).into()))
            .collect(),
        ..Row::default()
    }
}

/// Two finished boards, one given up, one in progress, one device without a board, one refused board.
pub(crate) fn order() -> OrderReport {
    let mut first = row(
        1,
        "done",
        &[
            ("claimed", "2026-11-30T08:00:00Z"),
            ("flashed", "2026-11-30T08:00:20Z"),
            ("labelled", "2026-11-30T08:00:30Z"),
            ("done", "2026-11-30T08:00:40Z"),
        ],
    );
    first.codes = Some(Codes {
        qr: Zeroizing::new("MT:Y.K9042C00KA0648G00".into()),
        manual: Zeroizing::new("3497-011-2332".into()),
    });
    let image = |offset, length, source: &str, digest: Option<&str>| Image {
        offset,
        length,
        source: source.into(),
        encrypted: false,
        md5: digest.map(|_| "00".into()),
        sha256: digest.map(ToOwned::to_owned),
    };
    first.images = vec![
        image(0, 0x8000, "bootloader", Some("11")),
        image(0x12000, 0x6000, "fctry", None),
    ];
    let mut second = row(
        2,
        "done",
        &[
            ("claimed", "2026-11-30T09:59:00Z"),
            ("flashed", "2026-11-30T09:59:30Z"),
            ("labelled", "2026-11-30T10:59:30Z"),
            ("done", "2026-11-30T10:59:40Z"),
        ],
    );
    second.serial = Some("=1+1".into());
    let mut third = row(3, "quarantined", &[("claimed", "2026-11-30T10:00:00Z")]);
    third.reason = Some("flash-md5".into());
    third.detail = Some("region <nvs> at 0x12000".into());
    let fourth = row(4, "claimed", &[("claimed", "2026-11-30T10:01:00Z")]);
    OrderReport {
        order: "L-47".into(),
        counts: Counts {
            ordered: 6,
            made: 5,
            free: 1,
            in_work: 1,
            done: 2,
            quarantined: 1,
            refused: 1,
        },
        next: None,
        rows: vec![first, second, third, fourth],
        refused: vec![RefusedRow {
            mac: Some("24:0a:c4:00:00:01".into()),
            station: "line-1".into(),
            slot: "2".into(),
            reason: "board-done".into(),
            detail: "serial number SN-1".into(),
            time: "2026-11-30T08:10:00Z".into(),
        }],
    }
}
