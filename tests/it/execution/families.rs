//! Documents that are made to cost more than they should, in families that grow. Made when they are needed: none is kept.

use madoguchi::execution::GraphqlRequest;
use serde_json::{Value, json};

/// A family: its name, the bound that stops it, and its member of a size. Members fit the schema of the portal.
pub type Family = (&'static str, &'static str, fn(usize) -> String);

/// Every family.
pub const FAMILIES: [Family; 39] = [
    ("lists in an argument", "nesting", |size| format!("{{ node(id: {}) {{ id }} }}", nested("[", "]", size))),
    ("objects in an argument", "nesting", |size| format!("{{ node(id: {}) {{ id }} }}", nested("{a:", "}", size))),
    ("lists in a default", "nesting", |size| {
        format!("query ($a: ID! = {}) {{ node(id: $a) {{ id }} }}", nested("[", "]", size))
    }),
    ("objects in a directive", "nesting", |size| {
        format!("{{ node(id: \"a\") @skip(if: {}) {{ id }} }}", nested("[{a:", "}]", size))
    }),
    ("brackets that stay open", "nesting", |size| format!("{{ node(id: {}", "[".repeat(size))),
    ("types of lists", "nesting", |size| {
        format!("query ($a: {}Int{}) {{ __typename }}", "[".repeat(size), "]".repeat(size))
    }),
    ("fields in fields", "nesting", |size| format!("{{ viewer {}{} }}", "{ viewer ".repeat(size), "}".repeat(size))),
    ("fragments in fragments", "nesting", |size| {
        format!("{{ {}__typename{} }}", "... { ".repeat(size), "}".repeat(size))
    }),
    ("fragments that double", "selections", |size| doubling(size, 2)),
    ("fragments of forty", "selections", |size| doubling(size, 40)),
    ("fragments that double beside fields", "selections", |size| {
        let fragment = |at: usize| {
            let next = at + 1;
            format!(" fragment F{at} on User {{ id ...F{next} email ...F{next} }}")
        };
        format!("{{ viewer {{ ...F0 }} }}{} fragment F{size} on User {{ id }}", each(size, fragment))
    }),
    ("operations over a chain of fragments", "fragments", |size| {
        let levels = 60;
        let fragment = |at: usize| format!(" fragment F{at} on Query {{ ...F{} }}", at + 1);
        let operations = each(size, |at| format!("query Q{at}{{...F0}}"));
        format!("{operations}{} fragment F{levels} on Query {{ __typename }}", each(levels, fragment))
    }),
    ("fragments in a chain", "nesting", |size| {
        let fragment = |at: usize| format!(" fragment F{at} on Query {{ ...F{} }}", at + 1);
        format!("{{ ...F0 }}{} fragment F{size} on Query {{ __typename }}", each(size, fragment))
    }),
    ("inline fragments in fragments in a chain", "nesting", |size| {
        let (open, close) = ("...{".repeat(30), "}".repeat(30));
        let fragment = |at: usize| format!(" fragment F{at} on User {{{open} ...F{} {close}}}", at + 1);
        format!("{{ viewer {{ ...F0 }} }}{} fragment F{size} on User {{ id }}", each(size, fragment))
    }),
    ("a long alias", "nameBytes", |size| format!("{{ {}: __typename }}", "a".repeat(size))),
    ("an unknown name", "nameBytes", |size| format!("{{ {} }}", "a".repeat(size))),
    ("lists of the schema under many names", "cost", |size| {
        let all = |name: &str, below: &str| each(size, |at| format!("{name}{at}: {name} {{ ...{below} }} "));
        let (interfaces, types, fields) = (all("interfaces", "B"), all("possibleTypes", "C"), all("fields", "D"));
        format!(
            "{{ __schema {{ types {{ {interfaces} }} }} }} fragment B on __Type {{ {types} }} \
             fragment C on __Type {{ {fields} }} fragment D on __Field {{ name }}"
        )
    }),
    ("questions about the schema", "cost", |size| {
        let questions = each(12, |at| format!("a{at}: __schema {{ types {{ ...A }} }} "));
        format!("{{ {questions} }} {}", interfaces_of_interfaces(size))
    }),
    ("operations over a wide fragment", "selections", |size| {
        let fields = "id email ".repeat(size.min(100));
        let operations = each(size, |at| format!("query Q{at}{{viewer{{...F}}}}"));
        format!("{operations} fragment F on User {{ {fields} }}")
    }),
    ("unused variables", "variables", |size| {
        format!("query ({}) {{ __typename }}", each(size, |at| format!("$v{at}: Int ")))
    }),
    ("strings in a row", "tokens", |size| format!("query ({}) {{ __typename }}", "\"a\" ".repeat(size))),
    ("directives", "directives", |size| format!("{{ __typename {} }}", "@skip(if: false) ".repeat(size))),
    ("unknown directives", "directives", |size| format!("{{ __typename {} }}", each(size, |at| format!("@d{at} ")))),
    ("aliases", "aliases", |size| format!("{{ {} }}", each(size, |at| format!("a{at}: __typename ")))),
    ("logins", "aliases", |size| {
        let login = "logIn(input: { email: \"a@example.jp\", password: \"b\" }) { userErrors { code } }";
        format!("mutation {{ {} }}", each(size, |at| format!("a{at}: {login} ")))
    }),
    ("operations", "tokens", |size| each(size, |at| format!("query Q{at} {{ __typename }} "))),
    ("fields that overlap", "tokens", |size| {
        format!("{{ viewer {{ {} }} }}", "id facilities { nodes { id } } ".repeat(size))
    }),
    ("fields that overlap beside lists", "tokens", |size| {
        let fields = "id facilities { nodes { id } } ".repeat(size);
        format!("{{ nodes(ids: [\"a\"]) {{ id }} viewer {{ {fields} }} }}")
    }),
    ("fragments without use", "tokens", |size| {
        format!("{{ __typename }} {}", each(size, |at| format!("fragment F{at} on User {{ id }} ")))
    }),
    ("commas", "bytes", |size| format!("{{ __typename {}}}", ",".repeat(size))),
    ("comments", "bytes", |size| format!("{{ __typename {}}}", "#\n".repeat(size))),
    ("a text in a list of pages", "arguments", |size| {
        let page =
            |after: &str, below: &str| format!("applications(first: 100, after: {after}) {{ nodes {{ {below} }} }}");
        let below = page(&format!("\"{}\"", "x".repeat(size)), "id");
        format!(
            "{{ viewer {{ facilities(first: 100) {{ nodes {{ {} }} }} }} }}",
            page("null", &format!("facility {{ {below} }}"))
        )
    }),
    ("a comment", "bytes", |size| format!("{{ __typename }} #{}", "x".repeat(size))),
    ("a block string", "bytes", |size| format!("{{ node(id: \"\"\"{}\"\"\") {{ id }} }}", "x\n".repeat(size))),
    ("fields that nest from fragment to fragment", "depth", |size| {
        let fragment = |at: usize| {
            format!(" fragment F{at} on Facility {{ applications {{ nodes {{ facility {{ ...F{} }} }} }} }}", at + 1)
        };
        let first = "{ viewer { facilities { nodes { ...F0 } } } }";
        format!("{first}{} fragment F{size} on Facility {{ id }}", each(size, fragment))
    }),
    ("fields at the root", "rootFields", |size| {
        let unlike = "viewer { id } contact { name } termsOfUse { version } faqCategories { __typename } __typename ";
        format!("{{ {unlike}{} }}", each(size, |at| format!("a{at}: __typename ")))
    }),
    ("changes at once", "rootFields", |size| {
        format!("mutation {{ {} }}", each(size, |at| format!("a{at}: logOut {{ __typename }} ")))
    }),
    ("types of fields of types", "introspectionLists", |size| {
        format!("{{ __schema {{ types {{ {}name{} }} }} }}", "fields { type { ".repeat(size), " } }".repeat(size))
    }),
    ("pages of pages", "cost", |size| {
        let page = |below: &str| format!("applications(first: {size}) {{ nodes {{ {below} }} }}");
        format!(
            "{{ viewer {{ facilities(first: {size}) {{ nodes {{ {} }} }} }} }}",
            page(&format!("facility {{ {} }}", page("id")))
        )
    }),
];

