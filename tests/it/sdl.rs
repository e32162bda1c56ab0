//! The committed schema is the gateway's own, and every part of it says what it means.

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;

use crate::support::generated;

/// graphql/schema.graphql is what the gateway serves.
#[test]
fn the_committed_schema_is_the_served_one() {
    generated::compare("graphql/schema.graphql", &madoguchi::resolvers::sdl());
}

/// Every type, field, argument and enum value has a description: it is the API's manual.
#[test]
fn everything_is_described() {
    let schema = Schema::parse(madoguchi::resolvers::sdl(), "schema.graphql").unwrap();
    let mut silent = Vec::new();
    for (name, definition) in schema.types.iter().filter(|(_, definition)| !definition.is_built_in()) {
        if definition.description().is_none() {
            silent.push(name.to_string());
        }
        let fields = match definition {
            ExtendedType::Object(object) => Some(&object.fields),
            ExtendedType::Interface(interface) => Some(&interface.fields),
            _ => None,
        };
        for (field, definition) in fields.into_iter().flatten() {
            if definition.description.is_none() {
                silent.push(format!("{name}.{field}"));
            }
            let arguments = definition.arguments.iter().filter(|argument| argument.description.is_none());
            silent.extend(arguments.map(|argument| format!("{name}.{field}({})", argument.name)));
        }
        match definition {
            ExtendedType::Enum(values) => {
                let values = values.values.iter().filter(|(_, value)| value.description.is_none());
                silent.extend(values.map(|(value, _)| format!("{name}.{value}")));
            }
            ExtendedType::InputObject(input) => {
                let fields = input.fields.iter().filter(|(_, field)| field.description.is_none());
                silent.extend(fields.map(|(field, _)| format!("{name}.{field}")));
            }
            _ => {}
        }
    }
    assert!(silent.is_empty(), "no description: {silent:#?}");
}
