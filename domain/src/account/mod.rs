//! A person, or another system, that can sign in: what may be asked, and who it may act as (identity and access
//! management). What it signs in with stands beside the log; that it changed stands here.

#[cfg(test)]
mod beside;
mod facts;
mod grants;
mod guard;
mod ownership;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::facts::link_name;
use self::grants::Wanted;
pub use self::grants::{Grant, NotASeat, Scope, Seat};
pub(crate) use self::ownership::own;
use crate::{
    AccountId, Actor, ApiKeyId, Issued, PartnerId, Permission, Personal, Role, SubjectId,
    bounds::bounded,
    commands::commands,
    derived,
    owned::{Home, Owned},
    refusal::Invalid,
    words::{events, refusals, words},
};

commands! {
    /// What can be asked of an account.
    pub enum AccountCommand {
        "registerAccount" by [Administrator, Policy] => Register { door: Door, person: NewPerson },
        "registerClient" by [Administrator] => RegisterClient { name: String as LINE },
        "confirmEmail" by [Policy] => ConfirmEmail {},
        "grantRole" by [Owner, Administrator] => GrantRole {
            role: Role,
            scope: Scope,
            /// What the role comes with; the usual where it is left out.
            #[serde(default)]
            permissions: Option<BTreeSet<Permission>>,
        },
        "revokeRole" by [Owner, Administrator] => RevokeRole { role: Role, scope: Scope },
        "suspendAccount" by [Administrator] => Suspend { reason: String as PROSE },
        "reinstateAccount" by [Administrator] => Reinstate {},
        "closeAccount" by [Administrator] => Close {},
        "linkAccount" by [Policy] => Link { issuer: String as LINE, subject: String as LINE },
        "recordPasswordChange" by [Policy] => RecordPasswordChange {},
        "recordApiKey" by [Policy] => RecordApiKey {
            key: ApiKeyId,
            name: String as LINE,
            #[serde(default)]
            expires_at: Option<DateTime<Utc>>,
        },
        "recordApiKeyEnd" by [Policy] => RecordApiKeyEnd { key: ApiKeyId },
    }
}

events! {
    /// What happened to an account.
    pub enum AccountEvent {
        "account-registered" => Registered { door: Door, email_confirmed: bool, person: Personal<Person> },
        "client-registered" => ClientRegistered { name: String },
        "email-confirmed" => EmailConfirmed {},
        "role-granted" => RoleGranted { grant: Uuid, role: Role, scope: Scope, permissions: BTreeSet<Permission> },
        "role-revoked" => RoleRevoked { grant: Uuid, role: Role, scope: Scope },
        "account-suspended" => Suspended { absence: Uuid, reason: Personal<String> },
        "account-reinstated" => Reinstated { absence: Uuid },
        "account-closed" => Closed {},
        "account-linked" => Linked {
            issuer: String,
            subject: Personal<String>,
            /// The reservation by which the account is found.
            reservation: Option<Uuid>,
        },
        "password-changed" => PasswordChanged {},
        "api-key-issued" => ApiKeyIssued { key: ApiKeyId, name: String, expires_at: Option<DateTime<Utc>> },
        "api-key-revoked" => ApiKeyRevoked { key: ApiKeyId },
    }
}

