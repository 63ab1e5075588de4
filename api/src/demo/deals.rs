//! Sample data of the demo: sixty deals, of which most are won and every other end occurs.

use chrono::Days;
use domain::{
    Actor, Command, DealId, Money, PaymentId,
    deal::{ContractLine, Customer, DealCommand as Do, DealRejectionCode, LossCode},
};

use super::{
    Calendar, PARTNERS, id, partner,
    partners::{Company, carla},
    program,
    rulebook::{currency, money},
};

const DEALS: u64 = 60;

/// Where a deal of the demo ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Won,
    PartPaid,
    Signed,
    /// Approved, and protection runs out.
    Expired,
    Approved,
    Returned,
    Rejected,
    Lost,
    Withdrawn,
    Registered,
}

pub(super) fn plan(year: &mut Calendar) {
    for number in 0..DEALS {
        let company = &PARTNERS[(number % PARTNERS.len() as u64) as usize];
        let first = company.certified_on() + 3;
        let day = first + number * (super::DAYS - 60 - first) / DEALS;
        Sale { number, day, company }.plan(year, end_of(number));
    }
    let early = &PARTNERS[0];
    let sale = Sale { number: 900, day: early.applies_on + 8, company: early };
    year.refused(sale.day, 0, early.seller(), sale.register(), "CERTIFICATE_REQUIRED");
}

/// Two thirds are won; the others end in turn in every other way. The last ones are still under way.
fn end_of(number: u64) -> Ends {
    match number {
        57 => Ends::Registered,
        58 => Ends::Approved,
        59 => Ends::Signed,
        _ => match number % 20 {
            3 => Ends::Lost,
            5 => Ends::Rejected,
            8 => Ends::PartPaid,
            11 => Ends::Returned,
            14 => Ends::Withdrawn,
            17 => Ends::Expired,
            _ => Ends::Won,
        },
    }
}

struct Sale<'a> {
    number: u64,
    day: u64,
    company: &'a Company,
}

