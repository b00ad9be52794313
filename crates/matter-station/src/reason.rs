use std::fmt;

/// One declaration for each reason: its code, what it means, and what the operator does.
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal, $text:literal, $remedy:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All reasons, by code.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the name that is in the ledger and in reports; it does not change.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// Finds the reason of a code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.code() == code)
            }

            /// Returns what the operator does.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self {
                    $(Self::$variant => $remedy,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $text,)*
                })
            }
        }
    };
}

reasons! {
    /// Why a board was given up. The ledger keeps the code.
    QuarantineReason {
        /// The chip answers with an error.
        ChipError = "chip-error",
            "the chip answers with an error",
            "check supply and flash of the board; rework it, or scrap board and device";
        /// The chip or its port is gone.
        ChipGone = "chip-gone",
            "the chip or its port is gone",
            "check contact and supply; put the board in again with a reason for the rework, or scrap board and device";
        /// The chip fell silent in the middle of a command.
        ChipStuck = "chip-stuck",
            "the chip fell silent in the middle of a command",
            "switch the board off and on; rework it, or scrap board and device";
        /// An eFuse does not hold what was burned.
        EfuseDiffers = "efuse-differs",
            "an eFuse does not hold what was burned",
            "scrap board and device: eFuses cannot be burned again";
        /// The flash does not hold what was written.
        FlashMd5 = "flash-md5",
            "the flash does not hold what was written",
            "rework the board once; if it fails again, its flash is bad: scrap board and device";
        /// The answers are garbage.
        Garbage = "garbage",
            "the answers are garbage",
            "check cable, contact and baud rate; rework the board";
        /// No certificate was issued for the board's key.
        IssuingRefused = "issuing-refused",
            "no certificate was issued for the board's key",
            "look into the log of the desk; rework the board, or scrap board and device";
        /// A key block holds a key of somebody else.
        KeyBlockUsed = "key-block-used",
            "a key block holds a key that this station has not burned",
            "scrap the board: its block cannot be burned again; the device may go to another board after a replacement";
        /// The code on the label is that of another device.
        LabelDiffers = "label-differs",
            "the code on the label is that of another device",
            "take the label off, print it again and rework the board";
        /// Nobody can prove that download mode was closed.
        LockUnproven = "lock-unproven",
            "the power was cut while download mode was closed, and the board does not say how that ended",
            "start the firmware and look whether download mode is closed; rework or scrap the board";
    }
}

reasons! {
    /// Why a board was refused before anything was written. The ledger keeps the code.
    BoardRefusal {
        /// The board is ready.
        BoardDone = "board-done",
            "the board is ready already: it was put in twice",
            "take it out and put in the next one; to write it again, give a reason for the rework";
        /// The board was given up.
        BoardQuarantined = "board-quarantined",
            "the board was given up before",
            "keep it apart; to try again, give a reason for the rework";
        /// An eFuse of the plan is used.
        EfuseUsed = "efuse-used",
            "an eFuse that the plan burns is used",
            "take a new board: this one was provisioned before";
        /// The flash is too small.
        FlashSmall = "flash-small",
            "the flash is smaller than the plan needs",
            "check the module type of the reel";
        /// Download mode is restricted.
        Locked = "locked",
            "the board is locked and does not say who it is",
            "if its last step was cut short, scan its label; otherwise it was provisioned before";
        /// The board has a device of another order.
        OtherOrder = "other-order",
            "the board has a device of another order",
            "put it in at the line of that order";
        /// The order has no free device.
        OrderEmpty = "order-empty",
            "the order has no device that is free",
            "the order is filled, or its next devices are not made yet";
        /// The board never said what it is.
        Unidentified = "unidentified",
            "the board does not say what it is",
            "check contact, cable and supply; keep the board apart when it happens again";
        /// The chip is of another type.
        WrongChip = "wrong-chip",
            "the chip is of another type than the plan's",
            "check the module type of the reel";
        /// The revision is too old.
        WrongRevision = "wrong-revision",
            "the chip's revision is older than the plan needs",
            "check the module type of the reel";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_found_again() {
        for reason in QuarantineReason::ALL {
            assert_eq!(QuarantineReason::from_code(reason.code()), Some(*reason));
        }
        assert!(QuarantineReason::ALL.is_sorted_by_key(|reason| reason.code()));
        for reason in BoardRefusal::ALL {
            assert_eq!(BoardRefusal::from_code(reason.code()), Some(*reason));
        }
        assert_eq!(BoardRefusal::from_code("chip-gone"), None);
    }

    #[test]
    fn texts_are_one_sentence() {
        let quarantined = QuarantineReason::ALL
            .iter()
            .map(|reason| (reason.to_string(), reason.remedy()));
        let refused = BoardRefusal::ALL
            .iter()
            .map(|reason| (reason.to_string(), reason.remedy()));
        for (text, remedy) in quarantined.chain(refused) {
            for text in [text.as_str(), remedy] {
                assert!(text.starts_with(char::is_lowercase) && !text.ends_with('.'), "{text}");
                assert!(!text.contains('\n'), "{text}");
            }
        }
    }
}
