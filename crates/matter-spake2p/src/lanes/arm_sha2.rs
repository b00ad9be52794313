//! Four streams of ARMv8's SHA-256 instructions.

use core::arch::aarch64::*;

use super::streams::*;
use super::{Batch, neon};

type Vector = uint32x4_t;

streams_source!(4: 0 1 2 3, target_feature(enable = "neon,sha2"));

#[target_feature(enable = "neon,sha2")]
#[inline]
fn load(words: [u32; 4]) -> Vector {
    neon::load(&words)
}

#[target_feature(enable = "neon,sha2")]
#[inline]
fn add(x: Vector, y: Vector) -> Vector {
    vaddq_u32(x, y)
}

#[target_feature(enable = "neon,sha2")]
#[inline]
fn xor(x: Vector, y: Vector) -> Vector {
    veorq_u32(x, y)
}

#[target_feature(enable = "neon,sha2")]
#[inline]
fn pair([a, b, c, d, e, f, g, h]: [u32; 8]) -> Pair {
    [load([a, b, c, d]), load([e, f, g, h])]
}

#[target_feature(enable = "neon,sha2")]
#[inline]
fn words([abcd, efgh]: Pair) -> [u32; 8] {
    let ([a, b, c, d], [e, f, g, h]) = (neon::store(abcd), neon::store(efgh));
    [a, b, c, d, e, f, g, h]
}

#[target_feature(enable = "neon,sha2")]
#[inline]
fn message(pair: Pair) -> [Vector; 2] {
    pair
}

#[target_feature(enable = "neon,sha2")]
#[inline]
fn four_rounds([abcd, efgh]: Pair, words: Vector) -> Pair {
    [vsha256hq_u32(abcd, efgh, words), vsha256h2q_u32(efgh, abcd, words)]
}

#[target_feature(enable = "neon,sha2")]
#[inline]
fn schedule_head(w16: Vector, w12: Vector) -> Vector {
    vsha256su0q_u32(w16, w12)
}

#[target_feature(enable = "neon,sha2")]
#[inline]
fn schedule_tail(head: Vector, w8: Vector, w4: Vector) -> Vector {
    vsha256su1q_u32(head, w8, w4)
}
