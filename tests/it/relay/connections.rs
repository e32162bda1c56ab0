//! Connections: the same entries in the same order, whichever way one walks, and no cursor that ends in a fault.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{OWNER, ask, assert_equal, connection_fields, facilities};
use crate::support::Client;
use crate::support::gateway::Gateway;

const REVIEWER: &str = "reviewer@example.jp";

/// One connection: the field, who asks for it, arguments beside those of pages, and where it stands (`$completed` and `$withdrawn` are
/// facilities).
struct Row(&'static str, &'static str, &'static str, &'static str);

const ROWS: [Row; 7] = [
    Row("Query.announcements", OWNER, "", "announcements"),
    Row("Query.reviewCases", REVIEWER, "", "reviewCases"),
    Row("Query.reviewCases", REVIEWER, "orderBy: NEWEST_FIRST", "reviewCases"),
    Row("Query.reviewCases", REVIEWER, "filter: { statuses: [RETURNED, COMPLETED, REJECTED] }", "reviewCases"),
    Row("User.facilities", OWNER, "", "viewer { facilities"),
    Row("Facility.applications", OWNER, "", "facility(id: \"$withdrawn\") { applications"),
    Row("Facility.accounts", OWNER, "", "facility(id: \"$completed\") { accounts"),
];

/// A connection that can be asked for its pages.
struct List {
    client: Client,
    /// With `$args` where the arguments go.
    document: String,
    pointer: String,
}

impl List {
    async fn of(gateway: &Gateway, row: &Row, facilities: &(String, String)) -> Self {
        let Row(_, email, more, place) = row;
        let place = place.replace("$completed", &facilities.0).replace("$withdrawn", &facilities.1);
        let depth = place.matches('{').count();
        let fields = "edges { cursor node { id } } nodes { id } totalCount
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
        let document = format!("{{ {place}($args {more}) {{ {fields} }} {} }}", "}".repeat(depth));
        let names = place.split(" { ").map(|name| name.split('(').next().unwrap());
        let pointer = names.fold(String::new(), |path, name| format!("{path}/{name}"));
        Self { client: gateway.log_in(email).await, document, pointer }
    }

    fn document(&self, arguments: &str) -> String {
        self.document.replace("$args", arguments)
    }

