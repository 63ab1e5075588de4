//! GraphQL mutations of a partner's standing: suspended, reinstated, given notice, terminated.

use domain::partner::{PartnerCommand, SuspensionCode, TerminationCode};

use super::Partner;
use crate::graphql::ground::{mutation::mutations, word::Word};

mutations! {
    /// Mutations of a partner's standing.
    StandingMutations asks PartnerCommand of Partner(PartnerId) by partner_id, "The partner."; changes partner: Partner;

    /// Suspends a partner: it sells, trains and invites no more until it is reinstated, and where the programme's policy says
    /// so its money waits as well.
    suspend_partner(SuspendPartnerInput) -> SuspendPartnerPayload {
        /// Why.
        code: Word<SuspensionCode>,
        /// Why, in words that the partner reads. At most 8000 characters.
        reason: String,
    } => Suspend { code: code.0, reason };

    /// Lifts a suspension. What was frozen for it is available again.
    reinstate_partner(ReinstatePartnerInput) -> ReinstatePartnerPayload {
        /// What has been found, in words that the partner reads. At most 8000 characters.
        reason: String,
    } => Reinstate { reason };

    /// Gives notice: the co-operation ends by itself when the days of the programme's policy are over. A partner gives its own
    /// as its request.
    notice_termination(NoticeTerminationInput) -> NoticeTerminationPayload {
        /// Why.
        code: Word<TerminationCode>,
        /// Why, in words that the other side reads. At most 8000 characters.
        reason: String,
    } => NoticeTermination { code: code.0, reason };

    /// Takes a notice back, by the side that gave it.
    revoke_termination(RevokeTerminationInput) -> RevokeTerminationPayload {} => RevokeTermination {};

    /// Ends the co-operation before the notice has run out, for a cause such as a breach. Whoever gave the notice cannot.
    terminate_partner(TerminatePartnerInput) -> TerminatePartnerPayload {} => Terminate {};
}
