//! Permissions that come with a role and can be taken from it (entitlements): each is independent of all others (R100).

use std::collections::BTreeSet;

use crate::{
    roles::Role,
    words::{ClosedList, words},
};

words! {
    /// What somebody may do where the role alone does not say it.
    pub enum Permission {
        "participate" => Participate: "May take part in a partner programme: apply to it and join it.",
        "show-all" => ShowAll: "Sees every participant among its partners, not only those of its own structure.",
        "manage-balances" => ManageBalances: "Manages balances and payouts.",
        "invite-level-zero" => InviteLevelZero: "Invites partners that have nobody above them.",
        "learning" => Learning: "Of another system: reports what people have learned.",
        "crm" => Crm: "Of another system: reports customers.",
        "billing" => Billing: "Of another system: reports what customers have paid.",
        "bank" => Bank: "Of another system: reports what has been paid out.",
    }
}

impl Permission {
    /// The four of people.
    pub const OF_PEOPLE: [Self; 4] =
        [Self::Participate, Self::ShowAll, Self::ManageBalances, Self::InviteLevelZero];

    /// Whether the role can have it: people have the four, other systems have the scopes of systems.
    pub fn fits(self, role: Role) -> bool {
        match role {
            Role::Integration => !Self::OF_PEOPLE.contains(&self),
            Role::Policy => false,
            Role::Owner
            | Role::Seller
            | Role::Specialist
            | Role::ChannelManager
            | Role::Finance
            | Role::Auditor
            | Role::Administrator => Self::OF_PEOPLE.contains(&self),
        }
    }

    /// What a command needs besides the role, by its public name.
    pub fn needed(command: &str, role: Role) -> Option<Self> {
        let of_people = role != Role::Integration;
        let mut rows = NEEDED
            .iter()
            .filter(|(permission, _)| Self::OF_PEOPLE.contains(permission) == of_people);
        rows.find(|(_, commands)| commands.contains(&command)).map(|(permission, _)| *permission)
    }

    /// Those that come with a role where nobody says otherwise.
    pub fn usual(role: Role) -> BTreeSet<Self> {
        let usual: &[Self] = match role {
            Role::Owner => &[Self::Participate, Self::ManageBalances],
            Role::ChannelManager => &[Self::Participate, Self::ShowAll, Self::InviteLevelZero],
            Role::Finance => &[Self::ShowAll, Self::ManageBalances],
            Role::Auditor => &[Self::ShowAll],
            Role::Administrator => &[Self::ShowAll, Self::InviteLevelZero],
            Role::Seller | Role::Specialist | Role::Integration | Role::Policy => &[],
        };
        usual.iter().copied().collect()
    }
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// Commands that need a permission besides the role. Whoever is in the role and lacks it is told so before anything is loaded.
const NEEDED: &[(Permission, &[&str])] = &[
    (Permission::Participate, &["applyForProgram", "joinNetwork"]),
    (
        Permission::ManageBalances,
        &[
            "requestPayout",
            "cancelPayout",
            "rejectPayout",
            "approvePayout",
            "submitPayout",
            "settlePayout",
            "setPaymentDetails",
        ],
    ),
    (Permission::Learning, &["completeModule", "recordExam"]),
    (Permission::Billing, &["recordPayment"]),
    (Permission::Bank, &["settlePayout"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;

    #[test]
    fn the_table_names_commands_that_there_are_for_roles_that_give_them() {
        for (permission, commands) in NEEDED {
            for command in *commands {
                let roles = Command::roles(command).expect(command);
                assert!(roles.each().any(|role| permission.fits(role)), "{command}");
            }
        }
    }

    #[test]
    fn another_system_needs_a_scope_for_every_command_that_it_may_give() {
        for (command, roles) in Command::permits() {
            let needed = Permission::needed(command, Role::Integration);
            let given = roles.contains(Role::Integration);
            assert_eq!(needed.is_some(), given, "{command}");
        }
    }

    #[test]
    fn what_usually_comes_with_a_role_fits_it() {
        for (role, ..) in Role::ALL {
            assert!(Permission::usual(*role).iter().all(|usual| usual.fits(*role)), "{role}");
        }
    }
}
