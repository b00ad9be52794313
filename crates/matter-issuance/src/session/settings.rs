use std::time::Duration;

use crate::protocol::KeyMode;

/// For what order a station works, and what it wants of devices.
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
    /// How long a device may take for an answer, where nothing else is set.
    pub const ANSWER_TIME: Duration = Duration::from_secs(10);
    /// How long a session may take, where nothing else is set.
    pub const SESSION_TIME: Duration = Duration::from_secs(60);

    /// Names the order, and the station as it appears in the log.
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

    /// Refuses devices that keep their keys elsewhere. Without that, each device may keep its key where it does.
    #[must_use]
    pub const fn with_key_mode(mut self, key_mode: KeyMode) -> Self {
        self.key_mode = Some(key_mode);
        self
    }

    /// Allows devices that have a certificate another one for a new key; the operator's reason goes into the log.
    #[must_use]
    pub fn with_new_key(mut self, reason: &str) -> Self {
        self.new_key = Some(reason.into());
        self
    }

    /// Sets how long a device may take for an answer, and for the whole session.
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
