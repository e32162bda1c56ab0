//! The documents of `graphql/operations/`, by the name of their operation.

use std::path::{Path, PathBuf};

/// The folder of the operations.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("graphql/operations")
}

/// Every operation file with its text, in the order of their names.
pub fn all() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|e| e == "graphql")).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// The document that holds an operation of this name.
pub fn named(name: &str) -> String {
    let holds = |text: &str| {
        ["query", "mutation", "subscription"].iter().any(|word| {
            let head = format!("{word} {name}");
            text.lines().any(|line| line.starts_with(&head) && !line[head.len()..].starts_with(char::is_alphanumeric))
        })
    };
    let found = all().into_iter().find(|(_, text)| holds(text));
    found.unwrap_or_else(|| panic!("no operation {name} in graphql/operations")).1
}
