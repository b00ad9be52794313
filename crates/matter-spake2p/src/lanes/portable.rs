//! One lane of plain integers, for processors that support no other set.

use super::Batch;
use super::source::*;

type Vector = u32;

lanes_source!(1);

fn load([word]: &[u32; LANES]) -> Vector {
    *word
}

fn store(x: Vector) -> [u32; LANES] {
    [x]
}

fn splat(word: u32) -> Vector {
    word
}

fn add(x: Vector, y: Vector) -> Vector {
    x.wrapping_add(y)
}

fn xor(x: Vector, y: Vector) -> Vector {
    x ^ y
}

fn xor3(x: Vector, y: Vector, z: Vector) -> Vector {
    x ^ y ^ z
}

fn choose(x: Vector, y: Vector, z: Vector) -> Vector {
    z ^ (x & (y ^ z))
}

fn majority(x: Vector, y: Vector, z: Vector) -> Vector {
    (x & y) | (z & (x | y))
}

fn rotate<const RIGHT: u32, const LEFT: u32>(x: Vector) -> Vector {
    (x >> RIGHT) | (x << LEFT)
}

fn shift<const BITS: u32>(x: Vector) -> Vector {
    x >> BITS
}
