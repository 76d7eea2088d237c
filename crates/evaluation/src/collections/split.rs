//! Which lists are for training, which for watching training, and which for measuring. A list is never divided:
//! its collections share words, items and somebody's way of naming.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Collection;
use crate::error::EvaluationError;

/// What a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Trained on.
    Train,
    /// Looked at while training, to stop in time.
    HeldOut,
    /// Measured on, and never looked at before.
    Test,
}

const PARTS: [Part; 3] = [Part::Train, Part::HeldOut, Part::Test];

/// How lists are divided.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitRule {
    /// Equal seeds and lists give equal parts.
    pub seed: u64,
    /// Share of the collections, 0 to 1, that is held out.
    pub held_out_share: f64,
    /// Share of the collections, 0 to 1, that is measured on.
    pub test_share: f64,
    /// If not empty, exactly the lists that are held out.
    pub held_out_lists: Vec<String>,
    /// If not empty, exactly the lists that are measured on.
    pub test_lists: Vec<String>,
}

impl Default for SplitRule {
    fn default() -> Self {
        Self {
            seed: 6,
            held_out_share: 0.15,
            test_share: 0.3,
            held_out_lists: Vec::new(),
            test_lists: Vec::new(),
        }
    }
}

/// The part of each list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split(BTreeMap<String, Part>);

impl Split {
    /// Divides the lists of the collections.
    ///
    /// Lists are taken from the largest to the smallest. Each falls into a part that still lacks collections, by the
    /// XXH3 hash of its name under the seed, with chances as large as what the parts lack. So parts come close to their
    /// shares, large lists do not all meet, and no order of the file matters.
    pub fn new(collections: &[Collection], rule: &SplitRule) -> Result<Self, EvaluationError> {
        let (held_out, test) = (rule.held_out_share, rule.test_share);
        if !(0.0..=1.0).contains(&held_out) || !(0.0..=1.0).contains(&test) || held_out + test > 1.0 {
            return Err(EvaluationError::Option {
                name: "shares of held-out and test lists",
                value: format!("{held_out} and {test}"),
                expected: "numbers from 0 to 1 that together are at most 1",
            });
        }
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        for collection in collections {
            *sizes.entry(&collection.list).or_default() += 1;
        }
        let mut parts = BTreeMap::new();
        for (named, part) in [
            (&rule.held_out_lists, Part::HeldOut),
            (&rule.test_lists, Part::Test),
        ] {
            for list in named {
                if !sizes.contains_key(list.as_str()) {
                    return Err(EvaluationError::UnknownList {
                        name: list.clone(),
                        known: sizes.keys().map(|&known| known.to_owned()).collect(),
                    });
                }
                if parts
                    .insert(list.clone(), part)
                    .is_some_and(|other| other != part)
                {
                    return Err(EvaluationError::Option {
                        name: "held-out and test lists",
                        value: list.clone(),
                        expected: "lists of which none is both",
                    });
                }
            }
        }
        let total = collections.len() as f64;
        let mut lacking = PARTS.map(|part| match part {
            Part::Train => (1.0 - held_out - test) * total,
            Part::HeldOut if rule.held_out_lists.is_empty() => held_out * total,
            Part::Test if rule.test_lists.is_empty() => test * total,
            Part::HeldOut | Part::Test => 0.0,
        });
        let mut open: Vec<(&str, usize)> = sizes
            .into_iter()
            .filter(|(list, _)| !parts.contains_key(*list))
            .collect();
        open.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(right.0)));
        for (list, size) in open {
            let chosen = choose(unit(list, rule.seed), lacking);
            lacking[chosen] = (lacking[chosen] - size as f64).max(0.0);
            parts.insert(list.to_owned(), PARTS[chosen]);
        }
        Ok(Self(parts))
    }

    /// The collections of a part, in their order.
    pub fn of<'a>(&self, part: Part, collections: &'a [Collection]) -> Vec<&'a Collection> {
        collections
            .iter()
            .filter(|collection| self.0.get(&collection.list) == Some(&part))
            .collect()
    }

    /// The lists of a part, by name.
    pub fn lists(&self, part: Part) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(_, own)| **own == part)
            .map(|(list, _)| list.as_str())
            .collect()
    }
}

/// The part that `position`, from 0 to 1, points at where parts lie side by side, each as long as what it lacks;
/// training where none lacks anything.
fn choose(position: f64, lacking: [f64; 3]) -> usize {
    let mut left = position * lacking.iter().sum::<f64>();
    for (index, length) in lacking.into_iter().enumerate() {
        if left < length {
            return index;
        }
        left -= length;
    }
    0
}

fn unit(list: &str, seed: u64) -> f64 {
    (xxh3_64_with_seed(list.as_bytes(), seed) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::super::collection;
    use super::*;

    /// Lists of 1, 2, …, 30 collections.
    fn collections() -> Vec<Collection> {
        (1..=30)
            .flat_map(|list| {
                (0..list)
                    .map(move |number| collection(&format!("list {list}"), &format!("{number}"), "", &[]))
            })
            .collect()
    }

    #[test]
    fn parts_are_whole_lists_come_near_their_shares_and_depend_on_the_seed_alone() {
        let mut collections = collections();
        let split = Split::new(&collections, &SplitRule::default()).expect("splits");
        let counted = PARTS.map(|part| split.of(part, &collections).len());
        assert_eq!(counted.iter().sum::<usize>(), collections.len());
        for (count, share) in counted.into_iter().zip([0.55, 0.15, 0.3]) {
            assert!((count as f64 / 465.0 - share).abs() < 0.06, "{counted:?}");
        }
        collections.reverse();
        assert_eq!(
            Split::new(&collections, &SplitRule::default()).expect("splits"),
            split
        );
        let other = SplitRule {
            seed: 2,
            ..SplitRule::default()
        };
        assert_ne!(Split::new(&collections, &other).expect("splits"), split);
    }

    #[test]
    fn named_lists_are_exactly_their_part() {
        let rule = SplitRule {
            test_lists: vec!["list 3".to_owned(), "list 30".to_owned()],
            held_out_lists: vec!["list 7".to_owned()],
            ..SplitRule::default()
        };
        let split = Split::new(&collections(), &rule).expect("splits");
        assert_eq!(split.lists(Part::Test), ["list 3", "list 30"]);
        assert_eq!(split.lists(Part::HeldOut), ["list 7"]);
        assert_eq!(split.lists(Part::Train).len(), 27);
    }

    #[test]
    fn what_cannot_be_split_so_is_refused() {
        let both = SplitRule {
            test_lists: vec!["list 3".to_owned()],
            held_out_lists: vec!["list 3".to_owned()],
            ..SplitRule::default()
        };
        let unknown = SplitRule {
            test_lists: vec!["x".to_owned()],
            ..SplitRule::default()
        };
        let too_much = SplitRule {
            test_share: 0.9,
            ..SplitRule::default()
        };
        for (rule, part) in [(both, "list 3"), (unknown, "list 10"), (too_much, "0.9")] {
            let message = Split::new(&collections(), &rule)
                .expect_err("is refused")
                .to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
