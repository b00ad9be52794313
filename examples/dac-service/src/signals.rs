//! The signals that stop the service or make it read its files again.

use std::io;

pub(crate) use self::of_system::{End, HangUp};

/// The signals that the service waits for.
pub(crate) struct Signals {
    end: End,
    hang_up: HangUp,
}

impl Signals {
    pub(crate) fn into_parts(self) -> (End, HangUp) {
        (self.end, self.hang_up)
    }
}

#[cfg(unix)]
mod of_system {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::{Signals, io};

    /// SIGTERM and SIGINT.
    pub(crate) struct End([Signal; 2]);

    /// SIGHUP.
    pub(crate) struct HangUp(Signal);

    impl Signals {
        pub(crate) fn new() -> io::Result<Self> {
            let end = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
            let hang_up = signal(SignalKind::hangup())?;
            Ok(Self {
                end: End(end),
                hang_up: HangUp(hang_up),
            })
        }
    }

    impl End {
        pub(crate) async fn wait(mut self) {
            let [terminate, interrupt] = &mut self.0;
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
    }

    impl HangUp {
        pub(crate) async fn wait(&mut self) -> bool {
            self.0.recv().await.is_some()
        }
    }
}

/// Windows has no signal for reading files again: the service must be restarted.
#[cfg(not(unix))]
mod of_system {
    use super::{Signals, io};

    /// Control-C.
    pub(crate) struct End;

    /// Nothing.
    pub(crate) struct HangUp;

    impl Signals {
        #[expect(clippy::unnecessary_wraps, reason = "other systems can fail")]
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self {
                end: End,
                hang_up: HangUp,
            })
        }
    }

    impl End {
        pub(crate) async fn wait(self) {
            // Without the handler, only the system ends the service.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    impl HangUp {
        #[expect(clippy::unused_async, reason = "other systems wait")]
        pub(crate) async fn wait(&mut self) -> bool {
            false
        }
    }
}
