//! The rules about variables and inputs that the validator keeps for whole arguments only: inside lists and objects as well, each variable
//! is declared (GraphQL specification, section 5.8.3) and fits where it stands (section 5.8.5), and an input of which one field is to be
//! given has one (section 5.6.5). A scalar of our own that is a string on the wire is given one.

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{Argument, DirectiveList, InputValueDefinition, Type, Value, VariableDefinition};
use apollo_compiler::executable::{Operation, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Name, Node};
use async_graphql::Pos;

use super::answer::{RequestError, RequestErrorCode};
use super::schema_index::SchemaIndex;

/// Finds the first usage that breaks a rule, in a document that is otherwise valid.
pub(super) fn check(document: &ExecutableDocument, schema: &SchemaIndex) -> Result<(), RequestError> {
    document.operations.iter().try_for_each(|operation| Walk::of(document, schema, operation).operation(operation))
}

/// A walk through one operation and the fragments that it spreads, each once.
struct Walk<'a> {
    document: &'a ExecutableDocument,
    schema: &'a SchemaIndex,
    declared: HashMap<&'a Name, &'a VariableDefinition>,
    spread: HashSet<&'a Name>,
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Nothing inside a scalar of our own, whose parts have no types.
    ty: Option<&'a Type>,
    /// Whether something stands there by itself when a variable is absent.
    has_default: bool,
    is_only_field: bool,
}

impl<'a> Place<'a> {
    fn of(definition: &'a InputValueDefinition) -> Self {
        let has_default = definition.default_value.is_some();
        Self { ty: Some(&definition.ty), has_default, is_only_field: false }
    }

    fn untyped() -> Self {
        Self { ty: None, has_default: false, is_only_field: false }
    }
}

impl<'a> Walk<'a> {
    fn of(document: &'a ExecutableDocument, schema: &'a SchemaIndex, operation: &'a Operation) -> Self {
        let declared = operation.variables.iter().map(|variable| (&variable.name, &**variable)).collect();
        Self { document, schema, declared, spread: HashSet::new() }
    }

    fn operation(&mut self, operation: &'a Operation) -> Result<(), RequestError> {
        self.directives(&operation.directives)?;
        for variable in &operation.variables {
            self.directives(&variable.directives)?;
            if let Some(default) = &variable.default_value {
                let place = Place { ty: Some(&variable.ty), has_default: false, is_only_field: false };
                self.value(place, default)?;
            }
        }
        self.selections(&operation.selection_set)
    }

