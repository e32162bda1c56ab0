//! What an operation costs: points for what it can bring back at most, told before it runs. docs/api.md has the rules ("Limits").
//!
//! Read off the normal form once and kept with it; a request only puts the sizes of its pages in. Nothing here knows who pays.

use std::collections::HashMap;

use apollo_compiler::Name;
use async_graphql::parser::types::SelectionSet;
use async_graphql_value::Value as Written;
use serde_json::Value;

use super::limits::Limits;
use super::operation::OperationKind;
use super::schema_index::SchemaIndex;
use super::variables::Coerced;

mod reader;

use reader::Reader;

/// Values that make a point: so many short ones of an answer, each of some 64 bytes with its key.
pub(super) const POINT: u64 = 4;
/// Of an operation that reads: the look at who asks.
const READING: u64 = POINT;
/// Of an operation that writes, or that stays: a transaction, or a place among those that wait.
pub(super) const ACTING: u64 = 10 * POINT;
/// Of one object: a row.
const OBJECT: u64 = POINT;
/// Of asking for the schema, beside its values.
pub(super) const SCHEMA: u64 = 100 * POINT;

/// What one object costs with all that is selected below it.
#[derive(Debug, Default)]
pub(super) struct Cost {
    /// In values.
    own: u64,
    /// Bytes that are written in the aliases and in the arguments of its fields, and the variables that stand there, as often as they do:
    /// each is copied for every object that is asked.
    written: u64,
    variables: Vec<String>,
    lists: Vec<(Size, Self)>,
    /// What each object type behind an interface or a union adds: an object is one of them.
    variants: Vec<Self>,
}

/// How many items a list has at most.
#[derive(Debug, Clone)]
enum Size {
    /// As far as anybody knows beforehand.
    Assumed(u64),
    /// Those of one page of a connection.
    Page { asked: Vec<Count>, limits: (u64, u64) },
    /// As many as the keys that it is asked by.
    Keys(Count),
}

/// A number in the document, or in the variables.
#[derive(Debug, Clone)]
enum Count {
    Known(u64),
    Variable(String),
}

/// The cost of an operation's normal form.
pub(super) fn of(schema: &SchemaIndex, limits: &Limits, kind: OperationKind, root: &Name, form: &SelectionSet) -> Cost {
    let mut cost = Reader { schema, limits }.object(root, form, None);
    cost.own += match kind {
        OperationKind::Query => READING,
        OperationKind::Mutation | OperationKind::Subscription => ACTING,
    };
    cost
}

impl Cost {
    /// The points, with the sizes that a request asks for and with so many values of the schema.
    pub(super) fn of(&self, variables: &Coerced, of_schema: u64) -> u64 {
        self.values(variables).saturating_add(of_schema).div_ceil(POINT)
    }

    fn values(&self, variables: &Coerced) -> u64 {
        let lists = self.lists.iter().map(|(size, each)| size.of(variables).saturating_mul(each.values(variables)));
        let dearest = self.variants.iter().map(|variant| variant.values(variables)).max();
        lists.chain(dearest).fold(self.own, u64::saturating_add)
    }

    /// The bytes of all aliases, and of all arguments with the variables in them, counted for each object that is asked with them.
    pub(super) fn arguments(&self, variables: &Coerced) -> u64 {
        let sizes = variables.iter().map(|(name, value)| (name.as_str(), bytes(value))).collect();
        self.carried(variables, &sizes)
    }

    fn carried(&self, variables: &Coerced, sizes: &HashMap<&str, u64>) -> u64 {
        let own = self.variables.iter().filter_map(|name| sizes.get(name.as_str())).copied();
        let each = |(size, each): &(Size, Self)| size.of(variables).saturating_mul(each.carried(variables, sizes));
        let largest = self.variants.iter().map(|variant| variant.carried(variables, sizes)).max();
        own.chain(self.lists.iter().map(each)).chain(largest).fold(self.written, u64::saturating_add)
    }

    /// The bytes of aliases and arguments as the form holds them: each once, whatever it is asked for.
    pub(super) fn written_once(&self) -> usize {
        let below = self.lists.iter().map(|(_, each)| each).chain(&self.variants).map(Self::written_once);
        below.fold(usize::try_from(self.written).unwrap_or(usize::MAX), usize::saturating_add)
    }

