#![doc = include_str!("../README.md")]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]
