//! The tables of one user, kept as the documentation of `Segmented` and `Before` tells callers to keep them.

use std::collections::{BTreeMap, BTreeSet};

use wayfare_journeys::{Alias, AliasReason, Assignment, Journey, JourneyId, Segmented};

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tables {
    pub(crate) journeys: BTreeMap<JourneyId, Journey>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) aliases: Vec<Alias>,
}

impl Tables {
    /// Replaces what the increment says is replaced.
    pub(crate) fn apply(&mut self, segmented: &Segmented) {
        let before = &segmented.before;
        let is_merged = |alias: &&Alias| alias.reason == AliasReason::Merged;
        let until = before.settled_until.as_ref();
        let is_settled = |row: &Assignment| {
            until.is_some_and(|(at, item)| (row.occurred_at_us, &row.item_id) <= (*at, item))
                && (before.kept.contains(&row.journey_id) || before.retired.contains(&row.journey_id))
        };
        self.journeys.retain(|id, _| before.retired.contains(id));
        self.assignments.retain(is_settled);
        self.aliases.retain(|alias| is_merged(&alias));

        for merged in segmented.aliases.iter().filter(is_merged) {
            for row in &mut self.assignments {
                if row.journey_id == merged.old {
                    row.journey_id = merged.new;
                }
            }
        }
        for journey in &segmented.journeys {
            let carried = self.journeys.insert(journey.journey_id, journey.clone());
            assert!(carried.is_none(), "given out after it was retired: {carried:?}");
        }
        self.aliases.extend(&segmented.aliases);
        self.assignments.extend(segmented.assignments.iter().cloned());
        self.assignments.sort_by(|a, b| {
            (a.journey_id, a.occurred_at_us, &a.item_id).cmp(&(b.journey_id, b.occurred_at_us, &b.item_id))
        });
    }

    pub(crate) fn of(&self, journey_id: JourneyId) -> Vec<&Assignment> {
        let rows = self.assignments.iter();
        rows.filter(|row| row.journey_id == journey_id).collect()
    }

    /// Fails where the tables contradict each other.
    pub(crate) fn check(&self) {
        let mut assigned = BTreeSet::new();
        for row in &self.assignments {
            assert!(
                assigned.insert((row.occurred_at_us, &row.item_id)),
                "assigned twice: {row:?}"
            );
            assert!(
                self.journeys.contains_key(&row.journey_id),
                "to no journey: {row:?}"
            );
        }
        for journey in self.journeys.values() {
            let rows = self.of(journey.journey_id);
            let days: BTreeSet<i64> = rows
                .iter()
                .map(|row| row.occurred_at_us.div_euclid(86_400_000_000))
                .collect();
            assert_eq!(
                rows.len() as u64,
                journey.activity_count,
                "activities of {journey:?}"
            );
            assert_eq!(
                days.len(),
                journey.active_days as usize,
                "active days of {journey:?}"
            );
            assert_eq!(
                rows.first().map(|row| row.occurred_at_us),
                Some(journey.started_at_us)
            );
            assert_eq!(
                rows.last().map(|row| row.occurred_at_us),
                Some(journey.last_active_at_us)
            );
        }
        let mut olds = BTreeSet::new();
        let mut leads_to: BTreeMap<JourneyId, JourneyId> = BTreeMap::new();
        for alias in &self.aliases {
            assert!(olds.insert(alias.old), "two aliases of one id: {alias:?}");
            assert!(
                !self.journeys.contains_key(&alias.old),
                "the old id is published: {alias:?}"
            );
            leads_to.insert(alias.old, alias.new);
        }
        for alias in &self.aliases {
            let mut id = alias.new;
            for _ in 0..self.aliases.len() {
                id = leads_to.get(&id).copied().unwrap_or(id);
            }
            assert!(self.journeys.contains_key(&id), "leads nowhere: {alias:?}");
        }
    }
}
