//! A toy schema and toy sessions behind the real router and accept loop, on a port of its own.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_graphql::{Context, Data, Error, ErrorExtensions, Object, Schema, Subscription};
use axum::Router;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use madoguchi::domain::actor::{Actor, Role};
use madoguchi::domain::ids::{SessionId, UserId};
use madoguchi::execution::{Engine, Limits, configure};
use madoguchi::http::server::serve;
use madoguchi::http::shutdown::Shutdown;
use madoguchi::http::{
    Credential, CredentialError, Gateway, HttpSettings, RequestFacts, ServerSettings, Sessions, router,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// No test waits longer than this for anything.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// What the toy's resolvers and the tests share.
#[derive(Default)]
pub struct Levers {
    /// How often `touch` and `slowTouch` came to their end.
    pub touched: AtomicUsize,
    /// Waiting resolvers that have begun.
    pub arrived: AtomicUsize,
    /// Gives waiting resolvers leave, one permit each.
    pub gate: Option<Semaphore>,
    /// First items of `stay` that were taken to be sent.
    pub taken: AtomicUsize,
    /// Subscriptions that are alive.
    pub listening: AtomicUsize,
    /// Whether the token `revocable` is revoked.
    pub is_revoked: AtomicBool,
    /// Whether sessions cannot be looked up.
    pub is_down: AtomicBool,
}

impl Levers {
    async fn wait(&self) {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        self.gate.as_ref().unwrap().acquire().await.unwrap().forget();
    }

    /// Lets one waiting resolver go on.
    pub fn open_gate(&self) {
        self.gate.as_ref().unwrap().add_permits(1);
    }
}

/// Polls until the condition holds.
pub async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

pub struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    async fn whoami(&self, ctx: &Context<'_>) -> String {
        format!("{:?}", ctx.data_unchecked::<Actor>().role())
    }

    async fn key(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.data_unchecked::<RequestFacts>().idempotency_key.clone()
    }

    async fn language(&self, ctx: &Context<'_>) -> &str {
        ctx.data_unchecked::<RequestFacts>().language.tag()
    }

    async fn echo(&self, text: String) -> String {
        text
    }

    /// An answer that no buffer on the way holds.
    async fn long(&self) -> String {
        "x".repeat(4_500_000)
    }

    async fn wait(&self, ctx: &Context<'_>) -> bool {
        ctx.data_unchecked::<Arc<Levers>>().wait().await;
        true
    }

    async fn fault(&self) -> Result<Option<bool>, Error> {
        Err(Error::new("internal").extend_with(|_, extensions| extensions.set("code", "INTERNAL")))
    }

    async fn burst(&self, #[graphql(default)] divisor: u32) -> bool {
        10_u32.checked_div(divisor).expect("a resolver's bug") > 0
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn touch(&self, ctx: &Context<'_>) -> usize {
        ctx.data_unchecked::<Arc<Levers>>().touched.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn slow_touch(&self, ctx: &Context<'_>) -> bool {
        let levers = ctx.data_unchecked::<Arc<Levers>>();
        levers.wait().await;
        levers.touched.fetch_add(1, Ordering::SeqCst);
        true
    }

    async fn log_in(&self, ctx: &Context<'_>) -> bool {
        ctx.append_http_header("Set-Cookie", "madoguchi_session=good; Path=/; HttpOnly; SameSite=Lax");
        true
    }
}

/// Counts a live subscription.
struct Listener(Arc<Levers>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.listening.fetch_sub(1, Ordering::SeqCst);
    }
}

pub struct Ticker;

#[Subscription]
impl Ticker {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    /// Yields once and then stays.
    async fn stay(&self, ctx: &Context<'_>) -> impl Stream<Item = i32> {
        let levers = Arc::clone(ctx.data_unchecked::<Arc<Levers>>());
        levers.listening.fetch_add(1, Ordering::SeqCst);
        let listener = Listener(Arc::clone(&levers));
        let rest = async move {
            levers.taken.fetch_add(1, Ordering::SeqCst);
            std::future::pending().await
        };
        stream::iter([1]).chain(stream::once(rest)).map(move |tick| {
            let _ = &listener;
            tick
        })
    }

    /// Never stops talking.
    async fn flood(&self, ctx: &Context<'_>) -> impl Stream<Item = String> {
        let levers = Arc::clone(ctx.data_unchecked::<Arc<Levers>>());
        levers.listening.fetch_add(1, Ordering::SeqCst);
        let listener = Listener(levers);
        stream::repeat_with(move || {
            let _ = &listener;
            "x".repeat(16 * 1024)
        })
    }
}

struct ToySessions(Arc<Levers>);

/// The person behind the token `good`, in one of their logins.
fn person(session: u128) -> Actor {
    let (user, session) = (Uuid::from_u128(1), Uuid::from_u128(session));
    Actor::User { user: UserId::from_uuid(user), role: Role::Applicant, session: SessionId::from_uuid(session) }
}

/// The person behind the token `operator`.
fn operator() -> Actor {
    let id = Uuid::from_u128(3);
    Actor::User { user: UserId::from_uuid(id), role: Role::Operator, session: SessionId::from_uuid(id) }
}

/// The same person behind the token `revocable`.
fn revocable() -> Actor {
    person(2)
}

impl Sessions for ToySessions {
    fn actor(&self, credential: Option<Credential>) -> BoxFuture<'_, Result<Actor, CredentialError>> {
        async move {
            if self.0.is_down.load(Ordering::SeqCst) {
                return Err(CredentialError::Unavailable);
            }
            let Some(Credential::Bearer(token) | Credential::Cookie(token)) = credential else {
                return Ok(Actor::Anonymous);
            };
            match token.expose() {
                "good" => Ok(person(1)),
                "operator" => Ok(operator()),
                "revocable" if !self.0.is_revoked.load(Ordering::SeqCst) => Ok(revocable()),
                _ => Err(CredentialError::Invalid),
            }
        }
        .boxed()
    }

    fn still_standing<'a>(&'a self, actors: &'a [Actor]) -> BoxFuture<'a, Result<HashSet<Actor>, CredentialError>> {
        async move {
            if self.0.is_down.load(Ordering::SeqCst) {
                return Err(CredentialError::Unavailable);
            }
            let is_revoked = self.0.is_revoked.load(Ordering::SeqCst);
            Ok(actors.iter().copied().filter(|actor| !is_revoked || *actor != revocable()).collect())
        }
        .boxed()
    }

    fn request_data(&self, actor: Actor, facts: RequestFacts) -> Data {
        let mut data = Data::default();
        data.insert(actor);
        data.insert(facts);
        data.insert(Arc::clone(&self.0));
        data
    }
}

