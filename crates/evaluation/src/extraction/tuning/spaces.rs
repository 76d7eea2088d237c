//! Which parameters of each method are tuned, over what values, and how the method is made from them.

use super::search::Axis;
use super::wayfare_fields;
use crate::error::EvaluationError;
use crate::extraction::baselines::{GlobalKmeans, Icpc, IcpcMerge, IcpcTerms, MergeInto, Ward, WardReject};
use crate::extraction::method::Method;

/// A method's tuned parameters.
pub(super) struct Space {
    pub(super) axes: Vec<Axis>,
    /// The defaults, one per axis.
    pub(super) start: Vec<f64>,
    /// Makes the method from one value per axis and the activities that a journey needs.
    pub(super) build: fn(&[f64], u32) -> Box<dyn Method>,
}

pub(super) fn by_name(name: &str) -> Result<Space, EvaluationError> {
    match name {
        "global-kmeans" => Ok(global_kmeans()),
        "icpc" => Ok(icpc()),
        "icpc-terms" => Ok(icpc_terms()),
        "icpc-merge" => Ok(icpc_merge()),
        "ward" => Ok(ward()),
        "ward-reject" => Ok(ward_reject()),
        "wayfare" => Ok(wayfare_fields::space()),
        _ => Err(EvaluationError::Option {
            name: "method to tune",
            value: format!("`{name}`"),
            expected: "global-kmeans, icpc, icpc-terms, icpc-merge, ward, ward-reject or wayfare",
        }),
    }
}

fn axis(name: &'static str, candidates: &'static [f64], resolution: f64) -> Axis {
    Axis {
        name,
        candidates,
        resolution,
    }
}

fn global_kmeans() -> Space {
    let clusters = &[
        5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0,
    ];
    Space {
        axes: vec![axis("clusters", clusters, 2.0)],
        start: vec![GlobalKmeans::default().clusters.into()],
        build: |values, min_activities| {
            let seed = GlobalKmeans::default().seed;
            Box::new(GlobalKmeans::new(whole(values[0]), seed, min_activities))
        },
    }
}

fn icpc() -> Space {
    let join = &[0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.60, 0.70];
    Space {
        axes: vec![axis("join_threshold", join, 0.01)],
        start: vec![Icpc::default().join_threshold],
        build: |values, min_activities| {
            Box::new(Icpc {
                join_threshold: values[0],
                min_activities,
            })
        },
    }
}

fn icpc_terms() -> Space {
    let join = &[0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.20];
    Space {
        axes: vec![axis("join_threshold", join, 0.001)],
        start: vec![IcpcTerms::default().join_threshold],
        build: |values, min_activities| {
            Box::new(IcpcTerms {
                join_threshold: values[0],
                min_activities,
            })
        },
    }
}

fn icpc_merge() -> Space {
    let join = &[0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.60, 0.70];
    let merge = &[0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.50];
    let tuned = IcpcMerge::default();
    Space {
        axes: vec![
            axis("join_threshold", join, 0.01),
            axis("merge_threshold", merge, 0.01),
            axis("merge_into_any", &[0.0, 1.0], 0.0),
        ],
        start: vec![
            tuned.join_threshold,
            tuned.merge_threshold,
            f64::from(u8::from(tuned.merge_into == MergeInto::Any)),
        ],
        build: |values, min_activities| {
            Box::new(IcpcMerge {
                join_threshold: values[0],
                merge_threshold: values[1],
                merge_into: if values[2] > 0.5 {
                    MergeInto::Any
                } else {
                    MergeInto::Later
                },
                min_activities,
            })
        },
    }
}

const CUT_DISTANCES: &[f64] = &[1.0, 1.2, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0, 2.2, 2.4];

fn ward() -> Space {
    Space {
        axes: vec![axis("cut_distance", CUT_DISTANCES, 0.01)],
        start: vec![Ward::default().cut_distance],
        build: |values, min_activities| {
            Box::new(Ward {
                cut_distance: values[0],
                min_activities,
            })
        },
    }
}

fn ward_reject() -> Space {
    let reject = &[0.10, 0.20, 0.25, 0.30, 0.35, 0.40];
    // Above 1 nothing is taken back.
    let reassign = &[0.20, 0.25, 0.30, 0.35, 0.40, 1.01];
    let tuned = WardReject::default();
    Space {
        axes: vec![
            axis("cut_distance", CUT_DISTANCES, 0.01),
            axis("reject_below", reject, 0.01),
            axis("reassign_from", reassign, 0.01),
        ],
        start: vec![tuned.cut_distance, tuned.reject_below, tuned.reassign_from],
        build: |values, min_activities| {
            Box::new(WardReject {
                cut_distance: values[0],
                reject_below: values[1],
                reassign_from: values[2],
                min_activities,
            })
        },
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number from a table of small ones"
)]
fn whole(value: f64) -> u32 {
    value.round() as u32
}
