//! Guesses over small tables that are written like those that people have.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, ListArray, RecordBatch, StringArray, TimestampNanosecondArray};
use arrow::datatypes::Int32Type;

use super::ColumnChoices;
use super::columns::{Column, profile};
use super::error::ProposalError;
use super::join::{KeyForm, Overlap};
use super::mapping::{activities_sql, items_sql};
use super::role::{Confidence, Role};
use super::roles::understand;
use crate::settings::SourceFormat;

/// A table of texts: the first line names the columns, `|` lies between them.
fn table(text: &str) -> Vec<Column> {
    let mut lines = text
        .trim()
        .lines()
        .map(|line| line.trim().split('|').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let rows: Vec<Vec<&str>> = lines.collect();
    let column = |place: usize| -> ArrayRef {
        let values = rows
            .iter()
            .map(|row| Some(row[place]).filter(|value| !value.is_empty()));
        Arc::new(values.collect::<StringArray>())
    };
    let columns = names
        .iter()
        .enumerate()
        .map(|(place, name)| (*name, column(place)));
    let rows =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, values)| (name, values, true))).unwrap();
    profile(&[rows]).unwrap()
}

/// What the session's query finds.
fn overlaps(activities: &[Column], items: &[Column]) -> Vec<Overlap> {
    let mut found = Vec::new();
    for place in super::join::keys(items) {
        for (other, column) in activities
            .iter()
            .enumerate()
            .filter(|(_, column)| column.can_identify())
        {
            let hits = column.distinct.intersection(&items[place].distinct).count();
            if hits > 0 {
                found.push(Overlap {
                    activities: other,
                    items: place,
                    form: KeyForm::AsWritten,
                    share: hits as f64 / column.distinct.len() as f64,
                });
            }
        }
    }
    found
}

fn guess(
    activities: &str,
    items: Option<&str>,
    choices: &ColumnChoices,
) -> Result<Vec<String>, ProposalError> {
    let activities = table(activities);
    let items = items.map(table);
    let overlaps = items
        .as_deref()
        .map_or(Vec::new(), |items| overlaps(&activities, items));
    let roles = understand(&activities, items.as_deref(), &overlaps, choices)?;
    let entries = roles
        .understood
        .iter()
        .map(|one| format!("{} {} {}", one.role.target(), one.column, one.confidence));
    let mut guesses: Vec<String> = entries.collect();
    guesses.push(activities_sql(&roles, SourceFormat::Csv).replace('\n', " "));
    guesses.push(items_sql(&roles, items.is_some()).replace('\n', " "));
    Ok(guesses)
}

#[track_caller]
fn check(activities: &str, items: Option<&str>, expected: &[&str]) {
    let guesses = guess(activities, items, &ColumnChoices::default()).unwrap();
    assert_eq!(guesses, expected);
}

const RATINGS: &str = "user_id:token|item_id:token|rating:float|timestamp:float
    196|1|3|881250949
    186|2|4|891717742
    196|2|5|881250950";
const FILMS: &str = "item_id:token|movie_title:token_seq|release_year:token|class:token_seq
    1|Toy Story|1995|Animation Comedy
    2|GoldenEye|1995|Action Thriller";

#[test]
fn a_research_data_set() {
    check(
        RATINGS,
        Some(FILMS),
        &[
            "user_id user_id:token sure",
            "item_id item_id:token sure",
            "occurred_at timestamp:float sure",
            "weight rating:float sure",
            "item_id item_id:token sure",
            "title movie_title:token_seq sure",
            "tags class:token_seq likely",
            "SELECT   \"user_id:token\" AS user_id,   \"item_id:token\" AS item_id,   \
             to_timestamp_seconds(\"timestamp:float\") AS occurred_at,   \
             \"rating:float\" AS weight FROM activity_rows",
            "SELECT   \"item_id:token\" AS item_id,   \"movie_title:token_seq\" AS title,   \
             string_to_array(trim(\"class:token_seq\"), ' ') AS tags FROM item_rows",
        ],
    );
}

#[test]
fn german_names_and_odd_writing() {
    check(
        "Kunden-Nr|ArtikelNr|Zeitpunkt|Menge|Filiale
         K1|A1|31.12.2025 10:00|1,5|7
         K2|A2|01.01.2026 11:30|0|7
         K1|A2|02.01.2026 09:15|2|8",
        Some(
            "ArtikelNr|Bezeichnung|Beschreibung|Schlagworte
             A1|Roggenbrot|Ein Brot aus Roggen|Brot; Backen
             A2|Espresso|Bohnen aus Brasilien|Kaffee",
        ),
        &[
            "user_id Kunden-Nr sure",
            "item_id ArtikelNr sure",
            "occurred_at Zeitpunkt sure",
            "weight Menge sure",
            "item_id ArtikelNr sure",
            "title Bezeichnung likely",
            "text Beschreibung likely",
            "tags Schlagworte likely",
            "SELECT   \"Kunden-Nr\" AS user_id,   \"ArtikelNr\" AS item_id,   \
             TRY_CAST(regexp_replace(\"Zeitpunkt\", '^ *(\\d{2})[./](\\d{2})[./](\\d{4})', '\\3-\\2-\\1') AS TIMESTAMP) AS occurred_at,   \
             CASE WHEN TRY_CAST(replace(\"Menge\", ',', '.') AS DOUBLE) = 0 THEN 0.00001 \
             ELSE TRY_CAST(replace(\"Menge\", ',', '.') AS DOUBLE) END AS weight FROM activity_rows",
            "SELECT   \"ArtikelNr\" AS item_id,   \"Bezeichnung\" AS title,   \"Beschreibung\" AS text,   \
             string_to_array(regexp_replace(trim(\"Schlagworte\"), ' *; *', ';', 'g'), ';') AS tags FROM item_rows",
        ],
    );
}

