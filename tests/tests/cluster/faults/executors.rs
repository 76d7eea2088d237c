//! Executors that are killed with work in their hands.

use std::time::Instant;

use wayfare_tests::cluster::{Cluster, Kind, Work};
use wayfare_tests::hold_point::HoldPoint;
use wayfare_tests::scene::Scene;

use super::outcome::{Outcome, REACHED_WITHIN, start, survived};

pub(super) fn killed_while_segmenting() -> Outcome {
    plain_one_killed("segment:row")
}

pub(super) fn killed_after_its_shuffle_write() -> Outcome {
    plain_one_killed("shuffle:written")
}

pub(super) fn killed_while_naming() -> Outcome {
    accelerator_killed("name:call")
}

pub(super) fn killed_while_embedding() -> Outcome {
    accelerator_killed("embed:call")
}

/// The first of two that gets to the point is killed there; the other one has to do its work.
fn plain_one_killed(point: &'static str) -> Outcome {
    let scene = Scene::new();
    let hold = HoldPoint::new(point);
    let mut cluster = Cluster::start(scene.surroundings());
    let plain = || Work::of(Kind::Plain).held_at(&hold);
    cluster.add_all([plain(), plain(), Work::of(Kind::Accelerator)]);
    let driver = start(&scene, &cluster);
    let victim = hold.wait(REACHED_WITHIN);
    cluster.kill_executor(victim);
    let since = Instant::now();
    hold.release();
    survived(&scene, &cluster, driver, since, 1)
}

/// The only one that has an accelerator is killed; another one comes.
fn accelerator_killed(point: &'static str) -> Outcome {
    let scene = Scene::new();
    let hold = HoldPoint::new(point);
    let mut cluster = Cluster::of(scene.surroundings(), 1, 0);
    let accelerator = cluster.add(Work::of(Kind::Accelerator).held_at(&hold));
    let expected = accelerator.process.id();
    let driver = start(&scene, &cluster);
    let victim = hold.wait(REACHED_WITHIN);
    assert_eq!(victim, expected, "models work on the accelerator only");
    cluster.kill_executor(victim);
    let since = Instant::now();
    cluster.add(Work::of(Kind::Accelerator));
    survived(&scene, &cluster, driver, since, 1)
}

pub(super) fn all_killed_and_restarted() -> Outcome {
    let scene = Scene::new();
    let hold = HoldPoint::new("segment:row");
    let mut cluster = Cluster::start(scene.surroundings());
    let kinds = [Kind::Plain, Kind::Plain, Kind::Accelerator];
    cluster.add_all(kinds.map(|kind| Work::of(kind).held_at(&hold)));
    let driver = start(&scene, &cluster);
    hold.wait(REACHED_WITHIN);
    let killed = cluster.executors().len() as u64;
    cluster.kill_executors();
    let since = Instant::now();
    cluster.add_all(kinds.map(Work::of));
    survived(&scene, &cluster, driver, since, killed)
}
