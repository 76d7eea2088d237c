//! Loops over slices, compiled for wide registers where the processor has them.
//!
//! Only for steps that compute each element on its own or in lanes of fixed order: their results are then the same
//! with and without wide registers.

/// Runs `work` compiled for AVX2 where the processor has it.
///
/// Mark the closure and what it calls `#[inline(always)]`: only code that is compiled into this function's body is
/// compiled for its features.
pub(crate) fn wide<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the compiler cannot know that the processor was asked")]
        // SAFETY: the processor has the feature that the function is compiled for.
        return unsafe { with_avx2(work) };
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<R>(work: impl FnOnce() -> R) -> R {
    work()
}