#[test]
fn one_file_without_item_ids() {
    check(
        "session|song_title|played_at
         s1|Blue in Green|2026-01-01T10:00:00Z
         s1|So What|2026-01-01T10:06:00Z
         s2|So What|2026-01-02T22:00:00Z",
        None,
        &[
            "user_id session likely",
            "item_id song_title sure",
            "occurred_at played_at sure",
            "title song_title sure",
            "SELECT   \"session\" AS user_id,   song_title AS item_id,   played_at AS occurred_at FROM activity_rows",
            "SELECT DISTINCT   song_title AS item_id,   song_title AS title FROM activity_rows",
        ],
    );
}

#[test]
fn several_times_and_numbers_leave_candidates() {
    let activities = table(
        "customer_id|product_id|order_date|updated_at|sales_value|quantity|watch_time
         1|10|2026-01-01|2026-03-01 10:00:00|9.5|1|100000000
         2|11|2026-01-02|2026-03-01 10:00:00|8|2|2
         1|11|2026-01-03|2026-03-01 10:00:00|7|1|3",
    );
    let items = table("product_id|name\n10|Bread knife\n11|Yeast");
    let overlaps = overlaps(&activities, &items);
    let roles = understand(&activities, Some(&items), &overlaps, &ColumnChoices::default()).unwrap();
    let of = |role: Role| roles.understood.iter().find(|one| one.role == role).unwrap();
    assert_eq!(
        (of(Role::Time).column.as_str(), of(Role::Time).others.as_slice()),
        ("order_date", &["updated_at".to_owned()][..])
    );
    assert_eq!(of(Role::Weight).column, "quantity");
    assert!(
        of(Role::Weight).others.contains(&"watch_time".to_owned()),
        "{:?}",
        of(Role::Weight)
    );
    assert!(
        roles.other_numbers.contains(&"sales_value"),
        "{:?}",
        roles.other_numbers
    );
    let flags = ColumnChoices {
        time: Some("UPDATED_AT".to_owned()),
        ..ColumnChoices::default()
    };
    let roles = understand(&activities, Some(&items), &overlaps, &flags).unwrap();
    let time = roles
        .understood
        .iter()
        .find(|one| one.role == Role::Time)
        .unwrap();
    assert_eq!(
        (time.column.as_str(), time.confidence),
        ("updated_at", Confidence::Sure)
    );
}

#[test]
fn types_of_parquet_are_kept() {
    let ids = Arc::new(Int64Array::from(vec![1, 2, 1])) as ArrayRef;
    let times = Arc::new(TimestampNanosecondArray::from(vec![1, 2, 3])) as ArrayRef;
    let rows = RecordBatch::try_from_iter([
        ("uid", Arc::clone(&ids)),
        ("sku", Arc::clone(&ids)),
        ("seen", times),
    ]);
    let activities = profile(&[rows.unwrap()]).unwrap();
    let titles = Arc::new(StringArray::from(vec!["RYE BREAD", "YEAST CUBE", "SALT"])) as ArrayRef;
    let tags = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)]); 3]);
    let rows = RecordBatch::try_from_iter([
        ("sku", ids),
        ("label", titles),
        ("numbers", Arc::new(tags) as ArrayRef),
    ]);
    let items = profile(&[rows.unwrap()]).unwrap();
    let overlaps = overlaps(&activities, &items);
    let roles = understand(&activities, Some(&items), &overlaps, &ColumnChoices::default()).unwrap();
    assert_eq!(
        activities_sql(&roles, SourceFormat::Parquet),
        "SELECT\n  uid AS user_id,\n  sku AS item_id,\n  seen AS occurred_at\nFROM activity_rows"
    );
    assert_eq!(
        items_sql(&roles, true),
        "SELECT\n  sku AS item_id,\n  lower(label) AS title\nFROM item_rows"
    );
}

#[track_caller]
fn check_error(activities: &str, items: Option<&str>, choices: &ColumnChoices, parts: &[&str]) {
    let error = guess(activities, items, choices).unwrap_err();
    let said = format!("{error} {}", error.hint().unwrap_or_default());
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in `{said}`");
    }
}

#[test]
fn what_is_missing_is_named_with_its_flag() {
    let none = ColumnChoices::default();
    check_error(
        "a|b|c\n1|x y z|2\n2|x|3\n1|u v|2",
        None,
        &none,
        &["a user's id", "`a`, `b`, `c`", "--user-column"],
    );
    check_error(
        "user|item\n1|x\n2|y",
        None,
        &none,
        &["time of an activity", "--time-column"],
    );
    check_error(
        "user|item|time\n1|x|2026-01-01\n1|y|2026-01-02",
        Some("item|price\nx|1\ny|2"),
        &none,
        &["an item's title", "items", "--title-column"],
    );
    check_error(
        "user|item|time\n1|x|2026-01-01\n1|y|2026-01-02",
        Some("item|title\np|Bread\nq|Salt"),
        &none,
        &["no column of the activities holds ids of the items", "`item`"],
    );
    let wrong = |time: &str| ColumnChoices {
        time: Some(time.to_owned()),
        ..ColumnChoices::default()
    };
    check_error(
        RATINGS,
        Some(FILMS),
        &wrong("when"),
        &["--time-column when", "`rating:float`"],
    );
    check_error(
        RATINGS,
        Some(FILMS),
        &wrong("rating:float"),
        &["no times that can be read"],
    );
}
