//! What a deal earns, once and by the plan in force.

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

fn not_calculated(trigger: u128, reason: NothingEarned) -> Outcome {
    Ok(vec![DealEvent::CommissionNotCalculated { trigger: event(trigger), reason }])
}

fn calculate_on(instant: &str, facts: &DealFacts, command: DealCommand) -> Outcome {
    after::<Deal>(deal_at("signed")).decide(&policy(instant, command), facts)
}

/// One line of so much, signed on 15 February 2025.
fn signed_for(net: &str) -> Vec<DealEvent> {
    let lines = vec![ContractLine { id: "1".into(), product_line: "carbon".into(), net: eur(net) }];
    let signed = DealEvent::Signed { signed_on: day("2025-02-10"), lines, total: eur(net) };
    [deal_at("approved"), vec![signed]].concat()
}

#[test]
fn g7_the_plan_in_force_when_the_status_changed_decides_not_the_one_when_it_was_recorded() {
    let facts = facts_with([
        draft_plan("2025-02-01T00:00:00Z", Some("2025-02-10T00:00:00Z"), percent(100_000)),
        draft_plan("2025-02-10T00:00:00Z", None, percent(120_000)),
    ]);
    // Changed on day 9, recorded on day 11: the command is true at day 9.
    let on_day_9 = calculate_on("2025-02-09T12:00:00Z", &facts, calculate(9, None));
    let total: Vec<_> = earned(on_day_9).into_iter().map(|(_, amount)| amount).collect();
    assert_eq!(total, ["800.00", "200.00"], "10 % of 8 000 and of 2 000");
}

#[test]
fn r67_the_plan_in_force_at_the_instant_of_the_change_decides_and_no_other() {
    let facts = facts_with([draft_plan(
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
    let on_payment = facts_with([draft_plan("2025-01-01", None, on_payment)]);
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
        DealFacts { commission, ..facts_with([draft_plan("2025-01-01", None, plan)]) }
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
            "rate": { "times": { "rate": 200_000, "by_tier": { "gold": 1_100_000 } } },
            "levels": [{ "distance": 1, "rate": 50_000 }, { "distance": 2, "rate": 20_000 }]
        }]
    });
    let gold = PartnerEvent::Tier(TierEvent::Overridden {
        from: Tier::Registered,
        to: Tier::Gold,
        reason: "Agreed".into(),
        effective_from: at("2025-02-01"),
    });
    let sellers = vec![sells(ALFA, [gold], &[BETA, GAMMA])];
    let commission = Some(CommissionFacts { sellers });
    let facts = DealFacts { commission, ..facts_with([draft_plan("2025-01-01", None, plan)]) };
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
    let again = after::<Deal>(given).decide(&policy("2025-02-20", calculate(9, None)), &facts());
    assert_eq!(again, Ok(vec![]));
}

#[test]
fn a_status_that_is_set_again_earns_nothing_again() {
    let calculated = calculate_on("2025-02-20", &facts(), calculate(9, None));
    let given = [deal_at("signed"), calculated.expect("can be calculated")].concat();
    let next = after::<Deal>(given).decide(&policy("2025-02-21", calculate(10, None)), &facts());
    assert_eq!(next, not_calculated(10, NothingEarned::NoLines));
}

#[test]
fn what_earned_by_its_payment_does_not_earn_by_a_status_as_well() {
    let mut on_payment = percent(200_000);
    on_payment["trigger"] = json!("payment");
    let plans = [draft_plan("2025-02-01T00:00:00Z", Some("2025-02-20T00:00:00Z"), on_payment)];
    let facts = facts_with(plans);
    let mut deal = after::<Deal>(deal_at("signed"));
    let mut does = |on: &str, command| handled(&mut deal, usually(on, command), &facts);
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
    let outcome = after::<Deal>(given).decide(&policy("2025-02-20", calculate(9, None)), &facts);
    let expected = [(ALFA, "20.00".to_owned()), (BETA, "13.33".to_owned())];
    assert_eq!(earned(outcome), expected);
}

#[test]
fn a_leg_above_the_seller_is_of_its_own_kind() {
    let mut plan = percent(200_000);
    plan["components"][0]["levels"] = json!([{ "distance": 1, "rate": 50_000 }]);
    let commission = Some(CommissionFacts { sellers: vec![sells(ALFA, [], &[BETA])] });
    let facts = DealFacts { commission, ..facts_with([draft_plan("2025-01-01", None, plan)]) };
    let outcome = calculate_on("2025-02-20", &facts, calculate(9, None));
    let outcome = outcome.expect("can be calculated");
    let [DealEvent::CommissionCalculated { trace, .. }] = outcome.as_slice() else {
        unreachable!("{outcome:?}")
    };
    let kinds: Vec<_> = trace.legs.iter().map(|leg| (leg.level, leg.kind)).collect();
    let (own, upline) = ((0, AccrualKind::New), (1, AccrualKind::Override));
    assert_eq!(kinds, [own, upline, own, upline]);
}
