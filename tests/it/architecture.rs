//! The house: who may import whom, where statements stand, and how large a room may grow. Read from the sources themselves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::generated::path;

/// Each layer of `src/` and what it may import of ours. `app` and `cli` are the composition root: they may import everything.
const TABLE: [(&str, &[&str]); 14] = [
    ("domain", &[]),
    ("policy", &["domain"]),
    ("config", &["domain"]),
    ("store", &["domain"]),
    ("storage", &["domain", "config"]),
    ("services", &["domain", "policy", "store", "storage", "config"]),
    ("events", &["domain", "services", "store", "config"]),
    ("loaders", &["domain", "services"]),
    ("schema", &["domain"]),
    ("resolvers", &["schema", "services", "loaders", "events", "domain", "config"]),
    ("auth", &["domain", "services", "config"]),
    ("execution", &["config"]),
    ("http", &["execution", "resolvers", "auth", "services", "config", "domain"]),
    ("tests", &[]),
];
const ROOT: [&str; 4] = ["app", "cli", "main", "lib"];

/// A source file without its unit tests.
struct Source {
    path: PathBuf,
    layer: String,
    lines: Vec<String>,
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    collect(&path("src"), &mut files);
    files
        .into_iter()
        .map(|file| {
            let inside = file.strip_prefix(path("src")).unwrap().to_owned();
            let layer = inside.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
            let text = std::fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            Source { path: Path::new("src").join(inside), layer, lines: code.lines().map(str::to_owned).collect() }
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(&path, files),
            // The fixture of unit tests is no part of any layer.
            false if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("services/fixture.rs") => {
                files.push(path)
            }
            false => {}
        }
    }
}

/// Every `crate::layer` in the sources is one that the table allows; so there is no cycle either, since the table has none.
#[test]
fn layers_import_only_downwards() {
    let allowed: BTreeMap<_, _> = TABLE.into_iter().collect();
    let mut breaches = Vec::new();
    for source in sources().iter().filter(|source| !ROOT.contains(&source.layer.as_str())) {
        let may =
            allowed.get(source.layer.as_str()).unwrap_or_else(|| panic!("{} is in no layer", source.path.display()));
        for (number, line) in source.lines.iter().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for imported in line.split("crate::").skip(1) {
                let layer: String = imported.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if layer != source.layer && !may.contains(&layer.as_str()) {
                    breaches.push(format!(
                        "{}:{}: {} may not import {layer}",
                        source.path.display(),
                        number + 1,
                        source.layer
                    ));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{breaches:#?}");
}

/// The table itself has no cycle: layers can be put in an order in which each imports only earlier ones.
#[test]
fn the_table_has_no_cycle() {
    let mut placed: Vec<&str> = Vec::new();
    while placed.len() < TABLE.len() {
        let next =
            TABLE.iter().find(|(layer, may)| !placed.contains(layer) && may.iter().all(|other| placed.contains(other)));
        placed.push(next.unwrap_or_else(|| panic!("a cycle among what is left after {placed:?}")).0);
    }
}

/// Entities and statements stand in the store alone, where every read goes through a scope or says `unscoped`.
#[test]
fn statements_stand_in_the_store() {
    let outside =
        sources().into_iter().filter(|source| source.layer != "store" && !ROOT.contains(&source.layer.as_str()));
    let mut breaches = Vec::new();
    for source in outside {
        for (number, line) in source.lines.iter().enumerate() {
            if ["sea_orm::", "entities::", "Entity::find"].iter().any(|word| line.contains(word)) {
                breaches.push(format!("{}:{}: {line}", source.path.display(), number + 1));
            }
        }
    }
    assert!(breaches.is_empty(), "{breaches:#?}");
}

/// A room that grows past 400 lines wants a plan.
#[test]
fn no_file_is_too_long() {
    let mut long: Vec<_> = sources().into_iter().map(|source| (source.lines.len(), source.path)).collect();
    long.sort_by(|one, other| other.cmp(one));
    println!("the longest files: {:?}", &long[..5]);
    assert!(long[0].0 <= 400, "{} has {} lines", long[0].1.display(), long[0].0);
}

/// Dependencies with known holes stay above their floors, and the executor's version stays the one that was compared with graphql-js.
#[test]
fn dependencies_stay_above_their_floors() {
    let lock = std::fs::read_to_string(path("Cargo.lock")).unwrap();
    let floors = [
        ("h2", [0, 4, 16]),
        ("bytes", [1, 11, 1]),
        ("rustls-webpki", [0, 103, 13]),
        ("quick-xml", [0, 41, 0]),
        ("lopdf", [0, 42, 0]),
        ("lettre", [0, 11, 22]),
        ("tokio", [1, 44, 2]),
        ("time", [0, 3, 47]),
    ];
    for (name, floor) in floors {
        for version in versions(&lock, name) {
            let parts: Vec<u32> = version.split(['.', '-', '+']).take(3).map(|part| part.parse().unwrap()).collect();
            assert!(parts.as_slice() >= floor.as_slice(), "{name} {version} is below {floor:?}");
        }
    }
    assert_eq!(versions(&lock, "async-graphql"), ["7.2.1"], "see docs/adr/0002-execution.md before raising it");
}

fn versions<'a>(lock: &'a str, name: &str) -> Vec<&'a str> {
    let head = format!("name = \"{name}\"\nversion = \"");
    lock.split(&head).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}
