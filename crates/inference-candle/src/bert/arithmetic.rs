//! Loops compiled twice: for processors with wide registers and fused multiply-adds, and for all others.
//!
//! Which one runs is a property of the machine, so a text's vector cannot depend on the texts beside it. Between machines
//! last bits differ, as they do in the matrix products.

/// How `a · b + c` is computed.
pub(super) trait Arithmetic {
    fn multiply_add(a: f32, b: f32, c: f32) -> f32;
}

/// Rounded once.
struct Fused;

impl Arithmetic for Fused {
    #[expect(
        clippy::inline_always,
        reason = "compiled for the features of whoever calls it"
    )]
    #[inline(always)]
    fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }
}

/// Rounded twice: without the instruction, rounding once is a function call.
struct Separate;

impl Arithmetic for Separate {
    #[expect(
        clippy::inline_always,
        reason = "compiled for the features of whoever calls it"
    )]
    #[inline(always)]
    fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }
}

/// A loop over numbers. `run` and all that it calls have to be `#[inline(always)]`: only what becomes part of the
/// function that is compiled for wide registers uses them.
pub(super) trait Kernel {
    fn run<A: Arithmetic>(self);
}

/// Runs the kernel as fast as this processor can.
pub(super) fn run(kernel: impl Kernel) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        #[expect(unsafe_code, reason = "the compiler cannot know that the processor was asked")]
        // SAFETY: the processor has the features that the function is compiled for.
        unsafe {
            with_avx2(kernel);
        }
        return;
    }
    kernel.run::<Separate>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2(kernel: impl Kernel) {
    kernel.run::<Fused>();
}

/// Runs the kernel as on a processor without wide registers.
#[cfg(test)]
pub(super) fn run_portably(kernel: impl Kernel) {
    kernel.run::<Separate>();
}

/// A polynomial of `x`; coefficients lowest first.
#[expect(
    clippy::inline_always,
    reason = "compiled for the features of whoever calls it"
)]
#[inline(always)]
pub(super) fn polynomial<A: Arithmetic, const N: usize>(coefficients: [f32; N], x: f32) -> f32 {
    coefficients
        .into_iter()
        .rev()
        .fold(0.0, |sum, coefficient| A::multiply_add(sum, x, coefficient))
}
