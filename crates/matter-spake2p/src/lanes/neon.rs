//! Four lanes of NEON, which every 64-bit ARM processor has.

use core::arch::aarch64::*;

use super::Batch;
use super::source::*;

type Vector = uint32x4_t;

lanes_source!(4, target_feature(enable = "neon"));

#[target_feature(enable = "neon")]
#[inline]
pub(super) fn load(words: &[u32; LANES]) -> Vector {
    let [a, b, c, d] = words.map(u64::from);
    vreinterpretq_u32_u64(vcombine_u64(vcreate_u64(a | b << 32), vcreate_u64(c | d << 32)))
}

#[target_feature(enable = "neon")]
#[inline]
pub(super) fn store(x: Vector) -> [u32; LANES] {
    [
        vgetq_lane_u32::<0>(x),
        vgetq_lane_u32::<1>(x),
        vgetq_lane_u32::<2>(x),
        vgetq_lane_u32::<3>(x),
    ]
}

#[target_feature(enable = "neon")]
#[inline]
fn splat(word: u32) -> Vector {
    vdupq_n_u32(word)
}

#[target_feature(enable = "neon")]
#[inline]
fn add(x: Vector, y: Vector) -> Vector {
    vaddq_u32(x, y)
}

#[target_feature(enable = "neon")]
#[inline]
fn xor(x: Vector, y: Vector) -> Vector {
    veorq_u32(x, y)
}

#[target_feature(enable = "neon")]
#[inline]
fn xor3(x: Vector, y: Vector, z: Vector) -> Vector {
    xor(x, xor(y, z))
}

#[target_feature(enable = "neon")]
#[inline]
fn choose(x: Vector, y: Vector, z: Vector) -> Vector {
    vbslq_u32(x, y, z)
}

#[target_feature(enable = "neon")]
#[inline]
fn majority(x: Vector, y: Vector, z: Vector) -> Vector {
    // Where x and y differ, z decides.
    vbslq_u32(xor(x, y), z, y)
}

/// Rotates right: shifts left, then inserts the bits of the word shifted right.
#[target_feature(enable = "neon")]
#[inline]
fn rotate<const RIGHT: i32, const LEFT: i32>(x: Vector) -> Vector {
    vsriq_n_u32::<RIGHT>(vshlq_n_u32::<LEFT>(x), x)
}

#[target_feature(enable = "neon")]
#[inline]
fn shift<const BITS: i32>(x: Vector) -> Vector {
    vshrq_n_u32::<BITS>(x)
}
