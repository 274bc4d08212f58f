//! Enums whose values documents name.

/// One of some values, each with a name; [`choices!`](crate::choices) makes one.
pub trait Choice: Copy + 'static {
    const ALL: &'static [Self];
    /// In the same order.
    const NAMES: &'static [&'static str];
}

/// An enum with the names that its values have in documents.
#[macro_export]
macro_rules! choices {
    ($(#[$meta:meta])* $vis:vis enum $choice:ident { $($(#[$about:meta])* $value:ident = $name:literal,)+ }) => {
        $(#[$meta])*
        $vis enum $choice {
            $($(#[$about])* $value,)+
        }

        impl $choice {
            pub const ALL: &'static [Self] = &[$(Self::$value,)+];
            /// In the same order.
            pub const NAMES: &'static [&'static str] = &[$($name,)+];

            /// In a document.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }
        }

        impl $crate::Choice for $choice {
            const ALL: &'static [Self] = $choice::ALL;
            const NAMES: &'static [&'static str] = $choice::NAMES;
        }
    };
}
