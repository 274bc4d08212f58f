//! What travels between the engines and the servers, and where they meet.

use std::rc::Rc;

use demo_service::{Body, Peer, Reply, Request};
use engine::ports::{FetchBody, FetchId, FetchOutcome, FetchRequest, SocketId};

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
pub(super) fn asked(request: &FetchRequest) -> Request<'_> {
    let body = match &request.body {
        FetchBody::None => Body::Nothing,
        FetchBody::Json(text) => Body::Json(text),
        FetchBody::Form(fields) => Body::Form(fields),
        FetchBody::File { .. } => Body::File,
    };
    Request { method: &request.method, url: &request.url, headers: &request.headers, body }
}

/// As a browser hands it over.
pub(super) fn answered(reply: Reply) -> FetchOutcome {
    FetchOutcome::Answer { status: reply.status, headers: Vec::new(), body: reply.body, landed: None }
}

/// What is under way.
pub(super) enum Packet {
    Open(Endpoint, String, Vec<String>),
    Opened(Endpoint),
    ToServer(Endpoint, Rc<str>),
    /// The server's only worker is done with a message that waited for it.
    Served(Endpoint, Rc<str>),
    ToClient(Endpoint, Rc<str>),
    BinaryToClient(Endpoint, Vec<u8>),
    Close(Endpoint, u16),
    Closed(Endpoint, u16),
    /// With a reason.
    ClosedFor(Endpoint, u16, String),
    Fetch(usize, FetchId, FetchRequest),
    Fetched(usize, FetchId, FetchOutcome),
}

impl Packet {
    pub fn is_for_browser(&self) -> bool {
        match self {
            Self::Open(..) | Self::ToServer(..) | Self::Served(..) | Self::Close(..) | Self::Fetch(..) => false,
            Self::Opened(_)
            | Self::ToClient(..)
            | Self::BinaryToClient(..)
            | Self::Closed(..)
            | Self::ClosedFor(..)
            | Self::Fetched(..) => true,
        }
    }
}
