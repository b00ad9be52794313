use super::source::{BITS, K, PAD};

/// The one source of the lanes that are not elements of a vector: each lane has a state in two vectors of its own, for
/// instructions that make four rounds of SHA-256 with such a pair. The lanes do not depend on each other, so that the
/// processor begins the rounds of one while those of another are not finished.
///
/// Writes `LANES` and `iterate` of a module that has the vector type `Vector` and, as functions over it, `load`, `add`,
/// `xor`, `pair` and `words`, which bring the words of a state into a pair and back, `message`, which makes the first
/// half of a block of a pair, `four_rounds`, and the halves of the schedule, each for four words: `schedule_head` is
/// W[t-16] + σ0(W[t-15]), `schedule_tail` adds W[t-7] and σ1(W[t-2]).
///
/// SHA-256 is that of FIPS 180-4 section 6.2.2 without a loop, so that every index is a constant: no branch and no
/// address depends on what is hashed. The second half of each block is constant (`lanes_source`): its rounds have nothing
/// but constants to add, and what it contributes to the schedule is summed by the compiler where it can be.
macro_rules! streams_source {
    ($lanes:literal: $($lane:literal)*, $feature:meta) => {
        /// How many jobs run side by side.
        pub(super) const LANES: usize = $lanes;

        /// A state of SHA-256 in the order that the instructions want.
        type Pair = [Vector; 2];

        /// Runs the iterations of PBKDF2 from the second on.
        #[inline(never)]
        #[$feature]
        pub(super) fn iterate(batch: &mut Batch<LANES>, iterations: u32) {
            let inner = load_all(&batch.inner);
            let outer = load_all(&batch.outer);
            let mut digest = load_all(&batch.digest);
            let mut sum = load_all(&batch.sum);
            for _ in 1..iterations {
                digest = compress(outer, compress(inner, digest));
                $(sum[$lane] = [xor(sum[$lane][0], digest[$lane][0]), xor(sum[$lane][1], digest[$lane][1])];)*
            }
            $(
                for (lanes, word) in batch.sum.iter_mut().zip(words(sum[$lane])) {
                    lanes[$lane] = word;
                }
            )*
        }

        #[$feature]
        #[inline]
        fn load_all(words: &[[u32; LANES]; 8]) -> [Pair; LANES] {
            [$(pair(words.map(|lanes| lanes[$lane]))),*]
        }

        /// Hashes digests and their padding into states.
        #[$feature]
        #[inline]
        fn compress(start: [Pair; LANES], digests: [Pair; LANES]) -> [Pair; LANES] {
            let mut states = start;
            let mut blocks = [$({
                let [w0, w4] = message(digests[$lane]);
                [w0, w4, load(W8), load(W12)]
            }),*];
            // Four rounds of each lane with the words that are at `place` of its block.
            macro_rules! rounds {
                ($place:literal, $k:expr) => {
                    $(states[$lane] = four_rounds(states[$lane], add(blocks[$lane][$place], load($k)));)*
                };
            }
            // The same with four new words, which take the place of those 16 before.
            macro_rules! scheduled_rounds {
                ($head:expr, $w16:tt $w12:tt $w8:tt $w4:tt, $k:expr) => {
                    $(
                        let block = &mut blocks[$lane];
                        block[$w16] = schedule_tail($head(block[$w16], block[$w12]), block[$w8], block[$w4]);
                        states[$lane] = four_rounds(states[$lane], add(block[$w16], load($k)));
                    )*
                };
            }
            macro_rules! sixteen_rounds {
                ($k:ident) => {
                    scheduled_rounds!(schedule_head, 0 1 2 3, $k[0]);
                    scheduled_rounds!(schedule_head, 1 2 3 0, $k[1]);
                    scheduled_rounds!(schedule_head, 2 3 0 1, $k[2]);
                    scheduled_rounds!(schedule_head, 3 0 1 2, $k[3]);
                };
            }
            let [k0, k16, k32, k48] = &K_BY_FOUR;
            rounds!(0, k0[0]);
            rounds!(1, k0[1]);
            rounds!(2, k0[2]);
            rounds!(3, k0[3]);
            scheduled_rounds!(schedule_head, 0 1 2 3, k16[0]);
            scheduled_rounds!(schedule_head, 1 2 3 0, k16[1]);
            // Words 9 to 12 are zero.
            scheduled_rounds!(first, 2 3 0 1, k16[2]);
            scheduled_rounds!(schedule_head, 3 0 1 2, k16[3]);
            sixteen_rounds!(k32);
            sixteen_rounds!(k48);
            [$([add(states[$lane][0], start[$lane][0]), add(states[$lane][1], start[$lane][1])]),*]
        }

        /// The head of the schedule where the words from W[t-15] on are zero.
        #[$feature]
        #[inline]
        fn first(w: Vector, _: Vector) -> Vector {
            w
        }
    };
}

/// Words 8 to 15 of every block.
pub(super) const W8: [u32; 4] = [PAD, 0, 0, 0];
pub(super) const W12: [u32; 4] = [0, 0, 0, BITS];

/// The constants of SHA-256, four rounds together, sixteen rounds together.
pub(super) const K_BY_FOUR: [[[u32; 4]; 4]; 4] = {
    let [a, b, c, d, e, f, g, h] = K;
    [sixteen(a, b), sixteen(c, d), sixteen(e, f), sixteen(g, h)]
};

const fn sixteen(x: [u32; 8], y: [u32; 8]) -> [[u32; 4]; 4] {
    let ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) = (x, y);
    [[a, b, c, d], [e, f, g, h], [i, j, k, l], [m, n, o, p]]
}

pub(super) use streams_source;
