//! One image for each fault, with all expected findings.

mod blobs;
mod entries;
mod pages;

use super::raw::Raw;

pub use blobs::duplicate_cases;

/// The offsets of the contents of [`Raw::base`], and of the next entry.
const NS: usize = 0x40;
const A: usize = 0x60;
const NEXT: usize = 0x80;
const PAGE_1: usize = 0x1040;

/// A fault's name, the image, and all expected findings: identifier and offset.
pub type Case = (&'static str, Raw, Vec<(&'static str, Option<usize>)>);

fn with(image: Raw, change: impl FnOnce(&mut Raw)) -> Raw {
    let mut image = image;
    change(&mut image);
    image
}

fn base(change: impl FnOnce(&mut Raw)) -> Raw {
    with(Raw::base(), change)
}

fn two_pages(change: impl FnOnce(&mut Raw)) -> Raw {
    with(Raw::two_pages(), change)
}

fn at(id: &'static str, offset: usize) -> Vec<(&'static str, Option<usize>)> {
    vec![(id, Some(offset))]
}

fn whole(id: &'static str) -> Vec<(&'static str, Option<usize>)> {
    vec![(id, None)]
}

pub fn cases() -> Vec<Case> {
    let duplicates = duplicate_cases().into_iter().map(|(case, _)| case);
    [
        pages::page_cases(),
        pages::slot_cases(),
        entries::content_cases(),
        entries::namespace_cases(),
        blobs::blob_cases(),
        blobs::chunk_cases(),
    ]
    .into_iter()
    .flatten()
    .chain(duplicates)
    .collect()
}
