//! What a request carries is in no log, wherever it stands in the request and however the request ends (T18).

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::support::gateway::Gateway;
use crate::support::{Client, DEADLINE};

/// Every canary so far. Each stands in one place of one request.
#[derive(Default)]
struct Canaries(Vec<String>);

impl Canaries {
    fn text(&mut self, place: &str) -> String {
        let canary = format!("canary-{place}-{:04}", 7_000 + self.0.len());
        self.0.push(canary.clone());
        canary
    }

    /// The same as a GraphQL name.
    fn name(&mut self, place: &str) -> String {
        let name = self.text(place).replace('-', "_");
        self.0.push(name.clone());
        name
    }
}

struct Sender<'a> {
    gateway: &'a Gateway,
    client: Client,
}

impl Sender<'_> {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        reqwest::Client::new().request(method, format!("{}{path}", self.gateway.address))
    }

    /// A POST of JSON by who is logged in.
    fn post(&self) -> RequestBuilder {
        let request = self.request(Method::POST, "/graphql").bearer_auth(self.client.token.as_ref().unwrap());
        request.header("content-type", "application/json")
    }

    async fn body(&self, body: String) {
        send(self.post().body(body)).await;
    }

    async fn json(&self, body: Value) {
        self.body(body.to_string()).await;
    }

    async fn document(&self, document: String) {
        self.json(json!({ "query": document })).await;
    }
}

async fn send(request: RequestBuilder) {
    request.send().await.unwrap().bytes().await.unwrap();
}

/// At the most talkative that an operator can ask for, the log of the real program has none of what was sent to it: in bodies that are no
/// JSON or no request, in documents that are refused, in variables, addresses, headers, cookies, files and messages of sockets.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_request_carries_is_logged() {
    let variables = [("MADOGUCHI_LOG_FILTER", "trace"), ("MADOGUCHI_LOG_FORMAT", "json")];
    let mut gateway = Gateway::start(&["--demo"], &variables).await;
    let client = gateway.log_in("clinic@example.jp").await;
    let (sender, mut canaries) = (Sender { gateway: &gateway, client }, Canaries::default());
    in_bodies(&sender, &mut canaries).await;
    in_documents(&sender, &mut canaries).await;
    in_heads(&sender, &mut canaries).await;
    in_files(&sender, &mut canaries).await;
    on_sockets(&sender, &mut canaries).await;
    let log = gateway.stop_and_read_log().await;
    let found: Vec<_> = canaries.0.iter().filter(|canary| log.contains(*canary)).collect();
    assert!(found.is_empty(), "{found:?} of {} were logged: {}", canaries.0.len(), line_of(&log, found[0]));
    println!("canaries of the wire: {} sent, 0 in {} lines", canaries.0.len(), log.lines().count());
    assert!(canaries.0.len() >= 40 && log.matches("\"path\":\"/graphql\"").count() > 25, "{log}");
}

fn line_of<'a>(log: &'a str, canary: &str) -> &'a str {
    log.lines().find(|line| line.contains(canary)).unwrap_or_default()
}

async fn in_bodies(sender: &Sender<'_>, canaries: &mut Canaries) {
    sender.body(format!("{{\"query\": \"{}", canaries.text("broken"))).await;
    sender.body(canaries.text("no-json")).await;
    sender.json(json!(canaries.text("string"))).await;
    sender.json(json!([{ "query": canaries.text("batch") }])).await;
    sender.json(json!({ "query": [canaries.text("list")] })).await;
    sender.json(json!({ canaries.text("member"): 1 })).await;
    sender.json(json!({ "query": "{ viewer { id } }", "variables": canaries.text("variables") })).await;
    sender.json(json!({ "query": "{ viewer { id } }", "extensions": canaries.text("extensions") })).await;
    sender.json(json!({ "query": "{ viewer { id } }", "extensions": { "a": canaries.text("extension") } })).await;
    sender.json(json!({ "query": "{ viewer { id } }", "operationName": canaries.text("operation-name") })).await;
    sender.json(json!({ "documentId": format!("sha256:{}", canaries.text("document-id")) })).await;
    let persisted = |hash: &str| json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    sender.json(json!({ "extensions": persisted(&canaries.text("hash")) })).await;
    // One that nobody sent before, one that is another's, and one that is kept.
    let text = format!("{{ viewer {{ {}: id }} }}", canaries.name("persisted"));
    let hash = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    canaries.0.push(hash.clone());
    for body in [
        json!({ "extensions": persisted(&hash) }),
        json!({ "query": "{ viewer { id } }", "extensions": persisted(&hash) }),
        json!({ "query": text, "extensions": persisted(&hash) }),
        json!({ "extensions": persisted(&hash) }),
    ] {
        sender.json(body).await;
    }
    let text = canaries.text("plain-text");
    send(sender.request(Method::POST, "/graphql").header("content-type", format!("text/{text}")).body(text)).await;
}

