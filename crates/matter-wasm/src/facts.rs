//! The decoded contents of the files.

use esp_flash_image::{Image as AppImage, PartitionTable};
use esp_nvs_image::StoredValue;
use matter_attestation::SignedDeclaration;
use matter_factory_data::{KeyPlace, NAMESPACE, ProductInformation};
use matter_setup_payload::{CommissioningFlow, DataValue, DiscoveryCapabilities, ManualPayload, SetupPayload};

use crate::chain::day;
use crate::device::{Audited, Device};
use crate::dropped::{Dropped, Kind};
use crate::flash::app_facts;
use crate::nvs_map::bytes;
use crate::report::{Fact, FactGroup};

/// Returns the facts of the device, and of files that are not part of a device.
pub(crate) fn facts(device: &mut Device, audited: &Audited, files: &[Dropped], plain: Option<&[u8]>) -> Vec<FactGroup> {
    let mut groups = vec![
        group("Product", product(audited, plain)),
        group("Commissioning", commissioning(device, audited)),
        group("Attestation", attestation(audited)),
        group("Certification Declaration", declaration(audited)),
    ];
    groups.extend(
        device
            .flash
            .iter_mut()
            .flat_map(|flash| std::mem::take(&mut flash.facts)),
    );
    for (index, file) in files.iter().enumerate() {
        groups.extend(of_file(file, index));
    }
    groups.retain(|group| !group.facts.is_empty());
    groups
}

fn group(name: &str, facts: Vec<Fact>) -> FactGroup {
    FactGroup {
        name: name.into(),
        facts,
    }
}

fn product(audited: &Audited, plain: Option<&[u8]>) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some((vendor, product)) = audited.report.product() {
        facts.push(Fact::new("Vendor ID", vendor));
        facts.push(Fact::new("Product ID", product));
    }
    let entries = plain
        .map(|image| esp_nvs_image::recover(image).entries)
        .unwrap_or_default();
    let own = entries.iter().filter(|entry| entry.namespace == NAMESPACE);
    for entry in own.filter(|entry| ProductInformation::field(&entry.key).is_some()) {
        let value = match &entry.value {
            StoredValue::Number(number) => number_text(&format!("{number:?}")),
            StoredValue::Str(text) => (*text).to_owned(),
            StoredValue::Blob(blob) => bytes(&blob.to_vec(), 32),
            _ => continue,
        };
        facts.push(Fact::new(&words(entry.key.as_str()), value));
    }
    facts
}

/// Returns the digits in the `Debug` text of a number, which is `U16(5)`.
fn number_text(debug: &str) -> String {
    let inside = debug.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inside.unwrap_or(debug).to_owned()
}