    /// A page; its nodes and its cursors must be those of its edges.
    async fn page(&self, arguments: &str) -> Page {
        let data = ask(&self.client, &self.document(arguments)).await;
        let page = data.pointer(&self.pointer).unwrap_or_else(|| panic!("{}: {data}", self.pointer));
        let edges = page["edges"].as_array().unwrap();
        let ids: Vec<_> = edges.iter().map(|edge| edge["node"]["id"].as_str().unwrap().to_owned()).collect();
        let cursors: Vec<_> = edges.iter().map(|edge| edge["cursor"].as_str().unwrap().to_owned()).collect();
        let nodes: Vec<_> = page["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
        let info = &page["pageInfo"];
        assert_eq!(json!(ids), json!(nodes), "{arguments}");
        assert_eq!((&info["startCursor"], &info["endCursor"]), (&json!(cursors.first()), &json!(cursors.last())));
        Page {
            ids,
            cursors,
            has_previous: info["hasPreviousPage"].as_bool().unwrap(),
            has_next: info["hasNextPage"].as_bool().unwrap(),
            total: page["totalCount"].as_u64().unwrap(),
        }
    }

    /// The code and the field of a refusal, which must stand at the connection; none where the arguments were taken.
    async fn refusal(&self, arguments: &str) -> Option<(String, String)> {
        let answer = self.client.send(&self.document(arguments), json!({})).await;
        let error = answer["errors"].get(0)?;
        let code = error["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{arguments}: no code: {answer}"));
        let path: Vec<_> = error["path"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(format!("/{}", path.join("/")), self.pointer, "{arguments}: {answer}");
        assert!(answer["errors"].as_array().unwrap().len() == 1, "{arguments}: {answer}");
        Some((code.to_owned(), error["extensions"]["field"][0].as_str().unwrap_or_default().to_owned()))
    }
}

struct Page {
    ids: Vec<String>,
    cursors: Vec<String>,
    has_previous: bool,
    has_next: bool,
    total: u64,
}

/// The gateway, with some applications for one facility, and the lists.
async fn lists() -> (Gateway, Vec<List>) {
    assert_equal(connection_fields(), ROWS.iter().map(|row| row.0));
    let gateway = Gateway::start(&["--demo"], &[]).await;
    let facilities = facilities(&gateway).await;
    let owner = gateway.log_in(OWNER).await;
    for _ in 0..4 {
        let begun = owner.done("CreateStartOfUseApplication", json!({ "facilityId": facilities.1 })).await;
        let input = json!({ "applicationId": begun["application"]["id"], "expectedVersion": 1 });
        owner.done("WithdrawApplication", input).await;
    }
    let mut lists = Vec::new();
    for row in &ROWS {
        lists.push(List::of(&gateway, row, &facilities).await);
    }
    (gateway, lists)
}

/// Page by page from either end, in pages of any size, each connection has the same entries in the same order, knows where its ends are
/// and how long it is; between two cursors stands what is between them.
#[tokio::test(flavor = "multi_thread")]
async fn every_connection_is_walked_in_both_directions() {
    let (_gateway, lists) = lists().await;
    for list in &lists {
        let whole = list.page("first: 100").await;
        let length = whole.ids.len();
        assert!(length >= 3 && whole.total == length as u64, "{}: {:?}", list.document, whole.ids);
        assert!(!whole.has_previous && !whole.has_next);
        let unlike: std::collections::HashSet<_> = whole.ids.iter().collect();
        assert_eq!(unlike.len(), length, "{}: {:?}", list.document, whole.ids);

        for size in [1, 2, 3, length] {
            let (mut forwards, mut after) = (Vec::new(), String::new());
            for at in (0..length).step_by(size) {
                let page = list.page(&format!("first: {size} {after}")).await;
                assert_eq!((page.has_previous, page.has_next), (at > 0, at + size < length), "{} {at}", list.document);
                assert_eq!(page.total, length as u64);
                after = format!("after: \"{}\"", page.cursors.last().unwrap());
                forwards.extend(page.ids);
            }
            assert_eq!(forwards, whole.ids, "forwards by {size}");

            let (mut backwards, mut before) = (Vec::new(), String::new());
            for at in (0..length).step_by(size) {
                let page = list.page(&format!("last: {size} {before}")).await;
                assert_eq!((page.has_previous, page.has_next), (at + size < length, at > 0), "{} {at}", list.document);
                before = format!("before: \"{}\"", page.cursors.first().unwrap());
                backwards.splice(0..0, page.ids);
            }
            assert_eq!(backwards, whole.ids, "backwards by {size}");
        }
        let (first, last) = (&whole.cursors[0], &whole.cursors[length - 1]);
        for end in ["first", "last"] {
            let between = list.page(&format!("{end}: 100 after: \"{first}\" before: \"{last}\"")).await;
            assert_eq!(between.ids, whole.ids[1..length - 1]);
        }
        let beyond = list.page(&format!("first: 1 after: \"{last}\"")).await;
        assert_eq!((beyond.ids.len(), beyond.has_previous, beyond.has_next), (0, true, false), "{}", list.document);
        let ahead = list.page(&format!("last: 1 before: \"{first}\"")).await;
        assert_eq!((ahead.ids.len(), ahead.has_previous, ahead.has_next), (0, false, true), "{}", list.document);
    }
}

/// Texts that stand where a cursor does, and are none.
fn no_cursors(good: &str) -> Vec<String> {
    let plain = URL_SAFE_NO_PAD.decode(good).unwrap();
    let of = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let list = serde_json::from_slice::<Value>(&plain).unwrap()[0].clone();
    let mut texts = vec![
        String::new(),
        "x".to_owned(),
        "窓口".to_owned(),
        "=".repeat(10_000),
        good[..good.len() / 2].to_owned(),
        good[1..].to_owned(),
        good.to_lowercase(),
        format!("{good}="),
        format!(" {good}"),
        URL_SAFE_NO_PAD.encode(&plain[..plain.len() - 1]),
        URL_SAFE_NO_PAD.encode([0xff; 40]),
        URL_SAFE_NO_PAD.encode("[".repeat(15_000)),
    ];
    let keys = [json!(null), json!(7), json!([]), json!({}), json!([null, null]), json!([[], []])];
    texts.extend(keys.into_iter().map(|key| of(json!([list, key]))));
    texts.extend([json!(null), json!([]), json!(list), json!([list]), json!({ "0": list })].map(of));
    texts
}

/// Cursors that somebody made: of the right form, with keys that no entry has.
fn forged(good: &str) -> Vec<String> {
    let mut value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(good).unwrap()).unwrap();
    let texts = ["", "\0", "a\0b", "\u{10ffff}", "'; DROP TABLE users; --", "W9999999", "%", &"9".repeat(5_000)];
    let times = [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "-262143-01-01T00:00:00Z",
        "+262142-12-31T23:59:59Z",
        "-4713-01-01T00:00:00Z",
        "+294277-01-01T00:00:00Z",
    ];
    let mut made = Vec::new();
    let mut put = |pointer: &str, value: &mut Value, text: &str| {
        *value.pointer_mut(pointer).unwrap() = json!(text);
        made.push(URL_SAFE_NO_PAD.encode(value.to_string()));
    };
    if value[1].is_string() {
        texts.iter().for_each(|text| put("/1", &mut value, text));
    } else {
        times.iter().chain(&texts).for_each(|text| put("/1/0", &mut value, text));
        let mut value = value.clone();
        value[1][0] = json!("2026-11-24T00:00:00Z");
        texts.iter().for_each(|text| put("/1/1", &mut value, text));
    }
    made
}

