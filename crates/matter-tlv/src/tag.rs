/// What names an element (Matter Core Specification A.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tag {
    /// No tag: the outermost element, and members of an array.
    Anonymous,
    /// A number with a meaning only inside of the structure or list around it.
    Context(u8),
    /// A number of the common profile, 16 or 32 bits on the wire.
    Common(u32),
    /// A number of a profile that both sides know, 16 or 32 bits on the wire.
    Implicit(u32),
    /// A number with the profile that defines it, as in the vendor's part of the attestation elements.
    FullyQualified {
        /// The vendor who defines the profile.
        vendor: u16,
        /// The profile, one of the vendor's.
        profile: u16,
        /// The number in the profile, 16 or 32 bits on the wire.
        tag: u32,
    },
}
