//! PBKDF2's iterations for several (device, block) pairs side by side, one pair in each lane of a vector register.
//!
//! [`Lanes::run`] is the only place of the workspace with `unsafe`: it calls functions that need a processor feature,
//! which a value of [`Lanes`] proves to be there. Targets without SSE2, as kernels, get none of the vector code.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::InstructionSet;

mod portable;
mod source;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod avx2;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod avx512;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod sse2;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
cpufeatures::new!(has_avx2, "avx2");
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
cpufeatures::new!(has_avx512, "avx512f");
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
cpufeatures::new!(has_sha, "sha", "sse4.1");

/// One of PBKDF2's output blocks while it is computed (RFC 8018 section 5.2).
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Job {
    /// SHA-256 after HMAC's inner key block.
    pub(crate) inner: [u32; 8],
    /// SHA-256 after HMAC's outer key block.
    pub(crate) outer: [u32; 8],
    /// The first iteration's HMAC.
    pub(crate) digest: [u32; 8],
    /// The sum of all iterations' HMACs; starts as the first one.
    pub(crate) sum: [u32; 8],
}

/// The jobs of one register: word by word, and there lane by lane.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Batch<const LANES: usize> {
    inner: [[u32; LANES]; 8],
    outer: [[u32; LANES]; 8],
    digest: [[u32; LANES]; 8],
    sum: [[u32; LANES]; 8],
}

/// An instruction set that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lanes(InstructionSet);

impl Lanes {
    /// Asks the processor; `None` when it does not have the instructions.
    #[must_use]
    pub fn new(instructions: InstructionSet) -> Option<Self> {
        let available = match instructions {
            InstructionSet::Portable | InstructionSet::Sha2 => true,
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            InstructionSet::Avx2 => has_avx2::get(),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            InstructionSet::Avx512 => has_avx512::get(),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            InstructionSet::Sse2 => true,
            #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
            InstructionSet::Avx2 | InstructionSet::Avx512 | InstructionSet::Sse2 => false,
        };
        available.then_some(Self(instructions))
    }

    /// Chooses what is fastest for so many pairs that are left.
    ///
    /// A register takes the same time however few of its lanes are used: as long as five to six pairs one after the other
    /// with SHA extensions, and as one or two without (`docs/benchmarks.md`).
    #[must_use]
    pub(crate) fn fastest(pairs: usize) -> Self {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        {
            let (sha, avx2, avx512) = (has_sha::get(), has_avx2::get(), has_avx512::get());
            Self(match pairs {
                _ if avx512 && !sha => InstructionSet::Avx512,
                0..=5 if sha => InstructionSet::Sha2,
                _ if avx512 => InstructionSet::Avx512,
                _ if avx2 && pairs > 1 => InstructionSet::Avx2,
                _ if !sha && pairs > 1 => InstructionSet::Sse2,
                _ => InstructionSet::Sha2,
            })
        }
        #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
        {
            let _ = pairs;
            Self(InstructionSet::Sha2)
        }
    }

    /// Returns which one it is.
    #[must_use]
    pub const fn instructions(self) -> InstructionSet {
        self.0
    }

    /// Runs the iterations of PBKDF2 from the second on, for any number of jobs.
    #[allow(
        unsafe_code,
        reason = "the instructions are there: only `new` and `fastest` make a value, after asking"
    )]
    pub(crate) fn run(self, jobs: &mut [Job], iterations: u32) {
        match self.0 {
            InstructionSet::Portable => in_batches(jobs, |batch| portable::iterate(batch, iterations)),
            InstructionSet::Sha2 => jobs.iter_mut().for_each(|job| one_by_one(job, iterations)),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            // SAFETY: this line is compiled only for targets whose processors all have SSE2.
            InstructionSet::Sse2 => in_batches(jobs, |batch| unsafe { sse2::iterate(batch, iterations) }),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            // SAFETY: a value with AVX2 is made only where the processor has AVX2.
            InstructionSet::Avx2 => in_batches(jobs, |batch| unsafe { avx2::iterate(batch, iterations) }),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            // SAFETY: a value with AVX-512 is made only where the processor has AVX-512F.
            InstructionSet::Avx512 => in_batches(jobs, |batch| unsafe { avx512::iterate(batch, iterations) }),
            #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
            InstructionSet::Avx2 | InstructionSet::Avx512 | InstructionSet::Sse2 => {}
        }
    }
}

/// Runs the jobs a register at a time; lanes behind the last job are idle.
fn in_batches<const LANES: usize>(jobs: &mut [Job], iterate: impl Fn(&mut Batch<LANES>)) {
    for jobs in jobs.chunks_mut(LANES) {
        let words = |of: fn(&Job) -> &[u32; 8]| transpose(jobs, of);
        let mut batch = Batch {
            inner: words(|job| &job.inner),
            outer: words(|job| &job.outer),
            digest: words(|job| &job.digest),
            sum: words(|job| &job.sum),
        };
        iterate(&mut batch);
        for (lane, job) in jobs.iter_mut().enumerate() {
            for (word, lanes) in job.sum.iter_mut().zip(&batch.sum) {
                *word = lanes.get(lane).copied().unwrap_or_default();
            }
        }
    }
}

fn transpose<const LANES: usize>(jobs: &[Job], of: fn(&Job) -> &[u32; 8]) -> [[u32; LANES]; 8] {
    let mut words = [[0; LANES]; 8];
    for (lane, job) in jobs.iter().enumerate() {
        for (lanes, word) in words.iter_mut().zip(of(job)) {
            if let Some(to) = lanes.get_mut(lane) {
                *to = *word;
            }
        }
    }
    words
}

/// The iterations with the compression function of the `sha2` crate, which uses a processor's SHA extensions.
fn one_by_one(job: &mut Job, iterations: u32) {
    // Room for the digest, the bit 1, zeros, and the length in bits, as in every lane.
    let mut block = Zeroizing::new([0; 64]);
    write_words(
        &mut *block,
        &[0, 0, 0, 0, 0, 0, 0, 0, source::PAD, 0, 0, 0, 0, 0, 0, source::BITS],
    );
    let mut digest = Zeroizing::new(job.digest);
    for _ in 1..iterations {
        for start in [job.inner, job.outer] {
            write_words(&mut *block, &*digest);
            *digest = start;
            sha2::block_api::compress256(&mut digest, core::slice::from_ref(&*block));
        }
        for (sum, word) in job.sum.iter_mut().zip(digest.iter()) {
            *sum ^= word;
        }
    }
}

/// Writes words big-endian, as SHA-256 reads them.
pub(crate) fn write_words(bytes: &mut [u8], words: &[u32]) {
    for (bytes, word) in bytes.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
}
