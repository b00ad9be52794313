use core::hint::black_box;

use subtle::Choice;

/// Makes a choice public: the only place where a branch or an address depends on a secret.
///
/// Two choices go through it: whether a derived scalar is zero, which it is once in 2^256 times, and whether the other
/// side's proof in an exchange is good, which the answer tells anyway. A function of its own, with a table that the
/// compiler cannot see through, so that `scripts/constant-time` can except it and nothing else.
#[inline(never)]
pub(crate) fn declassify(choice: Choice) -> bool {
    let answers = black_box([false, true]);
    answers.get(usize::from(choice.unwrap_u8())).copied().unwrap_or(false)
}
