//! Two drivers that want the same run.

use std::time::{Duration, Instant, SystemTime};

use wayfare_tests::cluster::{Cluster, Kind, Work};
use wayfare_tests::fault_proxy::{Extent, Fault, FaultProxy, Requests};
use wayfare_tests::hold_point::HoldPoint;
use wayfare_tests::process::Process;
use wayfare_tests::scene::{ENDS_WITHIN, Scene, assert_success, succeeds};

use super::outcome::{Outcome, REACHED_WITHIN, TABLES, survived};

const BUSY: i32 = 75;
/// Longer than an owner of a job may be silent.
const SILENT_FOR: Duration = Duration::from_mins(30);

/// The second one, started while the first one's executors work, gives up; the first one is not disturbed.
pub(super) fn two_with_one_run_key() -> Outcome {
    let scene = Scene::new();
    let hold = HoldPoint::new("segment:row");
    let mut cluster = Cluster::start(scene.surroundings());
    cluster.add_all([Work::of(Kind::Plain).held_at(&hold), Work::of(Kind::Accelerator)]);
    let command = || {
        let mut command = scene.run_on(&cluster, TABLES, &[]);
        command.args(["--run-key", "twice"]);
        command
    };
    let first = Process::start("the first driver", &mut command());
    hold.wait(REACHED_WITHIN);
    let since = Instant::now();
    let second = Process::start("the second driver", &mut command()).finish(ENDS_WITHIN);
    assert_eq!(second.code(), Some(BUSY), "{}", second.stderr);
    for part in ["error: ", "hint: "] {
        assert!(second.stderr.contains(part), "{}", second.stderr);
    }
    hold.release();
    let outcome = survived(&scene, &cluster, first, since, 1);
    let third = succeeds(&mut command(), &cluster, "a third driver");
    assert_eq!(third.result()["outcome"], "noop");
    scene.assert_undisturbed(TABLES, "after three drivers");
    Outcome {
        exit: BUSY,
        ..outcome
    }
}

/// The first one stops in the middle of a commit, for so long that the second one takes the job over and publishes; then
/// the first one's commit arrives at the store, and the first one goes on.
pub(super) fn overtaken_at_its_commit() -> Outcome {
    let scene = Scene::new();
    let cluster = Cluster::of(scene.surroundings(), 1, 1);
    let proxy = FaultProxy::before(scene.s3.address());
    let commits = Requests::commits(Some("/journeys/"));
    let held = proxy.inject(commits, Fault::HoldRequest, Extent::Times(1));
    let mut run = scene.run_through(&proxy.endpoint(), &cluster, TABLES, &[]);
    let first = Process::start("the first driver", &mut run);
    held.wait(REACHED_WITHIN);
    first.signal("STOP");
    let since = Instant::now();
    age_claims(&scene);

    let second = Process::start("the second driver", &mut scene.run_on(&cluster, TABLES, &[]));
    let second = second.finish(ENDS_WITHIN);
    let recovered_in = since.elapsed();
    assert_success(&second, &cluster, "the second driver");
    assert_eq!(second.result()["outcome"], "done");
    scene.assert_undisturbed(TABLES, "after the second driver");

    held.stop();
    first.signal("CONT");
    let first = first.finish(ENDS_WITHIN);
    // It finds its own run published, or that it lost the job; what it must not do is publish.
    let exit = first.code().expect("it is not killed");
    assert!(matches!(exit, 0 | BUSY), "{exit}: {}", first.stderr);
    scene.assert_undisturbed(TABLES, "after the first driver came back");
    Outcome {
        fired: held.fired(),
        recovered_in,
        exit,
    }
}

/// Makes what owners of jobs last wrote look old: the store tells time by the files.
fn age_claims(scene: &Scene) {
    let jobs = std::fs::read_dir(scene.s3.folder(TABLES).join("_wayfare/claims")).expect("there are claims");
    let mut aged = 0;
    for job in jobs {
        let job = job.expect("the folder is readable").path();
        for claim in std::fs::read_dir(job).expect("a job has a folder") {
            let claim = claim.expect("the folder is readable").path();
            let file = std::fs::File::options()
                .write(true)
                .open(&claim)
                .expect("a claim is a file");
            file.set_modified(long_ago()).expect("a file's time can be set");
            aged += 1;
        }
    }
    assert!(aged > 0, "nobody has claimed the job");
}

#[expect(clippy::disallowed_methods, reason = "the age of a file is counted from now")]
fn long_ago() -> SystemTime {
    SystemTime::now() - SILENT_FOR
}
