//! How much of the schema a selection under `__schema` or `__type` brings back: types refer to each other without end, and aliases multiply what
//! lists within lists hold. Counted by walking through the schema as the run will, value by value, until it is too much.

use apollo_compiler::ast::{FieldDefinition, InputValueDefinition, OperationType, Type};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node};
use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql_value::Value;

use super::schema_index::SchemaIndex;

/// Bytes of a response key that count as one more value.
const KEY_BYTES: usize = 16;

/// The values that a field `__schema` or `__type` brings back, or more than `most`.
pub(super) fn values(schema: &SchemaIndex, field: &Field, most: u64) -> u64 {
    let plan = Plan::of(&field.selection_set.node);
    let mut count = Count { schema, values: 0, most };
    match field.get_argument("name").map(|name| &name.node) {
        None => count.add(Place::Schema, &plan),
        Some(Value::String(name)) => schema.type_named(name).into_iter().for_each(|ty| count.named(ty, &plan)),
        // One of them, and nobody knows which.
        Some(_) => schema.schema.types.values().for_each(|ty| count.named(ty, &plan)),
    }
    count.values
}

/// What is selected of one object of the introspection schema.
struct Plan {
    /// Itself and its leaves.
    own: u64,
    below: Vec<(Edge, Plan)>,
}

/// Where a field of the introspection schema leads.
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

impl Plan {
    fn of(selected: &SelectionSet) -> Self {
        let mut plan = Self { own: 1, below: Vec::new() };
        for selection in &selected.items {
            // The introspection schema has no abstract types, and so its normal form no fragments.
            let Selection::Field(field) = &selection.node else { continue };
            let key = field.node.response_key().node.len();
            plan.own += 1 + (key / KEY_BYTES) as u64;
            let edge = match field.node.name.node.as_str() {
                "types" => Edge::Types,
                "directives" => Edge::Directives,
                "queryType" => Edge::Root(OperationType::Query),
                "mutationType" => Edge::Root(OperationType::Mutation),
                "subscriptionType" => Edge::Root(OperationType::Subscription),
                "fields" => Edge::Fields,
                "interfaces" => Edge::Interfaces,
                "possibleTypes" => Edge::PossibleTypes,
                "enumValues" => Edge::EnumValues,
                "inputFields" => Edge::InputFields,
                "args" => Edge::Args,
                "type" => Edge::Type,
                "ofType" => Edge::OfType,
                _ => continue,
            };
            plan.below.push((edge, Self::of(&field.node.selection_set.node)));
        }
        plan
    }
}

