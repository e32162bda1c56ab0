//! The operator's commands for mails, beside a running gateway and without one.

use std::path::Path;

use serde_json::json;

use super::{Server, read, recipient};
use crate::support::eventually;
use crate::support::gateway::{Gateway, program_for};

/// Runs `madoguchi mail` over a data folder: exit code, output, complaints.
fn mail(data: &Path, arguments: &[&str], smtp: &str) -> (Option<i32>, String, String) {
    madoguchi(data, &[&["mail"], arguments].concat(), &[("MADOGUCHI_MAIL_SMTP", smtp)])
}

fn madoguchi(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let mut command = program_for(data);
    command.args(arguments).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

impl Server {
    fn address(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }
}

async fn ask_for_a_password(gateway: &Gateway, email: &str) {
    gateway.visitor().run("RequestPasswordReset", json!({ "input": { "email": email } })).await;
}

async fn dead(data: &Path, smtp: &str) -> String {
    eventually("a dead mail", || async {
        let (_, out, _) = mail(data, &["list", "--dead"], smtp);
        (!out.is_empty()).then_some(out)
    })
    .await
}

/// The words of every mail and whether the server lets us in; what is wrong with a server, in words, and never its password.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_checks_words_and_server() {
    let server = Server::start(json!({})).await;
    let (folder, smtp) = (tempfile::tempdir().unwrap(), server.address());
    let data = folder.path().join("data");
    let (code, out, err) = mail(&data, &["check"], &smtp);
    assert!(code == Some(0) && out.contains("8 mails in 2 languages") && out.contains("lets us in"), "{out}{err}");
    let (code, out, err) = madoguchi(&data, &["mail", "check", "--smtp", &smtp], &[]);
    assert!(code == Some(0) && out.contains("lets us in"), "{out}{err}");
    let (code, _, err) = mail(&data, &["check"], "smtp://127.0.0.1:1?tls=none");
    assert!(code == Some(1) && err.contains("there is no connection"), "{err}");
    let closed = Server::start(json!({ "closed": true })).await;
    let (code, _, err) = mail(&data, &["check"], &closed.address());
    assert!(code == Some(1) && err.contains("it turns us away") && err.contains("smtp-greeting-554"), "{err}");
    let (code, _, err) = mail(&data, &["check"], "smtp://user:secret-of-mine@127.0.0.1:1?tls=none");
    assert!(code == Some(2) && err.contains("MADOGUCHI_MAIL_SMTP") && !err.contains("secret-of-mine"), "{err}");
    let (code, out, _) =
        madoguchi(&data, &["config", "check"], &[("MADOGUCHI_MAIL_SMTP", "smtp://user:secret-of-mine@localhost")]);
    assert!(code == Some(0) && out.contains("mail.smtp = smtp://user:***@localhost:587"), "{out}");
    assert!(!out.contains("secret-of-mine"), "{out}");
    assert_eq!(server.taken().len(), 0, "a check sends nothing");
}

/// Mails can be looked at in both languages, as they are sent, or in one.
#[test]
fn an_operator_reads_mails_beforehand() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let preview = |arguments: &[&str]| madoguchi(&data, &[&["mail", "preview"], arguments].concat(), &[]);
    let (japanese, english) = ("利用開始申請の修正のお願い", "Please correct your start-of-use application");
    for (language, says) in [(None, [true, true]), (Some("ja"), [true, false]), (Some("en"), [false, true])] {
        let asked: Vec<_> =
            ["application-returned"].into_iter().chain(language.map(|_| "--language")).chain(language).collect();
        let (code, out, err) = preview(&asked);
        assert_eq!((code, [out.contains(japanese), out.contains(english)]), (Some(0), says), "{out}{err}");
        assert!(out.contains("髙橋接骨院 𠮷田分院") && !out.contains("{{"), "{out}");
    }
    let (_, out, _) = preview(&[]);
    assert_eq!(out.lines().filter(|line| line.starts_with("== ")).count(), 8, "{out}");
    assert_eq!(preview(&["nonsense"]).0, Some(2));
    assert!(!data.exists(), "looking makes nothing");
}