    /// What a value in the document adds.
    fn write(&mut self, value: &Written) {
        self.written += LEAST_BYTES;
        match value {
            Written::Variable(name) => self.variables.push(name.to_string()),
            Written::String(text) => self.written += text.len() as u64,
            Written::List(items) => items.iter().for_each(|item| self.write(item)),
            Written::Object(fields) => fields.iter().for_each(|(name, value)| {
                self.written += name.len() as u64;
                self.write(value);
            }),
            _ => {}
        }
    }
}

/// Of any value, however short.
const LEAST_BYTES: u64 = 16;

/// What a value comes to in bytes, roughly.
fn bytes(value: &Value) -> u64 {
    let inside = match value {
        Value::String(text) => text.len() as u64,
        Value::Array(items) => items.iter().map(bytes).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() as u64 + bytes(value)).sum(),
        _ => 0,
    };
    LEAST_BYTES + inside
}

impl Size {
    fn of(&self, variables: &Coerced) -> u64 {
        match self {
            Self::Assumed(size) => *size,
            Self::Page { asked, limits: (usual, most) } => {
                asked.iter().find_map(|count| count.of(variables)).unwrap_or(*usual).min(*most)
            }
            Self::Keys(count) => count.of(variables).unwrap_or_default(),
        }
    }
}

impl Count {
    /// The size of a page, where one is asked for.
    fn page(value: &Written) -> Option<Self> {
        match value {
            Written::Variable(name) => Some(Self::Variable(name.to_string())),
            Written::Number(number) => Some(Self::Known(number.as_u64().unwrap_or_default())),
            _ => None,
        }
    }

    /// How many keys there are: one that stands where a list is expected is a list of one.
    fn keys(value: &Written) -> Self {
        match value {
            Written::Variable(name) => Self::Variable(name.to_string()),
            Written::List(items) => Self::Known(items.len() as u64),
            Written::Null => Self::Known(0),
            _ => Self::Known(1),
        }
    }