refusals! {
    /// Why an account's command is refused.
    pub enum AccountRefusal {
        "ACCOUNT_NOT_REGISTERED" "there is no such account; register it first" => NotRegistered,
        "ACCOUNT_ALREADY_REGISTERED" "this account exists already; register another under a new id" => AlreadyRegistered,
        "ACCOUNT_SUSPENDED" "this account is suspended; reinstate it first" => Suspended,
        "ACCOUNT_CLOSED" "this account is closed for good; register another" => Closed,
        "ACCOUNT_ALREADY_LINKED" at "issuer" "this account signs in by {issuer} already; close it there, or register another account" => AlreadyLinked { issuer: String },
        "ACCOUNT_LINK_TAKEN" at "subject" "another account signs in by that already; close it, or link another subject" => LinkTaken,
        "ACCOUNT_IS_ANOTHER_SYSTEM" "this account is another system's: it has API keys, no password and no address" => AnotherSystem,
        "ACCOUNT_IS_A_PERSON" "this account is a person's: API keys are for other systems; register a client" => APerson,
        "EMAIL_UNCONFIRMED" "confirm your e-mail address first: follow the link in the mail, or have it sent again" => EmailUnconfirmed,
        "ROLE_MAKER_IS_HOLDER" "nobody gives a role to themselves; another administrator must" => OwnRole,
        "ROLE_OUT_OF_REACH" "an owner gives and takes the roles seller and specialist of its own partner, with what usually comes with them; ask an administrator for more" => OutOfReach,
        "ROLE_NOT_FOR_ACCOUNT" at "role" "{role} is no role for this account: people have those of people, other systems have integration" => RoleMisfit { role: Role },
        "ROLE_SCOPE_MISMATCH" at "partner_id" "{role} is not for that: owner, seller and specialist name their partner, all others name none" => ScopeMisfit { role: Role },
        "ROLE_OF_BOTH_SIDES" at "role" "nobody acts for a partner and for the vendor; take back the roles of the other side first, or use another account" => BothSides,
        "ROLE_PARTNER_UNKNOWN" at "partner_id" "there is no partner with that id; name one that has applied" => UnknownPartner,
        "ROLE_LIMIT_REACHED" "an account has at most {most} roles; take one back first" => TooMany { most: usize },
        "PERMISSION_NOT_FOR_ROLE" at "permissions" "{permission} does not come with the role {role}; leave it out" => PermissionMisfit { permission: Permission, role: Role },
        "API_KEY_UNKNOWN" at "key" "this account has no such API key, or it was revoked; look at those that it has" => UnknownKey,
    }
}

words! {
    /// By which door an account came.
    pub enum Door {
        "web" => Web: "Somebody registered themselves.",
        "invitation" => Invitation: "By the link of an invitation, which proves the address.",
        "referral" => Referral: "By a partner's referral link.",
        "issuer" => Issuer: "By a sign-in elsewhere, whose issuer vouches for the address.",
        "administrator" => Administrator: "An administrator registered them.",
        "operator" => Operator: "Whoever operates the machine, who vouches for the address.",
    }
}

bounded! {
    /// A person as they are registered.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct NewPerson {
        pub first_name: String as LINE,
        pub last_name: String as LINE,
        pub email: String as LINE,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub phone: Option<String> as LINE,
    }
}

/// What is personal of an account.
pub type Person = NewPerson;

/// An account in its states.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Account {
    #[default]
    Unknown,
    Open(Box<Holder>),
    Suspended {
        holder: Box<Holder>,
        absence: Uuid,
    },
    Closed,
}

/// What is true of an account that has not been closed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Holder {
    /// Whether it is another system and no person.
    pub is_system: bool,
    pub email_confirmed: bool,
    /// Whether a person comes by a door that lets them take part before they have any role.
    pub may_participate: bool,
    /// In the order in which they were given.
    pub grants: Vec<Grant>,
    /// The issuers by whose sign-in it is known, each with its reservation.
    pub links: BTreeMap<String, Option<Uuid>>,
    pub keys: BTreeSet<ApiKeyId>,
}

/// What an account's decisions may know of others.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountFacts {
    /// Whether the partner that is named has never applied.
    pub partner_is_unknown: bool,
    /// What only one account may have, where the command asks for it.
    pub wanted: Option<Reserved>,
}

/// A reservation, and who has had it before the command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reserved {
    pub id: Uuid,
    pub holder: Option<Uuid>,
}

impl Door {
    /// Whether coming by it proves the e-mail address (R95).
    fn confirms(self) -> bool {
        match self {
            Self::Invitation | Self::Issuer | Self::Operator => true,
            Self::Web | Self::Referral | Self::Administrator => false,
        }
    }

    /// Whether it is one for those who want to become partners, and not for the vendor's people.
    fn is_of_candidates(self) -> bool {
        match self {
            Self::Web | Self::Invitation | Self::Referral | Self::Issuer => true,
            Self::Administrator | Self::Operator => false,
        }
    }
}

/// Whoever operates the machine: by the command line, before there is any administrator.
pub fn operator() -> Actor {
    Actor::of(Role::Administrator, "operator")
}

/// The service that registers and confirms, on behalf of somebody who has not signed in yet.
pub fn sign_up(account: AccountId) -> Actor {
    Actor { on_behalf_of: Some(account.to_string()), ..Actor::of(Role::Policy, "sign-up") }
}

impl Account {
    /// What is known of it while it can be used.
    pub fn holder(&self) -> Option<&Holder> {
        match self {
            Self::Open(holder) => Some(holder),
            Self::Unknown | Self::Suspended { .. } | Self::Closed => None,
        }
    }

