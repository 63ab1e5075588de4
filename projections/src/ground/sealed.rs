//! Personal data as a column keeps it: the log's own ciphertext, byte for byte (value type of the object-relational
//! mapping). No fold opens it, and destroying the key in the log erases it here as well.

use domain::Personal;
use eventlog::SealedValue;
use sea_orm::{
    ColIdx, DbErr, QueryResult, TryGetError, TryGetable, Value,
    sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr},
};

use super::view::{Misfit, Placed};

/// Personal values of one row, each with its place in the log.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sealed(pub Vec<SealedValue>);

impl Sealed {
    /// The personal values of an event as the log has them.
    pub(crate) fn of<'p, T: 'p>(
        values: impl IntoIterator<Item = &'p Personal<T>>,
        placed: &Placed,
    ) -> Result<Self, Misfit> {
        let envelope = &placed.recorded.envelope;
        let id = envelope.aggregate_id.to_string();
        let place = eventlog::place(&envelope.aggregate_type, &id, envelope.sequence);
        let sealed = |value: &Personal<T>| {
            let sealed = value.sealed().ok_or(Misfit::NotSealed { id: envelope.aggregate_id })?;
            let (place, sealed) = (place.clone(), sealed.to_owned());
            Ok(SealedValue { place, subject: value.subject, sealed })
        };
        values.into_iter().map(sealed).collect::<Result<_, _>>().map(Self)
    }
}

impl From<Sealed> for Value {
    fn from(Sealed(values): Sealed) -> Self {
        serde_json::json!(values).to_string().into()
    }
}

impl TryGetable for Sealed {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let text = String::try_get_by(row, index)?;
        let values = serde_json::from_str(&text);
        values.map(Self).map_err(|_| DbErr::Type("a sealed value is damaged".into()).into())
    }
}

impl ValueType for Sealed {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        let text = <String as ValueType>::try_from(value)?;
        serde_json::from_str(&text).map(Self).map_err(|_| ValueTypeErr)
    }

    fn type_name() -> String {
        "Sealed".to_owned()
    }

    fn array_type() -> ArrayType {
        String::array_type()
    }

    fn column_type() -> ColumnType {
        String::column_type()
    }
}

impl Nullable for Sealed {
    fn null() -> Value {
        String::null()
    }
}
