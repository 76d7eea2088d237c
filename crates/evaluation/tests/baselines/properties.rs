//! Properties of all baselines in any small world.

use proptest::prelude::*;
use rayon::prelude::*;
use wayfare_evaluation::extraction::baselines::{NAMES, by_name};
use wayfare_evaluation::extraction::dataset::{Catalogue, UserHistory};

use super::planted::visit;

fn worlds() -> impl Strategy<Value = (Catalogue, Vec<UserHistory>)> {
    let items = prop::collection::vec((0_usize..4, prop::collection::vec(-0.5_f32..0.5, 7)), 24);
    let users = prop::collection::vec(prop::collection::vec(0_usize..24, 0..40), 1..5);
    (items, users).prop_map(|(items, histories)| {
        let mut catalogue = Catalogue {
            dimension: 7,
            ..Catalogue::default()
        };
        for (number, (direction, mut vector)) in items.into_iter().enumerate() {
            vector[direction] += 1.0;
            let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
            catalogue
                .vectors
                .extend(vector.iter().map(|value| value / length));
            let term = |number: usize| (format!("term {number}"), 0.5);
            catalogue
                .concepts
                .push(vec![term(direction), term(4 + number % 5)]);
            catalogue.item_ids.push(format!("i{number:03}"));
            catalogue.titles.push(String::new());
        }
        let users = histories.into_iter().map(|history| {
            let mut user = UserHistory::default();
            for item in history {
                visit(&mut user, item, None);
            }
            user
        });
        (catalogue, users.collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Neither the users before and beside one, nor what is known of its journeys, show in its labels.
    #[test]
    fn labels_depend_on_the_users_own_activities_only((catalogue, users) in worlds()) {
        for name in NAMES {
            let shared = by_name(name, 3).unwrap();
            let together: Vec<Vec<Option<u32>>> = users
                .par_iter()
                .map(|user| shared.assign(&catalogue, user))
                .collect();
            for (user, together) in users.iter().zip(&together) {
                let mut told = user.clone();
                told.gold = vec![Some(0); user.gold.len()];
                told.gold_titles = vec!["known".to_owned()];
                told.user_id = "another".to_owned();
                let alone = by_name(name, 3).unwrap().assign(&catalogue, &told);
                prop_assert_eq!(&alone, together, "{}", name);
                prop_assert_eq!(alone.len(), user.activities.len());
                for label in alone.iter().flatten() {
                    let size = alone.iter().flatten().filter(|other| *other == label).count();
                    prop_assert!(size >= 3, "{} has a journey of {}", name, size);
                }
            }
        }
    }
}
