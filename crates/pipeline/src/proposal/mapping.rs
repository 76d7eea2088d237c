//! The two queries of a job, written for people to change.

use super::columns::Column;
use super::identifier::quoted;
use super::join::KeyForm;
use super::roles::Roles;
use crate::settings::{ColumnType, SourceFormat, SourceTable};

/// The names of the source tables in the job.
pub(super) const ACTIVITY_TABLE: &str = "activity_rows";
pub(super) const ITEM_TABLE: &str = "item_rows";

/// The largest weight that the pipeline takes.
const LARGEST_WEIGHT: f64 = 1e6;
/// Zero is no weight to the pipeline; this says the same.
const INSTEAD_OF_ZERO: &str = "0.00001";
/// A largest weight in the sample from which on a larger one elsewhere may be too large.
const SUSPICIOUS_WEIGHT: f64 = 1e4;

/// Gives the columns of a CSV file the types that their meaning asks for; all others stay texts, ids above all.
pub(super) fn set_types(roles: &Roles<'_>, activities: &mut SourceTable) {
    for (name, kind) in activities.columns.iter_mut().flatten() {
        if *name == roles.time.name {
            *kind = roles.reading.column_type();
        }
        let is_weight = roles.weight.is_some_and(|weight| weight.name == *name);
        if is_weight && !has_comma(roles.weight) {
            *kind = ColumnType::Float64;
        }
    }
}

fn has_comma(column: Option<&Column>) -> bool {
    column
        .and_then(|column| column.numbers)
        .is_some_and(|numbers| numbers.comma)
}

/// The query that gives activities.
pub(super) fn activities_sql(roles: &Roles<'_>, format: SourceFormat) -> String {
    // What a CSV file writes as text is read as what [`set_types`] says.
    let is_text = |column: &Column| column.is_text() && format != SourceFormat::Csv;
    let mut columns = vec![
        (id(roles.user, KeyForm::AsWritten), "user_id"),
        (id(roles.item, roles.key_form), "item_id"),
        (
            roles.reading.sql(&quoted(&roles.time.name), is_text(roles.time)),
            "occurred_at",
        ),
    ];
    columns.extend(
        roles
            .weight
            .map(|column| (weight(column, is_text(column)), "weight")),
    );
    select("SELECT", &columns, ACTIVITY_TABLE)
}

/// The query that gives items.
pub(super) fn items_sql(roles: &Roles<'_>, has_items: bool) -> String {
    let mut columns = vec![
        (id(roles.key, roles.key_form), "item_id"),
        (words(roles.title), "title"),
    ];
    columns.extend(roles.text.map(|column| (words(column), "text")));
    columns.extend(roles.tags.map(|column| (tags(column), "tags")));
    if has_items {
        select("SELECT", &columns, ITEM_TABLE)
    } else {
        select("SELECT DISTINCT", &columns, ACTIVITY_TABLE)
    }
}

fn select(verb: &str, columns: &[(String, &str)], table: &str) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|(expression, name)| {
            if expression == name {
                format!("  {name}")
            } else {
                format!("  {expression} AS {name}")
            }
        })
        .collect();
    format!("{verb}\n{}\nFROM {table}", columns.join(",\n"))
}

fn id(column: &Column, form: KeyForm) -> String {
    let name = quoted(&column.name);
    if form == KeyForm::Whole || column.are_whole_floats() {
        format!("TRY_CAST({name} AS BIGINT)")
    } else {
        name
    }
}

fn weight(column: &Column, is_text: bool) -> String {
    let name = quoted(&column.name);
    let Some(numbers) = column.numbers else {
        return name;
    };
    let number = if numbers.comma {
        format!("TRY_CAST(replace({name}, ',', '.') AS DOUBLE)")
    } else if is_text {
        format!("TRY_CAST({name} AS DOUBLE)")
    } else {
        name
    };
    let mut divisor = 1.0;
    while numbers.largest / divisor > LARGEST_WEIGHT {
        divisor *= 10.0;
    }
    let scaled = if divisor > 1.0 {
        format!("{number} / {divisor:?}")
    } else {
        number.clone()
    };
    let bounded = if numbers.largest > SUSPICIOUS_WEIGHT {
        format!("least({scaled}, {LARGEST_WEIGHT:?})")
    } else {
        scaled
    };
    let weight = if numbers.zero > 0.0 {
        format!("CASE WHEN {number} = 0 THEN {INSTEAD_OF_ZERO} ELSE {bounded} END")
    } else {
        bounded
    };
    if column.filled < column.rows {
        format!("coalesce({weight}, 1)")
    } else {
        weight
    }
}

fn words(column: &Column) -> String {
    let name = quoted(&column.name);
    if column.is_in_capitals() {
        format!("lower({name})")
    } else {
        name
    }
}

fn tags(column: &Column) -> String {
    let name = quoted(&column.name);
    match column.list {
        Some(list) => list.sql(&words(column)),
        None if column.is_text() => format!("make_array({})", words(column)),
        None => name,
    }
}
