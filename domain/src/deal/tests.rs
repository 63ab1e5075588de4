//! What may happen to a deal, in which order, and what it earns.

use std::sync::{Arc, LazyLock};

use chrono::DateTime;
use cqrs_es::test::TestFramework;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    Actor, CommandId, Refusal, Tier, commission::AccrualKind, partner::PartnerEvent,
    program::ProgramCommand, refusal::Invalid, testing::*,
};

const GAMMA: PartnerId = PartnerId(Uuid::from_u128(0xC));

type Outcome = Result<Vec<DealEvent>, DealRefusal>;

fn facts() -> DealFacts {
    static USUAL: LazyLock<DealFacts> = LazyLock::new(|| facts_with([]));
    USUAL.clone()
}

/// The usual facts after these publications; Alfa sells alone.
fn facts_with(more: impl IntoIterator<Item = ProgramCommand>) -> DealFacts {
    DealFacts {
        program: programme(more),
        partner: Some(partner([])),
        commission: Some(CommissionFacts { sellers: vec![sells(ALFA, [], &[])] }),
    }
}

fn sells(
    partner: PartnerId,
    more: impl IntoIterator<Item = PartnerEvent>,
    upline: &[PartnerId],
) -> SellerFacts {
    let above = |id: &PartnerId| (*id, crate::testing::partner([]));
    let state = crate::testing::partner(more);
    SellerFacts { partner, state, upline: upline.iter().map(above).collect() }
}

fn command(name: &str, fields: Value) -> DealCommand {
    serde_json::from_value(json!({ name: fields })).expect(name)
}

fn registration() -> Value {
    json!({
        "program": PROGRAM,
        "partner": ALFA,
        "customer": {
            "name": "Huta Stal S.A.",
            "country": "PL",
            "tax_id": "PL 525-000-12-34",
            "domain": "https://www.huta-stal.example/"
        },
        "product_lines": ["carbon", "energy"],
        "territory": "PL",
        "estimate": { "amount": "12000.00", "currency": "EUR" },
        "expected_close": "2025-06-30",
        "problems": "No carbon accounts",
        "criteria": "Price and local support"
    })
}

/// The usual registration with another value at a path such as `customer.name`.
fn register_with(path: &str, value: Value) -> DealCommand {
    let mut fields = registration();
    *fields.pointer_mut(&format!("/{}", path.replace('.', "/"))).expect(path) = value;
    command("registerDeal", fields)
}

fn register() -> DealCommand {
    command("registerDeal", registration())
}

fn qualification() -> Value {
    json!({
        "icp_match": true,
        "timeframe": "Second quarter",
        "budget": { "amount": "15000.00", "currency": "EUR" },
        "decision_maker": "Jan Kowalski"
    })
}

fn qualify_by_partner() -> DealCommand {
    command("qualifyDealByPartner", qualification())
}

fn send_back() -> DealCommand {
    command("returnDeal", json!({ "reason": "Whose budget?", "fields": ["budget"] }))
}

fn sign() -> DealCommand {
    command(
        "signContract",
        json!({ "signed_on": "2025-02-10", "lines": [
            { "id": "1", "product_line": "carbon", "net": { "amount": "8000.00", "currency": "EUR" } },
            { "id": "2", "product_line": "energy", "net": { "amount": "2000.00", "currency": "EUR" } }
        ] }),
    )
}

fn set_status(to: &str) -> DealCommand {
    DealCommand::ChangeContractStatus { to: to.into() }
}

fn payment(number: u128) -> PaymentId {
    PaymentId(Uuid::from_u128(number))
}

fn pay(number: u128, amount: &str) -> DealCommand {
    let (payment, amount, received_on) = (payment(number), eur(amount), day("2025-02-15"));
    DealCommand::RecordPayment { payment, amount, received_on, allocations: None }
}

fn pay_lines(number: u128, amount: &str, lines: &[(&str, &str)]) -> DealCommand {
    let (payment, amount, received_on) = (payment(number), eur(amount), day("2025-02-15"));
    let part =
        |(line, amount): &(&str, &str)| Allocation { line: (*line).into(), amount: eur(amount) };
    let allocations = Some(lines.iter().map(part).collect());
    DealCommand::RecordPayment { payment, amount, received_on, allocations }
}

fn calculate(trigger: u128, payment: Option<PaymentId>) -> DealCommand {
    DealCommand::CalculateCommission { trigger: event(trigger), payment }
}

fn reject() -> DealCommand {
    DealCommand::Reject { code: DealRejectionCode::NotAFit }
}

fn lose() -> DealCommand {
    DealCommand::Lose { code: LossCode::Price }
}

/// The events of these commands, asked by the vendor on these days; a day without a time is its noon.
fn events_of<'a>(
    facts: &DealFacts,
    commands: impl IntoIterator<Item = (&'a str, DealCommand)>,
) -> Vec<DealEvent> {
    let mut deal = Deal::default();
    let mut events = vec![];
    for (on, command) in commands {
        let name = command.name();
        events.extend(handled(&mut deal, vendor("vera", on, command), facts).expect(name));
    }
    events
}

/// A deal at one of its stages; approved at noon on 1 February 2025, so protected until 2 May in Warsaw begins.
fn deal_at(stage: &str) -> Vec<DealEvent> {
    let way = [
        ("registered", vec![register()]),
        ("partner-qualified", vec![qualify_by_partner()]),
        ("qualified", vec![DealCommand::Qualify {}]),
        ("pending", vec![DealCommand::RequestApproval {}]),
        ("approved", vec![DealCommand::Approve {}]),
        ("signed", vec![sign()]),
        ("won", vec![pay(1, "10000.00"), DealCommand::Win {}]),
    ];
    let (branch, last) = match stage {
        "returned" => ("partner-qualified", Some(send_back())),
        "rejected" => ("registered", Some(reject())),
        "withdrawn" => ("registered", Some(DealCommand::Withdraw {})),
        "lost" => ("registered", Some(lose())),
        on_the_way => (on_the_way, None),
    };
    if stage == "expired" {
        return [deal_at("approved"), vec![DealEvent::ProtectionExpired {}]].concat();
    }
    let position = way.iter().position(|(name, _)| *name == branch).expect(stage);
    let commands = way.into_iter().take(position + 1).flat_map(|(name, commands)| {
        let on = if matches!(name, "signed" | "won") { "2025-02-15" } else { "2025-02-01" };
        commands.into_iter().map(move |command| (on, command))
    });
    events_of(&facts(), commands.chain(last.map(|last| ("2025-02-01", last))))
}

const PROTECTED_UNTIL: &str = "2025-05-01T22:00:00Z";

fn decide(given: Vec<DealEvent>, command: Issued<DealCommand>) -> Outcome {
    after::<Deal>(given).decide(&command, &facts())
}

/// Asked by the vendor on 20 February 2025.
fn vendor_does(given: Vec<DealEvent>, command: DealCommand) -> Outcome {
    decide(given, vendor("vera", "2025-02-20", command))
}

fn names(outcome: Outcome) -> Vec<&'static str> {
    outcome.expect("is allowed").iter().map(DealEvent::name).collect()
}

