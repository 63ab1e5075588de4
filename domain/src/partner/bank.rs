//! Where a partner's payouts go: bank details behind an id of their own, checked by their check digits (IBAN, ISO 13616).

use serde::{Deserialize, Serialize};

use super::{File, PartnerCommand, PartnerRefusal};
use crate::{
    Actor, DetailsId, Issued, Personal, SubjectId, derived, refusal::Invalid, words::events,
};

events! {
    /// What happened to where payouts go.
    pub enum BankEvent {
        "payment-details-set" => DetailsSet { details_id: DetailsId, details: Personal<BankDetails>, set_by: Actor },
    }
}

/// Where a partner's payouts go.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BankDetails {
    pub account_holder: String,
    pub iban: String,
}

/// Which bank details are current, without saying them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PaymentDetails {
    pub id: DetailsId,
    pub set_by: Actor,
}

pub(super) fn set(
    file: &File,
    issued: &Issued<PartnerCommand>,
    account_holder: &str,
    iban: &str,
) -> Result<Vec<BankEvent>, PartnerRefusal> {
    iban_shape(iban)?;
    let details = BankDetails { account_holder: account_holder.to_owned(), iban: iban.to_owned() };
    Ok(vec![BankEvent::DetailsSet {
        // Of the command and of nothing that is in them: it names them, and whoever has it cannot try them out.
        details_id: DetailsId(derived(issued.command_id.0, "payment-details")),
        details: Personal::new(SubjectId(derived(file.subject.0, "bank")), details),
        set_by: issued.by.clone(),
    }])
}

/// Country, two check digits, then up to 30 letters and digits; the check digits must hold (ISO 13616).
fn iban_shape(iban: &str) -> Result<(), Invalid> {
    let shape = (15..=34).contains(&iban.len())
        && iban.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && iban.bytes().take(2).all(|b| b.is_ascii_uppercase())
        && iban.bytes().skip(2).take(2).all(|b| b.is_ascii_digit());
    if !shape {
        return Err(Invalid::new(
            "iban",
            "must be an IBAN without spaces, as in DE89370400440532013000",
        ));
    }
    let rearranged = iban.chars().skip(4).chain(iban.chars().take(4));
    let remainder = rearranged.fold(0_u32, |rest, c| {
        let value = c.to_digit(36).unwrap_or(0);
        if value < 10 { (rest * 10 + value) % 97 } else { (rest * 100 + value) % 97 }
    });
    if remainder == 1 {
        Ok(())
    } else {
        Err(Invalid::new("iban", "has wrong check digits; look for a typing error"))
    }
}
