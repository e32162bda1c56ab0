//! "Did you mean …?" for names that the schema does not have. It tells names of the schema, so that only those hear it who may ask for that.

use apollo_compiler::ast::InputValueDefinition;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node};
use strsim::osa_distance;

use super::answer::Answer;
use super::schema_index::SchemaIndex;

/// Of an answer, so many errors get one: a text of nothing but wrong names is not to cost more than others.
const ERRORS: usize = 5;
/// Longer names are no slips of a hand.
const LONGEST: usize = 40;
/// So many names are told.
const NAMES: usize = 3;

/// Adds what may have been meant to the messages of validation.
pub(super) fn add(schema: &SchemaIndex, answer: &mut Answer) {
    for error in answer.errors.iter_mut().take(ERRORS) {
        let parts: Vec<&str> = error.message.split('`').collect();
        let near = match parts.as_slice() {
            ["type ", of, " does not have a field ", name, ""] => nearest(name, fields(schema, of)),
            ["the argument ", name, " is not supported by ", of, ""] => nearest(name, arguments(schema, of)),
            ["field ", name, " does not exist on ", of, ""] => nearest(name, input_fields(schema, of)),
            ["the schema has no type ", name, ""] => nearest(name, schema.schema.types.keys().collect()),
            _ => continue,
        };
        if !near.is_empty() {
            error.message.push_str(&format!(". Did you mean {}?", near.join(" or ")));
        }
    }
}

fn fields<'s>(schema: &'s SchemaIndex, of: &str) -> Vec<&'s Name> {
    match schema.type_named(of) {
        Some(ExtendedType::Object(object)) => object.fields.keys().collect(),
        Some(ExtendedType::Interface(interface)) => interface.fields.keys().collect(),
        _ => Vec::new(),
    }
}

fn input_fields<'s>(schema: &'s SchemaIndex, of: &str) -> Vec<&'s Name> {
    match schema.type_named(of) {
        Some(ExtendedType::InputObject(input)) => input.fields.keys().collect(),
        _ => Vec::new(),
    }
}

/// By the coordinate of a field or a directive (`Query.node`, `@skip`).
fn arguments<'s>(schema: &'s SchemaIndex, coordinate: &str) -> Vec<&'s Name> {
    let names = |arguments: &'s [Node<InputValueDefinition>]| arguments.iter().map(|argument| &argument.name).collect();
    let field = |(of, field): (&str, &str)| schema.field(&Name::new(of).ok()?, &Name::new(field).ok()?);
    let directives = &schema.schema.directive_definitions;
    match coordinate.strip_prefix('@') {
        Some(name) => directives.get(name).map(|directive| names(&directive.arguments)),
        None => coordinate.split_once('.').and_then(field).map(|field| names(&field.arguments)),
    }
    .unwrap_or_default()
}

/// The names that one comes to with few slips, the nearest first, as graphql-js counts them: two fifths of its letters, and one at least.
fn nearest(name: &str, names: Vec<&Name>) -> Vec<String> {
    if name.len() > LONGEST {
        return Vec::new();
    }
    let most = (name.len() * 2 / 5).max(1);
    let near = names.into_iter().filter(|other| other.len().abs_diff(name.len()) <= most);
    let lower = name.to_ascii_lowercase();
    let mut near: Vec<(usize, &Name)> = near
        .map(|other| (osa_distance(&lower, &other.to_ascii_lowercase()), other))
        .filter(|(slips, _)| *slips <= most)
        .collect();
    near.sort();
    near.into_iter().take(NAMES).map(|(_, other)| format!("`{other}`")).collect()
}
