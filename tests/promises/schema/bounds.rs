//! What bounds a field of a command stands where a client reads of it: in the description of the input field.

use async_graphql::parser::types::{
    BaseType, InputValueDefinition, ServiceDocument, TypeDefinition,
};
use domain::{Command, bounds::Bound};

use super::sdl::{document, inputs, types};

fn named<'d>(document: &'d ServiceDocument, name: &str) -> Option<&'d TypeDefinition> {
    types(document).find(|definition| definition.name.node == name)
}

fn type_of(field: &InputValueDefinition) -> &str {
    let mut base = &field.ty.node.base;
    while let BaseType::List(item) = base {
        base = &item.base;
    }
    if let BaseType::Named(name) = base { name } else { "" }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

/// The input field that a path leads to; the one that holds a JSON document stands for everything in it.
fn led_to<'d>(document: &'d ServiceDocument, path: &str) -> Option<&'d InputValueDefinition> {
    let mut path = path.split('.');
    let command = path.next()?;
    let input = format!("{}{}Input", command[..1].to_uppercase(), &command[1..]);
    let mut within = named(document, &input)?;
    let mut found = None;
    for name in path {
        let fields = inputs(within);
        let field = fields.iter().find(|field| field.node.name.node == camel(name).as_str())?;
        found = Some(&field.node);
        if type_of(&field.node) == "JSON" {
            break;
        }
        within = named(document, type_of(&field.node)).unwrap_or(within);
    }
    found
}

#[test]
fn every_bound_of_a_command_stands_in_the_description_of_its_input_field() {
    let document = document();
    let internal = Command::internal();
    let mut silent = vec![];
    for Bound { field, sentence } in Command::bounds() {
        if internal.iter().any(|command| field.starts_with(&format!("{command}."))) {
            continue;
        }
        let Some(input) = led_to(&document, &field) else {
            silent.push(format!("{field} is no input"));
            continue;
        };
        let own = input.description.as_ref();
        let of_type = named(&document, type_of(input)).and_then(|ty| ty.description.as_ref());
        let said = own.into_iter().chain(of_type).any(|text| text.node.contains(&sentence));
        if !said {
            silent.push(format!("{field}: {sentence}"));
        }
    }
    assert!(silent.is_empty(), "not said: {silent:#?}");
}

#[test]
fn no_text_of_an_input_is_without_a_bound() {
    let document = document();
    let mut boundless = vec![];
    for definition in types(&document).filter(|definition| definition.name.node.ends_with("Input"))
    {
        for field in inputs(definition) {
            let (name, said) = (&field.node.name.node, field.node.description.as_ref());
            let told = said.is_some_and(|text| text.node.contains("At most "));
            let own = ["clientMutationId", "timeZone"].contains(&name.as_str()); // Kept nowhere; a name of few.
            if type_of(&field.node) == "String" && !own && !told {
                boundless.push(format!("{}.{name}", definition.name.node));
            }
        }
    }
    assert!(boundless.is_empty(), "without a bound: {boundless:#?}");
}
