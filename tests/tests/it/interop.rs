//! What other projects read in the tables: DuckDB, polars and delta-rs must agree, at the versions of one snapshot.

use std::process::Command;

use serde_json::Value;
use wayfare_tests::contents::{query, session, snapshot};
use wayfare_tests::program::{assert_success, said};
use wayfare_tests::runtime::block_on;
use wayfare_tests::small_world::{DATES, SmallWorld, repository, run};

#[test]
fn other_readers_see_what_our_sql_sees() {
    let python = std::env::var_os("WAYFARE_PYTHON").expect(
        "WAYFARE_PYTHON is not set: run `cargo xtask test`, which installs the readers and sets it to their interpreter",
    );
    block_on(|| async {
        let world = SmallWorld::new();
        let settings = world.settings("tables", &["tables.max_deleted_share=1"]);
        // Two runs, so that there are removed files, rows deleted in place and carried rows to get wrong.
        run(&settings, &DATES[..12]).await;
        run(&settings, &DATES[12..]).await;
        let tables = world.tables("tables");
        assert!(
            !tables.contains(' '),
            "polars 2.1 does not find Delta tables under `{tables}`"
        );
        let script = repository().join("tests/interop/read_tables.py");
        let output = Command::new(python)
            .arg(script)
            .arg(&tables)
            .output()
            .expect("the interpreter starts");
        assert_success(&output, "read_tables.py");
        let read: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));

        let session = session(&tables).await;
        for table in ["journeys", "journey_activities", "item_vectors"] {
            let ours = query(&session, &format!("SELECT count(*) FROM {table}")).await;
            assert_eq!(ours, [read[table].to_string()], "{table}");
        }
        let record = snapshot(&tables).await.expect("a snapshot");
        assert_eq!(read["snapshot"], record.sequence);
    });
}
