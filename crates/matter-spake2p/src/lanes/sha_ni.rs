//! Four streams of x86's SHA extensions.

use core::arch::x86_64::*;

use super::streams::*;
use super::{Batch, sse2};

type Vector = __m128i;

streams_source!(4: 0 1 2 3, target_feature(enable = "sha,sse4.1,ssse3"));

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn load(words: [u32; 4]) -> Vector {
    let [a, b, c, d] = words.map(u32::cast_signed);
    _mm_setr_epi32(a, b, c, d)
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn add(x: Vector, y: Vector) -> Vector {
    _mm_add_epi32(x, y)
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn xor(x: Vector, y: Vector) -> Vector {
    _mm_xor_si128(x, y)
}

/// The instructions keep a, b, e, f in one register and c, d, g, h in the other, the last ones in the lowest elements.
#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn pair([a, b, c, d, e, f, g, h]: [u32; 8]) -> Pair {
    [load([f, e, b, a]), load([h, g, d, c])]
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn words([abef, cdgh]: Pair) -> [u32; 8] {
    let ([f, e, b, a], [h, g, d, c]) = (sse2::store(abef), sse2::store(cdgh));
    [a, b, c, d, e, f, g, h]
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn message([abef, cdgh]: Pair) -> [Vector; 2] {
    let (abef, cdgh) = (_mm_castsi128_ps(abef), _mm_castsi128_ps(cdgh));
    [
        _mm_castps_si128(_mm_shuffle_ps::<0b10_11_10_11>(abef, cdgh)),
        _mm_castps_si128(_mm_shuffle_ps::<0b00_01_00_01>(abef, cdgh)),
    ]
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn four_rounds([abef, cdgh]: Pair, words: Vector) -> Pair {
    // After two rounds, the old a, b, e, f become c, d, g, h.
    let two = _mm_sha256rnds2_epu32(cdgh, abef, words);
    [
        _mm_sha256rnds2_epu32(abef, two, _mm_shuffle_epi32::<0b11_10>(words)),
        two,
    ]
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn schedule_head(w16: Vector, w12: Vector) -> Vector {
    _mm_sha256msg1_epu32(w16, w12)
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
#[inline]
fn schedule_tail(head: Vector, w8: Vector, w4: Vector) -> Vector {
    _mm_sha256msg2_epu32(add(head, _mm_alignr_epi8::<4>(w4, w8)), w4)
}
