//! Consistency checking of the read model: what must hold in every set of views, at whatever position.

use sea_orm::ConnectionTrait;

use crate::ground::Broken;
use crate::house::{self, traces};

/// Checks every claim about rows and about traces; the first that does not hold is the error.
pub(crate) async fn check(db: &impl ConnectionTrait) -> Result<(), Broken> {
    check_rows(db).await?;
    traces::check(db).await
}

/// Checks every claim about how rows fit together.
pub(crate) async fn check_rows(db: &impl ConnectionTrait) -> Result<(), Broken> {
    for claim in house::claims() {
        claim.check(db).await?;
    }
    Ok(())
}
