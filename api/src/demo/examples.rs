//! Sample queries of the demo's page: one for each of those who use Accord.

use serde_json::{Value, json};

use super::{partner, program};
use crate::http::Example;

/// What a portal, a channel manager, finance and an auditor begin with.
pub fn examples() -> Vec<Example> {
    let nordwind = partner("nordwind");
    vec![
        example(
            "My partner's portal",
            "owner",
            "query Portal($partner: UUID!) {
  viewer { subject role }
  partner(partnerId: $partner) {
    name tier stage referralCode
    wallets { currency balance { amount } available { amount } held { amount } }
    deals(first: 5) { edges { node { customer { name } stage total { amount currency } } } }
    network(first: 5) { edges { node { name tier depth } } }
  }
}",
            json!({ "partner": nordwind }),
        ),
        example(
            "Ask for a payout (and be refused)",
            "owner",
            r#"mutation Payout($wallet: UUID!) {
  requestPayout(input: { walletId: $wallet, amount: { amount: "1.00", currency: "EUR" } }) {
    position
    refusal { code message field policy { id version } }
    wallet { available { amount } reserved { amount } }
  }
}"#,
            json!({ "wallet": domain::WalletId::of(nordwind, euro()) }),
        ),
        example(
            "The programme at a glance",
            "channel-manager",
            "query Programme($program: UUID!) {
  programDashboard(programId: $program) {
    partnersApplied partnersApproved partnersJoined certificates
    dealsRegistered dealsQualified dealsApproved dealsSigned dealsWon dealsLost
    totals { currency revenueSigned { amount } revenuePaid { amount } }
  }
  partners(first: 20) { edges { node { name tier stage depth } } pageInfo { hasNextPage endCursor } }
}",
            json!({ "program": program() }),
        ),
        example(
            "Payouts that wait for finance",
            "finance",
            "{
  payouts(first: 10, filter: { states: [REQUESTED, APPROVED] }) {
    edges { node { payoutId state amount { amount currency } requestedBy requestedAt partner { name } } }
  }
}",
            Value::Null,
        ),
        example(
            "Trial balance and journal",
            "finance",
            "{
  trialBalance { account accountName currency debit { amount } credit { amount } }
  journal(first: 10) {
    edges { node { position account accountName debit { amount currency } credit { amount currency } } }
  }
}",
            Value::Null,
        ),
        example(
            "A wallet's statement",
            "finance",
            "query Statement($wallet: UUID!) {
  wallet(walletId: $wallet) {
    partner { name }
    balance { amount currency }
    statement(first: 20) {
      edges { node { occurredAt kind amount { amount } balanceAfter { amount } position } }
    }
    lots(first: 3) { edges { node { lotId amount { amount } rate maturesAt } } }
  }
}",
            json!({ "wallet": domain::WalletId::of(nordwind, euro()) }),
        ),
        example(
            "Where commissions come from",
            "auditor",
            r#"{
  events(first: 3, filter: { types: ["commission-accrued"] }) {
    edges { node {
      position eventType occurredAt recordedAt payload
      causes { position eventType actor { kind subject } }
    } }
  }
}"#,
            Value::Null,
        ),
        example(
            "Follow the log as it grows",
            "auditor",
            "subscription { events { position eventType aggregateId actor { kind subject } } }",
            Value::Null,
        ),
    ]
}

fn example(title: &str, role: &str, query: &str, variables: Value) -> Example {
    let variables = if variables.is_null() {
        String::new()
    } else {
        serde_json::to_string_pretty(&variables).unwrap_or_default()
    };
    Example { title: title.into(), query: query.into(), variables, role: Some(role.into()) }
}

#[expect(clippy::expect_used, reason = "EUR is an ISO 4217 code")]
fn euro() -> domain::Currency {
    domain::Currency::from_code("EUR").expect("EUR")
}
