//! GraphQL over HTTP: statuses, media types and bodies of every answer.

use reqwest::header::{ACCEPT, ALLOW, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::slow_clients::converse;
use super::toy::Toy;
use madoguchi::http::{HttpErrorCode, HttpSettings, ServerSettings};

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

fn post(toy: &Toy, accept: &str, body: &Value) -> RequestBuilder {
    Client::new().post(toy.url("/graphql")).header(ACCEPT, accept).json(body)
}

async fn code(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert!(body.get("data").is_none(), "a refusal has no data: {body}");
    assert!(body["errors"][0]["message"].is_string(), "{body}");
    (status, body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned())
}

/// The same operation under both media types: 200 and the type that was asked for.
#[tokio::test]
async fn an_answer_comes_in_the_media_type_that_was_asked_for() {
    let toy = Toy::start().await;
    for (accept, expected) in [(GRAPHQL, GRAPHQL), (JSON, JSON), ("*/*", JSON)] {
        let response = post(&toy, accept, &json!({"query": "{hello}"})).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[CONTENT_TYPE], format!("{expected}; charset=utf-8"));
        assert_eq!(response.json::<Value>().await.unwrap(), json!({"data": {"hello": "world"}}));
    }
}

/// A document that does not parse or fit is 400 to those who know the GraphQL type, and 200 to older clients; a failed field is
/// 200 to both.
#[tokio::test]
async fn the_status_tells_request_errors_from_field_errors() {
    let toy = Toy::start().await;
    for query in ["{", "{nonsense}", "subscription {stay}"] {
        for (accept, expected) in [(GRAPHQL, 400), (JSON, 200)] {
            let response = post(&toy, accept, &json!({"query": query})).send().await.unwrap();
            assert_eq!(code(response).await.0, expected, "{query} as {accept}");
        }
    }
    let response = post(&toy, GRAPHQL, &json!({"query": "{fault}"})).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

/// What is not a well-formed request is refused with a code, whatever media type was asked for.
#[tokio::test]
async fn malformed_requests_are_refused_with_a_code() {
    let toy = Toy::start().await;
    for (body, expected) in [
        ("", "MALFORMED_JSON"),
        ("{\"query\":", "MALFORMED_JSON"),
        ("{\"query\": \"{hello}\", \"variables\": {\"a\": \"\\ud83d\"}}", "MALFORMED_JSON"),
        ("\"{hello}\"", "MALFORMED_REQUEST"),
        ("{}", "MALFORMED_REQUEST"),
        ("{\"query\": 7}", "MALFORMED_REQUEST"),
        ("{\"query\": \"{hello}\", \"variables\": \"7\"}", "MALFORMED_REQUEST"),
        ("{\"query\": \"{hello}\", \"operationName\": {}}", "MALFORMED_REQUEST"),
        ("{\"query\": \"{hello}\", \"extensions\": []}", "MALFORMED_REQUEST"),
        ("[{\"query\": \"{hello}\"}]", "BATCHING_NOT_SUPPORTED"),
        ("[]", "BATCHING_NOT_SUPPORTED"),
    ] {
        for accept in [GRAPHQL, JSON] {
            let request = Client::new().post(toy.url("/graphql")).header(ACCEPT, accept).header(CONTENT_TYPE, JSON);
            let response = request.body(body).send().await.unwrap();
            assert_eq!(code(response).await, (400, expected.to_owned()), "{body}");
        }
    }
}

/// JSON of very many values is refused before it takes memory, wherever they stand in it.
#[tokio::test]
async fn a_flood_of_values_is_refused() {
    let toy = Toy::start().await;
    for member in ["variables", "extensions", "unknown"] {
        for value in ["[],", "{},", "1,", "\"\","] {
            let flood = value.repeat(10_000);
            let body =
                format!("{{\"query\": \"{{hello}}\", \"{member}\": {{\"a\": [{}]}}}}", flood.trim_end_matches(','));
            let request = Client::new().post(toy.url("/graphql")).header(CONTENT_TYPE, JSON);
            let response = request.body(body).send().await.unwrap();
            assert_eq!(code(response).await, (413, "BODY_TOO_LARGE".to_owned()), "{member} {value}");
        }
    }
}

/// A refusal names the wrong member and repeats nothing that the client sent.
#[tokio::test]
async fn a_refusal_names_the_member_and_not_its_value() {
    let toy = Toy::start().await;
    let body = json!({"query": "{hello}", "variables": "1965-05-10"});
    for (language, words) in
        [("en", "(variables: must be an object)"), ("ja", "(variables: オブジェクトにしてください)")]
    {
        let request = post(&toy, JSON, &body).header("Accept-Language", language);
        let text = request.send().await.unwrap().text().await.unwrap();
        assert!(text.contains(words) && !text.contains("1965"), "{text}");
    }
}

/// Members that are null, and a name that is empty, count as absent, and unknown members are ignored, as the draft asks.
#[tokio::test]
async fn optional_members_may_be_null_and_unknown_ones_are_ignored() {
    let toy = Toy::start().await;
    let body = json!({"query": "{hello}", "variables": null, "operationName": null, "extensions": null, "id": 1});
    let empty = json!({"query": "{hello}", "operationName": ""});
    for body in [body, empty] {
        assert_eq!(post(&toy, GRAPHQL, &body).send().await.unwrap().status(), 200, "{body}");
    }
}

/// Only JSON in UTF-8 is read, and files by programs that prove to be none of these: what a form or a plain-text request of a foreign page can say is not.
#[tokio::test]
async fn only_json_bodies_are_read() {
    let toy = Toy::start().await;
    for (media_type, expected) in [
        ("application/json", 200),
        ("Application/JSON; charset=UTF-8", 200),
        ("application/json; charset=\"utf-8\"", 200),
        ("application/json; charset=utf8", 200),
        ("application/json; charset=shift_jis", 415),
        ("application/graphql", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        // Without the header that `attachments::requests` sends.
        ("multipart/form-data; boundary=x", 400),
        ("application/jsonp", 415),
        ("application/json; charset=utf-16", 415),
    ] {
        let request = Client::new().post(toy.url("/graphql")).header(CONTENT_TYPE, media_type);
        let response = request.body("{\"query\": \"mutation {touch}\"}").send().await.unwrap();
        assert_eq!(response.status(), expected, "{media_type}");
    }
    // Two names of which anybody may believe either, and a body that is packed.
    for (name, value) in [(CONTENT_TYPE, "text/plain"), (CONTENT_ENCODING, "gzip")] {
        let request = Client::new().post(toy.url("/graphql")).header(CONTENT_TYPE, JSON).header(name, value);
        let response = request.body("{\"query\": \"mutation {touch}\"}").send().await.unwrap();
        assert_eq!(response.status(), 415, "{value}");
        let taken = response.headers().get("accept-encoding").cloned();
        let text = response.text().await.unwrap();
        assert_eq!((text.contains("Content-Encoding"), taken.is_some()), (value == "gzip", value == "gzip"), "{text}");
    }
    for (address, coding, expected) in [
        ("/graphql", "identity, Identity", 200),
        ("/graphql", "identity, br", 415),
        ("/graphql/stream?token=a", "gzip", 415),
    ] {
        let request = Client::new().post(toy.url(address)).header(CONTENT_TYPE, JSON).header(CONTENT_ENCODING, coding);
        assert_eq!(request.body("{\"query\": \"{hello}\"}").send().await.unwrap().status(), expected, "{coding}");
    }
    let without = Client::new().post(toy.url("/graphql")).body("{\"query\": \"mutation {touch}\"}");
    assert_eq!(code(without.send().await.unwrap()).await, (415, "UNSUPPORTED_MEDIA_TYPE".into()));
    assert_eq!(toy.levers.touched.load(std::sync::atomic::Ordering::SeqCst), 4);
}

/// An `Accept` that fits neither media type is told so.
#[tokio::test]
async fn an_unacceptable_media_type_is_406() {
    let toy = Toy::start().await;
    let response = post(&toy, "text/html", &json!({"query": "{hello}"})).send().await.unwrap();
    assert_eq!(code(response).await, (406, "NOT_ACCEPTABLE".into()));
}

fn get(toy: &Toy, parameters: &[(&str, &str)]) -> RequestBuilder {
    let mut url = reqwest::Url::parse(&toy.url("/graphql")).unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    Client::new().get(url)
}

/// A query may come by GET, with its variables as JSON in the address.
#[tokio::test]
async fn a_query_comes_by_get() {
    let toy = Toy::start().await;
    let document = ("query", "query A($t: String!) { echo(text: $t) } query B { hello }");
    let asked = [document, ("operationName", "A"), ("variables", r#"{"t":"窓口"}"#), ("more", "ignored")];
    let response = get(&toy, &asked).header(ACCEPT, GRAPHQL).send().await.unwrap();
    assert_eq!(response.headers()["vary"], "accept, accept-language");
    assert_eq!(response.json::<Value>().await.unwrap(), json!({"data": {"echo": "窓口"}}));
    for (parameters, expected) in [
        (&[("operationName", "A")][..], "MALFORMED_REQUEST"),
        (&[("query", "{hello}"), ("variables", "{")], "MALFORMED_JSON"),
        (&[("query", "{hello}"), ("variables", "7")], "MALFORMED_REQUEST"),
        (&[("query", "{hello}"), ("query", "{hello}")], "MALFORMED_REQUEST"),
    ] {
        let answer = get(&toy, parameters).send().await.unwrap();
        assert_eq!(code(answer).await, (400, expected.to_owned()), "{parameters:?}");
    }
}

/// A mutation never comes by GET, whatever is accepted: 405, and nothing happened. Chosen by name among queries it is no different.
#[tokio::test]
async fn a_mutation_by_get_is_refused() {
    let toy = Toy::start().await;
    let two = [("query", "query Q {hello} mutation M {touch}"), ("operationName", "M")];
    let not_to_be_run = [("query", "mutation M($a: Boolean!) {touch logIn @include(if: $a)}")];
    for parameters in [&[("query", "mutation {touch}")][..], &two, &not_to_be_run] {
        for accept in [GRAPHQL, JSON, "text/event-stream", "*/*"] {
            let response = get(&toy, parameters).header(ACCEPT, accept).send().await.unwrap();
            assert_eq!(response.headers()[ALLOW], "POST");
            assert_eq!(code(response).await, (405, "MUTATION_NEEDS_POST".into()));
        }
    }
    assert_eq!(toy.levers.touched.load(std::sync::atomic::Ordering::SeqCst), 0);
}

/// Who opens the address in a browser finds GraphiQL.
#[tokio::test]
async fn a_person_is_shown_to_graphiql() {
    let toy = Toy::start().await;
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let response = client.get(toy.url("/graphql")).header(ACCEPT, browser).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["location"]), (303, &"graphiql/".parse().unwrap()));
    for program in ["application/json, text/html;q=0.1", "text/html;q=0, application/json"] {
        let response = client.get(toy.url("/graphql")).header(ACCEPT, program).send().await.unwrap();
        assert_eq!(code(response).await.0, 400, "{program}");
    }
}

/// Every refusal names the request, in its body as in its header.
#[tokio::test]
async fn every_error_names_its_request() {
    let toy = Toy::start().await;
    let refused = [
        post(&toy, "text/html", &json!({"query": "{hello}"})),
        post(&toy, JSON, &json!({"query": "{"})),
        post(&toy, JSON, &json!({"query": "{fault}"})),
        post(&toy, JSON, &json!({"query": 7})),
        post(&toy, JSON, &json!({"query": "subscription {stay}"})),
        post(&toy, "text/event-stream", &json!({"query": 7})),
        Client::new().post(toy.url("/graphql")).body("x"),
        Client::new().put(toy.url("/graphql")),
        Client::new().get(toy.url("/nowhere")),
        Client::new().delete(toy.url("/graphql/stream")),
    ];
    for request in refused {
        let response = request.send().await.unwrap();
        let header = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["extensions"]["requestId"], header, "{body}");
    }
}

/// A query that takes too long is left, and says when to come again; a mutation comes to its end however long it takes.
#[tokio::test]
async fn a_query_that_takes_too_long_is_left() {
    let settings = HttpSettings { execution_timeout: std::time::Duration::from_millis(100), ..HttpSettings::default() };
    let toy = Toy::with(settings, ServerSettings::default()).await;
    for accept in [GRAPHQL, JSON] {
        let request = post(&toy, accept, &json!({"query": "{wait}"})).header("accept-language", "en");
        let response = request.send().await.unwrap();
        assert!(response.status() == 503 && response.headers().contains_key("retry-after"));
        let error = response.json::<Value>().await.unwrap()["errors"][0].clone();
        assert_eq!(error["extensions"]["code"], "EXECUTION_TIMEOUT");
        assert!(error["message"].as_str().unwrap().is_ascii(), "{error}");
    }
    let mutation = tokio::spawn(post(&toy, JSON, &json!({"query": "mutation {slowTouch}"})).send());
    super::toy::eventually("it began", || toy.levers.arrived.load(std::sync::atomic::Ordering::SeqCst) == 3).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    toy.levers.open_gate();
    let answer: Value = mutation.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer, json!({"data": {"slowTouch": true}}));
}