    /// What nobody else may have as long as it is not closed.
    fn reserved(&self) -> Vec<Uuid> {
        match self {
            Self::Open(holder) | Self::Suspended { holder, .. } => {
                holder.links.values().copied().flatten().collect()
            }
            Self::Unknown | Self::Closed => vec![],
        }
    }

    /// What the command brings about; nothing where its outcome already holds.
    pub fn decide(
        &self,
        issued: &Issued<AccountCommand>,
        facts: &AccountFacts,
    ) -> Result<Vec<AccountEvent>, AccountRefusal> {
        use AccountCommand as Do;
        match (self, &issued.command) {
            (Self::Unknown, Do::Register { door, person }) => register(issued, *door, person),
            (Self::Unknown, Do::RegisterClient { name }) => {
                Ok(vec![AccountEvent::ClientRegistered { name: name.clone() }])
            }
            (
                Self::Open(_) | Self::Suspended { .. } | Self::Closed,
                Do::Register { .. } | Do::RegisterClient { .. },
            ) => Err(AccountRefusal::AlreadyRegistered),
            (Self::Unknown, _) => Err(AccountRefusal::NotRegistered),
            (Self::Closed, Do::Close {}) => Ok(vec![]), // Already so: a retry is harmless.
            (Self::Closed, _) => Err(AccountRefusal::Closed),
            (Self::Suspended { absence, .. }, Do::Reinstate {}) => {
                Ok(vec![AccountEvent::Reinstated { absence: *absence }])
            }
            (Self::Suspended { .. }, Do::Suspend { .. }) => Ok(vec![]), // Already so.
            (Self::Open(_), Do::Reinstate {}) => Ok(vec![]),            // Already so.
            (Self::Open(_), Do::Suspend { reason }) => {
                let absence = derived(issued.command_id.0, "absence");
                let reason = Personal::new(SubjectId(issued.target), reason.clone());
                Ok(vec![AccountEvent::Suspended { absence, reason }])
            }
            (Self::Open(_) | Self::Suspended { .. }, Do::Close {}) => {
                Ok(vec![AccountEvent::Closed {}])
            }
            // What somebody may do is taken away also while they cannot do it.
            (Self::Suspended { holder, .. }, Do::RevokeRole { role, scope }) => {
                Ok(holder.take(Seat { role: *role, scope: *scope }))
            }
            (Self::Suspended { holder, .. }, Do::RecordApiKeyEnd { key }) => holder.end_key(*key),
            (Self::Suspended { .. }, _) => Err(AccountRefusal::Suspended),
            (Self::Open(holder), _) => holder.decide(issued, facts),
        }
    }

    pub(crate) fn evolve(&mut self, event: AccountEvent) {
        match (&mut *self, event) {
            (Self::Unknown, AccountEvent::Registered { door, email_confirmed, .. }) => {
                *self = Self::Open(Box::new(Holder::new(false, email_confirmed, door)));
            }
            (Self::Unknown, AccountEvent::ClientRegistered { .. }) => {
                *self = Self::Open(Box::new(Holder::new(true, true, Door::Administrator)));
            }
            (Self::Open(holder), AccountEvent::Suspended { absence, .. }) => {
                *self = Self::Suspended { holder: holder.clone(), absence };
            }
            (Self::Suspended { holder, .. }, AccountEvent::Reinstated { .. }) => {
                *self = Self::Open(holder.clone());
            }
            (Self::Open(_) | Self::Suspended { .. }, AccountEvent::Closed {}) => {
                *self = Self::Closed;
            }
            (Self::Open(holder) | Self::Suspended { holder, .. }, event) => holder.evolve(event),
            (Self::Unknown | Self::Closed, _) => {} // Nothing happens before or after.
        }
    }
}

fn register(
    issued: &Issued<AccountCommand>,
    door: Door,
    person: &NewPerson,
) -> Result<Vec<AccountEvent>, AccountRefusal> {
    // An administrator vouches for nobody's address.
    let open = match issued.by.role {
        Role::Administrator => door == Door::Administrator || issued.by == operator(),
        Role::Owner
        | Role::Seller
        | Role::Specialist
        | Role::ChannelManager
        | Role::Finance
        | Role::Auditor
        | Role::Integration
        | Role::Policy => true,
    };
    if !open {
        return Err(
            Invalid::new("door", "an administrator registers by the door administrator").into()
        );
    }
    let person = Personal::new(SubjectId(issued.target), person.clone());
    Ok(vec![AccountEvent::Registered { door, email_confirmed: door.confirms(), person }])
}

