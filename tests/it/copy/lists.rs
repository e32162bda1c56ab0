//! No table is forgotten.

use std::collections::BTreeSet;

use madoguchi::store::copy::{OTHERS, TABLES, strangers};
use sea_orm::{ConnectionTrait, Statement};

use super::{DUMPED, open};
use crate::support::{Portal, generated};

/// Every entity, and every table of the schema, is moved; the copy and the comparison of these tests know the same ones.
#[tokio::test]
async fn every_table_is_moved() {
    let files = std::fs::read_dir(generated::path("entities/src")).unwrap();
    let names = files.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let entities: BTreeSet<_> = names.filter(|name| name != "lib").collect();
    let moved: BTreeSet<_> = TABLES.iter().map(|table| table.name()).collect();
    assert_eq!(moved.len(), TABLES.len(), "a table stands twice in the list");
    let known: BTreeSet<_> = moved.iter().copied().chain(OTHERS).map(str::to_owned).collect();
    let of_schema = BTreeSet::from(["seaql_migrations".to_owned()]);
    assert_eq!(known, entities.union(&of_schema).cloned().collect(), "store::copy::TABLES");
    assert_eq!(DUMPED.iter().copied().map(str::to_owned).collect::<BTreeSet<_>>(), entities, "tests/it/copy.rs");

    let portal = Portal::empty().await;
    let database = open(&portal.services.config.database().expose()).await;
    assert_eq!(strangers(&database).await.unwrap(), [""; 0]);
    let reader = database.reader();
    for name in &known {
        let statement = Statement::from_string(reader.get_database_backend(), format!("SELECT 1 FROM {name}"));
        reader.query_one_raw(statement).await.unwrap();
    }
    database.close().await.unwrap();
}
