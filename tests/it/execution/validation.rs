//! Every rule of validation beside graphql-js, on the portal's schema: a document is refused by both or by none.

use std::collections::BTreeSet;

use apollo_compiler::Schema;
use apollo_compiler::ast::Definition;
use apollo_compiler::schema::ExtendedType;
use madoguchi::app;
use madoguchi::execution::{Engine, GraphqlRequest};
use serde_json::{Value, json};

use super::beside_graphql_js::print_record;
use crate::support::node::node;

/// Documents around each rule, good and bad (GraphQL specification, section 5, in its order).
const DOCUMENTS: [&str; 172] = [
    // Executable definitions, names of operations, the one that has none.
    "{ __typename }",
    "query A { __typename } type T { a: Int }",
    "\u{feff}{ __typename }",
    "\u{feff}\"A\" query A { __typename }",
    "query A { __typename ...F } \u{feff}\"F\"\u{feff} fragment F on Query { ...\u{feff},on Query { __typename } }",
    "query ($a:\u{feff}ID!) { node(id\u{feff}:\u{feff}$a) { id } }",
    "{ reviewCases(orderBy:\u{feff}NEWEST_FIRST) { totalCount } }",
    "query A { __typename } extend type Query { a: Int }",
    "query A { __typename } query B { __typename }",
    "query A { __typename } query A { __typename }",
    "query A { __typename } mutation A { logOut { userErrors { code } } }",
    "{ __typename } query A { __typename }",
    "{ __typename } { __typename }",
    // One field of a subscription.
    "subscription { applicationEvents(applicationId: \"a\") { cursor } }",
    "subscription { a: applicationEvents(applicationId: \"a\") { cursor } b: applicationEvents(applicationId: \"b\") { cursor } }",
    "subscription { ...F } fragment F on Subscription { applicationEvents(applicationId: \"a\") { cursor } facilityEvents(facilityId: \"a\") { cursor } }",
    "subscription { applicationEvents(applicationId: \"a\") { cursor } applicationEvents(applicationId: \"a\") { kind } }",
    "subscription { applicationEvents(applicationId: \"a\") { cursor } ...F } fragment F on Subscription { applicationEvents(applicationId: \"a\") { kind } }",
    "subscription { applicationEvents(applicationId: \"a\") { cursor } applicationEvents(applicationId: \"b\") { kind } }",
    "\"\\q\" query Q { viewer { id } }",
    "\"\\uD800\" query Q { viewer { id } }",
    "query Q(\"\\q\" $id: ID!) { node(id: $id) { id } }",
    "subscription { __typename }",
    "subscription { applicationEvents(applicationId: \"a\") { cursor } __typename }",
    // Fields on types.
    "{ nothing }",
    "{ viewer { id nothing } }",
    "{ node(id: \"a\") { id } }",
    "{ node(id: \"a\") { id name } }",
    "{ node(id: \"a\") { ... on Facility { name } } }",
    "{ node(id: \"a\") { ... on User { displayName } ... on Facility { displayName } } }",
    "mutation { verifyFacility(input: { applicationId: \"a\", key: { dateOfBirth: \"1970-01-31\" }, expectedVersion: 1 }) { outcome { __typename } } }",
    "mutation { verifyFacility(input: { applicationId: \"a\", expectedVersion: 1, nothing: 1 }) { outcome { nothing } } }",
    // Selections that can and cannot be merged.
    "{ viewer { id id } }",
    "{ viewer { a: id a: email } }",
    "{ viewer { a: id a: id } }",
    "{ application(id: \"a\") { id } application(id: \"b\") { id } }",
    "{ application(id: \"a\") { id } application(id: \"a\") { status } }",
    "{ node(id: \"a\") { ... on User { x: displayName } ... on Facility { x: name } } }",
    "{ node(id: \"a\") { ... on User { x: id } ... on Facility { x: name } } }",
    "{ node(id: \"a\") { ... on User { x: facilities { totalCount } } ... on Facility { x: name } } }",
    "{ viewer { facilities { nodes { x: id } } facilities { nodes { x: name } } } }",
    "{ viewer { ...A ...B } } fragment A on User { x: id } fragment B on User { x: email }",
    "{ viewer { facilities(first: 1) { totalCount } ...A } } fragment A on User { facilities(first: 2) { totalCount } }",
    "query ($a: Int, $b: Int) { viewer { facilities(first: $a) { totalCount } facilities(first: $b) { totalCount } } }",
    "{ nodes(ids: []) { id } nodes(ids: [\"a\"]) { id } }",
    "{ nodes(ids: [\"a\", \"b\"]) { id } nodes(ids: [\"a\"]) { id } }",
    "{ nodes(ids: [\"a\"]) { id } nodes(ids: [\"a\"]) { __typename } }",
    "{ nodes(ids: [\"a\"]) { id } b: nodes(ids: [\"a\", \"b\"]) { id } }",
    "{ ...A ...B } fragment A on Query { nodes(ids: [\"a\"]) { id } } fragment B on Query { nodes(ids: []) { id } }",
    "{ viewer { ... on User { x: facilities(first: 1) { totalCount } } } nodes(ids: [\"a\"]) { id } ... @skip(if: true) { nodes(ids: [\"b\", \"c\"]) { id } } }",
    "{ reviewCases(filter: { statuses: [SUBMITTED] }) { totalCount } reviewCases(filter: { statuses: [SUBMITTED, RETURNED] }) { totalCount } }",
    "{ reviewCases(filter: { statuses: [SUBMITTED] }) { totalCount } reviewCases(filter: { statuses: [SUBMITTED] }) { totalCount } }",
    // Leaves have no fields, and the others have.
    "{ viewer }",
    "{ viewer { id { x } } }",
    "{ viewer { facilities } }",
    "{ viewer { } }",
    // Arguments.
    "{ application(id: \"a\", nothing: 1) { id } }",
    "{ application { id } }",
    "{ application(id: null) { id } }",
    "{ application(id: \"a\", id: \"b\") { id } }",
    "{ viewer { facilities(first: 1, first: 1) { totalCount } } }",
    "{ viewer { id @skip } }",
    "{ viewer { id @skip(if: true, nothing: 1) } }",
    "{ viewer { id @skip(if: true, if: true) } }",
    // Fragments: names, types, use, circles, spreads that can be.
    "{ viewer { ...F } } fragment F on User { id }",
    "{ viewer { ...F } } fragment F on User { id } fragment F on User { email }",
    "{ viewer { ...F } } fragment F on Nothing { id }",
    "{ viewer { ... on Nothing { id } } }",
    "{ viewer { ...F } } fragment F on Role { id }",
    "{ viewer { ... on LogInInput { email } } }",
    "{ viewer { id } } fragment F on User { id }",
    "{ viewer { ...Nothing } }",
    "{ viewer { ...F } } fragment F on User { ...F }",
    "{ viewer { ...F } } fragment F on User { ...G } fragment G on User { ...F }",
    "{ viewer { ... on Facility { id } } }",
    "{ viewer { ...F } } fragment F on Facility { id }",
    "{ node(id: \"a\") { ... on Application { id } } }",
    "{ node(id: \"a\") { ... on PageInfo { hasNextPage } } }",
    "{ application(id: \"a\") { ... on StartOfUseApplication { staffCount } } }",
    "{ viewer { ... { id } ... @include(if: true) { email } } }",
    "fragment on on User { id } { viewer { ...on } }",
    // Values.
    "{ application(id: 1) { id } }",
    "{ application(id: 1.5) { id } }",
    "{ application(id: true) { id } }",
    "{ nodes(ids: \"a\") { id } }",
    "{ nodes(ids: [\"a\", null]) { id } }",
    "{ nodes(ids: [[\"a\"]]) { id } }",
    "{ viewer { facilities(first: \"1\") { totalCount } } }",
    "{ viewer { facilities(first: 1.0) { totalCount } } }",
    "{ viewer { facilities(first: 3000000000) { totalCount } } }",
    "{ reviewCases(filter: { statuses: [SUBMITTED] }) { totalCount } }",
    "{ reviewCases(filter: { statuses: SUBMITTED }) { totalCount } }",
    "{ reviewCases(filter: { statuses: [NOTHING] }) { totalCount } }",
    "{ reviewCases(filter: { statuses: [\"SUBMITTED\"] }) { totalCount } }",
    "{ reviewCases(filter: { nothing: 1 }) { totalCount } }",
    "{ reviewCases(filter: { statuses: [], statuses: [] }) { totalCount } }",
    "mutation { logIn(input: { email: \"a\" }) { token } }",
    "mutation { logIn(input: { email: \"a\", password: \"b\", delivery: null }) { token } }",
    "mutation { logIn(input: { email: null, password: \"b\" }) { token } }",
    "mutation { verifyFacility(input: { applicationId: \"a\", expectedVersion: 1, key: {} }) { userErrors { code } } }",
    "mutation { verifyFacility(input: { applicationId: \"a\", expectedVersion: 1, key: { managerDateOfBirth: \"a\", bankAccountNumber: \"b\" } }) { userErrors { code } } }",
    "mutation { verifyFacility(input: { applicationId: \"a\", expectedVersion: 1, key: { managerDateOfBirth: null } }) { userErrors { code } } }",
    // Directives.
    "{ viewer @nothing { id } }",
    "{ __typename @nothing }",
    "query @skip(if: true) { __typename }",
    "query ($a: Int @skip(if: true)) { viewer { facilities(first: $a) { totalCount } } }",
    "{ viewer @oneOf { id } }",
    "{ viewer { id @skip(if: true) @skip(if: false) } }",
    "{ viewer { id @skip(if: true) @include(if: true) } }",
    "fragment F on User @include(if: true) { id } { viewer { ...F } }",
    // Variables.
    "query ($a: Int, $a: Int) { viewer { facilities(first: $a) { totalCount } } }",
    "query ($a: Facility) { viewer { facilities(first: $a) { totalCount } } }",
    "query ($a: Nothing) { viewer { facilities(first: $a) { totalCount } } }",
    "{ viewer { facilities(first: $a) { totalCount } } }",
    "{ viewer { ...F } } fragment F on User { facilities(first: $a) { totalCount } }",
    "query ($a: Int) { __typename }",
    "query ($a: Boolean = true) { __typename @skip(if: $a) }",
    "query ($a: Boolean) { __typename @skip(if: $a) }",
    "query ($a: String) { viewer { facilities(first: $a) { totalCount } } }",
    "query ($a: ID = \"a\") { application(id: $a) { id } }",
    "query ($a: ID) { application(id: $a) { id } }",
    "query ($a: Int = \"a\") { viewer { facilities(first: $a) { totalCount } } }",
    // The schema, lists inside lists of it.
    "{ __schema { types { fields { type { fields { type { name } } } } } } }",
    "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
    "query ($a: [ApplicationStatus!] = SUBMITTED) { reviewCases(filter: { statuses: $a }) { totalCount } }",
    // Variables inside lists and objects, and those whose default is null.
    "query ($a: ID) { nodes(ids: [$a]) { id } }",
    "query ($a: ID!) { nodes(ids: [$a]) { id } }",
    "query ($a: ID = \"a\") { nodes(ids: [$a]) { id } }",
    "query ($a: [ID!]) { nodes(ids: [$a]) { id } }",
    "query ($a: [ID!]!) { nodes(ids: $a) { id } }",
    "query ($a: [ID!] = null) { nodes(ids: $a) { id } }",
    "query ($a: [ID!] = []) { nodes(ids: $a) { id } }",
    "query ($a: ID!) { nodes(ids: $a) { id } }",
    "query ($a: ID = null) { node(id: $a) { id } }",
    "query ($a: ApplicationStatus) { reviewCases(filter: { statuses: $a }) { totalCount } }",
    "query ($a: [ApplicationStatus]) { reviewCases(filter: { statuses: $a }) { totalCount } }",
    "query ($a: ApplicationStatus!) { reviewCases(filter: { statuses: [$a] }) { totalCount } }",
    "query ($a: ApplicationStatus) { reviewCases(filter: { statuses: [$a] }) { totalCount } }",
    "query ($a: String!) { reviewCases(filter: { statuses: [$a] }) { totalCount } }",
    "query ($a: [Int]) { reviewCases(filter: { waitingLongerThanHours: $a }) { totalCount } }",
    "query ($a: ReviewCaseFilter) { reviewCases(filter: $a) { totalCount } }",
    "mutation ($a: String) { logIn(input: { email: $a, password: \"b\" }) { token } }",
    "mutation ($a: LogInInput = null) { logIn(input: $a) { token } }",
    "mutation ($a: SessionDelivery) { logIn(input: { email: \"a\", password: \"b\", delivery: $a }) { token } }",
    "mutation ($a: VerificationKeyInput) { verifyFacility(input: { applicationId: \"a\", expectedVersion: 1, key: $a }) { userErrors { code } } }",
    "mutation ($a: VerificationKeyInput!) { verifyFacility(input: { applicationId: \"a\", expectedVersion: 1, key: $a }) { userErrors { code } } }",
    "mutation ($a: String) { verifyFacility(input: { applicationId: \"a\", expectedVersion: 1, key: { managerDateOfBirth: $a } }) { userErrors { code } } }",
    "mutation A { verifyFacility(input: { applicationId: \"a\", expectedVersion: 1, key: {} }) { userErrors { code } } } query B { __typename }",
    "query ($a: Boolean) { viewer { ...F } } fragment F on User { id @skip(if: $a) }",
    "query A($a: ID!) { ...F } query B($a: ID) { ...F } fragment F on Query { nodes(ids: [$a]) { id } }",
    "query A($a: ID!) { ...F } query B { ...F } fragment F on Query { nodes(ids: [$a]) { id } }",
    // Variables inside scalars of our own.
    "query ($a: ID) { _entities(representations: [{ __typename: \"Facility\", id: $a }]) { __typename } }",
    "{ _entities(representations: [{ __typename: \"Facility\", id: $a }]) { __typename } }",
    // Names without values.
    "mutation { logOut(x) { userErrors { code } } }",
    "{ viewer { facilities(first) { totalCount } } }",
    "{ contact(nothing nothing) { name } }",
    "{ __typename @skip(if: true unless) }",
    "{ reviewCases(filter: { statuses }) { totalCount } }",
    "mutation { logIn(input: { email: \"a\", password: \"b\", delivery }) { token } }",
    "query ($a: ReviewCaseFilter = { statuses }) { reviewCases(filter: $a) { totalCount } }",
    "query ($a: Int = 1 $b: Int, $c: [ApplicationStatus!]! = [SUBMITTED APPROVED]) { reviewCases(first: $a, last: $b filter: { statuses: $c }) { totalCount } }",
    // Descriptions, and commas anywhere.
    "\"One\" query A { __typename } \"\"\"\nTwo \\\"\"\" \n\"\"\" fragment F on User { id } query B { viewer { ...F } }",
    "query A(\"one\" $a: ID! = \"c\" \"\"\"two\"\"\" $b: [ID!]! = [\"c\"] \"three\" $c: ID!) { nodes(ids: $b) { id } a: nodes(ids: [$a, $c]) { id } }",
    "query A(\"one\" $a: ID! @skip(if: true) \"two\" $b: ID!) { nodes(ids: [$a, $b]) { id } }",
    "\"One\" { __typename }",
    "\"One\" \"Two\" query { __typename }",
    "query \"One\" { __typename }",
    "{ __typename } \"One\"",
    "\"One\n query { __typename }",
    "query ($a: \"One\" Int) { __typename }",
    "{ viewer { \"One\" id } }",
    "{,,, ..., on ,Query ,{, __typename,,} ...,,F } fragment F on Query, { __typename },",
];

