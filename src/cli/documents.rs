//! `documents build`: a manifest of trusted documents out of a folder of operations, each checked against the schema.

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::Failed;
use super::terminal::Terminal;
use crate::app;
use crate::execution::Engine;
use crate::http::documents::manifest::{Entry, Form};

/// Commands over trusted documents.
#[derive(Debug, Subcommand)]
pub enum Documents {
    /// Write a manifest of a folder's operations, one operation a file, each of a name of its own, for `documents.manifests`.
    ///
    /// Each is known by the SHA-256 of its text. Clients that print documents in their own way bring their own manifests, which are
    /// read as they are: of relay-compiler, of Apollo's generate-persisted-query-manifest, of graphql-codegen's client preset. Keep the
    /// manifests of releases that are still in use beside the newest.
    ///
    /// Example:  madoguchi documents build graphql/operations --output trusted.json
    #[command(verbatim_doc_comment)]
    Build(Build),
}

/// Options of `documents build`.
#[derive(Debug, Args)]
pub struct Build {
    /// The folder of .graphql files; those in folders within it are taken too.
    #[arg(value_name = "FOLDER", default_value = "graphql/operations")]
    folder: PathBuf,
    /// The form of the manifest.
    #[arg(long, value_name = "FORM", default_value = "apollo")]
    form: Written,
    /// The file to write, in place of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Written {
    /// apollo-persisted-query-manifest, version 1.
    Apollo,
    /// An object of documents by id, as relay-compiler writes.
    Relay,
    /// persisted-documents.json of graphql-codegen: as Relay's.
    Codegen,
}

impl Documents {
    /// Runs one.
    pub fn run(self, terminal: &mut Terminal) -> Result<(), Failed> {
        let Self::Build(Build { folder, form, output }) = self;
        let entries = read(&folder)?;
        let form = match form {
            Written::Apollo => Form::Apollo,
            Written::Relay => Form::Relay,
            Written::Codegen => Form::Codegen,
        };
        let manifest = form.write(&entries);
        let Some(file) = output else {
            terminal.print(manifest.trim_end());
            return Ok(());
        };
        let written = std::fs::write(&file, manifest);
        written.map_err(|error| Failed::Broken(format!("{} could not be written: {error}", file.display())))?;
        terminal.print(&format!("{} documents in {}", entries.len(), file.display()));
        Ok(())
    }
}

/// The operations of a folder, in the order of their files; or everything that is wrong with them.
fn read(folder: &Path) -> Result<Vec<Entry>, Failed> {
    let mut files = Vec::new();
    collect(folder, &mut files).map_err(|error| Failed::Wrong(format!("{}: {error}", folder.display())))?;
    files.sort();
    if files.is_empty() {
        return Err(Failed::Wrong(format!("{}: there is no .graphql file in it", folder.display())));
    }
    let engine = app::judge_of_documents().map_err(Failed::broken)?;
    let (mut entries, mut wrong) = (Vec::new(), Vec::new());
    let mut names: HashMap<String, PathBuf> = HashMap::new();
    for file in files {
        match entry(&engine, &file) {
            Ok(entry) => match names.entry(entry.name.clone()) {
                Vacant(free) => {
                    free.insert(file);
                    entries.push(entry);
                }
                Occupied(taken) => {
                    let (name, other) = (taken.key(), taken.get().display());
                    wrong.push(format!("{}: the name {name} is that of an operation in {other}", file.display()));
                }
            },
            Err(words) => wrong.push(format!("{}: {words}", file.display())),
        }
    }
    if wrong.is_empty() { Ok(entries) } else { Err(Failed::Broken(wrong.join("\n"))) }
}

/// The .graphql files of a folder and of those in it.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // No link is followed, so that the walk ends.
        if entry.file_type()?.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "graphql") {
            files.push(path);
        }
    }
    Ok(())
}

fn entry(engine: &Engine, file: &Path) -> Result<Entry, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let document = engine.document(&text).map_err(|answer| {
        let words = answer.errors.iter().map(|error| match error.locations.first() {
            Some(place) => format!("line {}: {}", place.line, error.message),
            None => error.message.clone(),
        });
        words.collect::<Vec<_>>().join("; ")
    })?;
    let mut operations = document.operations();
    match (operations.next(), operations.next()) {
        (Some((Some(name), kind)), None) => Ok(Entry { name: name.to_owned(), kind: kind.as_str(), text }),
        _ => Err("one named operation a file is wanted".to_owned()),
    }
}
