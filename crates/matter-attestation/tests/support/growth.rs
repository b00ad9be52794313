//! Growth of the time of work with its input.
#![allow(dead_code, unreachable_pub)]

use std::thread;
use std::time::{Duration, Instant};

/// Four times the input takes 4 times the time when the work is linear, and 16 times when it is quadratic.
const LIMIT: u32 = 9;
/// A busy machine can slow down the larger input alone, but not for seconds.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(200);

/// The measured work: set up for a size, then run.
pub type Work = fn(usize) -> Box<dyn Fn()>;

/// Checks that the time of each work grows at most linearly; each has a size that takes a millisecond or more.
pub fn check(cases: &[(&str, usize, Work)]) {
    let failures: Vec<_> = cases.iter().filter_map(superlinear).collect();
    assert!(failures.is_empty(), "{}", failures.concat());
    println!("growth: {} cases are linear", cases.len());
}

fn superlinear(&(name, size, make): &(&str, usize, Work)) -> Option<String> {
    let (small, large) = (make(size), make(4 * size));
    let mut seen = Vec::new();
    for attempt in 0..ATTEMPTS {
        thread::sleep(PAUSE * attempt);
        let times = [time(&small), time(&large)];
        if times[1] < times[0] * LIMIT {
            return None;
        }
        seen.push(times);
    }
    Some(format!("{name}: {size} and {} take {seen:?}\n", 4 * size))
}

/// The shortest of three runs.
fn time(work: &dyn Fn()) -> Duration {
    let run = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..3).map(|_| run()).min().unwrap_or_default()
}
