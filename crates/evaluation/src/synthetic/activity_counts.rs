//! How many activities each user has: heavy-tailed, and exactly the target in sum.
//!
//! A user's share is drawn from the user's own sequence, so the sum of shares is found in a first pass without
//! keeping any of them.

use super::options::GenerateOptions;
use crate::random::Random;

/// The most active user has at most this many times the activities of the least active.
const LARGEST_RATIO: f64 = 1_000.0;

/// Yields (user, count) for every user, count 0 included.
#[derive(Debug, Clone)]
pub(crate) struct ActivityCounts {
    seed: u64,
    tail_exponent: f64,
    users: u64,
    target: u64,
    total_share: f64,
    next_user: u64,
    share_so_far: f64,
    dealt: u64,
}

impl ActivityCounts {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        let total_share = (0..options.users).fold(0.0, |sum, user| {
            sum + share(options.seed, user, options.tail_exponent)
        });
        Self {
            seed: options.seed,
            tail_exponent: options.tail_exponent,
            users: options.users,
            target: options.activities,
            total_share,
            next_user: 0,
            share_so_far: 0.0,
            dealt: 0,
        }
    }
}

impl Iterator for ActivityCounts {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<Self::Item> {
        let user = self.next_user;
        if user == self.users {
            return None;
        }
        self.next_user += 1;
        self.share_so_far += share(self.seed, user, self.tail_exponent);
        // Rounding the running total instead of each count makes the counts add up to the target.
        let due = if self.next_user == self.users {
            self.target
        } else {
            portion(self.target, self.share_so_far / self.total_share)
        };
        let count = due.saturating_sub(self.dealt);
        self.dealt += count;
        Some((user, count))
    }
}

/// A draw from the Pareto distribution on `1..=LARGEST_RATIO`.
fn share(seed: u64, user: u64, exponent: f64) -> f64 {
    let uniform = Random::stream(!seed, user).unit();
    let tail = 1.0 - LARGEST_RATIO.powf(-exponent);
    (1.0 - uniform * tail).powf(-1.0 / exponent)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a fraction of a whole number, bounded by it"
)]
fn portion(whole: u64, fraction: f64) -> u64 {
    ((whole as f64 * fraction) as u64).min(whole)
}
