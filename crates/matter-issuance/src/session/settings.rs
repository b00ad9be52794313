use std::time::Duration;

use crate::protocol::KeyMode;

/// The order of a station, and its requirements for devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    pub(super) order: String,
    pub(super) station: String,
    pub(super) key_mode: Option<KeyMode>,
    pub(super) new_key: Option<String>,
    pub(super) answer_time: Duration,
    pub(super) session_time: Duration,
}

impl SessionSettings {
    /// The default time limit of an answer.
    pub const ANSWER_TIME: Duration = Duration::from_secs(10);
    /// The default time limit of a session.
    pub const SESSION_TIME: Duration = Duration::from_secs(60);

    /// Creates settings for an order; `station` is the name in the log.
    #[must_use]
    pub fn new(order: &str, station: &str) -> Self {
        Self {
            order: order.into(),
            station: station.into(),
            key_mode: None,
            new_key: None,
            answer_time: Self::ANSWER_TIME,
            session_time: Self::SESSION_TIME,
        }
    }

    /// Requires a key mode. By default, any key mode is accepted.
    #[must_use]
    pub const fn with_key_mode(mut self, key_mode: KeyMode) -> Self {
        self.key_mode = Some(key_mode);
        self
    }

    /// Allows a new key for devices that have a certificate; the operator's reason is recorded in the log.
    #[must_use]
    pub fn with_new_key(mut self, reason: &str) -> Self {
        self.new_key = Some(reason.into());
        self
    }

    /// Sets the time limits of an answer and of the whole session.
    #[must_use]
    pub const fn with_times(mut self, answer: Duration, session: Duration) -> Self {
        self.answer_time = answer;
        self.session_time = session;
        self
    }

    /// Returns the station's name.
    #[must_use]
    pub fn station(&self) -> &str {
        &self.station
    }
}