    fn selections(&mut self, selections: &'a SelectionSet) -> Result<(), RequestError> {
        for selection in &selections.selections {
            match selection {
                Selection::Field(field) => {
                    self.directives(&field.directives)?;
                    self.arguments(&field.arguments, |name| field.definition.argument_by_name(name))?;
                    self.selections(&field.selection_set)?;
                }
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.directives)?;
                    self.selections(&fragment.selection_set)?;
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives)?;
                    if !self.spread.insert(&spread.fragment_name) {
                        continue;
                    }
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name) {
                        self.directives(&fragment.directives)?;
                        self.selections(&fragment.selection_set)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn directives(&self, directives: &'a DirectiveList) -> Result<(), RequestError> {
        let definitions = &self.schema.schema.directive_definitions;
        directives.iter().try_for_each(|directive| {
            let definition = definitions.get(&directive.name);
            self.arguments(&directive.arguments, |name| {
                definition.and_then(|definition| definition.argument_by_name(name))
            })
        })
    }

    fn arguments(
        &self,
        arguments: &'a [Node<Argument>],
        definition: impl Fn(&str) -> Option<&'a Node<InputValueDefinition>>,
    ) -> Result<(), RequestError> {
        arguments.iter().try_for_each(|argument| {
            let place = definition(&argument.name).map_or_else(Place::untyped, |definition| Place::of(definition));
            self.value(place, &argument.value)
        })
    }

    /// Brackets nest no deeper than [`super::limits::Limits::recursion`].
    fn value(&self, place: Place<'a>, value: &'a Node<Value>) -> Result<(), RequestError> {
        match &**value {
            Value::List(_)
            | Value::Object(_)
            | Value::Enum(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Boolean(_)
                if self.is_text(place) =>
            {
                Err(self.refused(value, "a string is expected"))
            }
            Value::Variable(name) => self.usage(place, name, value),
            Value::List(items) => {
                let ty = place.ty.filter(|ty| ty.is_list()).map(Type::item_type);
                items.iter().try_for_each(|item| self.value(Place { ty, ..Place::untyped() }, item))
            }
            Value::Object(fields) => self.object(place, fields, value),
            Value::Null if place.is_only_field => Err(self.refused(value, "the only field of an input is null")),
            _ => Ok(()),
        }
    }

    fn is_text(&self, place: Place<'a>) -> bool {
        place.ty.is_some_and(|ty| !ty.is_list() && self.schema.is_text(ty.inner_named_type()))
    }

    fn object(
        &self,
        place: Place<'a>,
        fields: &'a [(Name, Node<Value>)],
        value: &'a Node<Value>,
    ) -> Result<(), RequestError> {
        let definition = place.ty.and_then(|ty| self.schema.type_named(ty.inner_named_type()));
        let Some(ExtendedType::InputObject(definition)) = definition else {
            return fields.iter().try_for_each(|(_, value)| self.value(Place::untyped(), value));
        };
        let is_only_field = self.schema.is_one_of(definition);
        if is_only_field && fields.len() != 1 {
            return Err(self.refused(value, &format!("exactly one field of `{}` is to be given", definition.name)));
        }
        fields.iter().try_for_each(|(name, value)| {
            let place = definition.fields.get(name).map_or_else(Place::untyped, |field| Place::of(field));
            self.value(Place { is_only_field, ..place }, value)
        })
    }

    /// IsVariableUsageAllowed.
    fn usage(&self, place: Place<'a>, name: &Name, value: &Node<Value>) -> Result<(), RequestError> {
        let Some(variable) = self.declared.get(name) else {
            return Err(self.refused(value, &format!("variable `${name}` is not defined")));
        };
        let Some(expected) = place.ty else { return Ok(()) };
        let (given, expected_text) = (&variable.ty, expected.to_string());
        let has_default = variable.default_value.as_ref().is_some_and(|value| !value.is_null());
        let is_never_absent = place.has_default || has_default;
        let fits = match expected.is_non_null() && !given.is_non_null() {
            true => is_never_absent && fits(given, &expected.clone().nullable()),
            false => fits(given, expected),
        };
        // The one field of such an input is a place that takes no null.
        if fits && (given.is_non_null() || has_default || !place.is_only_field) {
            return Ok(());
        }
        let bang = if fits && !expected.is_non_null() { "!" } else { "" };
        Err(self.refused(
            value,
            &format!("variable `${name}` of type `{given}` does not fit where `{expected_text}{bang}` is expected"),
        ))
    }

    fn refused(&self, value: &Node<Value>, what: &str) -> RequestError {
        let place = value.location().and_then(|location| location.line_column(&self.document.sources));
        let place = place.map(|start| Pos { line: start.line, column: start.column });
        RequestError::new(RequestErrorCode::GraphqlValidationFailed, what.to_owned()).at(place)
    }
}

/// AreTypesCompatible.
fn fits(given: &Type, expected: &Type) -> bool {
    if expected.is_non_null() {
        return given.is_non_null() && fits(&given.clone().nullable(), &expected.clone().nullable());
    }
    match (given.is_list(), expected.is_list()) {
        (true, true) => fits(given.item_type(), expected.item_type()),
        (false, false) => given.inner_named_type() == expected.inner_named_type(),
        _ => false,
    }
}
