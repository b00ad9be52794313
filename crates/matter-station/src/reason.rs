use std::fmt;

/// Declares reasons: code, message and remedy of each.
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

            /// Returns the code used in the ledger and in reports; it is stable.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// Returns the reason with a code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.code() == code)
            }

            /// Returns the remedy for the operator.
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
    /// The reason why a board was quarantined. The ledger stores the code.
    QuarantineReason {
        /// The chip reports an error.
        ChipError = "chip-error",
            "the chip reports an error",
            "check the board's supply and flash; rework it, or scrap board and device";
        /// The chip or its port has disappeared.
        ChipGone = "chip-gone",
            "the chip or its port has disappeared",
            "check contacts and supply; insert the board again with a reason for the rework, or scrap board and device";
        /// The chip stopped answering during a command.
        ChipStuck = "chip-stuck",
            "the chip stopped answering during a command",
            "power-cycle the board; rework it, or scrap board and device";
        /// An eFuse does not read back as burned.
        EfuseDiffers = "efuse-differs",
            "an eFuse does not read back as burned",
            "scrap board and device: eFuses cannot be burned again";
        /// The flash does not match the written data.
        FlashMd5 = "flash-md5",
            "the flash does not match the written data",
            "rework the board once; if it fails again, its flash is bad: scrap board and device";
        /// The answers are garbage.
        Garbage = "garbage",
            "the answers are garbage",
            "check cable, contacts and baud rate; rework the board";
        /// No certificate was issued for the board's key.
        IssuingRefused = "issuing-refused",
            "no certificate was issued for the board's key",
            "check the log of the desk; rework the board, or scrap board and device";
        /// A key block holds a foreign key.
        KeyBlockUsed = "key-block-used",
            "a key block holds a key that this station has not burned",
            "scrap the board, because its block cannot be burned again; replace the device to use it on another board";
        /// The label belongs to another device.
        LabelDiffers = "label-differs",
            "the label belongs to another device",
            "remove the label, print it again and rework the board";
        /// It cannot be proved that download mode was closed.
        LockUnproven = "lock-unproven",
            "the power was cut while download mode was being closed, and the result is unknown",
            "start the firmware and check whether download mode is closed; rework or scrap the board";
    }
}

reasons! {
    /// The reason why a board was refused before anything was written. The ledger stores the code.
    BoardRefusal {
        /// The board is already done.
        BoardDone = "board-done",
            "the board is already done",
            "remove it and insert the next one; to write it again, give a reason for the rework";
        /// The board is in quarantine.
        BoardQuarantined = "board-quarantined",
            "the board is in quarantine",
            "keep it separate; to try again, give a reason for the rework";
        /// An eFuse of the plan is already burned.
        EfuseUsed = "efuse-used",
            "an eFuse that the plan burns is already burned",
            "use a new board; this one was provisioned before";
        /// The flash is too small.
        FlashSmall = "flash-small",
            "the flash is smaller than the plan requires",
            "check the module type of the reel";
        /// Download mode is restricted.
        Locked = "locked",
            "the board is locked and does not report its identity",
            "if its last step was interrupted, scan its label; otherwise it was provisioned before";
        /// The board has a device of another order.
        OtherOrder = "other-order",
            "the board has a device of another order",
            "process it at the line of that order";
        /// The order has no free device.
        OrderEmpty = "order-empty",
            "the order has no free device",
            "the order is complete, or its next devices have not been made yet";
        /// The board did not identify itself.
        Unidentified = "unidentified",
            "the board does not identify itself",
            "check contacts, cable and supply; keep the board separate if it happens again";
        /// The chip type differs from the plan.
        WrongChip = "wrong-chip",
            "the chip type differs from the plan",
            "check the module type of the reel";
        /// The revision is too old.
        WrongRevision = "wrong-revision",
            "the chip revision is older than the plan requires",
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