/// Whether the engine finds fault with the document itself.
fn is_refused(engine: &Engine, query: &str) -> bool {
    let request = GraphqlRequest { query: query.to_owned(), ..GraphqlRequest::default() };
    let Some(answer) = engine.prepare(&request).err() else { return false };
    // Which operation is to run, and with which values, is no matter of validation.
    let code = json!(answer.errors)[0]["extensions"]["code"].clone();
    code != "OPERATION_RESOLUTION_FAILED" && code != "BAD_USER_INPUT"
}

/// Scalars of the schema that are given to the gateway as something else than a string.
const NO_STRINGS: [&str; 2] = ["Upload", "_Any"];

/// Whatever is given for a scalar of our own that is a string on the wire: another value is a request error, in the document and in its
/// variables, that tells the place. (graphql-js reads such literals by the scalar's own code, which an SDL does not tell.)
#[test]
fn a_scalar_of_our_own_takes_its_json_type_alone() {
    let engine = app::judge_of_documents().unwrap();
    for value in [json!(5), json!(1.5), json!(true), json!(["a"]), json!({ "a": "a" })] {
        let literal = value.to_string().replace("{\"a\":", "{a:");
        for document in [
            format!("mutation {{ logIn(input: {{ email: \"a\", password: {literal} }}) {{ token }} }}"),
            format!("subscription {{ applicationEvents(applicationId: \"a\", after: {literal}) {{ cursor }} }}"),
        ] {
            assert!(is_refused(&engine, &document), "{document}");
        }
        for (document, variables, place) in [
            (
                "mutation ($input: LogInInput!) { logIn(input: $input) { token } }",
                json!({ "input": { "email": "a", "password": value } }),
                "$input.password",
            ),
            (
                "subscription ($after: EventCursor) { applicationEvents(applicationId: \"a\", after: $after) { cursor } }",
                json!({ "after": value }),
                "$after",
            ),
        ] {
            let query = document.to_owned();
            let variables = variables.as_object().cloned();
            let request = GraphqlRequest { query, variables, ..GraphqlRequest::default() };
            let errors = json!(engine.prepare(&request).err().expect("a refusal").errors);
            assert_eq!(errors[0]["extensions"]["code"], "BAD_USER_INPUT", "{errors}");
            assert!(errors[0]["message"].as_str().unwrap().contains(place), "{errors}");
        }
    }
}

