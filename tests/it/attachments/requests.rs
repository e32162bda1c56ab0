//! The form of a request with files: what is refused before the body is read, what after its first parts, and what on the way.

use std::time::Duration;

use serde_json::{Value, json};

use super::files::{jpeg, pdf, png};
use super::{assert_nothing, objects, rows};
use crate::support::steps::draft;
use crate::support::upload::{Form, Wire, attach, closing, file_head};
use crate::support::{Client, DEADLINE, Portal, eventually, operations};

/// The answer to a head alone: nothing of the body is sent.
async fn unread(form: &Form, client: &Client) -> (u16, String) {
    let answer = form.begin(client, 50_000_000).await.answer().await;
    (answer.status, answer.code())
}

async fn clinic(portal: &Portal) -> (Client, String, Form) {
    let client = portal.log_in("clinic@example.jp").await;
    let application = draft(&client).await;
    let form = Form::attaching(&client, json!({ "applicationId": application }));
    (client, application, form)
}

/// Nobody, somebody with a dead token, and a page without a proof are refused before a byte of the body is there; so is a length
/// beyond all bounds.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_refused_before_the_body_is_read() {
    let portal = Portal::demo().await;
    let (client, _, form) = clinic(&portal).await;
    assert_eq!(unread(&form.clone().without("authorization"), &client).await, (401, "UNAUTHENTICATED".to_owned()));
    let mut dead = form.clone().without("authorization");
    dead.headers.push(("authorization", "Bearer nothing-that-was-given-out".to_owned()));
    assert_eq!(unread(&dead, &client).await, (401, "UNAUTHENTICATED".to_owned()));
    let unproven = form.clone().without("apollo-require-preflight");
    let answer = unproven.begin(&client, 50_000_000).await.answer().await;
    assert_eq!((answer.status, answer.code()), (400, "PREFLIGHT_REQUIRED".to_owned()));
    assert!(answer.body.to_string().contains("apollo-require-preflight"), "{}", answer.body);
    let answer = form.begin(&client, 600_000_000).await.answer().await;
    assert_eq!((answer.status, answer.code()), (413, "BODY_TOO_LARGE".to_owned()));
    for proof in ["x-apollo-operation-name", "graphql-require-preflight"] {
        let mut proven = unproven.clone();
        proven.headers.push((proof, "AddAttachment".to_owned()));
        assert_eq!(proven.send(&client, b"a.jpg", &jpeg()).await.code(), "UNSUPPORTED_FILE_TYPE", "{proof}");
    }
    assert_nothing(&portal, "after the strangers").await;
}

/// Who may not attach here is told while the file is still on its way: only its head was sent.
#[tokio::test(flavor = "multi_thread")]
async fn ownership_is_judged_before_the_file_is_read() {
    let portal = Portal::demo().await;
    let (_, application, _) = clinic(&portal).await;
    let stranger = portal.log_in("clinic2@example.jp").await;
    let form = Form::attaching(&stranger, json!({ "applicationId": application }));
    let mut wire = form.begin(&stranger, 50_000_000).await;
    wire.write(&form.opening(b"a.pdf")).await;
    assert_eq!(wire.answer().await.code(), "NOT_FOUND");
    assert_nothing(&portal, "after the stranger").await;
}

