//! A few users to look at, each with the strongest journeys and when they were active.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rows::Reader;
use super::tables::Frequency;
use crate::catalogue::{self, Parameter, Parameters};
use crate::error::PipelineError;

/// How many users are sampled.
const MOST_USERS: i64 = 8;
/// Journeys collected of each.
const MOST_JOURNEYS: i64 = 8;

/// A user and the strongest journeys.
#[derive(Debug, Clone, Serialize)]
pub struct UserFacts {
    pub user_id: String,
    /// All journeys of the user, also those that were not collected.
    pub journey_count: u64,
    /// Activities of all these journeys.
    pub activity_count: u64,
    /// Seconds since 1970 of the first activity of all these journeys.
    pub first_at: i64,
    /// Seconds since 1970 of the latest activity of all these journeys.
    pub last_at: i64,
    /// In the order in which they began.
    pub journeys: Vec<JourneyFacts>,
}

/// A journey of a sampled user.
#[derive(Debug, Clone, Serialize)]
pub struct JourneyFacts {
    pub journey_id: String,
    pub name: Option<String>,
    /// `model` or `extractive`.
    pub name_source: Option<String>,
    pub activity_count: u64,
    pub active_days: u64,
    /// Seconds since 1970.
    pub started_at: i64,
    /// Seconds since 1970.
    pub last_active_at: i64,
    /// No activity for 30 days, seen from the latest activity in the tables.
    pub dormant: bool,
    /// Best first.
    pub items: Vec<ItemFacts>,
    /// In time order.
    pub moments: Vec<Moment>,
}

/// A representative item of a journey.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ItemFacts {
    pub item_id: String,
    pub title: Option<String>,
}

/// Activities at one time, to the second or, in long journeys, to a thousandth of the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Seconds since 1970.
    pub at: i64,
    pub activities: u64,
}

#[derive(Debug, Deserialize)]
struct UserRow {
    user_id: String,
    journeys: u64,
}

#[derive(Debug, Deserialize)]
struct JourneyRow {
    user_id: String,
    journey_id: String,
    name: Option<String>,
    name_source: Option<String>,
    activity_count: u64,
    active_days: u64,
    started_at: i64,
    last_active_at: i64,
    status: String,
    #[serde(default)]
    items: Vec<ItemFacts>,
    activities_of_user: u64,
    first_of_user: i64,
    last_of_user: i64,
}

#[derive(Debug, Deserialize)]
struct MomentRow {
    journey_id: String,
    at: i64,
    activities: u64,
}

/// Samples users out of those that `journeys_per_user` counts.
pub(super) async fn users(
    reader: &Reader<'_>,
    journeys_per_user: &[Frequency],
) -> Result<Vec<UserFacts>, PipelineError> {
    let with_journeys: u64 = journeys_per_user.iter().map(|frequency| frequency.count).sum();
    if with_journeys == 0 {
        return Ok(Vec::new());
    }
    let parameters = Parameters::from([
        (
            "users",
            Parameter::Integer(i64::try_from(with_journeys).unwrap_or(i64::MAX)),
        ),
        ("most_users", Parameter::Integer(MOST_USERS)),
    ]);
    let chosen: Vec<UserRow> = reader.rows(catalogue::REPORT_SAMPLE_USERS, &parameters).await?;
    let user_ids = texts(chosen.iter().map(|user| &user.user_id));
    let parameters = Parameters::from([
        ("user_ids", user_ids.clone()),
        ("most_journeys", Parameter::Integer(MOST_JOURNEYS)),
    ]);
    let journeys: Vec<JourneyRow> = reader
        .rows(catalogue::REPORT_SAMPLE_JOURNEYS, &parameters)
        .await?;
    let journey_ids = texts(journeys.iter().map(|journey| &journey.journey_id));
    let parameters = Parameters::from([("user_ids", user_ids), ("journey_ids", journey_ids)]);
    let rows: Vec<MomentRow> = reader
        .rows(catalogue::REPORT_SAMPLE_ACTIVITIES, &parameters)
        .await?;
    let mut moments: BTreeMap<String, Vec<Moment>> = BTreeMap::new();
    for MomentRow {
        journey_id,
        at,
        activities,
    } in rows
    {
        moments
            .entry(journey_id)
            .or_default()
            .push(Moment { at, activities });
    }
    Ok(together(chosen, journeys, moments))
}

fn texts<'t>(texts: impl Iterator<Item = &'t String>) -> Parameter {
    Parameter::Texts(texts.cloned().collect())
}

fn together(
    chosen: Vec<UserRow>,
    journeys: Vec<JourneyRow>,
    mut moments: BTreeMap<String, Vec<Moment>>,
) -> Vec<UserFacts> {
    let mut users: Vec<UserFacts> = chosen
        .into_iter()
        .map(|user| UserFacts {
            user_id: user.user_id,
            journey_count: user.journeys,
            activity_count: 0,
            first_at: 0,
            last_at: 0,
            journeys: Vec::new(),
        })
        .collect();
    for row in journeys {
        let Some(user) = users.iter_mut().find(|user| user.user_id == row.user_id) else {
            continue;
        };
        user.activity_count = row.activities_of_user;
        (user.first_at, user.last_at) = (row.first_of_user, row.last_of_user);
        user.journeys.push(JourneyFacts {
            moments: moments.remove(&row.journey_id).unwrap_or_default(),
            journey_id: row.journey_id,
            name: row.name,
            name_source: row.name_source,
            activity_count: row.activity_count,
            active_days: row.active_days,
            started_at: row.started_at,
            last_active_at: row.last_active_at,
            dormant: row.status == "dormant",
            items: row.items,
        });
    }
    users
}
