//! What a log says of its open items, and how somebody beside it asks that they be tried again.

use domain::CommandId;

use crate::event::ReadError;
use crate::log::Log;
use crate::open::Target;
use crate::open_items::{Counts, Ids, OpenItem, Which};
use crate::schema::OpenError;
use crate::{postgres, sqlite};

impl Log {
    /// Keeps an item open: adds it, or notes another try; does nothing where its effect has come meanwhile.
    pub async fn keep_open(&self, item: &OpenItem) -> Result<(), ReadError> {
        self.engine().keep_open(item).await.map_err(ReadError::Unavailable)
    }

    /// The effect has come, or need not come any more.
    pub async fn close_item(&self, id: CommandId) -> Result<(), ReadError> {
        self.engine().close_item(id).await.map_err(ReadError::Unavailable)
    }

    /// At most so many open items, the oldest first.
    pub async fn open_items(&self, which: Which, most: u32) -> Result<Vec<OpenItem>, ReadError> {
        self.engine().open_items(which, most).await.map_err(ReadError::Unavailable)
    }

    pub async fn open_ids(&self) -> Result<Ids, ReadError> {
        self.engine().open_ids().await.map_err(ReadError::Unavailable)
    }

    pub async fn open_counts(&self) -> Result<Counts, ReadError> {
        self.engine().open_counts().await.map_err(ReadError::Unavailable)
    }

    /// Asks whoever works with the log to try an open item again, or all; tells how many that are. May be asked beside it.
    pub async fn ask_again(target: &Target, id: Option<CommandId>) -> Result<u64, OpenError> {
        match target {
            Target::Sqlite { dir } => sqlite::Engine::ask_again(dir, id).await,
            Target::Postgres { url } => postgres::Engine::ask_again(url, id).await,
        }
    }
}
