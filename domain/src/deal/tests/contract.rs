//! What the customer signs and pays.

use super::*;

#[test]
fn r60_a_contract_is_signed_with_its_date_or_not_at_all() {
    let undated = json!({ "signContract": { "lines": [] } });
    let error = serde_json::from_value::<DealCommand>(undated).expect_err("has no date");
    assert!(error.to_string().contains("signed_on"), "{error}");
    let signed = usually_does(deal_at("approved"), sign()).expect("may sign");
    assert!(matches!(
        signed.as_slice(),
        [DealEvent::Signed { signed_on, .. }] if *signed_on == day("2025-02-10")
    ));
}

#[test]
fn nothing_is_recorded_before_its_day_in_the_programmes_time_zone() {
    let on = |given, instant, command| decide(given, usually(instant, command));
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
    match usually_does(deal_at("signed"), command).expect("may pay").as_slice() {
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
    let outcome = |command| usually_does(deal_at("signed"), command);
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
    assert_eq!(usually_does(given(), pay(1, "100.00")), Ok(vec![]));
    let same = pay_lines(1, "100.00", &[("1", "80.00"), ("2", "20.00")]);
    assert_eq!(usually_does(given(), same), Ok(vec![]));
    let other_lines = pay_lines(1, "100.00", &[("1", "100.00")]);
    let mut other_day = pay(1, "100.00");
    if let DealCommand::RecordPayment { received_on, .. } = &mut other_day {
        *received_on = day("2025-02-14");
    }
    for other in [pay(1, "100.01"), other_lines, other_day] {
        assert_eq!(usually_does(given(), other), Err(DealRefusal::PaymentReused));
    }
    assert_eq!(names(usually_does(given(), pay(2, "100.00"))), ["payment-received"]);
}

#[test]
fn r13_a_status_is_set_when_the_deal_has_come_as_far_as_its_newest_version_says() {
    let facts = facts_with([
        configure_status("paid", true, "paid"),
        configure_status("paid", false, "paid"),
        configure_status("closed", false, "won"),
    ]);
    let set = |given, to| {
        after::<Deal>(given).decide(&vendor("vera", "2025-02-20", set_status(to)), &facts)
    };
    let early = |code: &str, needs, version| {
        let policy = PolicyRef { id: format!("contract-status/{code}"), version };
        Err(DealRefusal::StatusTooEarly { code: code.into(), needs, policy })
    };
    let part = [deal_at("signed"), events_after_signature([pay(1, "9999.99")])].concat();
    let full = [deal_at("signed"), events_after_signature([pay(1, "10000.00")])].concat();
    assert_eq!(set(part, "paid"), early("paid", "paid in full", 2));
    assert_eq!(names(set(full.clone(), "paid")), ["contract-status-changed"]);
    assert_eq!(set(full, "closed"), early("closed", "won", 1));
    assert_eq!(names(set(deal_at("won"), "closed")), ["contract-status-changed"]);
    let code = "unheard-of".to_owned();
    assert_eq!(set(deal_at("won"), &code), Err(DealRefusal::UnknownStatus { code: code.clone() }));
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
        usually_does(given, DealCommand::AgreeShare { partner, share: Ppm(share) })
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
        let sign = command("signContract", json!({ "signed_on": "2025-02-10", "lines": lines }));
        let outcome = usually_does(deal_at("approved"), sign);
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
    let more = "100000000000.01";
    assert_eq!(fault(json!([line("1", "1", "EUR"), line("2", more, "EUR")])), "lines.1.net.amount");
}

#[test]
fn a_contract_is_of_product_lines_that_are_or_were_published() {
    let mut other = deal_policy();
    other["product_lines"] = json!([{ "code": "water", "name": "Water" }]);
    let facts = facts_with([publish_deal_policy("2025-02-05T00:00:00Z", other)]);
    let sign = |line: &str| {
        let net = json!({ "amount": "1.00", "currency": "EUR" });
        let lines = json!([{ "id": "1", "product_line": line, "net": net }]);
        let sign = command("signContract", json!({ "signed_on": "2025-02-10", "lines": lines }));
        after::<Deal>(deal_at("approved")).decide(&usually("2025-02-20", sign), &facts)
    };
    for line in ["carbon", "water"] {
        assert_eq!(names(sign(line)), ["contract-signed"], "{line}");
    }
    let refusal = Refusal::from(sign("wood").expect_err("no version has it"));
    assert_eq!(refusal.code, "PRODUCT_LINE_UNKNOWN");
    assert_eq!(refusal.field.join("."), "lines.0.product_line");
    assert_eq!(refusal.policy.map(|policy| policy.version), Some(2));
}

#[test]
fn the_largest_contract_can_be_paid_and_earns() {
    let most = json!({ "amount": "100000000000.00", "currency": "EUR" });
    let line = |id| json!({ "id": format!("{id}"), "product_line": "carbon", "net": most });
    let lines: Vec<Value> = (1..=100).map(line).collect();
    let sign = command("signContract", json!({ "signed_on": "2025-02-10", "lines": lines }));
    let mut deal = after::<Deal>(deal_at("approved"));
    for command in [sign, pay(1, "100000000000.00"), calculate(9, None)] {
        let name = command.name();
        handled(&mut deal, usually("2025-02-20", command), &facts()).expect(name);
    }
}

#[test]
fn nobody_shares_who_could_not_be_paid() {
    let share = command("agreeShare", json!({ "partner": BETA, "share": 400_000 }));
    for stranger in [None, Some(std::sync::Arc::new(crate::partner::Partner::Unknown))] {
        let facts = DealFacts { partner: stranger, ..facts() };
        let deal: Deal = after(deal_at("registered"));
        let outcome = deal.decide(&vendor("vera", "2025-02-20", share.clone()), &facts);
        assert_eq!(outcome, Err(DealRefusal::PartnerNotIn));
    }
}
