//! What an account may do and who says so: registration, confirmation, roles and their end.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    CommandId,
    facts::Decides,
    testing::{ALFA, BETA, after, at, id},
};

type Outcome = Result<Vec<AccountEvent>, AccountRefusal>;

const ANNA: AccountId = AccountId(id(0xC1));

fn administrator() -> Actor {
    Actor::of(Role::Administrator, "vera")
}

fn owner_of(partner: PartnerId) -> Actor {
    Actor::member(Role::Owner, "maria", partner)
}

/// What comes of a command to Anna's account.
fn ask(account: &Account, by: Actor, command: AccountCommand) -> Outcome {
    let (at, command_id) = (at("2025-01-10"), CommandId(Uuid::from_u128(0xC0)));
    let issued = Issued { by, target: ANNA.0, at, dated: true, command_id, command };
    account.decided(&issued, &AccountFacts::default().into())
}

fn said(name: &str, fields: serde_json::Value) -> AccountCommand {
    serde_json::from_value(json!({ name: fields })).expect("is a command")
}

fn register(door: &str) -> AccountCommand {
    let person =
        json!({ "first_name": "Anna", "last_name": "Nowak", "email": "anna@alfa.example" });
    said("registerAccount", json!({ "door": door, "person": person }))
}

fn give(role: Role, scope: Scope) -> AccountCommand {
    AccountCommand::GrantRole { role, scope, permissions: None }
}

fn give_with(role: Role, scope: Scope, permissions: &[Permission]) -> AccountCommand {
    let permissions = Some(permissions.iter().copied().collect());
    AccountCommand::GrantRole { role, scope, permissions }
}

fn take(role: Role, scope: Scope) -> AccountCommand {
    AccountCommand::RevokeRole { role, scope }
}

/// Anna's account after these commands of an administrator.
fn anna(commands: impl IntoIterator<Item = AccountCommand>) -> Account {
    let mut account: Account =
        after(ask(&Account::Unknown, sign_up(ANNA), register("web")).expect("goes"));
    for (nth, command) in commands.into_iter().enumerate() {
        let command_id = CommandId(Uuid::from_u128(0xD0 + nth as u128));
        let (by, at) = (administrator(), at("2025-01-10"));
        let issued = Issued { by, target: ANNA.0, at, dated: true, command_id, command };
        let events = account.decided(&issued, &AccountFacts::default().into()).expect("goes");
        events.into_iter().for_each(|event| account.evolve(event));
    }
    account
}

fn permissions(account: &Account, seat: Seat) -> Option<Vec<Permission>> {
    let grant = account.holder().and_then(|holder| holder.grant(seat));
    grant.map(|grant| grant.permissions.iter().copied().collect())
}

const FINANCE: Seat = Seat { role: Role::Finance, scope: Scope::Vendor };

#[test]
fn a_door_that_proves_the_address_confirms_it_and_no_other_does() {
    for (door, by, confirmed) in [
        ("web", sign_up(ANNA), false),
        ("referral", sign_up(ANNA), false),
        ("invitation", sign_up(ANNA), true),
        ("issuer", sign_up(ANNA), true),
        ("administrator", administrator(), false),
        ("operator", operator(), true),
    ] {
        let account: Account = after(ask(&Account::Unknown, by, register(door)).expect(door));
        let holder = account.holder().expect("is open");
        assert_eq!(holder.email_confirmed, confirmed, "{door}");
    }
    for door in ["web", "invitation", "operator"] {
        let refused = ask(&Account::Unknown, administrator(), register(door));
        assert!(matches!(refused, Err(AccountRefusal::Invalid(_))), "{door}");
    }
}

#[test]
fn an_address_is_confirmed_once() {
    let account = anna([]);
    let confirmed = ask(&account, sign_up(ANNA), AccountCommand::ConfirmEmail {});
    assert_eq!(confirmed, Ok(vec![AccountEvent::EmailConfirmed {}]));
    let account: Account =
        after(ask(&Account::Unknown, sign_up(ANNA), register("invitation")).expect("goes"));
    assert_eq!(ask(&account, sign_up(ANNA), AccountCommand::ConfirmEmail {}), Ok(vec![]));
}

#[test]
fn m12_nobody_gives_a_role_to_themselves_nor_on_behalf_of_another() {
    let account = anna([]);
    let own = Actor::of(Role::Administrator, ANNA.to_string());
    let asked = Actor { on_behalf_of: Some(ANNA.to_string()), ..administrator() };
    for by in [own, asked] {
        let refused = ask(&account, by, give(Role::Finance, Scope::Vendor));
        assert_eq!(refused, Err(AccountRefusal::OwnRole));
    }
    assert!(ask(&account, administrator(), give(Role::Finance, Scope::Vendor)).is_ok());
}

