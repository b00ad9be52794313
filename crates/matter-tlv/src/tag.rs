/// The tag of an element (Matter Core Specification A.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tag {
    /// No tag: the outermost element and the members of an array.
    Anonymous,
    /// A tag number with a meaning only in the enclosing structure or list.
    Context(u8),
    /// A tag number of the common profile; 16 or 32 bits when encoded.
    Common(u32),
    /// A tag number of the implicit profile, which both sides agreed on; 16 or 32 bits when
    /// encoded.
    Implicit(u32),
    /// A tag number with its profile, as in the vendor-specific part of the attestation elements.
    FullyQualified {
        /// The id of the vendor that defines the profile.
        vendor: u16,
        /// The vendor-specific profile number.
        profile: u16,
        /// The tag number in the profile; 16 or 32 bits when encoded.
        tag: u32,
    },
}
