//! Which executor gets which task, from the scheduler's record, and who loads models.
//!
//! Holds no test of its own: tests of equal tables look at this of the clusters that they have anyway.

use wayfare_tests::cluster::{Cluster, Executor, Kind};

/// Of everything that the cluster has done, models worked on accelerators only, and nothing else did.
#[track_caller]
pub(super) fn assert_models_work_on_the_accelerator_and_nothing_else_does(cluster: &Cluster) {
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

/// The only executor that there was has done everything, calls of models too.
#[track_caller]
pub(super) fn assert_the_only_executor_takes_all_work(cluster: &Cluster) {
    let tasks = cluster.tasks();
    assert!(tasks.iter().any(|task| task.uses_model()), "{tasks:?}");
    let only: &Executor = &cluster.executors()[0];
    assert!(tasks.iter().all(|task| task.executor == only.id), "{tasks:?}");
    assert_eq!(only.models_loaded().len(), 1);
}
