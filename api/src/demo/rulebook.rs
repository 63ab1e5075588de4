//! Sample configuration of the demo: what its programme publishes before anybody applies.

use chrono::Days;
use domain::{
    Actor, Command, Currency, Money, Ppm, Tier,
    commission::{
        Component, Compression, Eligibility, Hold, Kind, Level, Plan, Rate, Selector, Trigger,
    },
    program::{DealPolicy, KernelState, PayoutPolicy, ProgramCommand as Do, Responsibility},
};

use super::{Calendar, program};

/// Day of the year on which the second plan comes into force.
const SECOND_PLAN: u64 = 182;

pub(super) fn plan(year: &mut Calendar) {
    let vera = || Actor::vendor("vera.admin");
    let begins = year.begins;
    let mut minute = 0;
    let mut ask = |year: &mut Calendar, command| {
        year.ask(0, minute, vera(), Command::Program(program(), command));
        minute += 1;
    };
    ask(
        year,
        Do::Open {
            name: "Meridian Partner Programme".into(),
            time_zone: chrono_tz::Europe::Warsaw,
            base_currency: currency("EUR"),
            interview_required: true,
            max_network_depth: 3,
        },
    );
    ask(year, Do::PublishTerms { document_hash: "4f".repeat(32), effective_from: begins });
    for (code, calculates_commission, kernel_state) in [
        ("in-delivery", false, KernelState::Signed),
        ("active", true, KernelState::Signed),
        ("settled", false, KernelState::Paid),
    ] {
        let code = code.to_owned();
        ask(year, Do::ConfigureContractStatus { code, calculates_commission, kernel_state });
    }
    ask(
        year,
        Do::PublishCommissionPlan {
            effective_from: begins,
            effective_until: None,
            author: "carla.channel".into(),
            plan: commission(200_000),
        },
    );
    let minimum = vec![money("50.00", "EUR"), money("50.00", "USD"), money("8000", "JPY")];
    ask(year, Do::PublishPayoutPolicy { effective_from: begins, policy: PayoutPolicy { minimum } });
    ask(year, Do::PublishDealPolicy { effective_from: begins, policy: deal_policy() });
    for (course, area, step, modules) in [
        ("foundations", "software", 1, ["platform", "carbon-accounting"]),
        ("selling", "sustainability-strategy", 2, ["discovery", "business-case"]),
    ] {
        ask(
            year,
            Do::PublishCourse {
                course: course.into(),
                area: area.into(),
                modules: modules.map(str::to_owned).to_vec(),
                step,
            },
        );
    }
    ask(
        year,
        Do::DefineCertification {
            certification: "certified-seller".into(),
            courses: vec!["foundations".into(), "selling".into()],
            exam: "seller-exam".into(),
            valid_for_months: Some(24),
        },
    );
    let second = Do::PublishCommissionPlan {
        effective_from: begins + Days::new(SECOND_PLAN),
        effective_until: None,
        author: "carla.channel".into(),
        plan: commission(220_000),
    };
    let by_author = Command::Program(program(), second.clone());
    year.refused(150, 30, Actor::vendor("carla.channel"), by_author, "PLAN_AUTHOR_IS_APPROVER");
    year.ask(150, 60, vera(), Command::Program(program(), second));
}

fn commission(seller: u32) -> Plan {
    let level = |distance, rate| Level {
        distance,
        rate: Ppm(rate),
        eligible: Eligibility::Anyone,
        compression: Compression::Skip,
    };
    Plan {
        trigger: Trigger::ContractStatus,
        components: vec![Component {
            id: "new-sales".into(),
            kind: Kind::New,
            lines: Selector::All,
            rate: Rate::Times {
                rate: Ppm(seller),
                by_tier: [(Tier::Silver, Ppm(1_050_000)), (Tier::Gold, Ppm(1_100_000))].into(),
            },
            levels: vec![level(1, 50_000), level(2, 20_000)],
        }],
        hold: Hold { days: 14 },
    }
}

fn deal_policy() -> DealPolicy {
    let rule = |territory: &str, employee: &str| Responsibility {
        territory: territory.into(),
        employee: employee.into(),
    };
    DealPolicy {
        certificate_required: true,
        protection_days: 90,
        approve_up_to: vec![money("10000.00", "EUR"), money("12000.00", "USD")],
        full_payment_to_win: true,
        responsible: vec![
            rule("DE", "doris.dach"),
            rule("PL", "piotr.polska"),
            rule("US", "ursula.us"),
        ],
        default_queue: "channel-desk".into(),
    }
}

/// An amount written here; what is wrong with one shows at the first start.
pub(super) fn money(amount: &str, code: &str) -> Money {
    Money::parse(amount, currency(code)).unwrap_or(Money::zero(currency(code)))
}

pub(super) fn currency(code: &str) -> Currency {
    #[expect(clippy::expect_used, reason = "the codes stand in this folder and are ISO 4217")]
    Currency::from_code(code).expect("an ISO 4217 code")
}
