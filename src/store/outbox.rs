//! The outbox: what must follow a commit, written with the change and done after it.
//!
//! A message is done at least once. Wake-ups are deleted when done; mails stay with the time at which they were handed over.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use entities::outbox_messages::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set, UpdateMany,
};

use super::Transaction;
use super::keys::Keys;
use crate::domain::clock::World;
use crate::domain::ids::{FacilityId, OutboxMessageId};
use crate::domain::mail::{Mail, Posting, PostingStanding, Recipient};

const MAIL: &str = "MAIL";
const WAKE: &str = "WAKE";

/// What a message asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Write and hand over a mail.
    Deliver(Mail),
    /// Tell whoever watches this facility that it has new events.
    Wake(FacilityId),
}

/// The two sorts of messages, done by two workers: a slow mail keeps no wake-up waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Mails.
    Mail,
    /// Wake-ups.
    Wake,
}

impl Topic {
    const fn text(self) -> &'static str {
        match self {
            Self::Mail => MAIL,
            Self::Wake => WAKE,
        }
    }
}

/// A message that is due.
#[derive(Debug)]
pub struct Due {
    /// Its id; a mail's Message-ID.
    pub id: OutboxMessageId,
    /// What it asks for. One that cannot be read fails alone and keeps no other from being done.
    pub task: Result<Task, DbErr>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: i32,
}

/// Writes messages into the open transaction, all in one statement.
pub async fn enqueue(tx: &Transaction, world: &World, tasks: &[Task]) -> Result<(), DbErr> {
    let rows = tasks.iter().map(|task| row(world, task)).collect::<Result<Vec<_>, _>>()?;
    Entity::insert_many(rows).exec_without_returning(&**tx).await.map(drop)
}

fn row(world: &World, task: &Task) -> Result<ActiveModel, DbErr> {
    let (topic, payload) = match task {
        Task::Deliver(mail) => (MAIL, serde_json::to_value(mail)),
        Task::Wake(facility) => (WAKE, serde_json::to_value(facility)),
    };
    let now = world.now();
    Ok(ActiveModel {
        id: Set(world.id()),
        topic: Set(topic.to_owned()),
        payload: Set(payload.map_err(|error| DbErr::Json(error.to_string()))?),
        created_at: Set(now),
        next_attempt_at: Set(now),
        attempts: Set(0),
        done_at: Set(None),
        last_error: Set(None),
        dead_at: Set(None),
    })
}

/// The messages of a topic that are due, oldest first, at most `limit`.
pub async fn due(conn: &impl ConnectionTrait, topic: Topic, now: DateTime<Utc>, limit: u64) -> Result<Vec<Due>, DbErr> {
    let rows = Entity::find()
        .filter(Column::Topic.eq(topic.text()))
        .filter(Column::DoneAt.is_null())
        .filter(Column::DeadAt.is_null())
        .filter(Column::NextAttemptAt.lte(now))
        .order_by_asc(Column::NextAttemptAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(conn)
        .await?;
    let due = rows.into_iter().map(|row| {
        let task = match topic {
            Topic::Mail => serde_json::from_value(row.payload).map(Task::Deliver),
            Topic::Wake => serde_json::from_value(row.payload).map(Task::Wake),
        };
        let task = task.map_err(|error| DbErr::Json(error.to_string()));
        Due { id: row.id, task, created_at: row.created_at, attempts: row.attempts }
    });
    Ok(due.collect())
}

/// Marks mails as handed over and takes wake-ups away.
pub async fn finish(tx: &Transaction, done: &[OutboxMessageId], now: DateTime<Utc>) -> Result<(), DbErr> {
    let these = Keys::ids(&**tx, done).hold(Column::Id);
    Entity::delete_many().filter(Column::Topic.eq(WAKE)).filter(these.clone()).exec(&**tx).await?;
    Entity::update_many().col_expr(Column::DoneAt, Expr::value(now)).filter(these).exec(&**tx).await.map(drop)
}

/// Puts a message off after a failure, longer each time: 1 s, 2 s, 4 s … at most an hour.
pub async fn postpone(tx: &Transaction, message: &Due, error: &str, now: DateTime<Utc>) -> Result<(), DbErr> {
    let wait = Duration::seconds(1 << message.attempts.clamp(0, 12)).min(Duration::hours(1));
    failed(message, error).col_expr(Column::NextAttemptAt, Expr::value(now + wait)).exec(&**tx).await.map(drop)
}

/// Gives a message up: it stays, and goes out only when somebody sends it again.
pub async fn bury(tx: &Transaction, message: &Due, error: &str, now: DateTime<Utc>) -> Result<(), DbErr> {
    failed(message, error).col_expr(Column::DeadAt, Expr::value(now)).exec(&**tx).await.map(drop)
}

fn failed(message: &Due, error: &str) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::Attempts, Expr::value(message.attempts.saturating_add(1)))
        .col_expr(Column::LastError, Expr::value(error))
        .filter(Column::Id.eq(message.id))
}

/// Which mails are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Those that are not handed over yet, the dead among them.
    Undelivered,
    /// The dead.
    Dead,
    /// All.
    All,
}

/// How mails stand, newest first, at most `limit`.
pub async fn postings(conn: &impl ConnectionTrait, wanted: Wanted, limit: u64) -> Result<Vec<Posting>, DbErr> {
    let rows = Entity::find()
        .filter(Column::Topic.eq(MAIL))
        .filter(match wanted {
            Wanted::Undelivered => Condition::all().add(Column::DoneAt.is_null()),
            Wanted::Dead => Condition::all().add(Column::DeadAt.is_not_null()),
            Wanted::All => Condition::all(),
        })
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(conn)
        .await?;
    let posting = |row: Model| Posting {
        id: row.id,
        template: serde_json::from_value::<Mail>(row.payload).ok().map(|mail| mail.template()),
        created_at: row.created_at,
        attempts: row.attempts,
        last_error: row.last_error,
        standing: match (row.done_at, row.dead_at) {
            (Some(at), _) => PostingStanding::Delivered(at),
            (None, Some(at)) => PostingStanding::Dead(at),
            (None, None) => PostingStanding::Waiting(row.next_attempt_at),
        },
    };
    Ok(rows.into_iter().map(posting).collect())
}

/// Whom these mails go to; a row that cannot be read is left out.
pub async fn recipients(
    conn: &impl ConnectionTrait,
    ids: &[OutboxMessageId],
) -> Result<HashMap<OutboxMessageId, Recipient>, DbErr> {
    let these = Entity::find().filter(Column::Topic.eq(MAIL)).filter(Keys::ids(conn, ids).hold(Column::Id));
    let rows = these.all(conn).await?.into_iter();
    let recipient = |row: Model| {
        let mail: Mail = serde_json::from_value(row.payload).ok()?;
        Some((row.id, mail.recipient()))
    };
    Ok(rows.filter_map(recipient).collect())
}

/// Lets mails go out again from their first try: this one, or every dead one. Gives how many they are.
pub async fn revive(tx: &Transaction, id: Option<OutboxMessageId>, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let these = match id {
        Some(id) => Column::Id.eq(id),
        None => Column::DeadAt.is_not_null(),
    };
    let done = Entity::update_many()
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::NextAttemptAt, Expr::value(now))
        .col_expr(Column::DeadAt, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(Column::DoneAt, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(Column::Topic.eq(MAIL))
        .filter(these)
        .exec(&**tx)
        .await?;
    Ok(done.rows_affected)
}
