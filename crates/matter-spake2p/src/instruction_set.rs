use core::fmt;

/// Instruction sets for bulk derivation. All of them give the same result.
///
/// # Examples
///
/// ```
/// use matter_spake2p::{InstructionSet, Lanes};
///
/// let there = InstructionSet::ALL.into_iter().filter(|set| Lanes::new(*set).is_some());
/// assert!(there.count() >= 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum InstructionSet {
    /// 4 streams of ARMv8's SHA-256 instructions.
    ArmSha2,
    /// 8 lanes of AVX2.
    Avx2,
    /// 16 lanes of AVX-512F.
    Avx512,
    /// 4 lanes of NEON.
    Neon,
    /// Plain integers, one lane, without special instructions.
    Portable,
    /// The `sha2` crate, one lane: uses SHA extensions if the processor has them.
    Sha2,
    /// 4 streams of x86's SHA extensions.
    ShaNi,
    /// 4 lanes of SSE2.
    Sse2,
}

impl InstructionSet {
    /// All sets, including those that this processor lacks.
    pub const ALL: [Self; 8] = [
        Self::Portable,
        Self::Sha2,
        Self::Sse2,
        Self::Avx2,
        Self::Avx512,
        Self::ShaNi,
        Self::Neon,
        Self::ArmSha2,
    ];

    /// The largest value of [`lanes`](Self::lanes).
    #[cfg(feature = "std")]
    pub(crate) const MOST_LANES: usize = 16;

    /// Returns the number of (device, block) pairs that run in parallel.
    #[must_use]
    pub const fn lanes(self) -> usize {
        match self {
            Self::Portable | Self::Sha2 => 1,
            Self::ArmSha2 | Self::Neon | Self::ShaNi | Self::Sse2 => 4,
            Self::Avx2 => 8,
            Self::Avx512 => 16,
        }
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ArmSha2 => "ARM-SHA2",
            Self::Avx2 => "AVX2",
            Self::Avx512 => "AVX-512",
            Self::Neon => "NEON",
            Self::Portable => "portable",
            Self::Sha2 => "sha2",
            Self::ShaNi => "SHA-NI",
            Self::Sse2 => "SSE2",
        })
    }
}
