//! The listening socket. During a restart it is gone, so that the operating system refuses whoever knocks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::line::{Line, LineControl, Lines};

pub struct FaultyListener {
    /// `None`: down.
    tcp: Option<TcpListener>,
    address: SocketAddr,
    lines: Arc<Lines>,
    restarts: mpsc::UnboundedReceiver<Duration>,
}

/// Who a request comes from, and over which connection.
#[derive(Clone)]
pub struct Peer {
    pub line: Arc<LineControl>,
}

impl FaultyListener {
    /// Every duration received takes it down for so long.
    pub async fn bind(
        address: SocketAddr,
        lines: Arc<Lines>,
        restarts: mpsc::UnboundedReceiver<Duration>,
    ) -> std::io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        let address = tcp.local_addr()?;
        Ok(Self { tcp: Some(tcp), address, lines, restarts })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    async fn down(&mut self, time: Duration) {
        self.tcp = None;
        sleep(time).await;
        while self.tcp.is_none() {
            match TcpListener::bind(self.address).await {
                Ok(tcp) => self.tcp = Some(tcp),
                Err(_) => sleep(RETRY).await,
            }
        }
    }
}

impl Listener for FaultyListener {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        loop {
            let Some(tcp) = &self.tcp else {
                self.down(Duration::ZERO).await;
                continue;
            };
            tokio::select! {
                // Nobody who knocks after a restart was asked for is let in before it.
                biased;
                Some(time) = self.restarts.recv() => self.down(time).await,
                accepted = tcp.accept() => match accepted {
                    Ok((stream, peer)) => {
                        // Small frames have to leave at once, or latencies would be those of Nagle's algorithm.
                        if stream.set_nodelay(true).is_ok() {
                            return (self.lines.adopt(stream, peer), peer);
                        }
                    }
                    Err(_) => sleep(RETRY).await,
                },
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, FaultyListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, FaultyListener>) -> Self {
        Self { line: stream.io().control() }
    }
}

const RETRY: Duration = Duration::from_millis(50);
