//! That fields of one response key have the same arguments (GraphQL specification, section 5.3.2) where these are lists. The validator
//! (apollo-compiler 1.33) compares two lists as far as the shorter one goes, so that one field would be given the other's answer.
//!
//! The few documents in which that may matter are compared once more, with its length beside each list.

use std::collections::HashMap;

use apollo_compiler::ast::{Argument, Value};
use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::validation::DiagnosticList;
use apollo_compiler::{ExecutableDocument, Name, Node, name};

use super::schema_index::SchemaIndex;

/// The name of what is looked for among all that the validator then finds.
pub(super) const CONFLICT: &str = "ConflictingFieldArgument";

/// Compares the fields of a document that is otherwise valid; gives what the validator finds, which is of interest as far as it is a
/// [`CONFLICT`].
pub(super) fn check(document: &ExecutableDocument, schema: &SchemaIndex) -> Result<(), DiagnosticList> {
    let operations = document.operations.iter().map(|operation| &operation.selection_set);
    let fragments = document.fragments.values().map(|fragment| &fragment.selection_set);
    let mut first = HashMap::new();
    if !operations.chain(fragments).any(|selections| is_doubtful(selections, &mut first)) {
        return Ok(());
    }
    let mut document = document.clone();
    let operations = document.operations.named.values_mut().chain(&mut document.operations.anonymous);
    operations.for_each(|operation| measure_selections(&mut operation.make_mut().selection_set));
    document.fragments.values_mut().for_each(|fragment| measure_selections(&mut fragment.make_mut().selection_set));
    document.validate(&schema.schema).map(drop).map_err(|invalid| invalid.errors)
}

/// Whether two fields have one response key, wherever they stand, and arguments that differ and have lists in them.
fn is_doubtful<'d>(selections: &'d SelectionSet, first: &mut HashMap<&'d Name, &'d [Node<Argument>]>) -> bool {
    selections.selections.iter().any(|selection| match selection {
        Selection::Field(field) => {
            let (one, other) = (&*field.arguments, *first.entry(field.response_key()).or_insert(&field.arguments));
            one != other && (has_list(one) || has_list(other)) || is_doubtful(&field.selection_set, first)
        }
        Selection::InlineFragment(fragment) => is_doubtful(&fragment.selection_set, first),
        Selection::FragmentSpread(_) => false,
    })
}

fn has_list(arguments: &[Node<Argument>]) -> bool {
    fn is_or_has(value: &Value) -> bool {
        match value {
            Value::List(_) => true,
            Value::Object(fields) => fields.iter().any(|(_, value)| is_or_has(value)),
            _ => false,
        }
    }
    arguments.iter().any(|argument| is_or_has(&argument.value))
}

fn measure_selections(selections: &mut SelectionSet) {
    for selection in &mut selections.selections {
        match selection {
            Selection::Field(field) => {
                let field = field.make_mut();
                field.arguments.iter_mut().for_each(|argument| measure(argument.make_mut().value.make_mut()));
                measure_selections(&mut field.selection_set);
            }
            Selection::InlineFragment(fragment) => measure_selections(&mut fragment.make_mut().selection_set),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Puts an object of its length and its items in each list's place.
fn measure(value: &mut Value) {
    match value {
        Value::List(items) => {
            items.iter_mut().for_each(|item| measure(item.make_mut()));
            let length = Value::Float((items.len() as f64).into());
            let items = Value::List(std::mem::take(items));
            *value = Value::Object(vec![(name!("length"), length.into()), (name!("items"), items.into())]);
        }
        Value::Object(fields) => fields.iter_mut().for_each(|(_, value)| measure(value.make_mut())),
        _ => {}
    }
}
