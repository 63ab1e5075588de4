//! Whether a company has come before: a programme has one application or partner of a tax id; that another has named the
//! same web domain is a sign, which the reviewer is told.

use serde::{Deserialize, Serialize};

use super::{Partner, PartnerRefusal};
use crate::{
    PartnerId, ProgramId,
    bounds::bounded,
    facts::Streams,
    linkage::{host, tax_number},
    refusal::Invalid,
    reservation::{ReservationKind, Reserve},
};

bounded! {
    /// A candidate's company.
    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Company {
        pub name: String as LINE,
        /// ISO 3166 alpha-2, as in `PL`.
        pub country: String as COUNTRY,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub tax_id: Option<String> as LINE,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub website: Option<String> as LINE,
    }
}

/// By what the company is recognised, as it is compared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CompanyKeys {
    pub tax_number: Option<String>,
    pub domain: Option<String>,
}

impl CompanyKeys {
    pub(super) fn of(company: &Company) -> Self {
        let Company { country, tax_id, website, .. } = company;
        let tax_number = tax_id.as_ref().map(|tax_id| tax_number(tax_id, country));
        Self {
            tax_number: tax_number.map(|number| format!("{country}/{number}")),
            domain: website.as_ref().map(|website| host(website)).filter(|host| !host.is_empty()),
        }
    }

    fn reserves(&self, program: ProgramId) -> impl Iterator<Item = Reserve<'_>> {
        let of = [
            (ReservationKind::TaxId, &self.tax_number),
            (ReservationKind::WebDomain, &self.domain),
        ];
        of.into_iter().filter_map(move |(kind, key)| {
            let key = key.as_deref()?;
            Some(Reserve { kind, program: Some(program), key })
        })
    }
}

/// Refuses a tax id that is none: letters that only look alike would make two companies of one.
pub(super) fn check(company: &Company) -> Result<(), Invalid> {
    let Some(tax_id) = &company.tax_id else { return Ok(()) };
    let written =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '.' | '/' | '&' | 'Ñ' | 'ñ');
    if tax_id.chars().all(written) && tax_id.chars().any(char::is_alphanumeric) {
        Ok(())
    } else {
        Err(Invalid::new("company.tax_id", "must be letters A to Z and digits, as in PL5250001234"))
    }
}

/// Takes for an applicant what recognises its company, and tells who else has any of it.
pub(super) async fn take<S: Streams>(
    id: PartnerId,
    program: ProgramId,
    company: &Company,
    streams: &S,
) -> Result<Known, S::Error> {
    let mut known = Known::default();
    for reserve in CompanyKeys::of(company).reserves(program) {
        let other = reserve.take(id.0, streams).await?.other_than(id.0).map(PartnerId);
        match reserve.kind {
            ReservationKind::TaxId => known.by_tax_id = other,
            ReservationKind::WebDomain => known.by_domain = other,
            ReservationKind::AccountLink => {} // An account's.
        }
    }
    Ok(known)
}

/// Lets go what recognises the company of a partner whose application or whose partnership ends.
pub(super) async fn let_go<S: Streams>(
    id: PartnerId,
    partner: &Partner,
    streams: &S,
) -> Result<(), S::Error> {
    let Some(file) = partner.file() else { return Ok(()) };
    for reserve in file.company.reserves(file.program) {
        reserve.let_go(id.0, streams).await?;
    }
    Ok(())
}

/// The partners of a programme that have what an applicant names as its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Known {
    pub by_tax_id: Option<PartnerId>,
    pub by_domain: Option<PartnerId>,
}

impl Known {
    /// Refuses a company that has come before.
    pub(super) fn check(self) -> Result<(), PartnerRefusal> {
        match self.by_tax_id {
            Some(_) => Err(PartnerRefusal::CompanyApplied),
            None => Ok(()),
        }
    }
}