mod registration {
    use super::*;

    #[test]
    fn a_deal_is_registered_once() {
        TestFramework::<Deal>::with(facts())
            .given(deal_at("registered"))
            .when(alfa("2025-02-02", register()))
            .then_expect_error(DealRefusal::AlreadyRegistered);
        TestFramework::<Deal>::with(facts())
            .given_no_previous_events()
            .when(alfa("2025-02-02", qualify_by_partner()))
            .then_expect_error(DealRefusal::NotRegistered);
    }

    #[test]
    fn r44_the_policy_says_who_may_register_and_the_refusal_cites_it() {
        let mut strict = deal_policy();
        strict["certificate_required"] = json!(true);
        let program = programme([publish_deal_policy("2025-02-01T00:00:00Z", strict)]);
        let certified = PartnerEvent::Certified {
            certificate: Uuid::nil(),
            person: MARIA,
            certification: "seller".into(),
            version: 1,
            valid_from: at("2025-01-10"),
            valid_until: Some(at("2025-03-01T00:00:00Z")),
        };
        let register = |on, certificate: Vec<PartnerEvent>| {
            let owner = Some(partner(certificate));
            let facts = DealFacts { program: program.clone(), partner: owner, commission: None };
            Deal::default().decide(&alfa(on, register()), &facts)
        };
        let policy = PolicyRef { id: "deal-policy".into(), version: 2 };
        let refused = Err(DealRefusal::CertificateRequired { policy });
        assert_eq!(names(register("2025-01-31T23:59:59.999Z", vec![])), ["deal-registered"]);
        assert_eq!(register("2025-02-01T00:00:00Z", vec![]), refused);
        let valid = vec![certified];
        assert_eq!(names(register("2025-02-28T23:59:59Z", valid.clone())), ["deal-registered"]);
        assert_eq!(register("2025-03-01T00:00:00Z", valid), refused);
    }

    #[test]
    fn only_a_partner_in_the_network_registers_and_only_for_itself() {
        let register = |owner, by: Issued<DealCommand>| {
            let facts = DealFacts { program: programme([]), partner: owner, commission: None };
            Deal::default().decide(&by, &facts)
        };
        let approved = after(partner_events(until_joined().into_iter().take(6)));
        let not_in = Err(DealRefusal::PartnerNotIn);
        assert_eq!(register(None, alfa("2025-02-01", super::register())), not_in);
        assert_eq!(
            register(Some(Arc::new(approved)), alfa("2025-02-01", super::register())),
            not_in
        );
        let elsewhere = register_with("program", json!(Uuid::nil()));
        assert_eq!(register(Some(partner([])), alfa("2025-02-01", elsewhere)), not_in);
        for by in [beta("2025-02-01", super::register()), stranger("2025-02-01", super::register())]
        {
            assert_eq!(register(Some(partner([])), by), Err(DealRefusal::Foreign));
        }
    }

    #[test]
    fn customers_are_recognised_however_they_are_written() {
        let keys = |customer: Value| {
            let outcome = decide(vec![], alfa("2025-02-01", register_with("customer", customer)));
            match outcome.expect("is allowed").as_slice() {
                [DealEvent::Registered { match_keys, .. }] => match_keys.clone(),
                other => unreachable!("{other:?}"),
            }
        };
        let expected = ["tax:pl5250001234", "domain:huta-stal.example", "name:hutastalsa/pl"];
        assert_eq!(keys(registration()["customer"].clone()), expected);
        for domain in [
            "huta-stal.example",
            "WWW.Huta-Stal.Example",
            " huta-stal.example. ",
            "http://huta-stal.example:8080/pl?x#y",
        ] {
            let customer = json!({
                "name": "HUTA STAL SA", "country": "PL", "tax_id": "pl5250001234", "domain": domain
            });
            assert_eq!(keys(customer), expected, "{domain}");
        }
        let blank = json!({ "name": "---", "country": "PL", "tax_id": "-", "domain": "www." });
        assert_eq!(keys(blank), [""; 0], "nothing makes all of them one customer");
    }

    #[test]
    fn r48_the_first_matching_rule_or_the_default_queue_looks_after_a_deal() {
        let assigned = |territory: &str| {
            let given =
                events_of(&facts(), [("2025-02-01", register_with("territory", json!(territory)))]);
            vendor_does(given, DealCommand::AssignResponsible {})
        };
        let (responsible, rule) = ("ewa".into(), AssignmentRule::Territory);
        let by_rule = DealEvent::ResponsibleAssigned { responsible, rule };
        assert_eq!(assigned("PL"), Ok(vec![by_rule.clone()]));
        let (responsible, rule) = ("channel-desk".into(), AssignmentRule::DefaultQueue);
        assert_eq!(assigned("DE"), Ok(vec![DealEvent::ResponsibleAssigned { responsible, rule }]));
        let again = [deal_at("registered"), vec![by_rule]].concat();
        assert_eq!(vendor_does(again, DealCommand::AssignResponsible {}), Ok(vec![]));
    }

    #[test]
    fn bad_input_is_refused_by_its_field() {
        for (path, value, field) in [
            ("customer.name", json!(""), "customer.name"),
            ("customer.name", json!("x".repeat(201)), "customer.name"),
            ("customer.country", json!("Poland"), "customer.country"),
            ("customer.tax_id", json!("\u{0}"), "customer.tax_id"),
            ("customer.domain", json!(""), "customer.domain"),
            ("product_lines", json!([]), "product_lines"),
            ("product_lines", json!(vec!["x"; 101]), "product_lines"),
            ("product_lines", json!(["a", ""]), "product_lines.1"),
            ("product_lines", json!(["a", "b", "a"]), "product_lines.2"),
            ("territory", json!(" "), "territory"),
            ("estimate", json!({ "amount": "0", "currency": "EUR" }), "estimate"),
            ("estimate", json!({ "amount": "-1.00", "currency": "EUR" }), "estimate"),
            ("problems", json!("x".repeat(8_001)), "problems"),
            ("criteria", json!("\u{7}"), "criteria"),
        ] {
            let outcome = decide(vec![], alfa("2025-02-01", register_with(path, value)));
            let refusal = Refusal::from(outcome.expect_err(path));
            assert_eq!((refusal.code, refusal.field.join(".").as_str()), ("INVALID_INPUT", field));
        }
        let most = json!({ "amount": "92233720368547758.07", "currency": "EUR" });
        let outcome = decide(vec![], alfa("2025-02-01", register_with("estimate", most)));
        assert_eq!(names(outcome), ["deal-registered"]);
    }
}

mod qualification {
    use super::*;

    #[test]
    fn r49_a_missing_parameter_blocks_the_partners_qualification() {
        for missing in ["icp_match", "timeframe", "budget", "decision_maker"] {
            let mut fields = super::qualification();
            fields.as_object_mut().expect("is an object").remove(missing);
            let incomplete = command("qualifyDealByPartner", fields);
            let outcome = decide(deal_at("registered"), alfa("2025-02-02", incomplete));
            let fields = vec![missing.to_owned()];
            let missing = missing.to_owned();
            assert_eq!(outcome, Err(DealRefusal::QualificationIncomplete { missing, fields }));
        }
        let whole = decide(deal_at("registered"), alfa("2025-02-02", qualify_by_partner()));
        assert_eq!(names(whole), ["deal-qualified-by-partner"]);
    }

