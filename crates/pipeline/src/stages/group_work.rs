//! Work on several bucket groups at a time, where the engine has room for it.

use std::future::Future;

use futures::StreamExt;
use futures::stream;

use crate::engine::GroupPolicy;
use crate::error::PipelineError;

/// Gives the results in the order of `work`. A group that fails does not keep others from being done, so that running
/// again has less to do; after the engine's limit of failures nothing new is begun. The first failure is what is told.
///
/// What is asked to stop, stops at once.
pub(crate) async fn in_groups<T, F>(
    policy: GroupPolicy,
    work: impl IntoIterator<Item = F>,
) -> Result<Vec<T>, PipelineError>
where
    F: Future<Output = Result<T, PipelineError>>,
{
    let mut results = Vec::new();
    let mut first_failure = None;
    let mut failures = 0;
    let mut under_way = stream::iter(work).buffered(policy.at_once.max(1));
    while let Some(result) = under_way.next().await {
        match result {
            Ok(result) => results.push(result),
            Err(stopped @ PipelineError::Cancelled { .. }) => return Err(stopped),
            Err(failure) => {
                failures += 1;
                tracing::warn!(error = %failure, failures, "a bucket group failed");
                first_failure.get_or_insert(failure);
                if failures >= policy.failures {
                    break;
                }
            }
        }
    }
    match first_failure {
        Some(failure) => Err(failure),
        None => Ok(results),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures::executor::block_on;

    use super::*;

    fn work(
        begun: &RefCell<Vec<u32>>,
        group: u32,
        fails: bool,
    ) -> impl Future<Output = Result<u32, PipelineError>> {
        async move {
            begun.borrow_mut().push(group);
            if fails {
                Err(PipelineError::Bug {
                    message: group.to_string(),
                })
            } else {
                Ok(group)
            }
        }
    }

    #[test]
    fn results_come_in_order() {
        let begun = RefCell::default();
        let policy = GroupPolicy {
            at_once: 3,
            failures: 1,
        };
        let all = in_groups(policy, (0..5).map(|group| work(&begun, group, false)));
        assert_eq!(block_on(all).unwrap(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn others_are_done_until_too_many_failed() {
        let begun = RefCell::default();
        let policy = GroupPolicy {
            at_once: 1,
            failures: 2,
        };
        let one_fails = in_groups(policy, (0..4).map(|group| work(&begun, group, group == 1)));
        assert!(block_on(one_fails).unwrap_err().to_string().contains('1'));
        assert_eq!(begun.take(), [0, 1, 2, 3]);
        let all_fail = in_groups(policy, (0..4).map(|group| work(&begun, group, true)));
        assert!(block_on(all_fail).unwrap_err().to_string().contains('0'));
        assert_eq!(begun.take(), [0, 1]);
    }
}
