use esp_nvs_image::{Key, Namespace, OwnedValue};

/// A key and its value, in the factory partition beside what Matter defines.
#[derive(Clone, Debug, PartialEq)]
pub struct FactoryEntry {
    /// The namespace.
    pub namespace: Namespace,
    /// The key.
    pub key: Key,
    /// The value.
    pub value: OwnedValue,
}
