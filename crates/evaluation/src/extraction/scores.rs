//! What one user's found journeys score, and means over users.

use std::collections::BTreeSet;

use serde::Serialize;

use super::dataset::{Catalogue, UserHistory};
use super::method::{Method, assigned};
use crate::error::EvaluationError;
use crate::metrics::agreement::{adjusted_mutual_information, adjusted_rand, v_measure};
use crate::metrics::{LabelPair, bcubed, coverage, journey_f1, journeys_error, noise_rejected};

/// What is measured. All but [`Metric::JourneysError`] are better the higher, and at most 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    BcubedF1,
    BcubedPrecision,
    BcubedRecall,
    /// Of journeys that share at least half of their union with a gold one.
    JourneyF1,
    AdjustedRand,
    AdjustedMutualInformation,
    VMeasure,
    Homogeneity,
    Completeness,
    /// By how many the number of journeys is wrong.
    JourneysError,
    NoiseRejected,
    /// Of the noise that came in bursts.
    BurstsRejected,
    Coverage,
}

impl Metric {
    /// In the order of reports.
    pub const ALL: [Self; 13] = [
        Self::BcubedF1,
        Self::BcubedPrecision,
        Self::BcubedRecall,
        Self::JourneyF1,
        Self::AdjustedRand,
        Self::AdjustedMutualInformation,
        Self::VMeasure,
        Self::Homogeneity,
        Self::Completeness,
        Self::JourneysError,
        Self::NoiseRejected,
        Self::BurstsRejected,
        Self::Coverage,
    ];

    /// Heading of a column in a table for people.
    pub fn heading(self) -> &'static str {
        match self {
            Self::BcubedF1 => "BCubed F1",
            Self::BcubedPrecision => "precision",
            Self::BcubedRecall => "recall",
            Self::JourneyF1 => "journey F1",
            Self::AdjustedRand => "ARI",
            Self::AdjustedMutualInformation => "AMI",
            Self::VMeasure => "V",
            Self::Homogeneity => "homogeneity",
            Self::Completeness => "completeness",
            Self::JourneysError => "K error",
            Self::NoiseRejected => "noise rejected",
            Self::BurstsRejected => "bursts rejected",
            Self::Coverage => "coverage",
        }
    }
}

/// One user's scores; a metric that is not defined for the user has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UserScores([Option<f64>; Metric::ALL.len()]);

impl UserScores {
    /// Scores of the found labels, of which there must be one per activity.
    pub fn of(user: &UserHistory, found: &[Option<u32>]) -> Self {
        let labels: Vec<LabelPair<u32>> = user
            .gold
            .iter()
            .zip(found)
            .map(|(&gold, &predicted)| LabelPair { gold, predicted })
            .collect();
        let (bcubed, agreement) = (bcubed(&labels), v_measure(&labels));
        Self(Metric::ALL.map(|metric| match metric {
            Metric::BcubedF1 => bcubed.map(|score| score.f1),
            Metric::BcubedPrecision => bcubed.map(|score| score.precision),
            Metric::BcubedRecall => bcubed.map(|score| score.recall),
            Metric::JourneyF1 => journey_f1(&labels).map(|score| score.f1),
            Metric::AdjustedRand => adjusted_rand(&labels),
            Metric::AdjustedMutualInformation => adjusted_mutual_information(&labels),
            Metric::VMeasure => agreement.map(|measure| measure.v),
            Metric::Homogeneity => agreement.map(|measure| measure.homogeneity),
            Metric::Completeness => agreement.map(|measure| measure.completeness),
            Metric::JourneysError => Some(journeys_error(&labels) as f64),
            Metric::NoiseRejected => noise_rejected(&labels),
            Metric::BurstsRejected => bursts_rejected(user, found),
            Metric::Coverage => coverage(&labels),
        }))
    }

    /// None where the metric is not defined for this user: without noise, none of it can be rejected.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        self.0[metric as usize]
    }
}

/// Scores of a method's journeys of one user.
pub fn score(
    method: &dyn Method,
    catalogue: &Catalogue,
    user: &UserHistory,
) -> Result<UserScores, EvaluationError> {
    Ok(UserScores::of(user, &assigned(method, catalogue, user)?))
}

/// The mean over the users for which the metric is defined, each counting the same; none where there are none.
pub fn mean(scores: &[UserScores], metric: Metric) -> Option<f64> {
    let (sum, users) = scores
        .iter()
        .filter_map(|scores| scores.get(metric))
        .fold((0.0, 0_u64), |(sum, users), score| (sum + score, users + 1));
    (users > 0).then(|| sum / users as f64)
}

/// The same labels, but none for the activities of journeys with fewer than so many.
pub fn without_small(found: &[Option<u32>], min_activities: usize) -> Vec<Option<u32>> {
    let mut sorted: Vec<u32> = found.iter().copied().flatten().collect();
    sorted.sort_unstable();
    let kept: BTreeSet<u32> = sorted
        .chunk_by(|left, right| left == right)
        .filter(|members| members.len() >= min_activities)
        .filter_map(|members| members.first().copied())
        .collect();
    found
        .iter()
        .map(|label| label.filter(|label| kept.contains(label)))
        .collect()
}

fn bursts_rejected(user: &UserHistory, found: &[Option<u32>]) -> Option<f64> {
    let of_bursts = || user.bursts.iter().zip(found).filter(|(burst, _)| **burst);
    let rejected = of_bursts().filter(|(_, found)| found.is_none()).count();
    let all = of_bursts().count();
    (all > 0).then(|| rejected as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_found_where_they_are_kept() {
        for (position, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!(metric as usize, position, "{metric:?}");
        }
    }

    #[test]
    fn only_users_for_which_a_metric_is_defined_count_in_its_mean() {
        let quiet = UserHistory {
            gold: vec![Some(0), Some(0)],
            bursts: vec![false; 2],
            ..UserHistory::default()
        };
        let noisy = UserHistory {
            gold: vec![Some(0), None, None, None],
            bursts: vec![false, false, true, true],
            ..UserHistory::default()
        };
        let scores = [
            UserScores::of(&quiet, &[Some(7), None]),
            UserScores::of(&noisy, &[Some(7), None, None, Some(7)]),
        ];
        assert_eq!(scores[0].get(Metric::NoiseRejected), None);
        assert_eq!(mean(&scores, Metric::NoiseRejected), Some(2.0 / 3.0));
        assert_eq!(mean(&scores, Metric::BurstsRejected), Some(0.5));
        assert_eq!(mean(&scores, Metric::Coverage), Some(0.75));
        assert_eq!(mean(&[], Metric::Coverage), None);
    }

    #[test]
    fn small_journeys_are_left_out() {
        let found = [Some(1), Some(2), None, Some(1), Some(1), Some(2)];
        let kept = [Some(1), None, None, Some(1), Some(1), None];
        assert_eq!(without_small(&found, 3), kept);
        assert_eq!(without_small(&found, 2), found);
        assert_eq!(without_small(&found, 4), [None; 6]);
    }
}
