use std::path::Path;

use esp_nvs_image::{Key, Namespace, PartitionSize, Value};
use matter_factory_data::DeviceRecord;
use matter_setup_payload::{CommissioningFlow, GroupedManualCode, ManualPayload, QrText, SetupPayload, qr_png};
use zeroize::Zeroizing;

use crate::Error;
use crate::folder::Draft;
use crate::plan::Identity;
use crate::tables::{LineEnd, line};
use crate::timing::{Phase, Timings};

mod encrypt;

/// Pixels to a module of the QR code, as in the reference tool's pictures.
const QR_SCALE: u8 = 6;

/// Everything of one device that goes to disk, read back and found right.
pub(crate) struct Device {
    pub(crate) uuid: String,
    pub(crate) record: DeviceRecord,
    pub(crate) qr: QrText,
    pub(crate) manual: GroupedManualCode,
    pub(crate) passcode: Zeroizing<String>,
    image: Zeroizing<Vec<u8>>,
    keys_partition: Option<Zeroizing<Vec<u8>>>,
    picture: Zeroizing<Vec<u8>>,
}

/// The file in `internal/` that holds the value of a key.
pub(crate) fn file_of(key: &Key) -> Option<&'static str> {
    match key.as_str() {
        "dac-cert" => Some("DAC_cert.der"),
        "dac-key" => Some("DAC_private_key.bin"),
        "dac-pub-key" => Some("DAC_public_key.bin"),
        "pai-cert" => Some("PAI_cert.der"),
        "cert-dclrn" => Some("CD.der"),
        _ => None,
    }
}

/// An entry as a row of the reference generator's CSV.
pub(crate) struct Row {
    pub(crate) namespace: Namespace,
    pub(crate) key: Key,
    pub(crate) file: Option<&'static str>,
    pub(crate) encoding: &'static str,
    /// The text of the cell, unless the value is in a file.
    pub(crate) text: Zeroizing<String>,
}

/// All entries of a record as rows.
pub(crate) fn rows(record: &DeviceRecord) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    let visited = record.visit(|namespace, key, value| {
        let file = file_of(key).filter(|_| *namespace == matter_factory_data::NAMESPACE);
        let (encoding, text) = cell(value);
        let encoding = if file.is_some() { "binary" } else { encoding };
        rows.push(Row {
            namespace: *namespace,
            key: *key,
            file,
            encoding,
            text,
        });
        Ok::<(), matter_factory_data::Error>(())
    });
    visited.map_err(Error::encode)?;
    Ok(rows)
}

fn cell(value: Value<'_>) -> (&'static str, Zeroizing<String>) {
    let (encoding, text) = match value {
        Value::U8(v) => ("u8", v.to_string()),
        Value::I8(v) => ("i8", v.to_string()),
        Value::U16(v) => ("u16", v.to_string()),
        Value::I16(v) => ("i16", v.to_string()),
        Value::U32(v) => ("u32", v.to_string()),
        Value::I32(v) => ("i32", v.to_string()),
        Value::U64(v) => ("u64", v.to_string()),
        Value::I64(v) => ("i64", v.to_string()),
        Value::Float(v) => ("float", format!("{v:?}")),
        Value::Double(v) => ("double", format!("{v:?}")),
        Value::Str(v) => ("string", v.to_owned()),
        Value::Blob(v) => ("hex2bin", v.iter().map(|byte| format!("{byte:02x}")).collect()),
        _ => ("", String::new()),
    };
    (encoding, Zeroizing::new(text))
}

impl Device {
    /// Makes the image and the codes of a record, and reads them back.
    pub(crate) fn finish(identity: Identity, size: PartitionSize, timings: &mut Timings) -> Result<Self, Error> {
        let Identity { uuid, record } = identity;
        let wrong = |reason: String| Error::ReadBack { reason };
        let image = timings.measure(Phase::Nvs, || {
            let image = record.encode_nvs(size).map_err(|error| wrong(error.to_string()))?;
            let read = DeviceRecord::decode_nvs(&image).map_err(|error| wrong(error.to_string()))?;
            match record.first_difference(&read) {
                Some(key) => Err(wrong(format!("key '{key}' differs"))),
                None => Ok(image),
            }
        })?;
        let (Some(payload), Some(passcode)) = (record.setup_payload(), record.passcode()) else {
            return Err(wrong("the record has no passcode".into()));
        };
        let qr = payload.qr_text();
        let manual = payload.manual_code().grouped();
        check_codes(&payload, &qr, &manual)?;
        let passcode = Zeroizing::new(passcode.expose().to_string());
        let picture = timings.measure(Phase::Qr, || qr_png(qr.as_str(), QR_SCALE));
        let picture = Zeroizing::new(picture.map_err(Error::encode)?);
        Ok(Self {
            uuid,
            record,
            qr,
            manual,
            passcode,
            image,
            keys_partition: None,
            picture,
        })
    }

