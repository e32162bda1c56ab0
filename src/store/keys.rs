//! Many keys as one value of a statement, so that its text is the same for one key and for a thousand: an array on PostgreSQL, a JSON
//! array on SQLite.
//!
//! A text that grew with its keys would be parsed, planned and kept by the database once for each length. Lists that the program
//! itself writes out, such as the statuses that block another application, go the same way.

use std::borrow::Cow;

use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{ArrayType, Expr, ExprTrait, Func, FunctionCall, Query, SimpleExpr, Value};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend};
use uuid::Uuid;

const KEYS: &str = "keys";

/// Keys of one kind, for one database.
#[derive(Clone)]
pub(super) struct Keys {
    backend: DbBackend,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Ids(Vec<Uuid>),
    Words(Vec<Cow<'static, str>>),
}

impl Keys {
    /// Ids.
    pub fn ids<K: Copy>(conn: &impl ConnectionTrait, ids: &[K]) -> Self
    where
        Value: From<K>,
    {
        let uuid = |id: &K| match Value::from(*id) {
            Value::Uuid(uuid) => uuid,
            _ => None,
        };
        Self { backend: conn.get_database_backend(), kind: Kind::Ids(ids.iter().filter_map(uuid).collect()) }
    }

    /// Words: those that the database keeps for an enum, or that somebody asks for.
    pub fn words<W: Into<Cow<'static, str>>>(conn: &impl ConnectionTrait, words: impl IntoIterator<Item = W>) -> Self {
        let words = words.into_iter().map(Into::into).collect();
        Self { backend: conn.get_database_backend(), kind: Kind::Words(words) }
    }

    /// Whether a column is one of them.
    pub fn hold(&self, column: impl ColumnTrait) -> SimpleExpr {
        let column = Expr::col(column.as_column_ref());
        match self.backend {
            DbBackend::Postgres => column.eq(PgFunc::any(self.value())),
            _ => {
                let keys = Query::select().expr(self.each(KEYS)).from_function(self.table(), KEYS).to_owned();
                column.in_subquery(keys)
            }
        }
    }

    /// The only one.
    pub fn only(&self) -> Option<Value> {
        match &self.kind {
            Kind::Ids(ids) => <[_; 1]>::try_from(ids.as_slice()).ok().map(|[id]| id.into()),
            Kind::Words(words) => <&[_; 1]>::try_from(words.as_slice()).ok().map(|[word]| word.as_ref().into()),
        }
    }

    /// They as a table of one column; [`Self::each`] is its row.
    pub fn table(&self) -> FunctionCall {
        match self.backend {
            DbBackend::Postgres => Func::cust("unnest").arg(self.value()),
            _ => Func::cust("json_each").arg(self.value()),
        }
    }

    /// The key of a row of their table, which stands in the statement under this name.
    pub fn each(&self, table: &'static str) -> SimpleExpr {
        match (self.backend, &self.kind) {
            // The only column of a function that gives single values has the name of the function's alias.
            (DbBackend::Postgres, _) => Expr::col((table, table)),
            (_, Kind::Ids(_)) => Func::cust("unhex").arg(Expr::col((table, "value"))).into(),
            (_, Kind::Words(_)) => Expr::col((table, "value")),
        }
    }

    fn value(&self) -> Value {
        match (self.backend, &self.kind) {
            (DbBackend::Postgres, Kind::Ids(ids)) => {
                array(ArrayType::Uuid, ids.iter().map(|id| Value::from(*id)).collect())
            }
            (DbBackend::Postgres, Kind::Words(words)) => {
                array(ArrayType::String, words.iter().map(|word| Value::from(word.as_ref())).collect())
            }
            (_, Kind::Ids(ids)) => {
                ids.iter().map(|id| id.simple().to_string()).collect::<serde_json::Value>().to_string().into()
            }
            (_, Kind::Words(words)) => words.iter().cloned().collect::<serde_json::Value>().to_string().into(),
        }
    }
}

fn array(kind: ArrayType, values: Vec<Value>) -> Value {
    Value::Array(kind, Some(Box::new(values)))
}