impl Sale<'_> {
    fn plan(&self, year: &mut Calendar, ends: Ends) {
        let seller = || self.company.seller();
        let (finance, desk) = (|| Actor::vendor("fiona.finance"), || Actor::vendor("doris.dach"));
        year.ask(self.day, 10, seller(), self.register());
        match ends {
            Ends::Registered => return,
            Ends::Withdrawn => return self.ask(year, 2, 30, seller(), Do::Withdraw {}),
            Ends::Won
            | Ends::PartPaid
            | Ends::Signed
            | Ends::Expired
            | Ends::Approved
            | Ends::Returned
            | Ends::Rejected
            | Ends::Lost => {}
        }
        if self.number == 4 {
            let incomplete = Do::QualifyByPartner {
                icp_match: Some(true),
                timeframe: None,
                budget: None,
                decision_maker: Some("Head of operations".into()),
            };
            year.refused(
                self.day,
                20,
                seller(),
                self.command(incomplete),
                "QUALIFICATION_INCOMPLETE",
            );
        }
        self.ask(year, 1, 0, seller(), self.qualification());
        match ends {
            Ends::Returned => {
                let reason = "The budget is that of the whole plant; which part is ours?".into();
                return self.ask(
                    year,
                    2,
                    0,
                    desk(),
                    Do::Return { reason, fields: vec!["budget".into()] },
                );
            }
            Ends::Rejected => {
                let code = DealRejectionCode::ExistingCustomer;
                return self.ask(year, 2, 0, carla(), Do::Reject { code });
            }
            Ends::Won
            | Ends::PartPaid
            | Ends::Signed
            | Ends::Expired
            | Ends::Approved
            | Ends::Lost
            | Ends::Registered
            | Ends::Withdrawn => {}
        }
        self.ask(year, 2, 0, desk(), Do::Qualify {});
        if !self.goes_through_by_policy() {
            self.ask(year, 3, 0, carla(), Do::Approve {});
        }
        match ends {
            Ends::Expired | Ends::Approved => return,
            Ends::Lost => {
                return self.ask(year, 12, 0, seller(), Do::Lose { code: LossCode::Competitor });
            }
            Ends::Won
            | Ends::PartPaid
            | Ends::Signed
            | Ends::Returned
            | Ends::Rejected
            | Ends::Registered
            | Ends::Withdrawn => {}
        }
        let signed_on = year.at(self.day + 9, 0).date_naive();
        self.ask(year, 10, 0, seller(), Do::Sign { signed_on, lines: self.lines() });
        self.ask(year, 11, 0, desk(), Do::ChangeContractStatus { to: "in-delivery".into() });
        self.ask(year, 14, 0, desk(), Do::ChangeContractStatus { to: "active".into() });
        if ends == Ends::Signed {
            return;
        }
        let total = self.total();
        let half = Money { minor: total.minor / 2, ..total };
        self.pay(year, 20, finance(), "first", half);
        if ends == Ends::PartPaid {
            year.refused(
                self.day + 21,
                0,
                carla(),
                self.command(Do::Win {}),
                "PAYMENT_OUTSTANDING",
            );
            return;
        }
        let rest = Money { minor: total.minor - half.minor, ..total };
        if self.number == 6 {
            let twice = Money { minor: total.minor, ..total };
            let command = self.payment(year, 28, "too much", twice);
            year.refused(self.day + 28, 0, finance(), command, "PAYMENT_EXCEEDS_CONTRACT");
        }
        self.pay(year, 30, finance(), "second", rest);
        self.ask(year, 31, 0, carla(), Do::Win {});
        self.ask(year, 31, 10, desk(), Do::ChangeContractStatus { to: "settled".into() });
    }

    fn register(&self) -> Command {
        const CUSTOMERS: [&str; 6] =
            ["Foundry", "Dairy", "Paper Mill", "Brewery", "Machine Works", "Packaging"];
        let kind = CUSTOMERS[(self.number % 6) as usize];
        let Company { country, .. } = self.company;
        self.command(Do::Register {
            program: program(),
            partner: partner(self.company.short),
            customer: Customer {
                name: format!("{kind} No. {}", self.number + 1),
                country: (*country).into(),
                tax_id: None,
                domain: Some(format!("customer-{}.example", self.number + 1)),
            },
            product_lines: vec!["platform".into(), "carbon".into()],
            territory: (*country).into(),
            estimate: self.total(),
            expected_close: (chrono::DateTime::UNIX_EPOCH + Days::new(20_000 + self.number))
                .date_naive(),
            problems: "Energy reports are put together by hand every quarter.".into(),
            criteria: "Reports that an auditor accepts, in place before the next fiscal year."
                .into(),
        })
    }

    fn qualification(&self) -> Do {
        Do::QualifyByPartner {
            icp_match: Some(true),
            timeframe: Some("this quarter".into()),
            budget: Some(self.total()),
            decision_maker: Some("Head of operations".into()),
        }
    }

    fn lines(&self) -> Vec<ContractLine> {
        let total = self.total();
        let platform = Money { minor: total.minor * 7 / 10, ..total };
        let carbon = Money { minor: total.minor - platform.minor, ..total };
        let line = |id: &str, product_line: &str, net| ContractLine {
            id: id.into(),
            product_line: product_line.into(),
            net,
        };
        vec![line("1", "platform", platform), line("2", "carbon", carbon)]
    }

    fn total(&self) -> Money {
        let thousands = 4 + (self.number * 7) % 23;
        match self.company.currency {
            "JPY" => Money {
                minor: (thousands * 160_000 + 7_777).cast_signed(),
                currency: currency("JPY"),
            },
            code => Money {
                minor: (thousands * 100_000 + 99_999 - self.number * 131).cast_signed(),
                ..money("0.00", code)
            },
        }
    }

    /// Whether the deal policy approves it without anybody's doing.
    fn goes_through_by_policy(&self) -> bool {
        let limit = match self.company.currency {
            "EUR" => 1_000_000,
            "USD" => 1_200_000,
            _ => 0,
        };
        self.total().minor <= limit
    }

    fn pay(&self, year: &mut Calendar, day: u64, by: Actor, name: &str, amount: Money) {
        let command = self.payment(year, day, name, amount);
        year.ask(self.day + day, 0, by, command);
    }

    fn payment(&self, year: &Calendar, day: u64, name: &str, amount: Money) -> Command {
        self.command(Do::RecordPayment {
            payment: PaymentId(id(&format!("deal {} payment {name}", self.number))),
            amount,
            received_on: year.at(self.day + day, 0).date_naive(),
            allocations: None,
        })
    }

    fn ask(&self, year: &mut Calendar, day: u64, minute: i64, by: Actor, command: Do) {
        let command = self.command(command);
        year.ask(self.day + day, minute, by, command);
    }

    fn command(&self, command: Do) -> Command {
        Command::Deal(DealId(id(&format!("deal {}", self.number))), command)
    }
}
