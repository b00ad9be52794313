use core::fmt;

/// Instructions with which verifiers are derived in bulk. All of them derive the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum InstructionSet {
    /// 8 lanes of AVX2.
    Avx2,
    /// 16 lanes of AVX-512F.
    Avx512,
    /// Plain integers, one lane: the source of the others without any special instruction.
    Portable,
    /// The `sha2` crate, one lane: SHA extensions where the processor has them.
    Sha2,
    /// 4 lanes of SSE2.
    Sse2,
}

impl InstructionSet {
    /// All of them, also those that this processor does not have.
    pub const ALL: [Self; 5] = [Self::Portable, Self::Sha2, Self::Sse2, Self::Avx2, Self::Avx512];

    /// Returns how many (device, block) pairs run side by side.
    #[must_use]
    pub const fn lanes(self) -> usize {
        match self {
            Self::Portable | Self::Sha2 => 1,
            Self::Sse2 => 4,
            Self::Avx2 => 8,
            Self::Avx512 => 16,
        }
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
            Self::Portable => "portable",
            Self::Sha2 => "sha2",
            Self::Sse2 => "SSE2",
        })
    }
}
