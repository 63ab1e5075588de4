//! How a subject writes itself down: the macros behind every command, event and refusal (a domain-specific language).
//!
//! They put the public name beside the variant, so that `registerDeal` or `DEAL_NOT_APPROVED` greps to all that knows it.

/// Version that new events are written with. Older ones are lifted to it where stored events are read.
pub const EVENT_VERSION: u32 = 1;

/// Declares commands: the public name, then the variant. What no person gives is `internal`: an event or an instant does.
macro_rules! commands {
    ($(#[$doc:meta])* pub enum $name:ident {
        $($(#[$vdoc:meta])* $($internal:ident)? $command:literal => $variant:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty),* $(,)? },)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(clippy::large_enum_variant, reason = "a command lives alone and briefly")]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $command)] $variant { $($(#[$fmeta])* $field: $ty),* },)*
        }

        impl $name {
            /// Every one by its public name.
            pub const NAMES: &'static [&'static str] = &[$($command),*];

            /// Those that no person gives.
            pub const INTERNAL: &'static [&'static str] =
                &[$($($crate::words::internal!($internal $command),)?)*];

            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $command,)* }
            }
        }
    };
}
pub(crate) use commands;

macro_rules! internal {
    (internal $command:literal) => {
        $command
    };
}
pub(crate) use internal;

/// Declares events: the name on disk, then the variant.
macro_rules! events {
    ($(#[$doc:meta])* pub enum $name:ident {
        $($(#[$vdoc:meta])* $event:literal => $variant:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty),* $(,)? },)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
        #[allow(clippy::large_enum_variant, reason = "events that are kept are boxed in Event")]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $event)] $variant { $($(#[$fmeta])* $field: $ty),* },)*
        }

        impl $name {
            /// Every event type as it stands on disk.
            pub const TYPES: &'static [&'static str] = &[$($event),*];

            /// The name on disk, never renamed.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $event,)* }
            }
        }

        impl cqrs_es::DomainEvent for $name {
            fn event_type(&self) -> String {
                self.name().to_owned()
            }

            fn event_version(&self) -> String {
                $crate::words::EVENT_VERSION.to_string()
            }
        }
    };
}
pub(crate) use events;

/// Declares refusals: code, sentence, variant. Every enum of them also has `Invalid`.
///
/// `at "amount"` names the input field at fault; `in path` takes it from the variant's own field `path`. `by policy`
/// adds the policy version that refused.
macro_rules! refusals {
    ($(#[$doc:meta])* pub enum $name:ident {
        $($code:literal $(at $at:literal)? $(in $path:ident)? $message:literal
            => $variant:ident $({ $($field:ident: $ty:ty),* $(,)? } $(by $policy:ident)?)?,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
        pub enum $name {
            #[error(transparent)]
            Invalid(#[from] $crate::refusal::Invalid),
            $(#[error($message)] $variant $({ $($field: $ty,)* $($policy: $crate::published::PolicyRef)? })?,)*
        }

        impl $name {
            /// Every code of these.
            pub const CODES: &'static [$crate::refusal::Code] = &[$($crate::refusal::Code {
                code: $code,
                sentence: $message,
                page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/refusals/", $code, ".md")),
            }),*];
        }

        impl From<$name> for $crate::refusal::Refusal {
            fn from(refusal: $name) -> Self {
                let message = refusal.to_string();
                match refusal {
                    $name::Invalid(invalid) => invalid.into(),
                    $($name::$variant { $($path,)? $($($policy,)?)? .. } => Self {
                        code: $code,
                        message,
                        field: [vec![$($at.to_owned())?], $($path)?].concat(),
                        policy: None$($(.or(Some($policy)))?)?,
                    },)*
                }
            }
        }
    };
}
pub(crate) use refusals;
