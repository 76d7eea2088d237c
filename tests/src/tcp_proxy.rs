//! A TCP proxy whose line a test can cut and mend: a network that fails between two processes of this machine.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;

use crate::listening::Listening;

const BUFFER_BYTES: usize = 64 << 10;

/// The state of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Whole,
    /// Nothing passes and nobody is told: packets are lost. What was under way arrives once the line is whole.
    Silent,
    /// Connections are reset, new ones at once.
    Refusing,
}

/// The proxy; gone with the value.
#[derive(Debug)]
pub struct TcpProxy {
    listening: Listening,
    wire: Arc<Wire>,
}

#[derive(Debug)]
struct Wire {
    line: watch::Sender<Line>,
    /// Connections and chunks of bytes that met a line that was not whole.
    stopped: AtomicU64,
}

impl TcpProxy {
    /// Passes connections to `listen` on to `upstream`.
    pub fn between(listen: SocketAddr, upstream: SocketAddr) -> Self {
        let wire = Arc::new(Wire {
            line: watch::Sender::new(Line::Whole),
            stopped: AtomicU64::new(0),
        });
        let served = Arc::clone(&wire);
        let listening = Listening::at(listen, move |stream| {
            let wire = Arc::clone(&served);
            async move { wire.serve(stream, upstream).await }
        });
        Self { listening, wire }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// Changes the line, for connections that are open too.
    pub fn set(&self, line: Line) {
        self.wire.line.send_replace(line);
    }

    /// How often something was to pass that could not.
    pub fn stopped(&self) -> u64 {
        self.wire.stopped.load(Ordering::Relaxed)
    }
}

impl Wire {
    async fn serve(&self, stream: TcpStream, upstream: SocketAddr) {
        // Closing then resets the connection.
        stream.set_zero_linger().ok();
        let mut line = self.line.subscribe();
        let relayed = async {
            if !self.passes().await {
                return;
            }
            let Ok(upstream) = TcpStream::connect(upstream).await else {
                return;
            };
            upstream.set_zero_linger().ok();
            let (from_client, to_client) = stream.into_split();
            let (from_server, to_server) = upstream.into_split();
            tokio::join!(
                self.relay(from_client, to_server),
                self.relay(from_server, to_client)
            );
        };
        tokio::select! {
            () = relayed => {}
            _ = line.wait_for(|line| *line == Line::Refusing) => {}
        }
    }

    async fn relay(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; BUFFER_BYTES];
        while let Ok(bytes @ 1..) = from.read(&mut buffer).await {
            if !self.passes().await || to.write_all(&buffer[..bytes]).await.is_err() {
                return;
            }
        }
        // The end of one direction; the other may go on.
        if self.passes().await {
            to.shutdown().await.ok();
        }
    }

    /// Waits while the line is silent; false if it refuses.
    async fn passes(&self) -> bool {
        let mut line = self.line.subscribe();
        if *line.borrow() != Line::Whole {
            self.stopped.fetch_add(1, Ordering::Relaxed);
        }
        let state = line.wait_for(|line| *line != Line::Silent).await;
        state.is_ok_and(|line| *line == Line::Whole)
    }
}
