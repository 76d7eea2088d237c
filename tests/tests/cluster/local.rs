//! `wayfare cluster up`: a cluster on this machine that is ready when it says so, and gone when it is told to go.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use wayfare_tests::cluster::{Turn, is_ready};
use wayfare_tests::listening::free_port;
use wayfare_tests::process::{Process, until};
use wayfare_tests::program::command;
use wayfare_tests::s3;
use wayfare_tests::scene::{ENDS_WITHIN, Scene};
use wayfare_tests::small_world::DATES;

const READY_WITHIN: Duration = Duration::from_secs(60);
const GONE_WITHIN: Duration = Duration::from_secs(30);

fn ready_line(cluster: &Process) -> Option<Value> {
    let written = cluster.written();
    let mut lines = written.lines().filter_map(|line| serde_json::from_str(line).ok());
    lines.find(|line: &Value| line["event"] == "cluster_ready")
}

#[test]
fn cluster_up_works_until_it_is_told_to_go() {
    let _turn = Turn::take();
    let scene = Scene::new();
    let surroundings = scene.surroundings();
    let bind = format!("127.0.0.1:{}", free_port());
    let mut up = command(&["cluster", "up", "--executors", "2", "--accelerators", "1"]);
    up.args(["--cores", "1", "--bind", &bind])
        .envs(surroundings.environment.clone());
    for prefix in &surroundings.allowed {
        up.args(["--allow", prefix]);
    }
    let mut cluster = Process::start("cluster up", &mut up);
    until("the cluster is ready", READY_WITHIN, || {
        let ended = cluster.status();
        assert!(ended.is_none(), "it ended: {ended:?}\n{}", cluster.said());
        ready_line(&cluster).is_some()
    });
    let ready = ready_line(&cluster).expect("it was just there");
    assert_eq!(ready["scheduler"], bind.as_str(), "{ready}");
    let address: SocketAddr = bind.parse().expect("an address");
    assert!(is_ready(address), "{}", cluster.said());

    let mut run = scene.run_over([DATES[0], DATES[14]], "up", &[]);
    run.args(["--cluster", &bind])
        .envs(s3::environment(&scene.s3.endpoint()));
    let ended = Process::start("the driver", &mut run).finish(ENDS_WITHIN);
    assert!(ended.status.success(), "{}\n{}", ended.stderr, cluster.said());
    scene.assert_undisturbed("up", "cluster up");

    cluster.signal("TERM");
    // Its streams end when the last of its children is gone, too.
    let ended = cluster.finish(GONE_WITHIN);
    assert!(
        matches!(ended.code(), Some(0 | 143)),
        "{:?}\n{}",
        ended.status,
        ended.stderr
    );
    assert!(!is_ready(address), "the scheduler is still there");
}
