//! What a command is aimed at, and whether it is within reach: a foreign target looks like one that is not there.

use async_graphql::Context;
use domain::{
    Command, Refusal,
    deal::{DealCommand, DealRefusal},
    partner::{PartnerCommand, PartnerRefusal},
    wallet::WalletRefusal,
};
use uuid::Uuid;

use super::{failure::Failure, request::Asked};

/// The id of the aggregate.
pub fn of(command: &Command) -> Uuid {
    match command {
        Command::Program(id, _) => id.0,
        Command::Partner(id, _) => id.0,
        Command::Deal(id, _) => id.0,
        Command::Wallet(id, _) => id.0,
    }
}

/// The refusal of a target that is not there, where a member's command is aimed beyond its own partner.
///
/// What the views do not show yet may be there all the same, so nothing is called absent before they have caught up.
pub async fn within_reach(
    ctx: &Context<'_>,
    asked: &Asked,
    command: &Command,
) -> Result<Option<Refusal>, Failure> {
    let Some(own) = asked.principal.partner else { return Ok(None) }; // The vendor's people reach everything.
    let absent: Refusal = match command {
        Command::Program(..) => return Err(Failure::forbidden()), // No row of the table lets a member come here.
        Command::Partner(id, _) if *id == own => return Ok(None),
        Command::Partner(_, PartnerCommand::Apply { .. }) => return Err(Failure::forbidden()),
        Command::Partner(..) => PartnerRefusal::NotApplied.into(),
        Command::Deal(_, DealCommand::Register { partner, .. }) if *partner == own => {
            return Ok(None);
        }
        Command::Deal(_, DealCommand::Register { .. }) => DealRefusal::PartnerNotIn.into(),
        Command::Deal(..) => DealRefusal::NotRegistered.into(),
        Command::Wallet(..) => WalletRefusal::Empty.into(),
    };
    if seen(asked, command).await? {
        return Ok(None);
    }
    let head = *asked.sources.commands.head().borrow();
    asked.wait_for(head).await?;
    let found = seen(asked, command).await?;
    tracing::debug!(found, path = ?ctx.path_node.map(|path| path.to_string()), "looked for a command's target again");
    Ok((!found).then_some(absent))
}

async fn seen(asked: &Asked, command: &Command) -> Result<bool, Failure> {
    match command {
        Command::Program(..) | Command::Partner(..) => Ok(false),
        Command::Deal(_, DealCommand::Register { .. }) => Ok(false),
        Command::Deal(id, _) => Ok(asked.deal(id.0).await?.is_some()),
        Command::Wallet(id, _) => Ok(asked.wallet(id.0).await?.is_some()),
    }
}
