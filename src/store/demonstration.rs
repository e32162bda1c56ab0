//! Demonstration applications in their hundreds of thousands, computed by the database itself: a use case for each would take hours.
//!
//! Every value follows from the number of its application or facility, so that the same portal comes out each time. The courses that
//! applications take are those of the use cases; what only they can make is left out: audit rows, mails, files, secrets. Nothing but the
//! demonstration calls this.

use std::ops::Range;

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::Transaction;

/// From the first application to the last: three years.
const SPAN: i64 = 94_608_000;
/// So many facilities are held by one user, for the first two such users: a chain that looks through its list.
const CHAIN: i64 = 100;
/// The most accounts of an application.
pub const MOST_ACCOUNTS: i64 = 20;
/// Applications and their numbers of accounts stand in the plan under the number of their facility; so far apart are theirs.
const ROOM: i64 = 32;

/// Each step of each course: its place, what happened, the status after it, who did it, and how many seconds after the beginning.
const STEPS: &str = "\
('DRAFT', 1, 'CREATED', 'DRAFT', 'APPLICANT', 0), \
('DROPPED', 1, 'CREATED', 'DRAFT', 'APPLICANT', 0), ('DROPPED', 2, 'WITHDRAWN', 'WITHDRAWN', 'APPLICANT', 1800), \
('WITHDRAWN', 1, 'CREATED', 'DRAFT', 'APPLICANT', 0), ('WITHDRAWN', 2, 'FACILITY_VERIFIED', 'DRAFT', 'APPLICANT', 600), \
('WITHDRAWN', 3, 'SUBMITTED', 'SUBMITTED', 'APPLICANT', 1200), ('WITHDRAWN', 4, 'WITHDRAWN', 'WITHDRAWN', 'APPLICANT', 7200), \
('REJECTED', 1, 'CREATED', 'DRAFT', 'APPLICANT', 0), ('REJECTED', 2, 'FACILITY_VERIFIED', 'DRAFT', 'APPLICANT', 600), \
('REJECTED', 3, 'SUBMITTED', 'SUBMITTED', 'APPLICANT', 1200), ('REJECTED', 4, 'REVIEW_STARTED', 'IN_REVIEW', 'REVIEWER', 86400), \
('REJECTED', 5, 'REJECTED', 'REJECTED', 'REVIEWER', 90000), \
('SUBMITTED', 1, 'CREATED', 'DRAFT', 'APPLICANT', 0), ('SUBMITTED', 2, 'FACILITY_VERIFIED', 'DRAFT', 'APPLICANT', 600), \
('SUBMITTED', 3, 'SUBMITTED', 'SUBMITTED', 'APPLICANT', 1200), \
('IN_REVIEW', 1, 'CREATED', 'DRAFT', 'APPLICANT', 0), ('IN_REVIEW', 2, 'FACILITY_VERIFIED', 'DRAFT', 'APPLICANT', 600), \
('IN_REVIEW', 3, 'SUBMITTED', 'SUBMITTED', 'APPLICANT', 1200), ('IN_REVIEW', 4, 'REVIEW_STARTED', 'IN_REVIEW', 'REVIEWER', 86400), \
('RETURNED', 1, 'CREATED', 'DRAFT', 'APPLICANT', 0), ('RETURNED', 2, 'FACILITY_VERIFIED', 'DRAFT', 'APPLICANT', 600), \
('RETURNED', 3, 'SUBMITTED', 'SUBMITTED', 'APPLICANT', 1200), ('RETURNED', 4, 'REVIEW_STARTED', 'IN_REVIEW', 'REVIEWER', 86400), \
('RETURNED', 5, 'RETURNED', 'RETURNED', 'REVIEWER', 90000), \
('COMPLETED', 1, 'CREATED', 'DRAFT', 'APPLICANT', 0), ('COMPLETED', 2, 'FACILITY_VERIFIED', 'DRAFT', 'APPLICANT', 600), \
('COMPLETED', 3, 'SUBMITTED', 'SUBMITTED', 'APPLICANT', 1200), ('COMPLETED', 4, 'REVIEW_STARTED', 'IN_REVIEW', 'REVIEWER', 86400), \
('COMPLETED', 5, 'APPROVED', 'APPROVED', 'REVIEWER', 90000), ('COMPLETED', 6, 'COMPLETED', 'COMPLETED', 'SYSTEM', 90000)";

/// How a facility's last application stands. Most facilities are through; the rest are spread over facilities of every kind.
const LAST_COURSE: &str = "CASE WHEN (f / 10) % 100 < 2 THEN 'DRAFT' WHEN (f / 10) % 100 < 5 THEN 'SUBMITTED' \
    WHEN (f / 10) % 100 < 6 THEN 'IN_REVIEW' WHEN (f / 10) % 100 < 7 THEN 'RETURNED' ELSE 'COMPLETED' END";
