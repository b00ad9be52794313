//! Refusals of `matter-mfg`: one message, exit code 2, nothing written.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/workplace.rs"]
mod workplace;

use std::fs;

use workplace::{run, stderr, workplace};

/// Arguments, and the text that the message must contain. Every value here may be a mistyped secret.
#[rustfmt::skip]
const REFUSED: &[(&str, &[&str])] = &[
    ("--passcode 100000000", &["--passcode", "1 to 99999998"]),
    ("--passcode 134217729", &["--passcode", "1 to 99999998"]),
    ("--passcode -5", &["--passcode"]),
    ("--passcode=0x", &["--passcode"]),
    ("--passcode 00000000", &["--passcode", "twelve"]),
    ("--passcode 11111111", &["--passcode", "twelve"]),
    ("--passcode 22222222", &["--passcode", "twelve"]),
    ("--passcode 33333333", &["--passcode", "twelve"]),
    ("--passcode 44444444", &["--passcode", "twelve"]),
    ("--passcode 55555555", &["--passcode", "twelve"]),
    ("--passcode 66666666", &["--passcode", "twelve"]),
    ("--passcode 77777777", &["--passcode", "twelve"]),
    ("--passcode 88888888", &["--passcode", "twelve"]),
    ("--passcode 99999999", &["--passcode", "twelve"]),
    ("--passcode 12345678", &["--passcode", "twelve"]),
    ("--passcode 87654321", &["--passcode", "twelve"]),
    ("--passcode 20202021 -n 2", &["--passcode", "single device"]),
    ("--discriminator 4096", &["--discriminator", "0 to 4095"]),
    ("--discriminator -1", &["--discriminator"]),
    ("--discriminator 5 -n 2", &["--discriminator", "single device"]),
    ("--serial-num x -n 2", &["--serial-num", "single device"]),
    ("-v 0xFFFF -p 0", &["--vendor-id", "0x0001 to 0xFFF4"]),
    ("-v 0", &["--vendor-id", "0x0001 to 0xFFF4"]),
    ("-v FFF2", &["--vendor-id", "write 0xFFF2"]),
    ("-p 0", &["--product-id", "0x0001 to 0xFFFF"]),
    ("-p 0x10000", &["--product-id", "0x0001 to 0xFFFF"]),
    ("-n 0", &["--count", "1 to 4294967295"]),
    ("-n -3", &["--count", "1 to 4294967295"]),
    ("--iteration-count 999", &["--iteration-count", "1000 to 100000"]),
    ("--iteration-count 100001", &["--iteration-count", "1000 to 100000"]),
    ("--iteration-count abc", &["--iteration-count", "not a number"]),
    ("--discriminator 20202021", &["--discriminator", "0 to 4095"]),
    ("-p 20202021", &["--product-id", "0x0001 to 0xFFFF"]),
    ("-cf abc", &["--commissioning-flow", "not a decimal number"]),
    ("-dm abc", &["--discovery-mode", "not a decimal number"]),
    ("-dm +2", &["--discovery-mode"]),
    ("-cf 3", &["--commissioning-flow", "0 (standard)"]),
    ("-dm 1", &["--discovery-mode", "2 (BLE)"]),
    ("-dm 64", &["--discovery-mode", "32 (Thread)"]),
    ("-s 0x1000", &["--size", "0x3000 to 0x2000000"]),
    ("-s 0x7ffff000", &["--size", "0x3000 to 0x2000000"]),
    ("-s 0x3100", &["--size", "multiple of 0x1000"]),
    ("-s abc", &["--size", "multiple of 0x1000"]),
    ("--hw-ver 65536", &["--hw-ver", "0 to 65535"]),
    ("--hw-ver-str=", &["--hw-ver-str", "0 bytes", "1 to 64"]),
    ("--mfg-date 20249999", &["--mfg-date", "YYYYMMDD"]),
    ("--vendor-name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &["--vendor-name", "33 bytes", "1 to 32"]),
    ("--rd-id-uid c0398f4980b07c9460f71c5421e1a3c5", &["--rd-id-uid", "--enable-rotating-device-id"]),
    ("--enable-rotating-device-id --rd-id-uid xyz", &["--rd-id-uid", "32 hexadecimal digits"]),
    ("-cd missing.der", &["--cert-dclrn", "missing.der"]),
    ("-cd garbage", &["--cert-dclrn", "garbage"]),
    ("--pai -c missing.pem -k PAI-Key.pem", &["--cert", "missing.pem"]),
    ("--pai -c garbage -k PAI-Key.pem", &["--cert", "garbage"]),
    ("--pai -c PAI-Cert.pem -k garbage", &["--key", "garbage"]),
    ("--pai -c broken.pem -k PAI-Key.pem", &["--cert", "broken.pem"]),
    ("--pai -c PAI-Cert.pem -k other-key.pem", &["--key", "certificate"]),
    ("--pai -c PAI-Cert.pem", &["--pai", "--key"]),
    ("-c PAI-Cert.pem", &["--cert", "--pai"]),
    ("-k PAI-Key.pem", &["--key", "--pai"]),
    ("--pai -c PAI-Cert.pem -k PAI-Key.pem -v 0xFFF1", &["--cert", "0xFFF2", "0xFFF1"]),
    ("--pai -c PAI-Cert.pem -k PAI-Key.pem -p 0x8002", &["--cert", "0x8001", "0x8002"]),
    ("--pai -c PAA-Cert.pem -k PAA-Key.pem", &["--cert", "PAI"]),
    ("--pai -c PAI-Cert.pem -k PAI-Key.pem -vf 2001-01-01", &["--valid-from", "9999-12-31"]),
    ("--pai -c PAI-Cert.pem -k PAI-Key.pem -vf 2026", &["--valid-from", "YYYY-MM-DD"]),
    ("--pai -c PAI-Cert.pem -k PAI-Key.pem -lt 0", &["--lifetime", "1 to"]),
    ("--pai -c PAI-Cert.pem -k PAI-Key.pem -lt -5", &["--lifetime", "1 to"]),
    ("--pai -c PAI-Cert.pem -k PAI-Key.pem -ds", &["--ds-peripheral", "--dac-in-secure-cert", "NVS"]),
    ("--test-pki -ds --target esp32h2 --efuse-key-id 1", &["--ds-peripheral", "--dac-in-secure-cert", "NVS"]),
    ("--test-pki --dac-in-secure-cert -ds --target esp32c3 --efuse-key-id 1", &["--ds-peripheral", "esp32c3", "esp32h2, esp32h21, esp32h4, esp32p4"]),
    ("--test-pki --dac-in-secure-cert -ds --efuse-key-id 1", &["--ds-peripheral", "--target", "which esp32 lacks", "esp32h2"]),
    ("--test-pki --dac-in-secure-cert -ds --target esp32h2", &["--ds-peripheral", "--efuse-key-id", "0 to 4"]),
    ("--test-pki --dac-in-secure-cert -ds --target ESP32C5 --efuse-key-id -1", &["--ds-peripheral", "--efuse-key-id", "0 to 5"]),
    ("--test-pki --dac-in-secure-cert -ds --target esp32h2 --efuse-key-id 5", &["--efuse-key-id", "BLOCK_KEY5", "0 to 4"]),
    ("--test-pki --dac-in-secure-cert -ds --target esp32p4 --efuse-key-id 6", &["--efuse-key-id", "range 0 to 5"]),
    ("--efuse-key-id 6", &["--efuse-key-id", "range 0 to 5"]),
    ("--efuse-key-id -2", &["--efuse-key-id", "range 0 to 5"]),
    ("--target esp32x", &["--target", "esp32, esp32c2, esp32c3"]),
    ("--target esp8266", &["--target", "esp32s31"]),
    ("--commissionable-data-in-secure-cert", &["--commissionable-data-in-secure-cert", "--dac-in-secure-cert and --rd-id-uid-in-secure-cert"]),
    ("--rd-id-uid-in-secure-cert", &["--rd-id-uid-in-secure-cert", "--dac-in-secure-cert and --commissionable-data-in-secure-cert"]),
    ("--dac-in-secure-cert --rd-id-uid-in-secure-cert", &["--rd-id-uid-in-secure-cert", "requires --commissionable-data-in-secure-cert"]),
    ("--dac-in-secure-cert --commissionable-data-in-secure-cert", &["--commissionable-data-in-secure-cert", "requires --rd-id-uid-in-secure-cert"]),
    ("--rd-id-uid-in-secure-cert --commissionable-data-in-secure-cert", &["requires --dac-in-secure-cert"]),
    ("--dac-in-secure-cert", &["--dac-in-secure-cert", "certificates"]),
    ("--test-pki --dac-in-secure-cert --no-secure-cert-bin", &["--no-secure-cert-bin", "--dac-in-secure-cert", "no partition"]),
    ("--test-pki --port /dev/ttyUSB0 -n 3", &["--port", "single chip", "3 devices"]),
    ("--test-pki --dac-in-secure-cert --port /dev/ttyUSB0", &["--port", "esptool", "UUID_esp_secure_cert.bin"]),
    ("--test-pki --dac-in-secure-cert -ds --target esp32h2 --efuse-key-id 1 --port /dev/ttyUSB0", &["--port", "espefuse --chip esp32h2", "BLOCK_KEY1 internal/efuse_key.pem ECDSA_KEY"]),
    ("--test-pki --pai -c PAI-Cert.pem -k PAI-Key.pem", &["--test-pki", "--pai"]),
    ("--test-pki -cd CD.der", &["--test-pki", "--cert-dclrn"]),
    ("--csv repeat.csv --mcsv repeat_m.csv", &["repeat_m.csv:3", "'site'", "REPEAT", "remove ',REPEAT' from that column in --csv"]),
    ("--csv serial.csv --mcsv serial_m.csv", &["--mcsv", "devices 1 and 3 have the same serial number"]),
    ("--port /dev/ttyUSB0", &["--port", "esptool"]),
    ("--encrypt --no-bin", &["--encrypt", "--no-bin"]),
    ("--seed 0", &["--seed", "2 to 64"]),
    ("--seed xyz", &["--seed", "2 to 64"]),
    ("--product-finish shiny", &["--product-finish", "matte"]),
    ("--product-color pink", &["--product-color", "fuchsia"]),
    ("--calendar-types Gregorian Mayan", &["--calendar-types", "Gregorian"]),
    ("--locales en_US", &["--locales"]),
    ("--fixed-labels 0/seventeen-letters/x", &["--fixed-labels", "1 to 16"]),
    ("--fixed-labels 0/a", &["--fixed-labels", "ENDPOINT/LABEL/VALUE"]),
    ("--supported-modes 0/a", &["--supported-modes", "MODE/LABEL/ENDPOINT"]),
    ("--supported-modes 0/a/1 0/b/1", &["--supported-modes", "duplicate mode 0 of endpoint 1"]),
    ("--mqtt-host=", &["--mqtt-host", "1 to 253"]),
    ("--part-number=", &["--part-number", "0 bytes", "1 to 32"]),
    ("--paa --pai -c PAI-Cert.pem -k PAI-Key.pem", &["--paa", "--pai"]),
    ("--paa -c PAA-Cert.pem", &["--paa", "--key"]),
    ("--paa -c PAI-Cert.pem -k PAI-Key.pem", &["--cert", "not a PAA"]),
    ("--paa -c PAA-Cert.pem -k PAI-Key.pem", &["--key", "not the private key"]),
    ("--paa -c PAA-Cert.pem -k PAA-Key.pem -v 0xFFF1", &["--cert", "0xFFF2", "0xFFF1"]),
    ("--password xyz", &["--password", "requires an encrypted key"]),
    ("--pai -c PAI-Cert.pem -k PAI-Key.pem -cd CD.der -p 0x8002", &["--cert", "0x8002"]),
    ("-cd CD.der -p 0x8002", &["--cert-dclrn", "0x8002", "--allow-cd-mismatch"]),
    ("--allow-cd-mismatch", &["--allow-cd-mismatch", "--cert-dclrn"]),
    ("--dac-cert DAC.pem", &["--dac-cert", "--pai"]),
    ("--pai -c PAI-Cert.pem --dac-cert PAI-Cert.pem", &["--dac-cert", "--dac-key"]),
    ("--pai -c PAI-Cert.pem --dac-key PAI-Key.pem", &["--dac-key", "--dac-cert"]),
    ("--pai -c PAI-Cert.pem --dac-dir inputs --dac-key PAI-Key.pem", &["--dac-dir", "--dac-cert"]),
    ("--pai -c PAI-Cert.pem --dac-dir missing", &["--dac-dir", "missing"]),
    ("--pai -c PAI-Cert.pem --dac-dir empty", &["--dac-dir", "no DAC"]),
    ("--pai -c PAI-Cert.pem --dac-cert PAI-Cert.pem --dac-key PAI-Key.pem", &["PAI-Cert.pem", "authority"]),
    ("--pai -c PAI-Cert.pem -k PAA-Key.pem --dac-cert PAI-Cert.pem --dac-key PAI-Key.pem", &["--key", "--cert"]),
    ("--salt U1BBS0UyUCBLZXkgU2FsdA==", &["--salt", "--verifier"]),
    ("--passcodes missing.txt", &["--passcodes", "missing.txt"]),
    ("--passcodes pins.txt -n 3", &["--passcodes", "2 for 3 devices"]),
    ("--passcodes pins.txt --passcode 20202021", &["single device"]),
    ("--passcodes wrong.txt", &["--passcodes", "wrong.txt", "line 2"]),
    ("--passcodes pins.txt --serials one.txt", &["--serials", "1 values", "--passcodes has 2"]),
    ("--discriminators wrong.txt", &["--discriminators", "line 1", "0 to 4095"]),
    ("--serials twice.txt", &["--serials", "line 2: duplicate serial number of line 1"]),
    ("--passcodes pins.txt --csv own.csv --mcsv own_m.csv", &["pins.txt", "column 'passcode'"]),
    ("--job missing.json", &["--job", "missing.json"]),
    ("--job unknown.json", &["--job", "unknown field `pascode`"]),
    ("--job type.json", &["--job", "line 1", "a string or an integer"]),
    ("--job flag.json", &["--job", "line 1", "a boolean"]),
    ("--job broken.json", &["--job", "broken.json"]),
    ("-lt 5", &["--lifetime", "certificates"]),
    ("-vf 2026-01-01", &["--valid-from", "certificates"]),
    ("--test-pki -cn Mvid:FFF2", &["--cn-prefix", "1 to 57"]),
    ("--test-pki --cn-prefix=", &["--cn-prefix", "1 to 57"]),
    ("--test-pki -cn aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", &["--cn-prefix", "1 to 57"]),
    ("-cd /dev/zero", &["--cert-dclrn", "64 MiB"]),
    ("-cd inputs", &["--cert-dclrn", "folder"]),
    ("-cd PAI-Cert.pem", &["--cert-dclrn", "not a Certification Declaration in DER"]),
    ("--csv columns.csv", &["--csv", "--mcsv"]),
    ("--mcsv values.csv", &["--mcsv", "--csv"]),
    ("--csv columns.csv --mcsv values.csv", &["values.csv:3", "'number'", "-128 to 127"]),
    ("--csv columns.csv --mcsv short.csv", &["short.csv:2", "cells"]),
    ("--csv columns.csv --mcsv other.csv", &["other.csv:1", "'number'", "missing"]),
    ("--csv columns.csv --mcsv header.csv", &["--mcsv", "header.csv", "no row"]),
    ("--csv large.csv --mcsv large_m.csv", &["--size", "at least 0xa000 is required"]),
    ("--csv wrong.csv --mcsv values.csv", &["wrong.csv:2", "'encoding'", "hex2bin"]),
    ("--csv garbage --mcsv values.csv", &["--csv", "garbage", "UTF-8"]),
    ("--csv taken.csv --mcsv taken_m.csv", &["taken_m.csv:2", "'verifier'", "cannot be set by a column"]),
    ("--csv files.csv --mcsv named_m.csv", &["named_m.csv:2", "'passcode'", "cannot read the file 'keys/no.pem'", "relative to the current folder"]),
    ("--csv extra.csv --mcsv nameless_m.csv", &["nameless_m.csv:3", "column 'number 2': has a value, but no name in the header"]),
    ("--csv extra.csv --mcsv longer_m.csv", &["longer_m.csv:2", "row has 3 cells, but the header has 2"]),
    ("--csv files.csv --mcsv files_m.csv", &["files_m.csv:2", "'passcode'", "cannot read the file named by the cell"]),
    ("--csv twice.csv --mcsv twice_m.csv", &["twice_m.csv:1", "number 2", "duplicate column name"]),
    ("--passcode 30303030 --csv own.csv --mcsv own_m.csv", &["--passcode", "column 'passcode'"]),
    ("--csv windows.csv --mcsv windows_m.csv", &["windows_m.csv:5", "'number'"]),
    ("--csv wide.csv --mcsv wide_m.csv", &["wide_m.csv:2", "'discriminator'", "u32"]),
    ("--csv plain.csv --mcsv own_m.csv", &["plain.csv:2", "'passcode' of namespace ns1", "in plain", "chip-factory"]),
    ("--csv plain_pin.csv --mcsv own_m.csv", &["plain_pin.csv:3", "'pin-code' of namespace ns1"]),
    ("--csv plain_case.csv --mcsv own_m.csv", &["plain_case.csv:1", "'Pin_Code' of namespace chip-factory"]),
    ("--csv pair.csv --mcsv own_m.csv", &["pair.csv:2", "'pin-code' sets the same field as 'passcode'"]),
    ("--csv own.csv --mcsv both_m.csv", &["both_m.csv:1", "'pin-code'", "'passcode'"]),
    ("--csv pin.csv --mcsv pin_m.csv --passcode 30303030", &["--passcode", "column 'passcode'"]),
    ("--csv serial.csv --mcsv quote_m.csv", &["quote_m.csv", "line 2: unclosed quote"]),
    ("--csv quote_m.csv --mcsv serial_m.csv", &["--csv quote_m.csv", "line 2: unclosed quote"]),
    ("--csv windows.csv --mcsv utf16_m.csv", &["--mcsv utf16_m.csv", "UTF-16", "UTF-8"]),
    ("--csv utf16_m.csv --mcsv values.csv", &["--csv utf16_m.csv", "UTF-16"]),
    ("--job utf16.json", &["--job utf16.json", "UTF-16"]),
    ("--passcodes utf16_m.csv", &["utf16_m.csv", "UTF-16"]),
    ("--csv columns.csv --mcsv blanks_m.csv", &["blanks_m.csv:1", "'number 2'", "duplicate column name"]),
    ("--csv columns.csv --mcsv tabs_m.csv", &["tabs_m.csv:3", "'number'", "-128 to 127"]),
    ("--csv serial.csv --mcsv later_m.csv", &["later_m.csv", "line 2: unclosed quote"]),
    ("--passcodes same.csv", &["same.csv", "line 1: two columns"]),
    ("-s 0x6001", &["--size", "multiple of 0x1000 in the range 0x3000 to 0x2000000"]),
    ("-s 0x80000000", &["--size", "multiple of 0x1000 in the range 0x3000 to 0x2000000"]),
    ("--log-level foo", &["--log-level", "error, info, debug"]),
    ("--unique", &["--unique", "passcode, serial, pair and key"]),
    ("--unique serial --unique", &["--unique", "passcode, serial, pair and key"]),
    ("--outdir ", &["--outdir", "non-empty value"]),
    ("--job outdir.json", &["--outdir", "is empty"]),
    ("--job array.json", &["array.json", "is not a JSON object"]),
    ("--job schema.json", &["schema.json", "not a string"]),
    ("--labels png", &["--labels", "'svg', 'pdf' or 'none'"]),
    ("--label-stock L7160", &["--label-stock", "requires --labels"]),
    ("--label-marks", &["--label-marks", "requires --labels"]),
    ("--labels pdf --label-stock L9999", &["--label-stock", "L7160", "62x29"]),
    ("--labels pdf --label-size 20202021", &["--label-size", "63.5x38.1"]),
    ("--labels pdf --label-size 5x5", &["--label-size", "8 to 1200 mm"]),
    ("--labels pdf --label-page A5", &["--label-page", "A4 or Letter"]),
    ("--labels pdf --label-grid 3", &["--label-grid", "3x7"]),
    ("--labels pdf --label-stock L7160 --label-grid 4x7", &["--label-grid", "page of 210 x 297 mm"]),
    ("--labels pdf --label-stock L7160 --label-pitch 60x38.1", &["--label-pitch", "overlap", "--label-size"]),
    ("--labels pdf --label-stock L7160 --label-margins 20x15", &["--label-grid", "right of the page", "--label-margins"]),
    ("--labels pdf --label-offset 5", &["--label-offset", "0.5,-1.2"]),
    ("--labels pdf --label-offset 0,-21", &["--label-offset", "more than the 20 mm allowed"]),
    ("--labels pdf --label-stock L7160 --label-start 22", &["--label-start", "1 to 21"]),
    ("--labels pdf --label-module 6", &["--label-module", "0.1 to 5 mm"]),
    ("--labels pdf --label-module x", &["--label-module", "63.5"]),
    ("--labels pdf --label-stock 62x29 --label-marks", &["--label-marks", "3 mm of paper"]),
    ("--labels pdf --label-stock 10x8", &["--labels", "10 x 8 mm is too small"]),
    ("--labels pdf --label-stock 62x29 --label-module 2", &["--labels", "modules of 2 mm", "smaller modules"]),
    ("--label-preview a.svg", &["--label-preview", "requires --labels"]),
    ("--labels svg --label-preview a.png", &["--label-preview", ".svg or .pdf"]),
    ("--enable-dynamic-passcode --labels svg", &["--labels", "--enable-dynamic-passcode"]),
    ("--enable-dynamic-passcode --csv pin.csv --mcsv pin_m.csv", &["--csv", "--enable-dynamic-passcode"]),
    ("--enable-dynamic-passcode --qr-zip", &["--qr-zip", "--enable-dynamic-passcode"]),
    ("--csv text.csv --mcsv text_m.csv", &["text_m.csv:3", "'note'", "4000 bytes", "3999"]),
    ("--csv text.csv --mcsv lost_m.csv", &["lost_m.csv:4", "'note'", "line 2", "starts with #"]),
    ("--csv text.csv --mcsv return_m.csv", &["return_m.csv:2", "'note'", "line 1", "carriage return"]),
    ("--sign-manifest pai", &["--sign-manifest", "the key of the run's PAI, which is not given"]),
    ("--test-pki -lt 365 -vf 2000-01-01", &["--lifetime", "2000-12-31"]),
    ("--pai -c PAI-Cert.pem -k PAI-Key.pem -lt 365 -vf 2001-01-01", &["--valid-from"]),
    ("--jobs 0", &["--jobs", "1 to 1024"]),
    ("--wrong=20202021", &["argument 5 is an unknown option"]),
    ("--passcode20202021", &["argument 5 is an unknown option; did you mean --passcode?"]),
    ("20202021", &["unexpected argument"]),
    ("--passcode", &["--passcode", "requires a non-empty value"]),
    ("--pai=20202021", &["--pai", "takes no value"]),
];

#[test]
fn bad_input_gets_one_sentence_and_writes_nothing() {
    let folder = workplace("0xFFF2", "0x8001");
    let write = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).unwrap();
    let pki = folder.path().join("inputs/test-pki");
    fs::copy(pki.join("PAA_cert.pem"), folder.path().join("PAA-Cert.pem")).unwrap();
    fs::copy(pki.join("PAA_key.pem"), folder.path().join("PAA-Key.pem")).unwrap();
    fs::copy(pki.join("PAA_key.pem"), folder.path().join("other-key.pem")).unwrap();
    write("repeat.csv", b"site,data,string,REPEAT\n");
    write("repeat_m.csv", b"site,x\nhere,1\nthere,2\n");
    write("serial.csv", b"serial-num,data,string\n");
    write("serial_m.csv", b"serial-num\nA\nB\nA\n");
    write("pins.txt", b"20202021\n30303030\n");
    write("wrong.txt", b"20202021\n30303030x\n");
    write("one.txt", b"S1\n");
    write("twice.txt", b"S1\nS1\n");
    write("unknown.json", br#"{"pascode": 20202021}"#);
    write("type.json", br#"{"passcode": 20202021.5}"#);
    write("flag.json", br#"{"encrypt": "20202021"}"#);
    write("broken.json", br#"{"passcode": 20202021"#);
    fs::create_dir(folder.path().join("empty")).unwrap();
    write("garbage", &[0x5A, 0xFF, 0x00, 0x13].repeat(16));
    let pem = fs::read_to_string(pki.join("PAI_cert.pem")).unwrap();
    write("broken.pem", pem.replacen("MII", "M!I", 1).as_bytes());
    write("columns.csv", b"app,namespace,\nnumber,data,i8\n");
    write("values.csv", b"id,number\n1,127\n2,128\n");
    write("short.csv", b"id,number\n1\n");
    write("other.csv", b"id\n1\n");
    write("header.csv", b"id,number\n\n");
    write("wrong.csv", b"app,namespace,\nnumber,data,i9\n");
    write("large.csv", b"app,namespace,\nblob,data,binary\n");
    write("large_m.csv", format!("blob\n{}\n", "x".repeat(32_768)).as_bytes());
    write("files.csv", b"passcode,file,u32\n");
    write("files_m.csv", b"passcode\n20202021\n");
    write("named_m.csv", b"passcode\nkeys/no.pem\n");
    write("extra.csv", b"lot,data,u8\n");
    write("nameless_m.csv", b"lot,\n1,\n2,x\n");
    write("longer_m.csv", b"lot,note\n1,a,b\n");
    write("twice.csv", b"passcode,data,u32\n");
    write("twice_m.csv", b"20202021,20202021\n1,1\n");
    write("own.csv", b"passcode,data,u32\n");
    write("own_m.csv", b"passcode\n20202021\n");
    write("plain.csv", b"ns1,namespace,\npasscode,data,u32\n");
    write("plain_pin.csv", b"foo,data,u32\nns1,namespace,\npin-code,data,string\n");
    write("plain_case.csv", b"Pin_Code,data,u32\n");
    write("pair.csv", b"passcode,data,u32\npin-code,data,u32\n");
    write("pin.csv", b"pin-code,data,u32\n");
    write("pin_m.csv", b"pin-code\n20202021\n");
    write("both_m.csv", b"passcode,pin-code\n20202021,30303030\n");
    write("quote_m.csv", b"serial-num,foo\nA,\"x\nB,y\nC,z\n");
    write("same.csv", b"passcode,passcode\n20202021,30303030\n");
    write("outdir.json", br#"{"outdir": ""}"#);
    write("array.json", b" [3,null]");
    write("schema.json", br#"{"$schema": 20202021}"#);
    write("text.csv", b"app,namespace,\nnote,data,string\n");
    write(
        "text_m.csv",
        format!("note\n{}\n{}\n", "x".repeat(3999), "x".repeat(4000)).as_bytes(),
    );
    write("lost_m.csv", b"note\n\"#1\n2\"\n\"one\n#two\n\"\n");
    write("return_m.csv", b"note\n\"a\rb\"\n");
    write("windows.csv", b"app,namespace,\r\nnumber,data,i8\r\n");
    write("windows_m.csv", b"id;number\r\n1;127\r\n\r\n\r\n2;128\r\n");
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    write(
        "utf16_m.csv",
        &[&[0xFF, 0xFE], &utf16("id,number\r\n1,5\r\n")[..]].concat(),
    );
    write("utf16.json", &utf16("{\"count\": 1}"));
    write("blanks_m.csv", b"number, number\n1,5\n");
    write("tabs_m.csv", b"id\tnumber\n1\t127\n2\t128\n");
    write("later_m.csv", b"serial-num,foo\nA,\"x\nB,\"y\"\nC,z\n");
    write("taken.csv", b"verifier,data,string\n");
    write("taken_m.csv", b"verifier\nx\n");
    write("wide.csv", b"discriminator,data,u16\n");
    write("wide_m.csv", b"discriminator\n5\n");
    let before = fs::read_dir(folder.path()).unwrap().count();
    for (arguments, needles) in REFUSED {
        let arguments = arguments.split(' ').collect::<Vec<_>>();
        let output = run(
            folder.path(),
            &[&["-v", "0xFFF2", "-p", "0x8001"], &arguments[..]].concat(),
        );
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(
            message.starts_with("error: ") && message.trim_end().lines().count() == 1,
            "{arguments:?}: {message}"
        );
        for needle in *needles {
            assert!(
                message.contains(needle),
                "{arguments:?}: '{needle}' is not in: {message}"
            );
        }
        for secret in ["134217729", "20202021", "0x1344365", "30303030", "c0398f", "xyz"] {
            assert!(!message.contains(secret), "{arguments:?}: {message}");
        }
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            before,
            "{arguments:?}: something was written"
        );
    }
    let large = [
        "-v",
        "0xFFF2",
        "-p",
        "0x8001",
        "--csv",
        "large.csv",
        "--mcsv",
        "large_m.csv",
        "-s",
    ];
    assert_eq!(
        run(folder.path(), &[&large[..], &["0x9000"]].concat()).status.code(),
        Some(2)
    );
    assert_eq!(
        run(folder.path(), &[&large[..], &["0xa000"]].concat()).status.code(),
        Some(0),
        "the size that is named"
    );
    println!("refused inputs: {} cases ran", REFUSED.len());
}
