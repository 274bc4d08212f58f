//! One port for everything: the page, REST, Socket.IO, the plain WebSocket, voice, and the lab's own switches.

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
use crate::transport::{FaultyListener, Peer};
use crate::{http, plain, voice};

pub struct Server {
    listener: FaultyListener,
    router: Router,
}

impl Server {
    /// Listens from now on; `run` answers.
    pub async fn bind(config: &Config) -> std::io::Result<Self> {
        let (lab, restarts) = Lab::start(config);
        let address = SocketAddr::new(config.host, config.port);
        let listener = FaultyListener::bind(address, lab.lines.clone(), restarts).await?;
        Ok(Self { listener, router: router(&lab, config) })
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.listener.address())
    }

    pub async fn run(self) {
        let service = self.router.into_make_service_with_connect_info::<Peer>();
        axum::serve(self.listener, service).await.expect("serving has no errors of its own");
    }
}

fn router(lab: &Arc<Lab>, config: &Config) -> Router {
    let sockets = EngineIoService::with_config(Arc::new(Gate::new(lab.clone())), engine_io());
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

/// As the real server's, except that the OPEN packet of this implementation always names a maxPayload.
fn engine_io() -> EngineIoConfig {
    EngineIoConfig::builder()
        .req_path("/socket.io")
        .ping_interval(Duration::from_secs(25))
        .ping_timeout(Duration::from_secs(60))
        .upgrade_timeout(Duration::from_secs(10))
        .max_payload(64 << 10)
        .ws_max_message_size(64 << 10)
        .ws_max_frame_size(64 << 10)
        .max_buffer_size(FRAMES_WAITING_FOR_A_SLOW_CLIENT)
        .build()
}

/// The real server queues without a limit. Beyond this, frames are discarded and counted as such.
const FRAMES_WAITING_FOR_A_SLOW_CLIENT: usize = 1 << 20;
