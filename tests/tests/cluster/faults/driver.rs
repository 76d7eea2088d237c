//! A driver that dies before a part counts as done, or around the commit of a table, and is started again.

use std::os::unix::process::ExitStatusExt;
use std::time::Instant;

use wayfare_tests::cluster::Cluster;
use wayfare_tests::fault_proxy::{Extent, Fault, FaultProxy, Requests};
use wayfare_tests::process::Process;
use wayfare_tests::scene::{ENDS_WITHIN, Scene};

use super::outcome::{Outcome, REACHED_WITHIN, TABLES, repeated};
use crate::leftovers;

const CRASH_VARIABLE: &str = "WAYFARE_CRASH_AT";
const SIGKILL: i32 = 9;
/// What shells make of it.
const KILLED: i32 = 128 + SIGKILL;
/// In the middle of the tables that a run commits to.
const TABLE: &str = "journeys";

/// The files of the part are written, and lost: another attempt writes its own, and `maintain` removes the first one's.
pub(super) fn killed_before_a_manifest() -> Outcome {
    let scene = Scene::new();
    let outcome = killed_at(&scene, "manifest:segment:before");
    leftovers::assert_maintain_removes_them(&scene, TABLES);
    outcome
}

pub(super) fn killed_before_a_commit() -> Outcome {
    killed_at(&Scene::new(), &format!("commit:{TABLE}:before"))
}

pub(super) fn killed_after_a_commit() -> Outcome {
    killed_at(&Scene::new(), &format!("commit:{TABLE}:after"))
}

fn killed_at(scene: &Scene, point: &str) -> Outcome {
    let cluster = Cluster::of(scene.surroundings(), 1, 1);
    let mut run = scene.run_on(&cluster, TABLES, &[]);
    run.env(CRASH_VARIABLE, point);
    let ended = Process::start("the driver", &mut run).finish(ENDS_WITHIN);
    assert_eq!(
        ended.status.signal(),
        Some(SIGKILL),
        "{}\n{}",
        ended.stderr,
        cluster.said()
    );
    let since = Instant::now();
    scene.assert_unpublished(TABLES, "after the driver died");
    repeated(scene, &cluster, KILLED, since, 1)
}

/// The store has the commit; the driver is killed before it hears of it.
pub(super) fn killed_between_commit_and_answer() -> Outcome {
    let scene = Scene::new();
    let cluster = Cluster::of(scene.surroundings(), 1, 1);
    let proxy = FaultProxy::before(scene.s3.address());
    // The slash keeps tables out whose names begin like this one's.
    let commits = Requests::commits(Some("/journeys/"));
    let held = proxy.inject(commits, Fault::HoldAnswer, Extent::Forever);
    let mut run = scene.run_through(&proxy.endpoint(), &cluster, TABLES, &[]);
    let mut driver = Process::start("the driver", &mut run);
    held.wait(REACHED_WITHIN);
    let status = driver.kill();
    assert_eq!(status.signal(), Some(SIGKILL), "{}", driver.said());
    let since = Instant::now();
    assert!(
        scene
            .commits(TABLES)
            .get(TABLE)
            .is_some_and(|commits| *commits > 0),
        "the store has no commit of `{TABLE}`"
    );
    scene.assert_unpublished(TABLES, "after the driver died");
    repeated(&scene, &cluster, KILLED, since, held.fired())
}
