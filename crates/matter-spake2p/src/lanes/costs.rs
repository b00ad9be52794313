//! Cost of each instruction set: recorded on one machine or, with std, measured on this one.

use super::Lanes;
use crate::InstructionSet;

/// Nanoseconds of one compression in all lanes, for each of `InstructionSet::ALL`; `None` if unsupported, and for the
/// ARM sets, which were only run in an emulator and are used only on request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Costs([Option<u64>; InstructionSet::ALL.len()]);

impl Costs {
    /// The costs for `now` jobs, with at least `later` more to follow.
    ///
    /// With std they are measured once, when the process has, or will have, some hundred jobs.
    pub(crate) fn known(now: usize, later: usize) -> Self {
        #[cfg(feature = "std")]
        {
            measured::known(now, later)
        }
        #[cfg(not(feature = "std"))]
        {
            let _ = (now, later);
            Self::recorded()
        }
    }

    /// The costs of an AMD EPYC (`docs/benchmarks.md`) for the sets that this processor supports.
    fn recorded() -> Self {
        Self(InstructionSet::ALL.map(|set| {
            let lanes = Lanes::new(set)?;
            Some(match lanes.instructions() {
                InstructionSet::ArmSha2 | InstructionSet::Neon => return None,
                InstructionSet::Avx2 | InstructionSet::Avx512 => 267,
                InstructionSet::ShaNi => 56,
                InstructionSet::Sse2 => 280,
                InstructionSet::Portable => 178,
                InstructionSet::Sha2 if super::has_sha_extensions() => 45,
                InstructionSet::Sha2 => 177,
            })
        }))
    }

    /// Returns the lanes with the least time per pair. A batch takes the same time with one pair as when it is full.
    pub(crate) fn fastest(&self, pairs: usize) -> Lanes {
        let mut best = (Lanes(InstructionSet::Sha2), u64::MAX);
        for (set, cost) in InstructionSet::ALL.into_iter().zip(self.0) {
            let used = u64::try_from(pairs.min(set.lanes())).unwrap_or(u64::MAX);
            let Some(cost) = cost.and_then(|cost| cost.saturating_mul(FINE).checked_div(used)) else {
                continue;
            };
            if cost < best.1 {
                best = (Lanes(set), cost);
            }
        }
        best.0
    }
}

/// Scale that preserves the remainder of a division by up to 16 lanes.
const FINE: u64 = 1 << 10;

#[cfg(feature = "std")]
mod measured {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    use super::Costs;
    use crate::InstructionSet;
    use crate::lanes::{Job, Lanes};

    /// Number of jobs from which measuring pays off; it costs about as much as 50 jobs with 1000 iterations.
    const JOBS: usize = 300;
    /// Runs of each instruction set; the shortest one counts.
    const ROUNDS: usize = 3;
    /// Iterations of a run: 15 to 70 microseconds on the machine of `Costs::recorded`.
    const ITERATIONS: u32 = 128;

    static MEASURED: OnceLock<Costs> = OnceLock::new();
    /// Number of jobs requested in this process so far.
    static ASKED: AtomicUsize = AtomicUsize::new(0);

    pub(super) fn known(now: usize, later: usize) -> Costs {
        if let Some(costs) = MEASURED.get() {
            return *costs;
        }
        let before = ASKED.fetch_add(now, Ordering::Relaxed);
        if before.saturating_add(now).saturating_add(later) < JOBS {
            return Costs::recorded();
        }
        *MEASURED.get_or_init(measure)
    }

    /// Runs all instruction sets in turn on all-zero jobs.
    pub(super) fn measure() -> Costs {
        let mut shortest = Costs::recorded().0.map(|cost| cost.map(|_| u64::MAX));
        let mut jobs: [Job; InstructionSet::MOST_LANES] = Default::default();
        for _ in 0..ROUNDS {
            for (set, shortest) in InstructionSet::ALL.into_iter().zip(&mut shortest) {
                let (Some(lanes), Some(shortest)) = (Lanes::new(set), shortest) else {
                    continue;
                };
                let jobs = jobs.get_mut(..set.lanes()).unwrap_or_default();
                let start = Instant::now();
                lanes.run(jobs, ITERATIONS);
                let took = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
                *shortest = took.min(*shortest);
            }
        }
        if shortest.contains(&Some(0)) {
            // The clock is too coarse.
            return Costs::recorded();
        }
        Costs(shortest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A processor that supports exactly these sets.
    fn costs(known: &[(InstructionSet, u64)]) -> Costs {
        let of = |set| known.iter().find(|(known, _)| *known == set).map(|(_, cost)| *cost);
        Costs(InstructionSet::ALL.map(of))
    }

    #[test]
    fn cheapest_set_per_pair_is_chosen() {
        use InstructionSet::{Avx2, Avx512, Portable, Sha2, ShaNi};

        let common = [(Portable, 178), (Sha2, 45), (Avx2, 267)];
        let with = |more: &[(InstructionSet, u64)]| costs(&[&common, more].concat());
        // The fastest set per pair depends on the processor.
        let amd = with(&[(Avx512, 268), (ShaNi, 56)]);
        let intel = with(&[(Avx512, 200), (ShaNi, 144)]);
        for (costs, pairs, expected) in [
            (amd, 48, ShaNi),
            (amd, 4, ShaNi),
            (amd, 2, ShaNi),
            (amd, 1, Sha2),
            (intel, 48, Avx512),
            (intel, 6, Avx512),
            // A batch of four, then a single one.
            (intel, 5, ShaNi),
            (intel, 4, ShaNi),
            (intel, 3, Sha2),
            (with(&[]), 48, Avx2),
            (with(&[]), 5, Sha2),
        ] {
            assert_eq!(costs.fastest(pairs).instructions(), expected, "{costs:?}, {pairs}");
        }
        assert_eq!(costs(&[]).fastest(5).instructions(), Sha2);
    }

    #[test]
    fn only_supported_sets_are_recorded() {
        let Costs(recorded) = Costs::recorded();
        for (set, cost) in InstructionSet::ALL.into_iter().zip(recorded) {
            let chosen = !matches!(set, InstructionSet::ArmSha2 | InstructionSet::Neon);
            assert_eq!(Lanes::new(set).is_some() && chosen, cost.is_some(), "{set}");
        }
    }

    #[cfg(feature = "std")]
    #[test]
    fn only_supported_sets_are_measured() {
        let (Costs(recorded), Costs(measured)) = (Costs::recorded(), measured::measure());
        std::println!(
            "measured: {:?}",
            InstructionSet::ALL
                .into_iter()
                .zip(measured)
                .collect::<std::vec::Vec<_>>()
        );
        assert_eq!(recorded.map(|cost| cost.is_some()), measured.map(|cost| cost.is_some()));
        assert!(measured.iter().flatten().all(|cost| (1..u64::MAX).contains(cost)));
    }
}
