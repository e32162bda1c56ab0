//! What the project does for its developers: run it, test it, and the committed files that are generated.
//!
//! Each task is a function; nothing here is known to the gateway.

mod bench;
mod debian;
mod fuzz;
mod graphiql;
mod postgres;
mod python;
mod steps;
mod suite;
mod tally;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask demo [-- OPTIONS]   build everything and serve a demonstration on http://127.0.0.1:8080, its data under ./data;
                                OPTIONS go to `madoguchi serve`, for example --listen 127.0.0.1:8081
cargo xtask test [-- OPTIONS]   run every check from a clean clone: formatting, lints, unit and integration tests, a browser;
                                the tests run on SQLite and on PostgreSQL and are counted in two columns;
                                OPTIONS go to `cargo test`, for example story, or --test it -- --nocapture
                                with --sqlite or --postgres before the `--`, they run on that database alone.
                                PostgreSQL is a private one, gone when the run ends, whatever ends it; MADOGUCHI_TEST_POSTGRES
                                may name another: postgres://superuser:password@host:5432/postgres
cargo xtask postgres -- COMMAND run a command with a private PostgreSQL, its address in MADOGUCHI_TEST_DATABASE,
                                for example cargo test --test it story
cargo xtask bench databases     measure, with optimisation: durable submissions a second on SQLite and on PostgreSQL, beside the
                                disk's own rate of synced writes; and how long each page takes at 1,000 and at 1,000,000 applications
cargo xtask bench guard         measure what it costs to refuse documents that are made to cost more than they should
cargo xtask bench queries       measure three pages on PostgreSQL beside Mercurius (Node.js) and beside the same pages written by hand:
                                processor time, requests a second, latencies, statements, memory, and the ratios; about six minutes, less
                                with --seconds 2, --rounds 1 or --pages Q1,Q3; --gateway FILE measures another build of the gateway
cargo xtask fuzz [--minutes N] [TARGET]
                                feed what reads a stranger's bytes (targets guard, multipart, websocket) with inputs that are bred by what
                                they reach, for N minutes each, 10 if nothing is said; what is found is named with how to see it
                                again. Needs a C++ compiler; installs cargo-fuzz under target/tools
cargo xtask schema              write graphql/schema.graphql, the schema that the gateway serves
cargo xtask accept              rewrite the committed files that are generated (the schema, tables in docs/, snapshots)
cargo xtask graphiql            build the GraphiQL page that the gateway embeds
cargo xtask help                this text
";

fn main() -> ExitCode {
    let root = root();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    let rest = rest.strip_prefix(&["--".to_owned()]).unwrap_or(rest);
    let done = match arguments.first().map(String::as_str) {
        Some("demo") => steps::demo(&root, rest),
        Some("test") => suite::test(&root, rest),
        Some("postgres") => suite::postgres(&root, rest),
        Some("bench") => bench::bench(&root, rest),
        Some("fuzz") => fuzz::fuzz(&root, rest),
        Some("schema") => steps::schema(&root),
        Some("accept") => steps::accept(&root),
        Some("graphiql") => graphiql::build(&root),
        Some("help") | None => {
            tools::say(HELP);
            Ok(())
        }
        Some(other) => Err(format!("there is no task {other}\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            tools::complain(&words);
            ExitCode::FAILURE
        }
    }
}

/// The workspace's root: the folder above this crate's.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
