//! Linkage is what its definition says, looked up pair by pair.

use proptest::prelude::*;

use super::*;

/// Of all pairs of clusters the one with the highest score is linked, of equal ones that with the lowest numbers.
fn by_definition(
    units: usize,
    affinity: impl Fn(usize, usize) -> f32,
    of: &[Unit],
    params: &Params,
) -> Vec<usize> {
    let mut affinities: Vec<Vec<f32>> = (0..units)
        .map(|row| (0..units).map(|column| affinity(row, column)).collect())
        .collect();
    let mut of = of.to_vec();
    let mut cluster_of: Vec<usize> = (0..units).collect();
    loop {
        let alive: Vec<usize> = (0..units).filter(|unit| cluster_of[*unit] == *unit).collect();
        let mut best: Option<(usize, usize, f32)> = None;
        for &left in &alive {
            for &right in alive.iter().filter(|right| **right > left) {
                if of[left].pinned && of[right].pinned {
                    continue;
                }
                let cohesions = [left, right].map(|cluster| cohesion(&of[cluster], params));
                let score = score(
                    affinities[left][right],
                    cohesions[0],
                    cohesions[1],
                    params.cohesion_weight,
                );
                if best.is_none_or(|(_, _, highest)| score > highest) {
                    best = Some((left, right, score));
                }
            }
        }
        let Some((into, from, score)) = best else {
            return cluster_of;
        };
        if score < params.link_threshold {
            return cluster_of;
        }
        let (kept, gone) = (of[into], of[from]);
        of[into] = Unit {
            weight: kept.weight + gone.weight,
            within: kept.within + gone.within + kept.weight * gone.weight * affinities[into][from],
            pinned: kept.pinned || gone.pinned,
        };
        for other in alive.into_iter().filter(|other| *other != into && *other != from) {
            let mean = (kept.weight * affinities[into][other] + gone.weight * affinities[from][other])
                / (kept.weight + gone.weight);
            affinities[into][other] = mean;
            affinities[other][into] = mean;
        }
        for cluster in cluster_of.iter_mut().filter(|cluster| **cluster == from) {
            *cluster = into;
        }
    }
}

proptest! {
    #[test]
    fn linkage_is_what_its_definition_says(
        units in 0_usize..40, seed in any::<u32>(), levels in 2_u32..200, pinned in 0_usize..5,
        link_threshold in -0.4_f32..0.2, cohesion_weight in prop_oneof![Just(0.0_f32), Just(1.0), 0.0_f32..2.0],
    ) {
        // Few levels make many pairs equally good.
        let affinity = |row: usize, column: usize| {
            let pair = (row.min(column) * 64 + row.max(column)) as u32;
            let random = pair.wrapping_mul(2_654_435_761).wrapping_add(seed);
            ((random ^ random >> 15).wrapping_mul(2_246_822_519) >> 8) % levels
        };
        let affinity = |row: usize, column: usize| affinity(row, column) as f32 / levels as f32 - 0.5;
        let of: Vec<Unit> = (0..units)
            .map(|unit| Unit {
                weight: if unit < pinned { 7.0 + unit as f32 } else { 1.0 },
                within: if unit < pinned { 3.0 } else { 0.0 },
                pinned: unit < pinned,
            })
            .collect();
        let params = Params { link_threshold, cohesion_weight, ..Params::default() };
        let expected = by_definition(units, affinity, &of, &params);
        let given = link(Affinities::from_pairs(units, affinity), of, &params);
        prop_assert_eq!(given, expected);
    }
}
