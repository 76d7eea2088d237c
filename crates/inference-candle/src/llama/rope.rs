//! Rotary position embeddings (Su et al. 2021): each pair of a head's dimensions is turned by an angle that grows with
//! the position.

/// Which dimensions of a head are turned together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pairs {
    /// Two neighbours: what GGUF files of the architecture `llama` are reordered for.
    Neighbours,
    /// The same place in both halves: all other files.
    Halves,
}

/// Cosines and sines of all positions.
#[derive(Debug, Clone)]
pub(crate) struct Rope {
    pairs: Pairs,
    head_size: usize,
    /// `[positions][head_size / 2]`
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

impl Rope {
    /// `frequencies` are the angles by which each pair turns per position.
    pub(crate) fn new(pairs: Pairs, frequencies: &[f32], positions: usize) -> Self {
        let angles = (0..positions).flat_map(|position| {
            frequencies
                .iter()
                .map(move |frequency| position as f64 * f64::from(*frequency))
        });
        #[expect(clippy::cast_possible_truncation, reason = "the model computes in f32")]
        let (cosines, sines) = angles
            .map(|angle| (angle.cos() as f32, angle.sin() as f32))
            .unzip();
        Self {
            pairs,
            head_size: 2 * frequencies.len(),
            cosines,
            sines,
        }
    }

    /// Turns all heads that lie in `heads`, one after the other.
    pub(crate) fn turn(&self, heads: &mut [f32], position: usize) {
        let half = self.head_size / 2;
        let cosines = &self.cosines[position * half..][..half];
        let sines = &self.sines[position * half..][..half];
        for head in heads.chunks_exact_mut(self.head_size) {
            match self.pairs {
                Pairs::Neighbours => {
                    for ((pair, cosine), sine) in
                        head.as_chunks_mut::<2>().0.iter_mut().zip(cosines).zip(sines)
                    {
                        *pair = [
                            pair[0] * cosine - pair[1] * sine,
                            pair[0] * sine + pair[1] * cosine,
                        ];
                    }
                }
                Pairs::Halves => {
                    let (left, right) = head.split_at_mut(half);
                    for (((left, right), cosine), sine) in left.iter_mut().zip(right).zip(cosines).zip(sines)
                    {
                        (*left, *right) = (*left * cosine - *right * sine, *left * sine + *right * cosine);
                    }
                }
            }
        }
    }
}

/// The usual angles per position: `base^(−2 i / head_size)`.
pub(crate) fn frequencies(base: f32, head_size: usize) -> Vec<f32> {
    (0..head_size / 2)
        .map(|pair| 1.0 / base.powf(2.0 * pair as f32 / head_size as f32))
        .collect()
}

/// How Llama 3.1 stretches slow rotations for contexts longer than those it was first trained on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) factor: f32,
    pub(crate) low_frequency_factor: f32,
    pub(crate) high_frequency_factor: f32,
    pub(crate) original_positions: f32,
}

impl Stretch {
    /// Fast rotations stay, slow ones become `factor` times slower, and those between a mixture of both.
    pub(crate) fn apply(self, frequencies: &mut [f32]) {
        for frequency in frequencies {
            let wavelength = 2.0 * std::f32::consts::PI / *frequency;
            let turns = self.original_positions / wavelength;
            let smooth = ((turns - self.low_frequency_factor)
                / (self.high_frequency_factor - self.low_frequency_factor))
                .clamp(0.0, 1.0);
            *frequency *= (1.0 - smooth) / self.factor + smooth;
        }
    }
}
