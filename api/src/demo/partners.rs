//! Sample data of the demo: who applies, and what becomes of them.

use chrono::Duration;
use domain::{
    Actor, Command, SubjectId, Tier,
    partner::{
        ApplicationRejectionCode, ApplicationSource, Company as Applicant, InterviewOutcome,
        NewContact, PartnerCommand as Do, ReviewResult, Sections, SourceRef,
    },
};

use super::{Calendar, id, partner, program};

/// A company of the demo.
#[derive(Clone, Copy, Debug)]
pub struct Company {
    pub short: &'static str,
    pub name: &'static str,
    pub country: &'static str,
    pub currency: &'static str,
    /// Short name of the partner above it.
    pub above: Option<&'static str>,
    /// Day of the year on which it applies.
    pub applies_on: u64,
    /// First name of its owner.
    pub owner: &'static str,
    /// First name of its seller.
    pub seller: &'static str,
    pub iban: &'static str,
}

const fn company(
    short: &'static str,
    name: &'static str,
    (country, currency): (&'static str, &'static str),
    above: Option<&'static str>,
    applies_on: u64,
    (owner, seller): (&'static str, &'static str),
    iban: &'static str,
) -> Company {
    Company { short, name, country, currency, above, applies_on, owner, seller, iban }
}

const DE: (&str, &str) = ("DE", "EUR");
const PL: (&str, &str) = ("PL", "EUR");
const US: (&str, &str) = ("US", "USD");
const JP: (&str, &str) = ("JP", "JPY");
const GERMAN: &str = "DE89370400440532013000";
const POLISH: &str = "PL61109010140000071219812874";
const BRITISH: &str = "GB29NWBK60161331926819";

/// The partners, every one after the one above it.
pub const PARTNERS: [Company; 13] = [
    company("nordwind", "Nordwind Systemhaus GmbH", DE, None, 1, ("Nora", "Niklas"), GERMAN),
    company("wisla", "Wisła Consulting sp. z o.o.", PL, None, 2, ("Wanda", "Witek"), POLISH),
    company("pacific", "Pacific Crest Partners Inc.", US, None, 3, ("Paula", "Peter"), BRITISH),
    company("elbe", "Elbe Cloud Services GmbH", DE, Some("nordwind"), 14, ("Elke", "Emil"), GERMAN),
    company("isar", "Isar Digital AG", DE, Some("nordwind"), 18, ("Ida", "Ingo"), GERMAN),
    company("baltyk", "Bałtyk Software S.A.", PL, Some("wisla"), 20, ("Beata", "Bartek"), POLISH),
    company(
        "tatry",
        "Tatry Analytics sp. z o.o.",
        PL,
        Some("wisla"),
        24,
        ("Teresa", "Tomek"),
        POLISH,
    ),
    company(
        "cascade",
        "Cascade Solutions LLC",
        US,
        Some("pacific"),
        26,
        ("Carol", "Chris"),
        BRITISH,
    ),
    company(
        "fuji",
        "Fuji Sustainability K.K.",
        JP,
        Some("pacific"),
        30,
        ("Fumiko", "Fumio"),
        BRITISH,
    ),
    company("havel", "Havel IT GmbH", DE, Some("elbe"), 44, ("Hanna", "Hugo"), GERMAN),
    company("mazury", "Mazury Data sp. z o.o.", PL, Some("baltyk"), 50, ("Maria", "Marek"), POLISH),
    company(
        "sakura",
        "Sakura Green Tech K.K.",
        JP,
        Some("fuji"),
        60,
        ("Sachiko", "Satoshi"),
        BRITISH,
    ),
    company(
        "rainier",
        "Rainier Advisory Inc.",
        US,
        Some("cascade"),
        66,
        ("Rachel", "Robert"),
        BRITISH,
    ),
];

impl Company {
    /// Its owner as an actor.
    pub(super) fn owner(&self) -> Actor {
        Actor::member(format!("{}@{}", self.owner.to_lowercase(), self.short), partner(self.short))
    }

    /// Its seller as an actor.
    pub(super) fn seller(&self) -> Actor {
        Actor::member(format!("{}@{}", self.seller.to_lowercase(), self.short), partner(self.short))
    }

    /// The day from which it can register deals.
    pub(super) fn certified_on(&self) -> u64 {
        self.applies_on + 12
    }

    fn person(&self, first_name: &str) -> SubjectId {
        SubjectId(id(&format!("{}/{first_name}", self.short)))
    }

    fn ask(&self, year: &mut Calendar, day: u64, minute: i64, by: Actor, command: Do) {
        year.ask(self.applies_on + day, minute, by, Command::Partner(partner(self.short), command));
    }
}

