//! The timelines of the sampled users: each journey a lane, on an axis that the user's journeys share.
//!
//! All users share one axis where they were active over much of the same time. Where each was active for minutes or days
//! somewhere in a long history, every user has an axis of their own.

use serde::Serialize;
use wayfare_pipeline::run_page::{JourneyFacts, Overview, UserFacts};

use super::axis::{self, Axis, Tick};
use super::format;
use super::lane::{self, Lane};
use super::untrusted::{line, shortened};

/// The share of the whole time that a typical user must cover for one axis to suit all.
const SHARED_AXIS_SHARE: f64 = 0.35;
/// Titles shown of each journey.
const MOST_TITLES: usize = 5;
const TITLE_CHARACTERS: usize = 60;
const ID_CHARACTERS: usize = 40;
const DAY: i64 = 86_400;
/// A user who was not seen for so long has only dormant journeys.
const LONG_AGO: i64 = 30 * DAY;

/// The section with all sampled users.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Timelines {
    pub(super) users: Vec<UserView>,
    pub(super) shared_axis: bool,
    /// What a dashed line means.
    pub(super) silence: String,
}

/// A user for the template.
#[derive(Debug, Clone, Serialize)]
pub(super) struct UserView {
    pub(super) id: String,
    pub(super) journeys: String,
    pub(super) activities: String,
    pub(super) period: String,
    /// Journeys that are not shown, in words; empty if all are.
    pub(super) not_shown: String,
    /// How long before the end of all activity the user was last active; empty if it is not long.
    pub(super) last_seen: String,
    /// Times that the axis leaves out, in words; empty if there are none.
    pub(super) left_out: String,
    pub(super) ticks: Vec<TickView>,
    /// Path of the lines at the ticks.
    pub(super) grid: String,
    /// Path of the marks where the axis leaves something out.
    pub(super) breaks: String,
    pub(super) lanes: Vec<LaneView>,
}

/// A labelled time for the template.
#[derive(Debug, Clone, Serialize)]
pub(super) struct TickView {
    /// Percent of the width.
    pub(super) x: String,
    pub(super) anchor: &'static str,
    pub(super) label: String,
}

/// A journey for the template.
#[derive(Debug, Clone, Serialize)]
pub(super) struct LaneView {
    pub(super) name: String,
    /// `model`, `extractive` or empty.
    pub(super) source: String,
    /// How much and how long, in words.
    pub(super) extent: String,
    pub(super) dormant: String,
    pub(super) titles: Vec<String>,
    /// The drawing in words.
    pub(super) description: String,
    /// Which of the page's colours.
    pub(super) colour: usize,
    pub(super) drawing: Lane,
}

/// The colours that the style sheet has for lanes.
const COLOURS: usize = 6;

/// The section; `None` if nobody has a journey.
pub(super) fn timelines(users: &[UserFacts], overview: &Overview) -> Option<Timelines> {
    let (first, last) = overview.first_at.zip(overview.last_at)?;
    let whole = last - first;
    let mut covered: Vec<i64> = users.iter().map(|user| user.last_at - user.first_at).collect();
    covered.sort_unstable();
    let typical = covered.get(covered.len() / 2).copied()?;
    let shared_axis = typical as f64 >= SHARED_AXIS_SHARE * whole as f64;
    let shared = shared_axis.then(|| Axis::whole(first, last));
    // The definition of dormant, where the axis is long enough for it to be seen.
    let by_definition = shared_axis && whole >= 120 * DAY;
    let users = users.iter().map(|user| {
        let axis = shared.clone().unwrap_or_else(|| Axis::around(&times(user)));
        let silence = if by_definition {
            LONG_AGO
        } else {
            axis.covered() / 5
        };
        let until = if shared_axis { last } else { user.last_at };
        user_view(user, &axis, silence, until, last)
    });
    Some(Timelines {
        users: users.collect(),
        shared_axis,
        silence: if by_definition {
            "more than 30 days without an activity".to_owned()
        } else {
            "no activity for more than a fifth of the time shown".to_owned()
        },
    })
}

