//! GraphiQL's files, out of the binary: the page that `graphiql/` builds, or the one that says how to build it (`build.rs`).
//!
//! Only files are served here; the page speaks to `/graphql` and `/graphql/ws` like any client. The content security policy
//! holds it to this origin. Tabs are made in `graphiql/src/`.

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use rust_embed::{Embed, EmbeddedFile};

use super::error_code::HttpErrorCode;
use super::observe::RequestId;
use super::refusal::Refusal;
use super::{accept, negotiation};

#[derive(Embed)]
#[folder = "$GRAPHIQL_FOLDER"]
struct Files;

/// This origin and no other. The editor writes its styles into the page and carries its fonts in them.
const POLICY: (HeaderName, HeaderValue) = (
    header::CONTENT_SECURITY_POLICY,
    HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; \
         font-src 'self' data:; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
);
const NO_SNIFF: (HeaderName, HeaderValue) = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

/// The page under `/graphiql/`, and the way there from `/graphiql`.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/graphiql", get(add_slash))
        .route("/graphiql/", get(page))
        .route("/graphiql/{*path}", get(file))
}

/// Keeps the query: it may be a mail's link to one step. By a relative address, as a proxy may put all of it under a path.
async fn add_slash(uri: Uri) -> Redirect {
    match uri.query() {
        Some(query) => Redirect::temporary(&format!("graphiql/?{query}")),
        None => Redirect::temporary("graphiql/"),
    }
}

async fn page(request_id: Extension<RequestId>, headers: HeaderMap) -> Response {
    file(Ok(Path("index.html".to_owned())), request_id, headers).await
}

async fn file(
    path: Result<Path<String>, PathRejection>,
    Extension(request_id): Extension<RequestId>,
    headers: HeaderMap,
) -> Response {
    // What is no text is no file either.
    let served = path.ok().and_then(|Path(path)| serve(&path, &headers));
    let not_found = || Refusal::new(HttpErrorCode::NotFound).in_language_of(&headers).of(&request_id).into_response();
    served.unwrap_or_else(not_found)
}

fn serve(path: &str, request: &HeaderMap) -> Option<Response> {
    let plain = Files::get(path)?;
    let content_type = content_type(&plain);
    let packed = Files::get(&format!("{path}.gz")).filter(|_| accepts_gzip(request));
    let encoding = packed.as_ref().map(|_| [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))]);
    let file = packed.unwrap_or(plain);
    let tag = entity_tag(&file);
    let unchanged = negotiation::names_tag(request, &header::IF_NONE_MATCH, &tag) == Some(true);
    let head = [
        POLICY,
        NO_SNIFF,
        (header::CACHE_CONTROL, HeaderValue::from_static(lifetime(path))),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    let tag = [(header::ETAG, tag)];
    if unchanged {
        return Some((StatusCode::NOT_MODIFIED, head, tag).into_response());
    }
    Some((head, tag, encoding, [(header::CONTENT_TYPE, content_type)], Body::from(file.data)).into_response())
}

/// The build writes a hash of its content into the name of each asset, so that a name never changes its meaning.
fn lifetime(path: &str) -> &'static str {
    if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn content_type(file: &EmbeddedFile) -> String {
    let media = file.metadata.mimetype();
    if media.starts_with("text/") { format!("{media}; charset=utf-8") } else { media.to_owned() }
}

/// Whether gzip is among the accepted encodings and not refused by a weight of nought (RFC 9110, section 12.5.3).
fn accepts_gzip(request: &HeaderMap) -> bool {
    let codings = accept::ranges_of(request, &header::ACCEPT_ENCODING);
    codings.iter().any(|coding| coding.essence == "gzip" && coding.quality > 0.0)
}

/// The content's SHA-256, shortened; the packed bytes are another representation and have another tag.
fn entity_tag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let digits: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::Request;
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(path: &str, headers: &[(HeaderName, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = routes()
            .layer(Extension(RequestId::generate()))
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let (head, body) = response.into_parts();
        (head.status, head.headers, to_bytes(body, usize::MAX).await.unwrap().to_vec())
    }

    /// The page is HTML that may ask nothing of another origin, and is asked for anew each time, at the price of a 304.
    #[tokio::test]
    async fn the_page_is_held_to_its_origin_and_never_stale() {
        let (status, headers, body) = ask("/graphiql/", &[]).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'none'"));
        assert!(String::from_utf8(body).unwrap().contains("<title>Madoguchi GraphiQL</title>"));

        let tag = headers[header::ETAG].to_str().unwrap();
        let (status, _, body) = ask("/graphiql/", &[(header::IF_NONE_MATCH, &format!("\"other\", W/{tag}"))]).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    }

    /// Without the slash one is sent on, with what a mail's link carries; a file that does not exist is refused.
    #[tokio::test]
    async fn the_address_without_slash_leads_on_and_unknown_files_do_not_exist() {
        let (status, headers, _) = ask("/graphiql?operation=LogIn", &[]).await;
        assert_eq!(
            (status, &headers[header::LOCATION]),
            (StatusCode::TEMPORARY_REDIRECT, &"graphiql/?operation=LogIn".parse().unwrap())
        );
        assert_eq!(ask("/graphiql/../Cargo.toml", &[]).await.0, StatusCode::NOT_FOUND);
        for nothing in ["/graphiql/nothing.js", "/graphiql/%ff"] {
            let (status, _, body) = ask(nothing, &[]).await;
            assert_eq!(status, StatusCode::NOT_FOUND);
            assert!(String::from_utf8(body).unwrap().contains("requestId"), "{nothing}");
        }
    }

    /// Each file that was packed is sent packed to who accepts it, under the plain file's type and a tag of its own.
    #[tokio::test]
    async fn packed_files_keep_their_type() {
        for packed in Files::iter().filter(|path| path.ends_with(".gz")) {
            let path = format!("/graphiql/{}", packed.trim_end_matches(".gz"));
            let (_, plain, body) = ask(&path, &[(header::ACCEPT_ENCODING, "br, gzip;q=0")]).await;
            let (_, small, fewer) = ask(&path, &[(header::ACCEPT_ENCODING, "br, gzip")]).await;
            assert_eq!(
                (plain.get(header::CONTENT_ENCODING), &small[header::CONTENT_ENCODING]),
                (None, &HeaderValue::from_static("gzip"))
            );
            assert_eq!(plain[header::CONTENT_TYPE], small[header::CONTENT_TYPE]);
            assert_ne!(plain[header::ETAG], small[header::ETAG]);
            assert!(path.ends_with(".svg") || fewer.len() < body.len(), "{path}");
        }
    }
}
