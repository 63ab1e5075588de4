//! Sample queries (GraphQL documents) of the demo's page: one for each of those who use Accord.

use domain::{Currency, PartnerId, WalletId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{http::Example, story::Story};

/// What a portal, a channel manager, finance and an auditor begin with.
pub fn examples(year: &Story) -> Vec<Example> {
    let (program, partner) = (year.id("program"), year.id("nordwind"));
    let wallet = Currency::from_code("EUR").map(|eur| WalletId::of(PartnerId(partner), eur));
    let wallet = || json!({ "wallet": wallet });
    let example = |title: &str, role: &str, query: &str, variables: Value| Example {
        title: title.into(),
        query: query.into(),
        variables: if variables.is_null() { String::new() } else { format!("{variables:#}") },
        role: Some(role.into()),
    };
    macro_rules! file {
        ($name:literal) => {
            include_str!(concat!("examples/", $name, ".graphql"))
        };
    }
    let mut request = wallet();
    request["request"] = json!(Uuid::now_v7());
    let ask = "Ask for a payout";
    vec![
        example("My partner's portal", "owner", file!("portal"), json!({ "partner": partner })),
        example(ask, "owner", file!("payout"), request),
        example(
            "The programme at a glance",
            "channel-manager",
            file!("programme"),
            json!({ "program": program }),
        ),
        example(
            "Applications that wait, and for whom",
            "channel-manager",
            file!("applications"),
            Value::Null,
        ),
        example("Payouts that wait for finance", "finance", file!("waiting"), Value::Null),
        example("Trial balance and journal", "finance", file!("journal"), Value::Null),
        example("A wallet's statement", "finance", file!("statement"), wallet()),
        example("Where commissions come from", "auditor", file!("causes"), Value::Null),
        example("Follow the log as it grows", "auditor", file!("follow"), Value::Null),
    ]
}
