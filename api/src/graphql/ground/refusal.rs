//! Refusals as data: a code for a program, a sentence for a person, the field at fault, the policy that refused.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value,
    parser::types::Field,
    registry::{MetaTypeId, Registry},
};

use super::{show::shows, word::enumeration};

shows! {
    /// Why the service did not do what was asked. Nothing was changed.
    #[graphql(name = "Refusal")]
    RefusalView of (refusal: domain::Refusal) given {
        let field: Vec<String> = refusal.field.iter().map(|name| camel(name)).collect();
    } {
        /// What a program tells refusals apart by. Never renamed.
        code: RefusalCode = RefusalCode(refusal.code),
        /// Says what to do next, in English, for a person.
        message: String,
        /// The path of the input field at fault, outermost first; null where no single field is.
        field: Option<Vec<String>> = (!field.is_empty()).then_some(field),
        /// The version of the policy that refused, where one did.
        policy: Option<PolicyVersion>,
    }
}

shows! {
    /// A version of something that the programme has published.
    PolicyVersion of (policy: domain::PolicyRef) {
        /// Which policy, such as "payout-policy".
        id: String,
        /// Its version: 1, 2, 3 and so on.
        version: u32,
    }
}

/// One of the domain's codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RefusalCode(pub &'static str);

impl OutputType for RefusalCode {
    fn type_name() -> Cow<'static, str> {
        "RefusalCode".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Enum, |_| {
            let about = "Every reason for which the service refuses. New ones may be added.";
            let codes = domain::codes().into_iter();
            let values = codes.map(|code| (code.code.to_owned(), about_code(code.sentence)));
            enumeration::<Self>(&Self::type_name(), about, values)
        })
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(Value::Enum(Name::new(self.0)))
    }
}

fn about_code(sentence: &str) -> String {
    match sentence.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(_) => "The message says what is wrong.".to_owned(), // The whole sentence is filled in.
        None => as_sentence(sentence),
    }
}

/// With a capital and a full stop.
fn as_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}

/// `tax_id` is called `taxId` in the schema.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let initial = letters.next().map(char::to_uppercase).into_iter().flatten();
        name.chars().chain(initial).chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use async_graphql::registry::MetaType;
    use domain::{Invalid, deal::DealRefusal};

    use super::*;
    use crate::graphql::ground::show::Shown;

    #[test]
    fn every_code_of_the_domain_is_a_value_with_a_sentence() {
        let mut registry = Registry::default();
        RefusalCode::create_type_info(&mut registry);
        let Some(MetaType::Enum { enum_values, .. }) = registry.types.get("RefusalCode") else {
            panic!("RefusalCode is an enum");
        };
        for code in domain::codes() {
            let value = &enum_values[code.code];
            assert!(
                value.description.as_ref().is_some_and(|text| text.ends_with('.')),
                "{}",
                code.code
            );
        }
    }

    #[test]
    fn the_path_of_a_field_is_that_of_the_input() {
        let view = |refusal| RefusalView::shown(refusal).expect("is shown");
        let refusal = view(Invalid::new("customer.tax_id", "is missing").into());
        assert_eq!(refusal.code, RefusalCode("INPUT_INVALID"));
        assert_eq!(refusal.field, Some(vec!["customer".into(), "taxId".into()]));
        assert_eq!(view(DealRefusal::NotRegistered.into()).field, None);
    }
}