/// A served toy gateway. Dropping it begins its stop.
pub struct Toy {
    pub address: SocketAddr,
    pub levers: Arc<Levers>,
    pub shutdown: Shutdown,
    pub server: Option<JoinHandle<()>>,
}

impl Toy {
    pub async fn start() -> Self {
        Self::with(HttpSettings::default(), ServerSettings::default()).await
    }

    pub async fn with(settings: HttpSettings, server: ServerSettings) -> Self {
        let levers = Arc::new(Levers { gate: Some(Semaphore::new(0)), ..Levers::default() });
        let shutdown = Shutdown::default();
        let routes = routes(&levers, settings, &shutdown);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(serve(listener, routes, server, shutdown.clone()));
        Self { address, levers, shutdown, server: Some(server) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits until the stop is over.
    pub async fn stopped(&mut self) {
        tokio::time::timeout(DEADLINE, self.server.take().unwrap()).await.expect("the stop hangs").unwrap();
    }
}

impl Drop for Toy {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

/// The real router over the toys.
pub fn routes(levers: &Arc<Levers>, settings: HttpSettings, shutdown: &Shutdown) -> Router {
    let health = Arc::clone(levers);
    let gateway = Gateway {
        engine: engine(),
        sessions: Arc::new(ToySessions(Arc::clone(levers))),
        readiness: Arc::new(move || {
            let is_up = !health.is_down.load(Ordering::SeqCst);
            async move { is_up }.boxed()
        }),
        settings,
        shutdown: shutdown.clone(),
    };
    router(gateway, Router::new())
}

fn engine() -> Engine {
    Engine::new(configure(Schema::build(Query, Mutation, Ticker)).finish(), Limits::default()).expect("an engine")
}

/// A way to a server by which its answers come slowly and steadily, a megabyte a second; gives the address to go by.
pub async fn slowly(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(32 * 1024).unwrap();
            let (mut from_server, mut to_server) = socket.connect(server).await.unwrap().into_split();
            let (mut from_client, mut to_client) = client.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            tokio::spawn(async move {
                let mut sip = vec![0; 20_000];
                while let Ok(count @ 1..) = from_server.read(&mut sip).await {
                    to_client.write_all(&sip[..count]).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            });
        }
    });
    address
}

/// Whether the end of a connection that this process has accepted is open, by the kernel's table.
pub fn is_established(ours: SocketAddr, theirs: SocketAddr) -> bool {
    let (ours, theirs) = (format!(":{:04X}", ours.port()), format!(":{:04X}", theirs.port()));
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    table.lines().any(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        columns[1].ends_with(&ours) && columns[2].ends_with(&theirs) && columns[3] == "01"
    })
}
