//! The families' forward pass in plain loops of f64, one token after the other, written from their papers.

use crate::tiny_model::{Family, TinyModel};

/// Logarithms of the probabilities of the next token after each of `tokens`.
pub(crate) fn log_probabilities(model: &TinyModel, tokens: &[u32]) -> Vec<Vec<f64>> {
    let embeddings: Vec<Vec<f64>> = tokens
        .iter()
        .map(|&token| {
            model.tensor("model.embed_tokens.weight")[token as usize * model.hidden..][..model.hidden]
                .iter()
                .map(|&value| f64::from(value))
                .collect()
        })
        .collect();
    log_probabilities_of(model, embeddings, &frequencies(model))
}

/// The usual angles of rotations per position.
pub(crate) fn frequencies(model: &TinyModel) -> Vec<f64> {
    (0..model.head_size / 2)
        .map(|pair| f64::from(model.rotation_base).powf(-2.0 * pair as f64 / model.head_size as f64))
        .collect()
}

/// The same for vectors that stand where embeddings would, and given rotations.
pub(crate) fn log_probabilities_of(
    model: &TinyModel,
    mut rows: Vec<Vec<f64>>,
    frequencies: &[f64],
) -> Vec<Vec<f64>> {
    for layer in 0..model.layers {
        let name = |part: &str| format!("model.layers.{layer}.{part}");
        let projected = |part: &str, row: &[f64]| -> Vec<f64> {
            let mut result = product(model.tensor(&name(&format!("self_attn.{part}.weight"))), row);
            if model.family == Family::Qwen2 {
                let bias = model.tensor(&name(&format!("self_attn.{part}.bias")));
                result
                    .iter_mut()
                    .zip(bias)
                    .for_each(|(value, bias)| *value += f64::from(*bias));
            }
            result
        };
        let (mut keys, mut values): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
        for (position, row) in rows.iter_mut().enumerate() {
            let normed = norm(row, model.tensor(&name("input_layernorm.weight")));
            let turn = |part: &str, norm_part: &str| -> Vec<f64> {
                projected(part, &normed)
                    .chunks(model.head_size)
                    .flat_map(|head| {
                        let head = if model.family == Family::Qwen3 {
                            norm(head, model.tensor(&name(norm_part)))
                        } else {
                            head.to_vec()
                        };
                        rotated(&head, position, frequencies)
                    })
                    .collect()
            };
            let queries = turn("q_proj", "self_attn.q_norm.weight");
            keys.push(turn("k_proj", "self_attn.k_norm.weight"));
            values.push(projected("v_proj", &normed));
            let attended: Vec<f64> = (0..model.heads)
                .flat_map(|head| {
                    let of_keys = head / (model.heads / model.value_heads) * model.head_size;
                    let query = &queries[head * model.head_size..][..model.head_size];
                    let scores: Vec<f64> = keys
                        .iter()
                        .map(|key| {
                            let sum: f64 = query.iter().zip(&key[of_keys..]).map(|(q, k)| q * k).sum();
                            (sum / (model.head_size as f64).sqrt()).exp()
                        })
                        .collect();
                    let total: f64 = scores.iter().sum();
                    let values = &values;
                    (0..model.head_size)
                        .map(move |dimension| {
                            let sum: f64 = scores
                                .iter()
                                .zip(values)
                                .map(|(score, value)| score * value[of_keys + dimension])
                                .sum();
                            sum / total
                        })
                        .collect::<Vec<f64>>()
                })
                .collect();
            add(
                row,
                &product(model.tensor(&name("self_attn.o_proj.weight")), &attended),
            );
            let normed = norm(row, model.tensor(&name("post_attention_layernorm.weight")));
            let gates = product(model.tensor(&name("mlp.gate_proj.weight")), &normed);
            let ups = product(model.tensor(&name("mlp.up_proj.weight")), &normed);
            let gated: Vec<f64> = gates
                .iter()
                .zip(&ups)
                .map(|(gate, up)| gate / (1.0 + (-gate).exp()) * up)
                .collect();
            add(row, &product(model.tensor(&name("mlp.down_proj.weight")), &gated));
        }
    }
    let output = if model.tied {
        "model.embed_tokens.weight"
    } else {
        "lm_head.weight"
    };
    rows.iter()
        .map(|row| {
            let scores = product(
                model.tensor(output),
                &norm(row, model.tensor("model.norm.weight")),
            );
            let total = scores.iter().map(|score| score.exp()).sum::<f64>().ln();
            scores.into_iter().map(|score| score - total).collect()
        })
        .collect()
}

/// The tokens that a greedy decoder adds to `tokens`, up to and with the first of `ends`.
pub(crate) fn continuation(model: &TinyModel, tokens: &[u32], most: usize, ends: &[u32]) -> (Vec<u32>, f64) {
    let mut all = tokens.to_vec();
    let mut sum = 0.0;
    for _ in 0..most {
        let last = log_probabilities(model, &all).pop().expect("a token");
        let (best, log_probability) = last
            .iter()
            .enumerate()
            .max_by(|left, right| left.1.total_cmp(right.1))
            .expect("a token");
        sum += log_probability;
        all.push(u32::try_from(best).expect("small"));
        if ends.contains(all.last().expect("a token")) {
            break;
        }
    }
    let generated = all[tokens.len()..].to_vec();
    let count = generated.len() as f64;
    (generated, sum / count)
}

fn product(weight: &[f32], row: &[f64]) -> Vec<f64> {
    weight
        .chunks(row.len())
        .map(|weights| {
            weights
                .iter()
                .zip(row)
                .map(|(weight, value)| f64::from(*weight) * value)
                .sum()
        })
        .collect()
}

fn norm(row: &[f64], weight: &[f32]) -> Vec<f64> {
    let mean = row.iter().map(|value| value * value).sum::<f64>() / row.len() as f64;
    row.iter()
        .zip(weight)
        .map(|(value, weight)| value / (mean + 1e-5).sqrt() * f64::from(*weight))
        .collect()
}

fn rotated(head: &[f64], position: usize, frequencies: &[f64]) -> Vec<f64> {
    let half = head.len() / 2;
    let mut result = head.to_vec();
    for (pair, frequency) in frequencies.iter().enumerate() {
        let (sine, cosine) = (position as f64 * frequency).sin_cos();
        result[pair] = head[pair] * cosine - head[pair + half] * sine;
        result[pair + half] = head[pair] * sine + head[pair + half] * cosine;
    }
    result
}

fn add(row: &mut [f64], addend: &[f64]) {
    row.iter_mut()
        .zip(addend)
        .for_each(|(value, addend)| *value += addend);
}
