//! Migrations: one change a file, with its way back, never edited once it has landed.
//!
//! Each runs in a transaction on both databases. A new one is a file and a row in [`Migrator`].

#![expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides the lifetime of SchemaManager, and its async signatures must match"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};
use sea_orm_migration::seaql_migrations;

mod m0001_people;
mod m0002_facilities;
mod m0003_applications;
mod m0004_review;
mod m0005_events;
mod m0006_attachments;
mod m0007_account_secrets;
mod m0008_mail;
mod m0009_downloads;
mod m0010_number_sequences;
mod m0011_reading;

pub use sea_orm_migration::MigratorTrait;

/// Every migration, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Migration),
            Box::new(m0002_facilities::Migration),
            Box::new(m0003_applications::Migration),
            Box::new(m0004_review::Migration),
            Box::new(m0005_events::Migration),
            Box::new(m0006_attachments::Migration),
            Box::new(m0007_account_secrets::Migration),
            Box::new(m0008_mail::Migration),
            Box::new(m0009_downloads::Migration),
            Box::new(m0010_number_sequences::Migration),
            Box::new(m0011_reading::Migration),
        ]
    }
}

/// The names of the migrations that a database has seen, in order; one that has seen none is left untouched.
pub async fn applied(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if !SchemaManager::new(connection).has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let rows = seaql_migrations::Entity::find().order_by_asc(seaql_migrations::Column::Version).all(connection).await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}