async fn in_documents(sender: &Sender<'_>, canaries: &mut Canaries) {
    sender.document(format!("{{ viewer {{ id }} {}", canaries.text("syntax"))).await;
    sender.document(format!("{{ node(id: \"{}\") {{ id }} }}", canaries.text("literal"))).await;
    sender.document(format!("{{ node(id: \"{}\") {{ no }} }}", canaries.text("refused-literal"))).await;
    sender.document(format!("{{ node(id: \"{}", canaries.text("open-literal"))).await;
    sender.document(format!("# {}\n{{ viewer {{ id }} }}", canaries.text("comment"))).await;
    sender.document(format!("{{ {}: viewer {{ id }} }}", canaries.name("alias"))).await;
    sender.document(format!("{{ {}: viewer }}", canaries.name("refused-alias"))).await;
    sender.document(format!("{{ {} }}", canaries.name("field"))).await;
    sender.document(format!("query {} {{ viewer {{ id }} }}", canaries.name("operation"))).await;
    sender.document(format!("{{ viewer {{ ...{} }} }}", canaries.name("fragment"))).await;
    let name = canaries.name("variable");
    sender.document(format!("query(${name}: ID!) {{ node(id: ${name}) {{ id }} }}")).await;
    let by_id = "query($id: ID!) { node(id: $id) { id } }";
    for value in
        [json!(canaries.text("value")), json!({ "a": canaries.text("wrong-value") }), json!([canaries.text("list")])]
    {
        sender.json(json!({ "query": by_id, "variables": { "id": value } })).await;
    }
    let wide: String = (0..40).map(|number| format!(" a{number}: viewer {{ id }}")).collect();
    sender.document(format!("{{ {}: viewer {{ id }} {wide} }}", canaries.name("too-large"))).await;
    let input = json!({ "email": canaries.text("email"), "password": canaries.text("password") });
    let log_in = "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { message } } }";
    sender.json(json!({ "query": log_in, "variables": { "input": input } })).await;
    let telling = json!({ "query": "subscription($id: ID!) { applicationEvents(applicationId: $id) { cursor } }",
        "variables": { "id": canaries.text("stream") } });
    send(sender.post().header("accept", "text/event-stream").body(telling.to_string())).await;
}

async fn in_heads(sender: &Sender<'_>, canaries: &mut Canaries) {
    let get = |path: String| sender.request(Method::GET, &path);
    send(get(format!("/graphql?query={{node(id:\"{}\"){{id}}}}", canaries.text("address")))).await;
    send(get(format!("/graphql?query=mutation{{logOut{{{}}}}}", canaries.name("get-mutation")))).await;
    send(get(format!("/graphql?query={{viewer{{id}}}}&variables={}", canaries.text("get-variables")))).await;
    send(get(format!("/graphql?query={{viewer{{id}}}}&{}={}", canaries.text("key"), canaries.text("value")))).await;
    send(get(format!("/graphql/stream?token={}", canaries.text("stream-token")))).await;
    send(get(format!("/{}", canaries.text("path")))).await;
    send(get(format!("/files/{}~{}", canaries.text("download"), canaries.text("seal")))).await;
    for header in [
        "x-request-id",
        "user-agent",
        "referer",
        "origin",
        "accept",
        "accept-language",
        "x-anything",
        "idempotency-key",
        "x-graphql-event-stream-token",
        "x-apollo-operation-name",
        "x-forwarded-for",
        "traceparent",
    ] {
        let request = sender.post().header(header, canaries.text(header));
        send(request.body(json!({ "query": "{ viewer { id } }" }).to_string())).await;
    }
    // Twice, so that the second is answered by what was kept of the first.
    let key = canaries.text("kept-key");
    for _ in 0..2 {
        let begin = json!({ "query": "mutation { logOut { userErrors { code } } }" }).to_string();
        let stranger = sender.request(Method::POST, "/graphql").header("content-type", "application/json");
        send(stranger.header("idempotency-key", &key).body(begin)).await;
    }
    for (header, value) in [
        ("authorization", format!("Bearer {}", canaries.text("bearer"))),
        ("authorization", format!("Basic {}", canaries.text("basic"))),
        ("authorization", canaries.text("scheme")),
        ("cookie", format!("madoguchi_session={}; other={}", canaries.text("cookie"), canaries.text("other-cookie"))),
    ] {
        let request = sender.request(Method::POST, "/graphql").header("content-type", "application/json");
        send(request.header(header, value).body(json!({ "query": "{ viewer { id } }" }).to_string())).await;
    }
}

