//! What a person may do is what their account says: of every mutation and field.

use std::collections::BTreeSet;

use api::access;
use api::auth::{Principal, Role};
use domain::Permission;
use serde_json::json;

use super::super::schema::mutations::{mutations, operation, value};
use super::super::schema::sdl::document;
use super::super::schema::served::{Served, codes, principal};

#[tokio::test(flavor = "multi_thread")]
async fn r97_until_the_address_is_confirmed_every_command_is_refused_and_nothing_is_seen() {
    let served = Served::begin().await;
    let (document, program) = (document(), served.story.id("program"));
    let north = served.objects("north").await;
    let before = *served.service.log.head().borrow();
    let unconfirmed = |role| Principal { confirmed: false, ..principal(role, Some(north.partner)) };
    for role in Role::PEOPLE {
        for (mutation, input) in mutations(&document) {
            if !access::may_use(role, "Mutation", &mutation) {
                continue;
            }
            let given = json!({ "input": value(&document, "input", &input, north, program) });
            let asked = operation(&mutation, &input);
            let answer = served.ask_by(unconfirmed(role), &asked, given).await;
            assert_eq!(answer.errors, [], "{role}: {mutation}");
            let payload = answer.data.into_json().expect("is JSON")[&mutation].clone();
            assert_eq!(payload["refusal"]["code"], "EMAIL_UNCONFIRMED", "{role}: {mutation}");
        }
        let seen = "{ viewer { role emailConfirmed } programs { nodes { name } } }";
        let answer = served.ask_by(unconfirmed(role), seen, json!({})).await;
        let told = [("programs".to_owned(), "EMAIL_UNCONFIRMED".to_owned())];
        assert_eq!(codes(&answer), told, "{role}");
        let viewer = &answer.data.into_json().expect("is JSON")["viewer"];
        assert_eq!(viewer["emailConfirmed"], false, "{role}");
    }
    assert_eq!(*served.service.log.head().borrow(), before);
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r80_r100_each_permission_opens_its_own_commands_whatever_the_others_are() {
    let served = Served::begin().await;
    let (document, program) = (document(), served.story.id("program"));
    let north = served.objects("north").await;
    let mut opened = BTreeSet::new();
    for role in Role::PEOPLE {
        for (mutation, input) in mutations(&document) {
            let needed = Permission::needed(&mutation, role);
            let Some(needed) = needed.filter(|_| access::may_use(role, "Mutation", &mutation))
            else {
                continue;
            };
            for set in 0..16_u32 {
                let four = Permission::OF_PEOPLE.into_iter().enumerate();
                let held = four.filter(|(nth, _)| set & (1 << nth) != 0).map(|(_, one)| one);
                let permissions: BTreeSet<Permission> = held.collect();
                let may = permissions.contains(&needed);
                let by = Principal { permissions, ..principal(role, Some(north.partner)) };
                // What would be refused anyway is refused for another reason, and changes nothing.
                let mut given = value(&document, "input", &input, north, program);
                given["expectedVersion"] = json!(1);
                let asked = operation(&mutation, &input);
                let answer = served.ask_by(by, &asked, json!({ "input": given })).await;
                let told = codes(&answer);
                let forbidden = told == [(mutation.clone(), "FORBIDDEN".to_owned())];
                assert_eq!(forbidden, !may, "{role} {set:04b}: {mutation}: {told:?}");
                opened.extend(may.then_some(needed));
            }
        }
    }
    let both = BTreeSet::from([Permission::Participate, Permission::ManageBalances]);
    assert_eq!(
        opened, both,
        "of the other two it is a list that is longer, and a mail that is sent"
    );
    served.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r99_with_show_all_everybody_is_among_your_partners_and_without_it_those_below() {
    let served = Served::begin().await;
    let query = "{ viewer { partners { nodes { name } } } }";
    let names = async |role, partner: &str, all: bool| {
        let by = principal(role, Some(served.story.id(partner)));
        let permissions = all.then_some(Permission::ShowAll).into_iter().collect();
        let answer = served.ask_by(Principal { permissions, ..by }, query, json!({})).await;
        assert_eq!(answer.errors, [], "{role}");
        let data = answer.data.into_json().expect("is JSON");
        let nodes = data["viewer"]["partners"]["nodes"].as_array().cloned().unwrap_or_default();
        nodes
            .iter()
            .map(|node| node["name"].as_str().unwrap_or_default()[..5].to_owned())
            .collect::<Vec<_>>()
    };
    for role in [Role::Owner, Role::Seller, Role::Specialist] {
        assert_eq!(names(role, "ridge", false).await, ["North"], "{role}");
        assert_eq!(names(role, "ridge", true).await, ["North", "Summi"], "{role}");
        assert_eq!(names(role, "north", false).await, Vec::<String>::new(), "{role}");
    }
    assert_eq!(names(Role::ChannelManager, "north", false).await, Vec::<String>::new());
    assert_eq!(names(Role::ChannelManager, "north", true).await, ["North", "Ridge", "Summi"]);
    served.service.stop().await;
}
