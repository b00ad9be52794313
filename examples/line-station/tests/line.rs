//! One order on virtual chips, from its folder to its report, and the refusals on the way.

#![allow(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/chips.rs"]
mod chips;
#[path = "support/factory.rs"]
mod factory;
#[path = "../../tests/support/flash.rs"]
mod flash;
#[path = "support/orders.rs"]
mod orders;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};

use chips::VirtualChip;
use esp_flash_image::Chip;
use factory::{Factory, ORDER, stderr, stdout};
use orders::{chip, ended, lines, plain, status};
use serde_json::Value;

const MAC: &str = "24:0a:c4:00:00:01";

#[test]
fn an_order_goes_from_folder_to_report() {
    let factory = plain(Chip::Esp32h2, 3);
    let chips = (1..=3).map(|number| chip(&factory, number)).collect::<Vec<_>>();
    let mut arguments = vec!["--once", "--json", "--labels", "labels", "--port"];
    arguments.extend(chips.iter().map(|chip| chip.port.as_str()));
    let output = factory.run(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(ended(&output).len(), 3);

    let status = status(&factory);
    assert_eq!(status["counts"]["done"], 3);
    let boards = status["boards"].as_array().unwrap();
    let uuids = boards
        .iter()
        .map(|board| board["uuid"].as_str().unwrap())
        .collect::<BTreeSet<_>>();
    assert_eq!(uuids.len(), 3, "each board has a device of its own");
    for uuid in &uuids {
        let label = fs::read_to_string(factory.path(&format!("labels/{uuid}.svg"))).unwrap();
        let codes = fs::read_to_string(factory.devices().join(uuid).join(format!("{uuid}-onb_codes.csv"))).unwrap();
        let manual = codes.lines().nth(1).unwrap().split(',').nth(1).unwrap();
        assert!(label.contains(manual));
    }

    check_report(&factory, &status);
}

/// The report matches the ledger, and its signature is verified independently.
fn check_report(factory: &Factory, status: &Value) {
    let key = factory.path("key.pem");
    let openssl = |arguments: &[&str]| {
        Command::new("openssl")
            .args(arguments)
            .current_dir(factory.top.path())
            .output()
    };
    let Ok(made) = openssl(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        "key.pem",
    ]) else {
        println!("openssl is not there, 0 signatures verified");
        return;
    };
    assert!(made.status.success() && key.exists());
    openssl(&["pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"]).unwrap();
    let output = factory.line(&["report", ORDER, "--out", "report", "--sign", "key.pem"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let (signature, manifest) = ("report/manifest.json.sig", "report/manifest.json");
    let verified = openssl(&[
        "dgst",
        "-sha256",
        "-verify",
        "public.pem",
        "-signature",
        signature,
        manifest,
    ])
    .unwrap();
    assert!(verified.status.success(), "{}", stdout(&verified));
    println!("1 signature verified by openssl");

    let manifest: Value = serde_json::from_slice(&fs::read(factory.path(manifest)).unwrap()).unwrap();
    assert_eq!(manifest["counts"], status["counts"]);
    let pairs = |rows: &Value| {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| {
            (
                row["mac"].to_string(),
                row["uuid"].to_string(),
                row["state"].to_string(),
            )
        })
        .collect::<BTreeSet<_>>()
    };
    assert_eq!(pairs(&manifest["devices"]), pairs(&status["boards"]));
    let mut table = csv::Reader::from_path(factory.path("report/manifest.csv")).unwrap();
    let header = table.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|cell| cell == name).unwrap();
    let rows = table.records().map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(rows.len(), manifest["devices"].as_array().unwrap().len());
    for (row, device) in rows.iter().zip(manifest["devices"].as_array().unwrap()) {
        for (name, member) in [
            ("mac", "mac"),
            ("uuid", "uuid"),
            ("qr", "qr"),
            ("dac-serial", "dac_serial"),
            ("operator", "operator"),
        ] {
            assert_eq!(device[member], row[column(name)], "{name}");
        }
        assert!(row[column("qr")].starts_with("MT:") && &row[column("operator")] == "AB");
        assert!(
            row[column("images")].contains("bootloader md5="),
            "{}",
            &row[column("images")]
        );
        assert!(!row[column("done")].is_empty());
    }
    let page = fs::read_to_string(factory.path("report/report.html")).unwrap();
    assert!(page.contains("<b>3</b>done") && !page.contains("MT:"));

    let again = factory.line(&["report", ORDER, "--out", "report"]);
    assert_eq!(again.status.code(), Some(2), "nothing is replaced without --force");
    let output = factory.line(&["report", ORDER, "--out", "open", "--no-passcode-in-manifest"]);
    assert!(output.status.success(), "{}", stderr(&output));
    for name in ["manifest.csv", "manifest.json", "report.html"] {
        let text = fs::read_to_string(factory.path("open").join(name)).unwrap();
        assert!(!text.contains("MT:") && !text.contains("\"manual\""), "{name}");
    }
    assert!(!factory.path("open/manifest.json.sig").exists());
}

