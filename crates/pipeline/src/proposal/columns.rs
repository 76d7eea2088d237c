//! A sample of a source, column by column: what the values are like.

use std::collections::BTreeSet;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

use super::lists::ListReading;
use super::times::TimeReading;

/// What the values of a column are, whatever its file calls them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whole numbers, as numbers or as text.
    Whole,
    /// Other numbers, as numbers or as text.
    Fraction,
    Text,
    /// Lists of texts.
    TextList,
    /// Anything that no role can take as it is, and columns without values.
    Other,
}

/// The numbers of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Numbers {
    pub(super) largest: f64,
    /// Shares of the values.
    pub(super) zero: f64,
    pub(super) negative: f64,
    /// Whether the decimal mark is a comma.
    pub(super) comma: bool,
}

/// What is known of a column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) data_type: DataType,
    pub(super) kind: Kind,
    /// Rows of the sample.
    pub(super) rows: usize,
    /// Rows with a value that is not empty.
    pub(super) filled: usize,
    /// The different values as text.
    pub(super) distinct: BTreeSet<String>,
    pub(super) numbers: Option<Numbers>,
    pub(super) time: Option<TimeReading>,
    pub(super) list: Option<ListReading>,
    /// Of a value, on average.
    pub(super) characters: f64,
    /// Share of letters among the characters.
    pub(super) letters: f64,
    /// Share of capitals among the letters.
    pub(super) capitals: f64,
}

impl Column {
    /// Whether the file holds the values as text, even if they are numbers.
    pub(super) fn is_text(&self) -> bool {
        match &self.data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
            DataType::Dictionary(_, values) => values.is_string(),
            _ => false,
        }
    }

    /// Share of filled rows whose value no other has.
    pub(super) fn distinct_share(&self) -> f64 {
        self.distinct.len() as f64 / self.filled.max(1) as f64
    }

    /// Whether the values can identify something: numbers without fraction, or short texts.
    pub(super) fn can_identify(&self) -> bool {
        const LONGEST_ID: f64 = 80.0;
        let plain = match self.kind {
            Kind::Whole => self.numbers.is_some_and(|numbers| numbers.negative == 0.0),
            // pandas makes floats of whole numbers as soon as one is missing.
            Kind::Fraction => self.are_whole_floats(),
            Kind::Text => self.characters <= LONGEST_ID,
            Kind::TextList | Kind::Other => false,
        };
        plain && self.filled > 0 && !self.time.is_some_and(TimeReading::is_unmistakable)
    }

    /// Whether all values are whole numbers that the file holds as floating point numbers.
    pub(super) fn are_whole_floats(&self) -> bool {
        self.kind == Kind::Fraction && self.distinct.iter().all(|value| value.ends_with(".0"))
    }

    /// Whether the values are words for people.
    pub(super) fn is_wordy(&self) -> bool {
        self.kind == Kind::Text && self.letters >= 0.5 && self.characters >= 2.0 && self.time.is_none()
    }

    /// Whether the words are shouted, as tills and old databases do.
    pub(super) fn is_in_capitals(&self) -> bool {
        self.capitals > 0.9
    }
}

/// Profiles every column of a sample.
pub(super) fn profile(batches: &[RecordBatch]) -> Result<Vec<Column>, ArrowError> {
    let Some(first) = batches.first() else {
        return Ok(Vec::new());
    };
    let sample = concat_batches(first.schema_ref(), batches)?;
    let columns = sample.schema_ref().fields().iter().zip(sample.columns());
    Ok(columns
        .map(|(field, values)| column(field.name(), values))
        .collect())
}

