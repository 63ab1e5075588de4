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

    /// The columns of each index, but for that of the key.
    const INDEXES: &'static [&'static str];

    /// Whether rows can be found or put in order by a column without reading all of them.
    fn leads_an_index(column: Self::Column) -> bool {
        let mut leaders = Self::INDEXES.iter().filter_map(|index| index.split(", ").next());
        column.as_str() == Self::KEY.as_str() || leaders.any(|leader| leader == column.as_str())
    }
}
