//! Typed identifiers (newtypes over UUID), so that a deal's id can never stand where a partner's is meant.
//!
//! New things get a UUIDv7 from the caller. What an event causes gets a UUIDv5 of the event and the
//! name of the effect, so that handling the event twice names the same thing twice. A client's idempotency key becomes
//! a UUIDv8 of the key and whose it is.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Root of every derived id; changing it would rename everything that an event ever caused.
const NAMESPACE: Uuid = Uuid::from_u128(0x9b1d_73a0_5c1f_5e0e_9d0f_ac0d_0acc_07d0);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        $crate::bounds::boundless!($name);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

ids! {
    /// A programme and its rulebook.
    ProgramId,
    /// A partner in one programme.
    PartnerId,
    /// A question to a candidate.
    InformationRequestId,
    /// A deal.
    DealId,
    /// One partner's wallet in one currency.
    WalletId,
    /// One accrual in a wallet.
    LotId,
    /// One request for money out of a wallet.
    PayoutId,
    /// A payment by the vendor's customer, named by whoever reports it.
    PaymentId,
    /// Bank details as they were set once, without saying them.
    DetailsId,
    /// An event in the log.
    EventId,
    /// The idempotency key of a command.
    CommandId,
    /// What only one may have.
    ReservationId,
    /// A person, or another system, that can sign in.
    AccountId,
    /// A key with which another system signs in, without saying it.
    ApiKeyId,
    /// A person whose data is encrypted under a key of its own.
    SubjectId,
}

impl WalletId {
    /// The one wallet of `partner` in `currency`.
    pub fn of(partner: PartnerId, currency: crate::Currency) -> Self {
        Self(Uuid::new_v5(&partner.0, format!("wallet/{}", currency.code()).as_bytes()))
    }
}

impl EventId {
    /// The id of the `index`th event that a command appends.
    pub fn of(command: CommandId, index: usize) -> Self {
        Self(derived(command.0, &format!("event/{index}")))
    }

    /// The id of what this event causes, by the effect's name.
    pub fn causes(self, effect: &str) -> Uuid {
        derived(self.0, effect)
    }
}

/// UUIDv5 of `cause` and `effect`.
pub fn derived(cause: Uuid, effect: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{cause}/{effect}").as_bytes())
}