/// What is empty in an address says the same as what is not there (GraphQL over HTTP, "GET").
#[tokio::test]
async fn empty_parameters_are_absent() {
    let toy = Toy::start().await;
    for more in
        ["&operationName=", "&variables=", "&extensions=", "&documentId=", "&operationName=&variables=&extensions="]
    {
        let response = reqwest::get(toy.url(&format!("/graphql?query=query%20A%7Bhello%7D{more}"))).await.unwrap();
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer, json!({"data": {"hello": "world"}}), "{more}");
    }
}

/// HTTP/1.1 names one host (RFC 9112, section 3.2).
#[tokio::test]
async fn one_host_is_named() {
    let toy = Toy::start().await;
    for (hosts, expected) in [
        ("", "400"),
        ("Host: a\r\nHost: b\r\n", "400"),
        ("Host: a b/c\r\n", "400"),
        ("Host: a@b\r\n", "400"),
        ("Host: http://a/\r\n", "400"),
        ("Host: a\r\n", "200"),
        ("Host: [::1]:8080\r\n", "200"),
    ] {
        let request = format!("GET /graphql?query={{hello}} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        let answer = converse(toy.address, request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{hosts:?}: {answer}");
        assert!(expected == "200" || answer.contains("MALFORMED_REQUEST") && answer.contains("requestId"), "{answer}");
    }
    let answer = converse(toy.address, b"GET /graphql?query={hello} HTTP/1.0\r\n\r\n").await;
    assert!(answer.contains(" 200 "), "{answer}");
}

