//! The closed lists of the domain as enumeration types of the schema, which are made of the lists themselves.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, InputType, InputValueError, InputValueResult, Name, OutputType,
    Positioned, ServerResult, Value,
    parser::types::Field,
    registry::{MetaEnumValue, MetaType, MetaTypeId, Registry},
};
use domain::ClosedList;

use super::{
    failure::Failure,
    show::{Kept, Shown},
};

/// A member of a closed list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word<T>(pub T);

/// `not-a-fit` is called `NOT_A_FIT` in the schema.
fn upper(word: &str) -> String {
    word.to_uppercase().replace('-', "_")
}

impl<T: ClosedList> Word<T> {
    fn name(self) -> Value {
        Value::Enum(Name::new(upper(self.0.word())))
    }

    fn describe(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::Enum, |_| {
            let values = T::ALL.iter().map(|(_, word, about)| (upper(word), (*about).to_owned()));
            enumeration::<Self>(T::NAME, T::ABOUT.trim(), values)
        })
    }
}

impl<T: ClosedList> InputType for Word<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Self::describe(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let value = value.unwrap_or_default();
        let name = match &value {
            Value::Enum(name) => name.as_str(),
            Value::String(name) => name.as_str(),
            Value::Null
            | Value::Number(_)
            | Value::Boolean(_)
            | Value::Binary(_)
            | Value::List(_)
            | Value::Object(_) => return Err(InputValueError::expected_type(value)),
        };
        let member = T::ALL.iter().find(|(_, word, _)| upper(word) == name);
        member
            .map(|(member, ..)| Self(*member))
            .ok_or_else(|| InputValueError::custom(format!("{} has no value \"{name}\".", T::NAME)))
    }

    fn to_value(&self) -> Value {
        self.name()
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl<T: ClosedList> OutputType for Word<T> {
    fn type_name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Self::describe(registry)
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(self.name())
    }
}

impl<T: ClosedList> Shown<projections::Word<T>> for Word<T> {
    fn shown(kept: projections::Word<T>) -> Result<Self, Failure> {
        Ok(Self(kept.0))
    }
}

impl<T: ClosedList> Shown<T> for Word<T> {
    fn shown(kept: T) -> Result<Self, Failure> {
        Ok(Self(kept))
    }
}

impl<T: ClosedList> Kept for Word<T> {
    fn kept(self) -> sea_orm::Value {
        projections::Word(self.0).into()
    }
}

/// An enumeration with its values and what each of them says.
pub fn enumeration<T>(
    name: &str,
    about: &str,
    values: impl Iterator<Item = (String, String)>,
) -> MetaType {
    let value = |(name, about): (String, String)| {
        let value = MetaEnumValue {
            name: name.clone(),
            description: Some(about),
            deprecation: Default::default(),
            visible: None,
            inaccessible: false,
            tags: vec![],
            directive_invocations: vec![],
        };
        (name, value)
    };
    MetaType::Enum {
        name: name.to_owned(),
        description: Some(about.to_owned()),
        enum_values: values.map(value).collect(),
        visible: None,
        inaccessible: false,
        tags: vec![],
        rust_typename: Some(std::any::type_name::<T>()),
        directive_invocations: vec![],
        requires_scopes: vec![],
    }
}