#[test]
fn an_owner_gives_and_takes_sellers_and_specialists_of_its_own_partner_and_nothing_else() {
    let account = anna([]);
    for role in Role::PEOPLE {
        for scope in [Scope::Vendor, Scope::Partner(ALFA), Scope::Partner(BETA)] {
            let below = matches!(role, Role::Seller | Role::Specialist);
            let may = below && scope == Scope::Partner(ALFA);
            let given = ask(&account, owner_of(ALFA), give(role, scope));
            assert_eq!(given.is_ok(), may, "{role} {scope:?}: {given:?}");
            let taken = ask(&account, owner_of(ALFA), take(role, scope));
            assert_eq!(taken.is_ok(), may, "{role} {scope:?}: {taken:?}");
        }
    }
    for more in Permission::OF_PEOPLE {
        let more = give_with(Role::Seller, Scope::Partner(ALFA), &[more]);
        assert_eq!(ask(&account, owner_of(ALFA), more), Err(AccountRefusal::OutOfReach));
    }
}

#[test]
fn r100_each_of_the_four_permissions_is_given_and_taken_without_the_others() {
    let four = Permission::OF_PEOPLE;
    for chosen in 0..16_u32 {
        let wanted: Vec<Permission> =
            (0..4).filter(|nth| chosen & (1 << nth) != 0).map(|nth| four[nth]).collect();
        let account = anna([give_with(Role::Finance, Scope::Vendor, &wanted)]);
        assert_eq!(permissions(&account, FINANCE), Some(wanted.clone()));
        for changed in four {
            let mut then: BTreeSet<Permission> = wanted.iter().copied().collect();
            if !then.remove(&changed) {
                then.insert(changed);
            }
            let then = Vec::from_iter(then);
            let both = [&wanted, &then].map(|set| give_with(Role::Finance, Scope::Vendor, set));
            assert_eq!(permissions(&anna(both), FINANCE), Some(then));
        }
    }
}

#[test]
fn a_role_given_again_as_it_is_changes_nothing() {
    let account = anna([give_with(Role::Finance, Scope::Vendor, &[Permission::ShowAll])]);
    for again in [
        give(Role::Finance, Scope::Vendor),
        give_with(Role::Finance, Scope::Vendor, &[Permission::ShowAll]),
    ] {
        assert_eq!(ask(&account, administrator(), again), Ok(vec![]));
    }
    let gone = anna([give(Role::Finance, Scope::Vendor), take(Role::Finance, Scope::Vendor)]);
    assert_eq!(permissions(&gone, FINANCE), None);
    assert_eq!(ask(&gone, administrator(), take(Role::Finance, Scope::Vendor)), Ok(vec![]));
}

#[test]
fn nobody_acts_for_the_vendor_and_for_a_partner() {
    let vendor = anna([give(Role::ChannelManager, Scope::Vendor)]);
    let seller = give(Role::Seller, Scope::Partner(ALFA));
    assert_eq!(ask(&vendor, administrator(), seller.clone()), Err(AccountRefusal::BothSides));
    assert!(ask(&vendor, administrator(), give(Role::Finance, Scope::Vendor)).is_ok());
    let member = anna([seller]);
    let finance = give(Role::Finance, Scope::Vendor);
    assert_eq!(ask(&member, administrator(), finance), Err(AccountRefusal::BothSides));
    assert!(ask(&member, administrator(), give(Role::Owner, Scope::Partner(BETA))).is_ok());
}

#[test]
fn a_role_has_the_scope_and_the_permissions_of_its_kind() {
    let account = anna([]);
    let refused = |command| ask(&account, administrator(), command).err();
    let misfit = |role| Some(AccountRefusal::ScopeMisfit { role });
    assert_eq!(refused(give(Role::Owner, Scope::Vendor)), misfit(Role::Owner));
    assert_eq!(refused(give(Role::Finance, Scope::Partner(ALFA))), misfit(Role::Finance));
    for role in [Role::Integration, Role::Policy] {
        let no_role = Some(AccountRefusal::RoleMisfit { role });
        assert_eq!(refused(give(role, Scope::Vendor)), no_role);
    }
    let bank = give_with(Role::Finance, Scope::Vendor, &[Permission::Bank]);
    let (permission, role) = (Permission::Bank, Role::Finance);
    assert_eq!(refused(bank), Some(AccountRefusal::PermissionMisfit { permission, role }));
}

#[test]
fn another_system_has_scopes_of_its_own_and_keys_and_nothing_of_a_person() {
    let client = said("registerClient", json!({ "name": "LMS" }));
    let system: Account = after(ask(&Account::Unknown, administrator(), client).expect("goes"));
    let scopes = give_with(Role::Integration, Scope::Vendor, &[Permission::Learning]);
    assert!(ask(&system, administrator(), scopes).is_ok());
    for (role, permission) in
        [(Role::Finance, Permission::Bank), (Role::Integration, Permission::ManageBalances)]
    {
        let refused = ask(&system, administrator(), give_with(role, Scope::Vendor, &[permission]));
        assert!(refused.is_err(), "{role} {permission}");
    }
    let policy = || crate::reactions::policy_actor();
    for of_a_person in [
        AccountCommand::ConfirmEmail {},
        AccountCommand::RecordPasswordChange {},
        said("linkAccount", json!({ "issuer": "https://id.example", "subject": "1" })),
    ] {
        let refused = ask(&system, policy(), of_a_person);
        assert_eq!(refused, Err(AccountRefusal::AnotherSystem));
    }
    let key = said("recordApiKey", json!({ "key": Uuid::from_u128(1), "name": "LMS" }));
    assert!(ask(&system, policy(), key.clone()).is_ok());
    assert_eq!(ask(&anna([]), policy(), key), Err(AccountRefusal::APerson));
}

