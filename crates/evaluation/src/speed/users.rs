//! Users over threads, each from its rows to labels.

use std::collections::HashMap;

use rayon::prelude::*;
use wayfare_journeys::{Activity, Icpc, JourneyId, Params, SegmentError, Segmented, Segmenter};

use super::Method;
use super::activities::{Activities, User};
use super::item_store::ItemStore;
use crate::error::EvaluationError;

/// Users that a thread takes at a time; what is reused from one to the next is made once for each.
const USERS_AT_A_TIME: usize = 64;
/// Vectors that are fetched together: the memory answers several at a time.
const VECTORS_AT_A_TIME: usize = 16;

/// One label per activity, in their order.
#[derive(Debug)]
pub(super) struct Work {
    /// By blocks of users. Numbers count from 0 for each user; none for what belongs to no journey.
    pub(super) found: Vec<Vec<Option<u32>>>,
    pub(super) journeys: usize,
}

pub(super) fn segment(
    activities: &Activities,
    store: &ItemStore,
    method: Method,
) -> Result<Work, EvaluationError> {
    let users: Vec<usize> = (0..activities.users()).collect();
    let blocks = users.par_chunks(USERS_AT_A_TIME).map(|users| {
        let users = users.iter().map(|user| activities.user(*user));
        match method {
            Method::Wayfare(params) => by_wayfare(users, store, &params),
            Method::Icpc {
                join_threshold,
                min_activities,
            } => Ok(by_icpc(users, store, join_threshold, min_activities)),
        }
    });
    let blocks = blocks.collect::<Result<Vec<Block>, EvaluationError>>()?;
    let journeys = blocks.iter().map(|block| block.journeys).sum();
    let found = blocks.into_iter().map(|block| block.labels).collect();
    Ok(Work { found, journeys })
}

#[derive(Default)]
struct Block {
    labels: Vec<Option<u32>>,
    journeys: usize,
}

fn by_icpc<'a>(
    users: impl Iterator<Item = User<'a>>,
    store: &ItemStore,
    join_threshold: f64,
    min_activities: u32,
) -> Block {
    let mut block = Block::default();
    let mut icpc = Icpc::new(join_threshold);
    let (mut vectors, mut sizes): (Vec<f32>, Vec<u32>) = (Vec::new(), Vec::new());
    for user in users {
        icpc.clear();
        sizes.clear();
        let first = block.labels.len();
        for items in user.items.chunks(VECTORS_AT_A_TIME) {
            vectors.clear();
            for item in items {
                store.append_unit(*item, &mut vectors);
            }
            for vector in vectors.chunks_exact(store.dimension()) {
                let cluster = icpc.join(vector);
                sizes.resize(icpc.clusters(), 0);
                sizes[cluster] += 1;
                block.labels.push(u32::try_from(cluster).ok());
            }
        }
        block.journeys += sizes.iter().filter(|size| **size >= min_activities).count();
        for label in &mut block.labels[first..] {
            *label = label.filter(|cluster| sizes[*cluster as usize] >= min_activities);
        }
    }
    block
}

fn by_wayfare<'a>(
    users: impl Iterator<Item = User<'a>>,
    store: &ItemStore,
    params: &Params,
) -> Result<Block, EvaluationError> {
    let mut block = Block::default();
    for user in users {
        let segmented = segment_user(user, store, params).map_err(|source| EvaluationError::Segment {
            user_id: user.user_id.to_owned(),
            source,
        })?;
        block.journeys += segmented.journeys.len();
        label(&segmented, user, store, &mut block.labels);
    }
    Ok(block)
}

fn segment_user(user: User<'_>, store: &ItemStore, params: &Params) -> Result<Segmented, SegmentError> {
    let mut segmenter = Segmenter::start(params, user.user_id);
    for (item, occurred_at_us) in user.items.iter().zip(user.times_us) {
        let activity = Activity {
            item_id: store.item_id(*item),
            occurred_at_us: *occurred_at_us,
            weight: 1.0,
        };
        // A repetition is the same activity, as in a job.
        if segmenter.watermark() != Some((activity.occurred_at_us, activity.item_id)) {
            segmenter.push(activity, store)?;
        }
    }
    segmenter.finish(store)
}

fn label(segmented: &Segmented, user: User<'_>, store: &ItemStore, labels: &mut Vec<Option<u32>>) {
    let first = labels.len();
    labels.resize(first + user.items.len(), None);
    let mut numbers: HashMap<JourneyId, u32> = HashMap::new();
    for assignment in &segmented.assignments {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let number = *numbers.entry(assignment.journey_id).or_insert(next);
        let at = user
            .times_us
            .partition_point(|at| *at < assignment.occurred_at_us);
        let same_time =
            (at..user.items.len()).take_while(|at| user.times_us[*at] == assignment.occurred_at_us);
        for position in same_time.filter(|at| store.item_id(user.items[*at]) == assignment.item_id) {
            labels[first + position] = Some(number);
        }
    }
}
