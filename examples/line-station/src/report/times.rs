//! Statistics of the times in the ledger.

use std::collections::BTreeMap;

use cli::parse_time;

use super::model::{OrderReport, STATES};

/// Most bars of the plot.
const MAX_HOURS: u64 = 240;

/// Converts a time in the ledger to seconds since 1970.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    parse_time(text).ok().map(|time| time.unix_duration().as_secs())
}

/// The durations of boards from one state to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) to: &'static str,
    pub(crate) boards: usize,
    /// Seconds: minimum, median and maximum.
    pub(crate) least: u64,
    pub(crate) median: u64,
    pub(crate) most: u64,
}

/// Computes the durations for each state, counted from the board's previous state, and `all` from the first to the last
/// state of finished boards.
pub(crate) fn steps(report: &OrderReport) -> Vec<Step> {
    let mut taken: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for row in &report.rows {
        let reached = STATES.iter().enumerate();
        let reached = reached.filter_map(|(place, state)| Some((place, seconds(row.times.get(*state)?)?)));
        let reached = reached.collect::<Vec<_>>();
        for two in reached.windows(2) {
            if let [(_, before), (place, time)] = two {
                taken.entry(*place).or_default().push(time.saturating_sub(*before));
            }
        }
        if let ([(0, first), ..], [.., (last, time)]) = (reached.as_slice(), reached.as_slice())
            && last.saturating_add(1) == STATES.len()
        {
            let all = taken.entry(STATES.len()).or_default();
            all.push(time.saturating_sub(*first));
        }
    }
    let step = |(place, mut times): (usize, Vec<u64>)| {
        times.sort_unstable();
        Some(Step {
            to: STATES.get(place).copied().unwrap_or("all"),
            boards: times.len(),
            least: *times.first()?,
            median: *times.get(times.len() / 2)?,
            most: *times.last()?,
        })
    };
    taken.into_iter().filter_map(step).collect()
}

/// Number of boards that were finished in an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hour {
    /// RFC 3339 up to the hour: `2026-11-30T08`.
    pub(crate) name: String,
    pub(crate) done: usize,
}

/// Counts the boards finished in each hour, from the first to the last. For an order of more than ten days only the
/// last hours are returned.
pub(crate) fn hours(report: &OrderReport) -> Vec<Hour> {
    const HOUR: u64 = 3600;
    let mut done: BTreeMap<u64, (String, usize)> = BTreeMap::new();
    for row in report.rows.iter().filter(|row| row.state == "done") {
        let Some(text) = row.times.get("done") else { continue };
        let Some(time) = seconds(text) else { continue };
        let name = text.get(.."2026-11-30T08".len()).unwrap_or_default();
        let hour = done.entry(time / HOUR).or_insert_with(|| (name.to_owned(), 0));
        hour.1 = hour.1.saturating_add(1);
    }
    let (Some(first), Some(last)) = (done.first_key_value(), done.last_key_value()) else {
        return Vec::new();
    };
    let (first, last) = (*first.0, *last.0);
    let first = first.max(last.saturating_sub(MAX_HOURS - 1));
    let hour = |number: u64| match done.get(&number) {
        Some((name, count)) => Hour {
            name: name.clone(),
            done: *count,
        },
        None => Hour {
            name: String::new(),
            done: 0,
        },
    };
    (first..=last).map(hour).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::order;
    use super::*;

    #[test]
    fn times_are_counted_from_the_state_before() {
        let steps = steps(&order());
        let of = |to: &str| steps.iter().find(|step| step.to == to).unwrap();
        assert_eq!(
            (of("flashed").boards, of("flashed").least, of("flashed").most),
            (2, 20, 30)
        );
        // These boards have no keys: they went from flashed to labelled.
        assert_eq!(of("labelled").boards, 2);
        assert_eq!((of("all").boards, of("all").median), (2, 3640));
    }

    #[test]
    fn hours_without_a_board_are_there() {
        let hours = hours(&order());
        let counts = hours.iter().map(|hour| hour.done).collect::<Vec<_>>();
        assert_eq!(counts, [1, 0, 1]);
        assert_eq!(hours[0].name, "2026-11-30T08");
    }

    #[test]
    fn invalid_times_are_omitted() {
        let mut order = order();
        for row in &mut order.rows {
            row.times.insert("done".into(), "yesterday".into());
        }
        assert!(hours(&order).is_empty());
        assert!(steps(&order).iter().all(|step| step.to != "all"));
    }
}
