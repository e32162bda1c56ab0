//! The demonstration's mailbox: what the gateway would have sent, readable in a browser. Served only with `--demo`.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

/// How many mails are shown, newest first.
const SHOWN: usize = 50;

/// The page at `/demo/mail` over a folder of .eml files.
pub fn routes(folder: PathBuf) -> Router {
    Router::new().route("/demo/mail", get(list)).with_state(Arc::new(folder))
}

async fn list(State(folder): State<Arc<PathBuf>>) -> Response {
    match tokio::task::spawn_blocking(move || newest(&folder)).await {
        Ok(Ok(mails)) => page(&mails).into_response(),
        Ok(Err(_)) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The newest mails; their names are ids that sort by time.
fn newest(folder: &PathBuf) -> std::io::Result<Vec<Vec<u8>>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
    files.sort_by(|one, other| other.cmp(one));
    files.iter().take(SHOWN).map(std::fs::read).collect()
}

fn page(mails: &[Vec<u8>]) -> Html<String> {
    let mut body = String::new();
    for bytes in mails {
        let Some(mail) = mail_parser::MessageParser::default().parse(bytes) else { continue };
        let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap_or("?");
        let text = mail.body_text(0).unwrap_or_else(|| "?".into());
        let subject = mail.subject().unwrap_or("?");
        body.push_str(&format!(
            "<article><h2>{}</h2><p>To: {}</p><pre>{}</pre></article>",
            escape(subject),
            escape(to),
            linked(&text)
        ));
    }
    if body.is_empty() {
        body.push_str("<p>まだメールはありません。 / No mails yet.</p>");
    }
    Html(format!(
        "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><link rel=\"icon\" href=\"data:,\"><title>Madoguchi demo mail</title>\
         <style>body{{font:16px/1.6 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}}\
         pre{{white-space:pre-wrap;overflow-wrap:anywhere}}article{{border-top:1px solid #bbb}}</style>\
         <h1>メール / Mail</h1>{body}</html>"
    ))
}

/// The text with its addresses as links.
fn linked(text: &str) -> String {
    let word = |word: &str| match word.starts_with("http://") || word.starts_with("https://") {
        true => format!("<a href=\"{0}\">{0}</a>", escape(word)),
        false => escape(word),
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing in a mail becomes markup; its links can be followed.
    #[test]
    fn mails_are_text() {
        let html = linked("<b>&\nsee http://127.0.0.1/?a=1&b=2 now");
        assert_eq!(
            html,
            "&lt;b&gt;&amp;\nsee <a href=\"http://127.0.0.1/?a=1&amp;b=2\">http://127.0.0.1/?a=1&amp;b=2</a> now"
        );
    }
}
