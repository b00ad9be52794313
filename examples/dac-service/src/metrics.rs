//! Metrics in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the latency buckets: in microseconds, and as text.
const BUCKETS: [(u64, &str); 12] = [
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (10_000_000, "10"),
];

/// The metrics. All labels are names in the program, so that their number is bounded.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    routes: Mutex<BTreeMap<(&'static str, &'static str), RouteCounts>>,
    refusals: Mutex<BTreeMap<&'static str, u64>>,
    pub(crate) connections: Gauge,
    pub(crate) requests: Gauge,
    pub(crate) connections_refused: Counter,
    pub(crate) handshakes_failed: Counter,
    pub(crate) issued: Counter,
    pub(crate) repeated: Counter,
    pub(crate) reloads: Counter,
    pub(crate) reloads_failed: Counter,
}

#[derive(Debug, Default)]
struct RouteCounts {
    by_status: BTreeMap<u16, u64>,
    by_bucket: [u64; BUCKETS.len()],
    microseconds: u64,
}

/// A counter.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A gauge.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicI64);

impl Gauge {
    /// Increments the gauge until the returned value is dropped.
    pub(crate) fn enter(&self) -> Entered<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Entered(self)
    }

    pub(crate) fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// An increment of a gauge.
#[derive(Debug)]
pub(crate) struct Entered<'a>(&'a Gauge);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(crate) fn request(&self, method: &'static str, route: &'static str, status: u16, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = routes.entry((method, route)).or_default();
        *counts.by_status.entry(status).or_default() += 1;
        counts.microseconds = counts.microseconds.saturating_add(time);
        for ((end, _), count) in BUCKETS.iter().zip(&mut counts.by_bucket) {
            *count += u64::from(time <= *end);
        }
    }

    pub(crate) fn refusal(&self, code: &'static str) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        *refusals.entry(code).or_default() += 1;
    }

    /// Writes all metrics, with the number of unused nonces and of dropped log lines.
    pub(crate) fn text(&self, nonces: usize, dropped: u64) -> String {
        let mut page = Page(String::new());
        page.routes(&self.routes.lock().unwrap_or_else(PoisonError::into_inner));
        page.head(
            "dac_refusals_total",
            "counter",
            "Refused requests for certificates and codes, by reason.",
        );
        for (code, count) in &*self.refusals.lock().unwrap_or_else(PoisonError::into_inner) {
            page.line(format_args!("dac_refusals_total{{code=\"{code}\"}}"), count);
        }
        let counters = [
            ("dac_issued_total", "Issued certificates.", &self.issued),
            ("dac_repeated_total", "Certificates returned again.", &self.repeated),
            (
                "dac_connections_refused_total",
                "Connections beyond the limits.",
                &self.connections_refused,
            ),
            (
                "dac_handshakes_failed_total",
                "Connections without a successful TLS handshake.",
                &self.handshakes_failed,
            ),
            (
                "dac_reloads_total",
                "Successful reloads of certificates and lists.",
                &self.reloads,
            ),
            (
                "dac_reloads_failed_total",
                "Failed reloads, which changed nothing.",
                &self.reloads_failed,
            ),
        ];
        for (name, help, counter) in counters {
            page.head(name, "counter", help);
            page.line(name, counter.get());
        }
        page.head(
            "dac_log_lines_dropped_total",
            "counter",
            "Log lines that could not be written fast enough.",
        );
        page.line("dac_log_lines_dropped_total", dropped);
        let gauges = [
            ("dac_connections", "Open connections.", self.connections.get()),
            ("dac_requests", "Requests in progress.", self.requests.get()),
            (
                "dac_nonces",
                "Unused nonces.",
                i64::try_from(nonces).unwrap_or(i64::MAX),
            ),
        ];
        for (name, help, value) in gauges {
            page.head(name, "gauge", help);
            page.line(name, value);
        }
        if let Some(bytes) = resident_memory() {
            page.head("process_resident_memory_bytes", "gauge", "Resident memory.");
            page.line("process_resident_memory_bytes", bytes);
        }
        page.0
    }
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn line(&mut self, name: impl Display, value: impl Display) {
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn routes(&mut self, routes: &BTreeMap<(&'static str, &'static str), RouteCounts>) {
        self.head("dac_requests_total", "counter", "Answered requests.");
        for ((method, route), counts) in routes {
            for (status, count) in &counts.by_status {
                let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
                self.line(format_args!("dac_requests_total{{{labels}}}"), count);
            }
        }
        self.head(
            "dac_request_seconds",
            "histogram",
            "Time from a request's headers to its answer.",
        );
        for ((method, route), counts) in routes {
            let labels = format!("method=\"{method}\",route=\"{route}\"");
            for ((_, end), count) in BUCKETS.iter().zip(&counts.by_bucket) {
                self.line(
                    format_args!("dac_request_seconds_bucket{{{labels},le=\"{end}\"}}"),
                    count,
                );
            }
            let all = counts.by_status.values().sum::<u64>();
            let (whole, rest) = (counts.microseconds / 1_000_000, counts.microseconds % 1_000_000);
            self.line(format_args!("dac_request_seconds_bucket{{{labels},le=\"+Inf\"}}"), all);
            self.line(
                format_args!("dac_request_seconds_sum{{{labels}}}"),
                format_args!("{whole}.{rest:06}"),
            );
            self.line(format_args!("dac_request_seconds_count{{{labels}}}"), all);
        }
    }
}

/// Returns the resident memory of this process, if the system reports it.
pub(crate) fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_fall_into_all_buckets_that_hold_them() {
        let metrics = Metrics::default();
        metrics.request("GET", "/a", 200, Duration::from_millis(7));
        metrics.request("GET", "/a", 503, Duration::from_secs(11));
        let text = metrics.text(3, 1);
        for line in [
            "dac_requests_total{method=\"GET\",route=\"/a\",status=\"503\"} 1",
            "dac_request_seconds_bucket{method=\"GET\",route=\"/a\",le=\"0.005\"} 0",
            "dac_request_seconds_bucket{method=\"GET\",route=\"/a\",le=\"0.01\"} 1",
            "dac_request_seconds_bucket{method=\"GET\",route=\"/a\",le=\"10\"} 1",
            "dac_request_seconds_bucket{method=\"GET\",route=\"/a\",le=\"+Inf\"} 2",
            "dac_request_seconds_sum{method=\"GET\",route=\"/a\"} 11.007000",
            "dac_nonces 3",
            "dac_log_lines_dropped_total 1",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
    }
}
