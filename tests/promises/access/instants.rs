//! Who could see what at an instant: by the roles that accounts held then (permission time travel).

use api::auth::Role;
use chrono::{DateTime, Utc};
use domain::account::{AccountCommand, Scope, Seat, operator};
use domain::{AccountId, Command, CommandId, PartnerId};
use serde_json::Value;
use tests::{people, places};
use uuid::Uuid;

use super::super::schema::served::Served;

/// Who could see the story's deal at an instant, by account.
async fn who_could_see(served: &Served, at: &str) -> Vec<AccountId> {
    let deal = served.story.id("deal");
    let query = format!(
        "{{ whoCouldSee(dealId: \"{deal}\", at: \"{at}\", first: 100) {{ nodes {{ accountId }} }} }}"
    );
    let answer = served.ask(Role::Auditor, None, &query).await;
    assert_eq!(answer.errors, [], "{at}");
    let data = answer.data.into_json().expect("is JSON");
    let nodes = data["whoCouldSee"]["nodes"].as_array().cloned().unwrap_or_default();
    let id = |node: &Value| node["accountId"].as_str().expect("has one").parse().expect("an id");
    nodes.iter().map(|node| AccountId(id(node))).collect()
}

/// What whoever operates the machine does at an instant, within the day that the story has come to.
async fn change(served: &Served, at: &str, id: AccountId, command: AccountCommand) {
    let at: DateTime<Utc> = at.parse().expect("an instant");
    served.service.advance(at).await;
    let request = api::commands::Request {
        command_id: CommandId(Uuid::now_v7()),
        by: operator(),
        at: Some(at),
        expected_version: None,
        cause: None,
        command: Command::Account(id, command),
    };
    let outcome = served.service.ask(request).await.expect("the log answers");
    assert!(matches!(outcome, api::commands::Outcome::Done(_)), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn e20_who_could_see_a_deal_on_a_day_is_told_by_the_roles_that_were_held_on_it() {
    for place in places().await {
        let served = Served::at(place).await;
        let hanna = AccountId(served.story.id("hanna")); // A seller of the deal's partner, from the end of the story on.
        let of = |name: &str| Scope::Partner(PartnerId(served.story.id(name)));
        let give = |role, scope| AccountCommand::GrantRole { role, scope, permissions: None };
        let take = |role, scope| AccountCommand::RevokeRole { role, scope };
        let [finance, above, blind, late] = {
            let commands = &served.service.commands;
            [(); 4].map(|()| people::account(commands, None::<Seat>))
        };
        let (finance, above, blind, late) = tokio::join!(finance, above, blind, late);

        change(&served, "2025-03-01T00:00:00Z", finance, give(Role::Finance, Scope::Vendor)).await;
        change(&served, "2025-03-01T00:00:00Z", above, give(Role::Owner, of("ridge"))).await;
        change(&served, "2025-03-01T00:00:00Z", blind, give(Role::Administrator, Scope::Vendor))
            .await;
        change(&served, "2025-03-05T00:00:00Z", finance, take(Role::Finance, Scope::Vendor)).await;
        change(&served, "2025-03-06T00:00:00Z", late, give(Role::Specialist, of("north"))).await;
        change(&served, "2025-03-08T00:00:00Z", finance, give(Role::Finance, Scope::Vendor)).await;
        let reason = "On leave".to_owned();
        change(&served, "2025-03-09T00:00:00Z", hanna, AccountCommand::Suspend { reason }).await;
        change(&served, "2025-03-11T00:00:00Z", hanna, AccountCommand::Reinstate {}).await;
        change(&served, "2025-03-12T00:00:00Z", late, give(Role::Owner, of("north"))).await;
        change(&served, "2025-03-13T00:00:00Z", hanna, AccountCommand::Close {}).await;
        change(&served, "2025-03-14T00:00:00Z", late, take(Role::Owner, of("north"))).await;
        served.service.settle().await;

        let both = vec![hanna, finance];
        for (at, could) in [
            ("2024-12-01T00:00:00Z", vec![]), // There was no deal.
            ("2025-02-25T23:59:59Z", vec![]),
            ("2025-02-28T23:59:59.999Z", vec![hanna]),
            ("2025-03-01T00:00:00Z", both.clone()),
            ("2025-03-04T23:59:59.999Z", both.clone()),
            ("2025-03-05T00:00:00Z", vec![hanna]), // Taken away ...
            ("2025-03-07T23:59:59.999Z", vec![hanna]),
            ("2025-03-08T00:00:00Z", both.clone()), // ... and given again.
            ("2025-03-09T00:00:00Z", vec![finance]),
            ("2025-03-11T00:00:00Z", both.clone()),
            ("2025-03-12T00:00:00Z", vec![hanna, finance, late]),
            ("2025-03-13T00:00:00Z", vec![finance, late]),
            ("2025-03-14T00:00:00Z", vec![finance]),
        ] {
            let mut told = who_could_see(&served, at).await;
            let mut could = could;
            told.sort();
            could.sort();
            assert_eq!(told, could, "{at}");
        }
        served.service.stop().await;
    }
}
