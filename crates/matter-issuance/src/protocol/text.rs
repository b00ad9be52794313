//! JSON encodings of DER and of the verifier's parts.

/// Bytes in Base64 with padding.
pub(super) mod base64 {
    use base64ct::{Base64, Encoding};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::protocol) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Base64::encode_string(bytes))
    }

    pub(in crate::protocol) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        Base64::decode_vec(&text).map_err(|_| D::Error::custom("not Base64 with padding"))
    }
}

/// A PBKDF2 iteration count as a number.
pub(super) mod iterations {
    use matter_spake2p::Iterations;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::protocol) fn serialize<S: Serializer>(value: &Iterations, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(value.get())
    }

    pub(in crate::protocol) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Iterations, D::Error> {
        Iterations::new(u32::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A salt in Base64.
pub(super) mod salt {
    use matter_spake2p::Salt;
    use serde::de::Error;
    use serde::{Deserializer, Serializer};

    pub(in crate::protocol) fn serialize<S: Serializer>(value: &Salt, serializer: S) -> Result<S::Ok, S::Error> {
        super::base64::serialize(value.as_bytes(), serializer)
    }

    pub(in crate::protocol) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Salt, D::Error> {
        Salt::new(&super::base64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A verifier in Base64.
pub(super) mod verifier {
    use matter_spake2p::Verifier;
    use serde::de::Error;
    use serde::{Deserializer, Serializer};

    pub(in crate::protocol) fn serialize<S: Serializer>(value: &Verifier, serializer: S) -> Result<S::Ok, S::Error> {
        super::base64::serialize(value.expose_bytes(), serializer)
    }

    pub(in crate::protocol) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Verifier, D::Error> {
        let bytes = zeroize::Zeroizing::new(super::base64::deserialize(deserializer)?);
        Verifier::from_bytes(&bytes).map_err(D::Error::custom)
    }
}
