//! Secrets, which are shown only on request.

use matter_setup_payload::{Label, ManualPayload, SetupPayload};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::device::Device;
use crate::dropped::{Dropped, Kind};
use crate::{nvs_map, secure_cert_records};

/// A secret, as text or as a drawing.
#[derive(Serialize)]
#[non_exhaustive]
pub struct Revealed {
    /// The text.
    pub text: Option<String>,
    /// The drawing, an SVG.
    pub svg: Option<String>,
}

impl Revealed {
    pub(crate) fn text(text: impl AsRef<str>) -> Self {
        Self {
            text: Some(text.as_ref().into()),
            svg: None,
        }
    }
}

impl std::fmt::Debug for Revealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Revealed([elided])")
    }
}

impl zeroize::Zeroize for Revealed {
    fn zeroize(&mut self) {
        self.text.zeroize();
        self.svg.zeroize();
    }
}

impl Drop for Revealed {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(self);
    }
}

/// Returns a secret by its id in the report.
pub(crate) fn reveal(
    id: &str,
    device: &Device,
    files: &[Dropped],
    plain: Option<&[u8]>,
    verifier: Option<&[u8]>,
) -> Option<Revealed> {
    let payload = || device.qr()?.parse::<SetupPayload>().ok();
    let typed = || device.codes.manual.as_ref()?.parse::<ManualPayload>().ok();
    if let Some(offset) = id.strip_prefix("nvs:") {
        return nvs_map::reveal(plain?, offset.parse().ok()?).map(|text| Revealed::text(text.as_str()));
    }
    if let Some(index) = id.strip_prefix("file:") {
        let Kind::Key(key) = &files.get(index.parse::<usize>().ok()?)?.kind else {
            return None;
        };
        return Some(Revealed::text(hex(key.expose_scalar().as_slice())));
    }
    match id {
        "label" => {
            let label = Label::new(&payload()?).ok()?;
            let svg = Some(label.to_svg());
            Some(Revealed { text: None, svg })
        }
        "qr" => device.qr().map(Revealed::text),
        "manual" => match payload() {
            Some(payload) if device.codes.manual.is_none() => {
                Some(Revealed::text(payload.manual_code().grouped().as_str()))
            }
            _ => device.codes.manual.as_deref().map(Revealed::text),
        },
        "passcode" => {
            let passcode = payload().map(|payload| payload.passcode().clone());
            let passcode = passcode.or_else(|| typed().map(|typed| typed.passcode().clone()))?;
            Some(Revealed::text(
                Zeroizing::new(format!("{:08}", passcode.expose())).as_str(),
            ))
        }
        "verifier" => verifier.map(|bytes| Revealed::text(hex(bytes))),
        "dac-key" => {
            let stored = plain.and_then(|image| {
                let entries = esp_nvs_image::recover(image).entries;
                let entry = entries.into_iter().find(|entry| entry.key.as_str() == "dac-key")?;
                match entry.value {
                    esp_nvs_image::StoredValue::Blob(blob) => Some(Zeroizing::new(blob.to_vec())),
                    _ => None,
                }
            });
            let secure = || {
                device
                    .secure_cert
                    .as_ref()
                    .and_then(|(_, image)| secure_cert_records::key(image))
            };
            match stored {
                Some(bytes) => Some(Revealed::text(hex(&bytes))),
                None => secure().map(|bytes| Revealed::text(hex(bytes))),
            }
        }
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(nvs_map::bytes(bytes, usize::MAX))
}
