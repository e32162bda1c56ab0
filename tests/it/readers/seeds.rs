//! What the readers' inputs begin from, made when it is asked for: our own operations, and what the protocols' documents show. None is
//! made to do harm; that is for chance to find.

use std::fs;
use std::path::Path;

/// The operations of `graphql/operations/` in the repository at `root`, each with the variables that stand above it, and what they lack.
pub fn of_guard(root: &Path) -> Vec<Vec<u8>> {
    let files =
        fs::read_dir(root.join("graphql/operations")).expect("the operations").map(|file| file.expect("a file"));
    let files = files.map(|file| file.path()).filter(|file| file.extension().is_some_and(|ending| ending == "graphql"));
    let mut texts: Vec<_> = files.map(|file| with_variables(fs::read_to_string(file).expect("a text"))).collect();
    texts.sort();
    for text in [
        "{ a: viewer { ...F ... on User @include(if: true) { id } ... @skip(if: false) { email } } } fragment F on User { id }",
        "query ($ids: [ID!]! = [\"a\", \"\\u7a93\", \"\"\"b\n \\\"\"\" c\"\"\"]) { nodes(ids: $ids) { __typename id } } # end",
        "{ __schema { types { name fields(includeDeprecated: true) { name type { ofType { name } } } } } __type(name: \"ID\") { kind } }",
        "query Q($id: ID! $s: Boolean! = true) { node(id: $id) @skip(if: $s) { id } }\0{ \"id\": \"a\", \"s\": false, \"x\": [1, 2.5e3, {}] }",
        "mutation M($i: LogInInput!) { logIn(input: $i) { token } }\0{ \"i\": { \"email\": \"a\", \"password\": \"\", \"delivery\": \"BEARER\" } }",
        "subscription ($a: ID!) { applicationEvents(applicationId: $a) { cursor } }\0{ \"a\": 7 }",
    ] {
        texts.push(text.to_owned());
    }
    texts.into_iter().map(String::into_bytes).collect()
}

/// An operation, and behind a NUL the JSON of its comment.
fn with_variables(operation: String) -> String {
    let comment = operation.split_once("# variables:\n").map_or("", |(_, rest)| rest);
    let json: String = comment.lines().map_while(|line| line.strip_prefix('#')).collect();
    if json.is_empty() { operation } else { format!("{operation}\0{json}") }
}

/// The examples of the GraphQL multipart request specification, as various clients write them and cut in various ways.
pub fn of_multipart() -> Vec<Vec<u8>> {
    let take = |names: &str, files: &str| {
        format!(
            "{{\"query\":\"mutation($f: [Upload!]!) {{ take(files: {names}) }}\",\"variables\":{{\"f\":[{files}]}}}}"
        )
    };
    let one = (take("$f", "null"), r#"{"0":["variables.f.0"]}"#);
    let two = (take("$f", "null,null"), r#"{"a":["variables.f.0"],"b":["variables.f.1"]}"#);
    let by_name = (take("[\\\"0\\\"], pieces: 1", "null"), r#"{"0":["variables.f.0"],"1":["variables.f.0"]}"#);
    let form = |boundary: &str, (operations, map): &(String, &str), files: &[(&str, &str)]| {
        let head = |rest: &str| format!("--{boundary}\r\nContent-Disposition: form-data; name={rest}\r\n\r\n");
        let texts = format!("{}{operations}\r\n{}{map}\r\n", head("\"operations\""), head("\"map\""));
        let files: String = files.iter().map(|(name, content)| format!("{}{content}\r\n", head(name))).collect();
        format!("{texts}{files}--{boundary}--\r\n")
    };
    let pdf = "%PDF-1.7\n1 0 obj <<>> endobj\nxref\ntrailer <<>>\nstartxref\n9\n%%EOF\n";
    [
        (
            "multipart/form-data; boundary=b",
            "",
            form("b", &one, &[("\"0\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf", pdf)]),
        ),
        (
            "multipart/form-data; boundary=\"-- b\"",
            "000",
            form("-- b", &one, &[("\"0\"; filename=\"通知書.xls\"", "\r\n--")]),
        ),
        (
            "Multipart/Form-Data;boundary=b;charset=utf-8",
            "1zz0z",
            form("b", &two, &[("\"a\"; filename=\"%22\"", "x"), ("\"b\"; filename*=UTF-8''%E9%80%9A", "PK\x03\x04")]),
        ),
        ("multipart/form-data; boundary=b", "zz!", form("b", &by_name, &[("0; filename=x", "\x7fPNG\r\n--b")])),
        ("multipart/form-data; boundary=b", "~~~~~~~~", form("b", &one, &[])),
        ("multipart/form-data", "", String::new()),
    ]
    .into_iter()
    .map(|(form, cuts, body)| format!("{form}\n{cuts}\n{body}").into_bytes())
    .collect()
}

/// Conversations in graphql-transport-ws, and frames of every kind.
pub fn of_websocket() -> Vec<Vec<u8>> {
    let init = r#"t{"type":"connection_init","payload":{"token":"good"}}"#;
    let subscribe = |id: &str, query: &str| {
        format!("t{{\"id\":\"{id}\",\"type\":\"subscribe\",\"payload\":{{\"query\":\"{query}\",\"variables\":{{}}}}}}")
    };
    let (init, wait) = (init.to_owned(), "w".to_owned());
    let plain = |message: &str| format!("t{message}");
    let lines = [
        vec![init.clone(), subscribe("a", "subscription { count(to: 3) }"), wait.clone(), "c\x03\u{0}".to_owned()],
        vec![
            init.clone(),
            subscribe("a", "subscription { stay }"),
            wait.clone(),
            plain(r#"{"id":"a","type":"complete"}"#),
        ],
        vec![
            init.clone(),
            subscribe("a", "{ hello }"),
            wait.clone(),
            subscribe("b", "query($t: String!) { echo(text: $t) }"),
        ],
        vec![init.clone(), subscribe("a", "mutation { take(files: []) }"), wait.clone(), subscribe("a", "{ nothing }")],
        vec![init.clone(), subscribe("a", "subscription { stay }"), wait.clone(), subscribe("a", "{ hello }")],
        vec![plain(r#"{"type":"ping","payload":{"a":[null]}}"#), plain(r#"{"type":"connection_init"}"#)],
        vec![plain(r#"{"type":"connection_init","payload":{"Authorization":"Bearer good"}}"#), init],
        vec![r#"f{"type":"#.to_owned(), "pping".to_owned(), r#"m"connection_"#.to_owned(), r#"linit"}"#.to_owned()],
        vec![plain(r#"{"type":"pong"}"#), "pa".to_owned(), "ob".to_owned(), wait, "b\x01".to_owned()],
        vec!["\u{1}\u{0}".to_owned()],
    ];
    let widths = [255, 0, 1].iter().cycle();
    lines.iter().zip(widths).map(|(lines, width)| [&[*width], lines.join("\n").as_bytes()].concat()).collect()
}

/// The words of some seeds, in their order: what chance puts in beside bytes.
pub fn words(seeds: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let is_apart = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'/');
    let words = seeds.iter().flat_map(|seed| seed.split(is_apart)).filter(|word| word.len() > 2 && word.is_ascii());
    let words: std::collections::BTreeSet<_> = words.map(<[u8]>::to_vec).collect();
    words.into_iter().collect()
}
