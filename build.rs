//! Chooses the folder that `src/http/graphiql.rs` embeds: the built GraphiQL, or one page that says how to build it, so that
//! Rust alone is enough to compile the gateway.

use std::env::{self, VarError};
use std::path::PathBuf;

fn main() -> Result<(), VarError> {
    let graphiql = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("graphiql");
    let built = graphiql.join("dist/app");
    let folder = if built.join("index.html").is_file() { built } else { graphiql.join("unbuilt") };
    // Not MADOGUCHI_…: `cargo run` hands it on to the program, which would take it for an option.
    println!("cargo::rustc-env=GRAPHIQL_FOLDER={}", folder.display());
    // The folder around the built one exists in every clone: cargo would compile anew each time for a path that is missing.
    println!("cargo::rerun-if-changed=graphiql/dist");
    println!("cargo::rerun-if-changed=graphiql/unbuilt");
    Ok(())
}