/// An object of the introspection schema.
#[derive(Clone, Copy)]
enum Place<'s> {
    Schema,
    Named(&'s ExtendedType),
    /// A type in its wrappings, of which the outer `!` may be off.
    Wrapped(&'s Type, bool),
    Field(&'s FieldDefinition),
    Input(&'s InputValueDefinition),
    Directive(&'s [Node<InputValueDefinition>]),
    EnumValue,
}

struct Count<'s> {
    schema: &'s SchemaIndex,
    values: u64,
    most: u64,
}

impl<'s> Count<'s> {
    fn add(&mut self, place: Place<'s>, plan: &Plan) {
        self.values = self.values.saturating_add(plan.own);
        for (edge, plan) in &plan.below {
            if self.values > self.most {
                return;
            }
            self.follow(place, *edge, plan);
        }
    }

    fn named(&mut self, ty: &'s ExtendedType, plan: &Plan) {
        self.add(Place::Named(ty), plan);
    }

    fn all<T>(&mut self, items: impl IntoIterator<Item = T>, place: impl Fn(T) -> Place<'s>, plan: &Plan) {
        for item in items {
            if self.values > self.most {
                return;
            }
            self.add(place(item), plan);
        }
    }

    fn types<'n>(&mut self, names: impl IntoIterator<Item = &'n Name>, plan: &Plan) {
        let schema = self.schema;
        self.all(names.into_iter().filter_map(|name| schema.type_named(name)), Place::Named, plan);
    }

    fn follow(&mut self, place: Place<'s>, edge: Edge, plan: &Plan) {
        let schema = self.schema;
        match (place, edge) {
            (Place::Schema, Edge::Types) => self.all(schema.schema.types.values(), Place::Named, plan),
            (Place::Schema, Edge::Directives) => {
                let directives = schema.schema.directive_definitions.values();
                self.all(directives, |directive| Place::Directive(&directive.arguments), plan);
            }
            (Place::Schema, Edge::Root(kind)) => self.types(schema.schema.root_operation(kind), plan),
            (Place::Named(ty), edge) => self.of_type(ty, edge, plan),
            (Place::Wrapped(ty, is_bare), edge) => match (ty, edge) {
                (Type::NonNullNamed(_) | Type::NonNullList(_), Edge::OfType) if !is_bare => {
                    self.add(Place::Wrapped(ty, true), plan);
                }
                (Type::List(item) | Type::NonNullList(item), Edge::OfType) => {
                    self.add(Place::Wrapped(item, false), plan);
                }
                (Type::Named(name), edge) => self.of_named(name, edge, plan),
                (Type::NonNullNamed(name), edge) if is_bare => self.of_named(name, edge, plan),
                _ => {}
            },
            (Place::Field(field), Edge::Args) => self.all(&field.arguments, |argument| Place::Input(argument), plan),
            (Place::Directive(arguments), Edge::Args) => self.all(arguments, |argument| Place::Input(argument), plan),
            (Place::Field(field), Edge::Type) => self.add(Place::Wrapped(&field.ty, false), plan),
            (Place::Input(input), Edge::Type) => self.add(Place::Wrapped(&input.ty, false), plan),
            _ => {}
        }
    }

    fn of_named(&mut self, name: &Name, edge: Edge, plan: &Plan) {
        if let Some(ty) = self.schema.type_named(name) {
            self.of_type(ty, edge, plan);
        }
    }

    fn of_type(&mut self, ty: &'s ExtendedType, edge: Edge, plan: &Plan) {
        let schema = self.schema;
        match (ty, edge) {
            (ExtendedType::Object(object), Edge::Fields) => {
                self.all(object.fields.values(), |field| Place::Field(field), plan);
            }
            (ExtendedType::Interface(interface), Edge::Fields) => {
                self.all(interface.fields.values(), |field| Place::Field(field), plan);
            }
            (ExtendedType::Object(object), Edge::Interfaces) => {
                self.types(object.implements_interfaces.iter().map(|interface| &interface.name), plan);
            }
            (ExtendedType::Interface(_) | ExtendedType::Union(_), Edge::PossibleTypes) => {
                self.types(schema.possible_types(ty.name()), plan);
            }
            (ExtendedType::Enum(of), Edge::EnumValues) => self.all(of.values.values(), |_| Place::EnumValue, plan),
            (ExtendedType::InputObject(input), Edge::InputFields) => {
                self.all(input.fields.values(), |field| Place::Input(field), plan);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::DocumentOperations;

    use super::*;

    const SCHEMA: &str = "
        type Query { one(a: Int, b: [Choice!]!): Thing }
        interface Node { id: ID! }
        type Thing implements Node { id: ID! others: [Thing!] }
        enum Choice { A B C }
        input Wish { a: Int b: Wish }
    ";

    fn count(text: &str, most: u64) -> u64 {
        let schema = SchemaIndex::try_new(SCHEMA, &[]).expect("a schema");
        let DocumentOperations::Single(operation) = parse_query(text).expect("a document").operations else {
            panic!("one operation is expected")
        };
        let items = &operation.node.selection_set.node.items;
        let Some(Selection::Field(field)) = items.first().map(|item| &item.node) else { panic!("a field is expected") };
        values(&schema, &field.node, most)
    }

    /// Every object and every field of one counts, as often as it comes back.
    #[test]
    fn values_are_counted_where_they_come_back() {
        for (text, values) in [
            ("{ __type(name: \"Choice\") { name } }", 2),
            ("{ __type(name: \"Choice\") { enumValues { name } } }", 2 + 3 * 2),
            ("{ __type(name: \"Thing\") { fields { name a: name } } }", 2 + 2 * 3),
            ("{ __type(name: \"Thing\") { interfaces { possibleTypes { name } } } }", 2 + 2 + 2),
            ("{ __type(name: \"Wish\") { inputFields { type { name } } } }", 2 + 2 * (2 + 2)),
            (
                "{ __type(name: \"Query\") { fields { args { type { ofType { ofType { ofType { name } } } } } } } }",
                2 + 2 + 2 * 2 + 2 + 4 * 2,
            ),
            ("{ __type(name: \"Nothing\") { name } }", 0),
            ("{ __type(name: \"Choice\") { a_key_of_thirty_two_letters_here: name } }", 4),
            ("{ __schema { queryType { name } mutationType { name } } }", 3 + 2),
        ] {
            assert_eq!(count(text, 1_000_000), values, "{text}");
        }
        assert!(count("query ($n: String!) { __type(name: $n) { name } }", 1_000_000) > 10, "any of them");
    }

    /// What multiplies is left as soon as it is too much.
    #[test]
    fn counting_ends() {
        let deep = (0..12).fold("{ name }".to_owned(), |below, _| {
            format!("{{ a: possibleTypes {{ interfaces {below} }} b: possibleTypes {{ interfaces {below} }} }}")
        });
        assert!(count(&format!("{{ __type(name: \"Node\") {deep} }}"), 1_000) < 1_100);
    }
}
