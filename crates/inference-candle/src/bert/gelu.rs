//! The exact ("erf") GELU `x · Φ(x)`, with the bias before it.
//!
//! The error function is a rational function of x², fitted for this project by least squares to a largest error of 2e-8.
//! Rounding makes that 4e-7, which is below what f32 sums lose elsewhere in a model.

use super::arithmetic::{Arithmetic, Kernel, polynomial, run};

/// From here on, erf is 1 in f32.
const SATURATED: f32 = 3.95;
/// In powers of x², lowest first.
const NUMERATOR: [f32; 6] = [
    std::f32::consts::FRAC_2_SQRT_PI,
    0.194_034_84,
    0.053_206_954,
    3.917_285_2e-3,
    2.876_004_7e-4,
    2.011_755e-6,
];
const DENOMINATOR: [f32; 6] = [
    1.0,
    0.505_290_4,
    0.115_590_41,
    0.015_270_634,
    1.198_194_2e-3,
    3.783_983_6e-5,
];

/// `row = gelu(row + bias)` for each row, in place.
pub(super) fn gelu(rows: &mut [f32], bias: &[f32]) {
    run(Gelu { rows, bias });
}

struct Gelu<'a> {
    rows: &'a mut [f32],
    bias: &'a [f32],
}

impl Kernel for Gelu<'_> {
    #[expect(
        clippy::inline_always,
        reason = "compiled for the features of whoever calls it"
    )]
    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        for row in self.rows.chunks_exact_mut(self.bias.len()) {
            for (value, bias) in row.iter_mut().zip(self.bias) {
                let x = *value + bias;
                let half = 0.5 * x;
                *value = A::multiply_add(
                    half,
                    error_function::<A>(x * std::f32::consts::FRAC_1_SQRT_2),
                    half,
                );
            }
        }
    }
}

#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
fn error_function<A: Arithmetic>(x: f32) -> f32 {
    let x = x.clamp(-SATURATED, SATURATED);
    let square = x * x;
    x * polynomial::<A, 6>(NUMERATOR, square) / polynomial::<A, 6>(DENOMINATOR, square)
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Result, Tensor};

    use super::super::arithmetic::{Kernel, run, run_portably};
    use super::{Arithmetic, Gelu, error_function};

    struct ErrorFunction<'a>(&'a mut [f32]);

    impl Kernel for ErrorFunction<'_> {
        #[expect(
            clippy::inline_always,
            reason = "compiled for the features of whoever calls it"
        )]
        #[inline(always)]
        fn run<A: Arithmetic>(self) {
            for value in self.0 {
                *value = error_function::<A>(*value);
            }
        }
    }

    #[test]
    fn the_error_function_agrees_with_the_library_everywhere() -> Result<()> {
        let points = Tensor::arange(-60_000_f64, 60_000.0, &Device::Cpu)?.affine(1e-4, 0.0)?;
        #[expect(clippy::cast_possible_truncation, reason = "the function takes f32")]
        let values: Vec<f32> = points.to_vec1::<f64>()?.into_iter().map(|x| x as f32).collect();
        let (mut wide, mut portable) = (values.clone(), values.clone());
        run(ErrorFunction(&mut wide));
        run_portably(ErrorFunction(&mut portable));
        for found in [&wide, &portable] {
            for ((x, ours), exact) in values.iter().zip(found).zip(points.erf()?.to_vec1::<f64>()?) {
                assert!(
                    (f64::from(*ours) - exact).abs() < 5e-7,
                    "erf({x}) = {ours}, exactly {exact}"
                );
            }
        }
        Ok(())
    }

    #[test]
    fn it_agrees_with_candles_and_passes_on_what_is_no_number() -> Result<()> {
        let (rows, bias) = (37, 23);
        let values = Tensor::randn(0_f32, 2.0, (rows, bias), &Device::Cpu)?;
        let addend = Tensor::randn(0_f32, 1.0, (1, bias), &Device::Cpu)?;
        let exact = values
            .broadcast_add(&addend)?
            .to_dtype(candle_core::DType::F64)?
            .gelu_erf()?
            .flatten_all()?
            .to_vec1::<f64>()?;
        let bias = addend.flatten_all()?.to_vec1::<f32>()?;
        let given = values.flatten_all()?.to_vec1::<f32>()?;
        let (mut wide, mut portable) = (given.clone(), given);
        run(Gelu {
            rows: &mut wide,
            bias: &bias,
        });
        run_portably(Gelu {
            rows: &mut portable,
            bias: &bias,
        });
        for found in [&wide, &portable] {
            for (ours, exact) in found.iter().zip(&exact) {
                assert!((f64::from(*ours) - exact).abs() < 1e-6, "{ours} {exact}");
            }
        }
        let mut none = [f32::NAN];
        super::gelu(&mut none, &[0.0]);
        assert!(none[0].is_nan());
        Ok(())
    }
}
