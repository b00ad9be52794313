//! Labels of single devices: files, or jobs for a label printer on the network.

use std::io::Write;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cli::{Failure, Trust, parse};
use factory_fs::{Dir, Output, Replace, publish};
use matter_mfg::{DeviceLabel, Extent, PrintDensity, ZplLabel};
use matter_setup_payload::{QrImage, SetupPayload};
use zeroize::Zeroizing;

use crate::options::{LabelFormatName, LabelOptions};

/// Prefix of a label printer's address.
const PRINTER: &str = "zpl:";
/// Port on which label printers accept raw data.
const RAW_PORT: u16 = 9100;
const PATIENCE: Duration = Duration::from_secs(5);
/// Pixels per module of a picture, as in `matter-mfg`.
const SCALE: u8 = 6;

/// The format of a label file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    format: LabelFormatName,
    density: PrintDensity,
    /// The size of a PDF or SVG.
    size: Extent,
}

/// Default size of a label in a file, common on rolls.
const DEFAULT_SIZE: &str = "50x30";
/// A code and a serial number of maximum length.
const EXAMPLE: &str = "MT:Y.K9042C00KA0648G00";
const LONGEST: &str = "00000000000000000000000000000000";

/// The destination of labels.
#[derive(Debug)]
pub(crate) enum Labels {
    /// No labels.
    None,
    /// A file each.
    Folder { folder: PathBuf, form: Form },
    /// A printer.
    Printer {
        host: String,
        port: u16,
        density: PrintDensity,
    },
}

impl Labels {
    /// Parses the options, and creates the folder.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] with the option.
    pub(crate) fn new(options: &LabelOptions, trust: Trust) -> Result<Self, Failure> {
        let density = parse::<PrintDensity>("--label-density", Some(&options.label_density))?.unwrap_or_default();
        let Some(text) = &options.labels else {
            return Ok(Self::None);
        };
        if let Some(address) = text.strip_prefix(PRINTER) {
            let (host, port) = printer(address).ok_or_else(|| {
                Failure::option(
                    "--labels",
                    "is not the address of a label printer: zpl:HOST or zpl:HOST:PORT, port 1 to 65535",
                )
            })?;
            return Ok(Self::Printer { host, port, density });
        }
        let folder = PathBuf::from(text);
        let wrong = |error: std::io::Error| Failure::Input(format!("--labels {}: {error}", folder.display()));
        let exposure = Dir::create(&folder).and_then(|dir| dir.exposure()).map_err(wrong)?;
        if exposure.is_public() && !trust.allow_insecure_permissions {
            return Err(wrong(std::io::Error::other(
                "is writable by everyone; use another folder or --allow-insecure-permissions",
            )));
        }
        let format = options.label_format;
        let is_drawn = matches!(format, LabelFormatName::Pdf | LabelFormatName::Svg);
        if options.label_size.is_some() && !is_drawn {
            return Err(Failure::option(
                "--label-size",
                "applies to pdf and svg labels, but --label-format is another",
            ));
        }
        let size = options.label_size.as_deref().unwrap_or(DEFAULT_SIZE);
        let size = parse("--label-size", Some(size))?.ok_or_else(|| Failure::option("--label-size", "is empty"))?;
        let form = Form { format, density, size };
        // Labels that do not fit are refused before the first board.
        if is_drawn {
            draw(EXAMPLE, Some(LONGEST), form).map_err(|error| Failure::option("--label-size", error))?;
        }
        Ok(Self::Folder { folder, form })
    }

    /// Prints the label of a device. A file replaces an earlier one.
    ///
    /// # Errors
    ///
    /// A message about the failure, without codes.
    pub(crate) fn print(&self, uuid: &str, qr: &str, serial: Option<&str>) -> Result<(), String> {
        match self {
            Self::None => Ok(()),
            Self::Folder { folder, form } => {
                let bytes = draw(qr, serial, *form)?;
                write(folder, &format!("{uuid}.{}", extension(form.format)), &bytes)
            }
            Self::Printer { host, port, density } => {
                let bytes = zpl(&payload(qr)?, serial, *density)?;
                send(host, *port, &bytes).map_err(|error| format!("label printer {host}:{port}: {error}"))
            }
        }
    }
}

/// Splits `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`.
fn printer(address: &str) -> Option<(String, u16)> {
    let is_bare = address.ends_with(']') || address.matches(':').count() != 1 && !address.starts_with('[');
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !is_bare => {
            // `parse` accepts a sign.
            let number = port.parse().ok().filter(|_| !port.starts_with('+'));
            (host, number.filter(|number| *number != 0)?)
        }
        _ => (address, RAW_PORT),
    };
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

