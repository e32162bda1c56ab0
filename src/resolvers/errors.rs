//! The one place that turns failures into GraphQL: refusals of a mutation into `userErrors`, everything else into errors with a code.
//!
//! A fault is logged here, once, with its chain; the client gets INTERNAL and the request's id, or OVERLOADED when it may simply come
//! again.

use async_graphql::{Context, Error, ErrorExtensions, Result};

use super::context::Ask;
use crate::domain::refusal::{ErrorCode, Refusal};
use crate::schema::errors::UserError;
use crate::services::{Failure, Outcome};

/// So many refusals are told at once, as of a document's errors.
const MOST: usize = 20;

/// The code of a fault.
pub const INTERNAL: &str = "INTERNAL";
/// The code of a fault that is over when there is less to do.
pub const OVERLOADED: &str = "OVERLOADED";

/// The answer of a query: a refusal becomes the field's error.
pub(super) fn answer<T>(ctx: &Context<'_>, outcome: Outcome<T>) -> Result<T> {
    outcome.map_err(|failure| error(ctx, &failure))
}

/// The answer of a mutation: refusals are data. Only "nobody is logged in" and "not for this role" are errors of the field.
pub(super) fn refusals<T>(ctx: &Context<'_>, outcome: Outcome<T>) -> Result<std::result::Result<T, Vec<UserError>>> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(Failure::Refused(refused)) if !refused.iter().any(bars) => {
            let language = ctx.language()?;
            Ok(Err(refused.iter().take(MOST).map(|refusal| UserError::new(refusal, language)).collect()))
        }
        Err(failure) => Err(error(ctx, &failure)),
    }
}

/// Whether a refusal bars the actor from the operation as such.
fn bars(refusal: &Refusal) -> bool {
    matches!(refusal.code(), ErrorCode::Unauthenticated | ErrorCode::Forbidden)
}

/// A failure as the error of a field.
pub(super) fn error(ctx: &Context<'_>, failure: &Failure) -> Error {
    let request = match ctx.request() {
        Ok(request) => request,
        Err(error) => return error,
    };
    match failure {
        Failure::Refused(refused) => {
            let words: Vec<_> = refused.iter().map(|refusal| refusal.message(request.language)).collect();
            let first = refused.first();
            Error::new(words.join(" ")).extend_with(|_, extensions| {
                if let Some(refusal) = first {
                    extensions.set("code", refusal.code().as_str());
                    extensions.set("field", refusal.field.clone());
                }
            })
        }
        Failure::Fault(fault) if fault.is_overload() => {
            tracing::error!(request_id = %request.request_id, field = %ctx.field().name(), cause = %fault, "the database has no time");
            let words = request.language.pick(
                "ただいま混み合っています。しばらくしてからもう一度お試しください。",
                "The counter is very busy. Try again in a few seconds.",
            );
            Error::new(words).extend_with(|_, extensions| extensions.set("code", OVERLOADED))
        }
        Failure::Fault(fault) => {
            tracing::error!(request_id = %request.request_id, field = %ctx.field().name(), cause = %fault, "a request failed");
            let words = request.language.pick(
                "処理中に問題が発生しました。時間をおいてもう一度お試しください。",
                "Something went wrong on our side. Try again later.",
            );
            Error::new(words).extend_with(|_, extensions| {
                extensions.set("code", INTERNAL);
                extensions.set("requestId", request.request_id.clone());
            })
        }
    }
}
