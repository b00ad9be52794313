//! Secure boot version 1, for the ESP32 only.
//!
//! Source: ESP-IDF Programming Guide, "Secure Boot V1", "Secure Bootloader Digest Algorithm" and "Image Signing
//! Algorithm".

#[cfg(feature = "p256")]
pub(crate) mod app;
pub(crate) mod bootloader;
pub(crate) mod key;