/// A body comes in chunks or with its length, in no coding besides (RFC 9112, section 6.1).
#[tokio::test]
async fn a_body_is_framed_plainly() {
    let toy = Toy::start().await;
    let body = "19\r\n{\"query\": \"{__typename}\"}\r\n0\r\n\r\n";
    for (coding, expected) in
        [("chunked", "200"), ("foo, chunked", "400"), ("gzip, chunked", "400"), ("chunked, chunked", "400")]
    {
        let request = format!(
            "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: {JSON}\r\nTransfer-Encoding: {coding}\r\nConnection: close\r\n\r\n{body}"
        );
        let answer = converse(toy.address, request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{coding}: {answer}");
    }
}

/// What is repeated though it may stand once is refused: another reader may believe the other.
#[tokio::test]
async fn a_header_that_stands_twice_is_refused() {
    let toy = Toy::start().await;
    for (name, one, other, expected) in
        [("Authorization", "Bearer good", "Bearer operator", 401), ("Idempotency-Key", "12345678", "87654321", 400)]
    {
        let request = post(&toy, JSON, &json!({"query": "{hello}"}));
        assert_eq!(request.header(name, one).header(name, other).send().await.unwrap().status(), expected, "{name}");
    }
}

/// An operation that the document does not have is 422 to those who know the GraphQL type.
#[tokio::test]
async fn an_unknown_operation_is_422() {
    let toy = Toy::start().await;
    for (accept, expected) in [(GRAPHQL, 422), (JSON, 200)] {
        let body = json!({"query": "query A {hello}", "operationName": "B"});
        let answer = post(&toy, accept, &body).send().await.unwrap();
        assert_eq!(code(answer).await, (expected, "OPERATION_RESOLUTION_FAILED".into()));
    }
}

/// HEAD is a GET without its body: the same status and type, and a mutation is refused no less.
#[tokio::test]
async fn head_is_a_get_without_its_body() {
    let toy = Toy::start().await;
    for (path, expected) in [
        ("/graphql?query={hello}", 200),
        ("/graphql?query={nonsense}", 400),
        ("/graphql?query=mutation{touch}", 405),
        ("/graphql", 400),
        ("/healthz", 200),
        ("/nowhere", 404),
    ] {
        let of = async |method: Method| {
            let request = Client::new().request(method, toy.url(path)).header(ACCEPT, GRAPHQL);
            let response = request.send().await.unwrap();
            let content_type = response.headers().get(CONTENT_TYPE).cloned();
            (response.status().as_u16(), content_type, response.bytes().await.unwrap())
        };
        let (get, head) = (of(Method::GET).await, of(Method::HEAD).await);
        assert_eq!((head.0, head.0, &head.1), (expected, get.0, &get.1), "{path}");
        assert!(head.2.is_empty() && !get.2.is_empty(), "{path}");
    }
    assert_eq!(toy.levers.touched.load(std::sync::atomic::Ordering::SeqCst), 0);
}

/// One connection carries request after request, refused ones among them, also when they are sent before the answers are read.
#[tokio::test]
async fn one_connection_serves_many_requests() {
    let toy = Toy::start().await;
    let request = |method: &str, path: &str, headers: &str, body: &str| {
        format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
    };
    let json = "Content-Type: application/json\r\n";
    let hello = r#"{"query": "{hello}"}"#;
    let all = [
        (request("POST", "/graphql", json, hello), 200),
        (request("POST", "/graphql", "Content-Type: text/plain\r\n", hello), 415),
        (request("POST", "/graphql", &format!("{json}Accept: text/html\r\n"), hello), 406),
        (request("POST", "/graphql", json, "{"), 400),
        (request("PUT", "/graphql", json, hello), 405),
        (request("GET", "/graphql?query=mutation{touch}", "", ""), 405),
        (request("POST", "/nowhere", json, hello), 404),
        (request("POST", "/graphql", &format!("{json}Authorization: Bearer stale\r\n"), hello), 401),
        (request("OPTIONS", "/graphql", "", ""), 405),
        (request("GET", "/graphql/ws", "", ""), 426),
        (request("POST", "/graphql", &format!("{json}Connection: close\r\n"), hello), 200),
    ];
    let sent: String = all.iter().map(|(text, _)| text.as_str()).collect();
    let answers = super::slow_clients::converse(toy.address, sent.as_bytes()).await;
    let statuses: Vec<u16> =
        answers.split("HTTP/1.1 ").skip(1).map(|answer| answer.split(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(statuses, all.map(|(_, status)| status), "{answers}");
    assert_eq!(toy.levers.touched.load(std::sync::atomic::Ordering::SeqCst), 0);
}

/// A body that comes after its head was refused does not end the connection, as a client may have put it back for the next request by then.
#[tokio::test]
async fn a_refused_body_leaves_the_connection() {
    let toy = Toy::start().await;
    let mut stream = TcpStream::connect(toy.address).await.unwrap();
    for length in [10, 2_000_000] {
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 415");
        stream.write_all(&vec![b' '; length]).await.unwrap();
        let mut rest = Vec::new();
        while !rest.ends_with(b"}}]}") {
            rest.push(stream.read_u8().await.unwrap());
        }
    }
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// No other method runs anything, and `Allow` says so.
#[tokio::test]
async fn other_methods_are_refused_and_run_nothing() {
    let toy = Toy::start().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let url = toy.url("/graphql?query=mutation{touch}");
        let response = Client::new().request(method.clone(), url).header(ACCEPT, GRAPHQL).send().await.unwrap();
        assert_eq!(response.headers()[ALLOW], "GET,HEAD,POST", "{method}");
        assert!(response.headers()[CONTENT_TYPE].to_str().unwrap().starts_with(GRAPHQL), "{method}");
        assert_eq!(code(response).await, (405, "METHOD_NOT_ALLOWED".into()), "{method}");
    }
    assert_eq!(toy.levers.touched.load(std::sync::atomic::Ordering::SeqCst), 0);
    for (path, allowed) in [("stream", "GET,HEAD,POST,PUT,DELETE"), ("ws", "GET,HEAD")] {
        let response = Client::new().patch(toy.url(&format!("/graphql/{path}"))).send().await.unwrap();
        assert_eq!(response.headers()[ALLOW], allowed, "{path}");
        assert_eq!(code(response).await, (405, "METHOD_NOT_ALLOWED".into()), "{path}");
    }
}

/// A body up to the limit passes; above it, announced or chunked, it is 413.
#[tokio::test]
async fn bodies_above_the_limit_are_refused() {
    let settings = HttpSettings { body_limit: 1000, ..HttpSettings::default() };
    let toy = Toy::with(settings, ServerSettings::default()).await;
    let body = |length: usize| {
        let text = json!({"query": "{hello}"}).to_string();
        format!("{text}{}", " ".repeat(length - text.len()))
    };
    let send = async |body: reqwest::Body| {
        let request = Client::new().post(toy.url("/graphql")).header(CONTENT_TYPE, JSON).body(body);
        request.send().await.unwrap()
    };
    assert_eq!(send(body(1000).into()).await.status(), 200);
    assert_eq!(code(send(body(1001).into()).await).await, (413, "BODY_TOO_LARGE".into()));
    // A body that only says that it is JSON has no length of its own on the wire when it is chunked.
    let chunked = super::slow_clients::chunked_post(toy.address, &body(1001)).await;
    assert!(chunked.starts_with("HTTP/1.1 413"), "{chunked}");
}

/// Who sends far more than is read hears why, although the answer is there long before the body is.
#[tokio::test]
async fn who_is_still_sending_hears_the_answer() {
    let toy = Toy::start().await;
    for media_type in [JSON, "text/plain"] {
        let head =
            format!("POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: {media_type}\r\nContent-Length: 20000000");
        let mut request = format!("{head}\r\n\r\n").into_bytes();
        request.resize(request.len() + 20_000_000, b' ');
        let answer = converse(toy.address, &request).await;
        let status = if media_type == JSON { "413" } else { "415" };
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.ends_with('}'), "{media_type}: {answer}");
    }
}

/// Every response carries a request id of its own and the security headers; faults repeat the id in the body.
#[tokio::test]
async fn responses_carry_a_request_id_and_security_headers() {
    let toy = Toy::start().await;
    let first = post(&toy, JSON, &json!({"query": "{fault}"})).header("X-Request-Id", "forged").send().await.unwrap();
    let id = first.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_ne!(id, "forged");
    assert_eq!(first.headers()["x-content-type-options"], "nosniff");
    assert_eq!(first.headers()["x-frame-options"], "DENY");
    assert_eq!(first.headers()["referrer-policy"], "no-referrer");
    assert_eq!(first.headers()["cache-control"], "no-store");
    let body: Value = first.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["requestId"], id.as_str(), "{body}");
    let missing = Client::new().get(toy.url("/nowhere")).send().await.unwrap();
    assert_ne!(missing.headers()["x-request-id"].to_str().unwrap(), id);
    assert_eq!(missing.headers()["x-content-type-options"], "nosniff");
    assert_eq!(code(missing).await, (404, "NOT_FOUND".into()));
}

/// Beside its code each error says whose it is to mend, for tools that know none of our codes: of a resolver, of a document, of the wire.
#[tokio::test]
async fn errors_say_whose_they_are() {
    let toy = Toy::start().await;
    for (body, whose) in [
        (json!({"query": "{fault}"}), "INTERNAL_SERVER_ERROR"),
        (json!({"query": "{burst}"}), "INTERNAL_SERVER_ERROR"),
        (json!({"query": "{nothing}"}), "BAD_REQUEST"),
        (json!({"query": "subscription {stay}"}), "BAD_REQUEST"),
        (json!({"query": 7}), "BAD_REQUEST"),
    ] {
        let answer: Value = post(&toy, JSON, &body).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["classification"], whose, "{answer}");
    }
}

