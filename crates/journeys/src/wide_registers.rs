//! Compiles a function a second time for wide registers, which is called where the processor has them.
//!
//! A function so compiled gives the same bits: the compiler may take several lanes at a time, but neither reorders nor fuses
//! what IEEE 754 would round.

/// Defines `name(arguments)` as `plain(arguments)`, compiled for AVX2 where the machine that runs it has it. `plain` has to be
/// inlined, or it is compiled once only.
macro_rules! with_wide_registers {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? = $plain:ident
    ) => {
        $(#[$attribute])*
        $visibility fn $name($($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn wide($($argument: $type),*) $(-> $result)? {
                    $plain($($argument),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    #[expect(unsafe_code, reason = "the compiler cannot know that the processor was asked")]
                    // SAFETY: the processor has the feature that the function is compiled for.
                    return unsafe { wide($($argument),*) };
                }
            }
            $plain($($argument),*)
        }
    };
}

pub(crate) use with_wide_registers;
