//! An object store that does not answer, answers late, or whose answers get lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wayfare_tests::cluster::{Cluster, Surroundings};
use wayfare_tests::fault_proxy::{Extent, Fault, FaultProxy, Injected, Requests};
use wayfare_tests::process::Process;
use wayfare_tests::scene::{ENDS_WITHIN, Scene};

use super::outcome::{Outcome, REACHED_WITHIN, TABLES, repeated, survived};

const WORTH_RETRYING: i32 = 75;
const RETRY_VARIABLE: &str = "WAYFARE_STORE_RETRY_SECONDS";
const RETRY_SECONDS: &str = "3";
/// Enough for the driver to submit a statement a few times.
const RESUBMIT_SECONDS: &str = "6";

/// A cluster that reaches the store through the proxy only.
struct Behind {
    scene: Scene,
    proxy: FaultProxy,
    cluster: Cluster,
    environment: Vec<(String, String)>,
}

impl Behind {
    fn new(environment: &[(&str, &str)]) -> Self {
        let scene = Scene::new();
        let proxy = FaultProxy::before(scene.s3.address());
        let environment: Vec<(String, String)> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut surroundings: Surroundings = scene.surroundings_through(&proxy.endpoint());
        surroundings.environment.extend(environment.iter().cloned());
        let cluster = Cluster::of(surroundings, 1, 1);
        Self {
            scene,
            proxy,
            cluster,
            environment,
        }
    }

    fn start(&self) -> Process {
        self.start_with(&[])
    }

    fn start_with(&self, arguments: &[&str]) -> Process {
        let mut run = self
            .scene
            .run_through(&self.proxy.endpoint(), &self.cluster, TABLES, &[]);
        run.envs(self.environment.clone()).args(arguments);
        Process::start("the driver", &mut run)
    }

    /// The run has met the fault from its beginning on and ends well.
    fn survives(&self, requests: Requests, fault: Fault, extent: Extent) -> Outcome {
        let injected = self.proxy.inject(requests, fault, extent);
        let driver = self.start();
        injected.wait(REACHED_WITHIN);
        self.ends_well(driver, &injected)
    }

    fn ends_well(&self, driver: Process, injected: &Arc<Injected>) -> Outcome {
        let since = injected.since().expect("the fault has fired");
        let outcome = survived(&self.scene, &self.cluster, driver, since, injected.fired());
        Outcome {
            fired: injected.fired(),
            ..outcome
        }
    }
}

pub(super) fn unavailable_for_ten_seconds() -> Outcome {
    let behind = Behind::new(&[]);
    let mut driver = behind.start();
    driver.wait_for_stage("segment", REACHED_WITHIN);
    let extent = Extent::For(Duration::from_secs(10));
    let injected = behind.proxy.inject(Requests::all(), Fault::Unavailable, extent);
    injected.wait(REACHED_WITHIN);
    let outcome = behind.ends_well(driver, &injected);
    assert!(
        outcome.recovered_in > Duration::from_secs(10),
        "the run did not meet all of it: {outcome:?}"
    );
    outcome
}

/// Nobody waits for ever: the run ends as one to repeat later, and is repeated when the store is there again.
pub(super) fn unavailable_for_ever() -> Outcome {
    let behind = Behind::new(&[(RETRY_VARIABLE, RETRY_SECONDS)]);
    let mut driver = behind.start_with(&["--resubmit-seconds", RESUBMIT_SECONDS]);
    driver.wait_for_stage("segment", REACHED_WITHIN);
    let injected = behind
        .proxy
        .inject(Requests::all(), Fault::Unavailable, Extent::Forever);
    injected.wait(REACHED_WITHIN);
    let ended = driver.finish(ENDS_WITHIN);
    assert_eq!(
        ended.code(),
        Some(WORTH_RETRYING),
        "{}\n{}",
        ended.stderr,
        behind.cluster.said()
    );
    for part in ["error: ", "503", "hint: "] {
        assert!(
            ended.stderr.contains(part),
            "`{part}` is not in:\n{}",
            ended.stderr
        );
    }
    behind
        .scene
        .assert_unpublished(TABLES, "while the store was not available");
    injected.stop();
    let since = Instant::now();
    let fired = injected.fired();
    repeated(&behind.scene, &behind.cluster, WORTH_RETRYING, since, fired)
}

/// Each commit takes effect and looks as if it had failed.
pub(super) fn reset_after_every_commit() -> Outcome {
    let behind = Behind::new(&[]);
    let outcome = behind.survives(Requests::commits(None), Fault::ResetAfterSuccess, Extent::Forever);
    let commits: usize = behind.scene.commits(TABLES).values().sum();
    assert_eq!(
        outcome.fired, commits as u64,
        "each commit is written once and its answer lost once"
    );
    outcome
}

/// The same for all that must not be written twice: manifests, claims, records, commits.
pub(super) fn reset_after_everything_created() -> Outcome {
    let behind = Behind::new(&[]);
    let outcome = behind.survives(Requests::creating(), Fault::ResetAfterSuccess, Extent::Forever);
    let commits: usize = behind.scene.commits(TABLES).values().sum();
    assert!(
        outcome.fired > commits as u64,
        "{outcome:?}: more is created than {commits} commits"
    );
    outcome
}

pub(super) fn slow() -> Outcome {
    let behind = Behind::new(&[]);
    let slow = Fault::Slow {
        delay: Duration::from_millis(50),
        bytes_per_second: 1 << 20,
    };
    behind.survives(Requests::all(), slow, Extent::Forever)
}
