//! Open items as they are listed, each with the money that it is about.

use std::collections::BTreeMap;

use domain::{Money, decode, reactions};
use eventlog::{ItemPage, Log, OpenItem, ReadError};

/// An open item with the money that it is about, where it is about any.
pub struct Listed {
    pub item: OpenItem,
    pub amount: Option<Money>,
}

/// A part of the list, in its order.
pub async fn listed(log: &Log, page: ItemPage) -> Result<Vec<Listed>, ReadError> {
    let items = log.item_page(page).await?;
    let positions: Vec<u64> = items.iter().map(|item| item.position).collect();
    let mut causes = BTreeMap::new();
    for raw in log.by_positions(&positions).await? {
        let position = raw.envelope.position;
        match decode(raw.envelope, &raw.payload) {
            Ok(recorded) => drop(causes.insert(position, recorded)),
            Err(error) => tracing::error!(position, %error, "an event cannot be understood"),
        }
    }
    let amount = |item: &OpenItem| reactions::amount(causes.get(&item.position)?, item.command_id);
    Ok(items.into_iter().map(|item| Listed { amount: amount(&item), item }).collect())
}
