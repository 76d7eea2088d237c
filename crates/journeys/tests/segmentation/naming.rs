//! What a journey is named by, as it grows.

use wayfare_journeys::{Journey, NamingSnapshot, Params, UserState};

use crate::interests::{every_other_day, interests, params};

/// The journey after this many activities, or none.
fn grown_to(activities: usize, max_open_activities: u32) -> Option<Journey> {
    let params = Params {
        min_active_days: 0,
        min_span_days: 0.0,
        max_open_activities,
        ..params()
    };
    let events = every_other_day(&["ukulele"], activities);
    let mut segmented = interests().segment(&params, UserState::default(), &events);
    assert!(segmented.journeys.len() <= 1);
    segmented.journeys.pop()
}

#[test]
fn milestones_are_the_least_number_of_activities_doubled() {
    let milestones: Vec<(u64, usize)> = [4, 5, 9, 10, 19, 20, 39, 40]
        .into_iter()
        .map(|activities| {
            grown_to(activities, 256).map_or((0, 0), |journey| {
                (journey.naming.milestone, journey.naming.item_ids.len())
            })
        })
        .collect();
    let expected = [
        (0, 0),
        (5, 5),
        (5, 5),
        (10, 10),
        (10, 10),
        (20, 10),
        (20, 10),
        (40, 10),
    ];
    assert_eq!(milestones, expected);
}

#[test]
fn the_snapshot_changes_at_milestones_only_whether_open_or_settled() {
    let mut last: Option<NamingSnapshot> = None;
    for activities in 5..=90 {
        let at_milestone = [5, 10, 20, 40, 80].contains(&activities);
        let open = grown_to(activities, 256).unwrap();
        let settled = grown_to(activities, 8).unwrap();
        assert_eq!(open.naming, settled.naming, "after {activities} activities");
        assert_eq!(open.activity_count, activities as u64);
        match last {
            Some(last) if !at_milestone => {
                assert_eq!(open.naming, last, "after {activities} activities");
            }
            _ => assert_eq!(open.naming.milestone, activities as u64),
        }
        last = Some(open.naming);
    }
}