    #[test]
    fn r50_the_vendor_returns_a_wrong_qualification_with_a_reason_or_approves_a_right_one() {
        let qualify = || DealCommand::Qualify {};
        let unqualified = Err(DealRefusal::NotQualifiedByPartner);
        for stage in ["registered", "returned"] {
            assert_eq!(vendor_does(deal_at(stage), qualify()), unqualified, "{stage}");
            assert_eq!(vendor_does(deal_at(stage), send_back()), unqualified, "{stage}");
            let again = decide(deal_at(stage), alfa("2025-02-20", qualify_by_partner()));
            assert_eq!(names(again), ["deal-qualified-by-partner"], "{stage}");
        }
        let given = || deal_at("partner-qualified");
        let no_reason = command("returnDeal", json!({ "reason": "", "fields": [] }));
        let missing = Invalid::new("reason", "is missing");
        assert_eq!(vendor_does(given(), no_reason), Err(missing.into()));
        assert_eq!(names(vendor_does(given(), send_back())), ["deal-returned"]);
        assert_eq!(names(vendor_does(given(), qualify())), ["deal-qualified"]);
        for command in [qualify(), send_back()] {
            let by_partner = decide(given(), alfa("2025-02-20", command));
            assert_eq!(by_partner, Err(DealRefusal::ApproverIsMember));
        }
    }

    #[test]
    fn the_vendor_verifies_what_the_partner_said_last() {
        let hash = |fields: Value| {
            let way = [
                ("2025-02-01", register()),
                ("2025-02-01", qualify_by_partner()),
                ("2025-02-01", send_back()),
                ("2025-02-01", command("qualifyDealByPartner", fields)),
                ("2025-02-01", DealCommand::Qualify {}),
            ];
            match events_of(&facts(), way).pop() {
                Some(DealEvent::Qualified { parameters_hash, .. }) => parameters_hash,
                other => unreachable!("{other:?}"),
            }
        };
        let mut sooner = super::qualification();
        sooner["timeframe"] = json!("This month");
        assert_eq!(hash(super::qualification()), hash(super::qualification()));
        assert_ne!(hash(super::qualification()), hash(sooner));
    }

    #[test]
    fn who_decides_at_the_customer_is_personal() {
        let mut events = serde_json::to_value(deal_at("won")).expect("is JSON");
        let left = events.as_array_mut().expect("is a list");
        left.iter_mut().for_each(|event| {
            if let Some(person) = event.pointer_mut("/deal-qualified-by-partner/decision_maker") {
                person.as_object_mut().expect("is personal").remove("known");
            }
        });
        assert!(!events.to_string().contains("Kowalski"));
    }
}

mod approval {
    use super::*;

    fn request(estimate: &str) -> Outcome {
        let estimate = json!({ "amount": estimate, "currency": "EUR" });
        let way = [
            ("2025-02-01", register_with("estimate", estimate)),
            ("2025-02-01", qualify_by_partner()),
            ("2025-02-01", DealCommand::Qualify {}),
        ];
        vendor_does(events_of(&facts(), way), DealCommand::RequestApproval {})
    }

    #[test]
    fn r45_the_route_is_a_pure_function_of_the_deal_and_the_policy_version() {
        let policy = facts().program;
        let policy =
            policy.rulebook().and_then(|rulebook| rulebook.deal_policy_at(at("2025-02-01")));
        let policy = &policy.expect("is published").body;
        for (estimate, expected) in [
            ("0.01", Route::Automatic),
            ("10000.00", Route::Automatic),
            ("10000.01", Route::Manual),
        ] {
            assert_eq!(route(policy, eur(estimate)), expected);
            assert_eq!(route(policy, eur(estimate)), expected);
            let requested = DealEvent::ApprovalRequested { route: expected, policy_version: 1 };
            assert_eq!(request(estimate).expect("may ask")[0], requested);
        }
        assert_eq!(route(policy, Money::new(1, currency("USD"))), Route::Manual);
        assert_eq!(names(request("10000.00")), ["approval-requested", "deal-approved"]);
        assert_eq!(names(request("10000.01")), ["approval-requested"]);
    }

    #[test]
    fn what_the_policy_approves_is_approved_by_the_policy_whoever_asks() {
        let small = json!({ "amount": "10000.00", "currency": "EUR" });
        let way = [
            ("2025-02-01", register_with("estimate", small)),
            ("2025-02-01", qualify_by_partner()),
            ("2025-02-01", DealCommand::Qualify {}),
        ];
        let given = events_of(&facts(), way);
        let asked = decide(given, alfa("2025-02-01", DealCommand::RequestApproval {}));
        let approved = DealEvent::Approved {
            by: "deal-policy".into(),
            route: Route::Automatic,
            protected_until: at(PROTECTED_UNTIL),
            policy_version: 1,
        };
        assert_eq!(asked.expect("may ask")[1], approved);
    }

    #[test]
    fn no_member_approves_or_rejects_a_deal() {
        for command in [DealCommand::Approve {}, reject()] {
            let outcome = decide(deal_at("pending"), alfa("2025-02-01", command.clone()));
            assert_eq!(outcome, Err(DealRefusal::ApproverIsMember));
            assert_eq!(names(vendor_does(deal_at("pending"), command)).len(), 1);
        }
    }

    #[test]
    fn a_signature_counts_up_to_the_instant_before_protection_ends() {
        let sign = |instant| decide(deal_at("approved"), alfa(instant, sign()));
        assert_eq!(names(sign("2025-05-01T21:59:59.999Z")), ["contract-signed"]);
        let ended = at(PROTECTED_UNTIL);
        assert_eq!(sign(PROTECTED_UNTIL), Err(DealRefusal::ProtectionEnded { ended }));
    }

    #[test]
    fn protection_expires_at_its_instant_and_ends_the_deal() {
        let expire = |stage, instant| {
            decide(deal_at(stage), policy(instant, DealCommand::ExpireProtection {}))
        };
        let until = at(PROTECTED_UNTIL);
        let early = expire("approved", "2025-05-01T21:59:59.999Z");
        assert_eq!(early, Err(DealRefusal::ProtectionRuns { until }));
        assert_eq!(names(expire("approved", PROTECTED_UNTIL)), ["protection-expired"]);
        assert_eq!(expire("signed", PROTECTED_UNTIL), Ok(vec![]));
        assert_eq!(expire("expired", PROTECTED_UNTIL), Ok(vec![]));
        let late = decide(deal_at("expired"), alfa("2025-05-02", sign()));
        assert_eq!(late, Err(DealRefusal::Ended { state: "expired" }));
    }

