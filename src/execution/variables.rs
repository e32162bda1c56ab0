//! CoerceVariableValues (GraphQL specification, section 6.1.2), with messages that name the place and never the value.

use std::fmt;

use apollo_compiler::ast::{InputValueDefinition, Type};
use apollo_compiler::executable::Operation;
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use serde_json::{Map, Value};

use super::answer::{RequestError, RequestErrorCode};
use super::limits::{Bound, Limits};
use super::literal;
use super::schema_index::SchemaIndex;

/// The values that an operation runs with. A nullable variable that was not given and has no default is absent.
pub(super) type Coerced = Map<String, Value>;

/// Coerces the given values to the types that the operation declares.
pub(super) fn coerce(
    schema: &SchemaIndex,
    operation: &Operation,
    given: Option<&Map<String, Value>>,
    limits: &Limits,
) -> Result<Coerced, RequestError> {
    let mut coerced = Coerced::new();
    let mut left = limits.variable_values;
    if !given.into_iter().flat_map(Map::values).all(|value| fits(value, &mut left)) {
        return Err(Bound::VariableValues.passed(limits.variable_values));
    }
    for variable in &operation.variables {
        let name = variable.name.as_str();
        let place = Place::Variable(name);
        let value = match (given.and_then(|given| given.get(name)), &variable.default_value) {
            (Some(value), _) => coerce_value(schema, &variable.ty, value, &place)?,
            // As any value: one that stands where a list is expected is a list of one.
            (None, Some(default)) => coerce_value(schema, &variable.ty, &literal::constant(default), &place)?,
            (None, None) if variable.ty.is_non_null() => {
                return Err(refused(&place, format_args!("is required, as {}", variable.ty)));
            }
            (None, None) => continue,
        };
        coerced.insert(name.to_owned(), value);
    }
    Ok(coerced)
}

/// Whether a value and all inside it are no more than are left. JSON is read no deeper than 128 levels.
fn fits(value: &Value, left: &mut usize) -> bool {
    let Some(fewer) = left.checked_sub(1) else { return false };
    *left = fewer;
    match value {
        Value::Array(items) => items.iter().all(|item| fits(item, left)),
        Value::Object(fields) => fields.values().all(|field| fits(field, left)),
        _ => true,
    }
}

fn coerce_value(schema: &SchemaIndex, ty: &Type, value: &Value, place: &Place<'_>) -> Result<Value, RequestError> {
    if value.is_null() {
        return match ty.is_non_null() {
            true => Err(refused(place, format_args!("must not be null: the type is {ty}"))),
            false => Ok(Value::Null),
        };
    }
    match ty {
        Type::List(item) | Type::NonNullList(item) => {
            let Value::Array(values) = value else {
                return Ok(Value::Array(vec![coerce_value(schema, item, value, place)?]));
            };
            let each = values.iter().enumerate();
            each.map(|(index, value)| coerce_value(schema, item, value, &Place::Item(place, index))).collect()
        }
        Type::Named(name) | Type::NonNullNamed(name) => match schema.type_named(name) {
            Some(ExtendedType::InputObject(input)) => coerce_object(schema, input, value, place),
            Some(ExtendedType::Enum(definition)) => {
                let is_known = value.as_str().is_some_and(|text| definition.values.contains_key(text));
                if is_known { Ok(value.clone()) } else { Err(misfit(place, name)) }
            }
            _ => scalar(schema, name, value).ok_or_else(|| misfit(place, name)),
        },
    }
}

/// Section 3.5 of the specification. A scalar of our own judges when it is read what it was given.
fn scalar(schema: &SchemaIndex, name: &str, value: &Value) -> Option<Value> {
    let fits = match name {
        "Int" => return whole(value).filter(|number| i32::try_from(*number).is_ok()).map(Value::from),
        "ID" if !value.is_string() => return digits(value).map(Value::from),
        "ID" => true,
        "Float" => value.as_f64().is_some_and(f64::is_finite),
        "Boolean" => value.is_boolean(),
        name => value.is_string() || !schema.is_text(name),
    };
    fits.then(|| value.clone())
}

/// The digits of a whole number, however it is written; those of one that is too large for an integer as graphql-js writes them.
fn digits(value: &Value) -> Option<String> {
    const LONG: f64 = 1e21;
    let number = value.as_number()?;
    if !number.is_f64() {
        return Some(number.to_string());
    }
    // A zero has no sign.
    let number = number.as_f64().filter(|number| number.is_finite() && number.fract() == 0.0)? + 0.0;
    Some(if number.abs() < LONG { number.to_string() } else { format!("{number:e}").replace('e', "e+") })
}

/// A whole number, which JSON also writes as `1.0` or `1e2`; up to where a number with a point is exact.
fn whole(value: &Value) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let pointed = || value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() <= EXACT);
    #[expect(clippy::cast_possible_truncation, reason = "whole and exact")]
    value.as_i64().or_else(|| pointed().map(|number| number as i64))
}

fn coerce_object(
    schema: &SchemaIndex,
    input: &InputObjectType,
    value: &Value,
    place: &Place<'_>,
) -> Result<Value, RequestError> {
    let Value::Object(given) = value else { return Err(misfit(place, &input.name)) };
    if given.keys().any(|key| !input.fields.contains_key(key.as_str())) {
        return Err(refused(place, format_args!("has a field that {} does not have", input.name)));
    }
    let mut coerced = Map::new();
    for (name, field) in &input.fields {
        let place = Place::Field(place, name);
        if let Some(value) = coerce_field(schema, field, given.get(name.as_str()), &place)? {
            coerced.insert(name.to_string(), value);
        }
    }
    if schema.is_one_of(input) && (coerced.len() != 1 || coerced.values().any(Value::is_null)) {
        return Err(refused(place, format_args!("must hold exactly one field of {}, and not null", input.name)));
    }
    Ok(Value::Object(coerced))
}

fn coerce_field(
    schema: &SchemaIndex,
    field: &InputValueDefinition,
    given: Option<&Value>,
    place: &Place<'_>,
) -> Result<Option<Value>, RequestError> {
    match (given, &field.default_value) {
        (Some(value), _) => coerce_value(schema, &field.ty, value, place).map(Some),
        (None, Some(default)) => Ok(Some(literal::constant(default))),
        (None, None) if field.ty.is_non_null() => Err(refused(place, format_args!("is required, as {}", field.ty))),
        (None, None) => Ok(None),
    }
}

/// Where a value stands, for people.
enum Place<'a> {
    Variable(&'a str),
    Item(&'a Place<'a>, usize),
    Field(&'a Place<'a>, &'a str),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${name}"),
            Self::Item(list, index) => write!(f, "{list}[{index}]"),
            Self::Field(object, name) => write!(f, "{object}.{name}"),
        }
    }
}

fn misfit(place: &Place<'_>, expected: &str) -> RequestError {
    refused(place, format_args!("does not fit the type {expected}"))
}

fn refused(place: &Place<'_>, what: fmt::Arguments<'_>) -> RequestError {
    RequestError::new(RequestErrorCode::BadUserInput, format!("The variable {place} {what}."))
}
