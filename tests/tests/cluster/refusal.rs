//! What the processes of a cluster do not do: listen to others unasked, read what is not allowed, wait without end.

use std::process::Output;
use std::time::Duration;

use wayfare_tests::cluster::{Cluster, Surroundings};
use wayfare_tests::listening::free_port;
use wayfare_tests::process::Process;
use wayfare_tests::program::{command, finish, said};
use wayfare_tests::s3;
use wayfare_tests::scene::{ENDS_WITHIN, Scene};

#[track_caller]
fn assert_refused(output: &Output, codes: &[i32], says: &[&str]) {
    let text = said(output);
    let code = output.status.code();
    assert!(code.is_some_and(|code| codes.contains(&code)), "{code:?}: {text}");
    for part in says.iter().chain(&["error: ", "hint: "]) {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

#[test]
fn other_addresses_than_loopback_need_a_word() {
    let open = format!("0.0.0.0:{}", free_port());
    let scheduler = finish(&mut command(&["scheduler", "--bind", &open]));
    assert_refused(&scheduler, &[2, 3], &[&open, "--insecure"]);
    let executor = finish(&mut command(&[
        "executor",
        "--scheduler",
        "127.0.0.1:1",
        "--bind",
        &open,
    ]));
    assert_refused(&executor, &[2, 3], &[&open, "--insecure"]);
}

#[test]
fn executors_keep_to_what_they_may_read() {
    let scene = Scene::new();
    let surroundings = Surroundings {
        allowed: vec![s3::url("elsewhere/"), scene.files()],
        ..scene.surroundings()
    };
    let cluster = Cluster::of(surroundings, 1, 1);
    let driver = Process::start("the driver", &mut scene.run_on(&cluster, "forbidden", &[]));
    let ended = driver.finish(ENDS_WITHIN);
    // Trying again would not help.
    assert!(
        matches!(ended.code(), Some(1..=4)),
        "{:?}: {}",
        ended.status,
        ended.stderr
    );
    for part in ["error: ", "outside", &s3::url("forbidden")] {
        assert!(
            ended.stderr.contains(part),
            "`{part}` is not in:\n{}",
            ended.stderr
        );
    }
    scene.assert_unpublished("forbidden", "outside of what is allowed");
}

#[test]
fn a_scheduler_that_is_not_there_is_named() {
    let scene = Scene::new();
    let nobody = format!("127.0.0.1:{}", free_port());
    let mut run = scene.run_over(["2026-01-01", "2026-01-31"], "unreached", &[]);
    run.args(["--cluster", &nobody])
        .envs(s3::environment(&scene.s3.endpoint()));
    let ended = Process::start("the driver", &mut run).finish(Duration::from_secs(60));
    assert!(matches!(ended.code(), Some(1..=75)), "{:?}", ended.status);
    for part in ["error: ", &nobody] {
        assert!(
            ended.stderr.contains(part),
            "`{part}` is not in:\n{}",
            ended.stderr
        );
    }
    scene.assert_unpublished("unreached", "without a scheduler");
}