async fn in_files(sender: &Sender<'_>, canaries: &mut Canaries) {
    let boundary = "a-boundary";
    let part =
        |head: &str, body: &str| format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n");
    let (operations, map) = (canaries.text("operations"), canaries.text("map"));
    let attach = json!({ "query": "mutation($input: AddAttachmentInput!) { addAttachment(input: $input) { userErrors { code } } }",
        "variables": { "input": { "applicationId": canaries.text("application"), "file": null } } });
    let file = part(&format!("name=\"0\"; filename=\"{}.pdf\"", canaries.text("file-name")), &canaries.text("content"));
    let good =
        [part("name=\"operations\"", &attach.to_string()), part("name=\"map\"", r#"{"0":["variables.input.file"]}"#)];
    for parts in [
        part("name=\"operations\"", &operations),
        part("name=\"operations\"", "{}") + &part("name=\"map\"", &map),
        part(&format!("name=\"{}\"", canaries.text("part")), "{}"),
        good.concat() + &file,
    ] {
        let request = sender.request(Method::POST, "/graphql").bearer_auth(sender.client.token.as_ref().unwrap());
        let request = request.header("content-type", format!("multipart/form-data; boundary={boundary}"));
        let request = request.header("apollo-require-preflight", canaries.text("preflight"));
        send(request.body(format!("{parts}--{boundary}--\r\n"))).await;
    }
}

async fn on_sockets(sender: &Sender<'_>, canaries: &mut Canaries) {
    let subscribe = |id: &str, query: &str, variables: Value| {
        json!({ "id": id, "type": "subscribe", "payload": { "query": query, "variables": variables } }).to_string()
    };
    let init = |payload: Value| json!({ "type": "connection_init", "payload": payload }).to_string();
    let admitted = init(json!({ "more": canaries.text("parameter") }));
    let conversations = [
        vec![init(json!({ "authorization": format!("Bearer {}", canaries.text("socket-bearer")) }))],
        vec![init(json!({ "token": canaries.text("socket-token") }))],
        vec![init(json!({ "authorization": format!("Bearer {}", sender.client.token.as_ref().unwrap()) }))],
        vec![canaries.text("no-message")],
        vec![json!({ "type": canaries.text("message-type") }).to_string()],
        vec![
            admitted.clone(),
            subscribe(&canaries.text("operation-id"), "{ viewer { id } }", json!({})),
            subscribe("1", &format!("{{ {} }}", canaries.name("socket-field")), json!({})),
            subscribe("2", "query($id: ID!) { node(id: $id) { id } }", json!({ "id": canaries.text("socket-value") })),
            json!({ "type": "ping", "payload": { "a": canaries.text("ping") } }).to_string(),
            json!({ "type": "complete", "id": canaries.text("complete") }).to_string(),
            json!({ "type": "subscribe", "id": "3", "payload": canaries.text("payload") }).to_string(),
        ],
    ];
    canaries.0.push(sender.client.token.clone().unwrap());
    let reason = canaries.text("close-reason");
    for messages in conversations {
        let address = sender.gateway.address.replace("http://", "ws://");
        let mut request =
            format!("{address}/graphql/ws?{}", canaries.text("socket-address")).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let (mut socket, _) = connect_async(request).await.unwrap();
        for message in messages {
            // The gateway may have hung up by now.
            let _ = socket.send(Message::text(message)).await;
        }
        let _ = socket.send(Message::binary(canaries.text("bytes").into_bytes())).await;
        let _ =
            socket.close(Some(CloseFrame { code: CloseCode::Library(4999), reason: Utf8Bytes::from(&reason) })).await;
        let rest = async { while let Some(Ok(_)) = socket.next().await {} };
        timeout(DEADLINE, rest).await.expect("the socket ends");
    }
}
