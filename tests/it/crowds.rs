//! Crowds against the real program: hundreds of clients that keep it waiting (R9), and a stop in the middle of everything (R11).

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use futures_util::{SinkExt as _, StreamExt as _};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Barrier;
use tokio::time::{interval, interval_at, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::attachments::files::pdf;
use crate::attachments::objects;
use crate::support::gateway::Gateway;
use crate::support::steps::draft;
use crate::support::upload::{Form, attach, closing};
use crate::support::{Client, DEADLINE, eventually, operations, poll};

const SECOND: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn line(gateway: &Gateway, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(gateway.socket_address()).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream
}

/// A socket of a visitor.
async fn socket(gateway: &Gateway) -> Socket {
    let mut request =
        format!("{}/graphql/ws", gateway.address.replace("http://", "ws://")).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    socket.send(Message::text(r#"{"type":"connection_init"}"#)).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().to_text().unwrap().contains("connection_ack"));
    socket
}

/// Waits until the other end hangs up, and gives what it said before.
async fn ended(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    // A connection that is reset instead of closed is over as well.
    let _ = stream.read_to_end(&mut said).await;
    String::from_utf8_lossy(&said).into_owned()
}

/// Asks as one does, again and again, and gives how long each answer took.
async fn honest(client: &Client, requests: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..requests {
        let began = Instant::now();
        let answer = client.field("Viewer", json!({})).await;
        assert_eq!(answer["email"], "clinic@example.jp");
        times.push(began.elapsed());
    }
    times.sort();
    times
}

fn percentile(times: &[Duration], of_hundred: usize) -> Duration {
    times[(times.len() - 1) * of_hundred / 100]
}

/// The address of a file that no buffer on the way holds, in its path.
async fn large_file(client: &Client) -> String {
    let form = Form::attaching(client, json!({ "applicationId": draft(client).await }));
    let answer = form.send_long(client, b"large.pdf", b"%PDF-1.7\n", 30_000_000, b"\n%%EOF\n").await;
    let document = "query($id: ID!) { node(id: $id) { ... on Attachment { download { url } } } }";
    let given = client.send(document, json!({ "id": answer.payload()["attachment"]["id"] })).await;
    let url = given["data"]["node"]["download"]["url"].as_str().expect("an address");
    url.strip_prefix(&client.address).expect("an address of this gateway").to_owned()
}

/// The memory that the process comes down to when nothing is asked of it.
async fn memory_at_rest(gateway: &Gateway) -> u64 {
    let (mut least, mut since) = (gateway.memory(), Instant::now());
    // Who hashed a password keeps its memory for five seconds.
    while since.elapsed() < SECOND * 6 {
        sleep(Duration::from_millis(100)).await;
        let memory = gateway.memory();
        if memory < least - least / 100 {
            (least, since) = (memory, Instant::now());
        }
    }
    least
}

/// Clients that keep the gateway waiting, each in its own way, once all of them have come.
struct Crowd<'a> {
    gateway: &'a Gateway,
    /// The path of a file that no buffer on the way holds.
    file: &'a str,
    all_there: Barrier,
}

/// How long the last one of each kind was kept.
struct Kept {
    heads: Duration,
    bodies: Duration,
    sockets: Duration,
    downloads: Duration,
}

impl<'a> Crowd<'a> {
    const HEADS: usize = 500;
    const BODIES: usize = 500;
    const SOCKETS: usize = 200;
    const DOWNLOADS: usize = 20;

    fn new(gateway: &'a Gateway, file: &'a str) -> Self {
        let all = Self::HEADS + Self::BODIES + Self::SOCKETS + Self::DOWNLOADS;
        // And who looks at them.
        Self { gateway, file, all_there: Barrier::new(all + 1) }
    }

    /// Keeps the gateway waiting until it has let all of them go.
    async fn wait(&self) -> Kept {
        let heads = join_all((0..Self::HEADS).map(|_| self.half_a_head()));
        let bodies = join_all((0..Self::BODIES).map(|number| self.a_byte_a_second(number)));
        let sockets = join_all((0..Self::SOCKETS).map(|_| self.unread()));
        let (heads, bodies, sockets, downloads) = tokio::join!(heads, bodies, sockets, self.sips());
        let last = |times: Vec<Duration>| times.into_iter().max().unwrap();
        Kept { heads: last(heads), bodies: last(bodies), sockets: last(sockets), downloads }
    }

    /// A head that stops half way.
    async fn half_a_head(&self) -> Duration {
        let began = Instant::now();
        let mut stream = line(self.gateway, "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Ty").await;
        self.all_there.wait().await;
        assert!(!ended(&mut stream).await.contains(" 200 "));
        began.elapsed()
    }

    /// A body of which a byte comes each second, at a moment of its own.
    async fn a_byte_a_second(&self, number: usize) -> Duration {
        let began = Instant::now();
        let head =
            "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
        let (mut reader, mut writer) = line(self.gateway, head).await.into_split();
        self.all_there.wait().await;
        let moment = SECOND.mul_f64(number as f64 / Self::BODIES as f64);
        let mut second = interval_at(tokio::time::Instant::now() + moment, SECOND);
        let mut said = Vec::new();
        let writing = async {
            loop {
                second.tick().await;
                if writer.write_all(b" ").await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = writing => {}
            _ = reader.read_to_end(&mut said) => {}
        }
        let said = String::from_utf8_lossy(&said);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408") && said.contains("BODY_TIMEOUT"), "{said}");
        began.elapsed()
    }

    /// A socket that nobody reads, so that no ping is answered.
    async fn unread(&self) -> Duration {
        let began = Instant::now();
        let mut stream = match socket(self.gateway).await.into_inner() {
            MaybeTlsStream::Plain(stream) => stream,
            _ => panic!("no TLS here"),
        };
        self.all_there.wait().await;
        // What is taken from the line here is never looked at, and no pong is sent.
        ended(&mut stream).await;
        began.elapsed()
    }

    /// Downloads of which a byte is taken each second. Only the gateway sees when they are over, as much of the file is on its way.
    async fn sips(&self) -> Duration {
        let began = Instant::now();
        let over = async {
            eventually("the downloads", || async { (self.downloads() == Self::DOWNLOADS).then_some(()) }).await;
            // To look through all that it has open takes this process longer than an honest answer takes.
            sleep(SECOND * 20).await;
            poll(|| async { (self.downloads() == 0).then_some(()) }).await;
        };
        tokio::select! {
            _ = join_all((0..Self::DOWNLOADS).map(|_| self.a_sip_a_second())) => {}
            () = over => {}
        }
        began.elapsed()
    }

    async fn a_sip_a_second(&self) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(32 * 1024).unwrap();
        let mut stream = socket.connect(self.gateway.socket_address()).await.unwrap();
        stream.write_all(format!("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", self.file).as_bytes()).await.unwrap();
        let mut begun = [0; 15];
        timeout(DEADLINE, stream.read_exact(&mut begun)).await.expect("an answer").unwrap();
        assert_eq!(&begun, b"HTTP/1.1 200 OK");
        self.all_there.wait().await;
        let mut second = interval(SECOND);
        loop {
            second.tick().await;
            drop(stream.read_u8().await);
        }
    }

    /// How many attached files the gateway has open.
    fn downloads(&self) -> usize {
        let folder = self.gateway.data().join("objects/attachments");
        self.gateway.open_files().iter().filter(|path| path.starts_with(&folder)).count()
    }
}

/// 500 heads that do not end, 500 bodies of a byte a second, 200 sockets that answer nothing, and 20 downloads of a byte a second: each is
/// let go in its time, honest requests are answered meanwhile, and afterwards the program holds nothing of theirs and, within a twentieth,
/// no more memory than after a crowd that went by itself.
#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_let_go_while_honest_ones_are_served() {
    // Free memory goes back to the system after half a second instead of ten, so that this need not wait for it.
    let variables = [("MADOGUCHI_UPLOADS_FREE_MEGABYTES", "0"), ("_RJEM_MALLOC_CONF", "dirty_decay_ms:500")];
    let mut gateway = Gateway::start(&["--demo"], &variables).await;
    let client = gateway.log_in("clinic@example.jp").await;
    let file = large_file(&client).await;
    let fresh = memory_at_rest(&gateway).await;
    // Pools of connections and of memory grow to what is asked of them once.
    let crowd = Crowd::new(&gateway, &file);
    let before = async {
        crowd.all_there.wait().await;
        honest(&client, 50).await;
    };
    tokio::select! {
        _ = crowd.wait() => panic!("let go at once"),
        () = before => {}
    }
    drop(crowd);
    let base = honest(&client, 500).await;
    let memory = memory_at_rest(&gateway).await;
    let connections = gateway.connections();

    let crowd = Crowd::new(&gateway, &file);
    let meanwhile = async {
        crowd.all_there.wait().await;
        honest(&client, 500).await
    };
    let both = timeout(Duration::from_secs(90), join(crowd.wait(), meanwhile)).await;
    let (kept, meanwhile) = both.expect("all let go");
    let [heads, bodies, sockets, downloads] =
        [kept.heads, kept.bodies, kept.sockets, kept.downloads].map(|time| time.as_secs_f32());
    let at_99 = [&base, &meanwhile].map(|times| percentile(times, 99).as_secs_f32() * 1_000.0);
    println!(
        "slow clients: 500 heads gone after {heads:.1} s, 500 bodies after {bodies:.1} s, 200 sockets after {sockets:.1} s, \
         20 downloads after {downloads:.1} s; honest p99 {:.1} ms before, {:.1} ms meanwhile",
        at_99[0], at_99[1]
    );
    // Ten seconds for a head, thirty for a body, twenty and ten for a ping and its answer, thirty for a piece of a file; and some for a
    // busy machine.
    assert!(
        heads < 15.0 && bodies < 36.0 && sockets < 24.0 && downloads < 45.0,
        "{heads} {bodies} {sockets} {downloads}"
    );
    assert_eq!(crowd.downloads(), 0);
    let left = gateway.connections();
    assert!(left <= connections, "{left} connections, and {connections} before");
    let left = memory_at_rest(&gateway).await;
    println!(
        "slow clients: {} MB when fresh, {} MB after a crowd that went, {} MB after the one that was let go",
        fresh / 1_000_000,
        memory / 1_000_000,
        left / 1_000_000
    );
    assert!(left <= memory + memory / 20, "{left} bytes, and {memory} before");
    gateway.stop_and_read_log().await;
}

/// What is kept of documents is bounded by the memory that it takes: documents of many small fields, many lines or many types, each sent once, one document whose
/// variables are given in ever other ways, and documents that are refused when they are done.
#[tokio::test(flavor = "multi_thread")]
async fn kept_documents_take_no_more_than_their_share() {
    let mut gateway = Gateway::start(&["--demo"], &[("MADOGUCHI_HTTP_COST_PER_MINUTE", "0")]).await;
    let client = Client::new(&gateway.address);
    let fresh = gateway.memory();
    for at in 0..600 {
        client.send(&format!("{{ viewer {{ a{at}: id {} }} }}", "id ".repeat(900)), json!({})).await;
    }
    for at in 0..300 {
        client.send(&format!("{{ a{at}: __typename {} }}", "\n".repeat(30_000)), json!({})).await;
        let nodes = (0..20).map(|one| format!("a{at}_{one}: node(id: \"x\") {{ ... on User {{ id }} }} "));
        client.send(&format!("{{ {} }}", nodes.collect::<String>()), json!({})).await;
    }
    let variables = (0..100).map(|at| format!("$v{at}: _Any ")).collect::<String>();
    let used = (0..100).map(|at| format!("$v{at} ")).collect::<String>();
    for dear in [
        "",
        "viewer { facilities(first: 100) { nodes { applications(first: 100) { nodes { facility { applications(first: 100) { nodes { id } } } } } } } }",
    ] {
        let document = format!(
            "query({variables}) {{ _entities(representations: [{{ __typename: \"Facility\", id: \"x\", a: [{used}] }}]) {{ __typename }} {dear} }}"
        );
        for at in 0_u32..1_000 {
            let state = |place: u32| match at >> place & 1 {
                0 => Value::Null,
                _ => json!(true),
            };
            let given = (0..10).map(|place| (format!("v{place}"), state(place))).collect::<serde_json::Map<_, _>>();
            client.send(&document, Value::Object(given)).await;
        }
    }
    let grown = gateway.memory().saturating_sub(fresh) / 1_000_000;
    println!("kept documents: {grown} MB more than when fresh");
    assert!(grown < 60, "{grown} MB");
    gateway.stop_and_read_log().await;
}

/// A mutation whose body is on its way: the gateway has read its head and asked for the rest.
struct Begun {
    stream: TcpStream,
    body: String,
}

impl Begun {
    async fn add_facility(gateway: &Gateway, client: &Client, number: usize) -> Self {
        let input = json!({ "kind": "MIDWIFERY_HOME", "code": format!("M13{:05}", 50_000 + number) });
        let body = json!({ "query": operations::named("AddFacility"), "variables": { "input": input } }).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
            client.token.as_ref().unwrap(),
            body.len()
        );
        let mut stream = line(gateway, &head).await;
        let mut asked = [0; 25];
        timeout(DEADLINE, stream.read_exact(&mut asked)).await.expect("asked in time").unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { stream, body }
    }

    /// Sends the body, and gives the payload.
    async fn finish(mut self) -> Value {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        let answer = timeout(DEADLINE, ended(&mut self.stream)).await.expect("an answer in time");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer}"));
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str::<Value>(body).unwrap()["data"]["addFacility"].clone()
    }
}

