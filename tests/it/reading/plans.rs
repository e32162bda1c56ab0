//! What a database says that it will do for a statement, and what is wrong with that.

use madoguchi::store::Database;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;

/// Tables that are as long after ten years as on the first day: a row for each fact or counter of the portal.
const SMALL: [&str; 2] = ["portal_facts", "counters"];
/// Tables that the demonstration has rows of by the thousand. PostgreSQL reads a table of a few rows from end to end whatever indexes it
/// has; of the other tables it is therefore asked what it would do if it could not.
const LONG: [&str; 9] = [
    "users",
    "facilities",
    "facility_members",
    "applications",
    "start_of_use_applications",
    "application_events",
    "review_cases",
    "decisions",
    "eligibility_accounts",
];
/// The most rows that a sort may take: the largest page of the list of cases from each of its ranges, three kinds of facility times
/// seven statuses.
const MOST_SORTED: f64 = 21.0 * 101.0;

/// What stands in a statement that reads the pages of many lists.
const PAGES: &str = r#", json_each(?) AS "keys"#;

/// Whether there is a plan: not of what opens and closes transactions.
pub fn is_planned(sql: &str) -> bool {
    let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];
    verbs.iter().any(|verb| sql.starts_with(verb)) && !sql.contains("seaql_migrations") && !sql.contains("pragma")
}

/// Every objection to how a statement will be run.
pub async fn objections(database: &Database, statement: &Statement) -> Vec<String> {
    if database.is_embedded() { sqlite(database, statement).await } else { postgres(database, statement).await }
}

async fn sqlite(database: &Database, statement: &Statement) -> Vec<String> {
    let rows = database.reader().query_all_raw(explain("EXPLAIN QUERY PLAN", statement)).await.unwrap();
    let lines = rows.iter().map(|row| row.try_get::<String>("", "detail").unwrap());
    lines.filter(|line| is_wrong_on_sqlite(line, &statement.sql)).collect()
}

fn is_wrong_on_sqlite(line: &str, sql: &str) -> bool {
    if let Some(scanned) = line.strip_prefix("SCAN ") {
        let table = scanned.split(' ').next().unwrap_or_default();
        // A subquery's own rows have a line of their own.
        let is_derived = table.starts_with("keys")
            || table == "sub_query"
            || scanned.starts_with("CONSTANT ROW")
            || scanned.ends_with("VALUES CLAUSE");
        // A list read in the order of an index until its page is full.
        let is_page = scanned.contains("USING") && sql.contains("LIMIT");
        return !is_derived && !is_page && !SMALL.contains(&table);
    }
    // SQLite does not say how much it sorts. The pages of many lists are sorted when they are there; nothing else is.
    line.starts_with("USE TEMP B-TREE FOR") && line.ends_with("ORDER BY") && !sql.contains(PAGES)
}

async fn postgres(database: &Database, statement: &Statement) -> Vec<String> {
    let transaction = database.snapshot().await.unwrap();
    let explain = explain("EXPLAIN (FORMAT JSON)", statement);
    let plan = |row: sea_orm::QueryResult| row.try_get_by_index::<Value>(0).unwrap();
    let chosen = plan(transaction.query_one_raw(explain.clone()).await.unwrap().unwrap());
    transaction.execute_unprepared("SET LOCAL enable_seqscan = off").await.unwrap();
    let by_index = plan(transaction.query_one_raw(explain).await.unwrap().unwrap());
    drop(transaction);
    let mut wrong = Vec::new();
    look(&chosen[0]["Plan"], false, &|table| LONG.contains(&table), &mut wrong);
    look(&by_index[0]["Plan"], false, &|table| !LONG.contains(&table) && !SMALL.contains(&table), &mut wrong);
    if !wrong.is_empty() {
        wrong.push(chosen.to_string());
    }
    wrong
}

/// Looks at a node of a plan and at those below it. `cut` is whether its rows are taken only until a page is full.
fn look(node: &Value, cut: bool, judged: &dyn Fn(&str) -> bool, wrong: &mut Vec<String>) {
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let table = node["Relation Name"].as_str().unwrap_or_default();
    let below = || node["Plans"].as_array().into_iter().flatten();
    let scans = kind == "Seq Scan" || (kind.starts_with("Index") && node.get("Index Cond").is_none() && !cut);
    if scans && judged(table) {
        wrong.push(format!("{kind} of {table}"));
    }
    let rows: f64 = below().filter_map(|node| node["Plan Rows"].as_f64()).sum();
    if kind.contains("Sort") && rows > MOST_SORTED {
        wrong.push(format!("{kind} of {rows} rows"));
    }
    let passes = ["Nested Loop", "Subquery Scan", "LockRows", "Result", "Append", "Merge Append", "Memoize"];
    below().for_each(|below| look(below, kind == "Limit" || (cut && passes.contains(&kind)), judged, wrong));
}

fn explain(how: &str, statement: &Statement) -> Statement {
    Statement { sql: format!("{how} {}", statement.sql), ..statement.clone() }
}
