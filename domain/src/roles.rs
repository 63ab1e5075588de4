//! The roles in which somebody acts: the one list for commands, events, tokens, the access table and stories (RBAC).

use crate::words::{ClosedList, words};

words! {
    /// In which role somebody acts.
    pub enum Role {
        "owner" => Owner: "Of a partner: sees and does everything of the own partner.",
        "seller" => Seller: "Of a partner: registers and follows its deals.",
        "specialist" => Specialist: "Of a partner: takes courses and exams.",
        "channel-manager" => ChannelManager: "Of the vendor: runs applications, partners and deals.",
        "finance" => Finance: "Of the vendor: pays partners.",
        "auditor" => Auditor: "Reads everything and changes nothing.",
        "administrator" => Administrator: "Of the vendor: looks after the installation; sees no money.",
        "integration" => Integration: "Another system, within the scopes that it was given. No person signs in as one.",
        "policy" => Policy: "A rule of the programme, on an event or at an instant. Nobody signs in as one.",
    }
}

impl Role {
    /// Those in which people sign in.
    pub const PEOPLE: [Self; 7] = [
        Self::Owner,
        Self::Seller,
        Self::Specialist,
        Self::ChannelManager,
        Self::Finance,
        Self::Auditor,
        Self::Administrator,
    ];

    /// The name in tokens, in events, on the command line and in logs.
    pub fn name(self) -> &'static str {
        self.word()
    }

    /// Whether people in this role belong to one partner and act for it.
    pub fn is_member(self) -> bool {
        match self {
            Self::Owner | Self::Seller | Self::Specialist => true,
            Self::ChannelManager
            | Self::Finance
            | Self::Auditor
            | Self::Administrator
            | Self::Integration
            | Self::Policy => false,
        }
    }

    /// Whether people sign in in this role.
    pub fn is_of_people(self) -> bool {
        Self::PEOPLE.contains(&self)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "not a role; the roles are owner, seller, specialist, channel-manager, finance, auditor, administrator"
)]
pub struct UnknownRole;

/// A role in which people sign in.
impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::of(text).filter(|role| role.is_of_people()).ok_or(UnknownRole)
    }
}

/// A set of roles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Roles(u16);

impl Roles {
    pub const fn of(roles: &[Role]) -> Self {
        let (mut bits, mut index) = (0, 0);
        while index < roles.len() {
            bits |= 1 << roles[index] as u16;
            index += 1;
        }
        Self(bits)
    }

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn contains(self, role: Role) -> bool {
        self.0 & (1 << role as u16) != 0
    }

    /// Each of them, in the order of the list.
    pub fn each(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().map(|(role, ..)| *role).filter(move |role| self.contains(*role))
    }
}

/// As a sentence names them: `owner, channel-manager`.
impl std::fmt::Display for Roles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.each().map(Role::name).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_of_people_is_read_back_from_its_name_and_serialises_to_it() {
        for role in Role::PEOPLE {
            assert_eq!(role.name().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).ok(), Some(role.name().into()));
        }
        for word in ["channelManager", "integration", "policy", ""] {
            assert_eq!(word.parse::<Role>(), Err(UnknownRole), "{word}");
        }
    }

    #[test]
    fn a_set_holds_what_it_was_made_of() {
        let set = Roles::of(&[Role::Policy, Role::Owner]);
        assert_eq!(set.each().collect::<Vec<_>>(), [Role::Owner, Role::Policy]);
        assert_eq!(set.and(Roles::of(&[Role::Finance])).to_string(), "owner, finance, policy");
    }
}