fn times(user: &UserFacts) -> Vec<i64> {
    let moments = user.journeys.iter().flat_map(|journey| &journey.moments);
    let mut times: Vec<i64> = moments.map(|moment| moment.at).collect();
    times.sort_unstable();
    times.dedup();
    times
}

fn user_view(user: &UserFacts, axis: &Axis, silence: i64, until: i64, last: i64) -> UserView {
    let ticks = axis.ticks();
    let busiest = lane::busiest(&user.journeys, axis);
    let lanes = user.journeys.iter().enumerate().map(|(place, journey)| LaneView {
        colour: place % COLOURS,
        drawing: Lane::of(&journey.moments, axis, busiest, silence, until),
        ..lane_view(journey, user.last_at, last)
    });
    let not_shown = user.journey_count - user.journeys.len() as u64;
    let left_out: Vec<String> = axis
        .breaks()
        .iter()
        .map(|(_, seconds)| format::span(*seconds))
        .collect();
    UserView {
        id: shortened(&user.user_id, ID_CHARACTERS),
        journeys: format::counted(user.journey_count, "journey"),
        activities: format!(
            "{} in {}",
            format::counted(user.activity_count, "activity"),
            if user.journey_count == 1 { "it" } else { "them" }
        ),
        period: format::period(user.first_at, user.last_at),
        last_seen: if last - user.last_at > LONG_AGO {
            let ago = format::span(u64::try_from(last - user.last_at).unwrap_or(0));
            format!("not seen in the last {ago} of the data")
        } else {
            String::new()
        },
        not_shown: if not_shown == 0 {
            String::new()
        } else {
            format!(
                "the strongest {}; {not_shown} more are not shown",
                user.journeys.len()
            )
        },
        left_out: match left_out.as_slice() {
            [] => String::new(),
            [one] => format!("the axis leaves out {one} in which nothing happened"),
            several => format!("the axis leaves out idle times of {}", several.join(", ")),
        },
        grid: lane::grid(&ticks),
        breaks: lane::breaks(axis),
        ticks: ticks.iter().map(TickView::of).collect(),
        lanes: lanes.collect(),
    }
}

impl TickView {
    fn of(tick: &Tick) -> Self {
        Self {
            x: lane::units(tick.at / axis::WIDTH * 100.0),
            anchor: tick.anchor,
            label: tick.label.clone(),
        }
    }
}

