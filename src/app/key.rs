//! The server's key and the database that it belongs to.
//!
//! A database remembers a fingerprint of the key that it was begun with. Another key beside it would turn every facility check into a
//! failure without a word, so the gateway does not start with one until the operator says that the old key is lost.

use super::StartError;
use crate::config::{self, Config};
use crate::domain::actor::Actor;
use crate::domain::clock::World;
use crate::services::ServerKey;
use crate::store::audit::{self, Entry};
use crate::store::{Database, DbErr, Transaction, accounts, facts};

/// Reads the key of a migrated database. Beside a database that has known none, it is made when there is none.
pub async fn load(config: &Config, database: &Database) -> Result<[u8; 32], StartError> {
    let known = facts::get(database.reader(), facts::SERVER_KEY).await.map_err(unreadable)?;
    let file = config.server_key_file();
    if known.is_some() && !file.exists() {
        return Err(StartError::KeyMissing(file));
    }
    let key = config::key::load(config).map_err(|error| StartError::Part(error.to_string()))?;
    match known {
        Some(known) if known == ServerKey::new(key).fingerprint() => Ok(key),
        Some(_) => Err(StartError::KeyForeign(file)),
        None => {
            let own = &ServerKey::new(key).fingerprint();
            let remember = |tx: Transaction| async move { facts::put(&tx, facts::SERVER_KEY, own).await };
            database.write(remember).await.map_err(unreadable)?;
            Ok(key)
        }
    }
}

/// Takes the key that the file holds now, or a new one, as the database's own. What was made with the old one stays unreadable, so that
/// the initial passwords that were kept with it are taken away; the next settings document brings a new one.
pub async fn replace(config: &Config, database: &Database, world: &World) -> Result<(), StartError> {
    let key = config::key::load(config).map_err(|error| StartError::Part(error.to_string()))?;
    let own = &ServerKey::new(key).fingerprint();
    let replace = |tx: Transaction| async move {
        facts::put(&tx, facts::SERVER_KEY, own).await?;
        accounts::forget_secrets(&tx).await?;
        let (subject, detail) = ("server-key".to_owned(), serde_json::json!({}));
        audit::record(&tx, world, Entry { action: "replace-key", subject, detail, actor: &Actor::System }).await
    };
    database.write(replace).await.map_err(unreadable)
}

fn unreadable(cause: DbErr) -> StartError {
    StartError::Part(format!("the database could not be read or written: {cause}"))
}
