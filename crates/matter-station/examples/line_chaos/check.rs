//! Compares all chips with the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use esp_flash_plan::KeyPurpose;
use matter_ledger::{ClaimState, Ledger, LedgerPlace, LineRow};
use md5::{Digest as _, Md5};
use serde_json::Value;

use crate::order::{ORDER, device, key_of, target};
use crate::robot::Robot;

/// The expected ledger entry for a fault: the reasons of a quarantine, or of a refusal.
fn expected(fault: &str) -> (&'static [&'static str], bool) {
    match fault.split('@').next().unwrap() {
        "bad-flash" => (&["flash-md5"], true),
        "md5-garbage" => (&["garbage", "flash-md5", "chip-stuck"], true),
        "dies" => (&["chip-gone"], true),
        // A station that was killed in between has not seen the earlier answers.
        "stuck" => (&["chip-stuck", "chip-gone"], true),
        "garbage" => (&["garbage"], true),
        "efuse-stuck-bit" => (&["efuse-differs"], true),
        "key-used" => (&["efuse-used"], false),
        "locked" => (&["locked"], false),
        "small-flash" => (&["flash-small"], false),
        "wrong-chip" => (&["wrong-chip"], false),
        "wrong-revision" => (&["wrong-revision"], false),
        other => panic!("{other}"),
    }
}

pub fn run(place: &LedgerPlace, folder: &Path) {
    let chips: Vec<Value> = serde_json::from_str(&Robot::new(folder).ask("report")).unwrap();
    let mut ledger = Ledger::open_existing(place).unwrap();
    let line = ledger.line(ORDER).unwrap();
    let rows = line
        .rows
        .iter()
        .map(|row| (row.mac.as_str(), row))
        .collect::<BTreeMap<_, _>>();
    assert_eq!(rows.len(), line.rows.len(), "a board has two devices");
    let devices = line.rows.iter().map(|row| &row.uuid).collect::<BTreeSet<_>>();
    assert_eq!(devices.len(), line.rows.len(), "a device has two boards");
    // Listing and lookup must agree.
    let mut looked_up = 0;
    for state in ClaimState::ALL {
        for claim in ledger.boards_in(ORDER, state).unwrap() {
            let row = rows[claim.mac.to_string().as_str()];
            assert_eq!((row.state, &row.uuid), (state, &claim.uuid));
            looked_up += 1;
        }
    }
    assert_eq!(looked_up, line.rows.len());
    let mut wrong = Vec::new();
    let mut table = BTreeMap::<String, u32>::new();
    let (mut good, mut locked, mut cuts, mut proofs) = (0, 0, 0, 0);
    for chip in &chips {
        let (mac, fault) = (chip["mac"].as_str().unwrap(), chip["fault"].as_str().unwrap());
        let row = rows.get(mac).copied();
        cuts += chip["cuts"].as_u64().unwrap();
        if chip["double_burn"] == true {
            wrong.push(format!("{mac} ({fault}): burned twice"));
        }
        if chip["is_good"] == true {
            good += 1;
            proofs += u32::from(row.is_some_and(|row| row.facts.contains_key("lock_proof")));
            wrong.extend(good_chip(chip, row).map(|why| format!("{mac} ({fault}): {why}")));
            continue;
        }
        let (codes, is_claimed) = expected(fault);
        let found = if is_claimed {
            row.filter(|row| row.state == ClaimState::Quarantined)
                .and_then(|row| row.reason.clone())
        } else if codes == ["locked"] {
            locked += 1;
            let rows = line.refused.iter().filter(|board| board.reason == "locked").count();
            (rows >= locked).then(|| "locked".into())
        } else {
            let refused = line.refused.iter().find(|board| board.mac.as_deref() == Some(mac));
            refused.filter(|_| row.is_none()).map(|board| board.reason.clone())
        };
        let found = found.unwrap_or_else(|| row.map_or_else(|| "nothing".into(), |row| row.state.to_string()));
        if !codes.contains(&found.as_str()) {
            let detail = row.and_then(|row| row.detail.clone());
            wrong.push(format!("{mac} ({fault}): {found}, not {codes:?}; {detail:?}"));
        }
        *table
            .entry(format!("{} -> {found}", fault.split('@').next().unwrap()))
            .or_default() += 1;
    }
    for (what, count) in &table {
        println!("line: {count:3} {what}");
    }
    println!(
        "line: {} chips, {good} good and done, {cuts} cuts of the power, {proofs} boards known by their label or the journal",
        chips.len()
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn good_chip(chip: &Value, row: Option<&LineRow>) -> Option<String> {
    let Some(row) = row else {
        return Some("has no device".into());
    };
    if row.state != ClaimState::Done {
        return Some(format!("is {}: {:?} {:?}", row.state, row.reason, row.detail));
    }
    let device = device(&target(), &row.uuid);
    let md5 = base16ct::lower::encode_string(&Md5::digest(&device.parts[0].bytes));
    let block = |purpose: KeyPurpose, file| {
        base16ct::lower::encode_string(&purpose.block_bytes(&key_of(&row.uuid, file)).unwrap())
    };
    let keys = [
        block(KeyPurpose::XtsAes128, "flash-key.bin"),
        block(KeyPurpose::HmacUp, "hmac-key.bin"),
    ];
    for (what, is_right) in [
        ("its flash is another device's", chip["md5"] == md5),
        ("its keys are another device's", chip["keys"] == serde_json::json!(keys)),
        ("its keys can be read", chip["rd_dis"] == 3),
        ("it is not locked", chip["is_locked"] == true),
        ("its flash is not encrypted", chip["crypt_count"] == 7),
        ("its label is another device's", chip["label"] == *device.label.qr),
    ] {
        if !is_right {
            return Some(what.into());
        }
    }
    None
}