/// Waits for the close frame's code.
async fn close_code(socket: &mut Socket) -> u16 {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
            Some(Ok(_)) => {}
            other => panic!("no close frame but {other:?}"),
        }
    }
}

/// SIGTERM with 100 mutations and 8 files on their way and 1,000 sockets: every socket is told 1001, every mutation and every file comes
/// to its end and is in the database, and the process ends within five seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_of_everything_loses_nothing() {
    let mut gateway = Gateway::start(&["--demo"], &[]).await;
    let mut files = Vec::new();
    for login in ["clinic@example.jp", "checkup@example.jp", "midwife@example.jp", "clinic2@example.jp"] {
        let client = gateway.log_in(login).await;
        let form = Form::attaching(&client, json!({ "applicationId": draft(&client).await }));
        for name in [b"a.pdf", b"b.pdf"] {
            let (opening, rest) = (form.opening(name), [&pdf()[20..], &closing()].concat());
            let mut wire = form.begin(&client, (opening.len() + 20 + rest.len()) as u64).await;
            wire.write(&[&opening, &pdf()[..20]].concat()).await;
            files.push((wire, rest));
        }
    }
    eventually("eight files on their way", || async { (objects(&gateway.data()).len() == 8).then_some(()) }).await;
    let client = gateway.log_in("clinic@example.jp").await;
    let begun = join_all((0..100).map(|number| Begun::add_facility(&gateway, &client, number))).await;
    let mut sockets = Vec::new();
    for _ in 0..1_000 {
        sockets.push(socket(&gateway).await);
    }

    let stopped = Instant::now();
    gateway.terminate();
    let codes = timeout(DEADLINE, join_all(sockets.iter_mut().map(close_code))).await.expect("all sockets told");
    assert!(codes.iter().all(|code| *code == 1001), "{codes:?}");
    let told = stopped.elapsed();
    let files = files.into_iter().map(async |(mut wire, rest)| {
        wire.write(&rest).await;
        wire.answer().await.code()
    });
    let (payloads, codes) = join(join_all(begun.into_iter().map(Begun::finish)), join_all(files)).await;
    assert!(payloads.iter().all(|payload| payload["userErrors"] == json!([])), "{payloads:?}");
    assert_eq!(codes, ["OK"; 8]);
    drop(sockets);
    let status = gateway.ended(Duration::from_secs(10)).await;
    let over = stopped.elapsed();
    println!("stop: 1,000 sockets told after {} ms, all over after {} ms", told.as_millis(), over.as_millis());
    assert!(status.success() && over < Duration::from_secs(5), "{status} after {over:?}");

    let database = gateway.open_database().await;
    let counts = "SELECT (SELECT COUNT(*) FROM facilities WHERE code LIKE 'M135%') AS facilities,
        (SELECT COUNT(*) FROM attachments) AS files";
    let row =
        database.reader().query_one_raw(Statement::from_string(DbBackend::Sqlite, counts)).await.unwrap().unwrap();
    let count = |column| row.try_get::<i64>("", column).unwrap();
    assert_eq!((count("facilities"), count("files")), (100, 8), "what was answered is in the database");
}

