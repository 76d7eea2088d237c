//! The generated world: the same for the same seed, as large as asked for, and with journeys that can be found.
#![expect(
    clippy::unwrap_used,
    reason = "a world that cannot be written or read fails the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float32Type, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use wayfare_evaluation::extraction::dataset::read_users;
use wayfare_evaluation::metrics::{Labels, bcubed, coverage, journey_f1, noise_rejected};
use wayfare_evaluation::vocabulary::{TOPICS, everyday_item, topic_item};
use wayfare_evaluation::{EvaluationError, GenerateOptions, Generated, generate};
use wayfare_journeys::{Activity, Items, Params, Segmenter};

const DAY: i64 = 86_400_000_000;

fn options() -> GenerateOptions {
    GenerateOptions {
        users: 40,
        activities: 4_000,
        rows_per_file: 1_500,
        ..GenerateOptions::default()
    }
}

fn read(files: &[PathBuf]) -> Vec<RecordBatch> {
    let open = |file| {
        ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap())
            .unwrap()
            .build()
            .unwrap()
    };
    files.iter().flat_map(open).map(Result::unwrap).collect()
}

fn texts(batch: &RecordBatch, column: &str) -> Vec<Option<String>> {
    batch[column]
        .as_string::<i32>()
        .iter()
        .map(|value| value.map(str::to_owned))
        .collect()
}

fn times(batch: &RecordBatch) -> Vec<i64> {
    batch["occurred_at"]
        .as_primitive::<TimestampMicrosecondType>()
        .values()
        .to_vec()
}

fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut contents = BTreeMap::new();
    for table in ["activities", "items", "truth"] {
        for entry in fs::read_dir(folder.join(table)).unwrap() {
            let path = entry.unwrap().path();
            contents.insert(
                path.strip_prefix(folder).unwrap().to_owned(),
                fs::read(&path).unwrap(),
            );
        }
    }
    contents
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let files = |folder: &tempfile::TempDir, seed: u64| {
        generate(&GenerateOptions { seed, ..options() }, folder.path()).unwrap();
        contents(folder.path())
    };
    let first = files(&folders[0], 7);
    assert!(first == files(&folders[1], 7));
    let other = files(&folders[2], 8);
    let activities = Path::new("activities/part-00000.parquet");
    assert!(first[activities] != other[activities]);
}

#[test]
fn tables_hold_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let generated = generate(&options(), folder.path()).unwrap();
    assert_eq!(
        (generated.users, generated.activities, generated.items),
        (40, 4_000, 60 * 50)
    );
    assert!(generated.activity_files.len() > 1);
    let mut users = BTreeSet::new();
    for file in &generated.activity_files {
        let batches = read(std::slice::from_ref(file));
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let of_file: BTreeSet<Option<String>> =
            batches.iter().flat_map(|batch| texts(batch, "user_id")).collect();
        assert!(
            rows <= 1_500 || of_file.len() == 1,
            "{}: {rows} rows",
            file.display()
        );
        for user in of_file {
            assert!(users.insert(user), "a user is in two files");
        }
    }

    let item_ids: BTreeSet<Option<String>> = read(&generated.item_files)
        .iter()
        .flat_map(|batch| texts(batch, "item_id"))
        .collect();
    assert_eq!(item_ids.len(), 3_000);
    let mut rows = BTreeSet::new();
    let mut counts: BTreeMap<Option<String>, u64> = BTreeMap::new();
    let start = options().start_at_us;
    for batch in read(&generated.activity_files) {
        assert!(
            batch["weight"]
                .as_primitive::<Float32Type>()
                .values()
                .iter()
                .all(|&weight| weight > 0.0)
        );
        for ((user, item), time) in texts(&batch, "user_id")
            .into_iter()
            .zip(texts(&batch, "item_id"))
            .zip(times(&batch))
        {
            assert!(item_ids.contains(&item));
            assert!((start..start + 180 * DAY + 4_000).contains(&time));
            *counts.entry(user.clone()).or_default() += 1;
            assert!(rows.insert((user, time)), "two activities of a user at one time");
        }
    }
    let (least, most) = (counts.values().min().unwrap(), counts.values().max().unwrap());
    assert!(most > &(5 * least), "heavy tail: {least} to {most}");
    let mut planted = 0;
    for batch in read(&generated.truth_files) {
        for (user, time) in texts(&batch, "user_id").into_iter().zip(times(&batch)) {
            assert!(rows.remove(&(user, time)), "truth without activity");
        }
        planted += batch["journey"].len() - batch["journey"].null_count();
    }
    assert!(rows.is_empty(), "activity without truth");
    assert_eq!(planted as u64, generated.planted_activities);
    assert!(
        (3_000..3_400).contains(&planted),
        "{planted} of 4000 at 20% noise"
    );
}

/// User, item and time of each row, in order.
fn rows(files: &[PathBuf]) -> Vec<(Option<String>, Option<String>, i64)> {
    let of_batch = |batch: &RecordBatch| -> Vec<_> {
        let ids = texts(batch, "user_id").into_iter().zip(texts(batch, "item_id"));
        ids.zip(times(batch))
            .map(|((user, item), time)| (user, item, time))
            .collect()
    };
    read(files).iter().flat_map(of_batch).collect()
}

