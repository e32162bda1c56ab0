//! Counts over a parsed document, before validation compares its parts with each other, and the rules that validation lacks.

use std::collections::HashSet;

use apollo_compiler::ast::{Argument, Definition, DirectiveList, Document, Selection, Value};
use apollo_compiler::parser::SourceMap;
use apollo_compiler::{Name, Node};
use async_graphql::Pos;

use super::answer::{Answer, RequestError, RequestErrorCode};
use super::limits::{Bound, Limits};

/// The response key under which abstract types tell what an object is.
pub(super) const RESERVED_KEY: &str = "__gatewayTypename";

#[derive(Default)]
pub(super) struct Census {
    aliases: usize,
    directives: usize,
    variables: usize,
    reserved_key: Option<Name>,
    /// A field that an input object names again.
    repeated_field: Option<Name>,
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
                    let alias = field.alias.as_ref().filter(|alias| *alias == RESERVED_KEY);
                    self.reserved_key = self.reserved_key.take().or_else(|| alias.cloned());
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
                    if !names.insert(name) {
                        self.repeated_field.get_or_insert_with(|| name.clone());
                    }
                    self.value(value);
                }
            }
            _ => {}
        }
    }

    /// Refuses a document that goes beyond the limits or breaks one of the rules.
    pub(super) fn check(&self, sources: &SourceMap, limits: &Limits) -> Result<(), Box<Answer>> {
        for (bound, count, limit) in [
            (Bound::Aliases, self.aliases, limits.aliases),
            (Bound::Directives, self.directives, limits.directives),
            (Bound::Variables, self.variables, limits.variables),
        ] {
            if count > limit {
                return Err(Box::new(bound.passed(limit).into()));
            }
        }
        let (name, broken) = match (&self.reserved_key, &self.repeated_field) {
            (Some(name), _) => (name, format!("`{name}` cannot be an alias")),
            (None, Some(name)) => (name, format!("an input object names the field `{name}` twice")),
            (None, None) => return Ok(()),
        };
        let place = name.location().and_then(|location| location.line_column(sources));
        let place = place.map(|start| Pos { line: start.line, column: start.column });
        Err(Box::new(RequestError::new(RequestErrorCode::GraphqlValidationFailed, broken).at(place).into()))
    }
}
