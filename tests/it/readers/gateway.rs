//! A gateway for the readers: the real router over a schema that takes files, and over nothing that outlives a request.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use async_graphql::{Context, Data, Error, ErrorExtensions, Object, Schema, Subscription};
use axum::Router;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use madoguchi::domain::actor::{Actor, Role};
use madoguchi::domain::attachment::{content::Inspector, name};
use madoguchi::domain::ids::{SessionId, UserId};
use madoguchi::execution::{Engine, Limits};
use madoguchi::http::shutdown::Shutdown;
use madoguchi::http::{Credential, CredentialError, Gateway, HttpSettings, RequestFacts, Sessions, router};
use madoguchi::schema::scalars::Upload;
use madoguchi::services::uploads::{Files, Uploads};
use uuid::Uuid;

pub struct Query;

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    async fn echo(&self, text: String) -> String {
        text
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    /// Reads the files in the order in which they are named, of each at most so many pieces, and tells what they are.
    async fn take(
        &self,
        ctx: &Context<'_>,
        files: Vec<Upload>,
        #[graphql(default = 1_000_000)] pieces: usize,
    ) -> Result<Vec<String>, Error> {
        let uploads = ctx.data_opt::<Uploads>().ok_or_else(|| coded("FILE_EXPECTED"))?;
        let mut told = Vec::new();
        for file in files {
            told.push(look_at(&**uploads, &file.0, pieces).await?);
        }
        Ok(told)
    }
}

/// What there is to tell of one file: as much as the counter asks of it.
async fn look_at(uploads: &dyn Files, part: &str, pieces: usize) -> Result<String, Error> {
    let mut file = uploads.open(part).await.map_err(|broken| coded(&format!("{broken:?}")))?;
    let name = file.name.as_deref().map(name::clean);
    let mut inspector = Inspector::default();
    for _ in 0..pieces {
        let Some(bytes) = file.bytes.next().await else {
            let size = inspector.size();
            return Ok(format!("{name:?}: {size} bytes, {:?}", inspector.finish()));
        };
        let bytes = bytes.map_err(|broken| coded(&format!("{broken:?}")))?;
        inspector.take(&bytes).map_err(|reason| coded(&format!("{reason:?}")))?;
    }
    Ok(format!("{name:?}: left"))
}

fn coded(code: &str) -> Error {
    Error::new("refused").extend_with(|_, extensions| extensions.set("code", code))
}

pub struct Ticker;

#[Subscription]
impl Ticker {
    async fn count(&self, to: u8) -> impl Stream<Item = u8> {
        stream::iter(1..=to)
    }

    async fn stay(&self) -> impl Stream<Item = u8> {
        stream::iter([1]).chain(stream::pending())
    }
}

/// Knows one login, by the token `good`.
struct OneLogin;

impl Sessions for OneLogin {
    fn actor(&self, credential: Option<Credential>) -> BoxFuture<'_, Result<Actor, CredentialError>> {
        let actor = match credential {
            None => Ok(Actor::Anonymous),
            Some(Credential::Bearer(token) | Credential::Cookie(token)) if token.expose() == "good" => Ok(person()),
            Some(_) => Err(CredentialError::Invalid),
        };
        std::future::ready(actor).boxed()
    }

    fn still_standing<'a>(&'a self, actors: &'a [Actor]) -> BoxFuture<'a, Result<HashSet<Actor>, CredentialError>> {
        std::future::ready(Ok(actors.iter().copied().collect())).boxed()
    }

    fn request_data(&self, _: Actor, _: RequestFacts) -> Data {
        Data::default()
    }
}

fn person() -> Actor {
    let id = Uuid::from_u128(1);
    Actor::User { user: UserId::from_uuid(id), role: Role::Applicant, session: SessionId::from_uuid(id) }
}

/// The router, as new as one that has just been started.
pub fn routes() -> Router {
    static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
        let schema = madoguchi::execution::configure(Schema::build(Query, Mutation, Ticker)).finish();
        Engine::new(schema, Limits::default()).expect("an engine")
    });
    let gateway = Gateway {
        engine: ENGINE.clone(),
        sessions: Arc::new(OneLogin),
        readiness: Arc::new(|| std::future::ready(true).boxed()),
        settings: HttpSettings::default(),
        shutdown: Shutdown::default(),
    };
    router(gateway, Router::new())
}

/// Runs to its end what an input brings about, in a runtime of its own: nothing of it is left for the next.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(work)
}