fn generated(options: GenerateOptions) -> (tempfile::TempDir, Generated) {
    let folder = tempfile::tempdir().unwrap();
    let generated = generate(&options, folder.path()).unwrap();
    (folder, generated)
}

#[test]
fn rows_come_late_and_twice_where_that_is_asked_for_and_are_otherwise_the_same() {
    let (_plain_folder, plain) = generated(options());
    let (_folder, other) = generated(GenerateOptions {
        late_share: 0.3,
        duplicate_share: 0.1,
        ..options()
    });
    assert_eq!((other.activities, plain.duplicates), (4_000, 0));
    assert!(
        (300..500).contains(&other.duplicates),
        "{} twice",
        other.duplicates
    );
    let mut given = rows(&other.activity_files);
    assert_eq!(given.len() as u64, 4_000 + other.duplicates);
    given.dedup();
    assert_eq!(given, rows(&plain.activity_files));
    assert_eq!(rows(&other.truth_files), rows(&plain.truth_files));
    assert!(
        read(&plain.activity_files)[0]
            .column_by_name("logical_date")
            .is_none()
    );

    let mut late = 0;
    let mut date_of: BTreeMap<(Option<String>, i64), String> = BTreeMap::new();
    for batch in read(&other.activity_files) {
        let users = texts(&batch, "user_id").into_iter().zip(times(&batch));
        for ((user, time), date) in users.zip(texts(&batch, "logical_date")) {
            let date = date.unwrap();
            let known = chrono::NaiveDate::parse_from_str(&date, "%Y-%m-%d").unwrap();
            let happened = chrono::DateTime::from_timestamp_micros(time)
                .unwrap()
                .date_naive();
            let days = (known - happened).num_days();
            assert!((0..=7).contains(&days), "{days} days late");
            late += i32::from(days > 0);
            let first = date_of.entry((user, time)).or_insert(date.clone());
            assert_eq!(*first, date, "a repeated row is the same in every column");
        }
    }
    let rows = 4_000 + i32::try_from(other.duplicates).unwrap();
    assert!((rows / 4..rows * 7 / 20).contains(&late), "{late} of {rows} late");
}

#[test]
fn bursts_of_many_are_no_journeys_and_evaluation_knows_them() {
    let (folder, generated) = generated(GenerateOptions {
        burst_share: 0.2,
        ..options()
    });
    assert_eq!(generated.activities, 4_000);
    let mut bursts: BTreeMap<(String, String), Vec<i64>> = BTreeMap::new();
    for batch in read(&generated.truth_files) {
        let sources = texts(&batch, "noise_source")
            .into_iter()
            .zip(texts(&batch, "journey"));
        let users = texts(&batch, "user_id").into_iter().zip(times(&batch));
        for ((source, journey), (user, time)) in sources.zip(users) {
            if let Some(source) = source {
                assert_eq!(journey, None);
                bursts.entry((user.unwrap(), source)).or_default().push(time);
            }
        }
    }
    let in_bursts: usize = bursts.values().map(Vec::len).sum();
    assert!((700..900).contains(&in_bursts), "{in_bursts} of 4000 in bursts");
    let minutes = |times: &Vec<i64>| (times.iter().max().unwrap() - times.iter().min().unwrap()) / 60_000_000;
    let quick = bursts.values().filter(|times| minutes(times) <= 10).count();
    assert!(
        10 * quick >= 9 * bursts.len(),
        "a topic rarely comes again: {quick} of {}",
        bursts.len()
    );

    let read = read_users(folder.path()).unwrap();
    assert_eq!(read.users.len() as u64, generated.users);
    assert_eq!(read.items.ids.len() as u64, generated.items);
    let known = |of: fn(&wayfare_evaluation::extraction::dataset::UserHistory) -> usize| -> usize {
        read.users.iter().map(of).sum()
    };
    assert_eq!(known(|user| user.activities.len()), 4_000);
    assert_eq!(
        known(|user| user.gold.iter().flatten().count()) as u64,
        generated.planted_activities
    );
    let lone = bursts.values().filter(|times| times.len() == 1).count();
    assert_eq!(
        known(|user| user.bursts.iter().filter(|burst| **burst).count()),
        in_bursts - lone
    );
}

#[test]
fn any_size_is_met_exactly() {
    for (users, activities) in [(1, 1), (100, 7), (3, 1_000)] {
        let folder = tempfile::tempdir().unwrap();
        let options = GenerateOptions {
            users,
            activities,
            items_per_topic: 1,
            days: 1,
            ..options()
        };
        let generated = generate(&options, folder.path()).unwrap();
        assert_eq!(generated.activities, activities);
        assert!(generated.users <= users.min(activities));
    }
}

