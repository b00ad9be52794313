use std::io;

use super::PortAddress;

/// Returns the serial ports that look like boards, by name.
///
/// On Linux, these are ports with the USB ID of Espressif or of a common bridge (CP210x, CH34x, FTDI, Prolific), on
/// macOS `/dev/cu.usb*`, on Windows all COM ports.
///
/// # Errors
///
/// The system error.
pub fn ports() -> io::Result<Vec<PortAddress>> {
    let mut names: Vec<String> = system::names()?;
    names.sort_by_key(|name| natural(name));
    names.dedup();
    Ok(names.iter().filter_map(|name| PortAddress::serial(name).ok()).collect())
}

/// Returns whether a port is the USB-JTAG-Serial device inside a chip.
pub(super) fn is_usb_jtag(name: &str) -> bool {
    system::usb_id(name).is_some_and(|id| id == USB_JTAG_SERIAL)
}

/// A sort key that puts COM10 after COM9.
fn natural(name: &str) -> (String, u64) {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let number = name.get(stem.len()..).and_then(|digits| digits.parse().ok());
    (stem.into(), number.unwrap_or(0))
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs;
    use std::io;
    use std::path::{Path, PathBuf};

    use super::is_board;

    pub(super) fn names() -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(CLASS) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            if name_usb_id(name).is_some_and(is_board) {
                names.push(format!("/dev/{name}"));
            }
        }
        Ok(names)
    }

    pub(super) fn usb_id(path: &str) -> Option<(u16, u16)> {
        // udev's names, such as /dev/serial/by-id/..., are links.
        let real = fs::canonicalize(path).ok()?;
        name_usb_id(real.file_name()?.to_str()?)
    }

    fn name_usb_id(name: &str) -> Option<(u16, u16)> {
        let device: PathBuf = fs::canonicalize(Path::new(CLASS).join(name).join("device")).ok()?;
        // The port is a few levels below the USB device with the ID.
        device.ancestors().take(6).find_map(|folder| {
            let number = |file: &str| {
                let text = fs::read_to_string(folder.join(file)).ok()?;
                u16::from_str_radix(text.trim(), 16).ok()
            };
            Some((number("idVendor")?, number("idProduct")?))
        })
    }

    const CLASS: &str = "/sys/class/tty";
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;

    pub(super) fn names() -> io::Result<Vec<String>> {
        let paths = serial2::SerialPort::available_ports()?;
        let names = paths.iter().filter_map(|path| path.to_str());
        Ok(names.filter(|name| looks_like_board(name)).map(Into::into).collect())
    }

    pub(super) fn usb_id(_path: &str) -> Option<(u16, u16)> {
        None
    }

    fn looks_like_board(name: &str) -> bool {
        cfg!(windows)
            || name.starts_with("/dev/cu.usb")
            || name.starts_with("/dev/cu.SLAB")
            || name.starts_with("/dev/cuaU")
    }
}

#[cfg(target_os = "linux")]
fn is_board((vendor, product): (u16, u16)) -> bool {
    match vendor {
        ESPRESSIF => true,
        0x10C4 => matches!(product, 0xEA60 | 0xEA70 | 0xEA71),
        0x1A86 => matches!(
            product,
            0x5523 | 0x7522 | 0x7523 | 0x55D2 | 0x55D3 | 0x55D4 | 0x55D5 | 0x55D8
        ),
        0x0403 => matches!(product, 0x6001 | 0x6010 | 0x6011 | 0x6014 | 0x6015),
        0x067B => matches!(product, 0x2303 | 0x23A3 | 0x23C3),
        _ => false,
    }
}

#[cfg(target_os = "linux")]
const ESPRESSIF: u16 = 0x303A;
const USB_JTAG_SERIAL: (u16, u16) = (0x303A, 0x1001);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_by_number() {
        let mut names = ["COM10", "COM9", "/dev/ttyUSB2", "/dev/ttyACM0"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["/dev/ttyACM0", "/dev/ttyUSB2", "COM9", "COM10"]);
    }

    #[test]
    fn discovery_does_not_fail_without_boards() {
        assert!(ports().is_ok());
        assert!(!is_usb_jtag("/dev/null"));
    }
}
