//! The walls of the house, read from the sources: who may import whom, what stays in one layer, how long a file may be.
//!
//! Code under `#[cfg(test)]` is free. A new layer is a row of [`MAY_IMPORT`]; ARCHITECTURE.md tells the same table in words.

mod dependencies;
mod sources;

use sources::{Source, end_of_arguments};

/// Layers, lowest first, with what each may import of ours. A row names only rows above it, so that no cycle can arise.
const MAY_IMPORT: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("policy", &["domain"]),
    ("config", &["domain"]),
    ("store", &["domain"]),
    ("storage", &["domain", "config"]),
    ("papers", &["domain"]),
    ("services", &["domain", "policy", "store", "storage", "papers", "config"]),
    ("events", &["domain", "services", "store", "config"]),
    ("loaders", &["domain", "services"]),
    ("schema", &["domain"]),
    ("resolvers", &["schema", "services", "loaders", "events", "policy", "domain", "config"]),
    ("auth", &["domain", "services", "config"]),
    ("execution", &["config"]),
    ("http", &["execution", "resolvers", "auth", "services", "config", "domain"]),
];

/// The composition root: it joins the layers and is imported by none of them.
const ROOT: [&str; 4] = ["app", "cli", "lib", "main"];

/// Crates that stay within some layers: the database behind its store, GraphQL and HTTP away from the rules.
const CRATES: [(&str, &[&str]); 8] = [
    ("lettre", &["events"]),
    ("sea_orm", &["store"]),
    ("entities", &["store"]),
    ("migration", &["store"]),
    ("madoguchi_ids", &["domain"]),
    ("async_graphql", &["execution", "http", "loaders", "resolvers", "schema", "app"]),
    ("krilla", &["papers"]),
    ("axum", &["execution", "http", "app"]),
];

/// What makes a rule impure.
const IMPURE: [&str; 7] = ["async fn ", ".await", "tokio::", "std::fs", "std::net", "std::env", "Utc::now"];

/// How a table is read without the scope of an actor.
const UNSCOPED: [&str; 6] = ["Entity::", "find_by_id(", "find_related(", "find_also_related(", "Statement::", "sqlx::"];

/// How a program calls others; the mail server's client is lettre's.
const CALLS: [&str; 6] =
    ["TcpStream::connect", "UnixStream::connect", "UdpSocket", "TcpSocket", "reqwest::", "hyper_util::client"];

/// What resolvers may take of the events: what a subscription hears. They start, send and mail nothing.
const HEARD: [&str; 3] = ["Watch", "Feeds", "Delivery"];

/// Use cases that no person asks for, so that there is nobody to judge.
const OF_THE_GATEWAY: [&str; 7] = [
    "login.rs: actor_of",
    "login.rs: still_standing",
    "applications.rs: news",
    "applications.rs: end_of_log",
    "downloads.rs: redeem",
    "downloads.rs: use_up",
    "tidying.rs: tidy",
];

const LONGEST_FILE: usize = 400;

/// The layers that a layer may import, or `None` for the composition root, which may import all.
fn allowed(layer: &str) -> Result<Option<&'static [&'static str]>, String> {
    if ROOT.contains(&layer) {
        return Ok(None);
    }
    let row = MAY_IMPORT.iter().find(|row| row.0 == layer);
    row.map(|row| Some(row.1))
        .ok_or_else(|| format!("src/{layer} is no layer: give it a row in tests/it/architecture.rs"))
}

fn import_breaches(source: &Source) -> Vec<String> {
    let layer = source.layer.as_str();
    let rule = match allowed(layer) {
        Ok(Some(rule)) => rule,
        Ok(None) => return Vec::new(),
        Err(breach) => return vec![breach],
    };
    let mut breaches = Vec::new();
    for (line, path) in source.imports() {
        let target = path[0].as_str();
        let at = format!("{}:{line}", source.path);
        if target != layer && !rule.contains(&target) {
            let rule = if rule.is_empty() { "nothing of ours".to_owned() } else { rule.join(", ") };
            breaches.push(format!("{at}: {layer} imports {target}; {layer} may import {rule}"));
        } else if (layer, target) == ("resolvers", "events") {
            let taken = path.get(1).map_or("*", String::as_str);
            if !HEARD.contains(&taken) {
                breaches.push(format!("{at}: resolvers take events::{taken}; only {} are theirs", HEARD.join(", ")));
            }
        }
    }
    // A group names the same layer several times.
    breaches.dedup();
    breaches
}