#[test]
fn the_same_board_put_in_twice_is_refused_and_named() {
    let factory = plain(Chip::Esp32h2, 2);
    let chip = chip(&factory, 1);
    let arguments = ["--once", "--port", chip.port.as_str()];
    let first = factory.run(&arguments).output().unwrap();
    assert_eq!(first.status.code(), Some(0), "{}{}", stdout(&first), stderr(&first));
    assert!(
        stdout(&first).contains("PASS slot 1 24:0a:c4:00:00:01"),
        "{}",
        stdout(&first)
    );
    let serial = status(&factory)["boards"][0]["serial"].as_str().unwrap().to_owned();
    let second = factory.run(&arguments).output().unwrap();
    assert_eq!(second.status.code(), Some(1), "{}", stderr(&second));
    let text = stdout(&second);
    assert!(
        text.contains("FAIL slot 1") && text.contains("board-done") && text.contains(&serial),
        "{text}"
    );
    let status = status(&factory);
    assert_eq!(
        (&status["counts"]["done"], &status["counts"]["refused"]),
        (&1.into(), &1.into())
    );

    // With a reason it is reworked, with the same device.
    let third = factory
        .run(&[&arguments[..], &["--rework", "new firmware"]].concat())
        .output()
        .unwrap();
    assert_eq!(third.status.code(), Some(0), "{}{}", stdout(&third), stderr(&third));
    let reworked = self::status(&factory);
    assert_eq!(reworked["boards"].as_array().unwrap().len(), 1);
    assert_eq!(reworked["boards"][0]["serial"], serial.as_str());
}

#[test]
fn other_boards_are_refused_before_anything_is_written() {
    let factory = Factory::new(Chip::Esp32h2, 1, |mut project| {
        project.profile["revision"] = "0.1".into();
        project.write();
        project
    });
    for (name, chip, more, code) in [
        ("other", "esp32c3", &[][..], "wrong-chip"),
        ("old", "esp32h2", &["--revision", "0.0"], "wrong-revision"),
        (
            "small",
            "esp32h2",
            &["--revision", "0.1", "--flash-size", "2MB"],
            "flash-small",
        ),
        (
            "locked",
            "esp32h2",
            &["--revision", "0.1", "--fault", "locked"],
            "locked",
        ),
    ] {
        let state = factory.path(name);
        let board = VirtualChip::start(chip, MAC, &state, more);
        let output = factory
            .run(&["--once", "--json", "--port", &board.port])
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(1),
            "{name}: {}{}",
            stdout(&output),
            stderr(&output)
        );
        assert_eq!(ended(&output), [("refused".to_owned(), code.to_owned())], "{name}");
        let events = lines(&output);
        assert!(
            events
                .iter()
                .all(|line| line["event"] != "bytes" && line["event"] != "state"),
            "{name}"
        );
    }
    let status = status(&factory);
    assert_eq!(status["counts"]["refused"], 4);
    assert!(status["boards"].as_array().unwrap().is_empty());
}

