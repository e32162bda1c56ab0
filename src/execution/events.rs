//! The answers of a subscription: one for each event, or a single refusal when its source could not be made.

use std::task::Poll;

use async_graphql::{Response, Value};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, poll};

use super::Answer;

/// Finishes each response. A stream that never began is one request error (GraphQL specification, CreateSourceEventStream).
pub(super) fn answers(
    responses: BoxStream<'static, Response>,
    finish: impl Fn(Response) -> Answer + Send + Sync + 'static,
) -> BoxStream<'static, Answer> {
    stream::once(begin(responses, finish)).flatten().boxed()
}

async fn begin(
    mut responses: BoxStream<'static, Response>,
    finish: impl Fn(Response) -> Answer + Send + Sync + 'static,
) -> BoxStream<'static, Answer> {
    let Some(first) = responses.next().await else { return stream::empty().boxed() };
    let has_failed = first.data == Value::Null && !first.errors.is_empty();
    // async-graphql tells of a source that could not be made as of an event that failed; but then it is over at once.
    let second = if has_failed { poll!(responses.next()) } else { Poll::Pending };
    if has_failed && matches!(second, Poll::Ready(None)) {
        return stream::iter([Answer { data: None, ..finish(first) }]).boxed();
    }
    let second = match second {
        Poll::Ready(response) => response,
        Poll::Pending => None,
    };
    stream::iter([first]).chain(stream::iter(second)).chain(responses).map(finish).boxed()
}
