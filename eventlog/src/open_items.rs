//! What a log says of its open items, and how somebody beside it has them tried again or dismisses one.

use domain::CommandId;

use crate::event::ReadError;
use crate::log::Log;
use crate::open::Target;
use crate::open_item::{Counts, Dismissal, Ids, ItemPage, NotCome, OpenItem, Which};
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

    /// Forgets those whose effects have come by way of another process. They are open to nobody.
    pub async fn sweep_items(&self) -> Result<(), ReadError> {
        self.engine().sweep_items().await.map_err(ReadError::Unavailable)
    }

    /// Those that are to be tried, the oldest first.
    pub async fn open_items(&self, which: Which) -> Result<Vec<OpenItem>, ReadError> {
        self.engine().open_items(which).await.map_err(ReadError::Unavailable)
    }

    /// A part of the list, in its order.
    pub async fn item_page(&self, page: ItemPage) -> Result<Vec<OpenItem>, ReadError> {
        self.engine().item_page(page).await.map_err(ReadError::Unavailable)
    }

    pub async fn not_come(&self) -> Result<NotCome, ReadError> {
        self.engine().not_come().await.map_err(ReadError::Unavailable)
    }

    /// The dismissed effects that events at these positions ask for.
    pub async fn dismissed(&self, from: u64, to: u64) -> Result<Ids, ReadError> {
        self.engine().dismissed(from, to).await.map_err(ReadError::Unavailable)
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

    /// Dismisses an open item; tells whether there is one. May be done beside whoever works with the log.
    pub async fn dismiss(
        target: &Target,
        id: CommandId,
        dismissal: &Dismissal,
    ) -> Result<bool, OpenError> {
        match target {
            Target::Sqlite { dir } => sqlite::Engine::dismiss(dir, id, dismissal).await,
            Target::Postgres { url } => postgres::Engine::dismiss(url, id, dismissal).await,
        }
    }
}