#[test]
fn what_is_suspended_can_lose_roles_and_gain_none_and_what_is_closed_stays_so() {
    let suspend = || said("suspendAccount", json!({ "reason": "Has left" }));
    let suspended = anna([give(Role::Finance, Scope::Vendor), suspend()]);
    assert_eq!(suspended.holder(), None);
    let give_more = give(Role::Auditor, Scope::Vendor);
    let refused = ask(&suspended, administrator(), give_more.clone());
    assert_eq!(refused, Err(AccountRefusal::Suspended));
    let taken = ask(&suspended, administrator(), take(Role::Finance, Scope::Vendor));
    assert!(matches!(taken.expect("goes")[..], [AccountEvent::RoleRevoked { .. }]));

    let back = AccountCommand::Reinstate {};
    let again = anna([give(Role::Finance, Scope::Vendor), suspend(), back.clone()]);
    assert!(permissions(&again, FINANCE).is_some());
    let closed = anna([suspend(), AccountCommand::Close {}]);
    assert_eq!(ask(&closed, administrator(), AccountCommand::Close {}), Ok(vec![]));
    for command in [back, give_more, suspend()] {
        assert_eq!(ask(&closed, administrator(), command), Err(AccountRefusal::Closed));
    }
    assert_eq!(
        ask(&closed, sign_up(ANNA), register("web")),
        Err(AccountRefusal::AlreadyRegistered)
    );
}

#[test]
fn a_role_for_a_partner_that_never_applied_is_refused() {
    let facts = AccountFacts { partner_is_unknown: true, ..AccountFacts::default() };
    let issued = Issued {
        by: administrator(),
        target: ANNA.0,
        at: at("2025-01-10"),
        dated: true,
        command_id: CommandId(Uuid::from_u128(1)),
        command: give(Role::Owner, Scope::Partner(ALFA)),
    };
    let refused = anna([]).decided(&issued, &facts.into());
    assert_eq!(refused, Err(AccountRefusal::UnknownPartner));
}

fn any_change() -> impl Strategy<Value = (bool, Seat, BTreeSet<Permission>)> {
    let members = [Role::Owner, Role::Seller];
    let vendors = [Role::Finance, Role::ChannelManager];
    let seats: Vec<Seat> = members
        .into_iter()
        .flat_map(|role| [ALFA, BETA].map(|id| Seat { role, scope: Scope::Partner(id) }))
        .chain(vendors.map(|role| Seat { role, scope: Scope::Vendor }))
        .collect();
    let permissions = proptest::sample::subsequence(Permission::OF_PEOPLE.to_vec(), 0..=4);
    (any::<bool>(), proptest::sample::select(seats), permissions)
        .prop_map(|(given, seat, set)| (given, seat, set.into_iter().collect()))
}

proptest! {
    /// Whatever is given and taken, an account holds what was given last and not taken since, each once, of one side.
    #[test]
    fn an_account_holds_what_was_given_last_and_not_taken_since(
        changes in proptest::collection::vec(any_change(), 0..40),
    ) {
        let mut account = anna([]);
        let mut held: std::collections::BTreeMap<Seat, BTreeSet<Permission>> = Default::default();
        for (nth, (given, seat, set)) in changes.into_iter().enumerate() {
            let Seat { role, scope } = seat;
            let command = if given {
                AccountCommand::GrantRole { role, scope, permissions: Some(set.clone()) }
            } else {
                take(role, scope)
            };
            let (at, command_id) = (at("2025-01-10"), CommandId(Uuid::from_u128(nth as u128)));
            let by = administrator();
            let issued = Issued { by, target: ANNA.0, at, dated: true, command_id, command };
            match account.decided(&issued, &AccountFacts::default().into()) {
                Ok(events) => {
                    events.into_iter().for_each(|event| account.evolve(event));
                    if given { held.insert(seat, set); } else { held.remove(&seat); }
                }
                Err(refusal) => prop_assert_eq!(refusal, AccountRefusal::BothSides),
            }
            let holder = account.holder().expect("is open");
            let now = holder.grants.iter().map(|grant| (grant.seat, grant.permissions.clone()));
            prop_assert_eq!(now.clone().count(), held.len());
            prop_assert_eq!(now.collect::<std::collections::BTreeMap<_, _>>(), held.clone());
            let members = held.keys().filter(|seat| seat.role.is_member()).count();
            prop_assert!(members == 0 || members == held.len());
        }
    }
}
