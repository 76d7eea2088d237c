//! An HTTP proxy in front of an object store that answers, delays and breaks off as a test tells it.
//!
//! It passes the `Host` header on, so signatures stay valid. Requests and answers are held in memory: it is for small
//! worlds. What is injected, and how often it took effect, is in [`Injected`].

mod injected;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1 as client;
use hyper::header::TRANSFER_ENCODING;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub use self::injected::{Extent, Fault, Injected, Requests};
use crate::listening::Listening;

const UNAVAILABLE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>ServiceUnavailable</Code>\
                           <Message>injected by a test</Message></Error>";

type Upstream = tokio::sync::Mutex<client::SendRequest<Full<Bytes>>>;

/// The proxy; gone with the value.
#[derive(Debug)]
pub struct FaultProxy {
    listening: Listening,
    script: Arc<Script>,
}

impl FaultProxy {
    /// A proxy in front of `upstream` that changes nothing yet.
    pub fn before(upstream: SocketAddr) -> Self {
        let script = Arc::new(Script::default());
        let served = Arc::clone(&script);
        let listening = Listening::anywhere(move |stream| {
            let script = Arc::clone(&served);
            // A connection that breaks off is what the proxy is for.
            async move {
                serve(script, stream, upstream).await.ok();
            }
        });
        Self { listening, script }
    }

    /// The URL at which clients find it.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.listening.address())
    }

    /// From now on, `fault` happens to these requests. Several may happen to one request, in the order of injection.
    pub fn inject(&self, requests: Requests, fault: Fault, extent: Extent) -> Arc<Injected> {
        let injected = Arc::new(Injected::new(requests, fault, extent));
        self.script.lock().push(Arc::clone(&injected));
        injected
    }
}

#[derive(Debug, Default)]
struct Script(Mutex<Vec<Arc<Injected>>>);

impl Script {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Injected>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn about<B>(&self, request: &Request<B>) -> Vec<Arc<Injected>> {
        let all = self.lock();
        all.iter()
            .filter(|injected| injected.is_about(request))
            .cloned()
            .collect()
    }
}

/// Why a connection ends without an answer.
#[derive(Debug)]
struct BrokenOff;

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the connection was broken off")
    }
}

impl std::error::Error for BrokenOff {}

impl From<hyper::Error> for BrokenOff {
    fn from(_: hyper::Error) -> Self {
        Self
    }
}

/// Serves one connection with one of its own to the store.
async fn serve(script: Arc<Script>, stream: TcpStream, upstream: SocketAddr) -> Result<(), BrokenOff> {
    // Closing then looks to the client like a reset, not like an orderly end.
    stream.set_zero_linger().map_err(|_| BrokenOff)?;
    let to_store = TcpStream::connect(upstream).await.map_err(|_| BrokenOff)?;
    let (sender, store) = client::handshake(TokioIo::new(to_store)).await?;
    let sender: Arc<Upstream> = Arc::new(tokio::sync::Mutex::new(sender));
    let answer = move |request| {
        let (script, sender) = (Arc::clone(&script), Arc::clone(&sender));
        async move { answer(&script, &sender, request).await }
    };
    let client = server::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
    tokio::select! {
        ended = client => Ok(ended?),
        ended = store => Ok(ended?),
    }
}

async fn answer(
    script: &Script,
    store: &Upstream,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, BrokenOff> {
    let injected = script.about(&request);
    let (mut head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    for fault in &injected {
        match fault.kind() {
            Fault::Unavailable if fault.fires() => return Ok(unavailable()),
            Fault::HoldRequest if fault.fires() => fault.stopped().await,
            Fault::Slow { bytes_per_second, .. } if !fault.is_stopped() => {
                tokio::time::sleep(injected::duration_of(body.len(), *bytes_per_second)).await;
            }
            _ => {}
        }
    }
    head.headers.remove(TRANSFER_ENCODING);
    let request = Request::from_parts(head, Full::new(body));
    let response = store.lock().await.send_request(request).await?;
    let (mut head, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    for fault in &injected {
        let succeeded = head.status.is_success();
        match fault.kind() {
            Fault::ResetAfterSuccess if succeeded && fault.fires() => return Err(BrokenOff),
            Fault::HoldAnswer if succeeded && fault.fires() => fault.stopped().await,
            Fault::Slow {
                delay,
                bytes_per_second,
            } if fault.fires() => {
                let transfer = injected::duration_of(body.len(), *bytes_per_second);
                tokio::time::sleep(*delay + transfer).await;
            }
            _ => {}
        }
    }
    head.headers.remove(TRANSFER_ENCODING);
    Ok(Response::from_parts(head, Full::new(body)))
}

fn unavailable() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(UNAVAILABLE.as_bytes())));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}