    #[test]
    fn protection_follows_the_policy_in_force_at_the_approval() {
        let mut short = deal_policy();
        short["protection_days"] = json!(1);
        let facts = facts_with([publish_deal_policy("2025-02-10T00:00:00Z", short)]);
        let until = |instant| {
            let approved = after::<Deal>(deal_at("pending"))
                .decide(&vendor("vera", instant, DealCommand::Approve {}), &facts);
            match approved.expect("may approve").as_slice() {
                [DealEvent::Approved { protected_until, policy_version, .. }] => {
                    (*protected_until, *policy_version)
                }
                other => unreachable!("{other:?}"),
            }
        };
        assert_eq!(until("2025-02-09T12:00:00Z"), (at("2025-05-09T22:00:00Z"), 1));
        assert_eq!(until("2025-02-10T12:00:00Z"), (at("2025-02-10T23:00:00Z"), 2));
    }
}

/// Every stage meets every command; a name is the event that comes of it, a code the refusal, nothing a repetition.
#[test]
fn every_stage_meets_every_command() {
    const STAGES: [&str; 12] = [
        "registered",
        "partner-qualified",
        "returned",
        "qualified",
        "pending",
        "approved",
        "signed",
        "won",
        "rejected",
        "expired",
        "withdrawn",
        "lost",
    ];
    let met = |command: &DealCommand| {
        let outcome = |stage: &str| match vendor_does(deal_at(stage), command.clone()) {
            Ok(events) => events.first().map_or("", DealEvent::name),
            Err(refusal) => refusal.code(),
        };
        STAGES.map(outcome)
    };
    let (ended, early, signed) = ("DEAL_ENDED", "DEAL_NOT_APPROVED", "CONTRACT_ALREADY_SIGNED");
    let (unsaid, done) = ("DEAL_NOT_QUALIFIED_BY_PARTNER", "DEAL_ALREADY_QUALIFIED");
    let (unqualified, asked) = ("DEAL_NOT_QUALIFIED", "APPROVAL_ALREADY_REQUESTED");
    let unsigned = "CONTRACT_NOT_SIGNED";
    let before_signature = |name, at_signed, at_won| {
        let e = ended;
        [name, name, name, name, name, name, at_signed, at_won, e, e, e, e]
    };
    let said = "deal-qualified-by-partner";
    assert_eq!(
        met(&qualify_by_partner()),
        [said, done, said, done, done, done, done, done, ended, ended, ended, ended]
    );
    let returned = "deal-returned";
    assert_eq!(
        met(&send_back()),
        [unsaid, returned, unsaid, done, done, done, done, done, ended, ended, ended, ended]
    );
    let qualified = "deal-qualified";
    assert_eq!(
        met(&DealCommand::Qualify {}),
        [unsaid, qualified, unsaid, done, done, done, done, done, ended, ended, ended, ended]
    );
    let (u, requested) = (unqualified, "approval-requested");
    assert_eq!(
        met(&DealCommand::RequestApproval {}),
        [u, u, u, requested, asked, asked, asked, asked, ended, ended, ended, ended]
    );
    let approved = "deal-approved";
    assert_eq!(
        met(&DealCommand::Approve {}),
        [u, u, u, approved, approved, "", signed, signed, ended, ended, ended, ended]
    );
    let rejected = "deal-rejected";
    assert_eq!(
        met(&reject()),
        [
            rejected, rejected, rejected, rejected, rejected, asked, signed, signed, "", ended,
            ended, ended
        ]
    );
    let mut withdrawn = before_signature("deal-withdrawn", signed, signed);
    withdrawn[10] = "";
    assert_eq!(met(&DealCommand::Withdraw {}), withdrawn);
    let mut lost = before_signature("deal-lost", signed, signed);
    lost[11] = "";
    assert_eq!(met(&lose()), lost);
    assert_eq!(
        met(&DealCommand::ExpireProtection {}),
        [early, early, early, early, early, "PROTECTION_RUNS", "", "", ended, "", ended, ended]
    );
    let share = DealCommand::AgreeShare { partner: BETA, share: Ppm(100_000) };
    assert_eq!(met(&share), before_signature("share-agreed", signed, signed));
    assert_eq!(
        met(&sign()),
        [
            early,
            early,
            early,
            early,
            early,
            "contract-signed",
            signed,
            signed,
            ended,
            ended,
            ended,
            ended
        ]
    );
    let status = "contract-status-changed";
    assert_eq!(met(&set_status("signed")), before_signature(unsigned, status, status));
    let too_much = "PAYMENT_EXCEEDS_CONTRACT";
    assert_eq!(met(&pay(2, "1.00")), before_signature(unsigned, "payment-received", too_much));
    assert_eq!(met(&DealCommand::Win {}), before_signature(unsigned, "PAYMENT_OUTSTANDING", ""));
    let calculated = "commission-calculated";
    assert_eq!(met(&calculate(9, None)), before_signature(unsigned, calculated, calculated));
    assert_eq!(met(&register()), ["DEAL_ALREADY_REGISTERED"; 12]);
}

#[test]
fn nobody_touches_the_deal_of_another_partner() {
    for command in [qualify_by_partner(), DealCommand::Withdraw {}, sign(), pay(1, "1.00")] {
        for by in [beta("2025-02-20", command.clone()), stranger("2025-02-20", command)] {
            assert_eq!(decide(deal_at("registered"), by), Err(DealRefusal::Foreign));
        }
    }
}

#[test]
fn r141_qualified_approved_signed_and_paid_are_four_moments_with_an_event_each() {
    let mut deal = after::<Deal>(deal_at("partner-qualified"));
    let mut moment = |on: &str, command| {
        let events = handled(&mut deal, vendor("vera", on, command), &facts()).expect("may");
        events.iter().map(DealEvent::name).collect::<Vec<_>>()
    };
    assert_eq!(moment("2025-02-02", DealCommand::Qualify {}), ["deal-qualified"]);
    assert_eq!(moment("2025-02-03", DealCommand::Approve {}), ["deal-approved"]);
    assert_eq!(moment("2025-02-14", sign()), ["contract-signed"]);
    assert_eq!(moment("2025-02-15", pay(1, "10000.00")), ["payment-received"]);
}

mod contract {
    use super::*;

    #[test]
    fn r60_a_contract_is_signed_with_its_date_or_not_at_all() {
        let undated = json!({ "signContract": { "lines": [] } });
        let error = serde_json::from_value::<DealCommand>(undated).expect_err("has no date");
        assert!(error.to_string().contains("signed_on"), "{error}");
        let signed = vendor_does(deal_at("approved"), sign()).expect("may sign");
        assert!(matches!(
            signed.as_slice(),
            [DealEvent::Signed { signed_on, .. }] if *signed_on == day("2025-02-10")
        ));
    }

    #[test]
    fn nothing_is_recorded_before_its_day_in_the_programmes_time_zone() {
        let on = |given, instant, command| decide(given, vendor("vera", instant, command));
        let fault = |outcome: Outcome| Refusal::from(outcome.expect_err("lies ahead")).field;
        let signed = |instant| on(deal_at("approved"), instant, sign());
        assert_eq!(fault(signed("2025-02-09T22:59:59Z")), ["signed_on"]);
        assert_eq!(names(signed("2025-02-09T23:00:00Z")), ["contract-signed"]);
        let paid = |instant| on(deal_at("signed"), instant, pay(1, "1.00"));
        assert_eq!(fault(paid("2025-02-14T22:59:59Z")), ["received_on"]);
        assert_eq!(names(paid("2025-02-14T23:00:00Z")), ["payment-received"]);
    }

