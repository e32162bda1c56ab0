//! The database under strain: writers at once, programs at once, crashes in the middle of a migration, poolers in between.

mod contention;
mod hang_ups;
mod migrations;
mod poolers;
mod starts;

use crate::support::database;

/// A server of PostgreSQL, also where this run's own databases are of SQLite.
fn server() -> url::Url {
    let address = std::env::var("MADOGUCHI_TEST_POSTGRES").ok().filter(|address| !address.is_empty());
    let address = address.or_else(|| database::server().map(|server| server.to_string()));
    let address =
        address.expect("a server: run `cargo xtask test`, or name one's superuser with MADOGUCHI_TEST_POSTGRES");
    url::Url::parse(&address).expect("an address like postgres://postgres@127.0.0.1/postgres")
}
