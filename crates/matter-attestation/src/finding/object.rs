use core::fmt;

/// The object of a [`Finding`](crate::Finding).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// The Product Attestation Authority's certificate.
    Paa,
    /// The Product Attestation Intermediate's certificate.
    Pai,
    /// The Device Attestation Certificate.
    Dac,
    /// The Certification Declaration.
    Cd,
    /// The attestation elements and their signature.
    Elements,
    /// More than one part, or their relation.
    Chain,
}

impl Object {
    /// Returns the name: `paa`, `pai`, `dac`, `cd`, `elements` or `chain`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paa => "paa",
            Self::Pai => "pai",
            Self::Dac => "dac",
            Self::Cd => "cd",
            Self::Elements => "elements",
            Self::Chain => "chain",
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
