//! Four lanes of SSE2, which every x86-64 processor has.

use core::arch::x86_64::*;

use super::Batch;
use super::source::*;

type Vector = __m128i;

lanes_source!(4, target_feature(enable = "sse2"));

#[target_feature(enable = "sse2")]
#[inline]
fn load(words: &[u32; LANES]) -> Vector {
    let [a, b, c, d] = words.map(u32::cast_signed);
    _mm_setr_epi32(a, b, c, d)
}

#[target_feature(enable = "sse2")]
#[inline]
pub(super) fn store(x: Vector) -> [u32; LANES] {
    [
        _mm_cvtsi128_si32(x),
        _mm_cvtsi128_si32(_mm_shuffle_epi32::<1>(x)),
        _mm_cvtsi128_si32(_mm_shuffle_epi32::<2>(x)),
        _mm_cvtsi128_si32(_mm_shuffle_epi32::<3>(x)),
    ]
    .map(i32::cast_unsigned)
}

#[target_feature(enable = "sse2")]
#[inline]
fn splat(word: u32) -> Vector {
    _mm_set1_epi32(word.cast_signed())
}

#[target_feature(enable = "sse2")]
#[inline]
fn add(x: Vector, y: Vector) -> Vector {
    _mm_add_epi32(x, y)
}

#[target_feature(enable = "sse2")]
#[inline]
fn xor(x: Vector, y: Vector) -> Vector {
    _mm_xor_si128(x, y)
}

#[target_feature(enable = "sse2")]
#[inline]
fn xor3(x: Vector, y: Vector, z: Vector) -> Vector {
    xor(x, xor(y, z))
}

#[target_feature(enable = "sse2")]
#[inline]
fn choose(x: Vector, y: Vector, z: Vector) -> Vector {
    xor(z, _mm_and_si128(x, xor(y, z)))
}

#[target_feature(enable = "sse2")]
#[inline]
fn majority(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm_or_si128(_mm_and_si128(x, y), _mm_and_si128(z, _mm_or_si128(x, y)))
}

#[target_feature(enable = "sse2")]
#[inline]
fn rotate<const RIGHT: i32, const LEFT: i32>(x: Vector) -> Vector {
    _mm_or_si128(_mm_srli_epi32::<RIGHT>(x), _mm_slli_epi32::<LEFT>(x))
}

#[target_feature(enable = "sse2")]
#[inline]
fn shift<const BITS: i32>(x: Vector) -> Vector {
    _mm_srli_epi32::<BITS>(x)
}