/// What the specification asks of `operations` and `map`, and our bounds on them.
#[tokio::test(flavor = "multi_thread")]
async fn the_parts_are_as_the_specification_says() {
    let portal = Portal::demo().await;
    let (client, _, form) = clinic(&portal).await;
    let changed = |operations: Option<&str>, map: Option<&str>| Form {
        operations: operations.map_or(form.operations.clone(), str::to_owned),
        map: map.map_or(form.map.clone(), str::to_owned),
        headers: form.headers.clone(),
    };
    let batch = format!("[{}]", form.operations);
    let long = format!("{{\"query\":\"{}\"}}", "#".repeat(1_100_000));
    let many: serde_json::Map<String, Value> =
        (0..6).map(|n| (n.to_string(), json!(["variables.input.file"]))).collect();
    let many = Value::Object(many).to_string();
    let wide = format!("{{\"0\":[\"{}\"]}}", "x".repeat(20_000));
    for (wrong, status, code) in [
        (changed(Some(&batch), None), 400, "BATCHING_NOT_SUPPORTED"),
        (changed(Some("{"), None), 400, "MALFORMED_JSON"),
        (changed(Some(&long), None), 413, "BODY_TOO_LARGE"),
        (changed(None, Some(&wide)), 413, "BODY_TOO_LARGE"),
        (changed(None, Some(&many)), 400, "MALFORMED_REQUEST"),
        (changed(None, Some("[]")), 400, "MALFORMED_REQUEST"),
        (changed(None, Some(r#"{ "0": ["variables.input.nothing"] }"#)), 400, "MALFORMED_REQUEST"),
        (changed(None, Some(r#"{ "0": ["variables.input.file", "variables.input.file"] }"#)), 400, "MALFORMED_REQUEST"),
        (changed(None, Some(r#"{ "0": ["variables.input.applicationId"] }"#)), 400, "MALFORMED_REQUEST"),
        // No file is in the map, so that the variable stays null.
        (changed(None, Some("{}")), 400, "BAD_USER_INPUT"),
    ] {
        let answer = wrong.send(&client, b"a.pdf", &pdf()).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.body);
    }
    // The map names a part that does not come.
    let other = changed(None, Some(r#"{ "another": ["variables.input.file"] }"#));
    assert_eq!(other.send(&client, b"a.pdf", &pdf()).await.code(), "UPLOAD_MALFORMED");
    // A head that never ends is not taken into memory.
    let opening = form.opening(b"the name goes on");
    let cut = opening.windows(8).rposition(|bytes| bytes == b"the name").unwrap();
    let mut wire = form.begin(&client, 10_000_000).await;
    wire.write(&opening[..cut]).await;
    wire.fill(1_000_000).await;
    assert_eq!(wire.answer().await.code(), "UPLOAD_MALFORMED");
    assert_nothing(&portal, "after the malformed ones").await;
}

/// A file where a text belongs is refused by its variable's type, whatever that is.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_no_text() {
    let portal = Portal::demo().await;
    let (client, _, form) = clinic(&portal).await;
    let add =
        "mutation ($input: AddFacilityInput!) { addFacility(input: $input) { facility { id } userErrors { code } } }";
    let verify = "mutation ($input: VerifyFacilityInput!) { verifyFacility(input: $input) { userErrors { code } } }";
    let facility = json!({ "kind": "MIDWIFERY_HOME", "code": "M1300003", "name": null });
    let of_kind = json!({ "kind": null, "code": "M1300003" });
    let key = json!({ "applicationId": "a", "expectedVersion": 1, "key": { "bankAccountNumber": null } });
    let page = "query ($input: String) { announcements(after: $input) { totalCount } }";
    for (query, input, path) in [
        (add, facility, "variables.input.name"),
        (add, of_kind, "variables.input.kind"),
        (verify, key, "variables.input.key.bankAccountNumber"),
        (page, Value::Null, "variables.input"),
    ] {
        let operations = json!({ "query": query, "variables": { "input": input } }).to_string();
        let map = json!({ "0": [path] }).to_string();
        let answer = Form { operations, map, ..form.clone() }.send(&client, b"a.pdf", &pdf()).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{path}: {}", answer.body);
    }
    assert_nothing(&portal, "after the files").await;
}

/// A text where a file belongs is refused with the way to send one, whatever the text is.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_no_file() {
    let portal = Portal::demo().await;
    let (client, application, form) = clinic(&portal).await;
    for text in [json!("0"), json!({ "part": "0" }), json!({}), json!([]), json!(7)] {
        let input = json!({ "applicationId": application, "file": text });
        let expected = [("FILE_EXPECTED".to_owned(), "input.file".to_owned())];
        assert_eq!(client.refused("AddAttachment", input).await, expected);
    }
    // A literal in the document names a part as well as a variable does, and here none that is in the map.
    let literal = format!(
        "mutation($input: AddAttachmentInput) {{ addAttachment(input: {{ applicationId: \"{application}\", file: \"x\" }}) \
         {{ userErrors {{ code }} }} }}"
    );
    let operations = json!({ "query": literal, "variables": { "input": { "file": null } } }).to_string();
    let answer = Form { operations, ..form }.send(&client, b"a.pdf", &pdf()).await;
    assert_eq!(answer.status, 400, "the variable is not used: {}", answer.body);
    assert_nothing(&portal, "after the texts").await;
}

/// One mutation a request: two files for two mutations are refused before either is read, and nothing is kept.
#[tokio::test(flavor = "multi_thread")]
async fn two_mutations_in_one_request_are_refused() {
    let portal = Portal::demo().await;
    let (client, application, form) = clinic(&portal).await;
    let query = "mutation($id: ID!, $one: Upload!, $two: Upload!) {
        one: addAttachment(input: { applicationId: $id, file: $one }) { userErrors { code } }
        two: addAttachment(input: { applicationId: $id, file: $two }) { userErrors { code } } }";
    let variables = json!({ "id": application, "one": null, "two": null });
    let operations = json!({ "query": query, "variables": variables }).to_string();
    let map = r#"{ "0": ["variables.one"], "1": ["variables.two"] }"#.to_owned();
    let files = [pdf(), b"\r\n".to_vec(), file_head("1", b"b.png"), png()].concat();
    let answer = Form { operations, map, headers: form.headers.clone() }.send(&client, b"a.pdf", &files).await;
    assert_eq!(answer.body["errors"][0]["extensions"]["limit"], "rootFields", "{}", answer.body);
    assert_nothing(&portal, "after two mutations").await;
}

/// A form as a browser makes it: a name in Japanese with quotation marks, and the words of a refusal.
#[tokio::test(flavor = "multi_thread")]
async fn a_browsers_form_is_read() {
    let portal = Portal::demo().await;
    let (client, application, _) = clinic(&portal).await;
    let token = client.token.clone().unwrap();
    let send = async |name: &str, content: &str| {
        let arguments = [client.address.as_str(), token.as_str(), application.as_str(), name, content];
        let printed = crate::support::node::node("upload.mjs", &arguments).await;
        serde_json::from_str::<Value>(&printed).unwrap()["data"]["addAttachment"].clone()
    };
    let taken = send("受領委任「承諾」\"通知書\".pdf", "%PDF-1.7\n%%EOF").await;
    assert_eq!(taken["attachment"], json!({ "fileName": "受領委任「承諾」通知書.pdf", "size": 14 }), "{taken}");
    let refused = send("通知書.pdf", "これはPDFではありません").await;
    assert_eq!(refused["userErrors"][0]["code"], "UNSUPPORTED_FILE_TYPE", "{refused}");
}

/// Two files of one user are under way; the third is told to wait, and is taken when one of them is through.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_sends_two_files_at_once() {
    let portal = Portal::demo().await;
    let (client, application, form) = clinic(&portal).await;
    let mut held: Vec<Wire> = Vec::new();
    for name in ["a.pdf", "b.pdf"] {
        let mut wire = form.begin(&client, 1_000_000).await;
        wire.write(&form.opening(name.as_bytes())).await;
        wire.write(&pdf()[..20]).await;
        held.push(wire);
    }
    eventually("two files under way", || async { (objects(portal.folder()).len() == 2).then_some(()) }).await;
    assert_eq!(form.send(&client, b"c.pdf", &pdf()).await.code(), "TOO_MANY_UPLOADS");
    drop(held.pop());
    eventually("an end of the broken one", || async { (objects(portal.folder()).len() == 1).then_some(()) }).await;
    attach(&client, &application, "c.pdf", &pdf()).await;
    drop(held);
    eventually("an end of the other", || async { (objects(portal.folder()).len() == 1).then_some(()) }).await;
    assert_eq!(rows(&portal).await, 1);
}

/// Whoever wants the answer as a stream sends files as others do: whole ones arrive, and one that breaks off ends and gives its place back.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_whose_answer_is_a_stream_ends_with_its_line() {
    let portal = Portal::demo().await;
    let (client, application, form) = clinic(&portal).await;
    for (number, accept) in ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"].into_iter().enumerate() {
        let mut form = form.clone().without("accept");
        form.headers.push(("accept", accept.to_owned()));
        for pause in 0..6 {
            let mut wire = form.begin(&client, 1_000_000).await;
            wire.write(&form.opening(b"a.pdf")).await;
            wire.write(&pdf()[..20]).await;
            tokio::time::sleep(Duration::from_millis(pause)).await;
            drop(wire);
            eventually("an end", || async { (objects(portal.folder()).len() == number).then_some(()) }).await;
        }
        let name = format!("{number}.pdf");
        let body = [form.opening(name.as_bytes()), pdf(), closing()].concat();
        let mut wire = form.begin(&client, body.len() as u64).await;
        for piece in body.chunks(100) {
            wire.write(piece).await;
            tokio::task::yield_now().await;
        }
        eventually("a row", || async { (rows(&portal).await == number + 1).then_some(()) }).await;
    }
    let held = attach(&client, &application, "c.pdf", &[&pdf()[..], b"%"].concat()).await;
    assert!(held["attachment"]["id"].is_string(), "{held}");
}

/// Over HTTP/2 a stream that is complete before the request's body is ends behind that, and the client has all of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_early_stream_ends_behind_its_request() {
    let portal = Portal::demo().await;
    let (client, _, mut form) = clinic(&portal).await;
    form = form.without("accept");
    form.operations = form.operations.replace("application_", "facility_");
    let http = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    for accept in ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"] {
        let mut request = http.post(format!("{}/graphql", client.address)).header("accept", accept);
        request = form.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        request = request.header("content-type", Form::content_type());
        let opening = form.opening(b"a.pdf");
        // The file goes on for a while after its application was found to be none.
        let pieces = futures_util::stream::unfold(0, |count| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let piece = if count < 20 { vec![b'.'; 1000] } else { closing() };
            (count < 21).then(|| (Ok::<_, std::io::Error>(piece), count + 1))
        });
        let opening = futures_util::stream::iter([Ok(opening)]);
        let body = reqwest::Body::wrap_stream(futures_util::StreamExt::chain(opening, pieces));
        let text = request.body(body).send().await.unwrap().text().await.unwrap();
        assert!(text.contains("INVALID_ID") && text.trim_end().ends_with(['-', ':']), "{text}");
    }
}

/// A file that goes to no mutation is heard out at once, however long the answer is.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_asks_for_does_not_stay_on_the_wire() {
    let portal = Portal::demo().await;
    let (client, application, mut form) = clinic(&portal).await;
    form = form.without("accept");
    form.headers.push(("accept", "text/event-stream".to_owned()));
    let variables = json!({ "applicationId": application, "input": { "file": null } });
    form.operations = json!({ "query": operations::named("ApplicationEvents"), "variables": variables }).to_string();
    let mut wire = form.begin(&client, 200_000_000).await;
    wire.write(&form.opening(b"a.pdf")).await;
    // More than the kernels on the way take.
    tokio::time::timeout(DEADLINE, wire.fill(30_000_000)).await.expect("it is read");
}

