use core::fmt;

/// Which of two entries with one key the firmware keeps, or finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kept {
    /// Both: they are of different types on different pages, and each is found by its own type.
    Both,
    /// The earlier: a search over several pages, or in a full one, ends there.
    Earlier,
    /// The later: the earlier one is erased at mount, because both are on one active page, or the later one is the
    /// last entry of all.
    Later,
    /// Neither: the chunks of two blobs do not add up to either.
    Neither,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Both => "both, each under its own type",
            Self::Earlier => "the earlier",
            Self::Later => "the later",
            Self::Neither => "neither",
        })
    }
}
