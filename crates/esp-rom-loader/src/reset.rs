use std::thread::sleep;
use std::time::Duration;

use crate::Port;

/// The strategy to reset a chip into download mode and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reset {
    /// DTR drives GPIO0 and RTS the reset line, through two transistors, as on development boards.
    #[default]
    Classic,
    /// The signals of the USB-JTAG-Serial device inside the chip.
    Usb,
    /// No reset: the boot button is held, or the chip is already in download mode.
    None,
}

impl Reset {
    /// Resets into download mode. A port without signals is not an error: SYNC shows whether the chip listens.
    ///
    /// Source: esptool's documentation, "Boot Mode Selection", "Automatic Bootloader".
    pub(crate) fn enter_download<P: Port + ?Sized>(self, port: &mut P, hold: Duration) {
        let mut set = |dtr, rts, wait: Duration| {
            if port.set_signals(dtr, rts).is_ok() {
                sleep(wait);
            }
        };
        match self {
            Self::Classic => {
                // Reset is asserted, GPIO0 is high.
                set(false, true, STEP);
                // GPIO0 is low when reset is released; the capacitor at EN needs time.
                set(true, false, hold);
                set(false, false, Duration::ZERO);
            }
            Self::Usb => {
                set(false, false, STEP);
                set(true, false, STEP);
                // Goes through (1,1), because (0,0) would end the sequence.
                set(true, true, Duration::ZERO);
                set(false, true, STEP);
                set(false, false, Duration::ZERO);
            }
            Self::None => {}
        }
    }

    /// Resets into the firmware; returns `false` if the port has no signals.
    pub(crate) fn run<P: Port + ?Sized>(self, port: &mut P) -> bool {
        let done = match self {
            Self::Classic | Self::Usb => port.set_signals(false, true).is_ok(),
            Self::None => false,
        };
        if done {
            sleep(STEP);
            let _ = port.set_signals(false, false);
        }
        done
    }
}

const STEP: Duration = Duration::from_millis(100);
