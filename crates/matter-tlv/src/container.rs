use crate::{Error, Tag};

/// The maximum number of open containers.
///
/// The deepest structure of Matter manufacturing data needs two; the limit keeps the reader's
/// memory fixed.
pub const MAX_DEPTH: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Structure,
    Array,
    List,
}

/// The open containers, outermost first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack {
    open: [Container; MAX_DEPTH],
    depth: usize,
}

impl Stack {
    pub(crate) const fn new() -> Self {
        Self {
            open: [Container::List; MAX_DEPTH],
            depth: 0,
        }
    }

    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }

    pub(crate) fn push(&mut self, container: Container, offset: usize) -> Result<(), Error> {
        let slot = self.open.get_mut(self.depth).ok_or(Error::NestingTooDeep { offset })?;
        *slot = container;
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn pop(&mut self, offset: usize) -> Result<(), Error> {
        self.depth = self.depth.checked_sub(1).ok_or(Error::UnexpectedEnd { offset })?;
        Ok(())
    }

    /// Checks that an element with this tag is allowed in the innermost container.
    pub(crate) fn check_tag(&self, tag: Tag, offset: usize) -> Result<(), Error> {
        let innermost = self.depth.checked_sub(1).and_then(|last| self.open.get(last));
        let allowed = match innermost {
            None => !matches!(tag, Tag::Context(_)),
            Some(Container::Structure) => tag != Tag::Anonymous,
            Some(Container::Array) => tag == Tag::Anonymous,
            Some(Container::List) => true,
        };
        if allowed {
            Ok(())
        } else {
            Err(Error::TagNotAllowed { offset })
        }
    }
}
