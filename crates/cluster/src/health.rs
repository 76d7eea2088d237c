//! What a process answers to whoever asks whether it is well: `/healthz` while it lives, `/readyz` while it can be used: an
//! executor while the scheduler takes its heartbeats, a scheduler while it has executors. Says nothing else, so that it is
//! neither encrypted nor authenticated.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use datafusion::common::runtime::SpawnedTask;
use tokio::net::TcpListener;

use crate::error::ClusterError;
use crate::listen::Listen;

/// Serves until the returned task is dropped.
pub(crate) async fn serve(
    listen: Listen,
    is_ready: impl Fn() -> bool + Clone + Send + Sync + 'static,
) -> Result<SpawnedTask<()>, ClusterError> {
    let address = listen.check()?;
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| ClusterError::Listen { address, source })?;
    let ready = move || {
        let ready = is_ready();
        async move {
            if ready {
                (StatusCode::OK, "ready\n")
            } else {
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "not ready: executor and scheduler have not met\n",
                )
            }
        }
    };
    let routes = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready));
    Ok(SpawnedTask::spawn(async move {
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::warn!(%error, "the health endpoint ended");
        }
    }))
}
