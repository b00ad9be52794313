//! Eight lanes of AVX2.

use core::arch::x86_64::*;

use super::source::*;
use super::{Batch, sse2};

type Vector = __m256i;

lanes_source!(8, target_feature(enable = "avx2"));

#[target_feature(enable = "avx2")]
#[inline]
fn load(words: &[u32; LANES]) -> Vector {
    let [a, b, c, d, e, f, g, h] = words.map(u32::cast_signed);
    _mm256_setr_epi32(a, b, c, d, e, f, g, h)
}

#[target_feature(enable = "avx2")]
#[inline]
fn store(x: Vector) -> [u32; LANES] {
    let [a, b, c, d] = sse2::store(_mm256_extracti128_si256::<0>(x));
    let [e, f, g, h] = sse2::store(_mm256_extracti128_si256::<1>(x));
    [a, b, c, d, e, f, g, h]
}

#[target_feature(enable = "avx2")]
#[inline]
fn splat(word: u32) -> Vector {
    _mm256_set1_epi32(word.cast_signed())
}

#[target_feature(enable = "avx2")]
#[inline]
fn add(x: Vector, y: Vector) -> Vector {
    _mm256_add_epi32(x, y)
}

#[target_feature(enable = "avx2")]
#[inline]
fn xor(x: Vector, y: Vector) -> Vector {
    _mm256_xor_si256(x, y)
}

#[target_feature(enable = "avx2")]
#[inline]
fn xor3(x: Vector, y: Vector, z: Vector) -> Vector {
    xor(x, xor(y, z))
}

#[target_feature(enable = "avx2")]
#[inline]
fn choose(x: Vector, y: Vector, z: Vector) -> Vector {
    xor(z, _mm256_and_si256(x, xor(y, z)))
}

#[target_feature(enable = "avx2")]
#[inline]
fn majority(x: Vector, y: Vector, z: Vector) -> Vector {
    _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)))
}

#[target_feature(enable = "avx2")]
#[inline]
fn rotate<const RIGHT: i32, const LEFT: i32>(x: Vector) -> Vector {
    _mm256_or_si256(_mm256_srli_epi32::<RIGHT>(x), _mm256_slli_epi32::<LEFT>(x))
}

#[target_feature(enable = "avx2")]
#[inline]
fn shift<const BITS: i32>(x: Vector) -> Vector {
    _mm256_srli_epi32::<BITS>(x)
}