fn lane_view(journey: &JourneyFacts, last_of_user: i64, last: i64) -> LaneView {
    let name = journey.name.as_deref().map(line).filter(|name| !name.is_empty());
    let mut titles: Vec<String> = Vec::new();
    for item in &journey.items {
        let title = item.title.as_deref().filter(|title| !title.trim().is_empty());
        let title = shortened(title.unwrap_or(&item.item_id), TITLE_CHARACTERS);
        if titles.len() < MOST_TITLES && !titles.contains(&title) {
            titles.push(title);
        }
    }
    let activities = format::counted(journey.activity_count, "activity");
    let lasted = u64::try_from(journey.last_active_at - journey.started_at).unwrap_or(0);
    let extent = if journey.active_days > 1 {
        let days = format::thousands(journey.active_days);
        format!("{activities} on {days} days within {}", format::span(lasted))
    } else {
        format!("{activities} within {}", format::span(lasted))
    };
    let silent = u64::try_from(last - journey.last_active_at).unwrap_or(0);
    // Where the user has gone altogether, that is said of the user.
    let given_up = journey.dormant
        && (last - last_of_user <= LONG_AGO || last_of_user - journey.last_active_at > LONG_AGO);
    LaneView {
        name: name.unwrap_or_else(|| "(no name)".to_owned()),
        source: journey.name_source.as_deref().map(line).unwrap_or_default(),
        dormant: if given_up {
            format!("dormant for {}", format::span(silent))
        } else {
            String::new()
        },
        titles,
        description: format!(
            "{activities}, {}",
            format::period(journey.started_at, journey.last_active_at)
        ),
        extent,
        colour: 0,
        drawing: Lane::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_pipeline::run_page::{ItemFacts, Moment};

    const START: i64 = 1_767_614_400; // 5 January 2026, 12:00

    fn user(id: &str, first: i64, last: i64) -> UserFacts {
        let item = |item_id: &str, title: Option<&str>| ItemFacts {
            item_id: item_id.to_owned(),
            title: title.map(str::to_owned),
        };
        let journey = JourneyFacts {
            journey_id: format!("{id}-1"),
            name: Some("Night\u{202e} sky".to_owned()),
            name_source: Some("model".to_owned()),
            activity_count: 2,
            active_days: 2,
            started_at: first,
            last_active_at: last,
            dormant: true,
            items: vec![
                item("t0", Some("Telescope")),
                item("t1", Some("Telescope")),
                item("t2", Some(" ")),
                item("t3", None),
            ],
            moments: [first, last].map(|at| Moment { at, activities: 1 }).to_vec(),
        };
        UserFacts {
            user_id: id.to_owned(),
            journey_count: 3,
            activity_count: 9,
            first_at: first,
            last_at: last,
            journeys: vec![journey],
        }
    }

    fn overview(last: i64) -> Overview {
        Overview {
            first_at: Some(START),
            last_at: Some(last),
            ..Overview::default()
        }
    }

    #[test]
    fn users_of_one_time_share_an_axis() {
        let end = START + 200 * DAY;
        let users = [user("a", START, end), user("b", START + 10 * DAY, end - 90 * DAY)];
        let section = timelines(&users, &overview(end)).expect("there are users");
        assert!(section.shared_axis && section.silence.contains("30 days"));
        let labels = |user: &UserView| {
            user.ticks
                .iter()
                .map(|tick| tick.label.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(labels(&section.users[0]), labels(&section.users[1]));
        assert_eq!(section.users[1].lanes[0].dormant, "");
        assert_eq!(
            section.users[1].last_seen,
            "not seen in the last 90 days of the data"
        );
        // The same journey, of a user who went on with others.
        let mut going_on = user("c", START, end - 90 * DAY);
        going_on.last_at = end;
        let section = timelines(&[going_on], &overview(end)).expect("there is a user");
        assert_eq!(section.users[0].lanes[0].dormant, "dormant for 90 days");
        assert_eq!(section.users[0].last_seen, "");
    }

    #[test]
    fn users_of_one_sitting_each_have_axes_of_their_own() {
        let end = START + 200 * DAY;
        let users = [user("a", START, START + 1_800), user("b", end - 3_600, end)];
        let section = timelines(&users, &overview(end)).expect("there are users");
        assert!(!section.shared_axis);
        assert_eq!(section.users[0].ticks[0].label, "5 Jan");
        assert_ne!(section.users[0].ticks[0].label, section.users[1].ticks[0].label);
    }

    #[test]
    fn texts_are_short_clean_and_never_missing() {
        let section = timelines(&[user("a", START, START + 60)], &overview(START + 60)).expect("a user");
        let user = &section.users[0];
        let lane = &user.lanes[0];
        assert_eq!(
            (lane.name.as_str(), &lane.titles),
            (
                "Night sky",
                &vec!["Telescope".to_owned(), "t2".to_owned(), "t3".to_owned()]
            )
        );
        assert_eq!(user.not_shown, "the strongest 1; 2 more are not shown");
        assert_eq!(user.activities, "9 activities in them");
    }

    #[test]
    fn without_journeys_there_is_no_section() {
        assert!(timelines(&[], &Overview::default()).is_none());
    }
}
