//! What a fault did, and what had to follow from it.

use std::time::{Duration, Instant};

use wayfare_tests::cluster::Cluster;
use wayfare_tests::process::Process;
use wayfare_tests::scene::{ENDS_WITHIN, Scene, assert_success, succeeds};

/// For a run to reach the place where the fault happens.
pub(super) const REACHED_WITHIN: Duration = Duration::from_secs(120);
/// Below the bucket.
pub(super) const TABLES: &str = "tables";

/// One line of the table.
#[derive(Debug)]
pub(super) struct Outcome {
    /// How often the fault happened.
    pub(super) fired: u64,
    /// From when it happened to the end of the run that made it good.
    pub(super) recovered_in: Duration,
    /// The exit code of the run that met the fault; 128 and the signal if it was killed.
    pub(super) exit: i32,
}

/// Starts the run.
pub(super) fn start(scene: &Scene, cluster: &Cluster) -> Process {
    Process::start("the driver", &mut scene.run_on(cluster, TABLES, &[]))
}

/// The run that met the fault ends well by itself.
#[track_caller]
pub(super) fn survived(
    scene: &Scene,
    cluster: &Cluster,
    driver: Process,
    since: Instant,
    fired: u64,
) -> Outcome {
    assert!(fired > 0, "the fault did not fire");
    let ended = driver.finish(ENDS_WITHIN);
    let recovered_in = since.elapsed();
    assert_success(&ended, cluster, "the run that met the fault");
    assert_eq!(ended.result()["outcome"], "done");
    scene.assert_undisturbed(TABLES, "after the fault");
    Outcome {
        fired,
        recovered_in,
        exit: 0,
    }
}

/// The run that met the fault ended with `exit`; the same command, given again, makes it good.
#[track_caller]
pub(super) fn repeated(scene: &Scene, cluster: &Cluster, exit: i32, since: Instant, fired: u64) -> Outcome {
    assert!(fired > 0, "the fault did not fire");
    let what = "the run after the one that met the fault";
    let ended = succeeds(&mut scene.run_on(cluster, TABLES, &[]), cluster, what);
    let recovered_in = since.elapsed();
    assert_eq!(ended.result()["outcome"], "done", "{what}");
    scene.assert_undisturbed(TABLES, what);
    Outcome {
        fired,
        recovered_in,
        exit,
    }
}