/// How those before it ended, by their place among the facility's.
const EARLIER_COURSE: &str = "CASE k % 3 WHEN 0 THEN 'DROPPED' WHEN 1 THEN 'WITHDRAWN' ELSE 'REJECTED' END";
/// How many events of a facility came before those of its application at place k.
const EVENTS_BEFORE: &str = "(k / 3) * 11 + CASE k % 3 WHEN 0 THEN 0 WHEN 1 THEN 2 ELSE 6 END";
const KIND: &str = "CASE WHEN f % 10 < 7 THEN 'TREATMENT_CLINIC' WHEN f % 10 < 9 THEN 'HEALTH_CHECKUP_PROVIDER' ELSE 'MIDWIFERY_HOME' END";
const DEVICES: &str = "(6 + (f * 7) % 15)";
const REVIEWER: &str = "(SELECT id FROM users WHERE email = 'reviewer2@example.jp')";

/// How much there is to make, and after which numbers.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// How many applications.
    pub applications: i64,
    /// At how many facilities, each with as many applications as the others or one fewer.
    pub facilities: i64,
    /// The number of the first application.
    pub first_application: i64,
    /// The number of the first account; each facility has [`MOST_ACCOUNTS`].
    pub first_account: i64,
    /// When the last application is made, in seconds of Unix time.
    pub until: i64,
}

/// Makes the facilities of a range, with those who hold them.
pub async fn add_facilities(tx: &Transaction, scale: &Scale, range: Range<i64>) -> Result<(), DbErr> {
    let sql = Sql::new(tx, scale);
    let facilities = format!(
        "{}, places AS (SELECT n AS f, ({} - 1 - n) / {} AS k FROM numbers), \
         plan AS (SELECT f, k, {LAST_COURSE} AS course, {KIND} AS kind, {} AS digits, {} AS prefecture FROM places)",
        sql.numbers(&range),
        scale.applications,
        scale.facilities,
        sql.padded("f", 7),
        sql.padded("f % 47 + 1", 2),
    );
    let before = scale.until - SPAN - 86_400;
    let (id, user, since) = (sql.facility("f"), sql.user("f"), sql.time(&before.to_string()));
    let held_by = sql.user(&holder("f"));
    let statements = [
        format!(
            "{facilities} INSERT INTO users (id, email, display_name, phone_number, password_hash, role, created_at) \
             SELECT {user}, 'applicant-' || digits || '@example.jp', '架空 ' || digits, '0312345678', \
             (SELECT password_hash FROM users WHERE email = 'sample@example.jp'), 'APPLICANT', {since} \
             FROM plan WHERE f = {} ORDER BY f",
            holder("f")
        ),
        format!(
            "{facilities} INSERT INTO facilities (id, kind, code, name, prefecture, event_sequence, created_at) \
             SELECT {id}, kind, CASE kind WHEN 'TREATMENT_CLINIC' THEN '契' || prefecture || digits \
             WHEN 'HEALTH_CHECKUP_PROVIDER' THEN prefecture || '9' || digits ELSE 'Z' || digits END, '架空の施設 ' || digits, \
             CASE kind WHEN 'MIDWIFERY_HOME' THEN NULL ELSE f % 47 + 1 END, \
             {EVENTS_BEFORE} + CASE course WHEN 'DRAFT' THEN 1 WHEN 'SUBMITTED' THEN 3 WHEN 'IN_REVIEW' THEN 4 WHEN 'RETURNED' THEN 5 \
             ELSE 6 END, {since} FROM plan ORDER BY f"
        ),
        format!(
            "{facilities} INSERT INTO facility_members (user_id, facility_id, joined_at) SELECT {held_by}, {id}, {since} \
             FROM plan ORDER BY f"
        ),
    ];
    run(tx, &statements).await
}

/// Makes the applications of a range, whose facilities are there, with everything that belongs to them.
pub async fn add_applications(tx: &Transaction, scale: &Scale, range: Range<i64>) -> Result<(), DbErr> {
    let sql = Sql::new(tx, scale);
    let statements = [
        sql.applications(&range),
        sql.details(&range),
        sql.events(&range),
        sql.cases(&range),
        sql.decisions(&range),
        sql.accounts(&range),
    ];
    run(tx, &statements).await
}

async fn run(tx: &Transaction, statements: &[String]) -> Result<(), DbErr> {
    for statement in statements {
        tx.execute_unprepared(statement).await?;
    }
    Ok(())
}