/// No scalar of our own is left out of what the engine is told of them.
#[test]
fn each_scalar_that_is_given_is_known() {
    let schema = Schema::parse_and_validate(madoguchi::resolvers::sdl(), "schema.graphql").unwrap();
    let inputs = schema.types.values().flat_map(|definition| match definition {
        ExtendedType::InputObject(input) => input.fields.values().map(|field| &field.ty).collect::<Vec<_>>(),
        ExtendedType::Object(object) => {
            object.fields.values().flat_map(|field| field.arguments.iter().map(|argument| &argument.ty)).collect()
        }
        _ => Vec::new(),
    });
    let given: BTreeSet<_> = inputs.map(|ty| ty.inner_named_type().as_str()).collect();
    let own =
        |name: &&str| matches!(schema.types.get(*name), Some(ExtendedType::Scalar(scalar)) if !scalar.is_built_in());
    let unknown: Vec<_> = given.into_iter().filter(own).filter(|name| !app::limits().texts.contains(name)).collect();
    assert_eq!(unknown, NO_STRINGS);
}

/// Questions about a schema, beside the one by which graphql-js asks for all of it.
fn questions() -> Value {
    let ask = |query: &str, variables: Value| json!({ "query": query, "variables": variables });
    json!([
        ask("{ __type(name: \"Float\") { name } nothing: __type(name: \"Nothing\") { name } }", json!({})),
        ask("query ($n: String!) { __type(name: $n) { __typename name fields { name } } }", json!({ "n": "__Schema" })),
        ask(
            "query ($all: Boolean, $none: Boolean = false) { __schema { types { __typename
            a: fields(includeDeprecated: $all) { name isDeprecated } b: fields(includeDeprecated: $none) { name }
            c: enumValues(includeDeprecated: true) { __typename name deprecationReason } } } }",
            json!({ "all": true })
        ),
        ask(
            "query ($all: Boolean) { __type(name: \"Cat\") { fields(includeDeprecated: $all) { deprecationReason } } }",
            json!({ "all": null })
        ),
        ask(
            "query ($no: Boolean!) { b: __schema { ...S } __typename a: __schema @skip(if: $no) { description } }
            fragment S on __Schema { __typename queryType { fields @include(if: $no) { args { __typename name } } ...T } ...D }
            fragment T on __Type { fields @include(if: $no) { type { kind } args { type { ofType { name } } } } n: name }
            fragment D on __Schema { directives { __typename name @skip(if: $no) } description @skip(if: $no) }",
            json!({ "no": true })
        ),
        ask("{ __schema { types @skip(if: true) { name } } }", json!({})),
    ])
}

