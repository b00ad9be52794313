//! The parts of path validation (RFC 5280, 6.1) that Matter does not specify but the SDK's crypto libraries check: name
//! constraints and policies.

pub(crate) mod names;
pub(crate) mod policies;

use crate::lint::Facts;
use crate::x509::{Extensions, Frame};

/// Reads a certificate's frame and its extensions, up to the first unreadable one.
fn read(facts: &Facts) -> Option<(Frame<'_>, Extensions<'_>)> {
    let frame = Frame::find(facts.der()).ok()?;
    let (extensions, _) = Extensions::find_all(&frame);
    Some((frame, extensions))
}
