//! The terms between partner and vendor: which version is in force, and which was accepted (consent).

use chrono::{DateTime, Utc};

use super::{File, PartnerCommand, PartnerRefusal};
use crate::{
    Issued, PolicyRef, Published,
    program::{Rulebook, Terms},
    words::events,
};

events! {
    /// What happened to the terms between partner and vendor.
    pub enum TermsEvent {
        "terms-accepted" => Accepted { version: u32, document_hash: String, accepted_at: DateTime<Utc> },
    }
}

pub(super) fn accept(
    file: &File,
    version: u32,
    rulebook: &Rulebook,
    issued: &Issued<PartnerCommand>,
) -> Result<Vec<TermsEvent>, PartnerRefusal> {
    let follows = file.follows(issued);
    let at = follows.as_ref().map_or(issued.at, |issued| issued.at);
    let terms = current(rulebook, at, version)?;
    if file.terms_version == terms.version {
        return Ok(vec![]); // Already so.
    }
    follows?;
    Ok(vec![TermsEvent::Accepted {
        version: terms.version,
        document_hash: terms.body.document_hash.clone(),
        accepted_at: at,
    }])
}

/// The terms in force, where they are the ones accepted.
pub(super) fn current(
    rulebook: &Rulebook,
    at: DateTime<Utc>,
    accepted: u32,
) -> Result<&Published<Terms>, PartnerRefusal> {
    let terms = rulebook.terms_at(at).ok_or(PartnerRefusal::NoTerms)?;
    if terms.version == accepted {
        Ok(terms)
    } else {
        let policy = PolicyRef { id: "terms".into(), version: terms.version };
        Err(PartnerRefusal::TermsNotCurrent { current: terms.version, policy })
    }
}
