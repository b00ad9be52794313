//! `merge`: files at their offsets in one image.

use std::path::{Path, PathBuf};

use clap::Args;
use cli::{Failure, Files, read_file};
use esp_flash_image::{FlashMap, FlashSize};

/// What `merge` takes.
#[derive(Args)]
pub(crate) struct Merge {
    /// The image to write
    output: PathBuf,
    /// Where a file begins, and the file: OFFSET=FILE
    #[arg(required = true, value_name = "OFFSET=FILE")]
    pieces: Vec<String>,
    /// Length of the image, as 4MB or 0x400000 [default: up to the last byte of the files]
    #[arg(long, value_name = "N")]
    size: Option<String>,
}
