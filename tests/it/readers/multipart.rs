//! The multipart reader, by a POST to `/graphql` from somebody who is logged in.

use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::gateway;

/// What a part's head may be; below it the pieces in which a body comes tell the reader nothing.
const LONGEST_HEAD: usize = 16 * 1024;
/// In place of a piece: the line breaks.
const BREAK: u8 = b'!';

/// A `Content-Type`, a line about the pieces in which the body comes, and the body. Whatever the pieces are, the answer is the same one,
/// well-formed, and no fault. Gives its status and its body.
///
/// Each sign of the second line is a piece, as many bytes long as it stands behind `0`; `0` is a pause, and `!` the end of the line.
pub fn multipart(input: &[u8]) -> Option<(u16, Value)> {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let (form, cuts, body) = (HeaderValue::from_bytes(lines.next()?).ok()?, lines.next()?, lines.next()?);
    let answer = answer(&form, body, cuts);
    if body.len() < LONGEST_HEAD && !cuts.contains(&BREAK) {
        assert_eq!(answer, self::answer(&form, body, &[]), "the answer depends on how the body is cut");
    }
    Some(answer)
}

/// Status and body of the answer, without what differs from request to request.
fn answer(form: &HeaderValue, body: &[u8], cuts: &[u8]) -> (u16, Value) {
    let request = Request::post("/graphql")
        .header("host", "a")
        .header(header::CONTENT_TYPE, form)
        .header(header::ACCEPT, "application/graphql-response+json")
        .header(header::AUTHORIZATION, "Bearer good")
        .header("apollo-require-preflight", "true")
        .body(pieces(body, cuts))
        .expect("a request");
    gateway::run(async move {
        let response = gateway::routes().oneshot(request).await.expect("an answer");
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let mut answer: Value = serde_json::from_slice(&body).expect("JSON");
        for error in answer["errors"].as_array_mut().into_iter().flatten() {
            let extensions = error["extensions"].as_object_mut().expect("extensions");
            assert!(extensions.get("code").is_some_and(Value::is_string), "no code: {extensions:?}");
            assert_ne!(extensions["code"], "INTERNAL");
            extensions.insert("requestId".to_owned(), json!("…"));
        }
        assert!(status < 500, "{status}: {answer}");
        (status, answer)
    })
}

fn pieces(body: &[u8], cuts: &[u8]) -> Body {
    let mut rest = Bytes::copy_from_slice(body);
    let mut pieces = Vec::new();
    for cut in cuts {
        let length = usize::from(cut.wrapping_sub(b'0')).min(rest.len());
        pieces.push(if *cut == BREAK { Err("the line broke") } else { Ok(rest.split_to(length)) });
    }
    pieces.push(Ok(rest));
    Body::from_stream(stream::iter(pieces).then(|piece| async {
        if piece.as_ref().is_ok_and(Bytes::is_empty) {
            tokio::task::yield_now().await;
        }
        piece
    }))
}
