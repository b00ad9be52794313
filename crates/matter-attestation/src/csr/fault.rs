use core::fmt;

/// What is wrong with a certificate signing request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsrFault {
    /// The signature algorithm is not ecdsa-with-SHA256 without parameters.
    Algorithm,
    /// The attributes are missing or malformed.
    Attributes,
    /// It is not DER or does not have the parts of a request.
    Form,
    /// The public key is not an uncompressed point on the curve P-256.
    Key,
    /// The signature is not that of the key inside.
    Possession,
    /// The signature is not an ECDSA signature in DER in a BIT STRING.
    Signature,
    /// The subject is not a distinguished name.
    Subject,
    /// Octets follow the request.
    Trailing,
    /// The version is not 1, which is encoded as 0.
    Version,
}

impl fmt::Display for CsrFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "signature algorithm is not ecdsa-with-SHA256 without parameters",
            Self::Attributes => "attributes are missing or malformed",
            Self::Form => "not the DER of a PKCS#10 request",
            Self::Key => "public key is not an uncompressed point on the curve P-256",
            Self::Possession => "signature is not that of the key inside, so that its possession is not proved",
            Self::Signature => "signature is not a BIT STRING with an ECDSA signature in DER",
            Self::Subject => "subject is not a distinguished name",
            Self::Trailing => "octets follow the request",
            Self::Version => "version is not 1 (encoded as 0)",
        })
    }
}
