//! A runtime like the program's own.

use std::future::Future;

/// Planning a long statement recurses deeply, in unoptimised builds most of all.
const STACK_BYTES: usize = 32 << 20;

/// Runs `work` to its end on a runtime whose threads have room for deep plans.
pub fn block_on<T: Send, F: Future<Output = T>>(work: impl FnOnce() -> F + Send) -> T {
    let on_own_thread = || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .thread_stack_size(STACK_BYTES)
            .build()
            .expect("a runtime starts");
        runtime.block_on(work())
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, on_own_thread)
            .expect("a thread starts");
        // The test's own assertion must be what the test fails with.
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
