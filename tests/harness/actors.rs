//! Who acts in tests: in a role that the command is for (test data builder).

use domain::{Actor, Command, PartnerId, Role};
use uuid::Uuid;

/// A person of the vendor, in the first of the vendor's roles that a command is for.
pub fn vendor(who: impl Into<String>, command: &str) -> Actor {
    let roles = Command::roles(command).expect(command);
    let role = roles.each().find(|role| role.is_of_people() && !role.is_member());
    Actor::of(role.unwrap_or(Role::ChannelManager), who)
}

/// An owner of a partner.
pub fn owner(who: impl Into<String>, partner: Uuid) -> Actor {
    Actor::member(Role::Owner, who, PartnerId(partner))
}

/// Another system.
pub fn integration(name: &str) -> Actor {
    Actor::of(Role::Integration, name)
}
