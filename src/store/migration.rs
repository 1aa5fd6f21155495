//! The schema's history, embedded in the binary. Files are only ever added.

use std::borrow::Cow;

use sqlx::{
    AssertSqlSafe, SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

/// The schema for SQLite, oldest first: version, name, statements.
pub(super) const SQLITE: &[(i64, &str, &str)] = &[
    (1, "initial", include_str!("sql/sqlite/0001-initial.sql")),
    (2, "delivery", include_str!("sql/sqlite/0002-delivery.sql")),
    (3, "receiving", include_str!("sql/sqlite/0003-receiving.sql")),
    (4, "endings", include_str!("sql/sqlite/0004-endings.sql")),
    (5, "leases", include_str!("sql/sqlite/0005-leases.sql")),
    (6, "crowds", include_str!("sql/sqlite/0006-crowds.sql")),
    (7, "orders", include_str!("sql/sqlite/0007-orders.sql")),
    (8, "people", include_str!("sql/sqlite/0008-people.sql")),
    (9, "figures", include_str!("sql/sqlite/0009-figures.sql")),
    (10, "search", include_str!("sql/sqlite/0010-search.sql")),
    (11, "situations", include_str!("sql/sqlite/0011-situations.sql")),
    (12, "desk", include_str!("sql/sqlite/0012-desk.sql")),
    (13, "bursts", include_str!("sql/sqlite/0013-bursts.sql")),
    (14, "alarms", include_str!("sql/sqlite/0014-alarms.sql")),
    (15, "webhooks", include_str!("sql/sqlite/0015-webhooks.sql")),
    (16, "notices", include_str!("sql/sqlite/0016-notices.sql")),
    (17, "satisfaction", include_str!("sql/sqlite/0017-satisfaction.sql")),
    (18, "named acts", include_str!("sql/sqlite/0018-named-acts.sql")),
    (19, "draft days", include_str!("sql/sqlite/0019-draft-days.sql")),
    (20, "answered", include_str!("sql/sqlite/0020-answered.sql")),
    (21, "buyer notes", include_str!("sql/sqlite/0021-buyer-notes.sql")),
    (22, "broken notices", include_str!("sql/sqlite/0022-broken-notices.sql")),
    (23, "persons", include_str!("sql/sqlite/0023-persons.sql")),
    (24, "own grades", include_str!("sql/sqlite/0024-own-grades.sql")),
    (25, "single keys", include_str!("sql/sqlite/0025-single-keys.sql")),
    (26, "begun questions", include_str!("sql/sqlite/0026-begun-questions.sql")),
    (27, "lists of an account", include_str!("sql/sqlite/0027-lists-of-an-account.sql")),
];

/// The schema for PostgreSQL, oldest first: version, name, statements.
pub(super) const POSTGRES: &[(i64, &str, &str)] = &[
    (1, "initial", include_str!("sql/postgres/0001-initial.sql")),
    (2, "delivery", include_str!("sql/postgres/0002-delivery.sql")),
    (3, "receiving", include_str!("sql/postgres/0003-receiving.sql")),
    (4, "endings", include_str!("sql/postgres/0004-endings.sql")),
    (5, "leases", include_str!("sql/postgres/0005-leases.sql")),
    (6, "crowds", include_str!("sql/postgres/0006-crowds.sql")),
    (7, "orders", include_str!("sql/postgres/0007-orders.sql")),
    (8, "people", include_str!("sql/postgres/0008-people.sql")),
    (9, "figures", include_str!("sql/postgres/0009-figures.sql")),
    (10, "search", include_str!("sql/postgres/0010-search.sql")),
    (11, "situations", include_str!("sql/postgres/0011-situations.sql")),
    (12, "desk", include_str!("sql/postgres/0012-desk.sql")),
    (13, "bursts", include_str!("sql/postgres/0013-bursts.sql")),
    (14, "alarms", include_str!("sql/postgres/0014-alarms.sql")),
    (15, "webhooks", include_str!("sql/postgres/0015-webhooks.sql")),
    (16, "notices", include_str!("sql/postgres/0016-notices.sql")),
    (17, "satisfaction", include_str!("sql/postgres/0017-satisfaction.sql")),
    (18, "named acts", include_str!("sql/postgres/0018-named-acts.sql")),
    (19, "draft days", include_str!("sql/postgres/0019-draft-days.sql")),
    (20, "answered", include_str!("sql/postgres/0020-answered.sql")),
    (21, "buyer notes", include_str!("sql/postgres/0021-buyer-notes.sql")),
    (22, "broken notices", include_str!("sql/postgres/0022-broken-notices.sql")),
    (23, "persons", include_str!("sql/postgres/0023-persons.sql")),
    (24, "own grades", include_str!("sql/postgres/0024-own-grades.sql")),
    (25, "single keys", include_str!("sql/postgres/0025-single-keys.sql")),
    (26, "begun questions", include_str!("sql/postgres/0026-begun-questions.sql")),
    (27, "lists of an account", include_str!("sql/postgres/0027-lists-of-an-account.sql")),
];

/// Returns the migrator of one list. It takes no advisory lock, which some engines of PostgreSQL's dialect lack.
pub(super) fn migrator(files: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migrations = files.iter().map(|(version, name, sql)| {
        let sql = AssertSqlSafe(*sql).into_sql_str();
        Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql, false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.set_locking(false);
    migrator
}
