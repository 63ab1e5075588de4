//! How a subject writes down its commands: by public name, with who may give each and the bounds of its fields (role-based
//! access control, declared beside the decision).

use serde::{Deserialize, Serialize};

use crate::{
    bounds::{Bound, Bounded, ByType},
    refusal::Invalid,
    roles::Roles,
};

/// A command that says who may give it.
pub trait Permitted: Bounded {
    /// The public name, as in `registerDeal`.
    fn name(&self) -> &'static str;

    /// Who may give it; for the aggregate to say is only whether it may now, and whether it is somebody's own.
    fn roles(&self) -> Roles;
}

/// The commands of an aggregate that is asked nothing: what happens to it happens beside what others decide.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Unasked {}

impl Unasked {
    pub const NAMES: &'static [(&'static str, Roles)] = &[];

    pub fn name(&self) -> &'static str {
        match *self {}
    }
}

impl Permitted for Unasked {
    fn name(&self) -> &'static str {
        match *self {}
    }

    fn roles(&self) -> Roles {
        match *self {}
    }
}

impl Bounded for Unasked {
    fn check(&self, _: ByType) -> Result<(), Invalid> {
        match *self {}
    }

    fn bounds(_: ByType) -> Vec<Bound> {
        vec![]
    }
}

/// Declares commands: the public name, who may give it, then the variant, with the limit of each field whose type does not
/// say it. What no person gives is `by [Policy]`: an event or an instant does.
macro_rules! commands {
    ($(#[$doc:meta])* pub enum $name:ident {
        $($(#[$vdoc:meta])* $command:literal by [$($role:ident),+] => $variant:ident {
            $($(#[$fmeta:meta])* $field:ident: $ty:ty $(as $limit:ident)?),* $(,)?
        },)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(clippy::large_enum_variant, reason = "a command lives alone and briefly")]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $command)] $variant { $($(#[$fmeta])* $field: $ty),* },)*
        }

        impl $name {
            /// Every one by its public name, with who may give it.
            pub const NAMES: &'static [(&'static str, $crate::roles::Roles)] =
                &[$(($command, $crate::roles::Roles::of(&[$($crate::roles::Role::$role),+]))),*];

            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $command,)* }
            }
        }

        impl $crate::commands::Permitted for $name {
            fn name(&self) -> &'static str {
                self.name()
            }

            fn roles(&self) -> $crate::roles::Roles {
                match self {
                    $(Self::$variant { .. } => const { $crate::roles::Roles::of(&[$($crate::roles::Role::$role),+]) },)*
                }
            }
        }

        impl $crate::bounds::Bounded for $name {
            fn check(&self, _: $crate::bounds::ByType) -> Result<(), $crate::refusal::Invalid> {
                match self {
                    $(Self::$variant { $($field),* } => {
                        $($crate::bounds::check(stringify!($field), $field, $crate::bounds::limit!($($limit)?))?;)*
                    })*
                }
                Ok(())
            }

            /// Of the fields of each command, under its public name.
            fn bounds(_: $crate::bounds::ByType) -> Vec<$crate::bounds::Bound> {
                [$($($crate::bounds::bounds::<_, $ty>(
                    concat!($command, ".", stringify!($field)), $crate::bounds::limit!($($limit)?),
                ),)*)*].concat()
            }
        }
    };
}
pub(crate) use commands;