fn crate_breaches(source: &Source) -> Vec<String> {
    let uses = CRATES.iter().filter(|(_, layers)| !layers.contains(&source.layer.as_str()));
    uses.flat_map(|(name, layers)| {
        let lines = source.lines_with_crate(name).into_iter();
        lines.map(move |line| format!("{}:{line}: {name} is used in {} only", source.path, layers.join(", ")))
    })
    .collect()
}

fn word_breaches(source: &Source) -> Vec<String> {
    let mut breaches = Vec::new();
    if source.layer != "store" {
        let lines = source.lines_with(&UNSCOPED).into_iter();
        breaches.extend(lines.map(|(line, word)| {
            format!("{}:{line}: `{word}` reads a table without its scope; reads go through store", source.path)
        }));
    }
    if ["domain", "policy"].contains(&source.layer.as_str()) {
        let lines = source.lines_with(&IMPURE).into_iter();
        breaches.extend(lines.map(|(line, word)| {
            format!("{}:{line}: `{word}` is no business of a rule; {} is pure", source.path, source.layer)
        }));
    }
    breaches
}

fn policy_breaches(source: &Source) -> Vec<String> {
    let file = source.path.trim_start_matches("src/services/");
    let cases = source.use_cases().into_iter().filter(|_| source.layer == "services");
    let unasked = cases.filter(|case| {
        let is_known = OF_THE_GATEWAY.contains(&format!("{file}: {}", case.name).as_str());
        let is_judged = case.parameters.contains("actor: &Actor") && case.body.starts_with("authorise(actor, Action::");
        is_known == is_judged
    });
    unasked
        .map(|case| format!("{}:{}: {} does not begin with the policy check", source.path, case.line, case.name))
        .collect()
}

/// How the pools are asked for a connection.
const POOLS: [&str; 3] = [".reader()", ".write(", ".database"];

/// What takes the services inside a write and asks the database for nothing.
const WITHOUT_DATABASE: [&str; 2] = ["Counter::new(", "Counter::of_mail("];