const fn extension(format: LabelFormatName) -> &'static str {
    match format {
        LabelFormatName::Pdf => "pdf",
        LabelFormatName::Png => "png",
        LabelFormatName::Svg => "svg",
        LabelFormatName::Zpl => "zpl",
    }
}

fn payload(qr: &str) -> Result<SetupPayload, String> {
    qr.parse().map_err(|_| "the device's QR text cannot be read".to_owned())
}

fn draw(qr: &str, serial: Option<&str>, form: Form) -> Result<Zeroizing<Vec<u8>>, String> {
    let payload = payload(qr)?;
    let failed = |error: matter_setup_payload::ImageError| error.to_string();
    let label = || {
        let label = DeviceLabel::new(&payload).map_err(failed)?;
        Ok::<_, String>(serial.into_iter().fold(label, DeviceLabel::with_serial))
    };
    match form.format {
        LabelFormatName::Pdf => label()?.to_pdf(form.size).map_err(|error| error.to_string()),
        LabelFormatName::Png => {
            let code = QrImage::new(payload.qr_text().as_str()).map_err(failed)?;
            code.to_png(SCALE).map(Zeroizing::new).map_err(failed)
        }
        LabelFormatName::Svg => label()?.to_svg(form.size).map_err(|error| error.to_string()),
        LabelFormatName::Zpl => zpl(&payload, serial, form.density),
    }
}

fn zpl(payload: &SetupPayload, serial: Option<&str>, density: PrintDensity) -> Result<Zeroizing<Vec<u8>>, String> {
    let serial = serial.map(|number| format!("S/N {number}"));
    let lines = serial.iter().map(String::as_str).collect::<Vec<_>>();
    let label = ZplLabel::new(payload, &lines).map_err(|error| error.to_string())?;
    Ok(Zeroizing::new(label.to_zpl(density).as_bytes().to_vec()))
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), String> {
    let path = folder.join(name);
    publish(&[Output { path: &path, bytes }], Replace::Yes).map_err(|error| error.to_string())
}

/// Sends a label, and waits until the printer has accepted it.
fn send(host: &str, port: u16, bytes: &[u8]) -> std::io::Result<()> {
    let mut failed = std::io::Error::other("the name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(mut stream) => {
                stream.set_write_timeout(Some(PATIENCE))?;
                stream.write_all(bytes)?;
                return stream.shutdown(std::net::Shutdown::Write);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;

    use super::*;

    const QR: &str = "MT:Y.K9042C00KA0648G00";

    #[test]
    fn printers_are_hosts_with_or_without_a_port() {
        for (text, expected) in [
            ("printer", Some(("printer", 9100))),
            ("printer:6101", Some(("printer", 6101))),
            ("[fe80::1]:9101", Some(("fe80::1", 9101))),
            ("[fe80::1]", Some(("fe80::1", 9100))),
            ("fe80::1", Some(("fe80::1", 9100))),
            ("", None),
            (":9100", None),
            ("printer:0", None),
            ("printer:65536", None),
            ("printer:x", None),
            ("printer:+9100", None),
            ("[fe80::1]:+9100", None),
        ] {
            let found = printer(text);
            assert_eq!(
                found.as_ref().map(|(host, port)| (host.as_str(), *port)),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_label_printer_gets_one_label() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let labels = Labels::Printer {
            host: "127.0.0.1".into(),
            port: listener.local_addr().unwrap().port(),
            density: PrintDensity::Dpi300,
        };
        labels.print("uuid", QR, Some("SN-1")).unwrap();
        let mut text = String::new();
        listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("^XA") && text.ends_with("^XZ\n") && text.contains(QR) && text.contains("S/N SN-1"));
        drop(listener);
        let error = labels.print("uuid", QR, None).unwrap_err();
        assert!(
            error.starts_with("label printer 127.0.0.1:") && !error.contains("MT:"),
            "{error}"
        );
    }

    #[test]
    fn label_files_are_of_their_kind_and_replace_earlier_ones() {
        let folder = tempfile::tempdir().unwrap();
        for (format, name, magic) in [
            (LabelFormatName::Pdf, "u.pdf", &b"%PDF"[..]),
            (LabelFormatName::Png, "u.png", b"\x89PNG"),
            (LabelFormatName::Svg, "u.svg", b"<svg"),
            (LabelFormatName::Zpl, "u.zpl", b"^XA"),
        ] {
            let labels = Labels::Folder {
                folder: folder.path().into(),
                form: Form {
                    format,
                    density: PrintDensity::default(),
                    size: DEFAULT_SIZE.parse().unwrap(),
                },
            };
            for _ in 0..2 {
                labels.print("u", QR, Some("SN-1")).unwrap();
            }
            assert!(
                std::fs::read(folder.path().join(name)).unwrap().starts_with(magic),
                "{name}"
            );
        }
    }
}
