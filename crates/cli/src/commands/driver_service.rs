//! Runs that a cluster drives by itself: a small HTTP service beside the scheduler.
//!
//! `POST /runs` takes a job and starts its driver in this process; `GET /runs/ID` says how the run stands. Everything that
//! must outlive this process is in the ledger beside the tables, by which a run is followed, cancelled and resumed from any
//! host; this service remembers nothing that the ledger does not know. It authenticates nobody but by TLS, so that it listens
//! on loopback unless somebody says that more is meant, and it takes nothing from web pages, whose browser says where they
//! come from.

mod admission;
pub(super) mod message;
mod running;

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::net::TcpListener;
use wayfare_cluster::{ClusterEngine, Listen, Protocol, Tls, TlsFront};
use wayfare_functions::models::ModelProvider;
use wayfare_tables::AllowedPrefixes;

use self::message::{RunStatus, Standing, Submission};
use self::running::Runs;
use super::job;
use crate::failure::Failure;
use crate::interrupt::asked_to_stop;
use crate::models::CandleModels;

/// The service, listening but not answering yet.
#[derive(Debug)]
pub(super) struct DriverService {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
    /// Takes encrypted connections for the listener, which then is on loopback.
    _front: Option<TlsFront>,
    allowed: AllowedPrefixes,
    runs: Arc<Runs>,
}

/// What an answer is made from.
#[derive(Clone)]
struct Serving {
    scheduler: String,
    tls: Option<Tls>,
    allowed: Arc<AllowedPrefixes>,
    models: Arc<dyn ModelProvider>,
    runs: Arc<Runs>,
}

impl DriverService {
    pub(super) async fn bind(
        address: SocketAddr,
        insecure: bool,
        tls: Option<Tls>,
        allowed: AllowedPrefixes,
    ) -> Result<Self, Failure> {
        let for_others = insecure || tls.is_some();
        let address = Listen { address, for_others }.check()?;
        let failed = |error| Failure::from(error).context(format!("cannot listen on `{address}`"));
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (listener, front) = match &tls {
            None => (listener, None),
            Some(tls) => {
                let inside = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                    .await
                    .map_err(failed)?;
                let inner = inside.local_addr().map_err(failed)?;
                let front = TlsFront::serve(listener, inner, tls, Protocol::Http1);
                (inside, Some(front))
            }
        };
        Ok(Self {
            address,
            listener,
            tls,
            _front: front,
            allowed,
            runs: Arc::default(),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The runs that are driven here.
    pub(super) fn runs(&self) -> Arc<Runs> {
        Arc::clone(&self.runs)
    }

    /// Answers until this process is asked to stop; runs under way are then asked to stop, too. `advertised` is the name by
    /// which others reach the scheduler, where it has one.
    pub(super) async fn serve(
        self,
        scheduler: SocketAddr,
        advertised: Option<String>,
    ) -> Result<(), Failure> {
        let scheduler = match advertised {
            // Certificates are for names by which others call.
            Some(host) if self.tls.is_some() => format!("{host}:{}", scheduler.port()),
            _ => reachable(scheduler).to_string(),
        };
        let serving = Serving {
            scheduler,
            tls: self.tls,
            allowed: Arc::new(self.allowed),
            models: Arc::new(CandleModels::announcing()),
            runs: Arc::clone(&self.runs),
        };
        let router = Router::new()
            .route("/runs", post(submit))
            .route("/runs/{run_id}", get(status))
            .with_state(serving);
        let stop = asked_to_stop()?;
        tokio::select! {
            served = axum::serve(self.listener, router).into_future() => {
                served.map_err(|error| Failure::from(error).context("taking runs ended"))
            }
            stopped = stop => {
                self.runs.ask_all_to_stop();
                stopped
            }
        }
    }
}

/// Who listens everywhere is reached from here by loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn submit(
    State(serving): State<Serving>,
    headers: HeaderMap,
    Json(submission): Json<Submission>,
) -> (StatusCode, Json<RunStatus>) {
    let started = async {
        if headers.contains_key(header::ORIGIN) {
            return Err(Failure::usage("runs are not taken from web pages"));
        }
        let request = admission::admit(&submission, &serving.allowed)?;
        let options = job::cluster_options(&request.settings, submission.require_accelerator);
        let models = Arc::clone(&serving.models);
        let engine = ClusterEngine::connect(&serving.scheduler, models, options, serving.tls.clone()).await?;
        serving.runs.start(request, engine)
    };
    let status = match started.await {
        Ok(mut run) => run.settled().await,
        Err(failure) => RunStatus::failed(None, &failure),
    };
    let code = match status.standing {
        Standing::Running => StatusCode::ACCEPTED,
        Standing::Done | Standing::Noop => StatusCode::OK,
        Standing::Failed | Standing::Cancelled => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (code, Json(status))
}

fn status(
    State(serving): State<Serving>,
    Path(run_id): Path<String>,
) -> Ready<Result<Json<RunStatus>, (StatusCode, String)>> {
    ready(serving.runs.status(&run_id).map(Json).ok_or_else(|| {
        let text =
            format!("run `{run_id}` was not driven here lately; the ledger beside its tables knows it\n");
        (StatusCode::NOT_FOUND, text)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_everywhere_is_reached_here() {
        for (listens, reached) in [
            ("0.0.0.0:7", "127.0.0.1:7"),
            ("[::]:7", "[::1]:7"),
            ("10.0.0.2:7", "10.0.0.2:7"),
        ] {
            assert_eq!(reachable(listens.parse().unwrap()).to_string(), reached);
        }
    }
}
