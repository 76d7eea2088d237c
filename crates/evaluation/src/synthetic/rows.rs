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
    fn schema() -> SchemaRef;

    /// Takes the columns gathered since the last call.
    fn take(&mut self) -> Vec<ArrayRef>;

    fn take_batch(&mut self) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_new(Self::schema(), self.take())
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

#[derive(Debug, Default)]
pub(crate) struct ActivityRows {
    user_id: StringBuilder,
    item_id: StringBuilder,
    occurred_at: TimestampMicrosecondBuilder,
    weight: Float32Builder,
}

impl ActivityRows {
    pub(crate) fn push(&mut self, user_id: &str, item_id: &str, occurred_at_us: i64, weight: f32) {
        self.user_id.append_value(user_id);
        self.item_id.append_value(item_id);
        self.occurred_at.append_value(occurred_at_us);
        self.weight.append_value(weight);
    }
}

impl Rows for ActivityRows {
    fn schema() -> SchemaRef {
        let weight = Field::new("weight", DataType::Float32, false);
        Arc::new(Schema::new(vec![
            utf8("user_id", false),
            utf8("item_id", false),
            occurred_at(),
            weight,
        ]))
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.user_id.finish()),
            Arc::new(self.item_id.finish()),
            times(&mut self.occurred_at),
            Arc::new(self.weight.finish()),
        ]
    }
}

#[derive(Debug, Default)]
pub(crate) struct TruthRows {
    user_id: StringBuilder,
    item_id: StringBuilder,
    occurred_at: TimestampMicrosecondBuilder,
    journey: StringBuilder,
}

impl TruthRows {
    pub(crate) fn push(&mut self, user_id: &str, item_id: &str, occurred_at_us: i64, journey: Option<&str>) {
        self.user_id.append_value(user_id);
        self.item_id.append_value(item_id);
        self.occurred_at.append_value(occurred_at_us);
        self.journey.append_option(journey);
    }
}

impl Rows for TruthRows {
    fn schema() -> SchemaRef {
        let journey = utf8("journey", true);
        Arc::new(Schema::new(vec![
            utf8("user_id", false),
            utf8("item_id", false),
            occurred_at(),
            journey,
        ]))
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.user_id.finish()),
            Arc::new(self.item_id.finish()),
            times(&mut self.occurred_at),
            Arc::new(self.journey.finish()),
        ]
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
    fn schema() -> SchemaRef {
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
