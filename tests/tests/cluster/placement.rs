//! Which executor gets which task, from the scheduler's record, and who loads models.

use wayfare_tests::cluster::{Cluster, Executor, Kind};
use wayfare_tests::scene::{Scene, succeeds};

#[test]
fn models_work_on_the_accelerator_and_nothing_else_does() {
    let scene = Scene::new();
    let cluster = Cluster::of(scene.surroundings(), 2, 1);
    succeeds(&mut scene.run_on(&cluster, "placed", &[]), &cluster, "the run");
    scene.assert_undisturbed("placed", "the run");

    let tasks = cluster.tasks();
    let ids = |kind: Kind| -> Vec<&str> {
        let executors = cluster.executors().iter();
        executors
            .filter(|executor| executor.kind == kind)
            .map(|executor| executor.id.as_str())
            .collect()
    };
    let (plain, accelerators) = (ids(Kind::Plain), ids(Kind::Accelerator));
    for task in &tasks {
        let expected = if task.uses_model() { &accelerators } else { &plain };
        assert!(expected.contains(&task.executor.as_str()), "{task:?}");
        assert_eq!(task.accelerator, task.uses_model(), "{task:?}");
    }
    let jobs_with_models = |wanted: bool| {
        let mut jobs: Vec<&str> = tasks
            .iter()
            .filter(|task| task.uses_model() == wanted)
            .map(|task| task.job.as_str())
            .collect();
        jobs.sort_unstable();
        jobs.dedup();
        jobs.len()
    };
    // Vectors, and names.
    assert!(jobs_with_models(true) >= 2, "{tasks:?}");
    assert!(jobs_with_models(false) >= 2, "{tasks:?}");

    let loaded = |kind: Kind| -> usize {
        let executors = cluster.executors().iter();
        executors
            .filter(|executor| executor.kind == kind)
            .map(|executor| executor.models_loaded().len())
            .sum()
    };
    assert_eq!(loaded(Kind::Plain), 0);
    // The encoder, once for all tasks of the process.
    assert_eq!(loaded(Kind::Accelerator), 1, "{}", cluster.said());
}

#[test]
fn without_an_accelerator_any_executor_takes_all_work() {
    let scene = Scene::new();
    let cluster = Cluster::of(scene.surroundings(), 1, 0);
    succeeds(&mut scene.run_on(&cluster, "plain", &[]), &cluster, "the run");
    scene.assert_undisturbed("plain", "the run");
    let tasks = cluster.tasks();
    assert!(tasks.iter().any(|task| task.uses_model()), "{tasks:?}");
    let only: &Executor = &cluster.executors()[0];
    assert!(tasks.iter().all(|task| task.executor == only.id), "{tasks:?}");
    assert_eq!(only.models_loaded().len(), 1);
}
