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
    of: fn(&mut Params) -> &mut f32,
}

const fn field(
    name: &'static str,
    candidates: &'static [f64],
    resolution: f64,
    of: fn(&mut Params) -> &mut f32,
) -> Field {
    let axis = Axis {
        name,
        candidates,
        resolution,
    };
    Field { axis, of }
}

/// Name, ascending candidates, smallest step (0 for none between candidates), and the field itself.
const FIELDS: &[Field] = &[
    field("background_share", &[0.0, 0.05, 0.1, 0.2], 0.01, |params| {
        &mut params.background_share
    }),
    field(
        "link_threshold",
        &[-0.20, -0.12, -0.06, 0.0, 0.06, 0.12],
        0.01,
        |params| &mut params.link_threshold,
    ),
    field("cohesion_weight", &[0.0, 0.5, 0.75, 1.0, 1.25], 0.05, |params| {
        &mut params.cohesion_weight
    }),
    field(
        "cohesion_prior",
        &[1.0, 3.0, 6.0, 10.0, 14.0, 20.0],
        1.0,
        |params| &mut params.cohesion_prior,
    ),
    field("cohesion_limit", &[0.2, 0.25, 0.3, 0.5], 0.01, |params| {
        &mut params.cohesion_limit
    }),
    field("session_bonus", &[0.0, 0.1, 0.2, 0.3], 0.02, |params| {
        &mut params.session_bonus
    }),
    field("session_minutes", &[20.0, 40.0, 60.0, 120.0], 5.0, |params| {
        &mut params.session_minutes
    }),
    field("gap_penalty", &[0.0, 0.04, 0.08, 0.12], 0.01, |params| {
        &mut params.gap_penalty
    }),
    field("gap_days", &[15.0, 30.0, 60.0, 120.0], 5.0, |params| {
        &mut params.gap_days
    }),
    field("nearest_share", &[0.0, 0.4, 0.6, 0.8, 1.0], 0.05, |params| {
        &mut params.nearest_share
    }),
    field("cohesion_share", &[0.0, 0.2, 0.3, 0.4], 0.05, |params| {
        &mut params.cohesion_share
    }),
    field(
        "keep_threshold",
        &[0.05, 0.10, 0.15, 0.20, 0.25, 0.30],
        0.01,
        |params| &mut params.keep_threshold,
    ),
    field(
        "join_threshold",
        &[0.10, 0.15, 0.20, 0.25, 0.30, 0.35],
        0.01,
        |params| &mut params.join_threshold,
    ),
];

pub(super) fn space() -> Space {
    let mut defaults = Wayfare::default().params;
    Space {
        axes: FIELDS.iter().map(|field| field.axis).collect(),
        start: FIELDS
            .iter()
            .map(|field| f64::from(*(field.of)(&mut defaults)))
            .collect(),
        build: |values, min_activities| {
            let mut params = Params {
                min_activities,
                ..Wayfare::default().params
            };
            for (field, &value) in FIELDS.iter().zip(values) {
                *(field.of)(&mut params) = narrow(value);
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