/// However few files the process may open, it takes as many as it may, and connections leave enough of them for whoever is there.
#[tokio::test(flavor = "multi_thread")]
async fn connections_leave_files_to_open() {
    const KEPT: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    for (limits, kept) in [("ulimit -Sn 64", 150), ("ulimit -n 160", 75)] {
        let mut gateway = Gateway::start_under(limits, &["--demo"], &[]).await;
        let client = gateway.log_in("clinic@example.jp").await;
        let file = attach(&client, &draft(&client).await, "a.pdf", &pdf()).await["attachment"]["id"].clone();
        let download = "query($id: ID!) { node(id: $id) { ... on Attachment { download { url } } } }";
        let file = client.send(download, json!({ "id": file })).await["data"]["node"]["download"]["url"].clone();
        let mut lines = Vec::new();
        for _ in 0..kept {
            let mut stream = line(&gateway, KEPT).await;
            let mut answer = [0; 12];
            timeout(DEADLINE, stream.read_exact(&mut answer)).await.expect("an answer in time").unwrap();
            assert_eq!(&answer, b"HTTP/1.1 200");
            lines.push(stream);
        }
        let crowd = join_all((0..50).map(|_| line(&gateway, KEPT))).await;
        let fetched = client.fetch(file.as_str().unwrap()).await;
        assert_eq!(fetched.bytes().await.unwrap(), pdf());
        drop((lines, crowd));
        let log = gateway.stop_and_read_log().await;
        assert_eq!(log.contains("far fewer than http.max_connections"), limits == "ulimit -n 160", "{log}");
    }
}

/// A second SIGTERM ends the process at once, whatever is still on its way.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let mut gateway = Gateway::start(&["--demo"], &[]).await;
    let client = gateway.log_in("clinic@example.jp").await;
    let begun = Begun::add_facility(&gateway, &client, 0).await;
    let mut waiting = socket(&gateway).await;
    gateway.terminate();
    assert_eq!(timeout(DEADLINE, close_code(&mut waiting)).await.expect("told in time"), 1001);
    let second = Instant::now();
    gateway.terminate();
    let status = gateway.ended(DEADLINE).await;
    // The request alone would have held it for the four seconds of its grace.
    assert!(second.elapsed() < Duration::from_secs(2), "{:?}", second.elapsed());
    assert_eq!(status.code(), Some(130));
    drop(begun);
}
