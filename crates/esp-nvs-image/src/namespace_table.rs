use crate::Error;
use crate::layout::MAX_NAMESPACES;
use crate::name::Namespace;

/// The namespaces of an image that is being written, in the order of their indices 1, 2, ..
#[derive(Clone, Debug)]
pub(crate) struct NamespaceTable([Option<Namespace>; MAX_NAMESPACES]);

impl NamespaceTable {
    pub(crate) const fn new() -> Self {
        Self([None; MAX_NAMESPACES])
    }

    /// Returns the index of a namespace, and whether it must be inserted.
    pub(crate) const fn index(&self, namespace: &Namespace) -> Result<(u8, bool), Error> {
        let mut rest = self.0.as_slice();
        let mut index = 1;
        while let [slot, after @ ..] = rest {
            match slot {
                Some(known) if known.is(namespace) => return Ok((index, false)),
                Some(_) => {}
                None => return Ok((index, true)),
            }
            // There are at most 254 namespaces.
            index += 1;
            rest = after;
        }
        Err(Error::TooManyNamespaces)
    }

    /// Inserts a namespace with an index from [`NamespaceTable::index`].
    pub(crate) const fn insert(&mut self, namespace: &Namespace, index: u8) {
        #[expect(clippy::as_conversions, reason = "u8 to usize loses nothing")]
        let (_, slots) = self.0.split_at_mut((index as usize).saturating_sub(1));
        if let [slot, ..] = slots {
            *slot = Some(*namespace);
        }
    }
}
