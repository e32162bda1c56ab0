//! Literals of a document, as values for async-graphql.

use apollo_compiler::Node;
use apollo_compiler::ast::{Type, Value as Literal};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use async_graphql::Name;
use async_graphql_value::Value as Input;
use serde_json::{Number, Value};

use super::schema_index::SchemaIndex;
use super::variables::Coerced;

/// A default value, in which no variable can stand.
pub(super) fn constant(literal: &Literal) -> Value {
    match literal {
        Literal::Null | Literal::Variable(_) => Value::Null,
        Literal::Enum(name) => Value::from(name.as_str()),
        Literal::String(text) => Value::from(text.as_str()),
        Literal::Boolean(flag) => Value::from(*flag),
        Literal::Int(number) => parsed_number(number.as_str()).map_or(Value::Null, Value::Number),
        Literal::Float(number) => parsed_number(number.as_str()).map_or(Value::Null, Value::Number),
        Literal::List(items) => items.iter().map(|item| constant(item)).collect(),
        Literal::Object(fields) => fields.iter().map(|(name, value)| (name.to_string(), constant(value))).collect(),
    }
}

/// A number as it stands. `-0` is whole, which serde_json takes for a number with a point.
fn parsed_number(text: &str) -> Option<Number> {
    text.parse::<i64>().map(Number::from).or_else(|_| text.parse()).ok()
}

/// An argument's literal. Fields of inputs whose variable is absent are left out, and such list items are null.
pub(super) fn input(schema: &SchemaIndex, ty: &Type, literal: &Literal, variables: &Coerced) -> Input {
    let definition = schema.type_named(ty.inner_named_type());
    match literal {
        Literal::Variable(name) if variables.contains_key(name.as_str()) => Input::Variable(Name::new(name)),
        Literal::Null | Literal::Variable(_) => Input::Null,
        Literal::Enum(name) => Input::Enum(Name::new(name)),
        Literal::String(text) => Input::String(text.clone()),
        Literal::Boolean(flag) => Input::Boolean(*flag),
        // Its digits, however many (GraphQL specification, section 3.5.5).
        Literal::Int(number) if ty.inner_named_type() == "ID" => Input::String(number.as_str().to_owned()),
        Literal::Int(number) => parsed_number(number.as_str()).map_or(Input::Null, Input::Number),
        Literal::Float(number) => parsed_number(number.as_str()).map_or(Input::Null, Input::Number),
        Literal::List(items) => {
            let item_type = ty.item_type();
            Input::List(items.iter().map(|item| input(schema, item_type, item, variables)).collect())
        }
        Literal::Object(fields) => match definition {
            Some(ExtendedType::InputObject(definition)) => object(schema, definition, fields, variables),
            // The value of a scalar of our own, whose fields have no types.
            _ => {
                let read = |value| input(schema, ty, value, variables);
                Input::Object(fields.iter().map(|(name, value)| (Name::new(name), read(value))).collect())
            }
        },
    }
}

fn object(
    schema: &SchemaIndex,
    definition: &InputObjectType,
    fields: &[(apollo_compiler::Name, Node<Literal>)],
    variables: &Coerced,
) -> Input {
    let is_absent = |value: &Literal| value.as_variable().is_some_and(|name| !variables.contains_key(name.as_str()));
    let mut coerced = async_graphql::indexmap::IndexMap::new();
    for (name, value) in fields.iter().filter(|(_, value)| !is_absent(value)) {
        let Some(field) = definition.fields.get(name) else { continue };
        coerced.insert(Name::new(name), input(schema, &field.ty, value, variables));
    }
    Input::Object(coerced)
}
