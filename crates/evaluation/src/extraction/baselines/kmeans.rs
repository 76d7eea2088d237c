//! K-means over vectors: k-means++ seeding and Lloyd's rounds, the same result for the same seed on any number of
//! threads.

use std::num::NonZero;
use std::thread;

use wayfare_journeys::dot;

use crate::random::Random;

/// Rounds after which the clusters are taken as they are; they have hardly moved for long by then.
const MAXIMUM_ROUNDS: usize = 40;

/// Where the nearest centre of a vector is, and its squared distance.
type Nearest = (u32, f64);

/// The cluster of each row, below `clusters`. At most as many clusters as rows are made.
pub(super) fn kmeans(rows: &[f32], dimension: usize, clusters: usize, seed: u64) -> Vec<u32> {
    if dimension == 0 || rows.len() < dimension {
        return Vec::new();
    }
    let rows: Vec<&[f32]> = rows.chunks_exact(dimension).collect();
    let mut centres = seeds(&rows, clusters.clamp(1, rows.len()), seed);
    let mut nearest = assign(&rows, &centres);
    for _ in 0..MAXIMUM_ROUNDS {
        centres = means(&rows, &nearest, &centres);
        let next = assign(&rows, &centres);
        let moved = next.iter().zip(&nearest).any(|(new, old)| new.0 != old.0);
        nearest = next;
        if !moved {
            break;
        }
    }
    nearest.into_iter().map(|(cluster, _)| cluster).collect()
}

/// K-means++: each further centre is a row, drawn with a chance that grows with the squared distance to the nearest
/// centre so far.
fn seeds(rows: &[&[f32]], clusters: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut random = Random::stream(seed, 0);
    let first = rows[random.below(rows.len())];
    let mut centres = vec![first.to_vec()];
    let mut distances: Vec<f64> = rows.iter().map(|row| squared_distance(row, first)).collect();
    while centres.len() < clusters {
        let mut left = random.unit() * distances.iter().sum::<f64>();
        // Rounding may leave a remainder behind the last row; and where all distances are 0, any row is as good.
        let drawn = distances.iter().position(|distance| {
            left -= distance;
            left < 0.0
        });
        let centre = rows[drawn.unwrap_or(rows.len() - 1)];
        for (distance, row) in distances.iter_mut().zip(rows) {
            *distance = distance.min(squared_distance(row, centre));
        }
        centres.push(centre.to_vec());
    }
    centres
}

/// The nearest centre of each row; of equally near ones the first.
///
/// Threads of its own and not the shared pool: a caller that waits for these clusters under a lock must not be given
/// another task that waits for the same lock.
fn assign(rows: &[&[f32]], centres: &[Vec<f32>]) -> Vec<Nearest> {
    let lengths: Vec<f64> = centres.iter().map(|centre| dot(centre, centre).into()).collect();
    let mut nearest = vec![(0, 0.0); rows.len()];
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = rows.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        for (rows, nearest) in rows.chunks(share).zip(nearest.chunks_mut(share)) {
            let lengths = &lengths;
            scope.spawn(move || {
                for (row, nearest) in rows.iter().zip(nearest) {
                    *nearest = nearest_centre(row, centres, lengths);
                }
            });
        }
    });
    nearest
}

fn nearest_centre(row: &[f32], centres: &[Vec<f32>], squared_lengths: &[f64]) -> Nearest {
    let own = f64::from(dot(row, row));
    let mut best = (0, f64::INFINITY);
    for ((number, centre), length) in (0_u32..).zip(centres).zip(squared_lengths) {
        let distance = own + length - 2.0 * f64::from(dot(row, centre));
        if distance < best.1 {
            best = (number, distance);
        }
    }
    best
}

/// The mean of each cluster's rows. A cluster without rows starts anew at the row that is farthest from its centre.
fn means(rows: &[&[f32]], nearest: &[Nearest], centres: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let dimension = centres[0].len();
    let mut sums = vec![vec![0.0_f64; dimension]; centres.len()];
    let mut counts = vec![0_u32; centres.len()];
    for (row, &(cluster, _)) in rows.iter().zip(nearest) {
        counts[cluster as usize] += 1;
        for (total, value) in sums[cluster as usize].iter_mut().zip(*row) {
            *total += f64::from(*value);
        }
    }
    let mut farthest: Vec<usize> = (0..rows.len()).collect();
    farthest.sort_by(|&a, &b| nearest[b].1.total_cmp(&nearest[a].1));
    let mut farthest = farthest.into_iter();
    sums.iter()
        .zip(&counts)
        .zip(centres)
        .map(|((sum, &count), old)| {
            if count > 0 {
                return sum.iter().map(|total| narrow(total / f64::from(count))).collect();
            }
            farthest
                .next()
                .map_or_else(|| old.clone(), |row| rows[row].to_vec())
        })
        .collect()
}

fn squared_distance(left: &[f32], right: &[f32]) -> f64 {
    let own = f64::from(dot(left, left)) + f64::from(dot(right, right));
    (own - 2.0 * f64::from(dot(left, right))).max(0.0)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest f32 is what is wanted"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}
