//! What the project is built from: no version with a known hole, and the executor's ground nailed down.

use std::fs;

use toml::{Table, Value};

use crate::support::generated;

/// The first versions without the hole that the advisory (RustSec) names. A crate that is not in the lock file is fine.
const FLOORS: [(&str, [u64; 3], &str); 12] = [
    ("h2", [0, 4, 16], "RUSTSEC-2026-0258"),
    ("bytes", [1, 11, 1], "RUSTSEC-2026-0007"),
    ("rustls", [0, 23, 18], "RUSTSEC-2024-0399"),
    ("rustls-webpki", [0, 103, 13], "RUSTSEC-2026-0104"),
    ("quick-xml", [0, 41, 0], "RUSTSEC-2026-0194 and -0195: quadratic and unbounded XML"),
    ("lopdf", [0, 42, 0], "RUSTSEC-2026-0187: a nested PDF aborts the process"),
    ("zip", [2, 3, 0], "CVE-2025-29787: links lead out of the folder"),
    ("tokio", [1, 44, 2], "RUSTSEC-2025-0023"),
    ("sqlx", [0, 8, 1], "RUSTSEC-2024-0363"),
    ("object_store", [0, 10, 2], "RUSTSEC-2024-0358"),
    ("lettre", [0, 11, 22], "RUSTSEC-2026-0141"),
    ("time", [0, 3, 47], "RUSTSEC-2026-0009"),
];

fn table(file: &str) -> Table {
    toml::from_str(&fs::read_to_string(generated::path(file)).unwrap()).unwrap()
}

/// The lock files: of the gateway, and of the crate that fuzzes it.
const LOCKS: [&str; 2] = ["Cargo.lock", "fuzz/Cargo.lock"];

/// Name and version of every package in a lock file.
fn locked(file: &str) -> Vec<(String, String)> {
    let lock = table(file);
    let text = |package: &Value, key: &str| package[key].as_str().unwrap().to_owned();
    lock["package"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (text(package, "name"), text(package, "version")))
        .collect()
}

fn numbers(version: &str) -> Vec<u64> {
    let release = version.split(['-', '+']).next().unwrap_or(version);
    release.split('.').map(|part| part.parse().unwrap()).collect()
}

/// No locked version is older than the first that an advisory calls mended.
#[test]
fn no_locked_version_has_a_known_hole() {
    let mut breaches = Vec::new();
    for (file, (name, floor, why)) in LOCKS.into_iter().flat_map(|file| FLOORS.map(|floor| (file, floor))) {
        let locked = locked(file);
        let versions = locked.iter().filter(|package| package.0 == name);
        for (_, version) in versions.filter(|(_, version)| numbers(version).as_slice() < floor.as_slice()) {
            let floor = floor.map(|part| part.to_string()).join(".");
            breaches.push(format!("{file}: {name} {version} is below {floor} ({why}); run `cargo update -p {name}`"));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

/// The executor rests on what one version of async-graphql does; another comes by decision (docs/adr/0002-execution.md).
#[test]
fn async_graphql_is_pinned() {
    let manifest = table("Cargo.toml");
    assert_eq!(manifest["dependencies"]["async-graphql"]["version"].as_str(), Some("=7.2.1"), "Cargo.toml");
    for file in LOCKS {
        let locked: Vec<_> = locked(file).into_iter().filter(|package| package.0 == "async-graphql").collect();
        assert_eq!(locked, [("async-graphql".to_owned(), "7.2.1".to_owned())], "{file}");
    }
}
