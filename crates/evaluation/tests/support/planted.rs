//! Small catalogues whose cosines are known exactly: every item shares one direction with all, one with its group, and
//! has one for itself.

use wayfare_evaluation::extraction::dataset::{Catalogue, UserHistory, Visit};

const DAY: i64 = 86_400_000_000;

/// Items in groups of one size, and then as many that are in no group.
pub(crate) struct Planted {
    pub(crate) catalogue: Catalogue,
    groups: usize,
    group_size: usize,
}

impl Planted {
    /// Two items of a group have the cosine `within`, any other two `across`.
    pub(crate) fn new(groups: usize, group_size: usize, loners: usize, within: f32, across: f32) -> Self {
        let items = groups * group_size + loners;
        let dimension = 1 + groups + items;
        let mut catalogue = Catalogue {
            dimension,
            ..Catalogue::default()
        };
        for item in 0..items {
            let group = (item < groups * group_size).then_some(item / group_size);
            let mut vector = vec![0.0; dimension];
            vector[0] = across.sqrt();
            let mut concepts = vec![(format!("item {item}"), (1.0 - within).sqrt())];
            let own = match group {
                Some(group) => {
                    vector[1 + group] = (within - across).sqrt();
                    concepts.push((format!("group {group}"), within.sqrt()));
                    1.0 - within
                }
                None => 1.0 - across,
            };
            vector[1 + groups + item] = own.sqrt();
            catalogue.vectors.extend(vector);
            catalogue.concepts.push(concepts);
            catalogue.item_ids.push(format!("i{item:03}"));
            catalogue.titles.push(format!("title {item}"));
        }
        Self {
            catalogue,
            groups,
            group_size,
        }
    }

    /// A user with the first items of some groups, and some items of no group, by turns: `(group, items)`, and the
    /// numbers of the loners.
    pub(crate) fn user(&self, groups: &[(usize, usize)], loners: &[usize]) -> UserHistory {
        let mut user = UserHistory {
            user_id: format!("{groups:?} {loners:?}"),
            gold_titles: groups.iter().map(|(group, _)| format!("group {group}")).collect(),
            ..UserHistory::default()
        };
        let longest = groups.iter().map(|&(_, items)| items).max().unwrap_or(0);
        let mut loners = loners.iter();
        for round in 0..longest {
            for (journey, &(group, items)) in (0_u32..).zip(groups) {
                if round < items {
                    visit(&mut user, group * self.group_size + round, Some(journey));
                }
            }
            if let Some(loner) = loners.next() {
                visit(&mut user, self.groups * self.group_size + loner, None);
            }
        }
        for loner in loners {
            visit(&mut user, self.groups * self.group_size + loner, None);
        }
        user
    }
}

/// One activity more, two days after the one before.
pub(crate) fn visit(user: &mut UserHistory, item: usize, gold: Option<u32>) {
    let occurred_at_us = 2 * DAY * i64::try_from(user.activities.len()).unwrap();
    user.activities.push(Visit { item, occurred_at_us });
    user.gold.push(gold);
    user.bursts.push(false);
}
