//! `merge`: files at their offsets in one image.

use std::path::{Path, PathBuf};

use clap::Args;
use cli::{Failure, Files, read_file, say};
use esp_flash_image::{Chip, FlashMap, FlashPiece, FlashSize, ImageHeader, MapError, TableOptions};
use zeroize::Zeroizing;

/// The arguments of `merge`.
#[derive(Args)]
pub(crate) struct Merge {
    /// Image to write
    output: PathBuf,
    /// Flash offset of a file, and the file
    #[arg(required = true, value_name = "OFFSET=FILE")]
    pieces: Vec<String>,
    /// Length of the image, such as 4MB or 0x400000 [default: up to the last byte of the files]
    #[arg(long, value_name = "SIZE")]
    size: Option<String>,
}

/// A file and its offset.
struct Piece {
    offset: u32,
    path: PathBuf,
    bytes: Zeroizing<Vec<u8>>,
}

impl Merge {
    pub(crate) fn run(self, mut files: Files) -> Result<(), Failure> {
        let size = cli::parse::<FlashSize>("--size", self.size.as_deref())?;
        let places = self.pieces.iter().map(|text| parse(text));
        let places = places.collect::<Result<Vec<_>, _>>()?;
        for (_, path) in &places {
            files = files.input("OFFSET=FILE", path);
        }
        let files = files.output("OUT", &self.output);
        files.check()?;
        let read = places.into_iter().map(|(offset, path)| {
            let bytes = read_file("OFFSET=FILE", &path)?;
            Ok::<_, Failure>(Piece { offset, path, bytes })
        });
        let pieces = read.collect::<Result<Vec<_>, _>>()?;
        check_chips(&pieces)?;
        let mut map = FlashMap::new(size);
        for piece in &pieces {
            map.add(piece.offset, piece.bytes.as_slice(), piece.path.to_string_lossy())
                .map_err(refused)?;
        }
        warn_of_sectors(&map);
        let image = Zeroizing::new(map.to_image(size.map(FlashSize::get)).map_err(refused)?);
        files.publish(&[(&self.output, &image)])?;
        let written = pieces.iter().map(|piece| piece.bytes.len());
        let gaps = image.len().saturating_sub(written.sum());
        if gaps != 0 {
            say(format_args!(
                "note: {gaps:#x} bytes between and after the files are 0xFF; writing the image erases this part of the flash"
            ));
        }
        Ok(())
    }
}

/// Warns of files that share a sector: written separately, the second erases the first.
fn warn_of_sectors(map: &FlashMap<'_>) {
    const SECTOR: u64 = 0x1000;
    let mut before: Option<&FlashPiece<'_>> = None;
    for piece in map.pieces() {
        let shared = before.filter(|before| before.end().div_ceil(SECTOR) > u64::from(piece.offset()) / SECTOR);
        if let Some(before) = shared {
            let (name, other) = (piece.name(), before.name());
            let sector = u64::from(piece.offset()) / SECTOR * SECTOR;
            say(format_args!(
                "warning: {name} and {other} share the sector at {sector:#x}; write the merged image, not the files one by one"
            ));
        }
        before = Some(piece);
    }
}

fn refused(error: MapError) -> Failure {
    Failure::Input(match error {
        MapError::DoesNotFit { .. } => format!("{error}; use a larger --size"),
        MapError::Overlap { .. } => format!("{error}; give one of them another offset"),
        error => error.to_string(),
    })
}

fn parse(text: &str) -> Result<(u32, PathBuf), Failure> {
    let (offset, path) = text
        .split_once('=')
        .filter(|(_, path)| !path.is_empty())
        .ok_or_else(|| {
            Failure::Input("OFFSET=FILE: an offset and a file are required, such as 0x10000=app.bin".into())
        })?;
    let offset = cli::parse_number("OFFSET=FILE", Some(offset), 0, u32::MAX)?.unwrap_or_default();
    Ok((offset, path.into()))
}

/// Refuses images for several chips in one flash, and a bootloader at the wrong address for its chip.
fn check_chips(pieces: &[Piece]) -> Result<(), Failure> {
    let mut first: Option<(&Path, Chip)> = None;
    for piece in pieces {
        let header = ImageHeader::decode(&piece.bytes).ok();
        let Some(chip) = header.and_then(|header| header.chip()) else {
            continue;
        };
        let path = piece.path.display();
        match first {
            Some((other, of)) if of != chip => {
                let other = other.display();
                return Err(Failure::Input(format!(
                    "{path}: is for {chip}, but {other} is for {of}"
                )));
            }
            _ => first = Some((&piece.path, chip)),
        }
        let wanted = chip.facts().bootloader_offset;
        // No other file with such a header precedes the partition table.
        if piece.offset < TableOptions::DEFAULT_OFFSET && piece.offset != wanted {
            return Err(Failure::Input(format!(
                "{path}: a bootloader for {chip} at {:#x}; the chip expects it at {wanted:#x}",
                piece.offset
            )));
        }
    }
    Ok(())
}