/// A family that grows in its variables: its name, its bound, and its request of a size.
pub type FamilyOfVariables = (&'static str, &'static str, fn(usize) -> GraphqlRequest);

/// Every one of them.
pub const OF_VARIABLES: [FamilyOfVariables; 5] = [
    ("values in a list", "variableValues", |size| {
        with("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": vec!["a"; size] }))
    }),
    ("values that nobody declared", "variableValues", |size| with("{ __typename }", json!({ "a": vec![1; size] }))),
    ("a text in many places", "arguments", |size| {
        let places = "$a ".repeat(size.min(900));
        with(&format!("query ($a: ID!) {{ nodes(ids: [{places}]) {{ id }} }}"), json!({ "a": "x".repeat(size) }))
    }),
    ("lists in many places", "arguments", |size| {
        let places = "$a ".repeat(size.min(900));
        let text = format!("query ($a: _Any!) {{ _entities(representations: [{places}]) {{ __typename }} }}");
        with(&text, json!({ "a": { "a": vec!["x".repeat(200); size.min(4_000)] } }))
    }),
    ("a text in many fields", "arguments", |size| {
        let unlike = each(20, |at| format!("a{at}: node(id: $a) {{ __typename }} "));
        with(&format!("query ($a: ID!) {{ {unlike} }}"), json!({ "a": "x".repeat(size * 8) }))
    }),
];

fn with(query: &str, variables: Value) -> GraphqlRequest {
    GraphqlRequest { query: query.to_owned(), variables: variables.as_object().cloned(), ..GraphqlRequest::default() }
}

/// A family's request of a size.
pub type Member = Box<dyn Fn(usize) -> GraphqlRequest>;

/// Every family, of both kinds, by its requests.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str, Member)> {
    let documents = FAMILIES.into_iter().map(|(name, bound, text)| {
        let request = move |size| GraphqlRequest { query: text(size), ..GraphqlRequest::default() };
        (name, bound, Box::new(request) as Member)
    });
    documents.chain(OF_VARIABLES.into_iter().map(|(name, bound, member)| (name, bound, Box::new(member) as Member)))
}

/// A fragment over a type that asks so often for what its interfaces have.
fn interfaces_of_interfaces(size: usize) -> String {
    let interfaces = each(size, |at| format!("i{at}: interfaces {{ ...B }} "));
    format!(
        "fragment A on __Type {{ {interfaces} }} fragment B on __Type {{ possibleTypes {{ fields {{ ...C }} }} }} \
         fragment C on __Field {{ name description isDeprecated deprecationReason }}"
    )
}

fn nested(open: &str, close: &str, depth: usize) -> String {
    open.repeat(depth) + "1" + &close.repeat(depth)
}

fn each(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect()
}

/// Fragments of which each spreads the next so many times.
fn doubling(levels: usize, width: usize) -> String {
    let fragment = |at: usize| format!(" fragment F{at} on User {{ {} }}", format!("...F{} ", at + 1).repeat(width));
    format!("{{ viewer {{ ...F0 }} }}{} fragment F{levels} on User {{ id }}", each(levels, fragment))
}
