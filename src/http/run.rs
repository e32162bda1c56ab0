//! The one way from a transport to the engine: what a caller asked for, run to its answer.

use std::any::TypeId;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::{Data, Value};
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use tokio::time::timeout;
use tracing::Instrument;

use crate::domain::charge::Charge;
use crate::domain::language::Language;
use crate::execution::{Answer, Operation, OperationKind};

use super::budget::Payer;
use super::error_code::{self, HttpErrorCode};
use super::observe::RequestId;
use super::refusal::Refusal;
use super::{Desk, Gateway, admission, budget};

/// Whom answers are for: under which id, and in which language.
#[derive(Clone)]
pub(super) struct Addressee {
    pub(super) request_id: RequestId,
    pub(super) language: Language,
}

impl Addressee {
    /// What is refused, as they read it.
    pub(super) fn refused(&self, refusal: Refusal) -> Refusal {
        refusal.in_language(self.language).of(&self.request_id)
    }

    /// A fault of ours; its cause has been logged under the id.
    pub(super) fn fault(&self) -> Refusal {
        self.refused(Refusal::new(HttpErrorCode::Internal))
    }
}

/// Runs a query or a mutation. Its place at the gate lies in its data, and is free when it is done.
///
/// A mutation runs in a task of its own, which a stop waits for: a client that hangs up must not cut a transaction in two.
pub(super) async fn to_answer(gateway: &Gateway, operation: Operation, data: Data, addressee: &Addressee) -> Answer {
    let request_id = &addressee.request_id;
    let engine = gateway.engine.clone();
    let kind = operation.kind();
    let told = told(&operation, &data);
    let outcome = if matches!(kind, OperationKind::Mutation) {
        let work = async move { engine.execute(operation, data).await };
        gateway.shutdown.spawn(work.in_current_span()).await.map_err(drop)
    } else {
        // Nothing is half done when a query is left; a mutation comes to its end.
        let work = AssertUnwindSafe(engine.execute(operation, data)).catch_unwind();
        match timeout(gateway.settings.execution_timeout, work).await {
            Ok(outcome) => outcome.map_err(drop),
            Err(_) => {
                tracing::warn!(%request_id, "a query took too long and was left");
                return addressee.refused(Refusal::new(HttpErrorCode::ExecutionTimeout)).into_answer();
            }
        }
    };
    match outcome {
        Ok(mut answer) => {
            sign(&mut answer, request_id);
            admission::settle(&mut answer, kind);
            answer.extensions = told;
            answer
        }
        // The panic's text may hold what the client sent, so that only the place in the panic hook's output tells more.
        Err(()) => {
            tracing::error!(%request_id, "an operation panicked");
            addressee.fault().into_answer()
        }
    }
}

/// The answers of one operation as they come, once it has a place: of a query or a mutation its one.
///
/// A subscription has its place for its start only: until its resolver gives it back, and at most until the first answer.
pub(super) async fn to_answers(
    desk: &Arc<Desk>,
    operation: Operation,
    mut data: Data,
    addressee: Addressee,
    payer: Payer,
) -> Result<BoxStream<'static, Answer>, Refusal> {
    let place = desk.gate.enter().await?;
    data.insert(place.clone());
    if !matches!(operation.kind(), OperationKind::Subscription) {
        drop(place);
        let desk = Arc::clone(desk);
        let answer = async move { to_answer(&desk.gateway, operation, data, &addressee).await };
        return Ok(stream::once(answer).boxed());
    }
    let (mut told, cost) = (told(&operation, &data), operation.cost_of_event());
    let answers = desk.gateway.engine.subscribe(operation, data).map(move |mut answer| {
        place.give_back();
        sign(&mut answer, &addressee.request_id);
        admission::settle(&mut answer, OperationKind::Subscription);
        answer.extensions = told.take();
        answer
    });
    let desk = Arc::clone(desk);
    let paid = answers.enumerate().then(move |(position, answer)| {
        let desk = Arc::clone(&desk);
        async move {
            if position > 0 {
                desk.budgets.pay(payer, cost).await;
            }
            answer
        }
    });
    Ok(paid.boxed())
}

/// The charge, where the client asks for it.
fn told(operation: &Operation, data: &Data) -> Option<Value> {
    let charge = data.get(&TypeId::of::<Charge>()).filter(|_| operation.tells_cost());
    charge.and_then(|charge| charge.downcast_ref()).map(budget::told)
}

/// Puts the request id beside each error, by which what the log has of it is found, and whose it is to mend.
pub(super) fn sign(answer: &mut Answer, request_id: &RequestId) {
    for error in &mut answer.errors {
        let extensions = error.extensions.get_or_insert_default();
        let code = extensions.get("code").and_then(|code| match code {
            Value::String(code) => Some(code.as_str()),
            _ => None,
        });
        let classification = error_code::classification(code);
        extensions.set("classification", classification);
        extensions.set("requestId", request_id.as_str());
    }
}
