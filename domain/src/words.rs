//! How a subject writes itself down: the macros behind every event, refusal and closed list (a domain-specific language).
//!
//! They put the public name beside the variant, so that `registerDeal` or `DEAL_NOT_APPROVED` greps to all that knows it.

use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess};

/// Version that new events are written with. Older ones are lifted to it where stored events are read.
pub const EVENT_VERSION: u32 = 1;

/// Declares events: the name on disk, then the variant; or the sum of the events of several subjects.
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

        impl $crate::words::Told for $name {}

        $crate::words::events!(@domain_event $name);
    };
    // The sum of the events of several subjects: read and written as the one that it is.
    ($(#[$doc:meta])* pub enum $name:ident of { $($part:ident($event:ty)),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug)]
        #[allow(clippy::large_enum_variant, reason = "events that are kept are boxed in Event")]
        pub enum $name {
            $($part($event),)*
        }

        impl $name {
            /// Every event type as it stands on disk.
            pub const TYPES: &'static [&'static str] =
                &$crate::words::joined::<{ 0 $(+ <$event>::TYPES.len())* }>(&[$(<$event>::TYPES),*]);

            /// The name on disk, never renamed.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$part(event) => event.name(),)* }
            }
        }

        impl $crate::words::Told for $name {
            fn part(&self) -> &dyn std::any::Any {
                match self { $(Self::$part(event) => event,)* }
            }
        }

        $(impl From<$event> for $name {
            fn from(event: $event) -> Self {
                Self::$part(event)
            }
        })*

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$part(event) => event.serialize(serializer),)* }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct ByName;
                impl<'de> serde::de::Visitor<'de> for ByName {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an event under its name")
                    }

                    fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<$name, M::Error> {
                        let name: String = map.next_key()?.unwrap_or_default();
                        $(if <$event>::TYPES.contains(&name.as_str()) {
                            let named = $crate::words::Named { name: Some(name), map };
                            let event = serde::de::value::MapAccessDeserializer::new(named);
                            return serde::Deserialize::deserialize(event).map($name::$part);
                        })*
                        Err(serde::de::Error::unknown_variant(&name, $name::TYPES))
                    }
                }
                deserializer.deserialize_map(ByName)
            }
        }

        $crate::words::events!(@domain_event $name);
    };
    (@domain_event $name:ident) => {
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

/// What happened, as the subject's event that it is.
pub trait Told: std::any::Any + Sized {
    /// Itself, unless it is the sum of several subjects' events.
    fn part(&self) -> &dyn std::any::Any {
        self
    }
}

/// Lists as one, at compile time.
pub(crate) const fn joined<const N: usize>(lists: &[&[&'static str]]) -> [&'static str; N] {
    let (mut all, mut at, mut list) = ([""; N], 0, 0);
    while list < lists.len() {
        let mut index = 0;
        while index < lists[list].len() {
            all[at] = lists[list][index];
            (at, index) = (at + 1, index + 1);
        }
        list += 1;
    }
    all
}

/// A map whose first key has been read already.
pub(crate) struct Named<M> {
    pub name: Option<String>,
    pub map: M,
}

impl<'de, M: MapAccess<'de>> MapAccess<'de> for Named<M> {
    type Error = M::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, M::Error> {
        match self.name.take() {
            Some(name) => seed.deserialize(name.into_deserializer()).map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, M::Error> {
        self.map.next_value_seed(seed)
    }
}

/// Declares refusals: code, sentence, variant. Every enum of them also has `Invalid`, `Forbidden` and `IdTaken`.
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
            #[error(transparent)]
            Forbidden(#[from] $crate::refusal::Forbidden),
            #[error(transparent)]
            IdTaken(#[from] $crate::refusal::IdTaken),
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
                #[allow(unused_variables, reason = "some aggregates refuse nothing themselves")]
                let message = refusal.to_string();
                match refusal {
                    $name::Invalid(invalid) => invalid.into(),
                    $name::Forbidden(forbidden) => forbidden.into(),
                    $name::IdTaken(taken) => taken.into(),
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

/// A closed list, the same in the domain, in the rows of views and in the schema.
pub trait ClosedList: Copy + Eq + std::fmt::Debug + Send + Sync + 'static {
    /// What the list is called.
    const NAME: &'static str;

    /// What it is a list of.
    const ABOUT: &'static str;

    /// Each member with its word on disk and its sentence, in order.
    const ALL: &'static [(Self, &'static str, &'static str)];

    /// The member's word, as in `sector-mismatch`.
    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(member, ..)| *member == self).map_or("", |(_, word, _)| word)
    }

    /// The member of this word.
    fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == word).map(|(member, ..)| *member)
    }
}

/// Declares a closed list: each member's word on disk, its name, and its sentence.
#[macro_export]
macro_rules! words {
    ($(#[doc = $about:literal])+ pub enum $name:ident { $($word:literal => $member:ident: $sentence:literal,)* }) => {
        $(#[doc = $about])+
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $(#[doc = $sentence] #[serde(rename = $word)] $member,)*
        }

        impl $crate::bounds::Bounded for $name {
            fn check(&self, _: $crate::bounds::ByType) -> Result<(), $crate::Invalid> {
                Ok(())
            }

            fn bounds(_: $crate::bounds::ByType) -> Vec<$crate::bounds::Bound> {
                vec![]
            }
        }

        impl $crate::ClosedList for $name {
            const NAME: &'static str = stringify!($name);
            const ABOUT: &'static str = concat!($($about),+);
            const ALL: &'static [(Self, &'static str, &'static str)] =
                &[$((Self::$member, $word, $sentence)),*];
        }
    };
}
pub(crate) use words;
