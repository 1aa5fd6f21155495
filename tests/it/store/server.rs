//! What only a PostgreSQL server can do to the store: forget what it acknowledged, and abort a transaction for the sake of
//! another.

use nightdesk::store::{
    Store,
    lease::{HEARTBEAT, LENGTH},
    open::OpenError,
};

use super::bench::{Backend, Bench, Plan, at, settings};
use crate::support::{postgres, until::until};

const ANA: &str = "ana@buyer.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_may_lose_what_it_acknowledged_is_refused_by_the_name_of_the_setting() {
    let Some(cluster) = postgres::own_cluster() else { return };
    let url = cluster.url(&cluster.database().await);
    for setting in ["fsync", "full_page_writes"] {
        switch(&cluster, &format!("SET {setting} = off")).await;
        until_opened(&url, |opened| opened.is_err().then_some(()));
        let error = Store::open(&settings(&url)).await.expect_err("it stays off");
        assert!(matches!(error, OpenError::Unsafe { setting: named, .. } if named == setting), "{error}");
        switch(&cluster, &format!("RESET {setting}")).await;
        until_opened(&url, |opened| opened.is_ok().then_some(()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aborted_transaction_is_written_once_all_the_same() {
    if postgres::cluster().is_none() {
        return;
    }
    for code in ["40001", "40P01"] {
        let b = Bench::new(Backend::Postgres).await;
        // Numbers of a sequence are not taken back, so exactly the first two attempts of each write are aborted.
        b.run("CREATE SEQUENCE attempts").await;
        b.run(&format!(
            "CREATE FUNCTION abort() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('attempts') <= 2 THEN RAISE EXCEPTION 'for the sake of others' USING ERRCODE = '{code}'; END IF; \
             RETURN NEW; END $$",
        ))
        .await;
        for table in ["inbound", "verdict", "outbox"] {
            b.run(&format!("CREATE TRIGGER abort BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION abort()"))
                .await;
        }
        let attempts = async |of: &str| {
            let number = b.number("SELECT last_value FROM attempts").await;
            assert!(number > 2, "{code}: {of} was not aborted twice but tried {number} times");
            b.run("ALTER SEQUENCE attempts RESTART").await;
        };
        let mail = b.mail(ANA, "one", at(0)).await;
        attempts("receiving").await;
        b.decide(&mail, Plan::answer(), at(1)).await;
        attempts("deciding").await;
        for table in ["inbound", "verdict", "outbox"] {
            let rows = b.number(&format!("SELECT COUNT(*) FROM {table}")).await;
            assert_eq!(rows, 1, "{code}: {table}");
        }
    }
}

#[test]
fn three_heartbeats_make_a_lease() {
    assert_eq!(3 * HEARTBEAT, LENGTH, "two heartbeats may be lost");
}

async fn switch(cluster: &postgres::Cluster, what: &str) {
    cluster.administer(&format!("ALTER SYSTEM {what}")).await;
    cluster.administer("SELECT pg_reload_conf()").await;
}

/// Opens the store until it ends as wished: a server takes a moment to read its settings again.
fn until_opened<T>(url: &str, mut wished: impl FnMut(&Result<Store, OpenError>) -> Option<T>) -> T {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        until("the server's new settings", || {
            let opened = runtime.block_on(Store::open(&settings(url)));
            wished(&opened)
        })
    })
}
