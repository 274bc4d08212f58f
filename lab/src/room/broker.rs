//! The broker itself: rmqtt, in this process, on a loopback port that only the bridge uses.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use rmqtt::context::ServerContext;
use rmqtt::net::{Builder, Listener};
use rmqtt::server::MqttServer;

use super::retained::Retained;

pub struct Broker {
    server: MqttServer,
    address: SocketAddr,
}

impl Broker {
    /// Must be called inside a tokio runtime. It says nothing: rmqtt writes to the `log` crate, to which nobody listens.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        // Being busy is what happens on this machine; the broker is the last that should give up because of it.
        let context = ServerContext::new().busy_check_enable(false).build().await;
        *context.extends.retain_mut().await = Box::new(Retained::default());
        let listener = listener(address).map_err(io::Error::other)?;
        let address = listener.local_addr().map_err(io::Error::other)?;
        let server = MqttServer::new(context).listener_by_id(listener, ONLY_LISTENER).build();
        Ok(Self { server, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn run(self) {
        self.server.run().await.expect("a listener that is bound has no errors of its own");
    }
}

fn listener(address: SocketAddr) -> rmqtt::Result<Listener> {
    Builder::new()
        .name("room")
        .laddr(address)
        .nodelay(true)
        .max_packet_size(LARGEST_PACKET)
        .max_inflight(UNACKNOWLEDGED)
        .max_mqueue_len(MESSAGES_WAITING_FOR_A_SLOW_CLIENT)
        // TCP loses nothing: what is not acknowledged is late, and a second copy would only make it later.
        .message_retry_interval(Duration::ZERO)
        // Never: a room lasts an afternoon.
        .message_expiry_interval(Duration::ZERO)
        .bind()?
        .tcp()
}

const ONLY_LISTENER: u16 = 1;
/// Four times what the page sends at most.
pub const LARGEST_PACKET: u32 = 1 << 20;
/// Room for a snapshot from every one of 250 browsers at once.
const UNACKNOWLEDGED: NonZeroU16 = NonZeroU16::new(512).expect("512 is not 0");
/// Beyond it a message is discarded, also one with QoS 1: half a minute of 250 browsers for one that is stuck, and whoever
/// is stuck for longer than its keep-alive is gone anyway.
const MESSAGES_WAITING_FOR_A_SLOW_CLIENT: usize = 10_000;
