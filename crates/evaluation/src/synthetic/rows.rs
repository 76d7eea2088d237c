//! The columns of the three tables, gathered row by row and handed on as record batches.

use std::fmt;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float32Builder, ListBuilder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;

use crate::vocabulary::ItemText;

const UTC: &str = "UTC";

/// Rows of one table that are not written yet.
pub(crate) trait Rows: fmt::Debug {
    fn schema(&self) -> SchemaRef;

    /// Takes the columns gathered since the last call.
    fn take(&mut self) -> Vec<ArrayRef>;

    fn take_batch(&mut self) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_new(self.schema(), self.take())
    }
}

fn utf8(name: &str, nullable: bool) -> Field {
    Field::new(name, DataType::Utf8, nullable)
}

fn occurred_at() -> Field {
    Field::new(
        "occurred_at",
        DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        false,
    )
}

fn times(builder: &mut TimestampMicrosecondBuilder) -> ArrayRef {
    Arc::new(builder.finish().with_timezone(UTC))
}

/// A row of the table of activities.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ActivityRow<'a> {
    pub(crate) user_id: &'a str,
    pub(crate) item_id: &'a str,
    pub(crate) occurred_at_us: i64,
    pub(crate) weight: f32,
    /// YYYY-MM-DD; not written where the table has no such column.
    pub(crate) logical_date: &'a str,
}

#[derive(Debug, Default)]
pub(crate) struct ActivityRows {
    user_id: StringBuilder,
    item_id: StringBuilder,
    occurred_at: TimestampMicrosecondBuilder,
    weight: Float32Builder,
    /// None where every row becomes known on its own day.
    logical_date: Option<StringBuilder>,
}

impl ActivityRows {
    pub(crate) fn new(with_logical_date: bool) -> Self {
        Self {
            logical_date: with_logical_date.then(StringBuilder::new),
            ..Self::default()
        }
    }

    pub(crate) fn push(&mut self, row: ActivityRow<'_>) {
        self.user_id.append_value(row.user_id);
        self.item_id.append_value(row.item_id);
        self.occurred_at.append_value(row.occurred_at_us);
        self.weight.append_value(row.weight);
        if let Some(column) = &mut self.logical_date {
            column.append_value(row.logical_date);
        }
    }
}

impl Rows for ActivityRows {
    fn schema(&self) -> SchemaRef {
        let weight = Field::new("weight", DataType::Float32, false);
        let columns = [
            utf8("user_id", false),
            utf8("item_id", false),
            occurred_at(),
            weight,
        ];
        let late = self.logical_date.iter().map(|_| utf8("logical_date", false));
        Arc::new(Schema::new(columns.into_iter().chain(late).collect::<Vec<_>>()))
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.user_id.finish()),
            Arc::new(self.item_id.finish()),
            times(&mut self.occurred_at),
            Arc::new(self.weight.finish()),
        ];
        if let Some(column) = &mut self.logical_date {
            columns.push(Arc::new(column.finish()));
        }
        columns
    }
}

#[derive(Debug, Default)]
pub(crate) struct TruthRows {
    user_id: StringBuilder,
    item_id: StringBuilder,
    occurred_at: TimestampMicrosecondBuilder,
    journey: StringBuilder,
    /// None where nothing is said of it.
    noise_source: Option<StringBuilder>,
}

/// A row of the table of what is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TruthRow<'a> {
    pub(crate) user_id: &'a str,
    pub(crate) item_id: &'a str,
    pub(crate) occurred_at_us: i64,
    pub(crate) journey: Option<&'a str>,
    /// The topic of a burst; not written where the table has no such column.
    pub(crate) noise_source: Option<&'a str>,
}

impl TruthRows {
    pub(crate) fn new(with_noise_source: bool) -> Self {
        Self {
            noise_source: with_noise_source.then(StringBuilder::new),
            ..Self::default()
        }
    }

    pub(crate) fn push(&mut self, row: TruthRow<'_>) {
        self.user_id.append_value(row.user_id);
        self.item_id.append_value(row.item_id);
        self.occurred_at.append_value(row.occurred_at_us);
        self.journey.append_option(row.journey);
        if let Some(column) = &mut self.noise_source {
            column.append_option(row.noise_source);
        }
    }
}

impl Rows for TruthRows {
    fn schema(&self) -> SchemaRef {
        let columns = [
            utf8("user_id", false),
            utf8("item_id", false),
            occurred_at(),
            utf8("journey", true),
        ];
        let source = self.noise_source.iter().map(|_| utf8("noise_source", true));
        Arc::new(Schema::new(columns.into_iter().chain(source).collect::<Vec<_>>()))
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.user_id.finish()),
            Arc::new(self.item_id.finish()),
            times(&mut self.occurred_at),
            Arc::new(self.journey.finish()),
        ];
        if let Some(column) = &mut self.noise_source {
            columns.push(Arc::new(column.finish()));
        }
        columns
    }
}

#[derive(Debug, Default)]
pub(crate) struct ItemRows {
    item_id: StringBuilder,
    title: StringBuilder,
    text: StringBuilder,
    tags: ListBuilder<StringBuilder>,
}

impl ItemRows {
    pub(crate) fn push(&mut self, item_id: &str, item: &ItemText) {
        self.item_id.append_value(item_id);
        self.title.append_value(&item.title);
        self.text.append_option(item.text.as_deref());
        for tag in &item.tags {
            self.tags.values().append_value(tag);
        }
        self.tags.append(true);
    }
}

impl Rows for ItemRows {
    fn schema(&self) -> SchemaRef {
        let tags = Field::new_list("tags", Field::new_list_field(DataType::Utf8, true), true);
        Arc::new(Schema::new(vec![
            utf8("item_id", false),
            utf8("title", false),
            utf8("text", true),
            tags,
        ]))
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.item_id.finish()),
            Arc::new(self.title.finish()),
            Arc::new(self.text.finish()),
            Arc::new(self.tags.finish()),
        ]
    }
}
