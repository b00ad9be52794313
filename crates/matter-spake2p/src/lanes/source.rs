/// The common source of all vector lanes: defines `LANES` and `iterate` in a module that has the vector type `Vector`
/// and the functions `load`, `store`, `splat`, `add`, `xor`, `xor3`, `choose`, `majority`, `shift`, and `rotate`, which
/// takes the distances to the right and to the left.
///
/// SHA-256 (FIPS 180-4 section 6.2.2) is unrolled, so that every index is a constant: no branch and no address depends
/// on the data. All blocks of PBKDF2's iterations have the same form: eight words of digest, the bit 1, zeros, and the
/// length of 96 bytes in bits. The compiler folds what the constant words contribute to rounds and schedule.
macro_rules! lanes_source {
    ($lanes:literal $(, $feature:meta)?) => {
        /// Number of jobs that run in parallel.
        pub(super) const LANES: usize = $lanes;

        /// Runs PBKDF2's iterations from the second on.
        #[inline(never)]
        $(#[$feature])?
        pub(super) fn iterate(batch: &mut Batch<LANES>, iterations: u32) {
            let inner = load_all(&batch.inner);
            let outer = load_all(&batch.outer);
            let mut digest = load_all(&batch.digest);
            let mut sum = load_all(&batch.sum);
            for _ in 1..iterations {
                digest = compress(outer, compress(inner, digest));
                sum = xor_all(sum, digest);
            }
            store_all(sum, &mut batch.sum);
        }

        $(#[$feature])?
        #[inline]
        fn load_all(words: &[[u32; LANES]; 8]) -> [Vector; 8] {
            let [a, b, c, d, e, f, g, h] = words;
            [load(a), load(b), load(c), load(d), load(e), load(f), load(g), load(h)]
        }

        $(#[$feature])?
        #[inline]
        fn store_all(vectors: [Vector; 8], words: &mut [[u32; LANES]; 8]) {
            let [a, b, c, d, e, f, g, h] = vectors;
            *words = [store(a), store(b), store(c), store(d), store(e), store(f), store(g), store(h)];
        }

        $(#[$feature])?
        #[inline]
        fn xor_all(x: [Vector; 8], y: [Vector; 8]) -> [Vector; 8] {
            let ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) = (x, y);
            [xor(a, i), xor(b, j), xor(c, k), xor(d, l), xor(e, m), xor(f, n), xor(g, o), xor(h, p)]
        }

        /// σ0 of the message schedule.
        $(#[$feature])?
        #[inline]
        fn small_sigma0(x: Vector) -> Vector {
            xor3(rotate::<7, 25>(x), rotate::<18, 14>(x), shift::<3>(x))
        }

        /// σ1 of the message schedule.
        $(#[$feature])?
        #[inline]
        fn small_sigma1(x: Vector) -> Vector {
            xor3(rotate::<17, 15>(x), rotate::<19, 13>(x), shift::<10>(x))
        }

        /// The next word of the message schedule, from the words 16, 15, 7 and 2 places before it.
        $(#[$feature])?
        #[inline]
        fn scheduled(w16: Vector, w15: Vector, w7: Vector, w2: Vector) -> Vector {
            add(add(w16, small_sigma0(w15)), add(w7, small_sigma1(w2)))
        }

        /// Compresses a digest and its padding into a state.
        $(#[$feature])?
        #[inline]
        fn compress(state: [Vector; 8], digest: [Vector; 8]) -> [Vector; 8] {
            let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
            macro_rules! round {
                ($a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident, $word:expr) => {
                    let big_sigma1 = xor3(rotate::<6, 26>($e), rotate::<11, 21>($e), rotate::<25, 7>($e));
                    let first = add(add($h, $word), add(big_sigma1, choose($e, $f, $g)));
                    let big_sigma0 = xor3(rotate::<2, 30>($a), rotate::<13, 19>($a), rotate::<22, 10>($a));
                    $d = add($d, first);
                    $h = add(first, add(big_sigma0, majority($a, $b, $c)));
                };
            }
            macro_rules! eight_rounds {
                ($w0:expr, $w1:expr, $w2:expr, $w3:expr, $w4:expr, $w5:expr, $w6:expr, $w7:expr) => {
                    round!(a b c d e f g h, $w0);
                    round!(h a b c d e f g, $w1);
                    round!(g h a b c d e f, $w2);
                    round!(f g h a b c d e, $w3);
                    round!(e f g h a b c d, $w4);
                    round!(d e f g h a b c, $w5);
                    round!(c d e f g h a b, $w6);
                    round!(b c d e f g h a, $w7);
                };
            }
            macro_rules! eight_words {
                ($k:ident: $w0:ident $w1:ident $w2:ident $w3:ident $w4:ident $w5:ident $w6:ident $w7:ident) => {
                    eight_rounds!(
                        add($w0, splat($k[0])), add($w1, splat($k[1])), add($w2, splat($k[2])), add($w3, splat($k[3])),
                        add($w4, splat($k[4])), add($w5, splat($k[5])), add($w6, splat($k[6])), add($w7, splat($k[7]))
                    );
                };
            }
            let [k0, k1, k2, k3, k4, k5, k6, k7] = &K;

            let [w0, w1, w2, w3, w4, w5, w6, w7] = digest;
            eight_words!(k0: w0 w1 w2 w3 w4 w5 w6 w7);
            eight_rounds!(
                splat(k1[0].wrapping_add(PAD)), splat(k1[1]), splat(k1[2]), splat(k1[3]), splat(k1[4]), splat(k1[5]),
                splat(k1[6]), splat(k1[7].wrapping_add(BITS))
            );

            // Words 16 to 31: like `scheduled`, with words 8 and 15 constant and those between zero.
            let w0 = add(w0, small_sigma0(w1));
            let w1 = add(add(w1, small_sigma0(w2)), splat(SMALL_SIGMA1_OF_BITS));
            let w2 = add(add(w2, small_sigma0(w3)), small_sigma1(w0));
            let w3 = add(add(w3, small_sigma0(w4)), small_sigma1(w1));
            let w4 = add(add(w4, small_sigma0(w5)), small_sigma1(w2));
            let w5 = add(add(w5, small_sigma0(w6)), small_sigma1(w3));
            let w6 = add(add(w6, small_sigma0(w7)), add(splat(BITS), small_sigma1(w4)));
            let w7 = add(add(w7, splat(SMALL_SIGMA0_OF_PAD)), add(w0, small_sigma1(w5)));
            eight_words!(k2: w0 w1 w2 w3 w4 w5 w6 w7);
            let w8 = add(splat(PAD), add(w1, small_sigma1(w6)));
            let w9 = add(w2, small_sigma1(w7));
            let w10 = add(w3, small_sigma1(w8));
            let w11 = add(w4, small_sigma1(w9));
            let w12 = add(w5, small_sigma1(w10));
            let w13 = add(w6, small_sigma1(w11));
            let w14 = add(splat(SMALL_SIGMA0_OF_BITS), add(w7, small_sigma1(w12)));
            let w15 = add(add(splat(BITS), small_sigma0(w0)), add(w8, small_sigma1(w13)));
            eight_words!(k3: w8 w9 w10 w11 w12 w13 w14 w15);

            macro_rules! next_sixteen {
                (
                    $first:ident $second:ident:
                    $w0:ident $w1:ident $w2:ident $w3:ident $w4:ident $w5:ident $w6:ident $w7:ident
                    $w8:ident $w9:ident $w10:ident $w11:ident $w12:ident $w13:ident $w14:ident $w15:ident
                ) => {
                    let $w0 = scheduled($w0, $w1, $w9, $w14);
                    let $w1 = scheduled($w1, $w2, $w10, $w15);
                    let $w2 = scheduled($w2, $w3, $w11, $w0);
                    let $w3 = scheduled($w3, $w4, $w12, $w1);
                    let $w4 = scheduled($w4, $w5, $w13, $w2);
                    let $w5 = scheduled($w5, $w6, $w14, $w3);
                    let $w6 = scheduled($w6, $w7, $w15, $w4);
                    let $w7 = scheduled($w7, $w8, $w0, $w5);
                    eight_words!($first: $w0 $w1 $w2 $w3 $w4 $w5 $w6 $w7);
                    let $w8 = scheduled($w8, $w9, $w1, $w6);
                    let $w9 = scheduled($w9, $w10, $w2, $w7);
                    let $w10 = scheduled($w10, $w11, $w3, $w8);
                    let $w11 = scheduled($w11, $w12, $w4, $w9);
                    let $w12 = scheduled($w12, $w13, $w5, $w10);
                    let $w13 = scheduled($w13, $w14, $w6, $w11);
                    let $w14 = scheduled($w14, $w15, $w7, $w12);
                    let $w15 = scheduled($w15, $w0, $w8, $w13);
                    eight_words!($second: $w8 $w9 $w10 $w11 $w12 $w13 $w14 $w15);
                };
            }
            next_sixteen!(k4 k5: w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12 w13 w14 w15);
            next_sixteen!(k6 k7: w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12 w13 w14 w15);

            let [s0, s1, s2, s3, s4, s5, s6, s7] = state;
            [add(s0, a), add(s1, b), add(s2, c), add(s3, d), add(s4, e), add(s5, f), add(s6, g), add(s7, h)]
        }
    };
}

/// Word 8 of every block: the bit after the message (FIPS 180-4 section 5.1.1).
pub(super) const PAD: u32 = 0x8000_0000;
/// Word 15 of every block: the length of a key block of 64 bytes and a digest of 32 bytes, in bits.
pub(super) const BITS: u32 = 8 * (64 + 32);
/// σ0 and σ1 of the two constant words.
pub(super) const SMALL_SIGMA0_OF_PAD: u32 = small_sigma0_of(PAD);
pub(super) const SMALL_SIGMA0_OF_BITS: u32 = small_sigma0_of(BITS);
pub(super) const SMALL_SIGMA1_OF_BITS: u32 = BITS.rotate_right(17) ^ BITS.rotate_right(19) ^ (BITS >> 10);

const fn small_sigma0_of(x: u32) -> u32 {
    x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3)
}

/// SHA-256 constants (FIPS 180-4 section 4.2.2), grouped by eight rounds.
pub(super) const K: [[u32; 8]; 8] = [
    [
        0x428a_2f98,
        0x7137_4491,
        0xb5c0_fbcf,
        0xe9b5_dba5,
        0x3956_c25b,
        0x59f1_11f1,
        0x923f_82a4,
        0xab1c_5ed5,
    ],
    [
        0xd807_aa98,
        0x1283_5b01,
        0x2431_85be,
        0x550c_7dc3,
        0x72be_5d74,
        0x80de_b1fe,
        0x9bdc_06a7,
        0xc19b_f174,
    ],
    [
        0xe49b_69c1,
        0xefbe_4786,
        0x0fc1_9dc6,
        0x240c_a1cc,
        0x2de9_2c6f,
        0x4a74_84aa,
        0x5cb0_a9dc,
        0x76f9_88da,
    ],
    [
        0x983e_5152,
        0xa831_c66d,
        0xb003_27c8,
        0xbf59_7fc7,
        0xc6e0_0bf3,
        0xd5a7_9147,
        0x06ca_6351,
        0x1429_2967,
    ],
    [
        0x27b7_0a85,
        0x2e1b_2138,
        0x4d2c_6dfc,
        0x5338_0d13,
        0x650a_7354,
        0x766a_0abb,
        0x81c2_c92e,
        0x9272_2c85,
    ],
    [
        0xa2bf_e8a1,
        0xa81a_664b,
        0xc24b_8b70,
        0xc76c_51a3,
        0xd192_e819,
        0xd699_0624,
        0xf40e_3585,
        0x106a_a070,
    ],
    [
        0x19a4_c116,
        0x1e37_6c08,
        0x2748_774c,
        0x34b0_bcb5,
        0x391c_0cb3,
        0x4ed8_aa4a,
        0x5b9c_ca4f,
        0x682e_6ff3,
    ],
    [
        0x748f_82ee,
        0x78a5_636f,
        0x84c8_7814,
        0x8cc7_0208,
        0x90be_fffa,
        0xa450_6ceb,
        0xbef9_a3f7,
        0xc671_78f2,
    ],
];

pub(super) use lanes_source;