/// A sender that falls silent is told so, and nothing of its file is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_sender_is_told() {
    let portal = Portal::with(|config| config.uploads.idle = Duration::from_millis(300)).await;
    madoguchi::app::demo::fill(&portal.services).await.unwrap();
    let (client, _, form) = clinic(&portal).await;
    let mut wire = form.begin(&client, 1_000_000).await;
    wire.write(&form.opening(b"a.pdf")).await;
    wire.write(&pdf()).await;
    assert_eq!(wire.answer().await.code(), "UPLOAD_TIMED_OUT");
    // Before the file begins it is the request that is not there in time.
    let mut wire = form.begin(&client, 1_000_000).await;
    wire.write(b"--").await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.code()), (408, "BODY_TIMEOUT".to_owned()));
    assert_nothing(&portal, "after the silent ones").await;
}

/// The room that must stay free is kept from files that come together, too.
#[tokio::test(flavor = "multi_thread")]
async fn room_is_kept_for_what_is_coming() {
    let disk = rustix::fs::statvfs(std::env::temp_dir()).unwrap();
    let portal = Portal::demo_with(|config| {
        config.uploads.max_file_size = disk.f_bavail * disk.f_frsize / 10 * 6;
        config.uploads.free_space = 0;
    });
    let portal = portal.await;
    let (client, application, form) = clinic(&portal).await;
    let content = pdf();
    let body = [form.opening(b"a.pdf"), content.clone(), closing()].concat();
    let mut wire = form.begin(&client, body.len() as u64).await;
    let (begun, rest) = body.split_at(body.len() - 20);
    wire.write(begun).await;
    eventually("a file under way", || async { (objects(portal.folder()).len() == 1).then_some(()) }).await;
    assert_eq!(form.send(&client, b"b.pdf", &[&content[..], b"%"].concat()).await.code(), "STORAGE_FULL");
    wire.write(rest).await;
    assert_eq!(wire.answer().await.code(), "OK");
    attach(&client, &application, "b.pdf", &[&content[..], b"%"].concat()).await;
}

