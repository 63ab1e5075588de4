//! Property-based tests: whatever a deal is asked at any point of its life.

use proptest::prelude::*;

use super::*;
use crate::bounds::MOST_MINOR;

/// A command, by whom, and when; [`None`] is the next one on the usual way, and whoever usually gives it.
type Step = (Option<DealCommand>, Option<Actor>, &'static str);

/// Commands at any point of a deal's life, good and bad.
fn any_step() -> impl Strategy<Value = Step> {
    let amount = prop_oneof![
        4 => 1i64..1_000_000,
        1 => prop::sample::select(vec![i64::MIN, -1, 0, MOST_MINOR, i64::MAX]),
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
        None,
        None,
        None,
        Some(Actor::member(Role::Owner, "maria", ALFA)),
        Some(Actor::member(Role::Owner, "boris", BETA)),
    ]);
    let on = prop::sample::select(vec!["2025-02-15", "2025-02-20", "2025-06-01"]);
    (command, by, on)
}

/// Every event that these steps bring about, and the deal that they leave; each refusal changes nothing.
fn run(steps: Vec<Step>) -> (Vec<DealEvent>, Deal) {
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
                Some(command) => (command, None),
                None => continue,
            },
        };
        let mut command = usually(on, command);
        command.by = by.unwrap_or(command.by);
        command.command_id = CommandId(Uuid::from_u128(index as u128));
        let before = deal.clone();
        match handled(&mut deal, command, &facts) {
            Ok(more) => events.extend(more),
            Err(refusal) => {
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
        let Some(contract) = deal.case().and_then(|case| case.state.contract()) else {
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
