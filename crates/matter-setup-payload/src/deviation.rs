use core::fmt;

use crate::Error;

/// Maximum number of stored deviations.
const CAPACITY: usize = 16;

/// The result of lenient parsing with the deviations that strict parsing rejects.
///
/// # Examples
///
/// ```
/// use matter_setup_payload::ManualPayload;
///
/// let read = ManualPayload::parse_lenient("3497 011 2332")?;
/// assert_eq!(read.value().short_discriminator().get(), 15);
/// assert_eq!(read.deviations().total(), 2, "two spaces");
/// # Ok::<(), matter_setup_payload::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lenient<T> {
    value: T,
    deviations: Deviations,
}

impl<T> Lenient<T> {
    pub(crate) const fn new(value: T, deviations: Deviations) -> Self {
        Self { value, deviations }
    }

    /// Returns the parsed value.
    #[must_use]
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// Returns the parsed value and drops the deviations.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// Returns the deviations in the order of the code.
    #[must_use]
    pub const fn deviations(&self) -> &Deviations {
        &self.deviations
    }
}

/// The reasons for which strict parsing rejects a code that lenient parsing accepts.
#[derive(Clone, PartialEq, Eq)]
pub struct Deviations {
    found: [Option<Error>; CAPACITY],
    total: usize,
}

impl Deviations {
    pub(crate) const fn new() -> Self {
        Self {
            found: [None; CAPACITY],
            total: 0,
        }
    }

    fn push(&mut self, error: Error) {
        if let Some(slot) = self.found.get_mut(self.total) {
            *slot = Some(error);
        }
        self.total += 1;
    }

    /// Returns the reasons; only the first 16 are stored.
    pub fn iter(&self) -> impl Iterator<Item = Error> + '_ {
        self.found.iter().copied().flatten()
    }

    /// Returns the number of deviations, including those that are not stored.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.total
    }

    /// Returns whether strict parsing accepts the code, too.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.total == 0
    }
}

impl fmt::Debug for Deviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Handles faults that only a commissioner tolerates.
pub(crate) struct Judge<'a>(Option<&'a mut Deviations>);

impl<'a> Judge<'a> {
    pub(crate) const fn strict() -> Self {
        Self(None)
    }

    pub(crate) const fn lenient(deviations: &'a mut Deviations) -> Self {
        Self(Some(deviations))
    }

    /// Returns the error in strict mode; records it in lenient mode.
    pub(crate) fn tolerate(&mut self, error: Error) -> Result<(), Error> {
        match &mut self.0 {
            None => Err(error),
            Some(deviations) => {
                deviations.push(error);
                Ok(())
            }
        }
    }
}
