//! What every table of the object-relational mapping says of itself: its key, whose its rows are, and its indexes.

use sea_orm::{EntityTrait, IdenStatic, IntoActiveModel, ModelTrait};

/// The table of a view.
pub trait Table:
    EntityTrait<Model: ModelTrait<Entity = Self> + IntoActiveModel<Self::ActiveModel> + Send + Sync>
{
    /// The column that identifies a row.
    const KEY: Self::Column;

    /// The column with the partner whose rows they are; none where they are everybody's.
    const OWNER: Option<Self::Column>;

    /// The version of what fills it. Whoever changes what rows come of an event counts it up, so that rows which were
    /// folded before are not taken for those that would be folded now.
    const FOLD: u32;

    /// The columns of each index, but for that of the key.
    const INDEXES: &'static [&'static str];

    /// Whether rows can be found by these columns, and stand in their order, without reading others.
    fn has_index(columns: &[Self::Column]) -> bool {
        let begins = |index: &&str| {
            let mut names = index.split(", ");
            columns.iter().all(|column| names.next() == Some(column.as_str()))
        };
        begins(&Self::KEY.as_str()) || Self::INDEXES.iter().any(begins)
    }
}
