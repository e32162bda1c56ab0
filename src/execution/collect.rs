//! CollectFields (GraphQL specification, section 6.3.2): which fields of an object type a selection asks for, merged by key.

use std::collections::HashSet;

use apollo_compiler::Name;
use apollo_compiler::ast::{DirectiveList, Value as Literal};
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use indexmap::IndexMap;
use serde_json::Value;

use super::answer::{RequestError, RequestErrorCode};
use super::document::Document;
use super::limits::{Bound, Limits};
use super::schema_index::SchemaIndex;
use super::variables::Coerced;

/// Selections looked at for each field that a form may have; beyond it a document repeats itself on purpose.
const VISITS_PER_FIELD: usize = 20;

/// The fields of one response key, in the order in which they were met. Never empty.
pub(super) struct Group<'a> {
    first: &'a Field,
    others: Vec<&'a Field>,
}

impl<'a> Group<'a> {
    pub(super) fn first(&self) -> &'a Field {
        self.first
    }

    /// Whether both are the same fields of the document.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        std::ptr::eq(self.first, other.first)
            && self.others.len() == other.others.len()
            && self.others.iter().zip(&other.others).all(|(one, another)| std::ptr::eq(*one, *another))
    }

    pub(super) fn selection_sets(&self) -> Vec<&'a SelectionSet> {
        std::iter::once(self.first).chain(self.others.iter().copied()).map(|field| &field.selection_set).collect()
    }
}

pub(super) struct Collector<'a> {
    schema: &'a SchemaIndex,
    document: &'a Document,
    variables: &'a Coerced,
    visits: usize,
    most_fields: usize,
}

/// Response keys in the document's order.
pub(super) type Groups<'a> = IndexMap<&'a Name, Group<'a>>;

impl<'a> Collector<'a> {
    pub(super) fn new(
        schema: &'a SchemaIndex,
        document: &'a Document,
        variables: &'a Coerced,
        limits: &Limits,
    ) -> Self {
        Self { schema, document, variables, visits: 0, most_fields: limits.expanded_fields }
    }

    /// The groups of fields for an object of this type.
    pub(super) fn fields(&mut self, object: &Name, sets: &[&'a SelectionSet]) -> Result<Groups<'a>, RequestError> {
        let mut groups = IndexMap::new();
        let mut spread = HashSet::new();
        for set in sets {
            self.collect(object, set, &mut spread, &mut groups)?;
        }
        Ok(groups)
    }

    fn collect(
        &mut self,
        object: &Name,
        set: &'a SelectionSet,
        spread: &mut HashSet<&'a Name>,
        groups: &mut Groups<'a>,
    ) -> Result<(), RequestError> {
        for selection in &set.selections {
            self.visits += 1;
            if self.visits > self.most_fields.saturating_mul(VISITS_PER_FIELD) {
                return Err(Bound::Selections.passed(self.most_fields));
            }
            if !self.is_included(selection.directives())? {
                continue;
            }
            let below = match selection {
                Selection::Field(field) => {
                    let group = groups.entry(field.response_key());
                    group
                        .and_modify(|group| group.others.push(field))
                        .or_insert_with(|| Group { first: field, others: Vec::new() });
                    continue;
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.type_condition.as_ref();
                    let applies = condition.is_none_or(|condition| self.schema.applies(condition, object));
                    applies.then_some(&fragment.selection_set)
                }
                Selection::FragmentSpread(fragment) => {
                    let definition = self.document.executable.fragments.get(&fragment.fragment_name);
                    definition
                        .filter(|_| spread.insert(&fragment.fragment_name))
                        .filter(|definition| self.schema.applies(definition.type_condition(), object))
                        .map(|definition| &definition.selection_set)
                }
            };
            if let Some(below) = below {
                self.collect(object, below, spread, groups)?;
            }
        }
        Ok(())
    }

    fn is_included(&self, directives: &DirectiveList) -> Result<bool, RequestError> {
        if directives.is_empty() {
            return Ok(true);
        }
        let is_skipped = self.condition(directives, "skip")?.unwrap_or(false);
        Ok(!is_skipped && self.condition(directives, "include")?.unwrap_or(true))
    }

    /// The value of the directive's `if`; `None` without the directive.
    fn condition(&self, directives: &DirectiveList, name: &str) -> Result<Option<bool>, RequestError> {
        let Some(directive) = directives.get(name) else { return Ok(None) };
        let literal = directive.specified_argument_by_name("if").map(AsRef::as_ref);
        let value = match literal {
            Some(Literal::Boolean(value)) => Some(*value),
            Some(Literal::Variable(variable)) => self.variables.get(variable.as_str()).and_then(Value::as_bool),
            _ => None,
        };
        value.map(Some).ok_or_else(|| {
            let whose = literal.and_then(Literal::as_variable).map(|name| format!(" ${name}")).unwrap_or_default();
            let message = format!("The variable{whose} in @{name} must not be null.");
            RequestError::new(RequestErrorCode::BadUserInput, message)
        })
    }
}