/// The gateway's SDL is sorted by name, and its schema is not.
fn in_order(told: &mut Value) {
    match told {
        Value::Array(items) => {
            items.iter_mut().for_each(in_order);
            items.sort_by_key(ToString::to_string);
        }
        Value::Object(fields) => fields.values_mut().for_each(in_order),
        _ => {}
    }
}

/// Where two answers differ.
fn differences(at: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            let pairs = ours.iter().zip(theirs).enumerate();
            pairs.for_each(|(index, (ours, theirs))| {
                let name = ours["name"].as_str().map_or(index.to_string(), str::to_owned);
                differences(&format!("{at}.{name}"), ours, theirs, found);
            });
        }
        (Value::Object(ours), Value::Object(theirs)) if ours.keys().eq(theirs.keys()) => {
            let pairs = ours.iter().zip(theirs.values());
            pairs.for_each(|((key, ours), theirs)| differences(&format!("{at}.{key}"), ours, theirs, found));
        }
        _ if ours == theirs => {}
        _ => found.push(format!("{at}: {ours} is {theirs} of graphql-js")),
    }
}

/// A schema is told as graphql-js tells it, whole and in parts: the gateway's, and one with what is deprecated.
#[tokio::test]
async fn the_schema_is_told_as_graphql_js_tells_it() {
    let gateway = (madoguchi::resolvers::sdl(), app::judge_of_documents().unwrap());
    let (sdl, world) = super::world::world();
    // graphql-js describes it, where nobody else has.
    let world = (format!("{sdl}\ndirective @oneOf on INPUT_OBJECT"), world);
    for (sdl, engine) in [gateway, world] {
        // So does it the directives of the specification, of which async-graphql prints less.
        let mut document = apollo_compiler::ast::Document::parse(sdl, "schema.graphql").unwrap();
        document.definitions.retain(|definition| match definition {
            Definition::DirectiveDefinition(directive) => directive.name == "oneOf",
            _ => true,
        });
        let sdl = document.to_string();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("schema.json");
        std::fs::write(&file, json!({ "sdl": sdl, "queries": questions() }).to_string()).unwrap();
        let theirs = node("introspect.mjs", &[file.to_str().unwrap()]).await;
        for mut asked in serde_json::from_str::<Vec<Value>>(&theirs).unwrap() {
            let request = GraphqlRequest {
                query: asked["query"].as_str().unwrap().to_owned(),
                variables: asked["variables"].as_object().cloned(),
                ..GraphqlRequest::default()
            };
            let operation = engine.prepare(&request).unwrap_or_else(|answer| panic!("{:?}", answer.errors));
            let mut ours = json!(engine.execute(operation, async_graphql::Data::default()).await);
            in_order(&mut ours);
            in_order(&mut asked["told"]);
            let mut found = Vec::new();
            differences("", &ours, &asked["told"], &mut found);
            assert_eq!(found, [""; 0], "{}", asked["query"]);
        }
    }
}

/// Each document is judged alike, and each rule that graphql-js has refuses at least one.
#[tokio::test]
async fn every_rule_is_that_of_graphql_js() {
    let engine = app::judge_of_documents().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("documents.json");
    let sdl = madoguchi::resolvers::sdl();
    std::fs::write(&file, json!({ "sdl": sdl, "documents": DOCUMENTS.as_slice() }).to_string()).unwrap();
    let printed: Value = serde_json::from_str(&node("validate.mjs", &[file.to_str().unwrap()]).await).unwrap();

    let mut unlike = Vec::new();
    let mut rules: BTreeSet<&str> = printed["rules"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for (document, judged) in DOCUMENTS.iter().zip(printed["judged"].as_array().unwrap()) {
        let theirs = judged.as_array().unwrap();
        rules.retain(|rule| !theirs.iter().any(|refusing| refusing == rule));
        if is_refused(&engine, document) == theirs.is_empty() {
            unlike.push(format!("{document}\n    graphql-js: {judged}"));
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
    assert!(rules.is_empty(), "rules that refused nothing: {rules:?}");
    print_record(&format!("{} documents judged by every rule as graphql-js judges them", DOCUMENTS.len()));
}
