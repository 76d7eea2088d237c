//! The vectors that segmentation reads may take more than the memory that an executor may use: they are mapped, not held. Long, so only when asked.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use wayfare_tests::choice::{all_are_asked_for, say, say_skipped};
use wayfare_tests::cluster::{Cluster, Kind, Surroundings, Work};
use wayfare_tests::contents::{assert_same, contents};
use wayfare_tests::process::Process;
use wayfare_tests::program::command;
use wayfare_tests::runtime::block_on;
use wayfare_tests::s3::{self, S3};
use wayfare_tests::scene::{ENDS_WITHIN, assert_success};
use wayfare_tests::small_world::{SmallWorld, job_file};
use wayfare_tests::tiny_encoder;

/// Of the executors that segment.
const LIMIT_MIB: u64 = 32;
/// Enough, with as many numbers each, for a pack of more than twice the limit.
const ITEMS: usize = 50_000;
const DIMENSION: usize = 800;
const ITEMS_PER_USER: usize = 20;

/// A word of letters only, as the encoder knows them.
fn word(number: usize) -> String {
    let mut rest = number;
    let mut letters = String::from("wo");
    for _ in 0..3 {
        letters.push(char::from(b'a' + (rest % 26) as u8));
        rest /= 26;
    }
    letters
}

/// A world of users who each come back to items of one word, and of items that nobody else sees.
fn write_world(world: &SmallWorld) -> Vec<String> {
    let words: Vec<String> = (0..DIMENSION).map(word).collect();
    let mut items = String::from("item_id,title,text,tags\n");
    let mut activities = String::from("user_id,item_id,occurred_at,weight\n");
    for item in 0..ITEMS {
        let user = item / ITEMS_PER_USER;
        let of_user = &words[user % DIMENSION];
        let of_item = &words[(item * 31 + 7) % DIMENSION];
        writeln!(items, "i{item:06},{of_user} {of_user} {of_item},,").expect("a string takes text");
        let day = 1 + item % ITEMS_PER_USER;
        writeln!(activities, "u{user:05},i{item:06},2026-01-{day:02}T12:00:00Z,1.0")
            .expect("a string takes text");
    }
    let write =
        |name: &str, text: &str| std::fs::write(world.path(name), text).expect("the world is written");
    write("items.csv", &items);
    write("activities.csv", &activities);
    let encoder = tiny_encoder::write(&world.path("many-words"), &words.join(" "));
    vec![
        format!("encoder.path={}", encoder.folder.display()),
        format!("encoder.sha256={}", encoder.sha256),
        "job.slice=month".to_owned(),
        "name.max_model_names=0".to_owned(),
        "load.max_rejected_share=0".to_owned(),
    ]
}

fn run(world: &SmallWorld, changes: &[String], tables: &str) -> Command {
    let mut command = command(&["run"]);
    command.arg(job_file());
    command.args(["--date", "2026-01-31", "--no-report", "--output", "json"]);
    let place = format!("tables.url={tables}");
    for set in world.sets("unused").iter().chain(changes).chain([&place]) {
        command.args(["--set", set]);
    }
    command
}

fn largest_pack(tables: &Path) -> u64 {
    let folder = tables.join("_wayfare").join("packs");
    let files = std::fs::read_dir(&folder).expect("the tables have a folder of packs");
    let sizes = files.map(|file| file.and_then(|file| file.metadata()).expect("a pack").len());
    sizes.max().expect("there is a pack")
}

/// Journeys of two activities instead of three: every user is segmented anew, and nothing is embedded.
const OTHER_SETTINGS: &str = "segment.min_activities=2";

#[test]
fn the_item_store_may_be_larger_than_an_executors_memory() {
    if !all_are_asked_for() {
        say_skipped("pack");
        return;
    }
    let world = SmallWorld::new();
    let changes = write_world(&world);
    let others: Vec<String> = changes
        .iter()
        .cloned()
        .chain([OTHER_SETTINGS.to_owned()])
        .collect();
    let local = world.path("embedded");
    let place = local.display().to_string();
    let s3 = S3::start();
    let variables = || s3::environment(&s3.endpoint());
    let limited = s3::url("limited");
    for (changes, tables) in [(&changes, &place), (&others, &place), (&changes, &limited)] {
        let mut run = run(&world, changes, tables);
        let embedded = Process::start("an embedded run", run.envs(variables())).finish(ENDS_WITHIN);
        assert!(embedded.status.success(), "{}", embedded.stderr);
    }
    let expected = block_on(|| contents(&place));
    assert_eq!(
        expected["journeys"].len(),
        ITEMS / ITEMS_PER_USER,
        "one of each user"
    );
    let pack = largest_pack(&local);
    assert!(pack > 2 * (LIMIT_MIB << 20), "the pack has only {pack} bytes");

    let mut cluster = Cluster::start(Surroundings {
        environment: variables(),
        allowed: vec![s3::url(""), format!("file://{}", world.path("").display())],
        ..Surroundings::default()
    });
    for _ in 0..2 {
        cluster.add(Work::of(Kind::Plain).limited_to_mib(LIMIT_MIB));
    }
    let mut run = run(&world, &others, &limited);
    run.args(["--cluster", &cluster.address().to_string()])
        .envs(variables());
    let ended = Process::start("the driver", &mut run).finish(ENDS_WITHIN);
    assert_success(&ended, &cluster, "with little memory");
    assert_eq!(ended.result()["outcome"], "done", "{}", ended.stdout);
    let published = s3.folder("limited").display().to_string();
    assert_same(
        &expected,
        &block_on(|| contents(&published)),
        "with little memory",
    );
    say(&format!(
        "pack of {} MiB, executors limited to {LIMIT_MIB} MiB: equal",
        pack >> 20
    ));
}