/// Who holds a facility, by number.
fn holder(facility: &str) -> String {
    format!("CASE WHEN {facility} < {} THEN ({facility} / {CHAIN}) * {CHAIN} ELSE {facility} END", 2 * CHAIN)
}

/// The statements in the words of one database.
struct Sql<'a> {
    backend: DbBackend,
    scale: &'a Scale,
}

impl<'a> Sql<'a> {
    fn new(tx: &Transaction, scale: &'a Scale) -> Self {
        Self { backend: tx.get_database_backend(), scale }
    }

    fn applications(&self, range: &Range<i64>) -> String {
        let json = if self.is_postgres() { "::json" } else { "" };
        let number = self.padded(&format!("{} + n", self.scale.first_application), 7);
        let (id, facility, applicant) = (self.application(), self.facility("f"), self.user(&holder("f")));
        let (created, sent, decided) = (self.time("c"), self.time("c + 1200"), self.time("c + 90000"));
        format!(
            "{} INSERT INTO applications (id, number, kind, facility_id, applicant_id, status, version, open_corrections, created_at, \
             submitted_at, decided_at) SELECT {id}, 'S' || {number}, 'START_OF_USE', {facility}, {applicant}, status, version, \
             (CASE course WHEN 'RETURNED' THEN '[\"DEVICE_COUNT\"]' ELSE '[]' END){json}, {created}, \
             CASE WHEN sent = 1 THEN {sent} END, CASE WHEN judged = 1 THEN {decided} END FROM plan ORDER BY n",
            self.plan(range)
        )
    }

    fn details(&self, range: &Range<i64>) -> String {
        let (id, user) = (self.application(), self.user(&holder("f")));
        let (matched, used) = (self.time("c + 600"), self.time("c + 1200"));
        format!(
            "{} INSERT INTO start_of_use_applications (application_id, method, matched_by, matched_key_kind, matched_at, match_used_at, \
             staff_count, device_count, terms_version, terms_accepted_at) SELECT {id}, CASE WHEN sent = 1 THEN 'REGISTRY_MATCH' END, \
             CASE WHEN sent = 1 THEN {user} END, CASE WHEN sent = 1 THEN CASE WHEN f % 10 < 7 THEN \
             'MANAGING_PRACTITIONER_BIRTH_DATE' ELSE 'BANK_ACCOUNT_NUMBER' END END, CASE WHEN sent = 1 THEN {matched} END, \
             CASE WHEN sent = 1 THEN {used} END, CASE WHEN sent = 1 THEN 20 END, CASE WHEN sent = 1 THEN {DEVICES} END, \
             CASE WHEN sent = 1 THEN '1.0' END, CASE WHEN sent = 1 THEN {used} END FROM plan ORDER BY n",
            self.plan(range)
        )
    }

    fn events(&self, range: &Range<i64>) -> String {
        let id = self.id("d04", "c + after", &format!("n * {ROOM} + place"));
        let (application, facility, at) = (self.application(), self.facility("f"), self.time("c + after"));
        format!(
            "{}, steps(course, place, kind, status, actor, after) AS (VALUES {STEPS}) INSERT INTO application_events (id, application_id, \
             facility_id, sequence, kind, status, actor, reason, occurred_at) SELECT {id}, {application}, {facility}, \
             {EVENTS_BEFORE} + place, steps.kind, steps.status, steps.actor, CASE WHEN steps.kind IN ('RETURNED', 'REJECTED') \
             THEN '架空の理由です。' END, {at} FROM plan JOIN steps ON steps.course = plan.course ORDER BY n, place",
            self.plan(range)
        )
    }

    fn cases(&self, range: &Range<i64>) -> String {
        let (id, since, until) = (self.application(), self.time("c + 1200"), self.time("c + 93600"));
        format!(
            "{} INSERT INTO review_cases (application_id, status, facility_kind, waiting_since, claimed_by, claimed_until) \
             SELECT {id}, status, {KIND}, {since}, CASE status WHEN 'IN_REVIEW' THEN {REVIEWER} END, \
             CASE status WHEN 'IN_REVIEW' THEN {until} END FROM plan WHERE sent = 1 ORDER BY n",
            self.plan(range)
        )
    }

    fn decisions(&self, range: &Range<i64>) -> String {
        let json = if self.is_postgres() { "::json" } else { "" };
        let (id, application, at) = (self.id("d06", "c + 90000", "n"), self.application(), self.time("c + 90000"));
        format!(
            "{} INSERT INTO decisions (id, application_id, reviewer_id, verdict, reason, corrections, decided_at) SELECT {id}, \
             {application}, {REVIEWER}, CASE course WHEN 'COMPLETED' THEN 'APPROVED' ELSE course END, CASE course WHEN 'COMPLETED' \
             THEN NULL ELSE '架空の理由です。' END, (CASE course WHEN 'RETURNED' THEN '[{{\"target\":\"DEVICE_COUNT\",\
             \"message\":\"台数をご確認ください。\"}}]' ELSE '[]' END){json}, {at} FROM plan WHERE judged = 1 ORDER BY n",
            self.plan(range)
        )
    }

