//! Invariant 6: memory does not grow with an upload. The peak of the real program's memory while large files pass.

use serde_json::json;

use super::objects;
use crate::support::Client;
use crate::support::gateway::Gateway;
use crate::support::steps::draft;
use crate::support::upload::Form;

/// What an upload may add to the peak.
const BOUND: u64 = 12_000_000;
const TAIL: &[u8] = b"\n%%EOF\n";

/// Four people, two files each.
const LOGINS: [&str; 4] = ["clinic@example.jp", "checkup@example.jp", "midwife@example.jp", "clinic2@example.jp"];

async fn send(client: Client, application: String, name: String) {
    let form = Form::attaching(&client, json!({ "applicationId": application }));
    let filling = 100_000_000 - 9 - TAIL.len() as u64;
    let answer = form.send_long(&client, name.as_bytes(), b"%PDF-1.7\n", filling, TAIL).await;
    assert_eq!(answer.code(), "OK", "{}", answer.body);
}

/// One file of 100 MB, and then eight at once: the peak stays within 12 MB for each above what the program had before.
#[tokio::test(flavor = "multi_thread")]
async fn memory_does_not_grow_with_an_upload() {
    let gateway = Gateway::start(&["--demo"], &[("MADOGUCHI_UPLOADS_FREE_MEGABYTES", "0")]).await;
    let mut drafts = Vec::new();
    for login in LOGINS {
        let client = gateway.log_in(login).await;
        let application = draft(&client).await;
        drafts.push((client, application));
    }
    // A small one first: whatever is made once is there before anything is measured.
    let (client, application) = drafts[0].clone();
    let form = Form::attaching(&client, json!({ "applicationId": application }));
    assert_eq!(form.send(&client, b"small.pdf", b"%PDF-1.7\n%%EOF").await.code(), "OK");
    for count in [1, 8] {
        gateway.reset_peak();
        let before = gateway.peak();
        let senders = (0..count).map(|number| {
            let (client, application) = drafts[number % LOGINS.len()].clone();
            tokio::spawn(send(client, application, format!("{count}-{number}.pdf")))
        });
        for sender in senders.collect::<Vec<_>>() {
            sender.await.unwrap();
        }
        let (peak, bound) = (gateway.peak(), before + BOUND * count as u64);
        println!(
            "{count} x 100 MB: peak {:.1} MB above {:.1} MB, {:.1} MB an upload",
            (peak - before) as f64 / 1e6,
            before as f64 / 1e6,
            (peak - before) as f64 / 1e6 / count as f64
        );
        assert!(peak <= bound, "{count} at once took {peak} bytes, more than {bound}");
    }
    assert_eq!(objects(&gateway.data()).len(), 10);
}
