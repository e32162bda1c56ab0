//! How much of the schema a question brings back: types refer to each other without end, and aliases multiply what lists within lists hold.
//! Counted by walking through the schema as the answer will, value by value, until it is too much.

use super::{Place, Plan, Question, SchemaIndex, Selected, Way};
use crate::execution::cost::SCHEMA;
use crate::execution::variables::Coerced;

/// Bytes of a response key that count as one more value.
const KEY_BYTES: usize = 16;

impl Selected {
    /// A field by itself, with its key.
    pub(super) fn values(&self) -> u64 {
        1 + (self.key.len() / KEY_BYTES) as u64
    }
}

impl Question {
    /// The values that they bring back all together, or more than `most`; asking itself counts as some.
    pub(in crate::execution) fn values(
        questions: &[Self],
        schema: &SchemaIndex,
        variables: &Coerced,
        most: u64,
    ) -> u64 {
        let mut count = Count { schema, values: 0, most };
        for question in questions {
            count.values = count.values.saturating_add(SCHEMA);
            question.place(schema, variables).into_iter().for_each(|place| count.add(place, &question.plan));
        }
        count.values
    }
}

struct Count<'s> {
    schema: &'s SchemaIndex,
    values: u64,
    most: u64,
}

impl<'s> Count<'s> {
    fn add(&mut self, place: Place<'s>, plan: &Plan) {
        self.values = self.values.saturating_add(plan.own);
        for field in &plan.fields {
            let Some((edge, plan)) = &field.below else { continue };
            if self.values > self.most {
                return;
            }
            match place.follow(self.schema, *edge, field.includes_deprecated) {
                Way::Nowhere => {}
                Way::To(place) => self.add(place, plan),
                Way::ToAll(places) => self.all(&places, plan),
            }
        }
    }

    fn all(&mut self, places: &[Place<'s>], plan: &Plan) {
        if plan.fields.iter().all(|field| field.below.is_none()) {
            self.values = self.values.saturating_add(plan.own * places.len() as u64);
            return;
        }
        for place in places {
            if self.values > self.most {
                return;
            }
            self.add(*place, plan);
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::DocumentOperations;

    use serde_json::json;

    use super::*;

    const SDL: &str = "
        type Query { one(a: Int, b: [Choice!]!): Thing }
        interface Node { id: ID! }
        type Thing implements Node { id: ID! others: [Thing!] }
        enum Choice { A B C }
        input Wish { a: Int b: Wish }
    ";

    fn count(text: &str, most: u64) -> u64 {
        let schema = SchemaIndex::try_new(SDL, &[]).expect("a schema");
        let DocumentOperations::Single(mut operation) = parse_query(text).expect("a document").operations else {
            panic!("one operation is expected")
        };
        let variables = Coerced::from_iter([("n".to_owned(), json!("Choice"))]);
        let questions = Question::take(&mut operation.node.selection_set.node, &variables);
        Question::values(&questions, &schema, &variables, most) - SCHEMA
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
        assert_eq!(count("query ($n: String!) { __type(name: $n) { enumValues { name } } }", 1_000_000), 2 + 3 * 2);
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
