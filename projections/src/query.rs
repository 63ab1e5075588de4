//! Why a question to the views was not answered.

use sea_orm::DbErr;

use crate::page::PageError;

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Whoever asked can do better.
    #[error(transparent)]
    Page(#[from] PageError),
    #[error("the views cannot be read at the moment")]
    Unavailable(#[from] DbErr),
}
