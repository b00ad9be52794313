use core::fmt;
use core::str::FromStr;

/// A moment of a session at which a device may lose power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Moment {
    /// After it has received `hello`.
    Hello,
    /// After it has sent `ident`.
    Ident,
    /// After it has generated its key, before it sends `csr`.
    Key,
    /// After it has sent `csr`.
    Csr,
    /// After it has received `install`, before it has stored anything.
    Install,
    /// After it has stored the certificates, before it sends `proof`.
    Stored,
    /// After it has sent `proof`.
    Proof,
    /// After it has received `lock`, before it has locked itself.
    Lock,
}

impl Moment {
    /// All moments, in the order of a session.
    pub const ALL: [Self; 8] = [
        Self::Hello,
        Self::Ident,
        Self::Key,
        Self::Csr,
        Self::Install,
        Self::Stored,
        Self::Proof,
        Self::Lock,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Ident => "ident",
            Self::Key => "key",
            Self::Csr => "csr",
            Self::Install => "install",
            Self::Stored => "stored",
            Self::Proof => "proof",
            Self::Lock => "lock",
        }
    }
}

/// A fault of a simulated device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// It has the same key as all others of its fleet with this fault: only one of them may get a certificate.
    ClonedKey,
    /// It loses power once, comes back and behaves.
    DiesAt(Moment),
    /// It sends the request of another device, and signs the statement with its own key.
    ForeignCsr,
    /// It sends pseudorandom bytes, with line feeds among them.
    Garbage,
    /// It ends the session with an error.
    GivesUp,
    /// It loses power and never comes back.
    GoneAt(Moment),
    /// It behaves.
    None,
    /// It names another vendor and product in its request, which must have no effect.
    OtherVendor,
    /// It sends `proof` where `csr` is next.
    OutOfOrder,
    /// It sends a line of more than 16 KiB.
    Oversized,
    /// It resends the `csr` of an earlier session, byte for byte.
    ReplayedCsr,
    /// It comes back with a new key after it has a certificate.
    SecondKey,
    /// It never answers.
    Silent,
    /// It answers late and in small pieces, but in time.
    Slow,
    /// It sends one byte at a time and never ends its line.
    Trickle,
    /// It signs the request's statement with another key.
    WrongPossession,
    /// It signs the final statement with another key.
    WrongProof,
    /// It stores bytes other than those it received.
    WrongReadback,
}

impl Fault {
    /// Returns all faults and [`Fault::None`].
    pub fn all() -> impl Iterator<Item = Self> {
        let at = |fault: fn(Moment) -> Self| Moment::ALL.into_iter().map(fault);
        SIMPLE
            .into_iter()
            .map(|(fault, _)| fault)
            .chain(at(Self::DiesAt))
            .chain(at(Self::GoneAt))
    }

    /// Returns whether a device with this fault must end with a proved certificate.
    #[must_use]
    pub const fn is_harmless(self) -> bool {
        matches!(
            self,
            Self::DiesAt(_) | Self::None | Self::OtherVendor | Self::SecondKey | Self::Slow
        )
    }
}

const SIMPLE: [(Fault, &str); 16] = [
    (Fault::ClonedKey, "cloned-key"),
    (Fault::ForeignCsr, "foreign-csr"),
    (Fault::Garbage, "garbage"),
    (Fault::GivesUp, "gives-up"),
    (Fault::None, "none"),
    (Fault::OtherVendor, "other-vendor"),
    (Fault::OutOfOrder, "out-of-order"),
    (Fault::Oversized, "oversized"),
    (Fault::ReplayedCsr, "replayed-csr"),
    (Fault::SecondKey, "second-key"),
    (Fault::Silent, "silent"),
    (Fault::Slow, "slow"),
    (Fault::Trickle, "trickle"),
    (Fault::WrongPossession, "wrong-possession"),
    (Fault::WrongProof, "wrong-proof"),
    (Fault::WrongReadback, "wrong-readback"),
];
const DIES_AT: &str = "dies-at-";
const GONE_AT: &str = "gone-at-";

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DiesAt(moment) => write!(f, "{DIES_AT}{}", moment.name()),
            Self::GoneAt(moment) => write!(f, "{GONE_AT}{}", moment.name()),
            simple => {
                let name = SIMPLE.iter().find(|(fault, _)| fault == simple);
                f.write_str(name.map_or("none", |(_, name)| name))
            }
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::all().find(|fault| fault.to_string() == text).ok_or_else(|| {
            format!(
                "unknown fault; allowed: {}",
                Self::all()
                    .map(|fault| fault.to_string())
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        })
    }
}
