//! A table declared in one place: its entity in the object-relational mapping, whose its rows are, and its indexes.

use sea_orm::{EntityTrait, IntoActiveModel, ModelTrait};

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
}

/// Declares a table by its row, whose first column is the key.
macro_rules! table {
    (
        $name:literal of $owner:expr, found by $indexes:expr;
        pub struct Model {
            $(#[$about:meta])*
            pub $key:ident: $type:ty,
            $($columns:tt)*
        }
    ) => {
        #[derive(Clone, Debug, PartialEq, Eq, sea_orm::DeriveEntityModel)]
        #[sea_orm(table_name = $name)]
        pub struct Model {
            $(#[$about])*
            #[sea_orm(primary_key, auto_increment = false)]
            pub $key: $type,
            $($columns)*
        }

        #[derive(Clone, Copy, Debug, sea_orm::EnumIter, sea_orm::DeriveRelation)]
        pub enum Relation {}

        impl sea_orm::ActiveModelBehavior for ActiveModel {}

        impl $crate::ground::Table for Entity {
            const KEY: Column = $crate::ground::table!(@column $key);
            const OWNER: Option<Column> = $owner;
            const INDEXES: &'static [&'static str] = &$indexes;
        }
    };
    (@column id) => {
        Column::Id
    };
    (@column position) => {
        Column::Position
    };
}
pub(crate) use table;
