//! What runs on one socket: a task for each operation, so that a slow one holds up no other.
//!
//! The socket's loop owns them all: it starts them, hears of their end, and drops them with itself.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use async_graphql::{Data, ServerError};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::domain::actor::Actor;
use crate::domain::charge::Charge;
use crate::execution::{Answer, Operation, OperationKind};
use crate::http::budget::Payer;
use crate::http::error_code::HttpErrorCode;
use crate::http::observe::RequestId;
use crate::http::payload::{self, Asked};
use crate::http::refusal::Refusal;
use crate::http::run::Addressee;
use crate::http::sessions::{RequestFacts, Transport};
use crate::http::{Desk, graphql, run};

use super::outbox::{self, Outbox};
use super::protocol::{End, Payload, ServerMessage};
use super::socket::Visitor;

/// How an operation ended.
enum Outcome {
    /// All was delivered.
    Complete,
    /// It was refused, or broke off: no further answer.
    Refused(Vec<ServerError>),
}

/// The running operations of a socket.
pub(super) struct Operations {
    desk: Arc<Desk>,
    actor: Actor,
    outbox: Outbox,
    tasks: JoinSet<Outcome>,
    by_id: HashMap<String, Running>,
    /// Those that ended last, whose messages may still be on their way.
    ended: VecDeque<(String, CancellationToken)>,
    /// The last message of one, as long as it waits for the queue.
    last_word: Option<BoxFuture<'static, Result<(), End>>>,
}

struct Running {
    task: AbortHandle,
    addressee: Addressee,
    /// Cancelled when the client has stopped it: of what is on its way nothing is sent any more.
    stopped: CancellationToken,
    is_subscription: bool,
}

impl Running {
    fn stop(&self) {
        self.stopped.cancel();
        self.task.abort();
    }

    fn broke_off(&self, error: &JoinError) -> Outcome {
        tracing::error!(request_id = %self.addressee.request_id, is_panic = error.is_panic(), "an operation on a socket broke off");
        Outcome::Refused(vec![self.addressee.fault().into_error()])
    }
}

impl Operations {
    pub(super) fn new(desk: Arc<Desk>, actor: Actor, outbox: Outbox) -> Self {
        let (tasks, by_id, ended) = (JoinSet::new(), HashMap::new(), VecDeque::new());
        Self { desk, actor, outbox, tasks, by_id, ended, last_word: None }
    }

    /// Starts one. What cannot run is told to the client under its id; an id in use, or what is no request at all, ends the socket.
    pub(super) async fn start(&mut self, id: String, payload: Payload, visitor: &Visitor) -> Result<(), End> {
        if self.by_id.contains_key(&id) {
            return Err(End::subscriber_exists(&id));
        }
        let asked = payload.and_then(payload::from_members);
        // A payload that the protocol does not know ends the socket; what stands in members of ours is this operation's matter alone.
        if asked.as_ref().is_err_and(|refusal| refusal.is_about(&payload::PROTOCOL)) {
            return Err(End::invalid_message());
        }
        let facts = facts(visitor);
        let addressee = facts.addressee();
        let request_id = &addressee.request_id;
        // By this line the id that an error carries leads to the socket and its client.
        tracing::info!(%request_id, socket = %visitor.request_id, "operation");
        match asked.map_err(Unprepared::Refusal).and_then(|asked| self.prepare(asked, &facts)) {
            Ok((operation, charge)) => {
                let data = graphql::data(&self.desk, self.actor, RequestFacts { charge, ..facts }, None);
                let span = tracing::info_span!("operation", socket = %visitor.request_id, %request_id);
                let stopped = CancellationToken::new();
                let is_subscription = operation.kind() == OperationKind::Subscription;
                let payer = Payer::of(self.actor, visitor.peer());
                let job = Job {
                    id: id.clone(),
                    operation,
                    data,
                    addressee: addressee.clone(),
                    payer,
                    stopped: stopped.clone(),
                };
                let task = perform(Arc::clone(&self.desk), self.outbox.clone(), job);
                let task = self.tasks.spawn(task.instrument(span));
                self.by_id.insert(id, Running { task, addressee, stopped, is_subscription });
                Ok(())
            }
            Err(Unprepared::Refusal(refusal)) => {
                let error = addressee.refused(refusal).into_error();
                self.outbox.send(&ServerMessage::Error { id: &id, payload: &[error] }).await
            }
            Err(Unprepared::Answer(mut answer)) => {
                run::sign(&mut answer, request_id);
                self.outbox.send(&ServerMessage::Error { id: &id, payload: &answer.errors }).await
            }
        }
    }