    fn accounts(&self, range: &Range<i64>) -> String {
        let ordinals: Vec<_> = (1..=MOST_ACCOUNTS).map(|ordinal| format!("({ordinal})")).collect();
        let id = self.id("d05", "c + 90000", &format!("f * {ROOM} + place"));
        let name = self.padded(&format!("{} + f * {MOST_ACCOUNTS} + place - 1", self.scale.first_account), 7);
        let (facility, application, at) = (self.facility("f"), self.application(), self.time("c + 90000"));
        format!(
            "{}, ordinals(place) AS (VALUES {}) INSERT INTO eligibility_accounts (id, account_name, facility_id, application_id, ordinal, \
             status, issued_at) SELECT {id}, 'W' || {name}, {facility}, {application}, place, 'ISSUED', {at} \
             FROM plan JOIN ordinals ON place <= {DEVICES} WHERE course = 'COMPLETED' ORDER BY n, place",
            self.plan(range),
            ordinals.join(", ")
        )
    }

    /// The applications of a range: number, facility, place among the facility's, second of creation, course, and what follows.
    fn plan(&self, range: &Range<i64>) -> String {
        let Scale { applications, facilities, until, .. } = self.scale;
        format!(
            "{}, places AS (SELECT n, n % {facilities} AS f, n / {facilities} AS k, \
             {until} - (({applications} - n) * {SPAN}) / {applications} AS c FROM numbers), \
             courses AS (SELECT n, f, k, c, CASE WHEN n + {facilities} >= {applications} THEN {LAST_COURSE} ELSE {EARLIER_COURSE} END \
             AS course FROM places), plan AS (SELECT n, f, k, c, course, \
             CASE course WHEN 'DROPPED' THEN 'WITHDRAWN' ELSE course END AS status, \
             CASE WHEN course IN ('DRAFT', 'DROPPED') THEN 0 ELSE 1 END AS sent, \
             CASE WHEN course IN ('REJECTED', 'RETURNED', 'COMPLETED') THEN 1 ELSE 0 END AS judged, \
             CASE course WHEN 'DRAFT' THEN 1 WHEN 'DROPPED' THEN 2 WHEN 'SUBMITTED' THEN 4 WHEN 'COMPLETED' THEN 6 WHEN 'REJECTED' \
             THEN 6 WHEN 'RETURNED' THEN 6 ELSE 5 END AS version FROM courses)",
            self.numbers(range)
        )
    }

    fn numbers(&self, Range { start, end }: &Range<i64>) -> String {
        if self.is_postgres() {
            format!("WITH numbers AS (SELECT n FROM generate_series({start}::bigint, {end}::bigint - 1) AS n)")
        } else {
            format!(
                "WITH RECURSIVE numbers(n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {end})"
            )
        }
    }

    fn user(&self, facility: &str) -> String {
        self.id("d01", &(self.scale.until - SPAN - 86_400).to_string(), facility)
    }

    fn facility(&self, facility: &str) -> String {
        self.id("d02", &(self.scale.until - SPAN - 86_400).to_string(), facility)
    }

    fn application(&self) -> String {
        self.id("d03", "c", "n")
    }

    /// A UUIDv7 (RFC 9562) of a second, with a number in place of chance.
    fn id(&self, table: &str, seconds: &str, number: &str) -> String {
        if self.is_postgres() {
            format!(
                "(lpad(to_hex(({seconds})::bigint * 1000), 12, '0') || '7{table}8' || lpad(to_hex(({number})::bigint), 15, '0'))::uuid"
            )
        } else {
            format!("unhex(printf('%012x7{table}8%015x', ({seconds}) * 1000, {number}))")
        }
    }

    /// An instant, as sqlx writes one.
    fn time(&self, seconds: &str) -> String {
        if self.is_postgres() {
            format!("to_timestamp({seconds})")
        } else {
            format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', {seconds}, 'unixepoch')")
        }
    }

    fn padded(&self, number: &str, width: u32) -> String {
        if self.is_postgres() {
            format!("lpad(({number})::text, {width}, '0')")
        } else {
            format!("printf('%0{width}d', {number})")
        }
    }

    fn is_postgres(&self) -> bool {
        self.backend == DbBackend::Postgres
    }
}
