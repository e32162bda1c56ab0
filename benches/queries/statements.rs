//! Which statements a page takes, as PostgreSQL writes them into its log while it is told to.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use sea_orm::sqlx::{self, Executor as _, PgConnection};

use super::contestants::Contestant;
use super::pages::Page;
use super::{Error, answers};

/// So many requests are looked at: what is asked less often is not the page's own.
const REQUESTS: usize = 96;

/// The texts that a page's requests take, so many of them at once, with how often on average; `None` when the log cannot be read.
pub async fn of(
    connection: &mut PgConnection,
    http: &reqwest::Client,
    contestant: &Contestant,
    page: &Page,
    at_once: u32,
) -> Result<Option<Vec<(f64, String)>>, Error> {
    let Ok(begun) = size(connection).await else { return Ok(None) };
    for setting in ["log_statement = 'all'", "log_parameter_max_length = 0"] {
        connection.execute(sqlx::AssertSqlSafe(format!("ALTER SYSTEM SET {setting}"))).await?;
    }
    reload(connection).await?;
    let requests = page.asked.iter().cycle().take(REQUESTS);
    let answers = requests.map(|(token, variables)| answers::ask(http, contestant, page, token, variables));
    let answers = stream::iter(answers).buffer_unordered(at_once.try_into()?);
    answers.try_for_each(|_| async { Ok(()) }).await?;
    for setting in ["log_statement", "log_parameter_max_length"] {
        connection.execute(sqlx::AssertSqlSafe(format!("ALTER SYSTEM RESET {setting}"))).await?;
    }
    reload(connection).await?;
    let ended = size(connection).await?;
    let log: String = sqlx::query_scalar(READ).bind(begun).bind(ended - begun).fetch_one(&mut *connection).await?;
    Ok(Some(counted(&log)))
}

/// `pg_ctl` keeps the log of a private cluster beside its data.
const SIZE: &str = "SELECT size FROM pg_stat_file(current_setting('data_directory') || '/../log')";
const READ: &str = "SELECT pg_read_file(current_setting('data_directory') || '/../log', $1, $2)";

async fn size(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(SIZE).fetch_one(connection).await
}

/// Every process takes new settings before its next statement, once it has had the signal.
async fn reload(connection: &mut PgConnection) -> Result<(), Error> {
    connection.execute("SELECT pg_reload_conf()").await?;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    Ok(())
}

/// A statement begins after `LOG:` and goes on in lines that begin with a tab.
fn counted(log: &str) -> Vec<(f64, String)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for entry in log.replace("\n\t", " ").lines() {
        let Some((_, words)) = entry.split_once(" LOG:  ") else { continue };
        if let Some((how, text)) = words.split_once(": ")
            && (how.starts_with("execute ") || how == "statement")
        {
            *counts.entry(text.split_whitespace().collect::<Vec<_>>().join(" ")).or_default() += 1;
        }
    }
    let often = counts.into_iter().filter(|(_, count)| *count >= REQUESTS);
    #[expect(clippy::cast_precision_loss, reason = "a count of a few")]
    let found = often.map(|(text, count)| (count as f64 / REQUESTS as f64, text)).collect();
    found
}
