//! What every method found, one row per activity, for other programs.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat};

use crate::extraction::comparison::Compared;
use crate::extraction::dataset::{Catalogue, UserHistory};

/// Writes CSV: user_id, item_id, occurred_at, gold (the journey's title), then a column of labels per method; a cell is
/// empty where an activity is in no journey. Labels are comparable within one user and one method only.
pub fn write_labels(
    out: impl Write,
    catalogue: &Catalogue,
    users: &[UserHistory],
    compared: &Compared,
) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let methods = compared.comparison.methods.iter();
    let names = methods.map(|method| method.name.as_str());
    csv.write_record(
        ["user_id", "item_id", "occurred_at", "gold"]
            .into_iter()
            .chain(names),
    )?;
    for (number, user) in users.iter().enumerate() {
        for (position, visit) in user.activities.iter().enumerate() {
            csv.write_field(&user.user_id)?;
            csv.write_field(&catalogue.item_ids[visit.item])?;
            csv.write_field(time(visit.occurred_at_us))?;
            csv.write_field(gold_title(user, position).unwrap_or_default())?;
            for found in &compared.found {
                let label = found[number].labels[position];
                csv.write_field(label.map_or_else(String::new, |label| label.to_string()))?;
            }
            csv.write_record(None::<&[u8]>)?;
        }
    }
    csv.flush()
}

/// The title of the journey that the activity belongs to; none for noise.
pub(super) fn gold_title(user: &UserHistory, position: usize) -> Option<&str> {
    let gold = usize::try_from(user.gold[position]?).ok()?;
    user.gold_titles.get(gold).map(String::as_str)
}

fn time(occurred_at_us: i64) -> String {
    DateTime::from_timestamp_micros(occurred_at_us).map_or_else(
        || occurred_at_us.to_string(),
        |time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
    )
}
