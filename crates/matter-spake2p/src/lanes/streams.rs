use super::source::{BITS, K, PAD};

/// The common source of lanes that are not elements of a vector: each lane keeps its state in two vectors, for
/// instructions that compute four rounds of SHA-256 on such a pair. The lanes are independent, so the processor
/// overlaps their rounds.
///
/// Defines `LANES` and `iterate` in a module that has the vector type `Vector` and the functions `load`, `add`, `xor`;
/// `pair` and `words`, which convert a state to a pair and back; `message`, which makes the first half of a block from
/// a pair; `four_rounds`; and the halves of the schedule for four words each: `schedule_head` is W[t-16] + σ0(W[t-15]),
/// `schedule_tail` adds W[t-7] and σ1(W[t-2]).
///
/// SHA-256 (FIPS 180-4 section 6.2.2) is unrolled, so that every index is a constant: no branch and no address depends
/// on the data. The second half of each block is constant (see `lanes_source`): its rounds add only constants, and the
/// compiler folds its share of the schedule where possible.
macro_rules! streams_source {
    ($lanes:literal: $($lane:literal)*, $feature:meta) => {
        /// Number of jobs that run in parallel.
        pub(super) const LANES: usize = $lanes;

        /// A SHA-256 state in the order that the instructions require.
        type Pair = [Vector; 2];

        /// Runs PBKDF2's iterations from the second on.
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

        /// Compresses digests and their padding into states.
        #[$feature]
        #[inline]
        fn compress(start: [Pair; LANES], digests: [Pair; LANES]) -> [Pair; LANES] {
            let mut states = start;
            let mut blocks = [$({
                let [w0, w4] = message(digests[$lane]);
                [w0, w4, load(W8), load(W12)]
            }),*];
            // Four rounds of each lane with the words at `place` of its block.
            macro_rules! rounds {
                ($place:literal, $k:expr) => {
                    $(states[$lane] = four_rounds(states[$lane], add(blocks[$lane][$place], load($k)));)*
                };
            }
            // Four rounds with four new words, which replace those 16 places before.
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

/// SHA-256 constants, grouped by four and sixteen rounds.
pub(super) const K_BY_FOUR: [[[u32; 4]; 4]; 4] = {
    let [a, b, c, d, e, f, g, h] = K;
    [sixteen(a, b), sixteen(c, d), sixteen(e, f), sixteen(g, h)]
};

const fn sixteen(x: [u32; 8], y: [u32; 8]) -> [[u32; 4]; 4] {
    let ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) = (x, y);
    [[a, b, c, d], [e, f, g, h], [i, j, k, l], [m, n, o, p]]
}

pub(super) use streams_source;
