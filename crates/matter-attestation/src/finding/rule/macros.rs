macro_rules! rules {
    ($($variant:ident, $id:literal, $weight:ident, $sdk:expr, $sentence:literal, $remedy:literal;)+) => {
        /// A rule of device attestation, by which a [`Finding`](crate::Finding) is known.
        ///
        /// The ids are stable: programs may compare them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(
                #[doc = concat!("`", $id, "`: ", $sentence, ".")]
                $variant,
            )+
        }

        impl Rule {
            /// Every rule, grouped by what it is about.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the id, in kebab case.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)+
                }
            }

            /// Returns what a finding of this rule says, without the values and the full stop.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)+
                }
            }

            /// Returns what to do about it, or an empty text.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self {
                    $(Self::$variant => $remedy,)+
                }
            }

            pub(super) const fn weight(self) -> Weight {
                match self {
                    $(Self::$variant => Weight::$weight,)+
                }
            }

            pub(super) const fn sdk(self) -> Sdk {
                use self::Sdk::{Chain, ChainBelowPaa, Format, FormatOrChain, Is, Never, Parse, Time};
                use crate::SdkResult::*;
                match self {
                    $(Self::$variant => $sdk,)+
                }
            }
        }
    };
}
