//! Where engines and servers meet.

use demo_service::{Body, Peer, Reply, Request};
use engine::ports::{FetchBody, FetchOutcome, FetchRequest, SocketId};

/// A socket of one of the world's engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    pub engine: usize,
    pub socket: SocketId,
}

impl From<Endpoint> for Peer {
    fn from(endpoint: Endpoint) -> Self {
        Self { client: endpoint.engine, socket: endpoint.socket.0 }
    }
}

impl From<Peer> for Endpoint {
    fn from(peer: Peer) -> Self {
        Self { engine: peer.client, socket: SocketId(peer.socket) }
    }
}

/// As a server sees it.
pub fn asked(request: &FetchRequest) -> Request<'_> {
    let body = match &request.body {
        FetchBody::None => Body::Nothing,
        FetchBody::Json(text) => Body::Json(text),
        FetchBody::Form(fields) => Body::Form(fields),
        FetchBody::File { .. } => Body::File,
    };
    Request { method: &request.method, url: &request.url, headers: &request.headers, body }
}

/// As a browser hands it over.
pub fn answered(reply: Reply) -> FetchOutcome {
    FetchOutcome::Answer { status: reply.status, headers: Vec::new(), body: reply.body, landed: None }
}
