//! A cluster whose processes encrypt: its results are the same, and nobody takes part without its authority's certificate.

use std::process::Command;
use std::time::Duration;

use wayfare_tests::certificates::Certificates;
use wayfare_tests::cluster::{Cluster, Surroundings, is_ready};
use wayfare_tests::listening::free_port;
use wayfare_tests::process::{Process, until};
use wayfare_tests::program::{command, finish, said};
use wayfare_tests::scene::{Scene, succeeds};

const WORTH_RETRYING: i32 = 75;
const REFUSED_WITHIN: Duration = Duration::from_secs(60);

/// The run does not get as far as to be anything.
#[track_caller]
fn assert_kept_out(run: &mut Command, who: &str) {
    let ended = Process::start(who, run).finish(REFUSED_WITHIN);
    assert_eq!(ended.code(), Some(WORTH_RETRYING), "{who}: {}", ended.stderr);
    assert!(
        ended.stderr.contains("cannot be reached"),
        "{who}: {}",
        ended.stderr
    );
}

#[test]
fn members_compute_the_same_and_strangers_are_kept_out() {
    let scene = Scene::new();
    let certificates = Certificates::of_new_authority();
    let surroundings = Surroundings {
        arguments: certificates.arguments(),
        ..scene.surroundings()
    };
    let cluster = Cluster::of(surroundings, 1, 1);
    assert!(!is_ready(cluster.address()), "it answers without encryption");

    assert_kept_out(
        &mut scene.run_on(&cluster, "kept-out", &[]),
        "who does not encrypt",
    );
    let of_another = Certificates::of_new_authority();
    let mut stranger = scene.run_on(&cluster, "kept-out", &[]);
    stranger.args(of_another.arguments());
    assert_kept_out(&mut stranger, "a member of another cluster");
    scene.assert_unpublished("kept-out", "by strangers");

    let mut run = scene.run_on(&cluster, "encrypted", &[]);
    run.args(certificates.arguments());
    succeeds(&mut run, &cluster, "the run of a member");
    scene.assert_undisturbed("encrypted", "encrypted");
}

#[test]
fn with_certificates_other_addresses_than_loopback_are_taken() {
    let certificates = Certificates::of_new_authority();
    let (grpc, health) = (free_port(), free_port());
    let mut open = command(&["scheduler", "--with-parent", "--bind", &format!("0.0.0.0:{grpc}")]);
    open.args(["--health-port", &health.to_string()])
        .args(certificates.arguments())
        .stdin(std::process::Stdio::piped());
    let mut scheduler = Process::start("the scheduler", &mut open);
    until("it answers", REFUSED_WITHIN, || {
        let ended = scheduler.status();
        assert!(ended.is_none(), "it ended: {ended:?}\n{}", scheduler.said());
        is_ready(([127, 0, 0, 1], health).into())
    });
}

#[test]
fn half_of_what_tls_needs_is_refused() {
    let certificates = Certificates::of_new_authority();
    let arguments = certificates.arguments();
    let output = finish(command(&["scheduler"]).args(&arguments[..2]));
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let mut half = command(&["scheduler"]);
    half.env("WAYFARE_TLS_CERTIFICATE", &arguments[1]);
    let output = finish(&mut half);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("WAYFARE_TLS_CA"), "{}", said(&output));
    // A key is no certificate.
    let mut wrong = command(&["scheduler"]);
    wrong.args(["--tls-certificate", &arguments[3], "--tls-key", &arguments[3]]);
    let output = finish(wrong.args(&arguments[4..]));
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    for part in [arguments[3].as_str(), "hint: "] {
        assert!(said(&output).contains(part), "{}", said(&output));
    }
}
