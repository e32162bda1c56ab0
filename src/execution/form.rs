//! The normal form of an operation: what async-graphql runs in place of the client's document.
//!
//! @skip and @include are evaluated, fragments expanded for each object type, fields of one response key merged, and arguments
//! whose variable is absent left out. One form serves every request with the same document, operation and [`FormKey`].

use std::collections::HashMap;

use apollo_compiler::Name;
use apollo_compiler::ast::{FieldDefinition, Type};
use apollo_compiler::executable::{Field, Operation, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field as FormField, InlineFragment, OperationDefinition, OperationType,
    Selection as FormSelection, SelectionSet as FormSelectionSet, TypeCondition, VariableDefinition,
};
use async_graphql::{Name as FormName, Pos, Positioned};
use serde_json::Value;

use super::answer::RequestError;
use super::census::RESERVED_KEY;
use super::collect::{Collector, Group, Groups};
use super::cost::{self, Cost};
use super::document::Document;
use super::faults::mark_as_input;
use super::introspection::{Question, is_question};
use super::limits::{Bound, Limits};
use super::literal;
use super::schema_index::SchemaIndex;
use super::shape::{FieldShape, Kind, ObjectShape, Shape};
use super::variables::Coerced;

/// What a form takes in memory: by itself, for each field or fragment, for each declared variable, and for each byte of an argument, where the shortest
/// has sixteen.
const BYTES: usize = 3_000;
const BYTES_OF_A_FIELD: usize = 900;
const BYTES_OF_A_VARIABLE: usize = 400;
const BYTES_OF_A_BYTE: usize = 6;

/// An argument as async-graphql's parser would have read it.
type FormArgument = (Positioned<FormName>, Positioned<async_graphql_value::Value>);

/// A normal form with the shape of its answers.
pub(super) struct Form {
    pub(super) document: ExecutableDocument,
    pub(super) shape: ObjectShape,
    /// What it asks of the schema; the document has nothing of it.
    pub(super) questions: Vec<Question>,
    pub(super) cost: Cost,
    /// The bytes that it takes at most, roughly: measured over forms of one kind of content each.
    pub(super) weight: usize,
    /// Whether it asks for the schema.
    pub(super) describes_schema: bool,
}

/// What of the variables decides about the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum VariableState {
    Absent,
    Null,
    True,
    False,
    Present,
}

/// The states of an operation's variables, in their order.
pub(super) fn states(operation: &Operation, variables: &Coerced) -> Box<[VariableState]> {
    let state = |value: Option<&Value>| match value {
        None => VariableState::Absent,
        Some(Value::Null) => VariableState::Null,
        Some(Value::Bool(true)) => VariableState::True,
        Some(Value::Bool(false)) => VariableState::False,
        Some(_) => VariableState::Present,
    };
    operation.variables.iter().map(|variable| state(variables.get(variable.name.as_str()))).collect()
}

/// Builds the form of one operation.
pub(super) fn build(
    schema: &SchemaIndex,
    document: &Document,
    operation: &Operation,
    variables: &Coerced,
    limits: &Limits,
) -> Result<Form, RequestError> {
    let collector = Collector::new(schema, document, variables, limits);
    let mut builder = Builder {
        schema,
        document,
        variables,
        limits,
        collector,
        size: 0,
        variants: 0,
        depth: 0,
        introspection: None,
        describes_schema: false,
    };
    let root = operation.object_type();
    let (mut selections, shape) = builder.object(root, &[&operation.selection_set])?;
    let most = if operation.is_mutation() { limits.mutation_fields } else { limits.root_fields };
    if shape.fields.len() > most {
        return Err(Bound::RootFields.passed(most));
    }
    let questions = Question::take(&mut selections, variables);
    let cost = cost::of(schema, limits, operation.operation_type.into(), root, &selections);
    if selections.items.is_empty() {
        selections.items.push(reserved());
    }
    let definition = OperationDefinition {
        ty: match () {
            () if operation.is_mutation() => OperationType::Mutation,
            () if operation.is_subscription() => OperationType::Subscription,
            () => OperationType::Query,
        },
        variable_definitions: operation.variables.iter().filter_map(|variable| declaration(&variable.name)).collect(),
        directives: Vec::new(),
        selection_set: unplaced(selections),
    };
    let operations = DocumentOperations::Single(unplaced(definition));
    let document = ExecutableDocument { operations, fragments: Default::default() };
    let key_bytes: usize = questions.iter().map(Question::key_bytes).sum();
    let weight = BYTES
        + (builder.size + builder.variants) * BYTES_OF_A_FIELD
        + operation.variables.len() * BYTES_OF_A_VARIABLE
        + (cost.written_once() + key_bytes) * BYTES_OF_A_BYTE;
    Ok(Form { document, shape, questions, cost, weight, describes_schema: builder.describes_schema })
}

