//! The command line, as an operator meets it.

use std::process::{Output, Stdio};
use std::time::Instant;

use migration::{Migrator, MigratorTrait};
use tempfile::TempDir;

use madoguchi::store::{Transaction, registry};
use sea_orm::ConnectionTrait;

use crate::support::database;
use crate::support::gateway::{open_database, program, program_for};

/// Runs the program over a data folder: exit code, output, complaints.
pub fn run(data: &TempDir, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> (i32, String, String) {
    use std::io::Write;
    let mut command = program_for(&data.path().join("data"));
    command.args(arguments).envs(variables.iter().copied());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that reads no input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// `--help` names every command, and `--help` of each says what it does with an example or its columns.
#[test]
fn help_teaches() {
    let data = folder();
    let (code, out, _) = run(&data, &["--help"], &[], "");
    assert_eq!(code, 0);
    for command in [
        "serve",
        "migrate up",
        "migrate down",
        "migrate status",
        "schema print",
        "copy",
        "documents build",
        "registry import",
        "user create",
        "config check",
        "mail check",
        "mail preview",
        "mail list",
        "mail resend",
        "madoguchi backup /mnt",
        "restore --check",
        "madoguchi serve --demo",
        "--config",
        "--data",
        "Exit codes",
    ] {
        assert!(out.contains(command), "{command}: {out}");
    }
    for (arguments, words) in [
        (["serve", "--help"].as_slice(), ["--listen", "MADOGUCHI_LISTEN", "--demo"].as_slice()),
        (&["migrate", "--help"], &["up", "down", "status"]),
        (&["registry", "import", "--help"], &["Shift_JIS", "照合キー", "FILE.csv"]),
        (&["copy", "--help"], &["--from", "--to-data", "Stop the gateway first", "can be run again"]),
        (&["user", "create", "--help"], &["--role", "--facility", "KIND:CODE", "--password-stdin"]),
        (&["schema", "--help"], &["print"]),
        (&["schema", "print", "--help"], &["--federation", "rover supergraph compose"]),
        (&["documents", "build", "--help"], &["--form", "--output", "madoguchi documents build graphql/operations"]),
        (&["config", "--help"], &["check"]),
        (&["mail", "check", "--help"], &["--smtp", "Sends no mail"]),
        (&["mail", "preview", "--help"], &["--language", "application-returned"]),
        (&["mail", "list", "--help"], &["--dead", "--show-addresses", "for about a day"]),
        (&["backup", "--help"], &["FOLDER", "while it serves", "madoguchi backup /mnt"]),
        (&["restore", "--help"], &["--check", "FOLDER", "new or empty"]),
        (&["mail", "resend", "--help"], &["--all-dead", "ID"]),
    ] {
        let (_, out, _) = run(&data, arguments, &[], "");
        assert!(words.iter().all(|word| out.contains(word)), "{arguments:?}: {out}");
    }
}

/// An unknown key and a bad value are named with their place and what is allowed; the exit code is 2 and nothing is made.
#[test]
fn a_wrong_configuration_is_named() {
    let data = folder();
    let file = data.path().join("portal.toml");
    std::fs::write(&file, "demo = true\nlisen = \"127.0.0.1:1\"\n").unwrap();
    let named = ["config", "check", "--config", file.to_str().unwrap()];
    let (code, _, err) = run(&data, &named, &[], "");
    assert!(code == 2 && err.contains("portal.toml:2: unknown key \"lisen\"; allowed here: listen, data"), "{err}");
    let (code, _, err) = run(&data, &["serve"], &[("MADOGUCHI_LISTEN", "abc")], "");
    assert_eq!(
        (code, err.trim()),
        (2, "environment variable MADOGUCHI_LISTEN: \"abc\" is not an address and a port like 127.0.0.1:8080")
    );
    let (code, _, err) = run(&data, &["serve", "--listen", "here"], &[], "");
    assert!(code == 2 && err.contains("command line, --listen: \"here\" is not"), "{err}");
    let (code, _, err) = run(&data, &["config", "check"], &[("MADOGUCHI_CONTENT", "nowhere")], "");
    assert!(code == 2 && err.contains("nowhere"), "{err}");
    assert!(!data.path().join("data").exists());
    let (code, out, _) = run(&data, &["config", "check"], &[("MADOGUCHI_DEMO", "true")], "");
    assert!(code == 0 && out.contains("demo = true  (environment variable MADOGUCHI_DEMO)"), "{out}");
    assert!(out.contains("listen = 127.0.0.1:8080  (default)"), "{out}");
}

fn all_migrations() -> usize {
    Migrator::migrations().len()
}

/// Migrations go up, tell their status without making anything, and go down only when told that data goes with them.
#[test]
fn migrations_go_up_and_down() {
    let data = folder();
    let pending = |out: &str| out.lines().filter(|line| line.starts_with("pending")).count();
    let (_, out, _) = run(&data, &["migrate", "status"], &[], "");
    assert!(out.starts_with("there is no portal in ") && pending(&out) == all_migrations(), "{out}");
    assert_eq!(run(&data, &["migrate", "down", "--yes"], &[], "").0, 1);
    assert!(!data.path().join("data").exists());
    assert_eq!(run(&data, &["migrate", "up"], &[], "").1.trim(), format!("{} migrations applied", all_migrations()));
    let (code, _, err) = run(&data, &["migrate", "down"], &[], "");
    assert!(code == 2 && err.contains("--yes"), "{err}");
    assert_eq!(run(&data, &["migrate", "down", "--yes", "--steps", "2"], &[], "").1.trim(), "2 migrations taken back");
    assert_eq!(pending(&run(&data, &["migrate", "status"], &[], "").1), 2);
    assert_eq!(run(&data, &["migrate", "up"], &[], "").1.trim(), "2 migrations applied");
    let all = ["migrate", "down", "--yes", "--steps", "99"];
    assert_eq!(run(&data, &all, &[], "").1.trim(), format!("{} migrations taken back", all_migrations()));
}

/// Programs that begin at once on a new folder do not trip over each other: one brings the schema up, the others find it there.
#[test]
fn programs_that_begin_at_once_agree() {
    let data = folder();
    let mut outcomes = std::thread::scope(|scope| {
        let begun: Vec<_> = (0..4).map(|_| scope.spawn(|| run(&data, &["migrate", "up"], &[], ""))).collect();
        begun.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    outcomes.sort();
    let told: Vec<_> = outcomes.iter().map(|(code, out, err)| (*code, out.trim(), err.as_str())).collect();
    let (none, all) = ((0, "0 migrations applied", ""), format!("{} migrations applied", all_migrations()));
    assert_eq!(told, [none, none, none, (0, all.as_str(), "")]);
}

/// A result that could not be written, as to a full disk, is a failure and says so.
#[test]
fn a_lost_result_is_told() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = program().args(["schema", "print"]).stdout(full).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && err.starts_with("the result could not be written: "), "{err}");
}

/// A database that a newer program has touched is named as such and left alone, by every command that would write to it.
#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let data = folder();
    run(&data, &["migrate", "up"], &[], "");
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_newer', 0)";
    let database = open_database(&data.path().join("data")).await;
    let touch = |tx: Transaction| async move { tx.execute_unprepared(newer).await.map(drop) };
    database.write(touch).await.unwrap();
    database.close().await.unwrap();
    let listen = ["serve", "--listen", "127.0.0.1:0"];
    for arguments in
        [listen.as_slice(), &["migrate", "up"], &["migrate", "down", "--yes"], &["registry", "import", "x.csv"]]
    {
        let (code, _, err) = run(&data, arguments, &[], "");
        assert!(code == 1 && err.contains("m9999_newer") && err.contains("newer program"), "{arguments:?}: {err}");
    }
    let (code, out, err) = run(&data, &["migrate", "status"], &[], "");
    assert!(code == 0 && out.ends_with("unknown m9999_newer\n"), "{out}{err}");
}

/// A key that others can read, or that was damaged, is refused with what to do about it.
#[test]
fn a_doubtful_key_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let data = folder();
    let file = data.path().join("registry.csv");
    std::fs::write(&file, format!("{HEADER}{GOOD}")).unwrap();
    let import = ["registry", "import", file.to_str().unwrap()];
    assert_eq!(run(&data, &import, &[], "").0, 0);
    let key = data.path().join("data/server.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let (code, _, err) = run(&data, &import, &[], "");
    assert!(code == 1 && err.contains("chmod 600"), "{err}");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&key, "half a key").unwrap();
    let (code, _, err) = run(&data, &import, &[], "");
    assert!(code == 1 && err.contains("64 hexadecimal digits") && err.contains("backup"), "{err}");
    assert!(!err.contains("half a key"), "{err}");
}