#[test]
fn plan_only_prints_commands_and_writes_nothing() {
    let factory = Factory::new(Chip::Esp32h2, 2, flash::Project::locked);
    let before = factory.files();
    let output = factory
        .run(&["--plan-only", "--port", "/dev/ttyUSB7"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.contains("espefuse --port /dev/ttyUSB7 --chip esp32h2") && text.contains("burn-key"),
        "{text}"
    );
    let output = factory.run(&["--plan-only", "--json"]).output().unwrap();
    let devices: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!devices[0]["commands"].as_array().unwrap().is_empty());
    assert_eq!(factory.files(), before);
    assert!(status(&factory)["boards"].as_array().unwrap().is_empty());
}

#[test]
fn efuses_need_the_orders_id() {
    let factory = Factory::new(Chip::Esp32h2, 1, flash::Project::locked);
    let board = chip(&factory, 1);
    let port = ["--once", "--port", board.port.as_str()];
    let refused = |output: &Output, word: &str| {
        assert_eq!(output.status.code(), Some(2), "{}", stderr(output));
        assert!(stderr(output).contains(word), "{}", stderr(output));
    };
    refused(&factory.run(&port).output().unwrap(), "--burn");
    refused(
        &factory
            .run(&[&port[..], &["--burn", "--confirm", "L-48"]].concat())
            .output()
            .unwrap(),
        "--confirm",
    );
    for typed in ["", "yes\n", "L-48\n"] {
        refused(
            &typing(&factory, &[&port[..], &["--burn"]].concat(), typed),
            "not the order's id",
        );
    }
    let status = status(&factory);
    assert!(status["boards"].as_array().unwrap().is_empty() && status["counts"]["refused"] == 0);

    let output = typing(&factory, &[&port[..], &["--burn"]].concat(), "L-47\n");
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(self::status(&factory)["counts"]["done"], 1);
    // Now it is locked, and no longer identifies itself.
    let output = factory
        .run(&[&port[..], &["--burn", "--confirm", ORDER]].concat())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
}

/// Runs with text typed on standard input.
fn typing(factory: &Factory, arguments: &[&str], typed: &str) -> Output {
    let mut command = factory.run(arguments);
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended before anything is typed.
    let _ = process.stdin.take().unwrap().write_all(typed.as_bytes());
    process.wait_with_output().unwrap()
}

