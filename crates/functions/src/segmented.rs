//! The result of segmenting one user as a SQL value: the columns that the pipeline unnests into tables.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Float32Array, Int32Array, Int64Array, ListArray, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use wayfare_inference::NamingInput;
use wayfare_journeys::{Alias, Assignment, Journey, Segmented};

use crate::item_pack::ItemPack;
use crate::list_arguments::{
    concept_fields, concepts_type, element, struct_lists, text_lists, texts_type, vector_type, vectors,
};

/// Microseconds, UTC: the one time type of the tables.
pub fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn representative_fields() -> Fields {
    Fields::from(vec![
        Field::new("item_id", DataType::Utf8, true),
        Field::new("title", DataType::Utf8, true),
        Field::new("similarity", DataType::Float32, true),
    ])
}

fn journey_fields() -> Fields {
    Fields::from(vec![
        Field::new("journey_id", DataType::Utf8, true),
        Field::new("started_at", time_type(), true),
        Field::new("last_active_at", time_type(), true),
        Field::new("activity_count", DataType::Int64, true),
        Field::new("active_days", DataType::Int32, true),
        Field::new("vector", vector_type(), true),
        Field::new(
            "representative_items",
            DataType::List(element(DataType::Struct(representative_fields()))),
            true,
        ),
        Field::new("concepts", concepts_type(), true),
        Field::new("naming_input", DataType::Utf8, true),
        Field::new("naming_titles", texts_type(), true),
        Field::new("naming_concepts", texts_type(), true),
    ])
}

fn assignment_fields() -> Fields {
    Fields::from(vec![
        Field::new("journey_id", DataType::Utf8, true),
        Field::new("item_id", DataType::Utf8, true),
        Field::new("occurred_at", time_type(), true),
        Field::new("similarity", DataType::Float32, true),
    ])
}

fn alias_fields() -> Fields {
    Fields::from(vec![
        Field::new("old_journey_id", DataType::Utf8, true),
        Field::new("journey_id", DataType::Utf8, true),
        Field::new("since", time_type(), true),
    ])
}

/// The fields of `struct<state, watermark_at, watermark_item, journeys, assignments, aliases, superseded>`;
/// `superseded` lists the ids whose earlier rows no longer hold: those given anew and those merged away.
pub fn segmented_fields() -> Fields {
    Fields::from(vec![
        Field::new("state", DataType::Binary, true),
        Field::new("watermark_at", time_type(), true),
        Field::new("watermark_item", DataType::Utf8, true),
        Field::new(
            "journeys",
            DataType::List(element(DataType::Struct(journey_fields()))),
            true,
        ),
        Field::new(
            "assignments",
            DataType::List(element(DataType::Struct(assignment_fields()))),
            true,
        ),
        Field::new(
            "aliases",
            DataType::List(element(DataType::Struct(alias_fields()))),
            true,
        ),
        Field::new("superseded", texts_type(), true),
    ])
}

/// The one row of a user, as a struct of arrays of length one.
pub fn segmented_row(segmented: &Segmented, pack: &ItemPack) -> StructArray {
    let watermark = segmented.state.watermark();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(BinaryArray::from_iter_values([segmented.state.encode()])),
        times([watermark.map(|(at, _)| at)].into_iter()),
        Arc::new(StringArray::from_iter([watermark.map(|(_, item)| item)])),
        Arc::new(journeys(&segmented.journeys, pack)),
        Arc::new(assignments(&segmented.assignments)),
        Arc::new(aliases(&segmented.aliases)),
        Arc::new(text_lists(&[superseded(segmented)])),
    ];
    StructArray::new(segmented_fields(), columns, None)
}

fn superseded(segmented: &Segmented) -> Vec<String> {
    let given = segmented.journeys.iter().map(|journey| journey.journey_id);
    given
        .chain(segmented.aliases.iter().map(|alias| alias.old))
        .map(|id| id.to_string())
        .collect()
}

fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(values).with_timezone("UTC"))
}

fn ids<'a>(values: impl Iterator<Item = &'a wayfare_journeys::JourneyId>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values.map(ToString::to_string)))
}

