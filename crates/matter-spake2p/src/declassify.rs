use core::hint::black_box;

use subtle::Choice;

/// Makes a choice public: the only place where a branch or an address depends on a secret.
///
/// Two choices are made public: whether a derived scalar is zero (probability 2^-256), and whether the peer's
/// confirmation is correct, which the result reveals anyway. This is a separate function, with a table that is opaque
/// to the compiler, so that `scripts/constant-time` can exempt it and nothing else.
#[inline(never)]
pub(crate) fn declassify(choice: Choice) -> bool {
    let answers = black_box([false, true]);
    answers.get(usize::from(choice.unwrap_u8())).copied().unwrap_or(false)
}
