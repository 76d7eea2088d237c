//! The columns of the contract, made of those that a source's query gives: cast, and with what cannot be cast told apart
//! from what is missing.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::prelude::DataFrame;

use super::traced::{CONDITION, unreadable};
use super::{has_column, source_error};
use crate::error::PipelineError;

/// What a column of the contract holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Time,
    Number,
}

/// How a column becomes one of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cast {
    /// It is one already.
    None,
    /// Every value has its counterpart.
    Sure,
    /// Some values may have none.
    Tried,
}

/// The query over `mapped_activities` that gives `user_id`, `item_id`, `occurred_at`, `weight` and `unreadable`, which
/// is `column=text` for the first value of a row that its column cannot hold. `filter` chooses the rows of a slice.
pub(super) fn activities(rows: &DataFrame, filter: &str) -> Result<String, PipelineError> {
    let mut columns = Vec::new();
    let mut problems = Vec::new();
    for (name, kind) in [
        ("user_id", Kind::Text),
        ("item_id", Kind::Text),
        ("occurred_at", Kind::Time),
        ("weight", Kind::Number),
    ] {
        let Some(given) = type_of(rows, name) else {
            // Only the weight may be left out.
            columns.push(format!("arrow_cast(1, 'Float32') AS {name}"));
            continue;
        };
        let cast = cast(kind, &given).ok_or_else(|| refused("activities", name, kind, &given))?;
        let value = sql(cast, kind, name);
        columns.push(format!("{value} AS {name}"));
        if has_column(rows, &unreadable(name)) {
            problems.push(problem(name, &format!("\"{}\"", unreadable(name))));
        }
        if cast == Cast::Tried {
            let text = shown(&given, name);
            let failed = format!("CASE WHEN {name} IS NOT NULL AND {value} IS NULL THEN {text} END");
            problems.push(problem(name, &failed));
        }
    }
    if has_column(rows, &unreadable(CONDITION)) {
        problems.push(problem(CONDITION, &format!("\"{}\"", unreadable(CONDITION))));
    }
    columns.push(match problems.as_slice() {
        [] => "arrow_cast(NULL, 'Utf8') AS unreadable".to_owned(),
        [one] => format!("{one} AS unreadable"),
        several => format!("coalesce({}) AS unreadable", several.join(", ")),
    });
    Ok(format!(
        "SELECT * FROM (SELECT {} FROM mapped_activities) {filter}",
        columns.join(", ")
    ))
}

/// The query over `mapped_items` that gives `item_id`, `title`, `text` and `tags`.
pub(super) fn items(rows: &DataFrame) -> Result<String, PipelineError> {
    let mut columns = Vec::new();
    for name in ["item_id", "title", "text"] {
        let value = match type_of(rows, name) {
            None => "arrow_cast(NULL, 'Utf8')".to_owned(),
            Some(given) => {
                let cast =
                    cast(Kind::Text, &given).ok_or_else(|| refused("items", name, Kind::Text, &given))?;
                sql(cast, Kind::Text, name)
            }
        };
        columns.push(format!("{value} AS {name}"));
    }
    let tags = if has_column(rows, "tags") { "tags" } else { "NULL" };
    columns.push(format!("arrow_cast({tags}, 'List(Utf8)') AS tags"));
    Ok(format!("SELECT {} FROM mapped_items", columns.join(", ")))
}

fn type_of(rows: &DataFrame, name: &str) -> Option<DataType> {
    let field = rows.schema().field_with_unqualified_name(name).ok()?;
    Some(field.data_type().clone())
}

fn problem(name: &str, text: &str) -> String {
    format!("'{name}=' || substr({text}, 1, 100)")
}

fn sql(cast: Cast, kind: Kind, name: &str) -> String {
    let target = match kind {
        Kind::Text => "Utf8",
        Kind::Time => "Timestamp(Microsecond, Some(\"UTC\"))",
        Kind::Number => "Float32",
    };
    match cast {
        Cast::None => name.to_owned(),
        Cast::Sure => format!("arrow_cast({name}, '{target}')"),
        Cast::Tried => format!("arrow_try_cast({name}, '{target}')"),
    }
}