    #[test]
    fn r61_a_deal_is_not_won_while_the_customer_owes_unless_the_policy_says_so() {
        let win = |paid, facts: &DealFacts| {
            let given = [deal_at("signed"), events_after_signature([pay(1, paid)])].concat();
            after::<Deal>(given).decide(&vendor("vera", "2025-02-20", DealCommand::Win {}), facts)
        };
        let policy = PolicyRef { id: "deal-policy".into(), version: 1 };
        let outstanding = eur("0.01");
        let owing = DealRefusal::Outstanding { outstanding, policy };
        assert_eq!(win("9999.99", &facts()), Err(owing));
        assert_eq!(names(win("10000.00", &facts())), ["deal-won"]);
        let mut lenient = deal_policy();
        lenient["full_payment_to_win"] = json!(false);
        let lenient = facts_with([publish_deal_policy("2025-02-20T00:00:00Z", lenient)]);
        assert_eq!(names(win("9999.99", &lenient)), ["deal-won"]);
    }

    #[test]
    fn r13_a_win_is_refused_by_the_policy_version_in_force() {
        let facts = facts_with([publish_deal_policy("2025-02-20T00:00:00Z", deal_policy())]);
        let cited = |instant| {
            let win = vendor("vera", instant, DealCommand::Win {});
            let outcome = after::<Deal>(deal_at("signed")).decide(&win, &facts);
            Refusal::from(outcome.expect_err("is not paid")).policy
        };
        let version = |version| Some(PolicyRef { id: "deal-policy".into(), version });
        assert_eq!(cited("2025-02-19T23:59:59Z"), version(1));
        assert_eq!(cited("2025-02-20T00:00:00Z"), version(2));
    }

    fn events_after_signature(commands: impl IntoIterator<Item = DealCommand>) -> Vec<DealEvent> {
        let mut deal = after::<Deal>(deal_at("signed"));
        let mut events = vec![];
        for command in commands {
            let command = vendor("vera", "2025-02-20", command);
            events.extend(handled(&mut deal, command, &facts()).expect("may"));
        }
        events
    }

