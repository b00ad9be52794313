//! The parts of path validation (RFC 5280, 6.1) that Matter says nothing about and the SDK's crypto libraries do: name
//! constraints and policies.

pub(crate) mod names;
pub(crate) mod policies;

use crate::lint::Facts;
use crate::x509::{Extensions, Frame};

/// Reads a certificate's frame and its extensions again, up to the first that cannot be read.
fn read(facts: &Facts) -> Option<(Frame<'_>, Extensions<'_>)> {
    let frame = Frame::find(facts.der()).ok()?;
    let (extensions, _) = Extensions::find_all(&frame);
    Some((frame, extensions))
}
