#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

mod container;
mod element;
mod error;
mod layout;
mod reader;
mod tag;
mod writer;

pub use container::MAX_DEPTH;
pub use element::{Element, Value};
pub use error::Error;
pub use reader::Reader;
pub use tag::Tag;
pub use writer::Writer;
