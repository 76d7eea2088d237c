//! Executors that ask for tasks: the same tables, and the same placement. Only when asked, since it is not the default.

use wayfare_tests::choice::{all_are_asked_for, say_skipped};
use wayfare_tests::cluster::{Cluster, Surroundings};
use wayfare_tests::scene::{Scene, succeeds};

use super::placement;

#[test]
fn executors_that_ask_get_what_is_theirs() {
    if !all_are_asked_for() {
        say_skipped("pull");
        return;
    }
    let scene = Scene::new();
    let surroundings = Surroundings {
        arguments: vec!["--pull".to_owned()],
        ..scene.surroundings()
    };
    let cluster = Cluster::of(surroundings, 2, 1);
    succeeds(&mut scene.run_on(&cluster, "pulled", &[]), &cluster, "the run");
    scene.assert_undisturbed("pulled", "the run");
    placement::assert_models_work_on_the_accelerator_and_nothing_else_does(&cluster);
}
