//! Declares a table by its row: one macro around the derive of the object-relational mapping.

/// Declares a table by its row, whose first column is the key. Where rows change, the columns that say by which event
/// they did last are `stamped` on them: its position, or its sequence within the aggregate as well. A `fold` that has been
/// changed has a number, from 2 on.
macro_rules! table {
    (
        $name:literal of $owner:expr, $(fold $fold:literal,)? $(stamped [$($stamp:ident),+],)? found by $indexes:expr;
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
            const FOLD: u32 = $crate::ground::table!(@fold $($fold)?);
            const INDEXES: &'static [&'static str] = &$indexes;
        }

        $(impl $crate::ground::Stamped for Model {
            fn stamp(&mut self, placed: &$crate::ground::Placed) {
                $(self.$stamp = $crate::ground::table!(@stamp $stamp placed);)+
            }
        })?
    };
    (@fold) => {
        1
    };
    (@fold $fold:literal) => {
        $fold
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
