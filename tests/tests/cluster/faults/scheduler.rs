//! A scheduler that is killed while its executors work, and comes back at the same address knowing nothing.

use std::time::Instant;

use wayfare_tests::cluster::{Cluster, Kind, Work};
use wayfare_tests::hold_point::HoldPoint;
use wayfare_tests::scene::Scene;

use super::outcome::{Outcome, REACHED_WITHIN, start, survived};

pub(super) fn killed_and_restarted() -> Outcome {
    let scene = Scene::new();
    let hold = HoldPoint::new("segment:row");
    let mut cluster = Cluster::start(scene.surroundings());
    let plain = || Work::of(Kind::Plain).held_at(&hold);
    cluster.add_all([plain(), plain(), Work::of(Kind::Accelerator)]);
    let driver = start(&scene, &cluster);
    hold.wait(REACHED_WITHIN);
    let before = cluster.scheduler().id();
    let since = Instant::now();
    cluster.restart_scheduler();
    assert_ne!(cluster.scheduler().id(), before, "it is another process");
    hold.release();
    survived(&scene, &cluster, driver, since, 1)
}