/// Converts a key to words: `vendor-name` to `Vendor name`.
fn words(key: &str) -> String {
    let text = match key {
        "serial-num" => "serial number",
        "hw-ver-str" => "hardware version text",
        "hardware-ver" => "hardware version",
        "mfg-date" => "manufacturing date",
        "part-number" => "part number",
        key => key,
    };
    let mut letters = text.chars().map(|letter| if letter == '-' { ' ' } else { letter });
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn commissioning(device: &Device, audited: &Audited) -> Vec<Fact> {
    let mut facts = Vec::new();
    let qr = device.qr().and_then(|text| text.parse::<SetupPayload>().ok());
    let manual = device
        .codes
        .manual
        .as_ref()
        .and_then(|text| text.parse::<ManualPayload>().ok());
    if qr.is_some() || manual.is_some() {
        facts.push(Fact::secret("Passcode", "passcode"));
    }
    if let Some(stored) = audited.report.discriminator() {
        facts.push(Fact::new("Discriminator", format!("{0} ({0:#05x})", stored.get())));
    } else if let Some(qr) = &qr {
        facts.push(Fact::new(
            "Discriminator",
            format!("{0} ({0:#05x})", qr.discriminator().get()),
        ));
    } else if let Some(manual) = &manual {
        facts.push(Fact::new("Short discriminator", manual.short_discriminator().get()));
    }
    if device.qr().is_some() {
        facts.push(Fact::secret("QR code", "qr"));
    }
    if qr.is_some() || device.codes.manual.is_some() {
        facts.push(Fact::secret("Manual pairing code", "manual"));
    }
    if let Some(qr) = &qr {
        facts.extend(of_payload(qr, audited.report.product().is_none()));
    }
    if let Some(ids) = manual.as_ref().filter(|_| qr.is_none()).and_then(ManualPayload::ids) {
        facts.extend(ids.vendor_id.map(|vendor| Fact::new("Vendor ID", vendor)));
        facts.extend(ids.product_id.map(|product| Fact::new("Product ID", product)));
    }
    if let Some(parameters) = audited.report.parameters() {
        facts.push(Fact::new("PBKDF iterations", parameters.iterations.get()));
        facts.push(Fact::new("Salt", bytes(parameters.salt.as_bytes(), 32)));
    }
    if audited.report.verifier().is_some() {
        facts.push(Fact::secret("Verifier", "verifier"));
    }
    facts
}

fn of_payload(qr: &SetupPayload, with_ids: bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    if with_ids {
        facts.extend(qr.vendor_id().map(|vendor| Fact::new("Vendor ID", vendor)));
        facts.extend(qr.product_id().map(|product| Fact::new("Product ID", product)));
    }
    let flow = match qr.flow() {
        CommissioningFlow::Standard => "standard",
        CommissioningFlow::UserIntent => "user intent: the user must act on the device",
        _ => "custom: described by the vendor",
    };
    facts.push(Fact::new("Flow", flow));
    facts.push(Fact::new("Discovery", discovery(qr.discovery())));
    match qr.data().serial_number() {
        Some(DataValue::Utf8(serial)) => facts.push(Fact::new("Serial number", serial)),
        Some(DataValue::Unsigned(serial)) => facts.push(Fact::new("Serial number", serial)),
        _ => {}
    }
    facts
}

/// Returns the discovery capabilities in words.
fn discovery(capabilities: DiscoveryCapabilities) -> String {
    let known = [
        (DiscoveryCapabilities::BLE, "Bluetooth Low Energy"),
        (DiscoveryCapabilities::ON_NETWORK, "on the network"),
        (DiscoveryCapabilities::WIFI_PAF, "Wi-Fi"),
        (DiscoveryCapabilities::NFC, "NFC"),
        (DiscoveryCapabilities::THREAD, "Thread"),
    ];
    let named = known.iter().filter(|(one, _)| capabilities.contains(*one));
    let names: Vec<_> = named.map(|(_, name)| *name).collect();
    if names.is_empty() {
        format!("bits {:#04x}", capabilities.get())
    } else {
        names.join(", ")
    }
}

fn attestation(audited: &Audited) -> Vec<Fact> {
    let mut facts = Vec::new();
    let place = match audited.report.key_place() {
        KeyPlace::Nvs => "in the NVS partition, in plain text",
        KeyPlace::SecureCert => "in the esp_secure_cert partition, in plain text",
        KeyPlace::Elsewhere => "not readable in flash: in the eFuses, or encrypted with a key from the eFuses",
        _ => "",
    };
    if !place.is_empty() {
        facts.push(Fact::new("Private key", place));
    }
    if matches!(audited.report.key_place(), KeyPlace::Nvs | KeyPlace::SecureCert) {
        facts.push(Fact::secret("Its bytes", "dac-key"));
    }
    facts
}

fn declaration(audited: &Audited) -> Vec<Fact> {
    let Some(cms) = &audited.declaration else {
        return Vec::new();
    };
    let declaration = match SignedDeclaration::decode(cms) {
        Ok(declaration) => declaration,
        Err(error) => return vec![Fact::new("Cannot be read", error)],
    };
    let content = declaration.content();
    let products: Vec<_> = content.product_ids().iter().map(ToString::to_string).collect();
    let kind = match content.certification_type().get() {
        0 => "development and test",
        1 => "provisional",
        _ => "official",
    };
    let signer = if declaration.has_test_signer() {
        " (the test key, which is public)"
    } else {
        ""
    };
    let mut facts = vec![
        Fact::new("Certificate ID", content.certificate_id()),
        Fact::new("Type", kind),
        Fact::new("Vendor ID", content.vendor_id()),
        Fact::new("Products", products.join(", ")),
        Fact::new("Device type", format!("{:#06X}", content.device_type_id())),
        Fact::new("Version", content.version_number()),
        Fact::new("Signer's key", format!("{}{signer}", declaration.signer_key_id())),
    ];
    if let Some(origin) = content.dac_origin() {
        facts.push(Fact::new(
            "DAC of",
            format!("vendor {}, product {}", origin.vendor_id, origin.product_id),
        ));
    }
    if let Some(paas) = content.authorized_paas() {
        let paas: Vec<_> = paas.iter().map(ToString::to_string).collect();
        facts.push(Fact::new("Allowed PAAs", paas.join(", ")));
    }
    facts
}

fn of_file(file: &Dropped, index: usize) -> Option<FactGroup> {
    let facts = match &file.kind {
        Kind::App => {
            return AppImage::parse(&file.bytes)
                .ok()
                .and_then(|app| app_facts(&app, &file.name));
        }
        Kind::Key(key) => vec![
            Fact::new("Public key", bytes(key.public_key().as_bytes(), 65)),
            Fact::secret("Private key", &format!("file:{index}")),
        ],
        Kind::PublicKey(key) => vec![
            Fact::new("Point", bytes(key.as_bytes(), 65)),
            Fact::new("Key identifier", key.key_id()),
        ],
        Kind::Request(request) => vec![
            Fact::new("Public key", bytes(request.public_key().as_bytes(), 65)),
            Fact::new("Key identifier", request.public_key().key_id()),
            Fact::new("Proof of possession", "valid: signed with the requested key"),
        ],
        Kind::RevocationList(list) => vec![
            Fact::new("Issuer's key", list.authority_key_id()),
            Fact::new("From", day(list.this_update())),
            Fact::new("Until", day(list.next_update())),
            Fact::new("Revoked certificates", list.revoked().len()),
            Fact::new("Published at", list.distribution_uri().unwrap_or("not stated")),
        ],
        Kind::Table => match PartitionTable::decode(&file.bytes) {
            Ok(table) => table
                .partitions()
                .iter()
                .map(|part| Fact::new(part.label(), part))
                .collect(),
            Err(error) => vec![Fact::new("Cannot be read", error)],
        },
        _ => return None,
    };
    Some(group(&file.name, facts))
}