/// Who writes reads and writes through the transaction: a second connection that is asked for meanwhile may never come free.
fn pool_breaches(source: &Source) -> Vec<String> {
    if source.layer == "store" {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for (line, inside) in source.inside_writes() {
        let asked = POOLS.iter().filter(|word| inside.contains(**word));
        breaches.extend(asked.map(|word| format!("{}:{line}: `{word}` inside a write", source.path)));
        for (at, call) in inside.match_indices("(services") {
            let arguments = &inside[at + 1..at + 1 + end_of_arguments(&inside[at + 1..])];
            let is_handed_on = arguments.starts_with("services,") || arguments == "services";
            let is_harmless = WITHOUT_DATABASE.iter().any(|name| inside[..at + 1].ends_with(name));
            if is_handed_on
                && !is_harmless
                && !arguments.split(',').any(|one| ["tx", "&tx", "&*tx"].contains(&one.trim()))
            {
                breaches.push(format!(
                    "{}:{line}: `{call}` is handed on inside a write, without its transaction",
                    source.path
                ));
            }
        }
    }
    breaches
}

fn assert_none(breaches: &[String]) {
    assert!(breaches.is_empty(), "{} breach(es) of the house's rules:\n{}", breaches.len(), breaches.join("\n"));
}

/// Every import of a layer goes to a layer that its row of the table names.
#[test]
fn layers_import_downwards_only() {
    assert_none(&sources::all().iter().flat_map(import_breaches).collect::<Vec<_>>());
}

/// The table itself has no cycle: each row names rows above it, and nobody names the composition root.
#[test]
fn the_table_has_no_cycle() {
    for (at, (layer, imports)) in MAY_IMPORT.iter().enumerate() {
        for import in *imports {
            assert!(
                MAY_IMPORT[..at].iter().any(|row| row.0 == *import),
                "{layer} names {import}, which is not above it"
            );
        }
    }
}

/// The database stays behind store; GraphQL and HTTP stay away from rules and use cases.
#[test]
fn crates_stay_in_their_layers() {
    assert_none(&sources::all().iter().flat_map(crate_breaches).collect::<Vec<_>>());
}

/// No read reaches a table but through a scope of store, and rules know neither clock nor disk nor network.
#[test]
fn reads_are_scoped_and_rules_are_pure() {
    assert_none(&sources::all().iter().flat_map(word_breaches).collect::<Vec<_>>());
}

/// The gateway makes no outside call but to the mail server that its configuration names.
#[test]
fn the_gateway_calls_nobody() {
    let sources = sources::all();
    let calls = sources.iter().flat_map(|source| {
        let lines = source.lines_with(&CALLS).into_iter();
        lines.map(move |(line, word)| format!("{}:{line}: `{word}` calls somebody", source.path))
    });
    let mut breaches: Vec<_> = calls.collect();
    let senders = sources.iter().filter(|source| !source.lines_with(&["AsyncSmtp"]).is_empty());
    let senders: Vec<_> = senders.map(|source| source.path.as_str()).collect();
    if senders != ["src/events/mail/smtp.rs"] {
        breaches.push(format!("mails leave from {senders:?}"));
    }
    assert_none(&breaches);
}

/// Every use case begins with the policy check, but for the few that the gateway itself asks for.
#[test]
fn use_cases_begin_with_the_policy() {
    let sources = sources::all();
    let services = sources.iter().filter(|source| source.layer == "services");
    let asked = services.flat_map(Source::use_cases).count();
    println!("{asked} use cases");
    assert!(asked > 30, "the use cases were not found");
    assert_none(&sources.iter().flat_map(policy_breaches).collect::<Vec<_>>());
}

/// Nobody asks the pools for a connection inside an open transaction. While tests run, the pool of readers holds this as well.
#[test]
fn a_write_keeps_to_its_transaction() {
    let sources = sources::all();
    let writes: usize = sources.iter().map(|source| source.inside_writes().len()).sum();
    println!("{writes} writes and parts of writes");
    assert!(writes > 60, "the writes were not found");
    assert_none(&sources.iter().flat_map(pool_breaches).collect::<Vec<_>>());
}

/// A file that one cannot hold in one's head is split by meaning.
#[test]
fn files_stay_short() {
    let mut files = sources::all();
    files.sort_by_key(|file| std::cmp::Reverse(file.length));
    let longest: Vec<_> = files.iter().take(5).map(|file| format!("{:5} {}", file.length, file.path)).collect();
    println!("the five longest files of src:\n{}", longest.join("\n"));
    let breaches = files.iter().filter(|file| file.length > LONGEST_FILE);
    assert_none(
        &breaches
            .map(|file| format!("{}: {} lines, more than {LONGEST_FILE}", file.path, file.length))
            .collect::<Vec<_>>(),
    );
}

/// The reader of the sources sees what it must: each shape of import, by its line, and nothing in tests and comments.
#[test]
fn breaches_are_seen() {
    let breaches = |path: &str, text: &str| {
        let source = Source::new(path, text);
        [import_breaches(&source), crate_breaches(&source), word_breaches(&source)].concat()
    };
    let services = "//! crate::http\nuse crate::{domain::text, events::Bus};\n\nuse super::super::http;\n";
    let seen = breaches("src/services/users.rs", services);
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(
        seen[0].starts_with("src/services/users.rs:2: services imports events; services may import domain, policy,")
    );
    assert!(seen[1].starts_with("src/services/users.rs:4: services imports http"));

    let multiline = "use crate::{\n    domain::actor::Actor,\n    resolvers::{self, Ask},\n};\n";
    assert_eq!(breaches("src/http/run.rs", multiline), [""; 0]);
    assert_eq!(breaches("src/schema/person.rs", multiline).len(), 1);
    assert_eq!(breaches("src/resolvers/person.rs", "use crate::events::{Feeds, Bus};\n").len(), 1);
    assert_eq!(breaches("src/events/relay.rs", "fn f() { entities::users::Entity::find() }\n").len(), 2);
    assert_eq!(breaches("src/domain/text.rs", "async fn f() { tokio::spawn(g()).await }\n").len(), 3);
    assert_eq!(breaches("src/cellar/wine.rs", "").len(), 1, "a layer without a row");

    let unasked = "\npub async fn a(services: &S, actor: &Actor) -> Outcome<()> {\n    authorise(actor, Action::Apply)?;\n}\n\n\
                   pub async fn b(actor: &Actor) {\n    load();\n}\n";
    let seen = policy_breaches(&Source::new("src/services/users.rs", unasked));
    assert!(seen.len() == 1 && seen[0].starts_with("src/services/users.rs:6: b "), "{seen:?}");

    let writes = "async fn a(services: &S) {\n    services.write(|tx| async move {\n        load(services, &tx).await?;\n        \
                  peek(services, 1).await?;\n        find(services.database.reader())\n    })\n}\n\nasync fn b(services: &S, tx: &Transaction) {\n    \
                  services.write(c);\n}\n";
    let seen = pool_breaches(&Source::new("src/services/users.rs", writes));
    assert_eq!(seen.len(), 4, "{seen:?}");

    let tests = "#[cfg(test)]\nmod tests {\n    use crate::http;\n    fn f() {}\n}\nuse crate::store::users;\n";
    let seen = breaches("src/schema/person.rs", tests);
    assert!(seen.len() == 1 && seen[0].starts_with("src/schema/person.rs:6:"), "{seen:?}");
}
