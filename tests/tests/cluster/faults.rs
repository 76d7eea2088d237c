//! Faults: each must fire, and then the tables are those of the undisturbed run, by as many commits.
//!
//! The table below names them all, one line each, and says which are tested always; the others are tested where
//! `WAYFARE_FAULTS=all` asks for it, as `cargo xtask test --faults` does.

mod disk;
mod driver;
mod drivers;
mod executors;
mod namespace;
mod network;
mod outcome;
mod scheduler;
mod store;

use wayfare_tests::choice::{all_are_asked_for, say, say_skipped};

use self::outcome::Outcome;

/// Whether a fault is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    Asked,
}

macro_rules! faults {
    ($($when:ident $fault:ident: $test:path;)*) => {
        $(
            #[test]
            fn $fault() {
                check(stringify!($fault), When::$when, $test);
            }
        )*
    };
}

faults! {
    Always executor_killed_while_segmenting: executors::killed_while_segmenting;
    Asked  executor_killed_after_its_shuffle_write: executors::killed_after_its_shuffle_write;
    Asked  executor_killed_while_naming: executors::killed_while_naming;
    Asked  executor_killed_while_embedding: executors::killed_while_embedding;
    Asked  all_executors_killed_and_restarted: executors::all_killed_and_restarted;
    Always scheduler_killed_and_restarted: scheduler::killed_and_restarted;
    Always driver_killed_before_a_manifest: driver::killed_before_a_manifest;
    Asked  driver_killed_before_a_commit: driver::killed_before_a_commit;
    Always driver_killed_between_commit_and_answer: driver::killed_between_commit_and_answer;
    Asked  driver_killed_after_a_commit: driver::killed_after_a_commit;
    Always two_drivers_with_one_run_key: drivers::two_with_one_run_key;
    Asked  driver_overtaken_at_its_commit: drivers::overtaken_at_its_commit;
    Always store_unavailable_for_ten_seconds: store::unavailable_for_ten_seconds;
    Asked  store_unavailable_for_ever: store::unavailable_for_ever;
    Always connection_reset_after_every_commit: store::reset_after_every_commit;
    Asked  connection_reset_after_everything_created: store::reset_after_everything_created;
    Asked  store_slow: store::slow;
    Always work_disk_full: disk::full;
    Always network_cut_with_resets: network::cut_with_resets;
    Asked  network_cut_in_silence: network::cut_in_silence;
}

fn check(fault: &str, when: When, test: fn() -> Outcome) {
    if when == When::Asked && !all_are_asked_for() {
        say_skipped(&format!("fault={fault}"));
        return;
    }
    let Outcome {
        fired,
        recovered_in,
        exit,
    } = test();
    assert!(fired > 0, "{fault}: the fault did not fire");
    let seconds = recovered_in.as_secs_f64();
    say(&format!(
        "fault={fault} fired={fired} recovered_in={seconds:.1}s exit={exit}"
    ));
}
