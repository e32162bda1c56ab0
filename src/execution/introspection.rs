//! Introspection (GraphQL specification, section 4): what an operation asks of the schema, and where each field of the introspection schema
//! leads.
//!
//! Answered here, and not by async-graphql 7.2: that lists scalars which nothing uses, calls the schema's description non-null, and says
//! of interfaces that they can have none. What is counted and what is told go the same way, so that no more comes back than was counted.

use apollo_compiler::Name;
use apollo_compiler::ast::{
    DirectiveDefinition, EnumValueDefinition, FieldDefinition, InputValueDefinition, OperationType, Type,
};
use apollo_compiler::schema::ExtendedType;
use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::{Name as FormName, Pos};
use async_graphql_value::Value as Written;
use serde_json::Value;

use super::census::RESERVED_KEY;
use super::schema_index::SchemaIndex;
use super::variables::Coerced;

mod count;
mod tell;

pub(super) use tell::Told;

/// Whether a field asks for the schema. Only the query's root has those.
pub(super) fn is_question(field: &str) -> bool {
    matches!(field, "__schema" | "__type")
}

/// A field of an operation's root that asks for the schema.
pub(super) struct Question {
    key: FormName,
    subject: Subject,
    plan: Plan,
}

enum Subject {
    Schema,
    /// The type of a name, which stands here.
    Type(Named, Pos),
}

enum Named {
    Literally(String),
    Variable(String),
}

/// What is selected of one object of the introspection schema.
struct Plan {
    /// In the document's order.
    fields: Vec<Selected>,
    /// What the object counts as by itself, with its fields but without what is below them.
    own: u64,
}

struct Selected {
    key: FormName,
    name: FormName,
    /// Whether what is deprecated is listed among the others.
    includes_deprecated: bool,
    /// What is asked of the objects where it leads; nothing of a scalar or an enum.
    below: Option<(Edge, Plan)>,
}

/// A field of the introspection schema that leads to objects of it.
#[derive(Clone, Copy)]
enum Edge {
    Types,
    Directives,
    Root(OperationType),
    Fields,
    Interfaces,
    PossibleTypes,
    EnumValues,
    InputFields,
    Args,
    Type,
    OfType,
}