fn journeys(journeys: &[Journey], pack: &ItemPack) -> ListArray {
    let inputs: Vec<NamingInput> = journeys
        .iter()
        .map(|journey| naming_input(journey, pack))
        .collect();
    let centroids: Vec<Option<Vec<f32>>> = journeys
        .iter()
        .map(|journey| Some(journey.vector.clone()))
        .collect();
    let columns: Vec<ArrayRef> = vec![
        ids(journeys.iter().map(|journey| &journey.journey_id)),
        times(journeys.iter().map(|journey| Some(journey.started_at_us))),
        times(journeys.iter().map(|journey| Some(journey.last_active_at_us))),
        Arc::new(Int64Array::from_iter_values(journeys.iter().map(|journey| {
            i64::try_from(journey.activity_count).unwrap_or(i64::MAX)
        }))),
        Arc::new(Int32Array::from_iter_values(
            journeys
                .iter()
                .map(|journey| i32::try_from(journey.active_days).unwrap_or(i32::MAX)),
        )),
        Arc::new(vectors(&centroids)),
        Arc::new(representatives(journeys, pack)),
        Arc::new(concepts(journeys)),
        Arc::new(StringArray::from_iter_values(
            inputs
                .iter()
                .map(|input| format!("{:016x}", input.content_hash())),
        )),
        Arc::new(text_lists(
            &inputs
                .iter()
                .map(|input| input.titles.clone())
                .collect::<Vec<_>>(),
        )),
        Arc::new(text_lists(
            &inputs
                .iter()
                .map(|input| input.concepts.clone())
                .collect::<Vec<_>>(),
        )),
    ];
    struct_lists(journey_fields(), columns, &[journeys.len()])
}

/// What the journey is named from: the journey as it stood at its last naming milestone.
fn naming_input(journey: &Journey, pack: &ItemPack) -> NamingInput {
    let titles = journey
        .naming
        .item_ids
        .iter()
        .filter_map(|id| pack.row(id))
        .map(|row| pack.title(row).to_owned());
    NamingInput {
        titles: titles.collect(),
        concepts: journey.naming.concepts.clone(),
    }
}

fn representatives(journeys: &[Journey], pack: &ItemPack) -> ListArray {
    let all = || journeys.iter().flat_map(|journey| &journey.representatives);
    let titles = all().map(|item| pack.row(&item.item_id).map(|row| pack.title(row)));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter(all().map(|item| Some(&item.item_id)))),
        Arc::new(StringArray::from_iter(titles)),
        Arc::new(Float32Array::from_iter_values(all().map(|item| item.similarity))),
    ];
    let lengths: Vec<usize> = journeys
        .iter()
        .map(|journey| journey.representatives.len())
        .collect();
    struct_lists(representative_fields(), columns, &lengths)
}

fn concepts(journeys: &[Journey]) -> ListArray {
    let all = || journeys.iter().flat_map(|journey| &journey.concepts);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter(all().map(|concept| Some(&concept.term)))),
        Arc::new(Float32Array::from_iter_values(
            all().map(|concept| concept.weight),
        )),
    ];
    let lengths: Vec<usize> = journeys.iter().map(|journey| journey.concepts.len()).collect();
    struct_lists(concept_fields(), columns, &lengths)
}

fn assignments(assignments: &[Assignment]) -> ListArray {
    let columns: Vec<ArrayRef> = vec![
        ids(assignments.iter().map(|assignment| &assignment.journey_id)),
        Arc::new(StringArray::from_iter_values(
            assignments.iter().map(|assignment| &assignment.item_id),
        )),
        times(
            assignments
                .iter()
                .map(|assignment| Some(assignment.occurred_at_us)),
        ),
        Arc::new(Float32Array::from_iter_values(
            assignments.iter().map(|assignment| assignment.similarity),
        )),
    ];
    struct_lists(assignment_fields(), columns, &[assignments.len()])
}

fn aliases(aliases: &[Alias]) -> ListArray {
    let columns: Vec<ArrayRef> = vec![
        ids(aliases.iter().map(|alias| &alias.old)),
        ids(aliases.iter().map(|alias| &alias.new)),
        times(aliases.iter().map(|alias| Some(alias.since_us))),
    ];
    struct_lists(alias_fields(), columns, &[aliases.len()])
}
