//! The access table against the schema: a row for every field, a field for every row, and what the rows must say.

use std::collections::BTreeSet;

use api::access;
use api::auth::Role;

use super::super::schema::sdl::{document, fields, types};

fn places() -> BTreeSet<String> {
    let document = document();
    types(&document)
        .flat_map(|definition| {
            fields(definition)
                .iter()
                .map(|field| format!("{}.{}", definition.name.node, field.node.name.node))
        })
        .collect()
}

#[test]
fn every_field_has_a_row_and_every_row_a_field() {
    let rows: BTreeSet<String> = access::rows()
        .into_iter()
        .flat_map(|(parent, fields)| {
            fields.into_iter().map(move |field| format!("{parent}.{field}"))
        })
        .collect();
    let fields = places();
    let has_row = |place: &&String| {
        place.split_once('.').is_some_and(|(parent, field)| access::entry(parent, field).is_some())
    };
    let denied: Vec<_> = fields.iter().filter(|place| !has_row(place)).collect();
    let stray: Vec<_> = rows.difference(&fields).collect();
    assert!(
        denied.is_empty() && stray.is_empty(),
        "without a row: {denied:#?}\nwithout a field: {stray:#?}"
    );
}

#[test]
fn a_field_that_some_reader_of_its_object_may_not_use_can_be_null() {
    let document = document();
    for definition in types(&document) {
        let parent = definition.name.node.as_str();
        if parent == "Subscription" {
            continue; // Each of its fields is an answer of its own.
        }
        let readers: Vec<Role> = Role::PEOPLE
            .into_iter()
            .filter(|role| {
                fields(definition)
                    .iter()
                    .any(|field| access::may_use(*role, parent, &field.node.name.node))
            })
            .collect();
        for field in fields(definition) {
            let all =
                readers.iter().all(|role| access::may_use(*role, parent, &field.node.name.node));
            let nullable = field.node.ty.node.nullable;
            assert!(
                all || nullable,
                "{parent}.{} is refused to some and never null",
                field.node.name.node
            );
        }
    }
}

#[test]
fn a_field_that_a_role_may_use_leads_to_something_that_it_may_use() {
    let document = document();
    for definition in types(&document) {
        let parent = definition.name.node.as_str();
        for field in fields(definition) {
            let ty = field.node.ty.node.to_string();
            let ty = ty.trim_matches(['[', ']', '!']);
            let Some(target) = types(&document).find(|target| target.name.node == ty) else {
                continue;
            };
            for role in Role::PEOPLE {
                let used = access::may_use(role, parent, &field.node.name.node);
                let blind = !fields(target).is_empty()
                    && !fields(target)
                        .iter()
                        .any(|field| access::may_use(role, ty, &field.node.name.node));
                assert!(
                    !(used && blind),
                    "{role} may use {parent}.{} and nothing of {ty}",
                    field.node.name.node
                );
            }
        }
    }
}

fn mutations_of(role: Role) -> Vec<&'static str> {
    let mut mutations = access::rows().remove("Mutation").expect("there are mutations");
    mutations.retain(|mutation| access::may_use(role, "Mutation", mutation));
    mutations.sort_unstable();
    mutations
}

#[test]
fn an_auditor_changes_nothing_and_reads_everything() {
    assert_eq!(mutations_of(Role::Auditor), Vec::<&str>::new());
    let members_only = ["Viewer.application", "Viewer.partner"];
    // Whoever follows the links in a mail acts as somebody else.
    let acts = |place: &str| place == "Mail.message" || place.starts_with("MailMessage.");
    for place in places() {
        let (parent, field) = place.split_once('.').expect("a place has two parts");
        let other = parent == "Mutation" || parent.ends_with("Payload") || parent == "Application";
        if !other && !acts(&place) && !members_only.contains(&place.as_str()) {
            assert!(access::may_use(Role::Auditor, parent, field), "{place}");
        }
    }
}

#[test]
fn m18_an_administrator_sees_no_money() {
    let document = document();
    for definition in types(&document) {
        let parent = definition.name.node.as_str();
        for field in fields(definition) {
            let ty = field.node.ty.node.to_string();
            let money = [
                "Money",
                "Wallet",
                "Lot",
                "Payout",
                "Leg",
                "Totals",
                "Calculation",
                "Explanation",
                "Journal",
            ]
            .iter()
            .any(|word| ty.contains(word) && !ty.ends_with("Payload"));
            if money {
                let place = format!("{parent}.{}: {ty}", field.node.name.node);
                assert!(
                    !access::may_use(Role::Administrator, parent, &field.node.name.node),
                    "{place}"
                );
            }
        }
    }
}

#[test]
fn finance_pays_and_decides_no_application() {
    let finance = mutations_of(Role::Finance);
    assert_eq!(
        finance,
        [
            "approvePayout",
            "freezeWallet",
            "publishPayoutPolicy",
            "recordPayment",
            "rejectPayout",
            "settlePayout",
            "submitPayout",
            "unfreezeWallet"
        ]
    );
    assert!(!access::may_use(Role::ChannelManager, "Query", "payouts"));
    assert!(!access::may_use(Role::ChannelManager, "Partner", "paymentDetailsSet"));
}

#[test]
fn m18_of_a_network_a_partner_learns_names_tiers_stages_and_depths() {
    let document = document();
    let member = types(&document)
        .find(|definition| definition.name.node == "NetworkMember")
        .expect("is there");
    let mut shown: Vec<&str> =
        fields(member).iter().map(|field| field.node.name.node.as_str()).collect();
    shown.sort_unstable();
    assert_eq!(shown, ["depth", "name", "stage", "tier"]);
}

#[test]
fn r4_before_approval_only_the_application_is_open() {
    let open: Vec<String> = places()
        .into_iter()
        .filter(|place| {
            let (parent, field) = place.split_once('.').expect("a place has two parts");
            matches!(parent, "Query" | "Mutation" | "Subscription" | "Viewer")
                && access::entry(parent, field).is_some_and(|entry| entry.before_approval())
        })
        .collect();
    assert_eq!(
        open,
        [
            "Mutation.addContact",
            "Mutation.applyForProgram",
            "Mutation.changeContact",
            "Mutation.removeContact",
            "Mutation.supplyInformation",
            "Mutation.withdrawApplication",
            "Query.viewer",
            "Viewer.application",
            "Viewer.emailConfirmed",
            "Viewer.permissions",
            "Viewer.role",
            "Viewer.seats",
            "Viewer.subject"
        ]
    );
}
