//! The specification's rules of execution (sections 6 and 7), one test each.

use std::collections::BTreeSet;

use madoguchi::execution::{GraphqlRequest, Limits, OperationKind};
use serde_json::{Value, json};

use super::toy::Toy;

/// Fields come in the document's order, whichever is done first.
#[tokio::test]
async fn fields_keep_the_order_of_the_document() {
    assert_eq!(
        Toy::new().text("{ sure { b a child { b a } } }").await,
        r#"{"data":{"sure":{"b":2,"a":1,"child":{"b":2,"a":1}}}}"#
    );
}

/// A field that comes first through a fragment stands where the fragment does.
#[tokio::test]
async fn fields_of_fragments_stand_where_the_fragment_is() {
    let text = Toy::new().text("{ sure { ...F a } } fragment F on Node { b a }").await;
    assert_eq!(text, r#"{"data":{"sure":{"b":2,"a":1}}}"#);
}

/// Selections of one response key are merged.
#[tokio::test]
async fn selections_of_one_key_are_merged() {
    let text = Toy::new().text("{ leaf { a } ... { leaf { b } } leaf { a } }").await;
    assert_eq!(text, r#"{"data":{"leaf":{"a":1,"b":2}}}"#);
}

/// A mutation's field that stands in the document twice runs once.
#[tokio::test]
async fn a_merged_mutation_field_runs_once() {
    let toy = Toy::new();
    assert_eq!(
        toy.text("mutation { leaf { a } leaf { b } ...F } fragment F on Mutation { leaf { a } }").await,
        r#"{"data":{"leaf":{"a":1,"b":0}}}"#
    );
    assert_eq!(toy.count(), 1);
}

/// Two keys for one field run it twice.
#[tokio::test]
async fn two_keys_run_a_field_twice() {
    assert_eq!(Toy::new().text("mutation { one: next two: next }").await, r#"{"data":{"one":1,"two":2}}"#);
}

/// A mutation's fields run one after another, even when the first is slow.
#[tokio::test]
async fn fields_of_a_mutation_run_in_order() {
    assert_eq!(Toy::new().text("mutation { slowNext next }").await, r#"{"data":{"slowNext":1,"next":2}}"#);
}

/// A nullable field that fails is null, and its neighbours stay.
#[tokio::test]
async fn a_failed_nullable_field_is_null() {
    let text = Toy::new().text("{ sure { a failing b } }").await;
    assert!(text.ends_with(r#""data":{"sure":{"a":1,"failing":null,"b":2}}}"#), "{text}");
}

/// An object all of whose nullable fields failed is an object of nulls, not null.
#[tokio::test]
async fn an_object_of_failed_fields_is_no_null() {
    let text = Toy::new().text("{ node { failing other: failing } }").await;
    assert!(text.ends_with(r#""data":{"node":{"failing":null,"other":null}}}"#), "{text}");
}

/// The same at the root.
#[tokio::test]
async fn a_root_of_failed_fields_is_no_null() {
    let text = Toy::new().text(r#"{ node { coded } short(text: "long") }"#).await;
    assert!(text.contains(r#""data":null"#), "short is non-null: {text}");
    let text = Toy::new().text("{ node { child { coded } } }").await;
    assert!(text.ends_with(r#""data":{"node":{"child":{"coded":null}}}}"#), "{text}");
}

/// A non-null field that fails nulls its parent.
#[tokio::test]
async fn a_failed_non_null_field_nulls_its_parent() {
    let text = Toy::new().text("{ sure { a child { b sureFailing } } }").await;
    assert!(text.ends_with(r#""data":{"sure":{"a":1,"child":null}}}"#), "{text}");
}

/// Null goes up through non-null parents to the nearest nullable one.
#[tokio::test]
async fn null_goes_up_through_non_null_parents() {
    let text = Toy::new().text("{ node { sureChild { sureChild { sureFailing } } } leaf { a } }").await;
    assert!(text.ends_with(r#""data":{"node":null,"leaf":{"a":1}}}"#), "{text}");
}

/// With no nullable parent, `data` itself is null.
#[tokio::test]
async fn null_goes_up_to_data() {
    let text = Toy::new().text("{ sure { sureFailing } }").await;
    assert!(text.ends_with(r#""data":null}"#), "{text}");
}

/// A list with non-null items is null when one fails.
#[tokio::test]
async fn a_failed_non_null_item_nulls_the_list() {
    let text = Toy::new().text("{ sure { sureNumbers list { sureFailing } } }").await;
    assert!(text.ends_with(r#""data":{"sure":{"sureNumbers":null,"list":null}}}"#), "{text}");
}

/// A list with nullable items keeps the others.
#[tokio::test]
async fn a_failed_nullable_item_is_null_alone() {
    let text = Toy::new().text("{ sure { numbers sparse { sureFailing } } }").await;
    assert!(text.ends_with(r#""data":{"sure":{"numbers":[1,null,null],"sparse":[null,null]}}}"#), "{text}");
}

/// One cause is one error: null that goes up adds none.
#[tokio::test]
async fn null_that_goes_up_is_one_error() {
    let answer = Toy::new().answer("{ node { sureChild { sureFailing } } }", json!({})).await;
    assert_eq!(answer.errors.len(), 1);
}

/// An argument whose nullable variable is absent takes the argument's default.
#[tokio::test]
async fn an_absent_variable_leaves_the_default_of_the_argument() {
    let toy = Toy::new();
    let query = "query ($of: Int) { number(of: $of) }";
    assert_eq!(toy.data_of(query, json!({})).await, r#"{"number":7}"#);
    assert_eq!(toy.data_of(query, json!({ "of": null })).await, r#"{"number":null}"#);
    assert_eq!(toy.data_of(query, json!({ "of": 1 })).await, r#"{"number":1}"#);
    assert_eq!(toy.data_of("{ number(of: null) }", json!({})).await, r#"{"number":null}"#);
}

/// A variable's default goes before the argument's.
#[tokio::test]
async fn the_default_of_a_variable_applies() {
    assert_eq!(Toy::new().data_of("query ($of: Int = 4) { number(of: $of) }", json!({})).await, r#"{"number":4}"#);
}

/// A variable's default decides @skip and @include.
#[tokio::test]
async fn the_default_of_a_variable_decides_directives() {
    let query = "query ($no: Boolean = false, $yes: Boolean = true) { leaf { a @skip(if: $yes) b @include(if: $yes) } number @include(if: $no) }";
    assert_eq!(Toy::new().data_of(query, json!({})).await, r#"{"leaf":{"b":2}}"#);
    assert_eq!(Toy::new().data_of(query, json!({ "yes": false, "no": true })).await, r#"{"leaf":{"a":1},"number":7}"#);
}

/// @skip wins over @include, and both work on fragments.
#[tokio::test]
async fn skip_wins_over_include() {
    let query = "{ leaf { a @skip(if: true) @include(if: true) ... @skip(if: true) { b } ...F @include(if: false) } number } fragment F on Leaf { b }";
    assert_eq!(Toy::new().data_of(query, json!({})).await, r#"{"leaf":{},"number":7}"#);
}

/// A field that is skipped in one place and not in another is there.
#[tokio::test]
async fn a_field_skipped_once_is_still_selected_elsewhere() {
    assert_eq!(Toy::new().data_of("{ leaf { a @skip(if: true) b a } }", json!({})).await, r#"{"leaf":{"b":2,"a":1}}"#);
}

/// A single value is a list of one, as a literal, a variable and a default.
#[tokio::test]
async fn a_single_value_becomes_a_list() {
    let toy = Toy::new();
    assert_eq!(toy.data_of("{ sum(of: 3) }", json!({})).await, r#"{"sum":3}"#);
    let query = "query ($of: [Int!]! = 5) { sum(of: $of) }";
    assert_eq!(toy.data_of(query, json!({ "of": 4 })).await, r#"{"sum":4}"#);
    assert_eq!(toy.data_of(query, json!({})).await, r#"{"sum":5}"#);
}

/// Input objects take defaults, leave absent variables out, and nest.
#[tokio::test]
async fn input_objects_are_coerced() {
    let toy = Toy::new();
    let query =
        r#"query ($size: Int, $names: [String!]) { settings(of: { names: $names, inner: {} }) number(of: $size) }"#;
    assert_eq!(toy.data_of(query, json!({ "names": "x" })).await, r#"{"settings":"5 Some([\"x\"]) true","number":7}"#);
    let query = "query ($of: Settings!) { settings(of: $of) }";
    assert_eq!(toy.data_of(query, json!({ "of": { "inner": {} } })).await, r#"{"settings":"5 None true"}"#);
}

/// `__typename` works everywhere, with an alias too.
#[tokio::test]
async fn typename_and_its_aliases() {
    let text = Toy::new().text("{ kind: __typename leaf { __typename what: __typename } __typename }").await;
    assert_eq!(text, r#"{"data":{"kind":"Query","leaf":{"__typename":"Leaf","what":"Leaf"},"__typename":"Query"}}"#);
}

/// An error tells its path through aliases and list items, and its place in the document.
#[tokio::test]
async fn errors_have_a_path_and_a_place() {
    let answer = Toy::new().answer("{\n  sure {\n    all: list { bad: failing }\n  }\n}", json!({})).await;
    let errors = json!(answer.errors);
    let paths: BTreeSet<String> = answer.errors.iter().map(|error| json!(error.path).to_string()).collect();
    assert_eq!(paths, [r#"["sure","all",0,"bad"]"#, r#"["sure","all",1,"bad"]"#].map(str::to_owned).into());
    assert_eq!(errors[0]["locations"], json!([{ "line": 3, "column": 17 }]));
}

/// A resolver's own code stays; a failure without one is a fault of ours and does not tell its cause.
#[tokio::test]
async fn every_error_has_a_code() {
    let toy = Toy::new();
    let coded = json!(toy.answer("{ sure { coded } }", json!({})).await.errors);
    assert_eq!((&coded[0]["extensions"]["code"], &coded[0]["message"]), (&json!("CLOSED"), &json!("not today")));
    let broken = toy.text("{ sure { failing } }").await;
    assert!(broken.contains(r#""code":"INTERNAL""#) && !broken.contains("disk"), "{broken}");
}

/// An input value that its scalar or a validator refuses is the client's error, at its place, and is not repeated.
#[tokio::test]
async fn refused_input_values_are_the_clients_errors() {
    let toy = Toy::new();
    for (query, variables) in [
        (r#"{ word(of: "hunter2") }"#, json!({})),
        ("query ($of: Word!) { word(of: $of) }", json!({ "of": "hunter2" })),
        ("query ($of: String!) { short(text: $of) }", json!({ "of": "hunter2" })),
        // Null where none may be.
        ("query ($n: String = \"Leaf\") { __type(name: $n) { name } }", json!({ "n": null })),
    ] {
        let answer = toy.answer(query, variables).await;
        let error = json!(answer.errors)[0].clone();
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert_eq!(error["locations"][0]["line"], 1, "{error}");
        assert_eq!(error["path"].as_array().map(Vec::len), Some(1), "{error}");
    }
}

/// An ID is a text, or a whole number however it is written, which is its digits.
#[tokio::test]
async fn an_id_is_a_text_or_digits() {
    let toy = Toy::new();
    let query = "query ($of: ID!) { id(of: $of) }";
    for (given, id) in [
        (json!("a"), "a"),
        (json!(1), "1"),
        (json!(-1), "-1"),
        (json!(1.0), "1"),
        (json!(1e3), "1000"),
        (json!(9_223_372_036_854_775_808_u64), "9223372036854775808"),
        (json!(18_446_744_073_709_552_000.0), "18446744073709552000"),
        (json!(1e300), "1e+300"),
    ] {
        assert_eq!(toy.data_of(query, json!({ "of": given })).await, format!(r#"{{"id":"{id}"}}"#));
    }
    for literal in ["1", "-1", "9223372036854775808", "123456789012345678901234567890"] {
        let document = format!("{{ id(of: {literal}) }}");
        assert_eq!(toy.data_of(&document, json!({})).await, format!(r#"{{"id":"{literal}"}}"#));
    }
    for given in [json!(1.5), json!(true), json!(null), json!([1])] {
        assert_eq!(toy.refusal(query, json!({ "of": given })), "BAD_USER_INPUT", "{given}");
    }
}

/// A variable that decides what is included is no null; the refusal names it.
#[tokio::test]
async fn a_condition_is_no_null() {
    let answer =
        Toy::new().answer("query ($if: Boolean = true) { number @skip(if: $if) }", json!({ "if": null })).await;
    let error = json!(answer.errors)[0].clone();
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{error}");
    assert!(error["message"].as_str().unwrap().contains("$if"), "{error}");
}

/// An input of which exactly one field is to be given is held to that, as a literal and as a variable.
#[tokio::test]
async fn exactly_one_field_of_a_choice() {
    let toy = Toy::new();
    assert_eq!(toy.data_of("{ choice(of: { number: 1 }) }", json!({})).await, r#"{"choice":"1"}"#);
    let query = "query ($of: Choice!) { choice(of: $of) }";
    assert_eq!(toy.data_of(query, json!({ "of": { "text": "t" } })).await, r#"{"choice":"t"}"#);
    assert_eq!(toy.refusal(query, json!({ "of": { "text": "t", "number": 1 } })), "BAD_USER_INPUT");
    assert_eq!(toy.refusal(query, json!({ "of": {} })), "BAD_USER_INPUT");
    assert_eq!(toy.refusal(query, json!({ "of": { "text": null } })), "BAD_USER_INPUT");
    for document in [
        r#"{ choice(of: { number: 1, text: "" }) }"#,
        "{ choice(of: { text: null }) }",
        "query ($text: String) { choice(of: { text: $text }) }",
        "query ($text: String = null) { choice(of: { text: $text }) }",
    ] {
        assert_eq!(toy.refusal(document, json!({ "text": "t" })), "GRAPHQL_VALIDATION_FAILED", "{document}");
    }
    // Never absent, and null only when somebody sends null.
    let by_default = r#"query ($text: String = "d") { choice(of: { text: $text }) }"#;
    assert_eq!(toy.data_of(by_default, json!({})).await, r#"{"choice":"d"}"#);
    assert_eq!(toy.data_of(by_default, json!({ "text": "t" })).await, r#"{"choice":"t"}"#);
    let null = json!(toy.answer(by_default, json!({ "text": null })).await.errors);
    assert_eq!(null[0]["extensions"]["code"], "BAD_USER_INPUT", "{null}");
}

/// Each event of a subscription is completed like a query.
#[tokio::test]
async fn events_are_completed() {
    let toy = Toy::new();
    assert_eq!(
        toy.events("subscription { nodes { b a } }").await,
        [r#"{"data":{"nodes":{"b":2,"a":1}}}"#, r#"{"data":{"nodes":null}}"#, r#"{"data":{"nodes":{"b":2,"a":1}}}"#]
    );
    let failing = toy.events("subscription { nodes { failing } }").await;
    assert!(failing[0].ends_with(r#""data":{"nodes":{"failing":null}}}"#), "{failing:?}");
}

/// An event that fails is an error in its place; the stream goes on.
#[tokio::test]
async fn a_failed_event_does_not_end_the_stream() {
    let events = Toy::new().events("subscription { numbers }").await;
    assert_eq!((events.len(), &*events[0], &*events[2]), (3, r#"{"data":{"numbers":1}}"#, r#"{"data":{"numbers":3}}"#));
    assert!(events[1].contains(r#""code":"INTERNAL""#) && events[1].ends_with(r#""data":null}"#), "{events:?}");
}

/// A subscription that cannot begin says why, once.
#[tokio::test]
async fn a_refused_subscription_says_why() {
    let events = Toy::new().events("subscription { closed }").await;
    assert_eq!(events.len(), 1);
    assert!(events[0].contains("FORBIDDEN"), "{events:?}");
}

/// A request error has no `data`, and nothing ran.
#[tokio::test]
async fn a_request_error_has_no_data() {
    let toy = Toy::new();
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ node { nothing } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ node }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($of: Int!) { number(of: $of) }", "BAD_USER_INPUT"),
        ("query A { number } query B { number }", "OPERATION_RESOLUTION_FAILED"),
    ] {
        let text = toy.text(query).await;
        assert!(text.contains(code) && !text.contains("\"data\""), "{query}: {text}");
    }
    assert_eq!(toy.count(), 0);
}

/// The operation that `operationName` names runs.
#[tokio::test]
async fn the_named_operation_runs() {
    let toy = Toy::new();
    let request = |name: &str| GraphqlRequest {
        query: "query A { number } mutation B { next } subscription C { numbers }".to_owned(),
        operation_name: Some(name.to_owned()),
        ..GraphqlRequest::default()
    };
    for (name, kind) in
        [("A", OperationKind::Query), ("B", OperationKind::Mutation), ("C", OperationKind::Subscription)]
    {
        let operation = toy.engine.prepare(&request(name)).unwrap();
        assert_eq!((operation.kind(), operation.name()), (kind, Some(name)));
    }
    assert!(toy.engine.prepare(&request("D")).err().unwrap().is_request_error());
}

/// A variable that does not fit is refused with its place and type, never with its value.
#[tokio::test]
async fn a_variable_that_does_not_fit_is_named_but_not_repeated() {
    let toy = Toy::new();
    let query = "query ($of: Settings!, $n: Int) { settings(of: $of) number(of: $n) }";
    for (variables, place) in [
        (json!({ "of": { "names": ["a", 4_545_454] } }), "$of.names[1]"),
        (json!({ "of": { "inner": { "size": "hunter2" } } }), "$of.inner.size"),
        (json!({ "of": { "hunter2": 1 } }), "$of"),
        (json!({ "of": "hunter2" }), "$of"),
        (json!({ "of": {}, "n": 2_147_483_648_u64 }), "$n"),
        (json!({ "of": null }), "$of"),
        (json!({}), "$of"),
    ] {
        let text = toy.text_with(query, variables).await;
        assert!(text.contains(&format!("The variable {place} ")) && text.contains("BAD_USER_INPUT"), "{place}: {text}");
        assert!(!text.contains("hunter2") && !text.contains("4545454") && !text.contains("\"data\""), "{text}");
    }
}

/// One mistake is one error, which names what to mend.
#[tokio::test]
async fn one_mistake_is_one_error() {
    let toy = Toy::new();
    for (query, named) in [
        ("{ leaf { nothing } }", "`nothing`"),
        ("{ sure { child { nothing(of: 1) } } }", "`nothing`"),
        ("{ leaf { ... on Nothing { a } } }", "`Nothing`"),
        ("{ leaf { a { x } } }", "`Int`"),
        ("{ leaf }", "`leaf { … }`"),
        ("{ x: leaf number }", "`leaf { … }`"),
        ("{ word(of: \"x\") }", "Word"),
    ] {
        let answer: Value = serde_json::from_str(&toy.text(query).await).unwrap();
        let messages: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| &error["message"]).collect();
        assert!(messages.len() == 1 && messages[0].as_str().unwrap().contains(named), "{query}: {messages:?}");
    }
}

/// No message of the validator repeats a literal.
#[tokio::test]
async fn no_literal_is_repeated() {
    let toy = Toy::new();
    for query in [
        r#"{ number(of: "hunter2") }"#,
        r#"{ number(of: hunter2) }"#,
        r#"{ settings(of: { size: "hunter2" }) }"#,
        r#"{ settings(of: { size: 1, size: "hunter2" }) }"#,
        r#"{ short(text: "hunter2", text: "hunter2") }"#,
        r#"{ short(text: "hunter2") short(text: "hunter2x") }"#,
        r#"{ short(text: "hunter2 }"#,
        r#"{ short(text: "hunter2\q") }"#,
        r#"query ($a: Int = "hunter2") { number(of: $a) }"#,
        r#"{ leaf @skip(if: "hunter2") { a } }"#,
        r#"{ __type(name: "Leaf") { fields(includeDeprecated: "hunter2") { name } } }"#,
        r#"{ __type(name: "Leaf") { kind @include(if: hunter2) } }"#,
    ] {
        let text = toy.text(query).await;
        assert!(text.contains("GRAPHQL_") && !text.contains("hunter2"), "{query}: {text}");
    }
}

/// Headers that resolvers append reach the answer.
#[tokio::test]
async fn headers_reach_the_answer() {
    let answer = Toy::new().answer("{ header }", json!({})).await;
    assert_eq!(answer.headers.get_all("X-One").iter().collect::<Vec<_>>(), ["1", "2"]);
}

/// An answer carries no more errors than the limit.
#[tokio::test]
async fn errors_are_bounded() {
    let toy = Toy::with(Limits { errors: 2, ..Limits::default() });
    let answer = toy.answer("{ sure { failing a1: failing a2: failing } }", json!({})).await;
    assert_eq!(answer.errors.len(), 2);
}

/// What an input object names twice is named, with its place.
#[tokio::test]
async fn a_repeated_field_of_an_input_is_named() {
    let query = "{ id(of: 1)\n number(of: {a: 1, b: [{ a: 2, c: 3,\n  c: 4 }], a: 3}) }";
    let refused = json!(Toy::new().prepare(query, &json!({})).err().unwrap().errors);
    assert_eq!(refused[0]["locations"], json!([{ "line": 3, "column": 3 }]), "{refused}");
    assert!(refused[0]["message"].as_str().unwrap().contains("`c`"), "{refused}");
}

/// Introspection answers what GraphiQL asks, `isOneOf` included, and is told apart from what is not, however it is written.
#[tokio::test]
async fn introspection_is_told_apart() {
    let query = r#"{ __type(name: "Choice") { name isOneOf } __schema { queryType { name } } }"#;
    let expected = r#"{"__type":{"name":"Choice","isOneOf":true},"__schema":{"queryType":{"name":"Query"}}}"#;
    assert_eq!(Toy::new().data_of(query, json!({})).await, expected);
    let toy = Toy::new();
    let hidden = "{ ...F } fragment F on Query { s: __schema { __typename } }";
    for (query, expected) in
        [(query, true), (hidden, true), ("{ __typename }", false), ("{ leaf { __typename } }", false)]
    {
        assert_eq!(toy.prepare(query, &json!({})).ok().unwrap().describes_schema(), expected, "{query}");
    }
}

/// One document with other variables takes another form: the cache does not mix them up.
#[tokio::test]
async fn the_cache_keeps_forms_apart() {
    let toy = Toy::new();
    let query = "query ($yes: Boolean!, $of: Int) { number(of: $of) @include(if: $yes) leaf { a } }";
    for _ in 0..3 {
        assert_eq!(toy.data_of(query, json!({ "yes": true, "of": 1 })).await, r#"{"number":1,"leaf":{"a":1}}"#);
        assert_eq!(toy.data_of(query, json!({ "yes": false })).await, r#"{"leaf":{"a":1}}"#);
        assert_eq!(toy.data_of(query, json!({ "yes": true })).await, r#"{"number":7,"leaf":{"a":1}}"#);
        assert_eq!(toy.data_of(query, json!({ "yes": true, "of": null })).await, r#"{"number":null,"leaf":{"a":1}}"#);
        assert_eq!(toy.data_of(query, json!({ "yes": true, "of": 2 })).await, r#"{"number":2,"leaf":{"a":1}}"#);
    }
}

/// Request errors serialise as the specification has them: `errors`, and no `data`.
#[tokio::test]
async fn the_form_of_a_request_error() {
    let answer = Toy::new().answer("{ nothing }", json!({})).await;
    let keys: Vec<String> = json!(answer).as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["errors"]);
    assert_eq!(json!(answer)["errors"][0]["locations"], json!([{ "line": 1, "column": 3 }]));
    let message = json!(answer)["errors"][0]["message"].clone();
    assert_eq!(message, Value::from("type `Query` does not have a field `nothing`"));
}
