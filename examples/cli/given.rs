/// An option that may be given in two places.
pub trait Given {
    /// Returns this value if it was given, else the other one.
    #[must_use]
    fn or(self, other: Self) -> Self;
}

impl<T> Given for Option<T> {
    fn or(self, other: Self) -> Self {
        Self::or(self, other)
    }
}

impl Given for bool {
    fn or(self, other: Self) -> Self {
        self || other
    }
}

/// Declares the options of a command as one structure for its command line (`clap`) and its job file (`serde`), and the
/// precedence of one over the other.
#[macro_export]
macro_rules! options {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_visibility:vis $field:ident: $type:ty,)*
    }) => {
        $(#[$meta])*
        $visibility struct $name {
            $($(#[$field_meta])* $field_visibility $field: $type,)*
        }

        impl $crate::Given for $name {
            fn or(self, other: Self) -> Self {
                Self {
                    $($field: $crate::Given::or(self.$field, other.$field),)*
                }
            }
        }
    };
}