    /// Writes the device's folder into `top`, where it appears when it is complete.
    pub(crate) fn publish(&self, top: &Path) -> Result<(), Error> {
        let uuid = &self.uuid;
        let draft = Draft::new(top, uuid)?;
        if !self.image.is_empty() {
            draft.add(&format!("{uuid}-partition.bin"), &self.image)?;
        }
        if let Some(keys) = &self.keys_partition {
            draft.add(&format!("{uuid}-keys-partition.bin"), keys)?;
        }
        draft.add(&format!("{uuid}-qrcode.png"), &self.picture)?;
        draft.add(&format!("{uuid}-onb_codes.csv"), self.onboarding_codes()?.as_bytes())?;
        if let Some(credentials) = self.record.credentials() {
            let key = credentials.key();
            draft.add("internal/DAC_cert.pem", credentials.dac().to_pem().as_bytes())?;
            draft.add("internal/DAC_cert.der", credentials.dac().as_der())?;
            draft.add(
                "internal/DAC_key.pem",
                key.to_pkcs8_pem().map_err(Error::encode)?.as_bytes(),
            )?;
            draft.add("internal/DAC_key.der", &key.to_sec1_der().map_err(Error::encode)?)?;
            draft.add("internal/DAC_private_key.bin", &*key.expose_scalar())?;
            draft.add("internal/DAC_public_key.bin", key.public_key().as_bytes())?;
            draft.add("internal/PAI_cert.der", credentials.pai().as_der())?;
        }
        if let Some(declaration) = &self.record.declaration {
            draft.add("internal/CD.der", declaration.as_der())?;
        }
        draft.add("internal/partition.csv", self.partition_csv()?.as_bytes())?;
        draft.publish()
    }

    /// Forgets what only the device's folder needs.
    pub(crate) fn drop_files(&mut self) {
        self.image = Zeroizing::default();
        self.keys_partition = None;
        self.picture = Zeroizing::default();
    }

    fn onboarding_codes(&self) -> Result<Zeroizing<String>, Error> {
        let discriminator = self.record.discriminator().to_string();
        let row = line(
            LineEnd::Lf,
            [self.qr.as_str(), self.manual.as_str(), &discriminator, &self.passcode],
        )?;
        Ok(Zeroizing::new(format!(
            "qrcode,manualcode,discriminator,passcode\n{}",
            *row
        )))
    }

    /// The input with which the reference generator makes the same image when it runs in `internal/`.
    fn partition_csv(&self) -> Result<Zeroizing<String>, Error> {
        let mut text = Zeroizing::new("key,type,encoding,value\n".to_owned());
        let mut namespace = None;
        for row in rows(&self.record)? {
            if namespace != Some(row.namespace) {
                text.push_str(&line(LineEnd::Lf, [row.namespace.as_str(), "namespace", "", ""])?);
                namespace = Some(row.namespace);
            }
            let (kind, value) = row.file.map_or(("data", row.text.as_str()), |file| ("file", file));
            text.push_str(&line(LineEnd::Lf, [row.key.as_str(), kind, row.encoding, value])?);
        }
        Ok(text)
    }
}

/// Reads both codes and compares all that they say with what they were made from.
fn check_codes(payload: &SetupPayload, qr: &QrText, manual: &GroupedManualCode) -> Result<(), Error> {
    let wrong = |code: &str, reason: &dyn std::fmt::Display| Error::ReadBack {
        reason: format!("{code}: {reason}"),
    };
    let read: SetupPayload = qr.as_str().parse().map_err(|error| wrong("QR text", &error))?;
    let same = read.vendor_id() == payload.vendor_id()
        && read.product_id() == payload.product_id()
        && read.flow() == payload.flow()
        && read.discovery() == payload.discovery()
        && read.discriminator() == payload.discriminator()
        && read.passcode().expose() == payload.passcode().expose();
    if !same {
        return Err(wrong("QR text", &"says something else than the record"));
    }
    let typed: ManualPayload = manual.as_str().parse().map_err(|error| wrong("manual code", &error))?;
    let ids = typed.ids().map(|ids| (ids.vendor_id, ids.product_id));
    let expected = (payload.flow() != CommissioningFlow::Standard).then(|| (payload.vendor_id(), payload.product_id()));
    let same = typed.short_discriminator() == payload.discriminator().short()
        && typed.passcode().expose() == payload.passcode().expose()
        && ids == expected;
    if same {
        Ok(())
    } else {
        Err(wrong("manual code", &"says something else than the record"))
    }
}