/// Values are coerced before the form runs, so that any nullable type will do here.
fn declaration(name: &Name) -> Option<Positioned<VariableDefinition>> {
    Some(unplaced(VariableDefinition {
        name: unplaced(FormName::new(name)),
        var_type: unplaced(async_graphql::parser::types::Type::new("String")?),
        directives: Vec::new(),
        default_value: None,
    }))
}

fn unplaced<T>(node: T) -> Positioned<T> {
    Positioned::new(node, Pos::default())
}

struct Builder<'a> {
    schema: &'a SchemaIndex,
    document: &'a Document,
    variables: &'a Coerced,
    limits: &'a Limits,
    collector: Collector<'a>,
    size: usize,
    /// Fragments for object types behind interfaces and unions, each with its shape.
    variants: usize,
    depth: usize,
    /// How many lists deep the builder is inside `__schema` or `__type`.
    introspection: Option<usize>,
    describes_schema: bool,
}

type Selections = FormSelectionSet;

impl<'a> Builder<'a> {
    /// The fields of one object type out of merged selections.
    fn object(
        &mut self,
        object: &Name,
        selections: &[&'a SelectionSet],
    ) -> Result<(Selections, ObjectShape), RequestError> {
        let groups = self.collector.fields(object, selections)?;
        self.grouped(object, &groups)
    }

    fn grouped(&mut self, object: &Name, groups: &Groups<'a>) -> Result<(Selections, ObjectShape), RequestError> {
        let mut items = Vec::with_capacity(groups.len());
        let mut fields = Vec::with_capacity(groups.len());
        for (key, group) in groups {
            let (item, field) = self.field(object, key, group)?;
            items.push(item);
            fields.push(field);
        }
        if items.is_empty() {
            items.push(reserved());
        }
        Ok((FormSelectionSet { items }, ObjectShape { fields }))
    }

    fn field(
        &mut self,
        object: &Name,
        key: &Name,
        group: &Group<'a>,
    ) -> Result<(Positioned<FormSelection>, FieldShape), RequestError> {
        self.size += 1;
        if self.size > self.limits.expanded_fields {
            return Err(Bound::Selections.passed(self.limits.expanded_fields));
        }
        let first = group.first();
        // An object's own definition may be narrower than its interface's, to which the document's field is linked.
        let definition = self.schema.field(object, &first.name).unwrap_or(&first.definition);
        let before = self.introspection;
        self.enter_introspection(first)?;
        // Fragments nest fields deeper than the text is, and each level of resolvers takes its part of a worker's stack.
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(Bound::Depth.passed(self.limits.depth));
        }
        let (selections, shape) = self.below(&definition.ty, &group.selection_sets())?;
        self.depth -= 1;
        self.introspection = before;
        let place = self.place(first);
        let field = FormField {
            alias: (*key != first.name).then(|| Positioned::new(FormName::new(key), place)),
            name: Positioned::new(FormName::new(&first.name), place),
            arguments: self.arguments(first, definition, place),
            directives: Vec::new(),
            selection_set: Positioned::new(selections, place),
        };
        // What is told of the schema is complete as it is.
        let kind = if is_question(&first.name) { Kind::Leaf } else { shape.kind };
        let shape = Shape { kind, ..shape };
        let shape = FieldShape { key: FormName::new(key), coordinate: format!("{object}.{}", first.name), shape };
        Ok((Positioned::new(FormSelection::Field(Positioned::new(field, place)), place), shape))
    }

