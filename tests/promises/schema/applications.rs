//! What was sent, asked, answered and found of applications, and who reads it.

use api::auth::Role;
use serde_json::{Value, json};
use tests::places;
use uuid::Uuid;

use super::served::{Served, codes};

/// Everything of a partner's application that is kept from somebody.
fn whole(partner: Uuid) -> String {
    format!(
        "{{ partner(partnerId: \"{partner}\") {{
            forms {{ nodes {{ name country submittedBy competencies customerPortfolio strategicGoals
                contacts {{ firstName lastName email }} }} }}
            informationRequests {{ nodes {{ question answer }} }}
            findings {{ nodes {{ kind sectorFit marketingCompetence notes reason }} }} }} }}"
    )
}

async fn told(served: &Served, role: Role, partner: Option<Uuid>, query: &str) -> Value {
    served.ask(role, partner, query).await.data.into_json().expect("is JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_what_was_sent_is_read_as_it_was_sent_by_who_judges_it_and_by_nobody_else_of_the_vendor()
{
    for place in places().await {
        let served = Served::at(place).await;
        let (north, anna) = (served.story.id("north"), served.story.id("anna"));
        let change =
            "mutation($input: ChangeContactInput!) { changeContact(input: $input) { position } }";
        let renamed = json!({ "input": { "partnerId": north, "contact": {
            "person": anna, "firstName": "Anna", "lastName": "Wilk", "email": "anna@north.example"
        } } });
        let changed = served.ask_with(Role::Owner, Some(north), change, renamed).await;
        assert_eq!(changed.errors, []);
        let sent = json!([{
            "name": "North sp. z o.o.", "country": "PL", "submittedBy": "anna",
            "competencies": "ERP and energy management for manufacturers.",
            "customerPortfolio": "Forty industrial customers.",
            "strategicGoals": "A practice for carbon accounting.",
            "contacts": [{ "firstName": "Anna", "lastName": "Nowak", "email": "anna@north.example" }]
        }]);
        let asked = json!([{
            "question": "Which of your customers buy software?", "answer": "Twelve of the forty."
        }]);
        for role in [Role::ChannelManager, Role::Auditor] {
            let partner = told(&served, role, None, &whole(north)).await["partner"].clone();
            assert_eq!(partner["forms"]["nodes"], sent, "{role}");
            assert_eq!(partner["informationRequests"]["nodes"], asked, "{role}");
            let findings = partner["findings"]["nodes"].as_array().expect("there are some");
            let kinds: Vec<&Value> = findings.iter().map(|finding| &finding["kind"]).collect();
            assert_eq!(kinds, ["REVIEW", "INTERVIEW", "APPROVAL"], "{role}");
            assert_eq!(findings[0]["marketingCompetence"], "Two people and a newsletter.");
            assert_eq!(findings[1]["notes"], "Knows its customers.");
        }
        for role in Role::PEOPLE.into_iter().filter(|role| role.is_member()) {
            let answer = served.ask(role, Some(north), &whole(north)).await;
            let kept = [("partner.findings".to_owned(), "FORBIDDEN".to_owned())];
            assert_eq!(codes(&answer), kept, "{role}");
            let partner = answer.data.into_json().expect("is JSON")["partner"].clone();
            assert_eq!(partner["forms"]["nodes"], sent, "{role}: its own");
            assert_eq!(partner["informationRequests"]["nodes"], asked, "{role}: its own");
            let ridge = served.story.id("ridge");
            let foreign = told(&served, role, Some(ridge), &whole(north)).await;
            assert_eq!(foreign["partner"], Value::Null, "{role}: another's");
        }
        for role in [Role::Finance, Role::Administrator] {
            let answer = served.ask(role, None, &whole(north)).await;
            let kept = ["findings", "forms", "informationRequests"];
            let kept = kept.map(|field| (format!("partner.{field}"), "FORBIDDEN".to_owned()));
            let mut told = codes(&answer);
            told.sort();
            assert_eq!(told, kept, "{role}");
        }
        served.service.stop().await;
    }
}
