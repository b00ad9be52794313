//! Sixteen lanes of AVX-512F, which has single instructions for rotation and for any function of three operands.

use core::arch::x86_64::*;

use super::source::*;
use super::{Batch, sse2};

type Vector = __m512i;

lanes_source!(16, target_feature(enable = "avx512f"));

#[target_feature(enable = "avx512f")]
#[inline]
fn load(words: &[u32; LANES]) -> Vector {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = words.map(u32::cast_signed);
    _mm512_setr_epi32(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn store(x: Vector) -> [u32; LANES] {
    let [a, b, c, d] = sse2::store(_mm512_extracti32x4_epi32::<0>(x));
    let [e, f, g, h] = sse2::store(_mm512_extracti32x4_epi32::<1>(x));
    let [i, j, k, l] = sse2::store(_mm512_extracti32x4_epi32::<2>(x));
    let [m, n, o, p] = sse2::store(_mm512_extracti32x4_epi32::<3>(x));
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
}

#[target_feature(enable = "avx512f")]
#[inline]
fn splat(word: u32) -> Vector {
    _mm512_set1_epi32(word.cast_signed())
}

#[target_feature(enable = "avx512f")]
#[inline]
fn add(x: Vector, y: Vector) -> Vector {
    _mm512_add_epi32(x, y)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn xor(x: Vector, y: Vector) -> Vector {
    _mm512_xor_si512(x, y)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn xor3(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm512_ternarylogic_epi32::<0b1001_0110>(x, y, z)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn choose(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm512_ternarylogic_epi32::<0b1100_1010>(x, y, z)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn majority(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm512_ternarylogic_epi32::<0b1110_1000>(x, y, z)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn rotate<const RIGHT: i32, const _LEFT: i32>(x: Vector) -> Vector {
    _mm512_ror_epi32::<RIGHT>(x)
}

#[target_feature(enable = "avx512f")]
#[inline]
fn shift<const BITS: u32>(x: Vector) -> Vector {
    _mm512_srli_epi32::<BITS>(x)
}
