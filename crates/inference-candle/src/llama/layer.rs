//! One layer's weights, packed for products.

use crate::adapter::Adapter;
use crate::error::ModelError;
use crate::panels::Panels;
use crate::weights::{LayerPart, ModelFiles, Part};

use super::family::DecoderShape;

#[derive(Debug)]
pub(super) struct Layer {
    pub(super) attention_norm: Vec<f32>,
    /// One product instead of three: the same sums, with fewer passes over the rows.
    pub(super) query_key_value: Panels,
    pub(super) query_key_value_bias: Option<Vec<f32>>,
    /// Norms of each head of queries and of keys, `[head_size]`.
    pub(super) head_norms: Option<(Vec<f32>, Vec<f32>)>,
    pub(super) attention_output: Panels,
    pub(super) feed_forward_norm: Vec<f32>,
    pub(super) gate_up: Panels,
    pub(super) down: Panels,
}

impl Layer {
    /// Refuses a layer with biases that this decoder does not add.
    pub(super) fn load(
        files: &ModelFiles,
        shape: &DecoderShape,
        index: usize,
        adapter: Option<&Adapter>,
    ) -> Result<Self, ModelError> {
        let of_layer = |part| Part::Layer(index, part);
        for part in [
            LayerPart::AttentionOutput,
            LayerPart::Gate,
            LayerPart::Up,
            LayerPart::Down,
        ] {
            if files.has_bias(of_layer(part)) {
                return Err(files.format_error(format!(
                    "layer {index} has a bias of {part:?}, which is not supported"
                )));
            }
        }
        let (hidden, inner) = (shape.hidden, shape.feed_forward);
        let (query_width, value_width) = (shape.query_width(), shape.value_width());
        let matrix = |part, outputs, inputs| files.changed_weight(index, part, [outputs, inputs], adapter);
        let vector = |part, length| files.weight(of_layer(part), &[length]);
        let projections = [
            (LayerPart::Query, query_width),
            (LayerPart::Key, value_width),
            (LayerPart::Value, value_width),
        ];
        let [queries, keys, values] = projections.map(|(part, width)| matrix(part, width, hidden));
        let query_key_value_bias = if shape.has_biases || files.has_bias(of_layer(LayerPart::Query)) {
            let parts = projections
                .iter()
                .map(|&(part, width)| files.bias(of_layer(part), width))
                .collect::<Result<Vec<_>, _>>()?;
            Some(parts.concat())
        } else {
            None
        };
        let head_norms = if shape.has_head_norms {
            Some((
                vector(LayerPart::QueryNorm, shape.head_size)?,
                vector(LayerPart::KeyNorm, shape.head_size)?,
            ))
        } else {
            None
        };
        Ok(Self {
            attention_norm: vector(LayerPart::AttentionNorm, hidden)?,
            query_key_value: Panels::pack(hidden, &[&queries?, &keys?, &values?]),
            query_key_value_bias,
            head_norms,
            attention_output: Panels::pack(
                query_width,
                &[&matrix(LayerPart::AttentionOutput, hidden, query_width)?],
            ),
            feed_forward_norm: vector(LayerPart::FeedForwardNorm, hidden)?,
            gate_up: Panels::pack(
                hidden,
                &[
                    &matrix(LayerPart::Gate, inner, hidden)?,
                    &matrix(LayerPart::Up, inner, hidden)?,
                ],
            ),
            down: Panels::pack(inner, &[&matrix(LayerPart::Down, hidden, inner)?]),
        })
    }
}
