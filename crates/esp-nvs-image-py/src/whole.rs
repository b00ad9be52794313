//! Python integers, which have any size.

use pyo3::Borrowed;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

/// An integer. Values beyond 128 bits become the largest one, which is out of every range, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole(i128);

impl Whole {
    pub(crate) const fn new(number: i128) -> Self {
        Self(number)
    }

    pub(crate) const fn get(self) -> i128 {
        self.0
    }

    /// Returns the number, or the maximum of the type, which its newtype rejects.
    pub(crate) fn or_max<T: TryFrom<i128> + Limit>(self) -> T {
        T::try_from(self.0).unwrap_or(T::MAX)
    }
}

/// The largest number of a type.
pub(crate) trait Limit {
    const MAX: Self;
}

impl Limit for u16 {
    const MAX: Self = Self::MAX;
}

impl Limit for u32 {
    const MAX: Self = Self::MAX;
}

impl Limit for u64 {
    const MAX: Self = Self::MAX;
}

impl<'py> FromPyObject<'_, 'py> for Whole {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract::<i128>() {
            Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => Ok(Self(i128::MAX)),
            number => number.map(Self),
        }
    }
}
