//! Random partitions that `scripts/interop` passed to the reference generator: the same bytes, the
//! same rejections, or one of the intended differences. `NVS_INTEROP` is their folder; without it
//! nothing runs, and the test prints that. The kinds of cases are described in
//! `scripts/interop.d/nvs_kinds.py`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use esp_nvs_image::{
    BlobVersion, CsvCompat, CsvFile, HmacKey, Number, NvsKeys, PartitionSize, StoredValue, decode, decrypt, encode_csv,
    encrypt,
};
use serde_json::Value as Json;

/// The classes of correct cases, and of the others.
const CLASSES: [&str; 8] = [
    "identical",
    "identical with compat",
    "identical encrypted",
    "rejected by both",
    "quirk rejected",
    "quirk written right",
    "written by us only",
    "mismatches",
];
const MISMATCHES: &str = CLASSES[7];

/// The reason of a rejection: the error's name and, in a CSV file, its position.
struct Refusal {
    name: String,
    place: Option<(String, u32)>,
}

impl Refusal {
    fn new(reason: &impl Debug, place: Option<(String, u32)>) -> Self {
        let shown = format!("{reason:?}");
        let name = shown.strip_prefix("Nvs(").unwrap_or(&shown);
        let end = name.find(|c: char| !c.is_alphanumeric()).unwrap_or(name.len());
        Self {
            name: name[..end].into(),
            place,
        }
    }
}

struct Case {
    json: Json,
    theirs: Option<Vec<u8>>,
}

impl Case {
    fn read(line: &str, folder: &Path) -> Self {
        let json: Json = serde_json::from_str(line).unwrap();
        let theirs = json["length"].as_u64().map(|len| {
            let mut image = fs::read(folder.join(format!("{:05}.bin", json["number"].as_u64().unwrap()))).unwrap();
            image.resize(usize::try_from(len).unwrap(), 0xFF);
            image
        });
        Self { json, theirs }
    }

    fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_default()
    }

    fn encode(&self, compat: CsvCompat) -> Result<Vec<u8>, Refusal> {
        let size = self.text("size").parse::<PartitionSize>();
        let size = size.map_err(|error| Refusal::new(&error, None))?;
        let version = if self.json["version"] == 1 {
            BlobVersion::V1
        } else {
            BlobVersion::V2
        };
        let inputs = self.json["inputs"].as_array().unwrap().iter();
        let inputs = inputs
            .map(|input| CsvFile {
                name: input["name"].as_str().unwrap(),
                text: input["text"].as_str().unwrap(),
            })
            .collect::<Vec<_>>();
        let load = |path: &str| match &self.json["files"][path] {
            Json::String(digits) => Ok(bytes(digits)),
            _ => Err("not there".to_owned()),
        };
        encode_csv(&inputs, size, version, compat, load)
            .map_err(|error| Refusal::new(&error.reason, Some((error.file, error.line))))
    }

    fn keys(&self) -> Option<NvsKeys> {
        let partition = bytes(self.json["key"].as_str()?);
        if self.json["hmac_key"].is_null() {
            // The generator reads 64 bytes and ignores the checksum.
            let keys = NvsKeys::from_raw(partition[..].try_into().unwrap());
            return Some(keys.unwrap());
        }
        let hmac_key = HmacKey::decode(&bytes(self.text("hmac_key"))).unwrap();
        let keys = NvsKeys::from_hmac_key(&hmac_key).unwrap();
        let mut ours = [0; NvsKeys::PARTITION_LEN];
        keys.encode_partition(&mut ours);
        assert!(
            ours[..] == partition[..],
            "key partition of case {}",
            self.json["number"]
        );
        Some(keys)
    }

    /// Returns the case's class, or the fault.
    fn verdict(&self) -> Result<&'static str, String> {
        let ours = self.encode(CsvCompat::Off);
        let (want, reason) = (self.text("want"), self.text("reason"));
        match (want, ours, &self.theirs) {
            ("same", Ok(plain), Some(theirs)) if !self.json["key"].is_null() => self.encrypted(&plain, theirs),
            ("same", _, Some(theirs)) if self.json["compat"] == true => match self.encode(CsvCompat::On) {
                Ok(ours) if ours == *theirs => Ok("identical with compat"),
                Ok(_) => Err("other bytes with compat".into()),
                Err(refusal) => Err(format!("refused with compat: {}", refusal.name)),
            },
            ("same" | "agree", Ok(ours), Some(theirs)) if ours == *theirs => Ok("identical"),
            ("same" | "agree", Ok(_), Some(_)) => Err("other bytes".into()),
            ("same", Err(refusal), None) if refusal.name == "PartitionTooSmall" => Ok("rejected by both"),
            ("agree" | "both", Err(refusal), None) => self.refused(&refusal, reason).map(|()| "rejected by both"),
            ("quirk", Err(refusal), Some(_)) => self.refused(&refusal, reason).map(|()| "quirk rejected"),
            ("right", Ok(ours), theirs) if theirs.as_ref() != Some(&ours) || self.may_be_alike() => {
                self.meant(&ours).map(|()| "quirk written right")
            }
            ("beyond", Ok(ours), None) => self.meant(&ours).map(|()| "written by us only"),
            (_, ours, theirs) => Err(format!(
                "we {}, the generator {}",
                ours.map_or_else(|refusal| format!("refuse ({})", refusal.name), |_| "write it".into()),
                theirs.as_ref().map_or("refuses", |_| "writes it")
            )),
        }
    }

    fn encrypted(&self, plain: &[u8], theirs: &[u8]) -> Result<&'static str, String> {
        let keys = self.keys().unwrap();
        let mut ours = plain.to_vec();
        encrypt(&mut ours, &keys).unwrap();
        let mut back = theirs.to_vec();
        decrypt(&mut back, &keys).unwrap();
        match (ours == theirs, back == plain) {
            (true, true) => Ok("identical encrypted"),
            (false, _) => Err("other bytes when encrypted".into()),
            (_, false) => Err("their image decrypts to something else".into()),
        }
    }

    /// The generator's output for a key with one more byte than characters is correct.
    fn may_be_alike(&self) -> bool {
        self.text("kind") == "key_not_ascii"
    }

    fn refused(&self, refusal: &Refusal, reason: &str) -> Result<(), String> {
        if refusal.name != reason {
            return Err(format!("refused for {} instead of {reason}", refusal.name));
        }
        let (Some((file, line)), Some(expected)) = (&refusal.place, self.json["line"].as_u64()) else {
            return Ok(());
        };
        if file != self.text("input") || u64::from(*line) != expected {
            return Err(format!("refused at {file}:{line} instead of line {expected}"));
        }
        Ok(())
    }

    /// Checks that an image contains the values of the rows.
    fn meant(&self, image: &[u8]) -> Result<(), String> {
        let mut found = decode(image).unwrap();
        let expected = self.json["entries"].as_array().unwrap();
        for entry in expected {
            let text = |part: usize| entry[part].as_str().unwrap();
            let value = found
                .remove(text(0), text(1))
                .map(|value| (value.type_name(), shown(&value)));
            if value != Some((text(2), text(3).to_owned())) {
                return Err(format!("'{}' is not what it should be", text(1)));
            }
        }
        if found.is_empty() {
            Ok(())
        } else {
            Err("more entries than there should be".into())
        }
    }
}

