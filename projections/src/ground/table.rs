//! A table declared in one place: its entity in the object-relational mapping, whose its rows are, and its indexes.

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
        let leads = |index: &&str| index.split(", ").next() == Some(column.as_str());
        column.as_str() == Self::KEY.as_str() || Self::INDEXES.iter().any(|index| leads(index))
    }
}

/// Declares a table by its row, whose first column is the key. Where rows change, the columns that say by which event
/// they did last are `stamped` on them: its position, or its sequence within the aggregate as well.
macro_rules! table {
    (
        $name:literal of $owner:expr, $(stamped [$($stamp:ident),+],)? found by $indexes:expr;
        $(#[$more:meta])*
        pub struct Model {
            $(#[$about:meta])*
            pub $key:ident: $type:ty,
            $($columns:tt)*
        }
    ) => {
        #[derive(Clone, Debug, PartialEq, Eq, sea_orm::DeriveEntityModel)]
        #[sea_orm(table_name = $name)]
        $(#[$more])*
        pub struct Model {
            $(#[$about])*
            #[sea_orm(primary_key, auto_increment = false)]
            pub $key: $type,
            $($columns)*
            $($(pub $stamp: i64,)+)?
        }

        #[derive(Clone, Copy, Debug, sea_orm::EnumIter, sea_orm::DeriveRelation)]
        pub enum Relation {}

        impl sea_orm::ActiveModelBehavior for ActiveModel {}

        impl $crate::ground::Table for Entity {
            const KEY: Column = $crate::ground::table!(@column $key);
            const OWNER: Option<Column> = $owner;
            const INDEXES: &'static [&'static str] = &$indexes;
        }

        $(impl $crate::ground::Stamped for Model {
            fn stamp(&mut self, placed: &$crate::ground::Placed) {
                $(self.$stamp = $crate::ground::table!(@stamp $stamp placed);)+
            }
        })?
    };
    (@column id) => {
        Column::Id
    };
    (@column position) => {
        Column::Position
    };
    (@stamp last_position $placed:ident) => {
        $placed.position()
    };
    (@stamp version $placed:ident) => {
        $placed.version()
    };
}
pub(crate) use table;
