//! Counts over a parsed document, before validation compares its parts with each other, and the rules that validation lacks.

use std::collections::HashSet;

use apollo_compiler::Node;
use apollo_compiler::ast::{Argument, Definition, DirectiveList, Document, Selection, Value};

use super::answer::{Answer, RequestErrorCode};
use super::limits::{Bound, Limits};

/// The response key under which abstract types tell what an object is.
pub(super) const RESERVED_KEY: &str = "__gatewayTypename";

#[derive(Default)]
pub(super) struct Census {
    aliases: usize,
    directives: usize,
    variables: usize,
    uses_reserved_key: bool,
    repeats_input_field: bool,
}

impl Census {
    pub(super) fn of(document: &Document) -> Self {
        let mut census = Self::default();
        for definition in &document.definitions {
            match definition {
                Definition::OperationDefinition(operation) => {
                    census.variables += operation.variables.len();
                    for variable in &operation.variables {
                        census.directives(&variable.directives);
                        variable.default_value.iter().for_each(|default| census.value(default));
                    }
                    census.directives(&operation.directives);
                    census.selections(&operation.selection_set);
                }
                Definition::FragmentDefinition(fragment) => {
                    census.directives(&fragment.directives);
                    census.selections(&fragment.selection_set);
                }
                // Validation refuses everything else.
                _ => {}
            }
        }
        census
    }

    fn selections(&mut self, selections: &[Selection]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.aliases += usize::from(field.alias.is_some());
                    self.uses_reserved_key |= field.alias.as_ref().is_some_and(|alias| alias == RESERVED_KEY);
                    self.arguments(&field.arguments);
                    self.directives(&field.directives);
                    self.selections(&field.selection_set);
                }
                Selection::FragmentSpread(spread) => self.directives(&spread.directives),
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.directives);
                    self.selections(&fragment.selection_set);
                }
            }
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        self.directives += directives.len();
        directives.iter().for_each(|directive| self.arguments(&directive.arguments));
    }

    fn arguments(&mut self, arguments: &[Node<Argument>]) {
        arguments.iter().for_each(|argument| self.value(&argument.value));
    }

    /// Input Object Field Uniqueness (section 5.6.3).
    fn value(&mut self, value: &Value) {
        match value {
            Value::List(items) => items.iter().for_each(|item| self.value(item)),
            Value::Object(fields) => {
                let mut names = HashSet::new();
                for (name, value) in fields {
                    self.repeats_input_field |= !names.insert(name);
                    self.value(value);
                }
            }
            _ => {}
        }
    }

    /// Refuses a document that goes beyond the limits or breaks one of the rules.
    pub(super) fn check(&self, limits: &Limits) -> Result<(), Box<Answer>> {
        for (bound, count, limit) in [
            (Bound::Aliases, self.aliases, limits.aliases),
            (Bound::Directives, self.directives, limits.directives),
            (Bound::Variables, self.variables, limits.variables),
        ] {
            if count > limit {
                return Err(Box::new(bound.passed(limit).into()));
            }
        }
        let broken = match () {
            () if self.uses_reserved_key => format!("`{RESERVED_KEY}` cannot be an alias"),
            () if self.repeats_input_field => "an input object names a field twice".to_owned(),
            () => return Ok(()),
        };
        Err(Box::new(Answer::request_error(RequestErrorCode::GraphqlValidationFailed, broken)))
    }
}