    /// Nothing where the variable is null or absent.
    fn of(&self, variables: &Coerced) -> Option<u64> {
        match self {
            Self::Known(count) => Some(*count),
            Self::Variable(name) => match variables.get(name)? {
                Value::Number(number) => Some(number.as_u64().unwrap_or_default()),
                Value::Array(items) => Some(items.len() as u64),
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::DocumentOperations;
    use serde_json::json;

    use super::*;
    use crate::execution::introspection::Question;

    const SCHEMA: &str = "
        type Query { one: Thing things(first: Int, last: Int): Things! named(ids: [ID!]!): [Thing]! any: Any only: Named }
        type Mutation { change: Thing }
        type Things { nodes: [Thing!]! edges: [Edge!]! totalCount: Int! }
        type Edge { node: Thing! }
        type Thing { id: ID! text: String! names: [String!]! pages: [Thing!]! parts: [Thing!]! things(first: Int, last: Int): Things! }
        type Other { thing: Thing }
        union Any = Thing | Other
        interface Named { id: ID! }
        type Only implements Named { id: ID! parts: [Thing!]! }
    ";

    fn cost(text: &str, variables: Value) -> u64 {
        let schema = SchemaIndex::try_new(SCHEMA, &[]).expect("a schema");
        let limits =
            Limits { weights: &[("totalCount", 200), ("text", 40)], lists: &[("pages", 100)], ..Limits::default() };
        let DocumentOperations::Single(mut operation) = parse_query(text).expect("a document").operations else {
            panic!("one operation is expected")
        };
        let selected = &mut operation.node.selection_set.node;
        let questions = Question::take(selected, &Coerced::default());
        let kind = OperationKind::Query;
        let root = apollo_compiler::name!("Query");
        let cost = of(&schema, &limits, kind, &root, selected);
        let variables = variables.as_object().expect("an object");
        cost.of(variables, Question::values(&questions, &schema, variables, 1_000_000))
    }

    /// One for the operation, one for each object, one for each four short values; a list of them counts as ten, and a long text by its length.
    #[test]
    fn objects_and_values_cost() {
        assert_eq!(cost("{ __typename }", json!({})), 2);
        assert_eq!(cost("{ one { id } }", json!({})), 3);
        assert_eq!(cost("{ one { id a: id b: id c: id } }", json!({})), 3);
        assert_eq!(cost("{ one { id names } a: one { id } }", json!({})), 3 + 3);
        assert_eq!(cost("{ one { text } }", json!({})), 2 + 10);
        assert_eq!(cost("{ one { pages { id a: id b: id c: id } } }", json!({})), 2 + 100 * 2);
    }

    /// The schema costs by what of it comes back.
    #[test]
    fn the_schema_costs_what_it_brings_back() {
        assert_eq!(cost("{ __type(name: \"Thing\") { name } }", json!({})), 1 + 100 + 1);
        let fields = "{ __type(name: \"Thing\") { fields { a: name b: name c: name } } }";
        assert_eq!(cost(fields, json!({})), 1 + 100 + 7);
        let named = "query ($n: String) { a: __type(name: $n) { name } b: __type(name: $n) { kind } }";
        assert_eq!(cost(named, json!({ "n": "Thing" })), 1 + 2 * 100 + 1);
        assert_eq!(cost(named, json!({ "n": "Nothing" })), 1 + 2 * 100);
    }

    /// A page has as many objects as were asked for, in the document or by a variable, and never more than a page can have. Four values
    /// make an object of two points.
    #[test]
    fn lists_cost_what_they_hold() {
        let four = "id a: id b: id c: id";
        let cost = |text: &str, variables| cost(&text.replace("FOUR", four), variables);
        assert_eq!(cost("{ things(first: 5) { nodes { FOUR } } }", json!({})), 1 + 1 + 5 * 2);
        assert_eq!(cost("{ things(last: 5) { edges { node { FOUR } } } }", json!({})), 1 + 1 + 5 * 3);
        assert_eq!(cost("{ things { nodes { FOUR } totalCount } }", json!({})), 1 + 1 + 20 * 2 + 50);
        assert_eq!(
            cost("{ things(first: 50) { totalCount } a: things { __typename } }", json!({})),
            1 + 2 + 70 + 50 + 1
        );
        let asked = "query ($n: Int) { things(first: $n) { nodes { things(first: 2) { nodes { FOUR } } } } }";
        for (variables, nodes) in [
            (json!({ "n": 3 }), 3),
            (json!({}), 20),
            (json!({ "n": null }), 20),
            (json!({ "n": 1_000_000 }), 100),
            (json!({ "n": -1 }), 0),
        ] {
            assert_eq!(cost(asked, variables), 1 + 1 + nodes * (1 + 1 + 2 * 2));
        }
        assert_eq!(cost("{ one { parts { parts { FOUR } } } }", json!({})), 1 + 1 + 10 * (1 + 10 * 2));
        let named = "query ($ids: [ID!]!) { named(ids: $ids) { FOUR } }";
        assert_eq!(cost(named, json!({ "ids": ["a", "b", "c"] })), 1 + 3 * 2);
        assert_eq!(cost("{ named(ids: [1, 2]) { FOUR } }", json!({})), 1 + 2 * 2);
        assert_eq!(cost("{ a: named(ids: 5) { FOUR } b: named(ids: \"x\") { FOUR } }", json!({})), 1 + 2 + 2);
    }

    /// An object behind a union is one of its types: the dearest counts.
    #[test]
    fn the_dearest_type_counts() {
        assert_eq!(
            cost(
                "{ any { ... on Thing { parts { id a: id b: id c: id } } ... on Other { thing { id } } } }",
                json!({})
            ),
            1 + 1 + 10 * 2
        );
        // Of one object type alone, the normal form asks the interface for what only that has.
        let alone = "{ only { ... on Named { parts { id a: id b: id c: id } } } }";
        assert_eq!(cost(alone, json!({})), 1 + 1 + 10 * 2);
    }

    /// Lists within lists multiply without overflow.
    #[test]
    fn what_multiplies_ends_at_the_largest_number() {
        let deep = (0..12).fold("id".to_owned(), |below, _| format!("things(first: 100) {{ nodes {{ {below} }} }}"));
        assert_eq!(cost(&format!("{{ one {{ {deep} }} }}"), json!({})), u64::MAX.div_ceil(POINT));
    }
}