    fn allocated(command: DealCommand) -> Vec<(String, String)> {
        match vendor_does(deal_at("signed"), command).expect("may pay").as_slice() {
            [DealEvent::PaymentReceived { allocations, .. }] => {
                allocations.iter().map(|part| (part.line.clone(), part.amount.amount())).collect()
            }
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_payment_without_allocations_pays_each_line_by_what_it_owes() {
        let parts = |first: &str, second: &str| {
            vec![("1".to_owned(), first.to_owned()), ("2".to_owned(), second.to_owned())]
        };
        assert_eq!(allocated(pay(1, "5000.00")), parts("4000.00", "1000.00"));
        assert_eq!(allocated(pay(1, "0.03")), parts("0.02", "0.01"));
        assert_eq!(allocated(pay(1, "0.01")), [("1".to_owned(), "0.01".to_owned())]);
        assert_eq!(allocated(pay(1, "10000.00")), parts("8000.00", "2000.00"));
    }

    #[test]
    fn a_payment_is_no_more_than_is_owed_in_all_and_on_each_line() {
        let outcome = |command| vendor_does(deal_at("signed"), command);
        let fault = |command| Refusal::from(outcome(command).expect_err("is refused"));
        let outstanding = eur("10000.00");
        let too_high = Err(DealRefusal::PaymentTooHigh { outstanding });
        assert_eq!(outcome(pay(1, "10000.01")), too_high);
        let lines = |parts| fault(pay_lines(1, "2000.01", parts)).field.join(".");
        assert_eq!(lines(&[("2", "2000.01")]), "allocations.0.amount");
        assert_eq!(lines(&[("1", "2000.00")]), "allocations");
        assert_eq!(lines(&[("1", "0.01"), ("1", "2000.00")]), "allocations.1.line");
        assert_eq!(lines(&[("3", "2000.01")]), "allocations.0.line");
        assert_eq!(lines(&[("1", "2000.01"), ("2", "0.00")]), "allocations.1.amount");
        assert_eq!(lines(&[]), "allocations");
        let both = pay_lines(1, "2000.01", &[("1", "0.01"), ("2", "2000.00")]);
        assert_eq!(names(outcome(both)), ["payment-received"]);
    }

    #[test]
    fn a_payment_is_recorded_once_and_its_id_stands_for_one_content() {
        let given = || [deal_at("signed"), events_after_signature([pay(1, "100.00")])].concat();
        assert_eq!(vendor_does(given(), pay(1, "100.00")), Ok(vec![]));
        let same = pay_lines(1, "100.00", &[("1", "80.00"), ("2", "20.00")]);
        assert_eq!(vendor_does(given(), same), Ok(vec![]));
        let other_lines = pay_lines(1, "100.00", &[("1", "100.00")]);
        let mut other_day = pay(1, "100.00");
        if let DealCommand::RecordPayment { received_on, .. } = &mut other_day {
            *received_on = day("2025-02-14");
        }
        for other in [pay(1, "100.01"), other_lines, other_day] {
            assert_eq!(vendor_does(given(), other), Err(DealRefusal::PaymentReused));
        }
        assert_eq!(names(vendor_does(given(), pay(2, "100.00"))), ["payment-received"]);
    }

    #[test]
    fn a_status_is_set_when_the_deal_has_come_so_far() {
        let facts = facts_with([
            configure_status("paid", false, "paid"),
            configure_status("closed", false, "won"),
        ]);
        let set = |given, to| {
            after::<Deal>(given).decide(&vendor("vera", "2025-02-20", set_status(to)), &facts)
        };
        let early =
            |code: &str, needs| Err(DealRefusal::StatusTooEarly { code: code.into(), needs });
        let part = [deal_at("signed"), events_after_signature([pay(1, "9999.99")])].concat();
        let full = [deal_at("signed"), events_after_signature([pay(1, "10000.00")])].concat();
        assert_eq!(set(part, "paid"), early("paid", "paid in full"));
        assert_eq!(names(set(full.clone(), "paid")), ["contract-status-changed"]);
        assert_eq!(set(full, "closed"), early("closed", "won"));
        assert_eq!(names(set(deal_at("won"), "closed")), ["contract-status-changed"]);
        let code = "unheard-of".to_owned();
        assert_eq!(
            set(deal_at("won"), &code),
            Err(DealRefusal::UnknownStatus { code: code.clone() })
        );
        let once = [deal_at("signed"), events_after_signature([set_status("signed")])].concat();
        assert_eq!(set(once, "signed"), Ok(vec![]));
    }

    #[test]
    fn shares_of_others_are_less_than_the_whole() {
        let agree = |given: &[(PartnerId, u32)], partner, share| {
            let agreed = given.iter().map(|(partner, share)| DealEvent::ShareAgreed {
                partner: *partner,
                share: Ppm(*share),
            });
            let given = deal_at("registered").into_iter().chain(agreed).collect();
            vendor_does(given, DealCommand::AgreeShare { partner, share: Ppm(share) })
        };
        let too_high = Err(DealRefusal::SharesTooHigh);
        assert_eq!(names(agree(&[], BETA, 1_000_000)), ["share-agreed"]);
        assert_eq!(agree(&[], BETA, 1_000_001), too_high);
        assert_eq!(agree(&[], BETA, u32::MAX), too_high);
        assert_eq!(agree(&[], ALFA, 1), too_high);
        assert_eq!(names(agree(&[(BETA, 400_000)], GAMMA, 600_000)), ["share-agreed"]);
        assert_eq!(agree(&[(BETA, 400_000)], GAMMA, 600_001), too_high);
        assert_eq!(names(agree(&[(BETA, 400_000)], BETA, 1_000_000)), ["share-agreed"]);
        assert_eq!(agree(&[(BETA, 400_000)], BETA, 400_000), Ok(vec![]));
    }

    #[test]
    fn bad_lines_are_refused_by_their_field() {
        let fault = |lines: Value| {
            let sign =
                command("signContract", json!({ "signed_on": "2025-02-10", "lines": lines }));
            let outcome = vendor_does(deal_at("approved"), sign);
            Refusal::from(outcome.expect_err("is refused")).field.join(".")
        };
        let line = |id: &str, net: &str, code: &str| {
            let net = json!({ "amount": net, "currency": code });
            json!({ "id": id, "product_line": "carbon", "net": net })
        };
        assert_eq!(fault(json!([])), "lines");
        assert_eq!(fault(json!(vec![line("1", "1", "EUR"); 101])), "lines");
        assert_eq!(fault(json!([line("", "1", "EUR")])), "lines.0.id");
        assert_eq!(fault(json!([line("1", "0", "EUR")])), "lines.0.net");
        assert_eq!(fault(json!([line("1", "-1", "EUR")])), "lines.0.net");
        assert_eq!(fault(json!([line("1", "1", "EUR"), line("1", "1", "EUR")])), "lines.1.id");
        assert_eq!(fault(json!([line("1", "1", "EUR"), line("2", "1", "USD")])), "lines.1.net");
        let most = "92233720368547758.07";
        assert_eq!(fault(json!([line("1", most, "EUR"), line("2", "0.01", "EUR")])), "lines.1.net");
    }

    #[test]
    fn the_largest_contract_can_be_paid_and_earns() {
        let most = json!({ "amount": "92233720368547758.07", "currency": "EUR" });
        let lines = json!([{ "id": "1", "product_line": "carbon", "net": most }]);
        let sign = command("signContract", json!({ "signed_on": "2025-02-10", "lines": lines }));
        let mut deal = after::<Deal>(deal_at("approved"));
        for command in [sign, pay(1, "92233720368547758.07"), calculate(9, None)] {
            let name = command.name();
            handled(&mut deal, vendor("vera", "2025-02-20", command), &facts()).expect(name);
        }
    }
}

mod commission {
    use super::*;

    /// Who earns what.
    fn earned(outcome: Outcome) -> Vec<(PartnerId, String)> {
        match outcome.expect("can be calculated").as_slice() {
            [DealEvent::CommissionCalculated { trace, .. }] => {
                trace.legs.iter().map(|leg| (leg.beneficiary, leg.amount.amount())).collect()
            }
            other => unreachable!("{other:?}"),
        }
    }

    fn not_calculated(trigger: u128, reason: NotCalculated) -> Outcome {
        Ok(vec![DealEvent::CommissionNotCalculated { trigger: event(trigger), reason }])
    }

    fn calculate_on(instant: &str, facts: &DealFacts, command: DealCommand) -> Outcome {
        after::<Deal>(deal_at("signed")).decide(&policy(instant, command), facts)
    }

    /// One line of so much, signed on 15 February 2025.
    fn signed_for(net: &str) -> Vec<DealEvent> {
        let lines =
            vec![ContractLine { id: "1".into(), product_line: "carbon".into(), net: eur(net) }];
        let signed = DealEvent::Signed { signed_on: day("2025-02-10"), lines, total: eur(net) };
        [deal_at("approved"), vec![signed]].concat()
    }

    #[test]
    fn g7_the_plan_in_force_when_the_status_changed_decides_not_the_one_when_it_was_recorded() {
        let facts = facts_with([
            publish_plan("2025-02-01T00:00:00Z", Some("2025-02-10T00:00:00Z"), percent(100_000)),
            publish_plan("2025-02-10T00:00:00Z", None, percent(120_000)),
        ]);
        // Changed on day 9, recorded on day 11: the command is true at day 9.
        let on_day_9 = calculate_on("2025-02-09T12:00:00Z", &facts, calculate(9, None));
        let total: Vec<_> = earned(on_day_9).into_iter().map(|(_, amount)| amount).collect();
        assert_eq!(total, ["800.00", "200.00"], "10 % of 8 000 and of 2 000");
    }

    #[test]
    fn r67_the_plan_in_force_at_the_instant_of_the_change_decides_and_no_other() {
        let facts = facts_with([publish_plan(
            "2025-02-01T00:00:00Z",
            Some("2025-02-10T00:00:00Z"),
            percent(100_000),
        )]);
        let version = |instant| match calculate_on(instant, &facts, calculate(9, None))
            .expect("can be calculated")
            .as_slice()
        {
            [DealEvent::CommissionCalculated { plan_version, .. }] => Some(*plan_version),
            [DealEvent::CommissionNotCalculated { .. }] => None,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(version("2025-01-31T23:59:59.999Z"), Some(1));
        assert_eq!(version("2025-02-01T00:00:00Z"), Some(2));
        assert_eq!(version("2025-02-09T23:59:59.999Z"), Some(2));
        assert_eq!(version("2025-02-10T00:00:00Z"), Some(1), "one instant after its end");
        assert_eq!(version("2025-01-01T11:59:59.999Z"), None, "before any plan");
    }

    #[test]
    fn r68_only_a_status_so_configured_calculates_commission() {
        let facts = facts();
        let reacts = |to: &str| {
            let change = vendor("vera", "2025-02-20", set_status(to));
            let changed = after::<Deal>(deal_at("signed")).decide(&change, &facts).expect("may");
            let event = crate::Event::Deal(Box::new(changed[0].clone()));
            crate::reactions::reactions(&recorded(Uuid::from_u128(0xD), 9, event))
                .iter()
                .map(|reaction| reaction.command.name())
                .collect::<Vec<_>>()
        };
        assert_eq!(reacts("signed"), ["calculateCommission"]);
        assert_eq!(reacts("delivered"), [""; 0]);
    }

    #[test]
    fn r128_commission_is_tied_to_the_signed_or_to_the_paid_contract_by_the_plan() {
        let mut on_payment = percent(200_000);
        on_payment["trigger"] = json!("payment");
        let on_payment = facts_with([publish_plan("2025-01-01", None, on_payment)]);
        let paid = || {
            let pay = vendor("vera", "2025-02-20", pay(1, "5000.00"));
            let paid = after::<Deal>(deal_at("signed")).decide(&pay, &facts()).expect("may pay");
            [deal_at("signed"), paid].concat()
        };
        let on = |facts: &DealFacts, payment| {
            after::<Deal>(paid()).decide(&policy("2025-02-20", calculate(9, payment)), facts)
        };
        let amounts = |outcome| -> Vec<String> {
            earned(outcome).into_iter().map(|(_, amount)| amount).collect()
        };
        assert_eq!(amounts(on(&facts(), None)), ["1600.00", "400.00"]);
        assert_eq!(on(&facts(), Some(payment(1))), Ok(vec![]));
        assert_eq!(on(&on_payment, None), Ok(vec![]));
        assert_eq!(amounts(on(&on_payment, Some(payment(1)))), ["800.00", "200.00"]);
        assert_eq!(on(&on_payment, Some(payment(2))), Err(DealRefusal::UnknownTrigger));
    }

    #[test]
    fn r129_more_than_one_level_above_the_seller_is_paid_as_the_plan_says() {
        let levels = |levels: Value| {
            let mut plan = percent(200_000);
            plan["components"][0]["levels"] = levels;
            let sellers = vec![sells(ALFA, [], &[BETA, GAMMA])];
            let commission = Some(CommissionFacts { sellers });
            DealFacts { commission, ..facts_with([publish_plan("2025-01-01", None, plan)]) }
        };
        let calculate = |facts| {
            let command = policy("2025-02-20", calculate(9, None));
            after::<Deal>(signed_for("1000.00")).decide(&command, &facts)
        };
        let two = json!([{ "distance": 1, "rate": 50_000 }, { "distance": 2, "rate": 20_000 }]);
        let pays = |parts: &[(PartnerId, &str)]| -> Vec<(PartnerId, String)> {
            parts.iter().map(|(who, amount)| (*who, (*amount).to_owned())).collect()
        };
        let expected = pays(&[(ALFA, "200.00"), (BETA, "50.00"), (GAMMA, "20.00")]);
        assert_eq!(earned(calculate(levels(two))), expected);
        let one = json!([{ "distance": 1, "rate": 70_000 }]);
        assert_eq!(earned(calculate(levels(one))), pays(&[(ALFA, "200.00"), (BETA, "70.00")]));
    }

    #[test]
    fn g1_a_gold_seller_and_two_levels_above_it_earn_to_the_cent() {
        let plan = json!({
            "trigger": "contract-status",
            "components": [{
                "id": "new-sales",
                "rate": { "times": { "rate": 200_000, "byTier": { "gold": 1_100_000 } } },
                "levels": [{ "distance": 1, "rate": 50_000 }, { "distance": 2, "rate": 20_000 }]
            }]
        });
        let gold = PartnerEvent::TierOverridden {
            from: Tier::Registered,
            to: Tier::Gold,
            reason: "Agreed".into(),
            effective_from: at("2025-02-01"),
        };
        let sellers = vec![sells(ALFA, [gold], &[BETA, GAMMA])];
        let commission = Some(CommissionFacts { sellers });
        let facts =
            DealFacts { commission, ..facts_with([publish_plan("2025-01-01", None, plan)]) };
        let on = |instant| {
            let command = policy(instant, calculate(9, None));
            let outcome = after::<Deal>(signed_for("9999.99")).decide(&command, &facts);
            earned(outcome).into_iter().map(|(_, amount)| amount).collect::<Vec<_>>()
        };
        assert_eq!(on("2025-02-01T12:00:00Z"), ["2200.00", "500.00", "200.00"]);
        assert_eq!(on("2025-02-01T11:59:59Z"), ["2000.00", "500.00", "200.00"], "not yet gold");
    }

    #[test]
    fn a_trigger_earns_once() {
        let calculated = calculate_on("2025-02-20", &facts(), calculate(9, None));
        let given = [deal_at("signed"), calculated.expect("can be calculated")].concat();
        let again =
            after::<Deal>(given).decide(&policy("2025-02-20", calculate(9, None)), &facts());
        assert_eq!(again, Ok(vec![]));
    }

    #[test]
    fn a_status_that_is_set_again_earns_nothing_again() {
        let calculated = calculate_on("2025-02-20", &facts(), calculate(9, None));
        let given = [deal_at("signed"), calculated.expect("can be calculated")].concat();
        let next =
            after::<Deal>(given).decide(&policy("2025-02-21", calculate(10, None)), &facts());
        assert_eq!(next, not_calculated(10, NotCalculated::NoLines));
    }

    #[test]
    fn what_earned_by_its_payment_does_not_earn_by_a_status_as_well() {
        let mut on_payment = percent(200_000);
        on_payment["trigger"] = json!("payment");
        let plans =
            [publish_plan("2025-02-01T00:00:00Z", Some("2025-02-20T00:00:00Z"), on_payment)];
        let facts = facts_with(plans);
        let mut deal = after::<Deal>(deal_at("signed"));
        let mut does = |on: &str, command| handled(&mut deal, policy(on, command), &facts);
        does("2025-02-15", pay(1, "5000.00")).expect("may pay");
        let by_payment = does("2025-02-15", calculate(9, Some(payment(1))));
        assert_eq!(earned(by_payment)[0].1, "800.00");
        let by_status = does("2025-02-20", calculate(10, None));
        let amounts: Vec<_> = earned(by_status).into_iter().map(|(_, amount)| amount).collect();
        assert_eq!(amounts, ["800.00", "200.00"], "20 % of what was not paid yet");
    }

    #[test]
    fn a_calculation_without_its_facts_is_refused_and_can_be_tried_again() {
        let without = DealFacts { commission: None, ..facts() };
        let none = DealFacts { commission: Some(CommissionFacts::default()), ..facts() };
        for facts in [without, none] {
            let outcome = calculate_on("2025-02-20", &facts, calculate(9, None));
            assert_eq!(outcome, Err(DealRefusal::FactsMissing));
        }
    }

    #[test]
    fn sellers_share_what_they_sold_together() {
        let share = DealEvent::ShareAgreed { partner: BETA, share: Ppm(400_000) };
        let mut given = signed_for("166.65");
        given.insert(1, share);
        let sellers = vec![sells(ALFA, [], &[]), sells(BETA, [], &[])];
        let facts = DealFacts { commission: Some(CommissionFacts { sellers }), ..facts() };
        let outcome =
            after::<Deal>(given).decide(&policy("2025-02-20", calculate(9, None)), &facts);
        let expected = [(ALFA, "20.00".to_owned()), (BETA, "13.33".to_owned())];
        assert_eq!(earned(outcome), expected);
    }

    #[test]
    fn a_leg_above_the_seller_is_of_its_own_kind() {
        let mut plan = percent(200_000);
        plan["components"][0]["levels"] = json!([{ "distance": 1, "rate": 50_000 }]);
        let commission = Some(CommissionFacts { sellers: vec![sells(ALFA, [], &[BETA])] });
        let facts =
            DealFacts { commission, ..facts_with([publish_plan("2025-01-01", None, plan)]) };
        let outcome = calculate_on("2025-02-20", &facts, calculate(9, None));
        let outcome = outcome.expect("can be calculated");
        let [DealEvent::CommissionCalculated { trace, .. }] = outcome.as_slice() else {
            unreachable!("{outcome:?}")
        };
        let kinds: Vec<_> = trace.legs.iter().map(|leg| (leg.level, leg.kind)).collect();
        let (own, upline) = ((0, AccrualKind::New), (1, AccrualKind::Override));
        assert_eq!(kinds, [own, upline, own, upline]);
    }
}

#[test]
fn a_command_at_the_end_of_the_calendar_never_panics() {
    for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        for stage in ["registered", "pending", "approved", "signed", "won"] {
            for command in [DealCommand::Approve {}, sign(), pay(2, "1.00"), calculate(9, None)] {
                let mut command = vendor("vera", "2025-02-01", command);
                command.at = instant;
                let _ = decide(deal_at(stage), command);
            }
        }
    }
}

/// Commands at any point of a deal's life, good and bad; [`None`] is the next one on the usual way.
fn any_step() -> impl Strategy<Value = (Option<DealCommand>, Actor, &'static str)> {
    let amount = prop_oneof![
        4 => 1i64..1_000_000,
        1 => prop::sample::select(vec![i64::MIN, -1, 0, i64::MAX]),
    ];
    let money = || {
        (amount.clone(), prop::sample::select(vec!["EUR", "EUR", "EUR", "JPY"]))
            .prop_map(|(minor, code)| Money::new(minor, currency(code)))
    };
    let text = || prop::sample::select(vec!["Fine", "", "\u{7}"]).prop_map(str::to_owned);
    let line = || prop::sample::select(vec!["1", "2", "3"]).prop_map(str::to_owned);
    let allocation = (line(), money()).prop_map(|(line, amount)| Allocation { line, amount });
    let pay = (0u128..6, money(), prop::option::of(prop::collection::vec(allocation, 0..3)))
        .prop_map(|(number, amount, allocations)| DealCommand::RecordPayment {
            payment: payment(number),
            amount,
            received_on: day("2025-02-15"),
            allocations,
        });
    let contract_line = (line(), money()).prop_map(|(id, net)| ContractLine {
        id,
        product_line: "carbon".into(),
        net,
    });
    let sign = prop::collection::vec(contract_line, 0..4)
        .prop_map(|lines| DealCommand::Sign { signed_on: day("2025-02-10"), lines });
    let status = prop::sample::select(vec!["signed", "delivered", "none", ""]);
    let other = prop_oneof![
        Just(register()),
        Just(DealCommand::AssignResponsible {}),
        Just(qualify_by_partner()),
        text().prop_map(|reason| DealCommand::Return { reason, fields: vec![] }),
        Just(DealCommand::Qualify {}),
        Just(DealCommand::RequestApproval {}),
        Just(DealCommand::Approve {}),
        Just(DealCommand::ExpireProtection {}),
        Just(DealCommand::Win {}),
        (prop::sample::select(vec![ALFA, BETA, GAMMA]), any::<u32>())
            .prop_map(|(partner, share)| DealCommand::AgreeShare { partner, share: Ppm(share) }),
        sign,
    ];
    let end = prop::sample::select(vec![reject(), DealCommand::Withdraw {}, lose()]);
    let command = prop_oneof![
        12 => Just(None),
        8 => pay.prop_map(Some),
        4 => (0u128..6, prop::option::of(0u128..6))
            .prop_map(|(trigger, paid)| Some(calculate(trigger, paid.map(payment)))),
        2 => status.prop_map(|to| Some(set_status(to))),
        4 => other.prop_map(Some),
        1 => end.prop_map(Some),
    ];
    let by = prop::sample::select(vec![
        Actor::vendor("vera"),
        Actor::vendor("vera"),
        Actor::vendor("vera"),
        Actor::member("maria", ALFA),
        Actor::member("boris", BETA),
    ]);
    let on = prop::sample::select(vec!["2025-02-15", "2025-02-20", "2025-06-01"]);
    (command, by, on)
}

/// Every event that these steps bring about, and the deal that they leave; each refusal changes nothing.
fn run(steps: Vec<(Option<DealCommand>, Actor, &'static str)>) -> (Vec<DealEvent>, Deal) {
    let sellers = [ALFA, BETA, GAMMA].map(|partner| sells(partner, [], &[]));
    let commission = Some(CommissionFacts { sellers: sellers.into() });
    let facts = DealFacts { commission, ..facts() };
    let way = [register(), qualify_by_partner(), DealCommand::Qualify {}, DealCommand::Approve {}];
    let mut way = way.into_iter().chain([sign(), set_status("signed"), calculate(0, None)]);
    let mut deal = Deal::default();
    let mut events = vec![];
    for (index, (command, by, on)) in steps.into_iter().enumerate() {
        let (command, by) = match command {
            Some(command) => (command, by),
            None => match way.next() {
                Some(command) => (command, Actor::vendor("vera")),
                None => continue,
            },
        };
        let mut command = issued(by, on, command);
        command.command_id = CommandId(Uuid::from_u128(index as u128));
        let before = deal.clone();
        match handled(&mut deal, command, &facts) {
            Ok(more) => events.extend(more),
            Err(refusal) => {
                let known =
                    refusal.code() == Invalid::CODE || DealRefusal::CODES.contains(&refusal.code());
                assert!(known && !refusal.to_string().is_empty(), "{refusal:?}");
                assert_eq!(deal, before, "a refusal changes nothing: {refusal}");
            }
        }
    }
    (events, deal)
}

proptest! {
    #[test]
    fn m16_folding_a_prefix_and_the_rest_equals_folding_all(
        steps in prop::collection::vec(any_step(), 0..40),
        cut: prop::sample::Index,
    ) {
        let (events, deal) = run(steps);
        prop_assert_eq!(bytes(&after::<Deal>(events.clone())), bytes(&deal));
        let cut = cut.index(events.len() + 1);
        prop_assert_eq!(folded_with_a_stop::<Deal>(&events, cut), deal);
    }

    #[test]
    fn payments_never_pass_the_total_and_are_allocated_to_the_last_unit(
        steps in prop::collection::vec(any_step(), 0..40)
    ) {
        let (_, deal) = run(steps);
        let Some(contract) = deal.case().and_then(|case| case.stage.contract()) else {
            return Ok(());
        };
        prop_assert!((0..=contract.total.minor).contains(&contract.paid.minor));
        let sum = |amounts: Vec<i64>| amounts.into_iter().map(i128::from).sum::<i128>();
        let payments = contract.payments.values().map(|payment| payment.amount.minor).collect();
        prop_assert_eq!(sum(payments), i128::from(contract.paid.minor));
        for payment in contract.payments.values() {
            let parts = payment.allocations.iter().map(|part| part.amount.minor).collect();
            prop_assert_eq!(sum(parts), i128::from(payment.amount.minor));
        }
        for line in &contract.lines {
            let parts = contract.payments.values().flat_map(|payment| &payment.allocations);
            let paid = parts.filter(|part| part.line == line.id).map(|part| part.amount.minor);
            let paid = sum(paid.collect());
            prop_assert!((0..=i128::from(line.net.minor)).contains(&paid));
            let earned = contract.earned.get(&line.id).copied().unwrap_or(0);
            prop_assert!((0..=line.net.minor).contains(&earned), "every unit earns once");
        }
    }
}