impl Holder {
    fn new(is_system: bool, email_confirmed: bool, door: Door) -> Self {
        Self {
            is_system,
            email_confirmed,
            may_participate: door.is_of_candidates(),
            grants: vec![],
            links: BTreeMap::new(),
            keys: BTreeSet::new(),
        }
    }

    fn decide(
        &self,
        issued: &Issued<AccountCommand>,
        facts: &AccountFacts,
    ) -> Result<Vec<AccountEvent>, AccountRefusal> {
        use AccountCommand as Do;
        let of_a_person =
            |events| if self.is_system { Err(AccountRefusal::AnotherSystem) } else { Ok(events) };
        match &issued.command {
            Do::GrantRole { role, scope, permissions } => {
                let seat = Seat { role: *role, scope: *scope };
                let permissions = permissions.as_ref();
                let partner_is_unknown = facts.partner_is_unknown;
                self.give(issued, &Wanted { seat, permissions, partner_is_unknown })
            }
            Do::RevokeRole { role, scope } => Ok(self.take(Seat { role: *role, scope: *scope })),
            Do::ConfirmEmail {} if self.email_confirmed => of_a_person(vec![]), // Already so.
            Do::ConfirmEmail {} => of_a_person(vec![AccountEvent::EmailConfirmed {}]),
            Do::Link { issuer, subject } => {
                let held = facts.wanted.and_then(|wanted| wanted.holder);
                if held == Some(issued.target) {
                    return of_a_person(vec![]); // Already so: a retry is harmless.
                }
                if held.is_some() {
                    return Err(AccountRefusal::LinkTaken);
                }
                if self.links.contains_key(issuer) {
                    return Err(AccountRefusal::AlreadyLinked { issuer: issuer.clone() });
                }
                let (issuer, reservation) = (issuer.clone(), facts.wanted.map(|wanted| wanted.id));
                let subject = Personal::new(SubjectId(issued.target), subject.clone());
                of_a_person(vec![AccountEvent::Linked { issuer, subject, reservation }])
            }
            Do::RecordPasswordChange {} => of_a_person(vec![AccountEvent::PasswordChanged {}]),
            Do::RecordApiKey { .. } if !self.is_system => Err(AccountRefusal::APerson),
            Do::RecordApiKey { key, .. } if self.keys.contains(key) => Ok(vec![]), // Already so.
            Do::RecordApiKey { key, name, expires_at } => {
                let (key, name, expires_at) = (*key, name.clone(), *expires_at);
                Ok(vec![AccountEvent::ApiKeyIssued { key, name, expires_at }])
            }
            Do::RecordApiKeyEnd { key } => self.end_key(*key),
            Do::Register { .. }
            | Do::RegisterClient { .. }
            | Do::Suspend { .. }
            | Do::Reinstate {}
            | Do::Close {} => Ok(vec![]), // The account's to answer, in whatever state it is.
        }
    }

    fn end_key(&self, key: ApiKeyId) -> Result<Vec<AccountEvent>, AccountRefusal> {
        if self.keys.contains(&key) {
            Ok(vec![AccountEvent::ApiKeyRevoked { key }])
        } else {
            Err(AccountRefusal::UnknownKey)
        }
    }

    fn evolve(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::EmailConfirmed {} => self.email_confirmed = true,
            AccountEvent::RoleGranted { grant, role, scope, permissions } => {
                self.grants.push(Grant { id: grant, seat: Seat { role, scope }, permissions });
            }
            AccountEvent::RoleRevoked { grant, .. } => self.grants.retain(|held| held.id != grant),
            AccountEvent::Linked { issuer, reservation, .. } => {
                self.links.insert(issuer, reservation);
            }
            AccountEvent::ApiKeyIssued { key, .. } => drop(self.keys.insert(key)),
            AccountEvent::ApiKeyRevoked { key } => drop(self.keys.remove(&key)),
            AccountEvent::Registered { .. }
            | AccountEvent::ClientRegistered { .. }
            | AccountEvent::Suspended { .. }
            | AccountEvent::Reinstated { .. }
            | AccountEvent::Closed {}
            | AccountEvent::PasswordChanged {} => {} // Of the account, or beside the log.
        }
    }
}

impl Owned for Account {
    /// It is nobody's: a person is not a partner's, in however many partners they have a role.
    fn founded(_: Uuid, _: &AccountEvent) -> Option<Home> {
        None
    }

    /// Which roles an owner may give is for the guard to say.
    fn owner(&self, _: &Issued<AccountCommand>) -> Option<(PartnerId, AccountRefusal)> {
        None
    }
}
