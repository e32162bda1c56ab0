//! An index for every list and look-up that grows with the portal, and the columns by which the list of cases is filtered.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// What a case repeats of its application, so that a filtered list of cases is a range of one index.
const COPIED: [(&str, &str); 2] = [
    ("status", "SELECT status FROM applications WHERE applications.id = review_cases.application_id"),
    (
        "facility_kind",
        "SELECT facilities.kind FROM applications JOIN facilities ON facilities.id = applications.facility_id \
         WHERE applications.id = review_cases.application_id",
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, value) in COPIED {
            let column_definition = string(column).default("").take();
            manager.alter_table(Table::alter().table("review_cases").add_column(column_definition).to_owned()).await?;
            let fill = format!("UPDATE review_cases SET {column} = ({value})");
            manager.get_connection().execute_unprepared(&fill).await?;
        }
        for index in removed() {
            let (name, table) = (index.name, index.table);
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        for index in added() {
            manager.create_index(index.statement()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in added() {
            let (name, table) = (index.name, index.table);
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        for index in removed() {
            manager.create_index(index.statement()).await?;
        }
        // SQLite drops one column a statement.
        for (column, _) in COPIED {
            manager.alter_table(Table::alter().table("review_cases").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

struct NewIndex {
    name: &'static str,
    table: &'static str,
    columns: &'static [&'static str],
    only: Option<SimpleExpr>,
}

impl NewIndex {
    fn statement(&self) -> IndexCreateStatement {
        let mut index = Index::create().name(self.name).table(self.table).take();
        for column in self.columns {
            index.col(*column);
        }
        if let Some(only) = &self.only {
            index.and_where(only.clone());
        }
        index
    }
}

const fn index(name: &'static str, table: &'static str, columns: &'static [&'static str]) -> NewIndex {
    NewIndex { name, table, columns, only: None }
}

/// What others take the place of.
fn removed() -> [NewIndex; 2] {
    [
        index("decisions_application_id_decided_at_idx", "decisions", &["application_id", "decided_at"]),
        index("outbox_messages_done_at_next_attempt_at_idx", "outbox_messages", &["done_at", "next_attempt_at"]),
    ]
}

fn added() -> [NewIndex; 12] {
    let null = |column: &'static str| Expr::col(column).is_null();
    let due = Some(null("done_at").and(null("dead_at")));
    let dead = Some(Expr::col("dead_at").is_not_null());
    [
        index(
            "review_cases_status_facility_kind_waiting_since_idx",
            "review_cases",
            &["status", "facility_kind", "waiting_since", "application_id"],
        ),
        index("decisions_application_id_decided_at_id_idx", "decisions", &["application_id", "decided_at", "id"]),
        // Few of the messages that were ever written are due.
        NewIndex {
            only: due,
            ..index("outbox_messages_due_idx", "outbox_messages", &["topic", "next_attempt_at", "id"])
        },
        NewIndex { only: dead, ..index("outbox_messages_dead_idx", "outbox_messages", &["topic", "id"]) },
        index("outbox_messages_topic_id_idx", "outbox_messages", &["topic", "id"]),
        // Staff among all users.
        index("users_role_idx", "users", &["role"]),
        // SQLite looks here for what refers to an application whenever one is written.
        index("idempotency_keys_application_id_idx", "idempotency_keys", &["application_id"]),
        // What tidying and a new password look for.
        index("registrations_expires_at_idx", "registrations", &["expires_at"]),
        index("password_resets_expires_at_idx", "password_resets", &["expires_at"]),
        index("password_resets_user_id_idx", "password_resets", &["user_id"]),
        index("used_tickets_used_at_idx", "used_tickets", &["used_at"]),
        index("throttles_window_started_at_idx", "throttles", &["window_started_at"]),
    ]
}