fn shown(value: &StoredValue<'_>) -> String {
    match value {
        StoredValue::Number(Number::U8(v)) => v.to_string(),
        StoredValue::Number(Number::I8(v)) => v.to_string(),
        StoredValue::Number(Number::U16(v)) => v.to_string(),
        StoredValue::Number(Number::I16(v)) => v.to_string(),
        StoredValue::Number(Number::U32(v)) => v.to_string(),
        StoredValue::Number(Number::I32(v)) => v.to_string(),
        StoredValue::Number(Number::U64(v)) => v.to_string(),
        StoredValue::Number(Number::I64(v)) => v.to_string(),
        StoredValue::Number(Number::Float(v)) => digits(&v.to_le_bytes()),
        StoredValue::Number(Number::Double(v)) => digits(&v.to_le_bytes()),
        StoredValue::Str(v) => (*v).to_owned(),
        StoredValue::Blob(v) => digits(&v.to_vec()),
        _ => String::new(),
    }
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn every_case_has_the_expected_result() {
    let Some(folder) = std::env::var_os("NVS_INTEROP") else {
        println!("generator cases: NVS_INTEROP is not set, 0 ran");
        return;
    };
    let folder = Path::new(&folder);
    let mut classes = CLASSES.map(|class| (class, 0));
    let mut kinds = BTreeMap::<(String, &str), usize>::new();
    let lines = std::io::BufReader::new(fs::File::open(folder.join("cases.jsonl")).unwrap());
    for line in std::io::BufRead::lines(lines) {
        let case = Case::read(&line.unwrap(), folder);
        let class = case.verdict().unwrap_or_else(|wrong| {
            println!("case {} ({}): {wrong}", case.json["number"], case.text("kind"));
            MISMATCHES
        });
        classes.iter_mut().find(|(name, _)| *name == class).unwrap().1 += 1;
        *kinds.entry((case.text("kind").to_owned(), class)).or_default() += 1;
    }
    for ((kind, class), count) in &kinds {
        println!("  {kind}: {count} {class}");
    }
    let ran = classes.iter().map(|(_, count)| count).sum::<usize>();
    let table = classes.map(|(class, count)| format!("{count} {class}")).join(", ");
    println!("generator cases: {ran} ran, {table}");
    for (class, count) in classes {
        assert_eq!(count == 0, class == MISMATCHES, "{count} {class}");
    }
}
