//! Faults in the files that a run has left beside its devices: tables, labels, pictures, the signed manifest.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use crate::faults::add_foreign_device;
use crate::{Against, Batch, Fault, devices, good, uuid};

/// Changes the text of a file.
fn edit(path: &Path, change: impl FnOnce(&str) -> String) {
    let text = fs::read_to_string(path).unwrap();
    let changed = change(&text);
    assert!(changed != text, "{}", path.display());
    fs::write(path, changed).unwrap();
}

/// Changes a cell in the row that contains `mark`.
fn edit_cell(path: &Path, mark: &str, column: &str, change: fn(&str) -> String) {
    edit(path, |text| {
        let header = text.lines().next().unwrap();
        let place = header.split(',').position(|name| name == column).unwrap();
        let rows = text.lines().map(|row| {
            let mut cells = row.split(',').map(str::to_owned).collect::<Vec<_>>();
            if row.contains(mark) {
                cells[place] = change(&cells[place]);
            }
            cells.join(",")
        });
        rows.collect::<Vec<_>>().join("\r\n") + "\r\n"
    });
}

/// Returns a cell of the first device in the summary.
fn cell(batch: &Batch, column: &str) -> String {
    let text = fs::read_to_string(batch.list_of("summary-", ".csv")).unwrap();
    let mut rows = text.lines();
    let place = rows.next().unwrap().split(',').position(|name| name == column).unwrap();
    let row = rows.find(|row| row.contains(uuid(&batch.devices[0]))).unwrap();
    row.split(',').nth(place).unwrap().to_owned()
}

fn without_row(path: &Path, mark: &str) {
    edit(path, |text| {
        let rows = text.split_inclusive('\n').filter(|row| !row.contains(mark));
        rows.collect()
    });
}