/// A bug in a resolver is a fault with a request id, and the gateway lives on.
#[tokio::test]
async fn a_panic_is_a_fault_and_nothing_more() {
    let toy = Toy::start().await;
    let response = post(&toy, JSON, &json!({"query": "{burst}"})).send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "INTERNAL", "{body}");
    assert!(body["errors"][0]["extensions"]["requestId"].is_string() && !body.to_string().contains("bug"), "{body}");
    assert_eq!(post(&toy, JSON, &json!({"query": "{hello}"})).send().await.unwrap().status(), 200);
}

/// The wire's own texts follow `Accept-Language`, and so does what the resolvers are told.
#[tokio::test]
async fn the_language_follows_the_request() {
    let toy = Toy::start().await;
    for (language, text, tag) in [("en-GB", "not JSON", "en"), ("ja", "JSONではない", "ja")] {
        let request = Client::new().post(toy.url("/graphql")).header(CONTENT_TYPE, JSON);
        let refused = request.header("Accept-Language", language).body("no").send().await.unwrap();
        assert!(refused.text().await.unwrap().contains(text));
        let answer = post(&toy, JSON, &json!({"query": "{language}"})).header("Accept-Language", language);
        assert_eq!(answer.send().await.unwrap().json::<Value>().await.unwrap()["data"]["language"], tag);
    }
}

