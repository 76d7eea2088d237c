//! Folders of users that are read, and those that are refused, with the place.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Catalogue, Items, UsersFolder, VectorFile, read_users};

const ITEMS: &str =
    "item_id,title,text\nbread,Sourdough,Flour and time\nkite, Kites ,\nloaf,\"Loaf,\nsliced\",Bread\n";
const ACTIVITIES: &str = "user_id,item_id,occurred_at\n\
    zoe,kite,2024-03-01T10:00:00Z\n\
    ann,loaf,2024-01-05T10:00:00.5Z\n\
    ann,bread,2024-01-05T11:00:00+01:00\n\
    ann,bread,2024-01-05T10:00:00Z\n\
    ann,kite,2024-01-03T08:00:00Z\n";
const TRUTH: &str = "user_id,item_id,occurred_at,journey_label,journey_title\n\
    ann,kite,2024-01-03T08:00:00Z,,\n\
    ann,loaf,2024-01-05T10:00:00.5Z,b1,Baking\n\
    ann,bread,2024-01-05T10:00:00Z,b1,Baking\n\
    zoe,kite,2024-03-01T10:00:00Z,k1,Kites\n";

fn folder(files: [&str; 3]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in ["items.csv", "activities.csv", "truth.csv"].iter().zip(files) {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn read(files: [&str; 3]) -> UsersFolder {
    read_users(folder(files).path()).unwrap()
}

#[track_caller]
fn refused(files: [&str; 3], expected: &[&str]) {
    let message = read_users(folder(files).path()).unwrap_err().to_string();
    for part in expected {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn users_have_their_activities_in_order_each_once() {
    let read = read([ITEMS, ACTIVITIES, TRUTH]);
    assert_eq!(read.items.ids, ["bread", "kite", "loaf"]);
    let users: Vec<&str> = read.users.iter().map(|user| user.user_id.as_str()).collect();
    assert_eq!(users, ["ann", "zoe"]);
    let ann = &read.users[0];
    let items: Vec<usize> = ann.activities.iter().map(|visit| visit.item).collect();
    assert_eq!(items, [1, 0, 2]);
    assert_eq!(
        ann.activities[2].occurred_at_us - ann.activities[1].occurred_at_us,
        500_000
    );
    assert_eq!(ann.gold, [None, Some(0), Some(0)]);
    assert_eq!(ann.gold_titles, ["Baking"]);
    assert_eq!(ann.bursts, [false; 3]);
}

#[test]
fn a_text_to_encode_is_the_title_then_the_text() {
    let items = read([ITEMS, ACTIVITIES, TRUTH]).items;
    let texts: Vec<String> = (0..3).map(|item| items.embed_text(item)).collect();
    assert_eq!(
        texts,
        ["Sourdough. Flour and time", "Kites", "Loaf,\nsliced. Bread"]
    );
    let long = Items {
        ids: vec!["long".to_owned()],
        titles: vec!["é".repeat(1_990)],
        texts: vec![Some("x".repeat(5_000))],
    };
    assert_eq!(long.embed_text(0).chars().count(), 2_000);
}

#[test]
fn noise_of_one_source_within_three_days_is_a_burst() {
    let (mut activities, mut truth) = (
        "user_id,item_id,occurred_at\n".to_owned(),
        "noise_source,user_id,item_id,occurred_at,journey_label,journey_title\n".to_owned(),
    );
    for (item, day, source, journey) in [
        ("bread", "01T00", "baking", ""),
        ("loaf", "02T00", "flying", ""),
        ("kite", "04T00", "baking", ""),
        ("loaf", "05T00", "flying", "Flying"),
        ("bread", "07T01", "baking", ""),
        ("kite", "20T00", "", ""),
    ] {
        let row = format!("ann,{item},2024-01-{day}:00:00Z");
        writeln!(activities, "{row}").unwrap();
        writeln!(truth, "{source},{row},{journey},{journey}").unwrap();
    }
    let read = read([ITEMS, &activities, &truth]);
    assert_eq!(read.users[0].bursts, [true, false, true, false, false, false]);
}

#[test]
fn errors_name_file_line_and_column() {
    let bad_time = ACTIVITIES.replace("2024-03-01T10:00:00Z", "yesterday");
    let unknown_item = ACTIVITIES.replace("zoe,kite", "zoe,drone");
    let short = ACTIVITIES.replace("ann,kite,2024-01-03T08:00:00Z", "ann,kite");
    let nobody = TRUTH.replace("zoe,", ",");
    let unlabelled = TRUTH.replace("k1,Kites", ",Kites");
    let untold = TRUTH.replace("zoe,kite", "zoe,loaf");
    refused(
        [ITEMS, &bad_time, TRUTH],
        &[
            "activities.csv line 2",
            "`occurred_at`",
            "`yesterday`",
            "2024-01-31T08:00:00Z",
        ],
    );
    refused(
        [ITEMS, &unknown_item, TRUTH],
        &["activities.csv line 2", "`item_id`", "`drone`"],
    );
    refused([ITEMS, &short, TRUTH], &["activities.csv", "line 6", "2 cells"]);
    refused(
        [ITEMS, ACTIVITIES, &nobody],
        &["truth.csv line 5", "`user_id`", "an id"],
    );
    refused(
        [ITEMS, ACTIVITIES, &unlabelled],
        &["truth.csv line 5", "`journey_label`"],
    );
    refused(
        [ITEMS, ACTIVITIES, &untold],
        &["activities.csv line 2", "truth.csv tells"],
    );
    refused(
        [ITEMS, ACTIVITIES, &TRUTH.replace("journey_title", "title")],
        &[
            "truth.csv line 1",
            "no column `journey_title`",
            "journey_label, title",
        ],
    );
    let twice = format!("{ITEMS}kite,again,\n");
    refused(
        [&twice, ACTIVITIES, TRUTH],
        &["items.csv line 6", "`kite`", "one item only"],
    );
    let missing = tempfile::tempdir().unwrap();
    let message = read_users(missing.path()).unwrap_err().to_string();
    assert!(message.contains("items.csv"), "{message}");
}

#[test]
fn a_catalogue_holds_unit_vectors_only() {
    let items = || read([ITEMS, ACTIVITIES, TRUTH]).items;
    let refused = |vectors: Vec<f32>, concepts| {
        Catalogue::new(items(), 2, vectors, concepts)
            .unwrap_err()
            .to_string()
    };
    let none = vec![Vec::new(); 3];
    let good = vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0];
    let catalogue = Catalogue::new(items(), 2, good.clone(), none.clone()).unwrap();
    assert_eq!(catalogue.vector(1).to_vec(), vec![0.6, 0.8]);
    assert_eq!((catalogue.len(), catalogue.is_empty()), (3, false));
    let mut long = good.clone();
    long[2] = 1.0;
    assert!(refused(long, none.clone()).contains("`kite` of the catalogue has a vector of length 1.28"));
    let mut odd = good.clone();
    odd[4] = f32::NAN;
    assert!(refused(odd, none.clone()).contains("`loaf`"));
    assert!(refused(good[..4].to_vec(), none).contains("`loaf` of the catalogue has no vector"));
    let weightless = vec![vec![], vec![("wind".to_owned(), 0.0)], vec![]];
    assert!(refused(good, weightless).contains("concept `wind` of weight 0"));
}

#[test]
fn vectors_are_kept_for_the_encoder_that_made_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vectors.parquet");
    let open = |path: &Path, encoder: &str| VectorFile::open(path, encoder);
    let mut file = open(&path, "abc").unwrap();
    assert_eq!(file.get("a kite"), None);
    file.check_writable().unwrap();
    assert!(!path.exists(), "nothing is written before there is something");
    file.insert("a kite".to_owned(), vec![0.25, -1.5]);
    file.insert("a loaf".to_owned(), vec![1e-20, 7.0]);
    file.save().unwrap();

    let again = open(&path, "abc").unwrap();
    assert_eq!(again.get("a kite"), Some([0.25, -1.5].as_slice()));
    assert_eq!(again.get("a loaf"), Some([1e-20, 7.0].as_slice()));
    let message = open(&path, "other").unwrap_err().to_string();
    assert!(
        message.contains("vectors.parquet") && message.contains("hash abc, not other"),
        "{message}"
    );
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "no partial file is left");

    let nowhere = open(&folder.path().join("missing/vectors.parquet"), "abc").unwrap();
    assert!(nowhere.check_writable().is_err());
    fs::write(&path, "no parquet").unwrap();
    assert!(open(&path, "abc").is_err());
}
