//! The closed list of codes that the wire itself puts into `extensions.code`.
//!
//! Codes of documents are in `execution`, codes of the counter in `domain`. A new code is one row below and one in docs/errors.md.

use axum::http::StatusCode;

use crate::domain::language::Language;

/// Declares the codes with all that belongs to each, so that no code lacks a status, a text or a meaning.
macro_rules! codes {
    ($($name:ident, $text:literal, $status:ident, $meaning:literal, $ja:literal, $en:literal;)+) => {
        /// Why the wire refuses a request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum HttpErrorCode {
            $(#[doc = $meaning] $name,)+
        }

        impl HttpErrorCode {
            /// Every code.
            pub const fn all() -> &'static [Self] {
                &[$(Self::$name),+]
            }

            /// As it stands in `extensions.code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The status of an HTTP answer that carries it.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }

            /// When it is sent, and what to do about it; for docs/errors.md.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning),+ }
            }

            /// The text for a person.
            pub fn message(self, language: Language) -> &'static str {
                match self { $(Self::$name => language.pick($ja, $en)),+ }
            }
        }
    };
}

/// Whose an error is to mend, beside its code: the client's, or ours. Tools that know none of our codes go by `classification`, as servers
/// of other makes write it; without it they take every error of a field for a fault of the server.
pub(super) fn classification(code: Option<&str>) -> &'static str {
    if code == Some(HttpErrorCode::Internal.as_str()) { "INTERNAL_SERVER_ERROR" } else { "BAD_REQUEST" }
}