#[test]
fn a_folder_with_earlier_parts_and_options_out_of_range_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    generate(&options(), folder.path()).unwrap();
    assert!(matches!(
        generate(&options(), folder.path()),
        Err(EvaluationError::NotEmpty { .. })
    ));
    let folder = tempfile::tempdir().unwrap();
    for (name, options) in [
        (
            "users",
            GenerateOptions {
                users: 0,
                ..options()
            },
        ),
        (
            "noise_share",
            GenerateOptions {
                noise_share: f64::NAN,
                ..options()
            },
        ),
        (
            "late_share",
            GenerateOptions {
                late_share: 1.5,
                ..options()
            },
        ),
        (
            "tail_exponent",
            GenerateOptions {
                tail_exponent: 0.0,
                ..options()
            },
        ),
        (
            "start_at_us",
            GenerateOptions {
                start_at_us: i64::MAX,
                ..options()
            },
        ),
    ] {
        let error = generate(&options, folder.path()).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn titles_are_distinct() {
    let titles = TOPICS
        .iter()
        .flat_map(|topic| (0..300).map(|number| topic_item(topic, number).title));
    let titles: Vec<String> = titles
        .chain((0..8_000).map(|number| everyday_item(number).title))
        .collect();
    let distinct: BTreeSet<&String> = titles.iter().collect();
    assert_eq!(distinct.len(), titles.len());
    assert!(titles.iter().all(|title| !title.contains('{')));
}

/// A stand-in for an encoder: the words of title and text, spread over a fixed number of dimensions.
fn bag_of_words(text: &str) -> Vec<f32> {
    const FILLERS: [&str; 12] = [
        "a", "and", "the", "for", "my", "of", "in", "on", "with", "to", "all", "about",
    ];
    let mut vector = vec![0.0_f32; 512];
    for word in text
        .to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let hash = word.bytes().fold(14_695_981_039_346_656_037_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
        });
        if !FILLERS.contains(&word) {
            vector[usize::try_from((hash ^ (hash >> 29)) % 512).unwrap()] += 1.0;
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter().map(|value| value / length).collect()
}

/// The items with their bags of words.
#[derive(Default)]
struct Bags {
    places: BTreeMap<String, usize>,
    vectors: Vec<Vec<f32>>,
}

impl Items for Bags {
    fn locate(&self, item_id: &str) -> Option<usize> {
        self.places.get(item_id).copied()
    }

    fn vector(&self, place: usize, into: &mut Vec<f32>) {
        into.clear();
        into.extend(&self.vectors[place]);
    }

    fn concepts(&self, _place: usize) -> Vec<(&str, f32)> {
        Vec::new()
    }
}

#[test]
fn planted_journeys_are_found_by_segmentation() {
    let folder = tempfile::tempdir().unwrap();
    let generated: Generated = generate(&options(), folder.path()).unwrap();
    let mut items = Bags::default();
    for batch in read(&generated.item_files) {
        let described = texts(&batch, "title").into_iter().zip(texts(&batch, "text"));
        for (id, (title, text)) in texts(&batch, "item_id").into_iter().zip(described) {
            let text = format!("{} {}", title.unwrap(), text.unwrap_or_default());
            items.places.insert(id.unwrap(), items.vectors.len());
            items.vectors.push(bag_of_words(&text));
        }
    }
    let mut histories: BTreeMap<String, Vec<(i64, String, Option<String>)>> = BTreeMap::new();
    for batch in read(&generated.truth_files) {
        let columns = texts(&batch, "item_id")
            .into_iter()
            .zip(texts(&batch, "journey"))
            .zip(times(&batch));
        for (user, ((item, journey), time)) in texts(&batch, "user_id").into_iter().zip(columns) {
            histories
                .entry(user.unwrap())
                .or_default()
                .push((time, item.unwrap(), journey));
        }
    }
    let params = Params::default();
    let mut sums = [0.0; 4];
    let mut users = 0.0;
    for (user, history) in histories.iter().filter(|(_, history)| history.len() >= 40) {
        let mut segmenter = Segmenter::start(&params, user);
        for (time, item, _) in history {
            let activity = Activity {
                item_id: item,
                occurred_at_us: *time,
                weight: 1.0,
            };
            segmenter.push(activity, &items).unwrap();
        }
        let result = segmenter.finish(&items).unwrap();
        let found: BTreeMap<i64, String> = result
            .assignments
            .iter()
            .map(|row| (row.occurred_at_us, row.journey_id.to_string()))
            .collect();
        let labels: Vec<Labels<'_>> = history
            .iter()
            .map(|(time, _, journey)| Labels {
                gold: journey.as_deref(),
                predicted: found.get(time).map(String::as_str),
            })
            .collect();
        let scores = [
            bcubed(&labels).unwrap().f1,
            journey_f1(&labels).unwrap().f1,
            noise_rejected(&labels).unwrap_or(1.0),
            coverage(&labels).unwrap(),
        ];
        for (sum, score) in sums.iter_mut().zip(scores) {
            *sum += score;
        }
        users += 1.0;
    }
    let [bcubed, journey, noise, coverage] = sums.map(|sum| sum / users);
    let summary = format!(
        "{users} users: BCubed {bcubed:.3}, journeys {journey:.3}, noise {noise:.3}, coverage {coverage:.3}"
    );
    assert!(
        bcubed > 0.9 && journey > 0.9 && noise > 0.8 && coverage > 0.9,
        "{summary}"
    );
}
