//! The database that everybody reads: 1,000 facilities, 100,000 applications, 100,000 files, 120,000 accounts.
//!
//! Made by a few statements, from numbers alone. No use case would issue accounts for an application that was refused; here they are
//! spread evenly, so that every page of a facility costs the same.

use std::path::Path;

use madoguchi::app;
use madoguchi::config::{Config, DatabaseAddress};
use madoguchi::store::schema;
use sea_orm::sqlx::{self, AssertSqlSafe, Connection, Executor, PgConnection, Row};
use uuid::Uuid;

use super::Error;

const NAME: &str = "madoguchi_queries";

/// Of each facility the newest application is the hundredth, and the only one that may wait for a reviewer.
const FILL: &str = "
CREATE FUNCTION pg_temp.made(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex(1736121600000 + n * 300000), 12, '0') || '7' || kind || '8' || lpad(to_hex(n), 15, '0'))::uuid $$;
CREATE FUNCTION pg_temp.at(n bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT to_timestamp(1736121600 + n * 300) $$;

INSERT INTO users (id, email, display_name, phone_number, password_hash, role, created_at)
SELECT pg_temp.made('d01', n), 'person-' || n || '@example.jp', '架空 ' || n, '0312345678', 'none',
  CASE n WHEN 1000 THEN 'REVIEWER' ELSE 'APPLICANT' END, pg_temp.at(0)
FROM generate_series(0::bigint, 1000) AS n;

INSERT INTO sessions (id, user_id, token_hash, created_at, expires_at)
SELECT pg_temp.made('d09', n), pg_temp.made('d01', n), sha256(convert_to('bench-' || lpad(n::text, 37, '0'), 'UTF8')), now(),
  now() + interval '1 day'
FROM generate_series(0::bigint, 1000) AS n;

INSERT INTO facilities (id, kind, code, name, prefecture, event_sequence, created_at)
SELECT pg_temp.made('d02', n), (ARRAY['TREATMENT_CLINIC', 'HEALTH_CHECKUP_PROVIDER', 'MIDWIFERY_HOME'])[n % 3 + 1],
  'Z' || lpad(n::text, 7, '0'), '架空の施設 ' || n, n % 47 + 1, 0, pg_temp.at(0)
FROM generate_series(0::bigint, 999) AS n;

INSERT INTO facility_members (user_id, facility_id, joined_at)
SELECT pg_temp.made('d01', n), pg_temp.made('d02', n), pg_temp.at(0) FROM generate_series(0::bigint, 999) AS n;

INSERT INTO applications (id, number, kind, facility_id, applicant_id, status, version, open_corrections, created_at, submitted_at,
  decided_at)
SELECT pg_temp.made('d03', n), 'S' || lpad(n::text, 7, '0'), 'START_OF_USE', pg_temp.made('d02', n % 1000),
  pg_temp.made('d01', n % 1000), CASE WHEN n < 99000 THEN (ARRAY['REJECTED', 'WITHDRAWN'])[n / 1000 % 2 + 1]
    ELSE (ARRAY['SUBMITTED', 'IN_REVIEW', 'COMPLETED'])[n / 7 % 3 + 1] END,
  6, '[]', pg_temp.at(n), pg_temp.at(n) + interval '20 minutes', CASE WHEN n < 99000 THEN pg_temp.at(n) + interval '1 day' END
FROM generate_series(0::bigint, 99999) AS n;

INSERT INTO start_of_use_applications (application_id, method, staff_count, device_count, terms_version, terms_accepted_at)
SELECT id, 'DOCUMENT_EVIDENCE', 5, 2, '2026-01', created_at FROM applications ORDER BY id;

INSERT INTO attachments (id, application_id, facility_id, kind, file_name, file_type, size, sha256, object, uploaded_by, uploaded_at)
SELECT pg_temp.made('d04', n), pg_temp.made('d03', n), pg_temp.made('d02', n % 1000), 'DELEGATED_RECEIPT_APPROVAL_NOTICE',
  '受領委任の承諾通知 ' || n || '.pdf', 'PDF', 100000 + n, sha256(convert_to(n::text, 'UTF8')), pg_temp.made('d08', n),
  pg_temp.made('d01', n % 1000), pg_temp.at(n) + interval '10 minutes'
FROM generate_series(0::bigint, 99999) AS n;

INSERT INTO eligibility_accounts (id, account_name, facility_id, application_id, ordinal, status, issued_at)
SELECT pg_temp.made('d05', n), 'W' || lpad(n::text, 7, '0'), pg_temp.made('d02', n % 100000 % 1000), pg_temp.made('d03', n % 100000),
  n / 100000 + 1, 'ISSUED', pg_temp.at(n % 100000) + interval '1 day'
FROM generate_series(0::bigint, 119999) AS n;

INSERT INTO review_cases (application_id, waiting_since, status, facility_kind)
SELECT applications.id, submitted_at, status, facilities.kind FROM applications JOIN facilities ON facilities.id = facility_id
ORDER BY applications.id;
";

/// What there is to ask for.
pub struct Data {
    /// The address of the database.
    pub address: String,
    /// Facilities in the order of their numbers, with their holder's token.
    pub facilities: Vec<(Uuid, String)>,
    /// One application in fifty, of every facility, with its holder's token.
    pub applications: Vec<(Uuid, String)>,
    /// The reviewer's token.
    pub reviewer: String,
}

/// The token of a person by number; the thousandth is the reviewer.
pub fn token(person: usize) -> String {
    format!("bench-{person:037}")
}

impl Data {
    /// Makes the database anew on a server.
    pub async fn make(server: &str, folder: &Path) -> Result<Self, Error> {
        let mut connection = PgConnection::connect(server).await?;
        for statement in [format!("DROP DATABASE IF EXISTS {NAME} WITH (FORCE)"), format!("CREATE DATABASE {NAME}")] {
            connection.execute(AssertSqlSafe(statement)).await?;
        }
        let mut address = url::Url::parse(server)?;
        address.set_path(NAME);
        let database = DatabaseAddress::parse(address.as_str()).ok_or("no address of a PostgreSQL")?;
        let config = Config { data: folder.to_owned(), database: Some(database), ..Config::default() };
        let database = app::open_database(&config).await?;
        schema::up(&database).await?;
        database.close().await?;
        let mut connection = PgConnection::connect(address.as_str()).await?;
        connection.execute(FILL).await?;
        connection.execute("VACUUM (ANALYZE, FREEZE)").await?;
        connection.execute("CHECKPOINT").await?;
        let ids = async |connection: &mut PgConnection, sql: &'static str| -> Result<Vec<Uuid>, Error> {
            let rows = sqlx::query(sql).fetch_all(connection).await?;
            Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
        };
        let facilities = ids(&mut connection, "SELECT id FROM facilities ORDER BY id").await?;
        let applications = ids(&mut connection, "SELECT id FROM applications ORDER BY id").await?;
        let of_facility = |(n, id): (usize, Uuid)| (id, token(n % 1000));
        Ok(Self {
            address: address.into(),
            facilities: facilities.into_iter().enumerate().map(of_facility).collect(),
            // A step that shares no factor with the number of facilities goes through all of them.
            applications: applications.into_iter().enumerate().map(of_facility).step_by(49).collect(),
            reviewer: token(1000),
        })
    }
}
