//! Which column of the activities holds ids of which column of the items: how many values of the sample are found there.
//!
//! Values are compared as text and as whole numbers, as one side may hold `242` and the other `242.0` or `00242`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{Int32Type, Int64Type};
use datafusion::prelude::SessionContext;

use super::columns::Column;
use super::identifier::quoted;
use super::role::Role;
use super::words::{HINT, fit};
use crate::engine::Engine;
use crate::error::PipelineError;

/// Values of a column that are looked for.
const MOST_VALUES: usize = 2_000;
/// Columns of the items that are looked into; each costs a scan.
const MOST_KEYS: usize = 5;
/// Columns whose values nearly all differ can be keys whatever they are called.
const UNIQUE: f64 = 0.9;

/// How ids are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyForm {
    AsWritten,
    Whole,
}

/// How many values of a column of the activities a column of the items has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Overlap {
    /// Places of the columns in their sources.
    pub(super) activities: usize,
    pub(super) items: usize,
    pub(super) form: KeyForm,
    /// Share of the different values.
    pub(super) share: f64,
}

/// Looks for the values of all columns of the activities that can be ids.
pub(super) async fn overlaps(
    engine: &dyn Engine,
    session: &SessionContext,
    activities: &[Column],
    items: &[Column],
    items_table: &str,
) -> Result<Vec<Overlap>, PipelineError> {
    session.register_batch("sample_values", sample_values(activities)?)?;
    let mut found = Vec::new();
    for place in keys(items) {
        let key = quoted(&items[place].name);
        let sql = format!(
            "SELECT s.place, s.whole, count(*) FROM sample_values s JOIN (\
             SELECT DISTINCT CAST({key} AS VARCHAR) AS id, 0 AS whole FROM {items_table} UNION ALL \
             SELECT DISTINCT CAST(TRY_CAST({key} AS BIGINT) AS VARCHAR), 1 FROM {items_table}\
             ) i ON i.id = s.id AND i.whole = s.whole GROUP BY s.place, s.whole"
        );
        let plan = session.state().create_logical_plan(&sql).await?;
        for batch in engine.execute(session, plan).await? {
            let places = batch.column(0).as_primitive::<Int32Type>();
            let (whole, counts) = (
                batch.column(1).as_primitive::<Int32Type>(),
                batch.column(2).as_primitive::<Int64Type>(),
            );
            for row in 0..batch.num_rows() {
                let column = usize::try_from(places.value(row)).unwrap_or_default();
                let looked_for = activities[column].distinct.len().clamp(1, MOST_VALUES);
                found.push(Overlap {
                    activities: column,
                    items: place,
                    form: if whole.value(row) == 1 {
                        KeyForm::Whole
                    } else {
                        KeyForm::AsWritten
                    },
                    share: counts.value(row) as f64 / looked_for as f64,
                });
            }
        }
    }
    Ok(found)
}

/// The columns of the items that can be keys, the likeliest first.
pub(super) fn keys(items: &[Column]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..items.len())
        .filter(|place| {
            let column = &items[*place];
            let named = fit(Role::Item, &column.name) >= HINT;
            column.can_identify() && (named || column.distinct_share() >= UNIQUE)
        })
        .collect();
    places.sort_by_key(|place| -fit(Role::Item, &items[*place].name));
    places.truncate(MOST_KEYS);
    places
}

fn sample_values(activities: &[Column]) -> Result<RecordBatch, PipelineError> {
    let (mut places, mut whole, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for (place, column) in (0..).zip(activities) {
        if !column.can_identify() {
            continue;
        }
        for value in column.distinct.iter().take(MOST_VALUES) {
            places.push(place);
            whole.push(0);
            ids.push(value.clone());
            if let Some(number) = whole_number(value) {
                places.push(place);
                whole.push(1);
                ids.push(number);
            }
        }
    }
    let columns: [(&str, ArrayRef); 3] = [
        ("place", Arc::new(Int32Array::from(places))),
        ("whole", Arc::new(Int32Array::from(whole))),
        ("id", Arc::new(StringArray::from(ids))),
    ];
    Ok(RecordBatch::try_from_iter(columns).map_err(datafusion::error::DataFusionError::from)?)
}

fn whole_number(value: &str) -> Option<String> {
    let digits = value.trim().strip_suffix(".0").unwrap_or(value.trim());
    digits.parse::<i64>().ok().map(|number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::whole_number;

    #[test]
    fn one_number_written_in_several_ways_is_one() {
        for value in ["242", "242.0", "00242", " 242 "] {
            assert_eq!(whole_number(value).as_deref(), Some("242"), "{value}");
        }
        assert_eq!(whole_number("242.5"), None);
        assert_eq!(whole_number("B00242"), None);
    }
}
