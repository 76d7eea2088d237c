//! An executor without room for what it has to keep between two stages.

use std::time::Instant;

use wayfare_tests::cluster::{Cluster, Kind, Work};
use wayfare_tests::process::Process;
use wayfare_tests::scene::{ENDS_WITHIN, Scene};

use super::outcome::{Outcome, TABLES, repeated};

/// As the table of exit codes says of a full disk.
const WORTH_RETRYING: i32 = 75;
/// One page: the first file of a shuffle fills it.
const WORK_BYTES: u64 = 4096;
/// Enough for the driver to submit the statement a few times.
const RESUBMIT_SECONDS: &str = "6";
/// "No space left on device", and "File too large" where the size of files is limited instead.
const FULL: [&str; 2] = ["os error 28", "os error 27"];

/// The run ends with what was wrong and where; the executor gets a disk, and the same command goes on.
pub(super) fn full() -> Outcome {
    let scene = Scene::new();
    let mut cluster = Cluster::start(scene.surroundings());
    let small = Work {
        work_bytes: Some(WORK_BYTES),
        ..Work::of(Kind::Plain)
    };
    let executor = cluster.add(small);
    let (id, process) = (executor.id.clone(), executor.process.id());
    cluster.add(Work::of(Kind::Accelerator));
    let mut run = scene.run_on(&cluster, TABLES, &[]);
    run.args(["--resubmit-seconds", RESUBMIT_SECONDS]);
    let ended = Process::start("the driver", &mut run).finish(ENDS_WITHIN);
    let fired: u64 = FULL
        .iter()
        .map(|error| ended.stderr.matches(error).count() as u64)
        .sum();
    assert!(
        fired > 0,
        "no disk was full: {}\n{}",
        ended.stderr,
        cluster.said()
    );
    assert_eq!(ended.code(), Some(WORTH_RETRYING), "{}", ended.stderr);
    for part in ["error: ", "hint: ", &id] {
        assert!(
            ended.stderr.contains(part),
            "`{part}` is not in:\n{}",
            ended.stderr
        );
    }
    scene.assert_unpublished(TABLES, "with a full disk");
    let since = Instant::now();
    cluster.kill_executor(process);
    cluster.add(Work::of(Kind::Plain));
    repeated(&scene, &cluster, WORTH_RETRYING, since, fired)
}