/// Rebuilds the archive of pictures.
fn pack(batch: &Batch, change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>) {
    let path = batch.list_of("qrcodes-", ".zip");
    let mut archive = zip::ZipArchive::new(fs::File::open(&path).unwrap()).unwrap();
    let mut entries = Vec::new();
    for number in 0..archive.len() {
        let mut entry = archive.by_index(number).unwrap();
        let (name, mut bytes) = (entry.name().unwrap().into_owned(), Vec::new());
        entry.read_to_end(&mut bytes).unwrap();
        entries.extend(change(&name, bytes).map(|bytes| (name, bytes)));
    }
    let mut writer = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (name, bytes) in entries {
        let options = zip::write::SimpleFileOptions::DEFAULT.compression_method(zip::CompressionMethod::Stored);
        writer.start_file(name, options).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap();
}

fn sheet(batch: &Batch) -> std::path::PathBuf {
    batch.list_of("labels-", "").join("0001.svg")
}

/// Returns a number with another first digit.
fn other_number(text: &str) -> String {
    let other = if text.starts_with('1') { '2' } else { '1' };
    format!("{other}{}", &text[1..])
}

pub(crate) fn faults() -> Vec<Fault> {
    use Against::{Lists, Signer};
    let mut faults = faults! {
        Lists, "Another passcode in the summary", "table-differs", |batch| {
            edit_cell(&batch.list_of("summary-", ".csv"), uuid(&batch.devices[0]), "pincode", other_number);
        };
        Lists, "Another QR code in the summary", "table-differs", |batch| {
            edit_cell(&batch.list_of("summary-", ".csv"), uuid(&batch.devices[0]), "qrcode", |_| "MT:Y.K9042C00KA0648G00".into());
        };
        Lists, "Another manual code in the summary", "table-differs", |batch| {
            edit_cell(&batch.list_of("summary-", ".csv"), uuid(&batch.devices[0]), "manualcode", other_number);
        };
        Lists, "Another serial number in the summary", "table-differs", |batch| {
            edit_cell(&batch.list_of("summary-", ".csv"), uuid(&batch.devices[0]), "serial-num", |_| "SN".into());
        };
        Lists, "Another product id in the summary", "table-differs", |batch| {
            edit_cell(&batch.list_of("summary-", ".csv"), uuid(&batch.devices[0]), "product-id", other_number);
        };
        Lists, "The file of another device in the summary", "table-differs", |batch| {
            edit_cell(&batch.list_of("summary-", ".csv"), uuid(&batch.devices[0]), "dac-key", |_| {
                format!("{}/internal/DAC_private_key.bin", "00000000-0000-4000-8000-000000000000")
            });
        };
        Lists, "A device that is in the summary twice", "table-differs", |batch| {
            let path = batch.list_of("summary-", ".csv");
            edit(&path, |text| {
                let row = text.split_inclusive('\n').find(|row| row.contains(uuid(&batch.devices[0]))).unwrap();
                format!("{text}{row}")
            });
        };
        Lists, "The certificates of two devices for each other", "table-differs", |batch| {
            let path = batch.list_of("cn_dacs-", ".csv");
            let [a, b] = batch.devices.each_ref().map(|device| uuid(device));
            edit(&path, |text| text.replace(a, "\u{1}").replace(b, a).replace('\u{1}', b));
        };
        Lists, "Another salt in the table that images were made of", "table-differs", |batch| {
            edit_cell(&batch.top().join("staging/master.csv"), uuid(&batch.devices[0]), "salt", |_| "U1BBS0UyUCBLZXkgU2FsdA==".into());
        };
        Lists, "Another passcode in the table of passcodes", "table-differs", |batch| {
            edit_cell(&batch.top().join("staging/pin_disc.csv"), &cell(batch, "salt"), "PIN Code", other_number);
        };
        Lists, "Another discriminator in the table of passcodes", "table-differs", |batch| {
            edit_cell(&batch.top().join("staging/pin_disc.csv"), &cell(batch, "salt"), "Discriminator", |_| "4096".into());
        };
        Lists, "Another type in the table of columns", "table-differs", |batch| {
            edit(&batch.top().join("staging/config.csv"), |text| text.replace("discriminator,data,u32", "discriminator,data,u16"));
        };
        Lists, "Another manual code on a label", "table-differs", |batch| {
            edit(&sheet(batch), |text| text.replace(&cell(batch, "manualcode"), "3497-011-2332"));
        };
        Lists, "Another serial number on a label", "table-differs", |batch| {
            edit(&sheet(batch), |text| text.replace("S/N ", "S/N 7"));
        };
        Lists, "The picture of another device in the archive", "table-differs", |batch| {
            let other = fs::read(batch.devices[1].join(format!("{}-qrcode.png", uuid(&batch.devices[1])))).unwrap();
            pack(batch, |name, bytes| Some(if name.starts_with(uuid(&batch.devices[0])) { other.clone() } else { bytes }));
        };
    };
    faults.extend(faults! {
        Lists, "A device of another run beside a summary", "table-row-missing", add_foreign_device;
        Lists, "A device that is not in the table of certificates", "table-row-missing", |batch| {
            // The last of the two.
            edit(&batch.list_of("cn_dacs-", ".csv"), |text| {
                let rows = batch.devices.each_ref().map(|device| text.find(uuid(device)).unwrap());
                text[..rows[0].max(rows[1])].into()
            });
        };
        Lists, "A device that has no label", "table-row-missing", |batch| {
            edit(&sheet(batch), |text| {
                let start = text.find("<g").unwrap();
                let end = text.find("</g>").unwrap() + 4;
                format!("{}{}", &text[..start], &text[end..])
            });
        };
        Lists, "A device whose picture is not in the archive", "table-row-missing", |batch| {
            pack(batch, |name, bytes| (!name.starts_with(uuid(&batch.devices[0]))).then_some(bytes));
        };
        Lists, "A device of the summary that is not there", "table-device-missing", |batch| {
            let [device, _] = devices(&good().path().join("other/fff1_8000"));
            let path = batch.list_of("summary-", ".csv");
            edit(&path, |text| {
                let row = text.split_inclusive('\n').find(|row| row.contains(uuid(&batch.devices[0]))).unwrap();
                format!("{text}{}", row.replace(uuid(&batch.devices[0]), uuid(&device)))
            });
        };
        Lists, "A device of the archive of pictures that is not there", "table-device-missing", |batch| {
            pack(batch, |_, bytes| Some(bytes));
            let path = batch.list_of("qrcodes-", ".zip");
            let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
            let mut writer = zip::ZipWriter::new_append(file).unwrap();
            let name = "00000000-0000-4000-8000-000000000000-qrcode.png";
            writer.start_file(name, zip::write::SimpleFileOptions::DEFAULT.compression_method(zip::CompressionMethod::Stored)).unwrap();
            writer.finish().unwrap();
        };
        Lists, "A label of a device that is not there", "table-device-missing", |batch| {
            edit(&sheet(batch), |text| {
                let label = "<g><text>3497-011-2332</text><text>SN</text></g>";
                text.replace("</svg>", &format!("{label}</svg>"))
            });
        };
        Lists, "A summary whose last row is cut", "table-malformed", |batch| {
            edit(&batch.list_of("summary-", ".csv"), |text| text[..text.len() - 60].into());
        };
        Lists, "An archive of pictures that is cut", "table-malformed", |batch| {
            let path = batch.list_of("qrcodes-", ".zip");
            let bytes = fs::read(&path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        };
        Lists, "A sheet of labels that is cut", "table-malformed", |batch| {
            edit(&sheet(batch), |text| text[..text.len() / 2].into());
        };
        Lists, "A table of passcodes without a row", "table-malformed", |batch| {
            without_row(&batch.top().join("staging/pin_disc.csv"), &cell(batch, "salt"));
        };
        Lists, "A table of columns without one", "table-malformed", |batch| {
            without_row(&batch.top().join("staging/config.csv"), "product-id,");
        };
        Signer, "A signed manifest with a trailing blank", "manifest-signature", |batch| {
            edit(&batch.top().join("manifest.json"), |text| format!("{text} "));
        };
        Signer, "A signature with another bit", "manifest-signature", |batch| {
            let path = batch.top().join("manifest.json.sig");
            let mut bytes = fs::read(&path).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(path, bytes).unwrap();
        };
        Signer, "A signed manifest without its signature", "manifest-signature", |batch| {
            fs::remove_file(batch.top().join("manifest.json.sig")).unwrap();
        };
    });
    faults
}
