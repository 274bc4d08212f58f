//! One port for everything: the page, REST, Socket.IO, the plain WebSocket, voice, and the lab's own switches.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use engineioxide::config::EngineIoConfig;
use engineioxide::service::EngineIoService;

use crate::chat::Gate;
use crate::config::Config;
use crate::lab::Lab;
#[cfg(feature = "room")]
use crate::room::Room;
use crate::transport::{FaultyListener, Peer};
use crate::{http, plain, voice};

pub struct Server {
    listener: FaultyListener,
    router: Router,
    #[cfg(feature = "room")]
    room: Option<Room>,
}

/// Somebody else has the port, or the address is not ours.
#[derive(Debug)]
pub struct CannotListen {
    address: SocketAddr,
    why: std::io::Error,
}

impl CannotListen {
    /// For `map_err`.
    pub fn on(address: SocketAddr) -> impl FnOnce(std::io::Error) -> Self {
        move |why| Self { address, why }
    }
}

impl fmt::Display for CannotListen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}: {}", self.address, self.why)
    }
}

impl std::error::Error for CannotListen {}

impl Server {
    /// Listens from now on; `run` answers.
    pub async fn bind(config: &Config) -> Result<Self, CannotListen> {
        let (lab, restarts) = Lab::start(config);
        let address = SocketAddr::new(config.host, config.port);
        let listener = FaultyListener::bind(address, lab.lines.clone(), restarts).await;
        let listener = listener.map_err(CannotListen::on(address))?;
        #[cfg(feature = "room")]
        let room = open_room(config, &lab, listener.address()).await?;
        Ok(Self {
            listener,
            router: router(&lab, config),
            #[cfg(feature = "room")]
            room,
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.listener.address())
    }

    /// With a room: who opens which link. It holds the room's key, so it is shown once and kept nowhere.
    pub fn invitation(&self) -> Option<String> {
        #[cfg(feature = "room")]
        return self.room.as_ref().map(|room| room.invitation().to_string());
        #[cfg(not(feature = "room"))]
        None
    }

    pub async fn run(self) {
        #[cfg(feature = "room")]
        if let Some(room) = self.room {
            tokio::spawn(room.run());
        }
        let service = self.router.into_make_service_with_connect_info::<Peer>();
        axum::serve(self.listener, service).await.expect("serving has no errors of its own");
    }
}

#[cfg(feature = "room")]
async fn open_room(config: &Config, lab: &Lab, address: SocketAddr) -> Result<Option<Room>, CannotListen> {
    let Some(config) = &config.room else { return Ok(None) };
    let room = Room::open(config, address).await?;
    lab.announce_broker(room.broker_url());
    Ok(Some(room))
}

fn router(lab: &Arc<Lab>, config: &Config) -> Router {
    let sockets = EngineIoService::with_config(Arc::new(Gate::new(lab.clone())), engine_io(config));
    let sockets = Router::new()
        .route_service("/socket.io/", sockets)
        .layer(axum::middleware::from_fn(http::cors::polling))
        .route("/ws", any(plain::upgrade))
        .merge(voice::aliases())
        .layer(axum::middleware::from_fn_with_state(lab.clone(), http::refuse_handshakes));
    Router::new()
        .nest("/api", http::api(lab))
        .nest("/api/v1", voice::routes(lab))
        .nest("/lab", http::control::routes())
        .merge(sockets)
        .fallback_service(http::static_files::service(config.dist.as_deref()))
        .with_state(lab.clone())
}

/// As the real server's unless `config` says otherwise, except that the OPEN packet of this implementation always names a
/// maxPayload.
fn engine_io(config: &Config) -> EngineIoConfig {
    EngineIoConfig::builder()
        .req_path("/socket.io")
        .ping_interval(config.ping_interval)
        .ping_timeout(config.ping_timeout)
        .upgrade_timeout(Duration::from_secs(10))
        .max_payload(64 << 10)
        .ws_max_message_size(64 << 10)
        .ws_max_frame_size(64 << 10)
        .max_buffer_size(FRAMES_WAITING_FOR_A_SLOW_CLIENT)
        .build()
}

/// The real server queues without a limit. Beyond this, frames are discarded and counted as such.
const FRAMES_WAITING_FOR_A_SLOW_CLIENT: usize = 1 << 20;