/// A key that is gone, or another's, is refused and not made anew; `key replace` goes on without it.
#[test]
fn a_lost_key_is_not_made_anew() {
    use std::os::unix::fs::PermissionsExt;
    let data = folder();
    let file = data.path().join("registry.csv");
    std::fs::write(&file, format!("{HEADER}{GOOD}")).unwrap();
    let import = ["registry", "import", file.to_str().unwrap()];
    assert_eq!(run(&data, &import, &[], "").0, 0);
    if database::server().is_none() {
        let database = data.path().join("data/madoguchi.db");
        assert_eq!(std::fs::metadata(database).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let key = data.path().join("data/server.key");
    let other = "ab".repeat(32);
    std::fs::write(&key, &other).unwrap();
    let (code, _, err) = run(&data, &import, &[], "");
    assert!(code == 1 && err.contains("not the one") && err.contains("key replace") && !err.contains(&other), "{err}");
    std::fs::remove_file(&key).unwrap();
    let (code, _, err) = run(&data, &import, &[], "");
    assert!(code == 1 && err.contains("missing") && err.contains("key replace"), "{err}");
    assert!(!key.exists(), "no key was made");
    let (code, _, err) = run(&data, &["key", "replace"], &[], "");
    assert!(code == 2 && err.contains("--yes"), "{err}");
    let (code, out, err) = run(&data, &["key", "replace", "--yes"], &[], "");
    assert!(code == 0 && out.contains("registry import"), "{out}{err}");
    assert_eq!(run(&data, &import, &[], "").0, 0);
}

fn create<'a>(email: &'a str, role: &'a str) -> Vec<&'a str> {
    let name = ["user", "create", "--password-stdin", "--name", "窓口 一郎", "--phone", "03-1234-5678"];
    [name.as_slice(), &["--email", email, "--role", role]].concat()
}

/// A login is made with the password from standard input; a second with the same address, or a poor password, is refused.
#[test]
fn a_login_is_made() {
    let data = folder();
    let reviewer = create("r@example.jp", "reviewer");
    let (code, out, err) = run(&data, &reviewer, &[], "a long password of my own\n");
    assert!(code == 0 && out.starts_with("r@example.jp can log in (user_"), "{out}{err}");
    assert_eq!(run(&data, &reviewer, &[], "a long password of my own\n").0, 1);
    let (code, _, err) = run(&data, &create("s@example.jp", "operator"), &[], "short\n");
    assert!(code == 2 && err.contains("password: ") && err.contains("15"), "{err}");
}

/// An applicant gets the facilities that are named; staff get none; a code that is none makes no login either.
#[test]
fn an_applicant_is_made_with_facilities() {
    let data = folder();
    let with = |role, facility: &'static str| [create("c@example.jp", role), vec!["--facility", facility]].concat();
    let password = "a long password of my own\n";
    let (code, _, err) = run(&data, &with("reviewer", "clinic:協1310001-0-0"), &[], password);
    assert!(code == 2 && err.contains("staff hold no facilities"), "{err}");
    for (facility, words) in [("clinic:1", "code: "), ("hospital:1", "clinic:, checkup: or midwifery:")] {
        let (code, _, err) = run(&data, &with("applicant", facility), &[], password);
        assert!(code == 2 && err.contains(words), "{err}");
    }
    let (code, out, err) = run(&data, &with("applicant", "clinic:協1310001-0-0:まどぐち整骨院"), &[], password);
    assert!(code == 0 && out.starts_with("c@example.jp can log in"), "{out}{err}");
}

const HEADER: &str = "施設区分,コード,名称,都道府県,照合キー\n";
const GOOD: &str =
    "施術所,協1310001-0-0,まどぐち整骨院,東京都,1970-01-31\n助産所,M1300001,ひだまり助産所,13,０７６５４３\n";

/// UTF-8 with and without a mark, and Shift_JIS, are the same records.
#[test]
fn the_registry_comes_in_either_encoding() {
    let text = format!("{HEADER}{GOOD}");
    let (shift_jis, ..) = encoding_rs::SHIFT_JIS.encode(&text);
    for bytes in
        [text.as_bytes().to_vec(), [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat(), shift_jis.into_owned()]
    {
        let data = folder();
        let file = data.path().join("registry.csv");
        std::fs::write(&file, bytes).unwrap();
        let (code, out, err) = run(&data, &["registry", "import", file.to_str().unwrap()], &[], "");
        assert!(code == 0 && out.starts_with("2 records imported"), "{out}{err}");
    }
}

/// Every bad row is named by line and column, no key is repeated, and nothing is written.
#[tokio::test]
async fn bad_rows_are_named_and_nothing_is_written() {
    let data = folder();
    let file = data.path().join("registry.csv");
    let bad = "薬局,1234567890,まちの薬局,東京都,1234567\n施術所,協1310002-0-0,となり整骨院,東京都,昭和41年2月3日\n\
               健診実施機関等,123,短い番号,47,1234567\n助産所,M1300001,二度目,13,76543\n施術所,協1310003-0-0,足りない\n";
    std::fs::write(&file, format!("{HEADER}{GOOD}{bad}")).unwrap();
    let (code, _, err) = run(&data, &["registry", "import", file.to_str().unwrap()], &[], "");
    assert_eq!(code, 1, "{err}");
    for words in [
        "line 4, column facility_kind (施設区分)",
        "line 5, column key (照合キー): 和暦ではなく西暦で",
        "line 6, column code (コード)",
        "line 7, column code (コード): 3行目と同じ施設です。 / The same kind and code as line 3.",
        "line 8, column prefecture (都道府県): この列がありません。 / The row ends before this column.",
        "nothing was imported",
    ] {
        assert!(err.contains(words), "{words}: {err}");
    }
    assert!(!err.contains("昭和41") && !err.contains("76543"), "{err}");
    let database = open_database(&data.path().join("data")).await;
    assert_eq!(registry::count(database.reader()).await.unwrap(), 0);
    database.close().await.unwrap();
    std::fs::write(&file, "a,b\n1,2\n").unwrap();
    let (code, _, err) = run(&data, &["registry", "import", file.to_str().unwrap()], &[], "");
    assert!(code == 1 && err.contains("the header has no column facility_kind (施設区分)"), "{err}");
}

/// Eighty thousand records come in with progress; the time is printed for who wants to know.
#[test]
fn a_whole_registry_comes_in() {
    let data = folder();
    let file = data.path().join("registry.csv");
    let mut text = HEADER.to_owned();
    for number in 0..80_000 {
        text.push_str(&format!(
            "施術所,協13{number:07},施術所{number},13,19{:02}-0{}-1{}\n",
            number % 80,
            number % 9 + 1,
            number % 10
        ));
    }
    std::fs::write(&file, text).unwrap();
    let started = Instant::now();
    let (code, out, err) = run(&data, &["registry", "import", file.to_str().unwrap()], &[], "");
    println!("80,000 records: {:.1} s, debug build, two cores; {}", started.elapsed().as_secs_f32(), out.trim());
    assert!(code == 0 && out.starts_with("80000 records imported"), "{out}{err}");
    assert!(err.contains("checking 10000 rows, ") && err.contains("writing 80000 rows, "), "{err}");
    assert_eq!(err.lines().filter(|line| line.contains(" rows/s, ")).count(), 16, "{err}");
}

/// A folder that holds anything else is not filled with a demonstration either, and nothing is made in it.
#[test]
fn a_foreign_folder_is_not_filled() {
    let data = folder();
    let inside = data.path().join("data");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(inside.join("letters.txt"), "mine").unwrap();
    let (code, _, err) = run(&data, &["serve", "--demo", "--listen", "127.0.0.1:0"], &[], "");
    assert!(code == 1 && err.contains("letters.txt") && err.contains("--data"), "{err}");
    let names: Vec<_> = std::fs::read_dir(&inside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["letters.txt"]);
}

/// A folder that holds somebody's portal is not filled with a demonstration.
#[test]
fn a_real_portal_is_not_filled() {
    let data = folder();
    run(&data, &create("r@example.jp", "reviewer"), &[], "a long password of my own\n");
    let (code, _, err) = run(&data, &["serve", "--demo", "--listen", "127.0.0.1:0"], &[], "");
    assert!(code == 1 && err.contains("was left alone") && err.contains("--data"), "{err}");
}

/// A manifest of the operations in each form, and what is wrong with a folder: everything at once, each with its file and line.
#[test]
fn documents_are_built() {
    let data = folder();
    let operations = concat!(env!("CARGO_MANIFEST_DIR"), "/graphql/operations");
    for form in ["apollo", "relay", "codegen"] {
        let (code, out, err) = run(&data, &["documents", "build", operations, "--form", form], &[], "");
        assert_eq!((code, &*err), (0, ""));
        let manifest: serde_json::Value = serde_json::from_str(&out).unwrap();
        let listed = if form == "apollo" { &manifest["operations"] } else { &manifest };
        let files = std::fs::read_dir(operations).unwrap();
        let files = files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == "graphql"));
        let length = listed.as_array().map(Vec::len).or(listed.as_object().map(serde_json::Map::len));
        assert_eq!(length, Some(files.count()));
    }
    let wrong = folder();
    std::fs::write(wrong.path().join("a.graphql"), "query A {\n  nonsense\n}").unwrap();
    std::fs::write(wrong.path().join("b.graphql"), "query A { terms { version } } query B { terms { version } }")
        .unwrap();
    std::fs::write(wrong.path().join("c.graphql"), "{").unwrap();
    std::fs::write(wrong.path().join("d.graphql"), "query D { __typename }").unwrap();
    std::fs::create_dir(wrong.path().join("within")).unwrap();
    std::fs::write(wrong.path().join("within/e.graphql"), "query D { viewer { id } }").unwrap();
    let (code, _, err) = run(&data, &["documents", "build", wrong.path().to_str().unwrap()], &[], "");
    assert_eq!(code, 1);
    assert!(
        err.contains("a.graphql: line 2:") && err.contains("b.graphql:") && err.contains("c.graphql: line 1:"),
        "{err}"
    );
    assert!(
        err.contains("within/e.graphql: the name D is that of an operation in") && err.contains("d.graphql"),
        "{err}"
    );
    let (code, _, err) = run(&data, &["documents", "build", "/nowhere"], &[], "");
    assert!(code == 2 && err.contains("/nowhere"), "{code} {err}");
}

/// In production there must be documents to run, and the command that makes them is named.
#[test]
fn production_asks_for_documents() {
    let data = folder();
    let (code, _, err) = run(&data, &["serve", "--production", "--listen", "127.0.0.1:0"], &[], "");
    assert!(code == 2 && err.contains("madoguchi documents build"), "{code} {err}");
    let file = data.path().join("none.json");
    std::fs::write(&file, "[]").unwrap();
    let named = [("MADOGUCHI_DOCUMENTS_MANIFESTS", file.to_str().unwrap())];
    let (code, _, err) = run(&data, &["config", "check"], &named, "");
    assert!(code == 2 && err.contains("none.json"), "{code} {err}");
}
