//! Two people: nobody decides what is their own, by story and by request (separation of duties).

use std::collections::BTreeSet;

use api::graphql::{Settings, graph};
use api::http::TraceId;
use async_graphql::{Request as Query, Variables};
use domain::{Actor, Command};

use super::*;

/// The refusals of a two-person rule.
const OWN: [&str; 8] = [
    "APPLICATION_MAKER_IS_CHECKER",
    "DEAL_BENEFICIARY_IS_CHECKER",
    "DEAL_MAKER_IS_CHECKER",
    "PARTNER_BENEFICIARY_IS_CHECKER",
    "PAYOUT_BENEFICIARY_IS_CHECKER",
    "PAYOUT_DETAILS_SETTER_IS_CHECKER",
    "PAYOUT_MAKER_IS_CHECKER",
    "PLAN_AUTHOR_IS_APPROVER",
];

/// What nobody does who may earn on a deal.
const KEPT_FROM_EARNERS: [&str; 6] = [
    "agreeShare",
    "approveDeal",
    "changeContractStatus",
    "qualifyDeal",
    "recordPayment",
    "winDeal",
];

#[tokio::test(flavor = "multi_thread")]
async fn m12_nobody_decides_an_application_a_deal_a_plan_or_a_payout_of_their_own() {
    for place in places().await {
        // The story tells of each who tries, also for another, what they are refused with; and who decides in the end.
        let telling = Telling::of(&place, "two-people").await;
        let steps = telling.story.steps.iter();
        let mut refused: Vec<&str> = steps.filter_map(|step| step.refused.as_deref()).collect();
        refused.sort_unstable();
        refused.dedup();
        refused.retain(|code| OWN.contains(code));
        assert_eq!(refused, OWN, "{place}: each rule is tried");
        let steps = telling.story.steps.iter();
        let earners = steps.filter(|step| step.refused.as_deref() == Some(OWN[1]));
        let kept: BTreeSet<&str> = earners.map(|step| step.command.name()).collect();
        assert_eq!(Vec::from_iter(kept), KEPT_FROM_EARNERS, "{place}");
        let history = telling.history().await;
        let decided = |name: &str| {
            let of = history.iter().filter(|event| event.envelope.event_type == name);
            let who = of.map(|event| &event.envelope.actor);
            who.map(|actor| (actor.id.as_str(), actor.role)).collect::<Vec<_>>()
        };
        let carla = [("carla", Role::ChannelManager)];
        assert_eq!(decided("commission-plan-drafted").len(), 2, "{place}");
        assert_eq!(decided("commission-plan-published"), carla, "{place}");
        let owners = ["tom", "sid", "sofia"].map(|owner| (owner, Role::Owner));
        assert_eq!(decided("applied"), owners, "{place}");
        assert_eq!(decided("application-approved"), [carla[0]; 3], "{place}");
        assert_eq!(decided("deal-registered"), [("mara", Role::ChannelManager)], "{place}");
        assert_eq!(decided("deal-qualified"), carla, "{place}");
        assert_eq!(decided("deal-approved"), carla, "{place}");
        assert_eq!(decided("share-agreed"), carla, "{place}");
        assert_eq!(decided("contract-status-changed"), carla, "{place}");
        assert_eq!(decided("payment-received"), [("erp", Role::Integration)], "{place}");
        assert_eq!(decided("deal-won"), carla, "{place}");
        assert_eq!(decided("payout-requested"), [("olga", Role::Owner)], "{place}");
        assert_eq!(decided("payout-approved"), [("fiona", Role::Finance)], "{place}");
        assert_eq!(decided("payout-submitted"), [("fiona", Role::Finance)], "{place}");
        assert_eq!(decided("payout-paid"), [("bank", Role::Integration)], "{place}");
        telling.service.stop().await;
    }
}

/// A field as the schema spells it.
fn camel(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| all + &word[..1].to_uppercase() + &word[1..])
}

/// The command as its mutation takes it: with the id of its target, and with words in the spelling of the schema.
fn input(command: &Command) -> Value {
    let (target, body) = match command {
        Command::Program(..) => ("programId", command.body()),
        Command::Account(..) => ("accountId", command.body()),
        Command::Partner(..) => ("partnerId", command.body()),
        Command::Deal(..) => ("dealId", command.body()),
        Command::Wallet(..) => ("walletId", command.body()),
        Command::Reservation(_, none) => match *none {},
    };
    let fields = body.expect("is JSON")["command"][command.name()].clone();
    let spelled = |(field, value): (&String, &Value)| {
        let word = matches!(field.as_str(), "result" | "outcome" | "code" | "to");
        let upper = |text: &str| json!(text.to_uppercase().replace('-', "_"));
        let value = value.as_str().filter(|_| word).map_or_else(|| value.clone(), upper);
        let percent = |ppm: u64| json!((ppm / 10_000).to_string());
        let value = value.as_u64().filter(|_| field == "share").map_or(value, percent);
        (camel(field), value)
    };
    let mut given: serde_json::Map<_, _> =
        fields.as_object().expect("is an object").iter().map(spelled).collect();
    given.insert(target.to_owned(), json!(command.target()));
    given.insert("commandId".to_owned(), json!(Uuid::now_v7()));
    given.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_refused_what_the_story_is_refused_and_a_role_before_anything_is_read() {
    for place in places().await {
        let file = Path::new(FOLDER).join("two-people.json");
        let story = Story::read(&file).expect("is a story");
        let service = start(&place, &story).await;
        let graph = graph(&service, Settings { introspection: false });
        let mut asked = 0;
        for (index, step) in story.steps.iter().enumerate() {
            let Some(code) = step.refused.as_deref() else { continue };
            if step.by.on_behalf_of.is_some() || !step.by.role.is_of_people() {
                continue; // Nobody signs in as these.
            }
            let before = Story { steps: story.steps[..index].to_vec(), ..story.clone() };
            before.tell(&file, &service, |_| ()).await.expect("the story goes as written");
            let name = step.command.name();
            let ty = name[..1].to_uppercase() + &name[1..];
            let text = format!(
                "mutation($input: {ty}Input!) {{ {name}(input: $input) {{ position refusal {{ code }} }} }}"
            );
            let Actor { id, role, partner, .. } = step.by.clone();
            let principal = Principal::usual(id, role, partner);
            let variables = json!({ "input": input(&step.command) });
            let query = Query::new(text).variables(Variables::from_json(variables));
            let answer = graph.execute(query.data(principal).data(TraceId::new())).await;
            let errors = serde_json::to_value(&answer.errors).expect("is JSON");
            let data = answer.data.into_json().expect("is JSON");
            let told = format!("{place}: line {}: {name}: {data} {errors}", step.line);
            if code == "ROLE_FORBIDDEN" {
                assert_eq!(errors[0]["extensions"]["code"], "FORBIDDEN", "{told}");
            } else {
                assert_eq!(errors, json!([]), "{told}");
                assert_eq!(data[name]["refusal"]["code"], code, "{told}");
                assert_eq!(data[name]["position"], Value::Null, "{told}");
            }
            asked += 1;
        }
        assert!(asked > 15, "{place}: {asked}");
        service.stop().await;
    }
}