fn column(name: &str, values: &ArrayRef) -> Column {
    let data_type = values.data_type().clone();
    let is_list = matches!(&data_type, DataType::List(item) | DataType::LargeList(item) if item.data_type().is_string());
    let texts = match &data_type {
        _ if is_list => joined(values),
        DataType::Struct(_) | DataType::Map(..) | DataType::List(_) | DataType::LargeList(_) => None,
        // Bytes are ids as often as not, but no text that SQL could compare.
        DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_) | DataType::BinaryView => {
            None
        }
        // What has no text form can take no role.
        _ => cast(values, &DataType::Utf8)
            .ok()
            .map(|texts| texts.as_string::<i32>().clone()),
    };
    let rows = values.len();
    let filled: Vec<&str> = texts
        .iter()
        .flat_map(|texts| texts.iter().flatten())
        .filter(|text| !text.trim().is_empty())
        .collect();
    let numbers = if is_list { None } else { numbers(&filled) };
    let kind = match &numbers {
        _ if is_list && !filled.is_empty() => Kind::TextList,
        _ if texts.is_none() || filled.is_empty() => Kind::Other,
        Some(numbers) if !numbers.comma && are_whole(&filled) => Kind::Whole,
        Some(_) => Kind::Fraction,
        None if matches!(data_type, DataType::Boolean) => Kind::Other,
        None => Kind::Text,
    };
    let characters: Vec<char> = filled.iter().flat_map(|text| text.chars()).collect();
    let letters = characters.iter().filter(|character| character.is_alphabetic());
    let capitals = letters
        .clone()
        .filter(|character| character.is_uppercase())
        .count();
    let letters = letters.count();
    Column {
        name: name.to_owned(),
        kind,
        rows,
        filled: filled.len(),
        distinct: filled.iter().map(|text| (*text).to_owned()).collect(),
        numbers,
        time: TimeReading::of(&data_type, &filled),
        list: (kind == Kind::Text)
            .then(|| ListReading::of(name, &filled))
            .flatten(),
        characters: characters.len() as f64 / filled.len().max(1) as f64,
        letters: letters as f64 / characters.len().max(1) as f64,
        capitals: capitals as f64 / letters.max(1) as f64,
        data_type,
    }
}

/// Lists of texts, each as one text.
fn joined(values: &ArrayRef) -> Option<StringArray> {
    let lists = cast(values, &DataType::new_list(DataType::Utf8, true)).ok()?;
    let text = |list: Option<ArrayRef>| {
        list.map(|list| {
            let texts: Vec<&str> = list.as_string::<i32>().iter().flatten().collect();
            texts.join("|")
        })
    };
    Some(lists.as_list::<i32>().iter().map(text).collect())
}

/// Share of a sample's values that must fit a reading: a stray `N/A` does not make a text of a number.
const MOST: f64 = 0.95;

fn are_whole(values: &[&str]) -> bool {
    let whole = values.iter().filter(|text| text.trim().parse::<i64>().is_ok());
    whole.count() as f64 >= MOST * values.len() as f64
}

/// The numbers that most of the values are.
fn numbers(values: &[&str]) -> Option<Numbers> {
    let parse = |comma: bool| -> Vec<f64> {
        let number = |text: &&str| {
            let text = text.trim();
            if comma {
                text.replace(',', ".").parse().ok()
            } else {
                text.parse().ok()
            }
        };
        values
            .iter()
            .filter_map(number)
            .filter(|number: &f64| number.is_finite())
            .collect()
    };
    let enough =
        |numbers: &Vec<f64>| !values.is_empty() && numbers.len() as f64 >= MOST * values.len() as f64;
    let plain = parse(false);
    let (numbers, comma) = if enough(&plain) {
        (plain, false)
    } else {
        (Some(parse(true)).filter(enough)?, true)
    };
    let share = |fits: &dyn Fn(f64) -> bool| {
        numbers.iter().filter(|number| fits(**number)).count() as f64 / numbers.len() as f64
    };
    Some(Numbers {
        largest: numbers.iter().copied().fold(f64::MIN, f64::max),
        zero: share(&|number| number == 0.0),
        negative: share(&|number| number < 0.0),
        comma,
    })
}
