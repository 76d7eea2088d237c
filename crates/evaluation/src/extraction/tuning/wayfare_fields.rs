//! The tuned parameters of the method `wayfare`, in one table.
//!
//! What is not in it keeps the default of [`Wayfare`]. Not tuned: how a journey is described, and what it needs to be
//! published, which is given and the same for all methods.

use wayfare_journeys::Params;

use super::search::Axis;
use super::spaces::Space;
use crate::extraction::wayfare::Wayfare;

struct Field {
    axis: Axis,
    get: fn(&Params) -> f64,
    set: fn(&mut Params, f64),
}

/// Name, ascending candidates, smallest step (0 for none between candidates), and the field itself.
const FIELDS: &[Field] = &[
    Field {
        axis: Axis {
            name: "background_share",
            candidates: &[0.0, 0.05, 0.1, 0.2],
            resolution: 0.01,
        },
        get: |params| params.background_share.into(),
        set: |params, value| params.background_share = narrow(value),
    },
    Field {
        axis: Axis {
            name: "link_threshold",
            candidates: &[-0.20, -0.12, -0.06, 0.0, 0.06, 0.12],
            resolution: 0.01,
        },
        get: |params| params.link_threshold.into(),
        set: |params, value| params.link_threshold = narrow(value),
    },
    Field {
        axis: Axis {
            name: "cohesion_weight",
            candidates: &[0.0, 0.5, 0.75, 1.0, 1.25],
            resolution: 0.05,
        },
        get: |params| params.cohesion_weight.into(),
        set: |params, value| params.cohesion_weight = narrow(value),
    },
    Field {
        axis: Axis {
            name: "cohesion_prior",
            candidates: &[1.0, 3.0, 6.0, 10.0, 14.0, 20.0],
            resolution: 1.0,
        },
        get: |params| params.cohesion_prior.into(),
        set: |params, value| params.cohesion_prior = narrow(value),
    },
    Field {
        axis: Axis {
            name: "cohesion_limit",
            candidates: &[0.2, 0.25, 0.3, 0.5],
            resolution: 0.01,
        },
        get: |params| params.cohesion_limit.into(),
        set: |params, value| params.cohesion_limit = narrow(value),
    },
    Field {
        axis: Axis {
            name: "session_bonus",
            candidates: &[0.0, 0.1, 0.2, 0.3],
            resolution: 0.02,
        },
        get: |params| params.session_bonus.into(),
        set: |params, value| params.session_bonus = narrow(value),
    },
    Field {
        axis: Axis {
            name: "session_minutes",
            candidates: &[20.0, 40.0, 60.0, 120.0],
            resolution: 5.0,
        },
        get: |params| params.session_minutes.into(),
        set: |params, value| params.session_minutes = narrow(value),
    },
    Field {
        axis: Axis {
            name: "gap_penalty",
            candidates: &[0.0, 0.04, 0.08, 0.12],
            resolution: 0.01,
        },
        get: |params| params.gap_penalty.into(),
        set: |params, value| params.gap_penalty = narrow(value),
    },
    Field {
        axis: Axis {
            name: "gap_days",
            candidates: &[15.0, 30.0, 60.0, 120.0],
            resolution: 5.0,
        },
        get: |params| params.gap_days.into(),
        set: |params, value| params.gap_days = narrow(value),
    },
    Field {
        axis: Axis {
            name: "nearest_share",
            candidates: &[0.0, 0.4, 0.6, 0.8, 1.0],
            resolution: 0.05,
        },
        get: |params| params.nearest_share.into(),
        set: |params, value| params.nearest_share = narrow(value),
    },
    Field {
        axis: Axis {
            name: "cohesion_share",
            candidates: &[0.0, 0.2, 0.3, 0.4],
            resolution: 0.05,
        },
        get: |params| params.cohesion_share.into(),
        set: |params, value| params.cohesion_share = narrow(value),
    },
    Field {
        axis: Axis {
            name: "keep_threshold",
            candidates: &[0.05, 0.10, 0.15, 0.20, 0.25, 0.30],
            resolution: 0.01,
        },
        get: |params| params.keep_threshold.into(),
        set: |params, value| params.keep_threshold = narrow(value),
    },
    Field {
        axis: Axis {
            name: "join_threshold",
            candidates: &[0.10, 0.15, 0.20, 0.25, 0.30, 0.35],
            resolution: 0.01,
        },
        get: |params| params.join_threshold.into(),
        set: |params, value| params.join_threshold = narrow(value),
    },
];

pub(super) fn space() -> Space {
    let defaults = Wayfare::default().params;
    Space {
        axes: FIELDS.iter().map(|field| field.axis).collect(),
        start: FIELDS.iter().map(|field| (field.get)(&defaults)).collect(),
        build: |values, min_activities| {
            let mut params = Params {
                min_activities,
                ..Wayfare::default().params
            };
            for (field, &value) in FIELDS.iter().zip(values) {
                (field.set)(&mut params, value);
            }
            Box::new(Wayfare { params })
        },
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest f32 is what is wanted"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}
