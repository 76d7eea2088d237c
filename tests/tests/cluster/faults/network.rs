//! A network that fails between the scheduler and one executor, in both directions, while that executor works.
//!
//! The executor reaches the scheduler through one proxy and is reached through another, which listens on its ports at a
//! second loopback address; that one is what it tells others. Data between executors flows on: only the scheduler is cut off.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use wayfare_tests::cluster::{Cluster, Kind, Work};
use wayfare_tests::hold_point::HoldPoint;
use wayfare_tests::listening::free_port;
use wayfare_tests::scene::{Scene, succeeds};
use wayfare_tests::tcp_proxy::{Line, TcpProxy};

use super::outcome::{Outcome, REACHED_WITHIN, TABLES, start, survived};

/// Also this machine, but not where the executor itself listens.
const ADVERTISED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

pub(super) fn cut_with_resets() -> Outcome {
    cut(Line::Refusing)
}

pub(super) fn cut_in_silence() -> Outcome {
    cut(Line::Silent)
}

fn cut(line: Line) -> Outcome {
    let scene = Scene::new();
    let hold = HoldPoint::new("segment:row");
    let mut cluster = Cluster::start(scene.surroundings());
    let (flight, grpc) = (free_port(), free_port());
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let to_scheduler = TcpProxy::between(anywhere, cluster.address());
    let to_executor = through(grpc);
    let _data = through(flight);
    let work = Work {
        scheduler: Some(to_scheduler.address()),
        advertised: Some(ADVERTISED),
        ports: Some((flight, grpc)),
        ..Work::of(Kind::Plain)
    };
    let cut_off = cluster.add(work.held_at(&hold)).process.id();
    cluster.add(Work::of(Kind::Accelerator));
    let driver = start(&scene, &cluster);
    assert_eq!(hold.wait(REACHED_WITHIN), cut_off, "nobody else can segment");

    to_scheduler.set(line);
    to_executor.set(line);
    let since = Instant::now();
    cluster.add(Work::of(Kind::Plain));
    // It ends its task now, and writes its files; nobody will hear of them.
    hold.release();
    let outcome = survived(&scene, &cluster, driver, since, 1);
    let fired = to_scheduler.stopped() + to_executor.stopped();
    assert!(fired > 0, "nothing was to pass over the line that was cut");

    to_scheduler.set(Line::Whole);
    to_executor.set(Line::Whole);
    let again = succeeds(
        &mut scene.run_on(&cluster, TABLES, &[]),
        &cluster,
        "with the line mended",
    );
    assert_eq!(again.result()["outcome"], "noop");
    scene.assert_undisturbed(TABLES, "with the line mended");
    Outcome { fired, ..outcome }
}

/// A port of the advertised address that leads to the same one where the executor listens.
fn through(port: u16) -> TcpProxy {
    let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpProxy::between(SocketAddr::from((ADVERTISED, port)), upstream)
}