/// What was given up is listed and sent again beside the running gateway. An address is shown to who asks for it, and to no log.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_and_sends_again() {
    let server = Server::start(json!({})).await;
    let smtp = server.address();
    let mut gateway = Gateway::start(&["--demo", "--smtp", &smtp], &[("MADOGUCHI_LOG_FILTER", "trace")]).await;
    let data = gateway.data();
    ask_for_a_password(&gateway, "refused@example.jp").await;
    let listed = dead(&data, &smtp).await;
    assert!(listed.contains("\tno-such-login\t") && listed.contains("smtp-550") && !listed.contains('@'), "{listed}");
    let (_, out, _) = mail(&data, &["list", "--dead", "--show-addresses"], &smtp);
    assert!(out.ends_with("\tsmtp-550\trefused@example.jp\n"), "{out}");
    let (_, out, _) = mail(&data, &["list", "--all", "--show-addresses"], &smtp);
    let about: Vec<_> = out.lines().filter(|line| line.contains("\tapplication-")).collect();
    assert!(!about.is_empty() && about.iter().all(|line| line.ends_with("@example.jp")), "{out}");
    server.accept();
    let id = listed.split('\t').next().unwrap();
    let (code, out, err) = mail(&data, &["resend", id], &smtp);
    assert!(code == Some(0) && out.contains("1 mail goes out again"), "{out}{err}");
    eventually("the mail", || async {
        server.taken().iter().any(|mail| recipient(&read(mail)) == "refused@example.jp").then_some(())
    })
    .await;
    let log = gateway.stop_and_read_log().await;
    assert!(log.contains("a mail was given up") && log.contains("smtp-550") && !log.contains("refused@"), "{log}");
    assert!(log.contains("handed to smtp://127.0.0.1:") && !log.contains("/demo/mail"), "{log}");
}

/// A folder without a database is told and not filled.
#[test]
fn a_wrong_folder_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("typing-mistake");
    for arguments in [["mail", "list"], ["mail", "resend"]] {
        let all_dead = if arguments[1] == "resend" { vec!["--all-dead"] } else { vec![] };
        let (code, _, err) = madoguchi(&data, &[arguments.as_slice(), &all_dead].concat(), &[]);
        assert!(code == Some(1) && err.contains("there is no portal in ") && !data.exists(), "{err}");
    }
}

/// A certificate that is not there, or is none, is named before anything is made: by the check of the configuration and at the start.
#[test]
fn a_wrong_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("ca.pem"));
    std::fs::write(&file, "no certificate").unwrap();
    let missing = folder.path().join("missing.pem");
    for (file, words) in [(&file, "holds no certificate"), (&missing, "could not be read")] {
        let named = [("MADOGUCHI_MAIL_SMTP", "smtp://localhost"), ("MADOGUCHI_MAIL_SMTP_CA", file.to_str().unwrap())];
        for arguments in [["config", "check"].as_slice(), &["mail", "check"], &["serve", "--listen", "127.0.0.1:0"]] {
            let (code, _, err) = madoguchi(&data, arguments, &named);
            assert!(code == Some(2) && err.contains(words) && err.contains("mail.smtp_ca"), "{arguments:?}: {err}");
        }
    }
    assert!(!data.exists());
}

/// A gateway that is told to stop does not wait for a mail server that has fallen silent; the mail waits for the next start.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_holds_up_no_stop() {
    let server = Server::start(json!({})).await;
    let smtp = server.address();
    let mut gateway = Gateway::start(&["--smtp", &smtp], &[]).await;
    ask_for_a_password(&gateway, "hang@example.jp").await;
    let hanging = server.folder.path().join("hanging");
    eventually("the silence", || async { hanging.exists().then_some(()) }).await;
    let log = gateway.stop_and_read_log().await;
    assert!(!log.contains("hang@"), "{log}");
    let (_, out, _) = mail(&gateway.data(), &["list"], &smtp);
    assert!(out.contains("\tno-such-login\t") && out.contains("\twaiting until "), "{out}");
}