    fn prepare(&self, asked: Asked, facts: &RequestFacts) -> Result<(Operation, Option<Charge>), Unprepared> {
        if self.by_id.len() >= self.desk.gateway.settings.websocket.max_subscriptions {
            return Err(Unprepared::Refusal(Refusal::new(HttpErrorCode::TooManySubscriptions)));
        }
        let Desk { documents, gateway, budgets, .. } = &*self.desk;
        let found = documents.find(&gateway.engine, asked, &self.actor, facts.language);
        let operation = found.and_then(|found| documents.prepare(&gateway.engine, found));
        let operation = operation.map_err(Unprepared::Answer)?;
        let payer = Payer::of(self.actor, facts.peer);
        let charge = budgets.charge(payer, operation.cost()).map_err(Unprepared::Refusal)?;
        Ok((operation, charge))
    }

    /// The client wants no more of it. An id that is unknown has ended by itself.
    pub(super) fn stop(&mut self, id: &str) {
        if let Some(running) = self.by_id.remove(id) {
            running.stop();
        } else if let Some((_, stopped)) = self.ended.iter().rfind(|(ended, _)| ended == id) {
            stopped.cancel();
        }
    }

    /// Stops those that would never end by themselves. The socket's end tells the client of it.
    pub(super) fn stop_subscriptions(&mut self) {
        self.by_id.extract_if(|_, running| running.is_subscription).for_each(|(_, running)| running.stop());
    }

    /// Whether none runs, and all that ended was told.
    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty() && self.last_word.is_none()
    }

    /// Waits until one has ended and the client is told; for ever while none runs. Nothing is lost when this is dropped and called again.
    pub(super) async fn next_end(&mut self) -> Result<(), End> {
        loop {
            if let Some(last_word) = &mut self.last_word {
                let told = last_word.await;
                self.last_word = None;
                return told;
            }
            let Some(ended) = self.tasks.join_next_with_id().await else { return std::future::pending().await };
            let task = match &ended {
                Ok((task, _)) => *task,
                Err(error) => error.id(),
            };
            // The client has stopped those that have no id any more.
            let Some((id, running)) = self.forget(task) else { continue };
            let outcome = ended.map(|(_, outcome)| outcome).unwrap_or_else(|error| running.broke_off(&error));
            let (outbox, stopped) = (self.outbox.clone(), running.stopped);
            let last_word = async move {
                let message = match &outcome {
                    Outcome::Complete => ServerMessage::Complete { id: &id },
                    Outcome::Refused(errors) => ServerMessage::Error { id: &id, payload: errors },
                };
                outbox.send_unless(&stopped, &message).await
            };
            self.last_word = Some(last_word.boxed());
        }
    }

    fn forget(&mut self, task: Id) -> Option<(String, Running)> {
        let id = self.by_id.iter().find_map(|(id, running)| (running.task.id() == task).then(|| id.clone()))?;
        let running = self.by_id.remove(&id)?;
        self.ended.push_back((id.clone(), running.stopped.clone()));
        // As many as the queue holds, the one that is being written and the one that waits.
        if self.ended.len() > outbox::LENGTH + 2 {
            self.ended.pop_front();
        }
        Some((id, running))
    }
}

enum Unprepared {
    Refusal(Refusal),
    Answer(Box<Answer>),
}

fn facts(visitor: &Visitor) -> RequestFacts {
    RequestFacts {
        request_id: RequestId::generate(),
        language: visitor.language,
        transport: Transport::Stream,
        peer: visitor.peer(),
        idempotency_key: None,
        charge: None,
    }
}

/// An operation that is to run.
struct Job {
    id: String,
    operation: Operation,
    data: Data,
    addressee: Addressee,
    payer: Payer,
    stopped: CancellationToken,
}

/// Runs one operation to its end and sends its answers.
async fn perform(desk: Arc<Desk>, outbox: Outbox, job: Job) -> Outcome {
    let Job { id, operation, data, addressee, payer, stopped } = job;
    let mut answers = match run::to_answers(&desk, operation, data, addressee.clone(), payer).await {
        Ok(answers) => answers,
        Err(refusal) => return Outcome::Refused(vec![addressee.refused(refusal).into_error()]),
    };
    while let Some(answer) = answers.next().await {
        if let Some(outcome) = deliver(answer, &outbox, &id, &stopped).await {
            return outcome;
        }
    }
    Outcome::Complete
}

/// Sends an answer; an outcome when it was the last.
async fn deliver(answer: Answer, outbox: &Outbox, id: &str, stopped: &CancellationToken) -> Option<Outcome> {
    if answer.is_request_error() {
        return Some(Outcome::Refused(answer.errors));
    }
    match outbox.send_unless(stopped, &ServerMessage::Next { id, payload: &answer }).await {
        Ok(()) => None,
        // The socket is ending, and nobody hears of this.
        Err(_) => Some(Outcome::Complete),
    }
}
