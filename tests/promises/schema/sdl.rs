//! The schema itself: checked in, described to the last argument, and without a float near money.

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    FieldDefinition, InputValueDefinition, ServiceDocument, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};
use domain::Command;

/// The schema as it is served.
pub fn document() -> ServiceDocument {
    parse_schema(api::graphql::sdl()).expect("the schema parses")
}

pub fn types(document: &ServiceDocument) -> impl Iterator<Item = &TypeDefinition> {
    document.definitions.iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) => Some(&definition.node),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    })
}

/// The fields of an object or an interface; none where it has none.
pub fn fields(definition: &TypeDefinition) -> &[Positioned<FieldDefinition>] {
    match &definition.kind {
        TypeKind::Object(object) => &object.fields,
        TypeKind::Interface(interface) => &interface.fields,
        TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_) => &[],
    }
}

pub fn inputs(definition: &TypeDefinition) -> &[Positioned<InputValueDefinition>] {
    if let TypeKind::InputObject(input) = &definition.kind { &input.fields } else { &[] }
}

#[test]
fn the_schema_is_the_one_that_is_checked_in() {
    let checked_in = include_str!("../../../api/schema.graphql");
    let served = api::graphql::sdl();
    let differs =
        checked_in.lines().zip(served.lines()).find(|(checked_in, served)| checked_in != served);
    assert!(
        checked_in == served,
        "the schema has changed, first here: {differs:?}; look at it with: cargo run -- schema > api/schema.graphql"
    );
}

#[test]
fn every_type_field_argument_and_value_is_described() {
    let mut silent = vec![];
    let document = document();
    for definition in types(&document) {
        let name = &definition.name.node;
        let mut needs = |described: bool, place: String| {
            if !described {
                silent.push(place);
            }
        };
        needs(definition.description.is_some(), name.to_string());
        for field in fields(definition) {
            let field = &field.node;
            needs(field.description.is_some(), format!("{name}.{}", field.name.node));
            for argument in &field.arguments {
                let place = format!("{name}.{}({})", field.name.node, argument.node.name.node);
                needs(argument.node.description.is_some(), place);
            }
        }
        for input in inputs(definition) {
            needs(input.node.description.is_some(), format!("{name}.{}", input.node.name.node));
        }
        if let TypeKind::Enum(values) = &definition.kind {
            for value in &values.values {
                needs(
                    value.node.description.is_some(),
                    format!("{name}.{}", value.node.value.node),
                );
            }
        }
    }
    assert!(silent.is_empty(), "not described: {silent:#?}");
}

#[test]
fn r136_there_is_no_float_and_no_integer_near_money() {
    let money = [
        "amount", "balance", "rate", "factor", "share", "percent", "fee", "price", "total", "paid",
        "owed",
    ];
    let document = document();
    for definition in types(&document) {
        let outputs =
            fields(definition).iter().map(|field| (&field.node.name.node, &field.node.ty.node));
        let inputs =
            inputs(definition).iter().map(|input| (&input.node.name.node, &input.node.ty.node));
        let arguments = fields(definition)
            .iter()
            .flat_map(|field| &field.node.arguments)
            .map(|argument| (&argument.node.name.node, &argument.node.ty.node));
        for (name, ty) in outputs.chain(inputs).chain(arguments) {
            let place = format!("{}.{name}: {ty}", definition.name.node);
            let ty = ty.to_string();
            assert!(!ty.contains("Float"), "{place}");
            if money.iter().any(|word| name.to_lowercase().contains(word)) {
                assert!(!ty.contains("Int"), "{place}");
            }
        }
    }
}

#[test]
fn every_scalar_of_ours_says_where_it_is_specified() {
    let sdl = api::graphql::sdl();
    for scalar in ["DateTime", "Date", "UUID", "Decimal", "Position", "CurrencyCode", "JSON"] {
        assert!(sdl.contains(&format!("scalar {scalar} @specifiedBy(url: ")), "{scalar}");
    }
}

#[test]
fn every_command_that_people_give_has_a_mutation_of_its_name_and_no_other_command_has() {
    let internal = Command::internal();
    let mut given = Command::names();
    given.retain(|name| !internal.contains(name));
    given.sort_unstable();
    let document = document();
    let mutation = types(&document)
        .find(|definition| definition.name.node == "Mutation")
        .expect("there are mutations");
    let mut mutations: Vec<&str> =
        fields(mutation).iter().map(|field| field.node.name.node.as_str()).collect();
    mutations.sort_unstable();
    assert_eq!(mutations, given);
}

#[test]
fn every_mutation_takes_one_input_with_a_command_id_and_answers_with_a_payload_of_its_own() {
    let document = document();
    let find =
        |name: &str| types(&document).find(|definition| definition.name.node == name).expect(name);
    for field in fields(find("Mutation")) {
        let name = field.node.name.node.as_str();
        let own = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
        let [input] = field.node.arguments.as_slice() else { panic!("{name} has one argument") };
        assert_eq!(input.node.ty.node.to_string(), format!("{own}Input!"), "{name}");
        assert_eq!(field.node.ty.node.to_string(), format!("{own}Payload"), "{name}");
        let given: Vec<&str> = inputs(find(&format!("{own}Input")))
            .iter()
            .map(|input| input.node.name.node.as_str())
            .collect();
        for common in ["commandId", "expectedVersion", "occurredAt", "clientMutationId"] {
            assert!(given.contains(&common), "{name} takes no {common}");
        }
        let key = inputs(find(&format!("{own}Input")))
            .iter()
            .find(|input| input.node.name.node == "commandId");
        assert_eq!(key.expect("is there").node.ty.node.to_string(), "UUID!", "{name}");
        let told: Vec<&str> = fields(find(&format!("{own}Payload")))
            .iter()
            .map(|field| field.node.name.node.as_str())
            .collect();
        for common in ["position", "replayed", "refusal", "clientMutationId"] {
            assert!(told.contains(&common), "{name} tells no {common}");
        }
        assert_eq!(told.len(), 5, "{name} tells its object and nothing else: {told:?}");
    }
}
