//! Each baseline finds what it must in small catalogues.

use wayfare_evaluation::extraction::baselines::{
    GlobalKmeans, Icpc, IcpcMerge, IcpcTerms, MIN_ACTIVITIES, MergeInto, NAMES, Ward, WardReject, by_name,
};
use wayfare_evaluation::extraction::dataset::{Catalogue, UserHistory};
use wayfare_evaluation::extraction::method::Method;

use super::planted::{Planted, visit};
use super::{partition, partition_of};

fn gold(user: &UserHistory) -> Vec<Option<usize>> {
    partition(&user.gold)
}

#[test]
fn personal_methods_find_separate_groups_and_leave_out_the_rest() {
    let planted = Planted::new(3, 8, 4, 0.5, 0.0);
    let user = planted.user(&[(0, 6), (2, 8), (1, 5)], &[0, 1, 3]);
    for name in NAMES.into_iter().filter(|&name| name != "global-kmeans") {
        let method = by_name(name, MIN_ACTIVITIES).unwrap();
        assert_eq!(
            partition_of(method.as_ref(), &planted.catalogue, &user),
            gold(&user),
            "{name}"
        );
    }
}

#[test]
fn small_clusters_are_left_out() {
    let planted = Planted::new(2, 8, 0, 0.5, 0.0);
    let user = planted.user(&[(0, 6), (1, 3)], &[]);
    for name in NAMES.into_iter().filter(|&name| name != "global-kmeans") {
        let left_out = |min_activities| {
            let method = by_name(name, min_activities).unwrap();
            let labels = partition_of(method.as_ref(), &planted.catalogue, &user);
            labels.iter().filter(|label| label.is_none()).count()
        };
        assert_eq!([left_out(3), left_out(4), left_out(7)], [0, 3, 9], "{name}");
    }
}

#[test]
fn ward_takes_a_loner_in_and_ward_with_rejection_does_not() {
    let planted = Planted::new(2, 8, 1, 0.5, 0.0);
    let user = planted.user(&[(0, 6), (1, 6)], &[0]);
    let ward = partition_of(&Ward::default(), &planted.catalogue, &user);
    assert!(ward.iter().all(Option::is_some));
    let reject = WardReject::default();
    assert_eq!(partition_of(&reject, &planted.catalogue, &user), gold(&user));
}

#[test]
fn rejected_activities_come_back_where_they_are_close_enough() {
    // Three of a group are too few to stay a cluster; across groups the cosine to a centroid of six is about .39.
    let planted = Planted::new(2, 8, 0, 0.5, 0.3);
    let user = planted.user(&[(0, 6), (1, 3)], &[]);
    let assigned_from = |reassign_from| {
        let method = WardReject {
            cut_distance: 1.2,
            reject_below: 0.3,
            reassign_from,
            ..WardReject::default()
        };
        let labels = partition_of(&method, &planted.catalogue, &user);
        labels.iter().flatten().count()
    };
    assert_eq!([assigned_from(0.35), assigned_from(0.45)], [9, 6]);
}

#[test]
fn icpc_joins_from_its_threshold_on() {
    let planted = Planted::new(1, 8, 0, 0.5, 0.0);
    let user = planted.user(&[(0, 5)], &[]);
    let assigned = |method: &dyn Method| {
        let labels = partition_of(method, &planted.catalogue, &user);
        labels.iter().flatten().count()
    };
    // The second activity's cosine to the first is .5, and decides whether there is a cluster to grow.
    for (join_threshold, expected) in [(0.49, 5), (0.51, 0)] {
        let min_activities = 4;
        let vectors = Icpc {
            join_threshold,
            min_activities,
        };
        let terms = IcpcTerms {
            join_threshold,
            min_activities,
        };
        assert_eq!(assigned(&vectors), expected, "vectors from {join_threshold}");
        assert_eq!(assigned(&terms), expected, "terms from {join_threshold}");
    }
}

#[test]
fn a_small_cluster_merges_into_an_older_one_unless_only_later_ones_count() {
    // By turns: the group of six is born first, and the three of the other group have nothing later to go to.
    let planted = Planted::new(2, 8, 0, 0.5, 0.3);
    let user = planted.user(&[(0, 6), (1, 3)], &[]);
    for (merge_into, merge_threshold, expected) in [
        (MergeInto::Any, 0.3, 9),
        (MergeInto::Later, 0.3, 6),
        (MergeInto::Any, 0.7, 6),
    ] {
        let method = IcpcMerge {
            join_threshold: 0.45,
            merge_threshold,
            merge_into,
            ..IcpcMerge::default()
        };
        let labels = partition_of(&method, &planted.catalogue, &user);
        assert_eq!(
            labels.iter().flatten().count(),
            expected,
            "{merge_into:?} from {merge_threshold}"
        );
    }
}

#[test]
fn topics_are_those_of_the_whole_catalogue() {
    let planted = Planted::new(4, 8, 0, 0.999, 0.0);
    let topics = GlobalKmeans::new(4, 1, 4);
    let user = planted.user(&[(0, 6), (2, 5), (1, 2)], &[]);
    let labels = topics.assign(&planted.catalogue, &user);
    let expected: Vec<Option<usize>> = gold(&user)
        .into_iter()
        .map(|journey| journey.filter(|&journey| journey < 2))
        .collect();
    assert_eq!(
        partition(&labels),
        expected,
        "two activities are too few for a journey"
    );
    let other = planted.user(&[(2, 8)], &[]);
    let of_group_two = labels
        .iter()
        .zip(&user.gold)
        .find(|(_, gold)| **gold == Some(1))
        .unwrap()
        .0;
    assert!(
        topics
            .assign(&planted.catalogue, &other)
            .iter()
            .all(|label| label == of_group_two)
    );
}

#[test]
fn topics_of_one_catalogue_are_not_taken_for_those_of_another() {
    let (first, second) = (Planted::new(4, 8, 2, 0.9, 0.0), Planted::new(4, 8, 2, 0.8, 0.1));
    let method = GlobalKmeans::new(6, 3, 1);
    for planted in [&first, &second, &first] {
        let user = planted.user(&[(0, 4), (1, 4), (2, 4), (3, 4)], &[0, 1]);
        let fresh = GlobalKmeans::new(6, 3, 1);
        let expected = fresh.assign(&planted.catalogue, &user);
        assert_eq!(method.assign(&planted.catalogue, &user), expected);
    }
}

#[test]
fn nothing_to_cluster_is_no_fault() {
    let planted = Planted::new(1, 4, 0, 0.5, 0.0);
    for name in NAMES {
        let method = by_name(name, MIN_ACTIVITIES).unwrap();
        let nobody = UserHistory::default();
        assert!(method.assign(&planted.catalogue, &nobody).is_empty(), "{name}");
        let mut once = UserHistory::default();
        visit(&mut once, 0, None);
        assert_eq!(method.assign(&planted.catalogue, &once), [None], "{name}");
        assert!(method.assign(&Catalogue::default(), &nobody).is_empty(), "{name}");
    }
    assert!(by_name("wayfare", MIN_ACTIVITIES).is_none());
}
