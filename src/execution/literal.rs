//! Literals of a document, as values for async-graphql.

use apollo_compiler::Node;
use apollo_compiler::ast::{Type, Value as Literal};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use async_graphql::Name;
use async_graphql_value::Value as Input;
use serde_json::{Number, Value};

use super::schema_index::SchemaIndex;
use super::variables::{Coerced, is_file_mark};

/// A text that would point at an uploaded file, which validation accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ForgedFile;

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

fn parsed_number(text: &str) -> Option<Number> {
    text.parse().ok()
}

/// An argument's literal. Fields of inputs whose variable is absent are left out, and such list items are null.
pub(super) fn input(
    schema: &SchemaIndex,
    ty: &Type,
    literal: &Literal,
    variables: &Coerced,
) -> Result<Input, ForgedFile> {
    let definition = schema.type_named(ty.inner_named_type());
    if is_file_mark(literal) && ty.inner_named_type() == "Upload" {
        return Err(ForgedFile);
    }
    Ok(match literal {
        Literal::Variable(name) if variables.contains_key(name.as_str()) => Input::Variable(Name::new(name)),
        Literal::Null | Literal::Variable(_) => Input::Null,
        Literal::Enum(name) => Input::Enum(Name::new(name)),
        Literal::String(text) => Input::String(text.clone()),
        Literal::Boolean(flag) => Input::Boolean(*flag),
        Literal::Int(number) => parsed_number(number.as_str()).map_or(Input::Null, Input::Number),
        Literal::Float(number) => parsed_number(number.as_str()).map_or(Input::Null, Input::Number),
        Literal::List(items) => {
            let item_type = ty.item_type();
            let items = items.iter().map(|item| input(schema, item_type, item, variables));
            Input::List(items.collect::<Result<_, _>>()?)
        }
        Literal::Object(fields) => match definition {
            Some(ExtendedType::InputObject(definition)) => object(schema, definition, fields, variables)?,
            // The value of a scalar of our own, whose fields have no types.
            _ => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| input(schema, ty, value, variables).map(|value| (Name::new(name), value)));
                Input::Object(fields.collect::<Result<_, _>>()?)
            }
        },
    })
}

fn object(
    schema: &SchemaIndex,
    definition: &InputObjectType,
    fields: &[(apollo_compiler::Name, Node<Literal>)],
    variables: &Coerced,
) -> Result<Input, ForgedFile> {
    let is_absent = |value: &Literal| value.as_variable().is_some_and(|name| !variables.contains_key(name.as_str()));
    let mut coerced = async_graphql::indexmap::IndexMap::new();
    for (name, value) in fields.iter().filter(|(_, value)| !is_absent(value)) {
        let Some(field) = definition.fields.get(name) else { continue };
        coerced.insert(Name::new(name), input(schema, &field.ty, value, variables)?);
    }
    Ok(Input::Object(coerced))
}
