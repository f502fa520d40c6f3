//! Bounded waiting. Nothing in a test waits for ever, and nothing waits for a fixed time.

use harness::{expect, timeout};
use std::time::Duration;
use tokio::time::Instant;

/// Tries `probe` until it returns a value, at most for `limit` (stretched), and returns that value.
///
/// The caller's place in the test is not known across an await, so `requirement` should be a sentence of its own.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    requirement: &str,
    limit: Duration,
    mut probe: impl FnMut() -> F,
) -> T {
    eventually_ok(requirement, limit, || {
        let tried = probe();
        async { tried.await.ok_or_else(|| "it did not".to_owned()) }
    })
    .await
}

/// Like [`eventually`]; the error of `probe` is what it saw instead, and the last one is shown in a failure.
pub async fn eventually_ok<T, F: Future<Output = Result<T, String>>>(
    requirement: &str,
    limit: Duration,
    mut probe: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + timeout(limit);
    loop {
        let seen = match probe().await {
            Ok(value) => return value,
            Err(seen) => seen,
        };
        if Instant::now() >= deadline {
            expect(requirement)
                .expected(format!("this to become true within {} ms", timeout(limit).as_millis()))
                .fail(seen);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The result of `work`, or a failure of `requirement` when it takes longer than `limit` (stretched).
pub async fn within<T>(requirement: &str, limit: Duration, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(timeout(limit), work).await {
        Ok(value) => value,
        Err(_) => expect(requirement)
            .expected(format!("an end within {} ms", timeout(limit).as_millis()))
            .fail("nothing came"),
    }
}
