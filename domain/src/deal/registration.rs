//! Deal registration, assignment rules, and the partner's qualification of the lead.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{AssignmentRule, DealCommand, DealEvent, DealRefusal, policy_at, policy_ref};
use crate::{
    Issued, Money, Personal, ProgramId, SubjectId,
    bounds::bounded,
    derived,
    linkage::{host, squeezed},
    partner::{Active, Partner},
    program::{DealPolicy, Rulebook, knows, named},
    published::{Published, hash_of},
    refusal::{Invalid, country, positive, some},
};

bounded! {
    /// The customer that the deal is about.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Customer {
        pub name: String as LINE,
        /// ISO 3166 alpha-2.
        pub country: String as COUNTRY,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub tax_id: Option<String> as LINE,
        /// Web domain, as in `acme.example`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub domain: Option<String> as LINE,
    }
}

/// What the partner has said of the deal, by the hash that the vendor verifies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Qualification {
    pub hash: String,
}

impl Qualification {
    pub(super) fn of(icp_match: bool, timeframe: String, budget: Money) -> Self {
        Self { hash: hash_of(&(icp_match, timeframe, budget)).unwrap_or_default() }
    }
}

/// Who may, then the required fields, in this order.
pub(super) fn register(
    issued: &Issued<DealCommand>,
    rulebook: &Rulebook,
    owner: Option<&Partner>,
) -> Result<Vec<DealEvent>, DealRefusal> {
    let DealCommand::Register {
        program,
        partner,
        customer,
        product_lines,
        territory,
        estimate,
        expected_close,
        problems,
        criteria,
    } = &issued.command
    else {
        return Err(DealRefusal::NotRegistered);
    };
    let policy = policy_at(rulebook, issued.at)?;
    let owner = seller_in(*program, owner, issued.at)?;
    if policy.body.certificate_required && !owner.certified_at(issued.at) {
        return Err(DealRefusal::CertificateRequired { policy: policy_ref(policy) });
    }
    country("customer.country", &customer.country)?;
    some("product_lines", product_lines)?;
    for (index, line) in product_lines.iter().enumerate() {
        let field = format!("product_lines.{index}");
        if product_lines[..index].contains(line) {
            return Err(Invalid::new(field, "is named twice; name every product line once").into());
        }
    }
    positive("estimate", *estimate)?;
    published_codes(policy, territory, product_lines)?;
    Ok(vec![DealEvent::Registered {
        program: *program,
        partner: *partner,
        seller: issued.by.clone(),
        match_keys: match_keys(customer),
        customer: customer.clone(),
        product_lines: product_lines.clone(),
        territory: territory.clone(),
        estimate: *estimate,
        expected_close: *expected_close,
        problems: problems.clone(),
        criteria: criteria.clone(),
        policy_version: policy.version,
    }])
}

/// Refuses a territory or a product line that the policy does not have.
fn published_codes(
    policy: &Published<DealPolicy>,
    territory: &str,
    product_lines: &[String],
) -> Result<(), DealRefusal> {
    let DealPolicy { territories, product_lines: known, .. } = &policy.body;
    if !knows(territories, territory) {
        let (code, known) = (territory.to_owned(), named(territories));
        return Err(DealRefusal::UnknownTerritory { code, known, policy: policy_ref(policy) });
    }
    for (index, code) in product_lines.iter().enumerate() {
        if !knows(known, code) {
            let path = vec!["product_lines".to_owned(), index.to_string()];
            return Err(unknown_line(code, path, policy));
        }
    }
    Ok(())
}

pub(super) fn unknown_line(
    code: &str,
    path: Vec<String>,
    policy: &Published<DealPolicy>,
) -> DealRefusal {
    let (code, known) = (code.to_owned(), named(&policy.body.product_lines));
    DealRefusal::UnknownProductLine { code, known, path, policy: policy_ref(policy) }
}

/// The partner, where it may sell in the programme: approved, in its network, and in good standing.
pub(super) fn seller_in(
    program: ProgramId,
    partner: Option<&Partner>,
    at: DateTime<Utc>,
) -> Result<&Active, DealRefusal> {
    let partner = partner
        .and_then(Partner::active)
        .filter(|partner| partner.file.program == program && partner.place.is_some())
        .ok_or(DealRefusal::PartnerNotIn)?;
    partner.standing.good_at(at)?;
    Ok(partner)
}

/// The first rule for the territory, or the default queue (R48).
pub(super) fn assign(policy: &DealPolicy, territory: &str) -> DealEvent {
    match policy.responsible.iter().find(|rule| rule.territory == territory) {
        Some(rule) => DealEvent::ResponsibleAssigned {
            responsible: rule.employee.clone(),
            rule: AssignmentRule::Territory,
        },
        None => DealEvent::ResponsibleAssigned {
            responsible: policy.default_queue.clone(),
            rule: AssignmentRule::DefaultQueue,
        },
    }
}

/// All four parameters, or the names of those that are missing (R49).
pub(super) fn qualify_by_partner(
    issued: &Issued<DealCommand>,
    parameters: (Option<bool>, Option<&String>, Option<Money>, Option<&String>),
) -> Result<Vec<DealEvent>, DealRefusal> {
    let (Some(icp_match), Some(timeframe), Some(budget), Some(decision_maker)) = parameters else {
        let given = [
            ("icp_match", parameters.0.is_some()),
            ("timeframe", parameters.1.is_some()),
            ("budget", parameters.2.is_some()),
            ("decision_maker", parameters.3.is_some()),
        ];
        let missing = given.iter().filter(|(_, given)| !given);
        let fields: Vec<String> = missing.map(|(name, _)| (*name).to_owned()).collect();
        return Err(DealRefusal::QualificationIncomplete { missing: fields.join(", "), fields });
    };
    positive("budget", budget)?;
    let subject = SubjectId(derived(issued.command_id.0, "decision-maker"));
    Ok(vec![DealEvent::QualifiedByPartner {
        icp_match,
        timeframe: timeframe.clone(),
        budget,
        decision_maker: Personal::new(subject, decision_maker.clone()),
        qualified_by: issued.by.clone(),
    }])
}

/// By what two registrations of one customer are recognised: exact tax id, exact domain, normalised name and country.
fn match_keys(customer: &Customer) -> Vec<String> {
    let mut keys = vec![];
    if let Some(tax_id) = &customer.tax_id {
        keys.push(("tax:", squeezed(tax_id)));
    }
    if let Some(domain) = &customer.domain {
        keys.push(("domain:", host(domain)));
    }
    let mut keys: Vec<String> = keys
        .into_iter()
        .filter(|(_, value)| !value.is_empty()) // Else all customers without one would be the same.
        .map(|(kind, value)| kind.to_owned() + &value)
        .collect();
    let name = Some(squeezed(&customer.name)).filter(|name| !name.is_empty());
    keys.extend(name.map(|name| format!("name:{name}/{}", customer.country.to_lowercase())));
    keys
}