codes! {
    NotFound, "NOT_FOUND", NOT_FOUND,
        "No page has this path. The API is at /graphql.",
        "このパスにページはありません。APIは /graphql です。", "There is nothing at this path. The API is at /graphql.";
    MethodNotAllowed, "METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED,
        "The path knows no such method; the header `Allow` names those that it knows. Operations go to /graphql by POST, queries also by GET.",
        "このメソッドはここでは使えません。使えるものはAllowヘッダーにあります。",
        "This method is not allowed here. The header `Allow` names those that are.";
    MutationNeedsPost, "MUTATION_NEEDS_POST", METHOD_NOT_ALLOWED,
        "A mutation came by another method than POST. Nothing but a POST changes anything.",
        "変更（mutation）はPOSTで送ってください。", "Send mutations by POST.";
    NotAcceptable, "NOT_ACCEPTABLE", NOT_ACCEPTABLE,
        "`Accept` names none of application/graphql-response+json, application/json, text/event-stream and \
         multipart/mixed;subscriptionSpec=1.0.",
        "Acceptヘッダーに application/graphql-response+json か application/json（続けて受け取る場合は text/event-stream か \
         multipart/mixed;subscriptionSpec=1.0）を含めてください。",
        "Accept application/graphql-response+json or application/json, or for a stream text/event-stream or \
         multipart/mixed;subscriptionSpec=1.0.";
    UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", UNSUPPORTED_MEDIA_TYPE,
        "The body's `Content-Type` is neither application/json in UTF-8 nor multipart/form-data, which also keeps forms of foreign pages out; or the \
         body is packed (`Content-Encoding`), which is not taken: the message then says so, and `Accept-Encoding` in the answer. \
         A shared stream takes JSON only: files go to /graphql.",
        "Content-Type は application/json(UTF-8)、ファイルを送る場合は multipart/form-data にしてください。",
        "Send the body as application/json in UTF-8, or files as multipart/form-data.";
    PreflightRequired, "PREFLIGHT_REQUIRED", BAD_REQUEST,
        "A multipart/form-data request needs one of the headers `apollo-require-preflight`, `x-apollo-operation-name` and \
         `graphql-require-preflight` with any value that is not empty, which keeps forms of foreign pages out.",
        "multipart/form-data で送る場合は、ヘッダー apollo-require-preflight: true を付けてください。",
        "Send multipart/form-data with the header `apollo-require-preflight: true`.";
    BodyTooLarge, "BODY_TOO_LARGE", PAYLOAD_TOO_LARGE,
        "The body is above the limit: 1 MiB, and with files room for five of the largest; of these, `operations` has 1 MiB and `map` 16 KiB. Its \
         JSON, or that in an address or a message, has at most 10,000 values.",
        "リクエストの本文が大きすぎます。", "The request's body is too large.";
    BodyTimeout, "BODY_TIMEOUT", REQUEST_TIMEOUT,
        "The body did not arrive in time. Send the request again.",
        "リクエストの本文が時間内に届きませんでした。もう一度送ってください。",
        "The request's body did not arrive in time. Send it again.";
    MalformedJson, "MALFORMED_JSON", BAD_REQUEST,
        "The body, or `variables` or `extensions` in an address, is not JSON, nests deeper than 127 levels, has a \
         number beyond what a double holds, or a text with half of a character (a surrogate without the other, as where an emoji was cut in two).",
        "リクエストの本文、またはアドレスの variables か extensions がJSONではないか、入れ子が深すぎるか、数が大きすぎるか、途中で切れた文字（サロゲートの片方）を含んでいます。",
        "The request's body, or `variables` or `extensions` in its address, is not JSON, nests too deep, has too large a number, or half of a character.";
    MalformedRequest, "MALFORMED_REQUEST", BAD_REQUEST,
        "The JSON or a header is not what a GraphQL request has there; the message names the member.",
        "GraphQLリクエストの形式が正しくありません。", "This is not a well-formed GraphQL request.";
    PersistedQueryNotFound, "PERSISTED_QUERY_NOT_FOUND", BAD_REQUEST,
        "The gateway knows no document of this id. Send the document with its hash (automatic persisted queries), or name a trusted one.",
        "PersistedQueryNotFound", "PersistedQueryNotFound";
    PersistedQueryNotSupported, "PERSISTED_QUERY_NOT_SUPPORTED", BAD_REQUEST,
        "The gateway is configured to know no documents by id. Send the document.",
        "PersistedQueryNotSupported", "PersistedQueryNotSupported";
    DocumentHashMismatch, "DOCUMENT_HASH_MISMATCH", BAD_REQUEST,
        "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`.",
        "sha256Hash がドキュメントと一致しません。", "The hash is not that of the document.";
    DocumentNotTrusted, "DOCUMENT_NOT_TRUSTED", BAD_REQUEST,
        "The gateway runs trusted documents only, and this is none of them. Put it into a manifest (`madoguchi documents build`).",
        "このドキュメントは登録されていません。", "This gateway runs trusted documents only, and this is none of them.";
    BatchingNotSupported, "BATCHING_NOT_SUPPORTED", BAD_REQUEST,
        "The body is an array. Send one operation a request.",
        "一度に送れる操作は1つです。配列では送れません。", "Send one operation a request, not an array.";
    SubscriptionNeedsStream, "SUBSCRIPTION_NEEDS_STREAM", BAD_REQUEST,
        "A subscription came with an `Accept` that takes one answer only. Accept text/event-stream or \
         multipart/mixed;subscriptionSpec=1.0, or open a WebSocket at /graphql/ws (graphql-transport-ws).",
        "サブスクリプションは Accept: text/event-stream か multipart/mixed;subscriptionSpec=1.0、または /graphql/ws の\
         WebSocket(graphql-transport-ws)で送ってください。",
        "Send subscriptions with Accept: text/event-stream or multipart/mixed;subscriptionSpec=1.0, or over a WebSocket at /graphql/ws \
         (graphql-transport-ws).";
    StreamNotFound, "STREAM_NOT_FOUND", NOT_FOUND,
        "The token names no reserved or open stream of this login. Reserve one by PUT.",
        "このトークンのストリームはありません。PUTで予約してください。", "The token names no stream. Reserve one by PUT.";
    StreamTaken, "STREAM_TAKEN", CONFLICT,
        "The stream is open already, or runs an operation of this id already.",
        "このストリームまたは操作IDは、すでに使われています。", "The stream is open already, or the operation's id is in use.";
    TooManyStreams, "TOO_MANY_STREAMS", TOO_MANY_REQUESTS,
        "The user holds as many streams open as may be (20). Close one first.",
        "同時に開けるストリームの数を超えました。どれかを閉じてください。",
        "As many streams are open as may be. Close one first.";
    TooManyDownloads, "TOO_MANY_DOWNLOADS", TOO_MANY_REQUESTS,
        "The user fetches as many files at once as may be (20). Wait until one of them is there.",
        "同時にダウンロードできるファイルの数を超えました。どれかが終わってからもう一度お試しください。",
        "As many files are being fetched as may be. Wait until one of them is there.";
    Unauthenticated, "UNAUTHENTICATED", UNAUTHORIZED,
        "Nobody is logged in where somebody must be, or the bearer token is malformed, unknown, expired or revoked. Log in (again).",
        "ログインが必要です。ログインしていないか、有効期限が切れているか、トークンが正しくありません。",
        "You are not logged in, or your token is not valid (any more). Log in.";
    CrossOrigin, "CROSS_ORIGIN", FORBIDDEN,
        "A page of another origin used the session cookie. Have its origin allowed by configuration (`http.allowed_origins`): in a browser, a \
         bearer token needs that as well. A WebSocket is closed with 4403 instead, when `connection_init` brings no token.",
        "許可されていないオリジンからのリクエストです。", "Requests with the session cookie are not accepted from this origin.";
    UpgradeRequired, "UPGRADE_REQUIRED", UPGRADE_REQUIRED,
        "The path speaks WebSocket only.",
        "このパスはWebSocket専用です。", "This path speaks WebSocket only.";
    TooManySubscriptions, "TOO_MANY_SUBSCRIPTIONS", TOO_MANY_REQUESTS,
        "The socket, or the stream that operations share, already runs as many as it may (20). Complete one first.",
        "この接続で同時に実行できる操作の数を超えました。どれかを終了してください。",
        "This connection already runs as many operations as it may. Complete one first.";
    RateLimited, "RATE_LIMITED", TOO_MANY_REQUESTS,
        "The budget of this user, or of this network for who is not logged in, does not hold the operation's cost now. Repeat after the seconds of \
         `Retry-After`, which are also in `extensions.retryAfter`; `rateLimit` tells what is left.",
        "短い時間に多くの操作が行われました。しばらくしてからもう一度お試しください。",
        "Too much was asked for in a short time. Try again a little later.";
    ExecutionTimeout, "EXECUTION_TIMEOUT", SERVICE_UNAVAILABLE,
        "The query took longer than the gateway gives one (10 seconds), and was left. Ask for less of it at once.",
        "照会に時間がかかりすぎました。一度に取得する項目を減らしてください。",
        "The query took too long. Ask for less of it at once.";
    Overloaded, "OVERLOADED", SERVICE_UNAVAILABLE,
        "The gateway has as much to do as it takes on. Repeat after the seconds of `Retry-After`, a mutation with the same idempotency key.",
        "ただいま混み合っています。しばらくしてからもう一度お試しください。",
        "The counter is very busy. Try again in a few seconds.";
    Internal, "INTERNAL", INTERNAL_SERVER_ERROR,
        "A fault of ours. Tell us `extensions.requestId`, by which its cause is found in the log.",
        "サーバーで問題が起きました。しばらくしてからもう一度お試しください。",
        "Something went wrong on our side. Try again later.";
}
