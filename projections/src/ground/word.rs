//! A member of a closed list as a column keeps it: its word (value type of the object-relational mapping).
//!
//! Lists of the domain are kept as a [`Word`]; lists that only rows know are declared here and are columns themselves.

use domain::ClosedList;
use sea_orm::{
    ColIdx, DbErr, QueryResult, TryGetError, TryGetable, Value,
    sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr},
};

/// A member of a closed list of the domain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word<T>(pub T);

impl<T: ClosedList> Default for Word<T> {
    fn default() -> Self {
        Self(T::ALL[0].0)
    }
}

impl<T: ClosedList> From<Word<T>> for Value {
    fn from(word: Word<T>) -> Self {
        word.0.word().into()
    }
}

impl<T: ClosedList> TryGetable for Word<T> {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let word = String::try_get_by(row, index)?;
        let member = T::of(&word).map(Self);
        member.ok_or_else(|| DbErr::Type(format!("{word} is no {}", T::NAME)).into())
    }
}

impl<T: ClosedList> ValueType for Word<T> {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        let word = <String as ValueType>::try_from(value)?;
        T::of(&word).map(Self).ok_or(ValueTypeErr)
    }

    fn type_name() -> String {
        T::NAME.to_owned()
    }

    fn array_type() -> ArrayType {
        String::array_type()
    }

    fn column_type() -> ColumnType {
        ColumnType::Text // As lists of rows are; a text of any content is a `String`.
    }
}

impl<T: ClosedList> Nullable for Word<T> {
    fn null() -> Value {
        String::null()
    }
}

/// Declares a closed list of rows, as `words!` of the domain does. The first member is how a row
/// begins.
macro_rules! words {
    ($(#[doc = $about:literal])+ pub enum $name:ident {
        $($word:literal => $member:ident: $sentence:literal,)*
    }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sea_orm::EnumIter, sea_orm::DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        pub enum $name {
            $(#[doc = $sentence] #[sea_orm(string_value = $word)] $member,)*
        }

        impl Default for $name {
            fn default() -> Self {
                <Self as domain::ClosedList>::ALL[0].0
            }
        }

        impl domain::ClosedList for $name {
            const NAME: &'static str = stringify!($name);
            const ABOUT: &'static str = concat!($($about),+);
            const ALL: &'static [(Self, &'static str, &'static str)] =
                &[$((Self::$member, $word, $sentence)),*];
        }
    };
}
pub(crate) use words;