/// An object of the introspection schema.
#[derive(Clone, Copy)]
enum Place<'s> {
    Schema,
    Named(&'s ExtendedType),
    /// A type with its `!`.
    NonNull(&'s Type),
    /// The list of such items.
    List(&'s Type),
    Field(&'s FieldDefinition),
    Input(&'s InputValueDefinition),
    EnumValue(&'s EnumValueDefinition),
    Directive(&'s DirectiveDefinition),
}

/// Where a field leads from an object.
enum Way<'s> {
    Nowhere,
    To(Place<'s>),
    ToAll(Vec<Place<'s>>),
}

impl Question {
    /// Takes the questions out of the root's fields.
    pub(super) fn take(root: &mut SelectionSet, variables: &Coerced) -> Vec<Self> {
        let mut questions = Vec::new();
        root.items.retain(|item| match &item.node {
            Selection::Field(field) if is_question(&field.node.name.node) => {
                questions.push(Self::of(&field.node, variables));
                false
            }
            _ => true,
        });
        questions
    }

    fn of(field: &Field, variables: &Coerced) -> Self {
        let subject = match field.get_argument("name").map(|name| (&name.node, name.pos)) {
            Some((Written::String(name), place)) => Subject::Type(Named::Literally(name.clone()), place),
            Some((Written::Variable(name), place)) => Subject::Type(Named::Variable(name.to_string()), place),
            _ => Subject::Schema,
        };
        let key = field.response_key().node.clone();
        Self { key, subject, plan: Plan::of(&field.selection_set.node, variables) }
    }

    /// Where the answer begins; nothing where there is no type of the name.
    fn place<'s>(&self, schema: &'s SchemaIndex, variables: &Coerced) -> Option<Place<'s>> {
        let name = match &self.subject {
            Subject::Schema => return Some(Place::Schema),
            Subject::Type(Named::Literally(name), _) => name,
            Subject::Type(Named::Variable(variable), _) => variables.get(variable)?.as_str()?,
        };
        schema.type_named(name).map(Place::Named)
    }

    /// Where the name of a type stands, when it is null.
    fn nameless(&self, variables: &Coerced) -> Option<Pos> {
        match &self.subject {
            Subject::Type(Named::Variable(variable), place) => {
                variables.get(variable).is_some_and(Value::is_null).then_some(*place)
            }
            _ => None,
        }
    }

    /// Bytes of all response keys.
    pub(super) fn key_bytes(&self) -> usize {
        self.key.len() + self.plan.key_bytes()
    }
}

impl Plan {
    /// Whether what is deprecated is asked for decides about the normal form, as every variable does that is true or false.
    fn of(selected: &SelectionSet, variables: &Coerced) -> Self {
        // The introspection schema has no abstract types, and so its normal form no fragments.
        let fields = selected.items.iter().filter_map(|selection| match &selection.node {
            Selection::Field(field) if field.node.response_key().node != RESERVED_KEY => Some(&field.node),
            _ => None,
        });
        let selected = |field: &Field| Selected {
            key: field.response_key().node.clone(),
            name: field.name.node.clone(),
            includes_deprecated: match field.get_argument("includeDeprecated").map(|asked| &asked.node) {
                Some(Written::Boolean(asked)) => *asked,
                Some(Written::Variable(name)) => variables.get(name.as_str()) == Some(&Value::Bool(true)),
                _ => false,
            },
            below: Edge::of(&field.name.node).map(|edge| (edge, Self::of(&field.selection_set.node, variables))),
        };
        let fields: Vec<_> = fields.map(selected).collect();
        let own = 1 + fields.iter().map(Selected::values).sum::<u64>();
        Self { fields, own }
    }

    fn key_bytes(&self) -> usize {
        let each = |field: &Selected| field.key.len() + field.below.as_ref().map_or(0, |(_, plan)| plan.key_bytes());
        self.fields.iter().map(each).sum()
    }
}

impl Edge {
    fn of(field: &str) -> Option<Self> {
        Some(match field {
            "types" => Self::Types,
            "directives" => Self::Directives,
            "queryType" => Self::Root(OperationType::Query),
            "mutationType" => Self::Root(OperationType::Mutation),
            "subscriptionType" => Self::Root(OperationType::Subscription),
            "fields" => Self::Fields,
            "interfaces" => Self::Interfaces,
            "possibleTypes" => Self::PossibleTypes,
            "enumValues" => Self::EnumValues,
            "inputFields" => Self::InputFields,
            "args" => Self::Args,
            "type" => Self::Type,
            "ofType" => Self::OfType,
            _ => return None,
        })
    }
}

impl<'s> Place<'s> {
    /// A type as a field or an argument has it.
    fn of(schema: &'s SchemaIndex, ty: &'s Type) -> Option<Self> {
        match ty {
            Type::Named(name) => schema.type_named(name).map(Self::Named),
            Type::NonNullNamed(_) | Type::NonNullList(_) => Some(Self::NonNull(ty)),
            Type::List(item) => Some(Self::List(item)),
        }
    }

    /// Where the field leads from here, without what is deprecated if that is not asked for.
    fn follow(self, schema: &'s SchemaIndex, edge: Edge, includes_deprecated: bool) -> Way<'s> {
        let is_listed = |place: &Self| includes_deprecated || place.deprecation().is_none();
        match (self, edge) {
            (Self::Schema, Edge::Types) => Way::all(schema.schema.types.values().map(Self::Named)),
            (Self::Schema, Edge::Directives) => {
                let directives = schema.schema.directive_definitions.values();
                Way::all(directives.map(|directive| Self::Directive(directive)))
            }
            (Self::Schema, Edge::Root(kind)) => {
                Way::to(schema.schema.root_operation(kind).and_then(|name| schema.type_named(name)).map(Self::Named))
            }
            (Self::Named(ty), edge) => Self::of_type(schema, ty, edge, is_listed),
            (Self::NonNull(Type::NonNullNamed(name)), Edge::OfType) => {
                Way::to(schema.type_named(name).map(Self::Named))
            }
            (Self::NonNull(Type::NonNullList(item)), Edge::OfType) => Way::To(Self::List(item)),
            (Self::List(item), Edge::OfType) => Way::to(Self::of(schema, item)),
            (Self::Field(field), Edge::Args) => Way::inputs(&field.arguments, is_listed),
            (Self::Directive(directive), Edge::Args) => Way::inputs(&directive.arguments, is_listed),
            (Self::Field(field), Edge::Type) => Way::to(Self::of(schema, &field.ty)),
            (Self::Input(input), Edge::Type) => Way::to(Self::of(schema, &input.ty)),
            _ => Way::Nowhere,
        }
    }

    fn of_type(
        schema: &'s SchemaIndex,
        ty: &'s ExtendedType,
        edge: Edge,
        is_listed: impl Fn(&Self) -> bool,
    ) -> Way<'s> {
        match (ty, edge) {
            (ExtendedType::Object(object), Edge::Fields) => {
                Way::all(object.fields.values().map(|field| Self::Field(field)).filter(is_listed))
            }
            (ExtendedType::Interface(interface), Edge::Fields) => {
                Way::all(interface.fields.values().map(|field| Self::Field(field)).filter(is_listed))
            }
            (ExtendedType::Object(object), Edge::Interfaces) => {
                Way::types(schema, object.implements_interfaces.iter().map(|interface| &interface.name))
            }
            (ExtendedType::Interface(interface), Edge::Interfaces) => {
                Way::types(schema, interface.implements_interfaces.iter().map(|interface| &interface.name))
            }
            (ExtendedType::Interface(_) | ExtendedType::Union(_), Edge::PossibleTypes) => {
                Way::types(schema, schema.possible_types(ty.name()))
            }
            (ExtendedType::Enum(of), Edge::EnumValues) => {
                Way::all(of.values.values().map(|value| Self::EnumValue(value)).filter(is_listed))
            }
            (ExtendedType::InputObject(input), Edge::InputFields) => {
                Way::all(input.fields.values().map(|field| Self::Input(field)).filter(is_listed))
            }
            _ => Way::Nowhere,
        }
    }
}

impl<'s> Way<'s> {
    fn to(place: Option<Place<'s>>) -> Self {
        place.map_or(Self::Nowhere, Self::To)
    }

    fn all(places: impl Iterator<Item = Place<'s>>) -> Self {
        Self::ToAll(places.collect())
    }

    fn types<'n>(schema: &'s SchemaIndex, names: impl IntoIterator<Item = &'n Name>) -> Self {
        Self::all(names.into_iter().filter_map(|name| schema.type_named(name)).map(Place::Named))
    }

    fn inputs(
        inputs: &'s [apollo_compiler::Node<InputValueDefinition>],
        is_listed: impl Fn(&Place<'s>) -> bool,
    ) -> Self {
        Self::all(inputs.iter().map(|input| Place::Input(input)).filter(is_listed))
    }
}