/// The idempotency key reaches the resolvers, with or without the quotes of its draft, and an absurd one is refused.
#[tokio::test]
async fn the_idempotency_key_reaches_the_resolvers() {
    let toy = Toy::start().await;
    let send = async |key: &str| {
        post(&toy, GRAPHQL, &json!({"query": "{key}"})).header("Idempotency-Key", key).send().await.unwrap()
    };
    for key in ["key-abc-1", "\"key-abc-1\""] {
        assert_eq!(send(key).await.json::<Value>().await.unwrap(), json!({"data": {"key": "key-abc-1"}}));
    }
    for key in ["", "short", "a b in a key", &"x".repeat(101)] {
        assert_eq!(code(send(key).await).await, (400, "MALFORMED_REQUEST".into()), "{key}");
    }
}

/// A client that hangs up does not cut its mutation in two.
#[tokio::test]
async fn a_mutation_ends_although_its_client_has_left() {
    let toy = Toy::start().await;
    let request = post(&toy, JSON, &json!({"query": "mutation {slowTouch}"}));
    let client = tokio::spawn(request.send());
    super::toy::eventually("the mutation began", || toy.levers.arrived.load(std::sync::atomic::Ordering::SeqCst) == 1)
        .await;
    client.abort();
    assert!(client.await.is_err());
    toy.levers.open_gate();
    super::toy::eventually("the mutation ended", || toy.levers.touched.load(std::sync::atomic::Ordering::SeqCst) == 1)
        .await;
}

/// `/healthz` answers whatever else fails; `/readyz` asks what the gateway rests on.
#[tokio::test]
async fn health_is_told() {
    let toy = Toy::start().await;
    let told = async |path: &str| {
        let response = Client::new().get(toy.url(path)).send().await.unwrap();
        (response.status().as_u16(), response.headers().contains_key("retry-after"))
    };
    assert_eq!((told("/healthz").await, told("/readyz").await), ((200, false), (200, false)));
    toy.levers.is_down.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!((told("/healthz").await, told("/readyz").await), ((200, false), (503, true)));
}

/// Codes are unlike each other, and each is explained.
#[test]
fn every_code_is_explained_once() {
    let texts: std::collections::HashSet<_> = HttpErrorCode::all().iter().map(|code| code.as_str()).collect();
    assert_eq!(texts.len(), HttpErrorCode::all().len());
    assert!(HttpErrorCode::all().iter().all(|code| code.meaning().ends_with('.') && code.status().as_u16() >= 400));
}
