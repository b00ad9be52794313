//! PBKDF2 iterations for several (device, block) pairs in parallel, one pair in each lane of a vector register.
//!
//! [`Lanes::run`] is the only place of this crate with `unsafe`: it calls functions that require a
//! processor feature, which a value of [`Lanes`] proves to be present. Targets without SSE2 or NEON, such as kernels,
//! get no vector code.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::InstructionSet;

pub(crate) use costs::Costs;

mod costs;
mod portable;
mod source;

#[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
mod arm_sha2;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod avx2;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod avx512;
#[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
mod neon;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod sha_ni;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod sse2;
#[cfg(any(
    all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"),
    all(target_arch = "x86_64", target_feature = "sse2")
))]
mod streams;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
cpufeatures::new!(has_avx2, "avx2");
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
cpufeatures::new!(has_avx512, "avx512f");
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
cpufeatures::new!(has_sha, "sha", "sse4.1", "ssse3");
#[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
cpufeatures::new!(has_sha, "sha2");

/// One PBKDF2 output block during computation (RFC 8018 section 5.2).
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Job {
    /// SHA-256 state after HMAC's inner key block.
    pub(crate) inner: [u32; 8],
    /// SHA-256 state after HMAC's outer key block.
    pub(crate) outer: [u32; 8],
    /// The first iteration's HMAC.
    pub(crate) digest: [u32; 8],
    /// The XOR of all iterations' HMACs; starts as the first one.
    pub(crate) sum: [u32; 8],
}

/// Jobs that run in parallel, stored word by word and within a word lane by lane.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Batch<const LANES: usize> {
    inner: [[u32; LANES]; 8],
    outer: [[u32; LANES]; 8],
    digest: [[u32; LANES]; 8],
    sum: [[u32; LANES]; 8],
}

/// An instruction set that this processor supports.
///
/// # Examples
///
/// ```
/// use matter_spake2p::{InstructionSet, Lanes};
///
/// assert!(Lanes::new(InstructionSet::Portable).is_some());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lanes(InstructionSet);

impl Lanes {
    /// Queries the processor; `None` when it lacks the instructions.
    #[must_use]
    pub fn new(instructions: InstructionSet) -> Option<Self> {
        let available = match instructions {
            InstructionSet::Portable | InstructionSet::Sha2 => true,
            #[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
            InstructionSet::ArmSha2 => has_sha::get(),
            #[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
            InstructionSet::Neon => true,
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            InstructionSet::Avx2 => has_avx2::get(),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            InstructionSet::Avx512 => has_avx512::get(),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            InstructionSet::ShaNi => has_sha::get(),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            InstructionSet::Sse2 => true,
            // Instruction sets of other architectures.
            _ => false,
        };
        available.then_some(Self(instructions))
    }

    /// Returns the instruction set.
    #[must_use]
    pub const fn instructions(self) -> InstructionSet {
        self.0
    }

    /// Runs the iterations of PBKDF2 from the second on, for any number of jobs.
    #[allow(
        unsafe_code,
        reason = "the instructions are available: `new` queries the processor, `costs` copies values from `new`"
    )]
    pub(crate) fn run(self, jobs: &mut [Job], iterations: u32) {
        match self.0 {
            InstructionSet::Portable => in_batches(jobs, |batch| portable::iterate(batch, iterations)),
            InstructionSet::Sha2 => jobs.iter_mut().for_each(|job| one_by_one(job, iterations)),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            // SAFETY: this line is compiled only for targets whose processors all have SSE2.
            InstructionSet::Sse2 => in_batches(jobs, |batch| unsafe { sse2::iterate(batch, iterations) }),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            // SAFETY: a value with AVX2 exists only if the processor has AVX2.
            InstructionSet::Avx2 => in_batches(jobs, |batch| unsafe { avx2::iterate(batch, iterations) }),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            // SAFETY: a value with AVX-512 exists only if the processor has AVX-512F.
            InstructionSet::Avx512 => in_batches(jobs, |batch| unsafe { avx512::iterate(batch, iterations) }),
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            // SAFETY: a value with SHA extensions exists only if the processor has them, SSE4.1 and SSSE3.
            InstructionSet::ShaNi => in_batches(jobs, |batch| unsafe { sha_ni::iterate(batch, iterations) }),
            #[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
            // SAFETY: this line is compiled only for targets whose processors all have NEON.
            InstructionSet::Neon => in_batches(jobs, |batch| unsafe { neon::iterate(batch, iterations) }),
            #[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
            // SAFETY: a value with ARM's SHA-2 instructions exists only if the processor has them and NEON.
            InstructionSet::ArmSha2 => in_batches(jobs, |batch| unsafe { arm_sha2::iterate(batch, iterations) }),
            #[allow(
                unreachable_patterns,
                reason = "sets of other architectures, for which no value exists"
            )]
            _ => {}
        }
    }
}

/// Whether the processor has SHA-256 instructions, which the `sha2` crate then uses.
fn has_sha_extensions() -> bool {
    Lanes::new(InstructionSet::ShaNi).is_some() || Lanes::new(InstructionSet::ArmSha2).is_some()
}

/// Runs the jobs batch by batch; lanes after the last job are idle.
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

/// Runs the iterations with the `sha2` crate's compression function, which uses the processor's SHA extensions.
fn one_by_one(job: &mut Job, iterations: u32) {
    // The digest, the bit 1, zeros, and the length in bits, as in all lanes.
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

/// Writes words big-endian, as SHA-256 requires.
pub(crate) fn write_words(bytes: &mut [u8], words: &[u32]) {
    for (bytes, word) in bytes.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
}