/// A stop does not wait for a slow sender, and leaves nothing of its file.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_a_slow_sender() {
    let mut portal = Portal::demo().await;
    let (client, _, form) = clinic(&portal).await;
    let mut wire = form.begin(&client, 1_000_000).await;
    wire.write(&form.opening(b"a.pdf")).await;
    wire.write(&pdf()[..20]).await;
    eventually("a file under way", || async { (objects(portal.folder()).len() == 1).then_some(()) }).await;
    let (answer, ()) = tokio::join!(wire.answer(), portal.stop());
    assert_eq!(answer.code(), "UPLOAD_TIMED_OUT");
    assert_nothing(&portal, "after the stop").await;
}

/// Exactly 100,000,000 bytes are taken, and one more is not; the answer arrives although the sender is still sending.
#[tokio::test(flavor = "multi_thread")]
async fn the_limit_is_a_hundred_million_bytes() {
    let portal = Portal::demo().await;
    let (client, _, form) = clinic(&portal).await;
    let tail = b"\n%%EOF\n";
    let filling = 100_000_000 - 9 - tail.len() as u64;
    let answer = form.send_long(&client, b"large.pdf", b"%PDF-1.7\n", filling + 1, tail).await;
    assert_eq!(answer.code(), "FILE_TOO_LARGE", "{}", answer.body);
    assert!(answer.body.to_string().contains("100,000,000"), "{}", answer.body);
    assert_nothing(&portal, "after the large one").await;
    let answer = form.send_long(&client, b"large.pdf", b"%PDF-1.7\n", filling, tail).await;
    assert_eq!(answer.payload()["attachment"]["size"], 100_000_000, "{}", answer.body);
    assert_eq!(objects(portal.folder())[0].1, 100_000_000);
}

/// A line that drops at 99 MB leaves nothing, and the same file goes in at the second try.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_drops_leaves_nothing() {
    let portal = Portal::demo().await;
    let (client, application, form) = clinic(&portal).await;
    let mut wire = form.begin(&client, 100_000_000).await;
    wire.write(&form.opening(b"large.pdf")).await;
    wire.write(b"%PDF-1.7\n").await;
    wire.fill(99_000_000).await;
    eventually("most of it in the storage", || async {
        objects(portal.folder()).first().is_some_and(|(_, size)| *size > 90_000_000).then_some(())
    })
    .await;
    drop(wire);
    eventually("an end", || async { objects(portal.folder()).is_empty().then_some(()) }).await;
    assert_nothing(&portal, "after the line dropped").await;
    attach(&client, &application, "large.pdf", &pdf()).await;
}
