//! An executor in a network of its own that falls silent: nothing that is sent to it or by it arrives, and nobody is told.
//!
//! All of the executor's traffic is lost, that with storage and with other executors too. Where the machine does not let the
//! tests make network namespaces, it is said.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use wayfare_tests::choice::{all_are_asked_for, say, say_skipped};
use wayfare_tests::cluster::{Cluster, Kind, Work};
use wayfare_tests::hold_point::HoldPoint;
use wayfare_tests::listening::free_port;
use wayfare_tests::namespace::Namespace;
use wayfare_tests::scene::{Scene, succeeds};
use wayfare_tests::tcp_proxy::TcpProxy;

use super::outcome::{REACHED_WITHIN, TABLES, start, survived};

const FAULT: &str = "executor_silent_in_a_namespace";
const A_MOMENT: Duration = Duration::from_millis(500);

#[test]
fn executor_silent_in_a_namespace() {
    if !all_are_asked_for() {
        say_skipped(&format!("fault={FAULT}"));
        return;
    }
    let Some(namespace) = Namespace::new() else {
        say(&format!(
            "fault={FAULT} skipped: network namespaces are not permitted here"
        ));
        return;
    };
    let scene = Scene::new();
    let hold = HoldPoint::new("segment:row");
    let mut surroundings = scene.surroundings();
    // Reports of tasks go to where the scheduler says that it is.
    surroundings.scheduler_arguments = vec!["--advertise-host".to_owned(), namespace.here().to_string()];
    let mut cluster = Cluster::start(surroundings);
    let here = |port, upstream| TcpProxy::between(SocketAddr::new(namespace.here(), port), upstream);
    let to_scheduler = here(cluster.address().port(), cluster.address());
    let to_store = here(0, scene.s3.address());
    let (flight, grpc) = (free_port(), free_port());
    let mut alone = Work {
        entrance: namespace.entrance(),
        listens_at: Some(namespace.there()),
        scheduler: Some(to_scheduler.address()),
        ports: Some((flight, grpc)),
        ..Work::of(Kind::Plain)
    };
    let endpoint = format!("http://{}", to_store.address());
    alone.environment.push(("AWS_ENDPOINT".to_owned(), endpoint));
    cluster.add(alone.held_at(&hold));
    let process = cluster.executors()[0].process.id();
    cluster.add(Work {
        listens_at: Some(namespace.here()),
        ..Work::of(Kind::Accelerator)
    });
    let driver = start(&scene, &cluster);
    assert_eq!(hold.wait(REACHED_WITHIN), process, "nobody else can segment");

    let reach = || TcpStream::connect_timeout(&SocketAddr::new(namespace.there(), grpc), A_MOMENT);
    reach().expect("the executor is there");
    namespace.cut();
    let since = Instant::now();
    let lost = reach().expect_err("the executor is gone");
    assert_eq!(lost.kind(), ErrorKind::TimedOut, "nobody is told: {lost}");
    cluster.add(Work::of(Kind::Plain));
    hold.release();
    let outcome = survived(&scene, &cluster, driver, since, 1);
    let seconds = outcome.recovered_in.as_secs_f64();
    say(&format!(
        "fault={FAULT} fired=1 recovered_in={seconds:.1}s exit={}",
        outcome.exit
    ));

    namespace.mend();
    let mut again = scene.run_on(&cluster, TABLES, &[]);
    let again = succeeds(&mut again, &cluster, "with the cable mended");
    assert_eq!(again.result()["outcome"], "noop");
    scene.assert_undisturbed(TABLES, "with the cable mended");
}
