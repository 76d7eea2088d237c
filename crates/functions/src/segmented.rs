//! The result of segmenting one user as a SQL value: the columns that the pipeline unnests into tables.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Float32Array, Int32Array, Int64Array, ListArray, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use wayfare_inference::NamingInput;
use wayfare_journeys::{AliasReason, Journey, JourneyId, Segmented, UserState};

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
        Field::new("reason", DataType::Utf8, true),
    ])
}

/// The fields of `struct<state, watermark_at, watermark_item, journeys, assignments, aliases, settled_at, settled_item,
/// settled_journeys, retired_journeys>`. The last four say which rows of earlier runs still hold (see
/// [`wayfare_journeys::Before`]): assignments up to that activity to those journeys, which include the retired ones, and
/// the retired journeys themselves.
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
        Field::new("settled_at", time_type(), true),
        Field::new("settled_item", DataType::Utf8, true),
        Field::new("settled_journeys", texts_type(), true),
        Field::new("retired_journeys", texts_type(), true),
    ])
}

/// One row per user, null where there was nothing to segment.
pub fn segmented_rows(users: &[Option<Segmented>], pack: &ItemPack) -> StructArray {
    let watermarks = || {
        let states = users.iter().map(|user| user.as_ref().map(|user| &user.state));
        states.map(|state| state.and_then(UserState::watermark))
    };
    let settled = || {
        let before = users.iter().map(|user| user.as_ref().map(|user| &user.before));
        before.map(|before| before.and_then(|before| before.settled_until.as_ref()))
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(BinaryArray::from_iter(
            users
                .iter()
                .map(|user| user.as_ref().map(|user| user.state.encode())),
        )),
        times(watermarks().map(|watermark| watermark.map(|(at, _)| at))),
        Arc::new(StringArray::from_iter(
            watermarks().map(|watermark| watermark.map(|(_, item)| item)),
        )),
        Arc::new(journeys(users, pack)),
        Arc::new(assignments(users)),
        Arc::new(aliases(users)),
        times(settled().map(|until| until.map(|(at, _)| *at))),
        Arc::new(StringArray::from_iter(
            settled().map(|until| until.map(|(_, item)| item)),
        )),
        Arc::new(text_lists(&id_lists(users, |user| {
            user.before.kept.iter().chain(&user.before.retired).collect()
        }))),
        Arc::new(text_lists(&id_lists(users, |user| {
            user.before.retired.iter().collect()
        }))),
    ];
    let present: Vec<bool> = users.iter().map(Option::is_some).collect();
    StructArray::new(segmented_fields(), columns, Some(present.into()))
}

/// Some ids of each user, as texts.
fn id_lists(users: &[Option<Segmented>], of: impl Fn(&Segmented) -> Vec<&JourneyId>) -> Vec<Vec<String>> {
    let texts = |user: &Segmented| of(user).into_iter().map(ToString::to_string).collect();
    users
        .iter()
        .map(|user| user.as_ref().map(texts).unwrap_or_default())
        .collect()
}

/// How many of something each user has.
fn lengths<T>(users: &[Option<Segmented>], of: impl Fn(&Segmented) -> &Vec<T>) -> Vec<usize> {
    let count = |user: &Option<Segmented>| user.as_ref().map_or(0, |user| of(user).len());
    users.iter().map(count).collect()
}

fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(values).with_timezone("UTC"))
}

fn ids<'a>(values: impl Iterator<Item = &'a JourneyId>) -> ArrayRef {
    Arc::new(StringArray::from_iter(values.map(|id| Some(id.to_string()))))
}

fn journeys(users: &[Option<Segmented>], pack: &ItemPack) -> ListArray {
    let all: Vec<&Journey> = users.iter().flatten().flat_map(|user| &user.journeys).collect();
    let inputs: Vec<NamingInput> = all.iter().map(|journey| naming_input(journey, pack)).collect();
    let centroids: Vec<Option<&[f32]>> = all
        .iter()
        .map(|journey| Some(journey.vector.as_slice()))
        .collect();
    let texts = |of: fn(&NamingInput) -> &Vec<String>| -> ArrayRef {
        Arc::new(text_lists(&inputs.iter().map(of).collect::<Vec<_>>()))
    };
    let columns: Vec<ArrayRef> = vec![
        ids(all.iter().map(|journey| &journey.journey_id)),
        times(all.iter().map(|journey| Some(journey.started_at_us))),
        times(all.iter().map(|journey| Some(journey.last_active_at_us))),
        Arc::new(Int64Array::from_iter_values(all.iter().map(|journey| {
            i64::try_from(journey.activity_count).unwrap_or(i64::MAX)
        }))),
        Arc::new(Int32Array::from_iter_values(
            all.iter()
                .map(|journey| i32::try_from(journey.active_days).unwrap_or(i32::MAX)),
        )),
        Arc::new(vectors(&centroids)),
        Arc::new(representatives(&all, pack)),
        Arc::new(concepts(&all)),
        Arc::new(StringArray::from_iter_values(
            inputs
                .iter()
                .map(|input| format!("{:016x}", input.content_hash())),
        )),
        texts(|input| &input.titles),
        texts(|input| &input.concepts),
    ];
    struct_lists(journey_fields(), columns, &lengths(users, |user| &user.journeys))
}

/// What the journey is named from: the journey as it stood at its last naming milestone, in the form that near-identical
/// journeys share.
fn naming_input(journey: &Journey, pack: &ItemPack) -> NamingInput {
    let titles = journey
        .naming
        .item_ids
        .iter()
        .filter_map(|id| pack.row(id))
        .map(|row| pack.title(row).to_owned());
    let input = NamingInput {
        titles: titles.collect(),
        concepts: journey.naming.concepts.clone(),
    };
    input.normalised()
}

fn representatives(journeys: &[&Journey], pack: &ItemPack) -> ListArray {
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

fn concepts(journeys: &[&Journey]) -> ListArray {
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

fn assignments(users: &[Option<Segmented>]) -> ListArray {
    let all = || users.iter().flatten().flat_map(|user| &user.assignments);
    let columns: Vec<ArrayRef> = vec![
        ids(all().map(|assignment| &assignment.journey_id)),
        Arc::new(StringArray::from_iter(
            all().map(|assignment| Some(&assignment.item_id)),
        )),
        times(all().map(|assignment| Some(assignment.occurred_at_us))),
        Arc::new(Float32Array::from_iter_values(
            all().map(|assignment| assignment.similarity),
        )),
    ];
    struct_lists(
        assignment_fields(),
        columns,
        &lengths(users, |user| &user.assignments),
    )
}

fn aliases(users: &[Option<Segmented>]) -> ListArray {
    let all = || users.iter().flatten().flat_map(|user| &user.aliases);
    let columns: Vec<ArrayRef> = vec![
        ids(all().map(|alias| &alias.old)),
        ids(all().map(|alias| &alias.new)),
        times(all().map(|alias| Some(alias.since_us))),
        Arc::new(StringArray::from_iter(all().map(|alias| {
            Some(match alias.reason {
                AliasReason::Merged => "merged",
                AliasReason::OtherStart => "other_start",
            })
        }))),
    ];
    struct_lists(alias_fields(), columns, &lengths(users, |user| &user.aliases))
}
