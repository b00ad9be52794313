#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod dir;
mod draft;
mod exposure;
mod group;
mod growing;
mod input;
mod lock;
mod publish;
mod signals;
mod space;
mod stack;
mod stale;
mod sys;
mod table;
mod text;

pub use dir::{Dir, Kind};
pub use draft::{Draft, Replace};
pub use exposure::Exposure;
pub use growing::GrowingOutput;
pub use input::Input;
pub use lock::{FolderLock, TryLock, lock, try_lock};
pub use publish::{Output, PublishError, publish};
pub use signals::clean_up_at_signals;
pub use space::Space;
pub use stack::wiping_stack;
pub use stale::sweep;
pub use table::{CellPlace, Dialect, Table, TableError, TableRow};
/// The wrapper that wipes secrets when they are dropped.
pub use zeroize;

pub use text::{NotUtf8, utf8, utf16, without_bom};