#[test]
fn a_scanned_label_has_to_be_the_boards_own() {
    let factory = plain(Chip::Esp32h2, 2);
    let board = chip(&factory, 1);
    let codes = |uuid: &str| {
        let text = fs::read_to_string(factory.devices().join(uuid).join(format!("{uuid}-onb_codes.csv"))).unwrap();
        text.lines().nth(1).unwrap().split(',').next().unwrap().to_owned()
    };
    fs::write(factory.path("none"), "").unwrap();
    let port = [
        "--once",
        "--json",
        "--labels",
        "labels",
        "--scan",
        "--port",
        board.port.as_str(),
        "--scan-from",
    ];
    let output = factory.run(&[&port[..], &["none"]].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    let status = status(&factory);
    assert_eq!(status["counts"]["done"], 0, "no code, not done");
    let own = status["boards"][0]["uuid"].as_str().unwrap().to_owned();
    fs::write(factory.path("codes"), format!("MT:OTHER\n{}\n", codes(&own))).unwrap();
    let output = factory.run(&[&port[..], &["codes"]].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(self::status(&factory)["counts"]["done"], 1);
}

#[test]
fn a_slot_takes_one_board_after_the_other_until_the_order_is_done() {
    let factory = plain(Chip::Esp32h2, 2);
    let first = chip(&factory, 1);
    let number = first.port.rsplit(':').next().unwrap().to_owned();
    let mut command = factory.run(&["--json", "--port", &first.port]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut until = |event: &str| {
        let mut seen = Vec::new();
        loop {
            let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
            let found = line["event"].as_str().unwrap().to_owned();
            if found == event {
                return (line, seen);
            }
            seen.push(found);
        }
    };
    let (done, _) = until("done");
    assert_eq!(done["mac"], MAC);
    until("take-away");
    drop(first);
    until("waiting");
    let second = VirtualChip::start_at(&number, "esp32h2", "24:0a:c4:00:00:02", &factory.path("chip2"), &[]);
    let (done, seen) = until("done");
    assert_eq!(done["mac"], "24:0a:c4:00:00:02");
    assert!(!seen.contains(&"refused".to_owned()), "the slot waited");
    // Both devices are on boards: the run ends by itself, although this board has not been removed.
    assert_eq!(process.wait().unwrap().code(), Some(0));
    drop(second);
    assert_eq!(status(&factory)["counts"]["done"], 2);
}

#[test]
fn a_board_with_a_bad_flash_is_given_up_with_its_reason_and_its_remedy() {
    let factory = plain(Chip::Esp32h2, 2);
    let board = VirtualChip::start(
        "esp32h2",
        MAC,
        &factory.path("bad"),
        &["--fault", "bad-flash", "--seed", "1"],
    );
    let output = factory
        .run(&["--once", "--json", "--port", &board.port])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(ended(&output), [("quarantined".to_owned(), "flash-md5".to_owned())]);
    let status = status(&factory);
    assert_eq!(
        (&status["counts"]["quarantined"], &status["counts"]["free"]),
        (&1.into(), &1.into())
    );
    assert_eq!(status["boards"][0]["reason"], "flash-md5");
    let output = factory.line(&["report", ORDER, "--out", "report"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let page = fs::read_to_string(factory.path("report/report.html")).unwrap();
    let remedy = matter_station::QuarantineReason::from_code("flash-md5")
        .unwrap()
        .remedy();
    assert!(page.contains(MAC) && page.contains(remedy));
}

#[test]
fn bad_usage_is_refused_in_one_sentence() {
    let factory = plain(Chip::Esp32h2, 1);
    for (arguments, word) in [
        (&["--port", "socket://x"][..], "--port"),
        (&["--port", "COM3", "COM3"], "twice"),
        (&["--port", "COM3", "--slots", "0"], "--slots"),
        (&["--port", "COM3", "--baud", "1"], "--baud"),
        (&["--port", "COM3", "--labels", "zpl:"], "--labels"),
        (
            &["--port", "COM3", "--labels", "l", "--label-density", "100"],
            "--label-density",
        ),
        (&["--port", "COM3", "--label-density", "203"], "--labels"),
        (&["--port", "COM3", "--label-format", "png"], "--labels"),
        (&["--port", "COM3", "--make-batch", "4"], "--make"),
        (&["--port", "COM3", "--answer-time", "4"], "--issue-order"),
        (&["--port", "COM3", "--confirm", "x"], "--burn"),
        (&["--port", "COM3", "--plan-only", "--burn"], "--plan-only"),
        (&["--port", "COM3", "--rework", " "], "--rework"),
    ] {
        let output = factory.run(arguments).output().unwrap();
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(
            message.starts_with("error: ") && message.contains(word) && message.lines().count() == 1,
            "{message}"
        );
    }
    let output = factory.line(&["status", "L-99"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("L-99"));
    let output = factory.line(&["report", "L-99", "--out", "report"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(!factory.path("report").exists());
}

#[test]
fn a_scanner_that_is_gone_ends_the_run_with_one_label() {
    let factory = plain(Chip::Esp32h2, 1);
    let board = chip(&factory, 1);
    let printer = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let labels = format!("zpl:{}", printer.local_addr().unwrap());
    fs::write(factory.path("none"), "").unwrap();
    let arguments = [
        "--labels",
        &labels,
        "--scan",
        "--scan-from",
        "none",
        "--port",
        &board.port,
    ];
    for (more, code) in [(&[][..], 3), (&["--once"], 1)] {
        let output = factory.run(&[&arguments[..], more].concat()).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{}{}",
            stdout(&output),
            stderr(&output)
        );
        let message = [stdout(&output), stderr(&output)].concat();
        assert!(message.contains("the scanner ended"), "{message}");
    }
    printer.set_nonblocking(true).unwrap();
    let printed = std::iter::from_fn(|| printer.accept().ok()).count();
    assert_eq!(printed, 2, "one in each run");
    assert_eq!(status(&factory)["counts"]["done"], 0);
}