/// What is no cursor, or one of another list, is refused by its code at the connection. One that was forged in the right form is
/// refused, or names a place in the list where nothing is; never is it a fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_cursor_is_refused() {
    let (_gateway, lists) = lists().await;
    let mut firsts = Vec::new();
    for list in &lists {
        firsts.push(list.page("first: 1").await.cursors.remove(0));
    }
    let invalid = |argument: &str| Some(("INVALID_CURSOR".to_owned(), argument.to_owned()));
    for (list, own) in lists.iter().zip(&firsts) {
        let of_others = firsts.iter().filter(|other| kind(other) != kind(own)).cloned();
        for text in no_cursors(own).into_iter().chain(of_others) {
            for (argument, pages) in [("after", "first: 2"), ("before", "last: 2"), ("before", "")] {
                let arguments = format!("{pages} {argument}: {}", json!(text));
                assert_eq!(list.refusal(&arguments).await, invalid(argument), "{}: {arguments}", list.pointer);
            }
        }
        for text in forged(own) {
            for (argument, pages) in [("after", "first: 2"), ("before", "last: 2")] {
                let refused = list.refusal(&format!("{pages} {argument}: {}", json!(text))).await;
                let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(&text).unwrap()).unwrap();
                assert!(refused.is_none() || refused == invalid(argument), "{}: {plain}: {refused:?}", list.pointer);
            }
        }
    }
}

/// The list that a cursor is of.
fn kind(cursor: &str) -> Value {
    serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap()[0].clone()
}

/// Pages of no size, of a negative one, above the largest, and counted from both ends at once, are refused at their argument.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_page_size_is_refused() {
    let (_gateway, lists) = lists().await;
    for list in &lists {
        for (arguments, field) in [
            ("first: 0", "first"),
            ("first: -1", "first"),
            ("first: 101", "first"),
            ("first: 2147483647", "first"),
            ("last: 0", "last"),
            ("last: -2147483648", "last"),
            ("last: 101", "last"),
            ("first: 1 last: 1", "last"),
            ("first: 0 last: 0", "last"),
        ] {
            let expected = Some(("INVALID_PAGE_SIZE".to_owned(), field.to_owned()));
            assert_eq!(list.refusal(arguments).await, expected, "{}: {arguments}", list.pointer);
        }
        for arguments in ["first: null last: null after: null before: null", "first: 100", "last: 100"] {
            assert_eq!(list.refusal(arguments).await, None, "{}: {arguments}", list.pointer);
        }
        // Above an Int there is no page size at all.
        let refused = list.client.send(&list.document("first: 2147483648"), json!({})).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{refused}");
        assert!(refused.get("data").is_none());
    }
}