    /// What is selected below a field of this type, and the shape of the field's value.
    fn below(&mut self, ty: &Type, selections: &[&'a SelectionSet]) -> Result<(Selections, Shape), RequestError> {
        let (selections, kind) = match ty {
            Type::List(item) | Type::NonNullList(item) => {
                let (selections, item) = self.below(item, selections)?;
                (selections, Kind::List(Box::new(item)))
            }
            Type::Named(name) | Type::NonNullNamed(name) => match self.schema.type_named(name) {
                Some(ExtendedType::Object(_)) => {
                    let (selections, object) = self.object(name, selections)?;
                    (selections, Kind::Object(object))
                }
                Some(ExtendedType::Interface(_) | ExtendedType::Union(_)) => self.variants(name, selections)?,
                _ => (FormSelectionSet::default(), Kind::Leaf),
            },
        };
        Ok((selections, Shape { is_non_null: ty.is_non_null(), kind }))
    }

    /// One inline fragment for each object type behind an interface or union, or one for all where they do not differ.
    fn variants(&mut self, name: &Name, selections: &[&'a SelectionSet]) -> Result<(Selections, Kind), RequestError> {
        let schema = self.schema;
        let mut variants = Vec::new();
        for object in schema.possible_types(name) {
            variants.push((object, self.collector.fields(object, selections)?));
        }
        let mut items = vec![reserved()];
        // A fragment on a union would ask the union itself for the fields, which it has none of.
        let is_interface = schema.type_named(name).is_some_and(ExtendedType::is_interface);
        if let Some((first, groups)) = variants.first().filter(|_| is_interface && self.are_alike(&variants)) {
            let (fields, shape) = self.grouped(first, groups)?;
            items.push(fragment_on(name, fields));
            return Ok((FormSelectionSet { items }, Kind::Object(shape)));
        }
        let mut shapes = HashMap::new();
        self.variants += variants.len();
        for (object, groups) in &variants {
            let (fields, shape) = self.grouped(object, groups)?;
            items.push(fragment_on(object, fields));
            shapes.insert(object.to_string(), shape);
        }
        Ok((FormSelectionSet { items }, Kind::Abstract(shapes)))
    }

    /// Whether every object type has the same fields selected, of the same types. Without this, interfaces within interfaces
    /// would multiply the form by the number of object types at each level.
    fn are_alike(&self, variants: &[(&Name, Groups<'a>)]) -> bool {
        let Some(((first, groups), others)) = variants.split_first() else { return false };
        let type_of = |object: &Name, group: &Group<'a>| {
            self.schema.field(object, &group.first().name).map(|definition| definition.ty.clone())
        };
        others.iter().all(|(object, theirs)| {
            theirs.len() == groups.len()
                && groups.iter().zip(theirs).all(|((key, group), (their_key, their_group))| {
                    key == their_key
                        && group.is_same_as(their_group)
                        && type_of(first, group) == type_of(object, their_group)
                })
        })
    }

    fn arguments(&self, field: &Field, definition: &FieldDefinition, place: Pos) -> Vec<FormArgument> {
        let mut arguments = Vec::with_capacity(field.arguments.len());
        for argument in &field.arguments {
            let is_absent =
                argument.value.as_variable().is_some_and(|name| !self.variables.contains_key(name.as_str()));
            let Some(expected) = definition.argument_by_name(&argument.name).filter(|_| !is_absent) else { continue };
            let value = literal::input(self.schema, &expected.ty, &argument.value, self.variables);
            let location = argument.value.location().or_else(|| argument.location());
            let position = mark_as_input(self.position(location).unwrap_or(place));
            arguments
                .push((Positioned::new(FormName::new(&argument.name), position), Positioned::new(value, position)));
        }
        arguments
    }

    fn enter_introspection(&mut self, field: &Field) -> Result<(), RequestError> {
        let is_list = matches!(field.name.as_str(), "fields" | "interfaces" | "possibleTypes" | "inputFields");
        match (self.introspection, field.name.as_str()) {
            (None, field) if is_question(field) => {
                self.introspection = Some(0);
                self.describes_schema = true;
                Ok(())
            }
            // How a router of Apollo Federation asks for it.
            (None, "_service") => {
                self.describes_schema = true;
                Ok(())
            }
            (Some(lists), _) if is_list && lists >= self.limits.introspection_lists => {
                Err(Bound::IntrospectionLists.passed(self.limits.introspection_lists))
            }
            (Some(lists), _) if is_list => {
                self.introspection = Some(lists + 1);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn place(&self, field: &Field) -> Pos {
        let name = field.alias.as_ref().unwrap_or(&field.name);
        self.position(name.location()).unwrap_or_default()
    }

    fn position(&self, location: Option<apollo_compiler::parser::SourceSpan>) -> Option<Pos> {
        let start = location?.line_column(&self.document.executable.sources)?;
        Some(Pos { line: start.line, column: start.column })
    }
}

fn fragment_on(name: &Name, fields: Selections) -> Positioned<FormSelection> {
    let condition = TypeCondition { on: unplaced(FormName::new(name)) };
    unplaced(FormSelection::InlineFragment(unplaced(InlineFragment {
        type_condition: Some(unplaced(condition)),
        directives: Vec::new(),
        selection_set: unplaced(fields),
    })))
}

/// A field that is not told: it keeps an object from looking like null, and says of what type it is.
fn reserved() -> Positioned<FormSelection> {
    unplaced(FormSelection::Field(unplaced(FormField {
        alias: Some(unplaced(FormName::new(RESERVED_KEY))),
        name: unplaced(FormName::new("__typename")),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: unplaced(FormSelectionSet::default()),
    })))
}