/// `None` where a column of this type can only be a mistake.
fn cast(kind: Kind, given: &DataType) -> Option<Cast> {
    use DataType as T;
    if let T::Dictionary(_, value) = given {
        return cast(kind, value).map(|of_value| {
            if of_value == Cast::None {
                Cast::Sure
            } else {
                of_value
            }
        });
    }
    if given.is_null() {
        return Some(Cast::Sure);
    }
    let is_text = matches!(given, T::Utf8 | T::LargeUtf8 | T::Utf8View);
    match kind {
        Kind::Text => match given {
            T::Utf8 => Some(Cast::None),
            _ if is_text || given.is_numeric() || *given == T::Boolean => Some(Cast::Sure),
            T::Binary | T::LargeBinary | T::BinaryView => Some(Cast::Tried),
            T::Interval(_) => None,
            _ if given.is_temporal() => Some(Cast::Tried),
            _ => None,
        },
        Kind::Time => match given {
            T::Timestamp(TimeUnit::Microsecond, Some(zone)) if zone.as_ref() == "UTC" => Some(Cast::None),
            // What has a zone is an instant already; without one, reading it as UTC can leave the calendar.
            T::Timestamp(TimeUnit::Microsecond, Some(_)) | T::Timestamp(TimeUnit::Nanosecond, _) => {
                Some(Cast::Sure)
            }
            T::Timestamp(..) | T::Date32 | T::Date64 => Some(Cast::Tried),
            _ if is_text => Some(Cast::Tried),
            _ => None,
        },
        Kind::Number => match given {
            T::Float32 => Some(Cast::None),
            _ if given.is_numeric() || *given == T::Boolean => Some(Cast::Sure),
            _ if is_text => Some(Cast::Tried),
            _ => None,
        },
    }
}

/// A text for a value that its column cannot hold; it must be had of every value.
fn shown(given: &DataType, name: &str) -> String {
    match given {
        DataType::Dictionary(_, value) => shown(value, name),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            "'(bytes that are no text)'".to_owned()
        }
        _ if given.is_temporal() => format!("arrow_cast(arrow_cast({name}, 'Int64'), 'Utf8')"),
        _ => format!("arrow_cast({name}, 'Utf8')"),
    }
}

fn refused(source: &str, name: &str, kind: Kind, given: &DataType) -> PipelineError {
    let advice = match kind {
        Kind::Text => "it has to be a text or a number",
        Kind::Number => "it has to be a number",
        Kind::Time if given.is_numeric() => {
            "it has to be a time; of seconds or milliseconds since 1970, `to_timestamp_seconds` and \
             `to_timestamp_millis` make one"
        }
        Kind::Time => "it has to be a time",
    };
    source_error(
        source,
        &format!("the query's column `{name}` is of type {given}: {advice}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_cast_by_every_value_is_tried() {
        use DataType as T;
        let dictionary = T::Dictionary(Box::new(T::Int32), Box::new(T::Utf8));
        for (kind, given, expected) in [
            (Kind::Text, T::Utf8, Some(Cast::None)),
            (Kind::Text, T::Int64, Some(Cast::Sure)),
            (Kind::Text, dictionary.clone(), Some(Cast::Sure)),
            (Kind::Text, T::Binary, Some(Cast::Tried)),
            (Kind::Text, T::new_list(T::Utf8, true), None),
            (
                Kind::Time,
                T::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
                Some(Cast::None),
            ),
            (
                Kind::Time,
                T::Timestamp(TimeUnit::Nanosecond, None),
                Some(Cast::Sure),
            ),
            (
                Kind::Time,
                T::Timestamp(TimeUnit::Second, None),
                Some(Cast::Tried),
            ),
            (Kind::Time, dictionary, Some(Cast::Tried)),
            (Kind::Time, T::Int64, None),
            (Kind::Number, T::Decimal128(10, 2), Some(Cast::Sure)),
            (Kind::Number, T::Utf8View, Some(Cast::Tried)),
            (Kind::Number, T::Date32, None),
        ] {
            assert_eq!(cast(kind, &given), expected, "{kind:?} of {given}");
        }
    }
}
