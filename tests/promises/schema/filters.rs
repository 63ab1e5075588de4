//! Filters of lists: what is given is meant literally, and what rows cannot be compared with is an input error.

use api::auth::Role;
use serde_json::{Value, json};
use tests::places;

use super::commands::apply;
use super::served::{LATE, Served, codes};

const QUERY: &str =
    "query($filter: PartnerFilter!) { partners(filter: $filter) { nodes { name } } }";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_name_begins_with_is_no_pattern() {
    for place in places().await {
        let served = Served::at(place).await;
        let name = r"50%_\Off sp. z o.o.";
        apply(&served, LATE, name).await;
        let found = async |prefix: &str| {
            let filter = json!({ "filter": { "nameStartsWith": prefix } });
            let answer = served.ask_with(Role::Auditor, None, QUERY, filter).await;
            assert_eq!(answer.errors, [], "{prefix}");
            let data = answer.data.into_json().expect("is JSON");
            data["partners"]["nodes"].as_array().expect("is a list").clone()
        };
        for prefix in ["50%", "50%_", r"50%_\", r"50%_\O"] {
            assert_eq!(found(prefix).await, [json!({ "name": name })], "{prefix}");
        }
        for prefix in ["%", "_", "50_", "50%%", r"50\", r"\50"] {
            assert_eq!(found(prefix).await, Vec::<Value>::new(), "{prefix}");
        }
        served.service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_no_row_can_be_compared_with_is_an_input_error() {
    for place in places().await {
        let served = Served::at(place).await;
        for (filter, known) in [
            (json!({ "nameStartsWith": "North" }), true),
            (json!({ "nameStartsWith": "a\u{0}" }), false),
            (json!({ "country": "P\u{0}" }), false),
            (json!({ "appliedFrom": "1900-01-01T00:00:00Z" }), true),
            (json!({ "appliedFrom": "1899-12-31T23:59:59Z" }), false),
            (json!({ "appliedUntil": "9999-12-31T23:59:59Z" }), true),
            (json!({ "appliedUntil": "+10000-01-01T00:00:00Z" }), false),
        ] {
            let given = json!({ "filter": filter });
            let answer = served.ask_with(Role::Auditor, None, QUERY, given).await;
            let wrong = [("partners".to_owned(), "BAD_USER_INPUT".to_owned())];
            let expected = if known { vec![] } else { wrong.to_vec() };
            assert_eq!(codes(&answer), expected, "{filter}: {:?}", answer.errors);
        }
        served.service.stop().await;
    }
}