pub(super) fn plan(year: &mut Calendar) {
    for company in &PARTNERS {
        apply(year, company);
        approve(year, company);
        train(year, company);
        let account_holder = company.name.to_owned();
        let details = Do::SetPaymentDetails { account_holder, iban: company.iban.into() };
        company.ask(year, 11, 0, company.owner(), details);
    }
    turned_away(year);
    let silver = Do::OverrideTier {
        to: Tier::Silver,
        reason: "Three signed deals in the first half-year".into(),
    };
    year.ask(170, 0, carla(), Command::Partner(partner("wisla"), silver));
    let gold = Do::OverrideTier {
        to: Tier::Gold,
        reason: "Largest revenue in the network, agreed in review".into(),
    };
    year.ask(170, 5, carla(), Command::Partner(partner("nordwind"), gold));
}

fn apply(year: &mut Calendar, company: &Company) {
    let person = |first_name: &str| NewContact {
        person: company.person(first_name),
        first_name: first_name.into(),
        last_name: company.name.split(' ').next().unwrap_or(company.name).into(),
        email: format!("{}@{}.example", first_name.to_lowercase(), company.short),
        phone: None,
    };
    let command = Do::Apply {
        program: program(),
        company: Applicant {
            name: company.name.into(),
            country: company.country.into(),
            tax_id: None,
            website: Some(format!("{}.example", company.short)),
        },
        contacts: vec![person(company.owner), person(company.seller)],
        sections: Sections {
            competencies:
                "Implementation of ERP and energy management for mid-sized manufacturers.".into(),
            customer_portfolio:
                "Some forty industrial customers, most of them for more than five years.".into(),
            strategic_goals: "A practice for carbon accounting within two years.".into(),
        },
        source: if company.above.is_some() {
            ApplicationSource::Referral
        } else {
            ApplicationSource::Web
        },
        inviter: company.above.map(partner),
        terms_version: 1,
    };
    company.ask(year, 0, 0, company.owner(), command);
}

fn approve(year: &mut Calendar, company: &Company) {
    company.ask(year, 1, 0, carla(), Do::AssignReview { reviewer: "rita.review".into() });
    company.ask(
        year,
        2,
        0,
        Actor::vendor("rita.review"),
        Do::RecordReview {
            sector_fit: "Serves the manufacturers that the programme is made for.".into(),
            marketing_competence: "Two people of its own and a newsletter with readers.".into(),
            result: ReviewResult::Passed,
        },
    );
    if company.short == "isar" {
        let early = Command::Partner(partner(company.short), Do::Approve {});
        year.refused(company.applies_on + 3, 0, carla(), early, "INTERVIEW_NOT_HELD");
    }
    let at = year.at(company.applies_on + 4, 120) + Duration::minutes(30);
    company.ask(year, 3, 10, carla(), Do::ScheduleInterview { at });
    company.ask(
        year,
        4,
        240,
        carla(),
        Do::RecordInterview {
            outcome: InterviewOutcome::Recommended,
            notes: "Knows its customers, asked the right questions about the hold.".into(),
        },
    );
    company.ask(year, 5, 0, carla(), Do::Approve {});
}

fn train(year: &mut Calendar, company: &Company) {
    let lms = || Actor::integration("lms");
    let person = company.person(company.seller);
    let source = |reference: &str| SourceRef {
        source: "lms".into(),
        reference: format!("{}/{reference}", company.short),
    };
    let modules = [
        (6, "foundations", "platform"),
        (7, "foundations", "carbon-accounting"),
        (8, "selling", "discovery"),
        (9, "selling", "business-case"),
    ];
    for (day, course, module) in modules {
        company.ask(
            year,
            day,
            60,
            lms(),
            Do::CompleteModule {
                person,
                course: course.into(),
                module: module.into(),
                content_version: 1,
                score: Some(84),
                source: source(module),
            },
        );
    }
    let exam = |passed, score, attempt| Do::RecordExam {
        person,
        exam: "seller-exam".into(),
        passed,
        score,
        source: source(attempt),
    };
    if company.short == "havel" {
        company.ask(year, 9, 120, lms(), exam(false, 48, "exam/1"));
    }
    company.ask(year, 10, 0, lms(), exam(true, 88, "exam/2"));
}

/// Two who do not become partners: one fails the review, one thinks better of it.
fn turned_away(year: &mut Calendar) {
    let rejected = Company {
        short: "lone-star",
        name: "Lone Star Trading LLC",
        applies_on: 70,
        ..PARTNERS[2]
    };
    apply(year, &rejected);
    rejected.ask(year, 1, 0, carla(), Do::AssignReview { reviewer: "rita.review".into() });
    rejected.ask(
        year,
        2,
        0,
        Actor::vendor("rita.review"),
        Do::RecordReview {
            sector_fit: "Sells commodities; none of its customers could use the product.".into(),
            marketing_competence: "None to speak of.".into(),
            result: ReviewResult::Failed,
        },
    );
    rejected.ask(
        year,
        3,
        0,
        carla(),
        Do::Reject { code: ApplicationRejectionCode::SectorMismatch },
    );
    let withdrawn =
        Company { short: "odra", name: "Odra Partners S.A.", applies_on: 90, ..PARTNERS[1] };
    apply(year, &withdrawn);
    withdrawn.ask(year, 2, 0, withdrawn.owner(), Do::Withdraw {});
}

pub(super) fn carla() -> Actor {
    Actor::vendor("carla.channel")
}
