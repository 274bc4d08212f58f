//! A room: a broker beside the lab through which several browsers play one run, and the links that lead into it.
//! Behind the cargo feature `room`, so that nobody waits for a broker's build who needs none.

mod bridge;
mod broker;
mod invitation;
mod lan;
mod retained;

use std::net::{Ipv4Addr, SocketAddr};

use crate::config::RoomConfig;
use crate::server::CannotListen;
use bridge::Bridge;
use broker::Broker;
use invitation::Invitation;

pub struct Room {
    broker: Broker,
    bridge: Bridge,
    invitation: Invitation,
}

impl Room {
    /// Listens from now on, on the lab's address; `run` answers.
    pub async fn open(config: &RoomConfig, lab: SocketAddr) -> Result<Self, CannotListen> {
        let inside = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let broker = Broker::bind(inside).await.map_err(CannotListen::on(inside))?;
        // After the last port there is none: any other will do.
        let port = config.broker_port.unwrap_or_else(|| lab.port().checked_add(1).unwrap_or(0));
        let outside = SocketAddr::new(lab.ip(), port);
        let bridge = Bridge::bind(outside, broker.address()).await.map_err(CannotListen::on(outside))?;
        let invitation = Invitation::new(lab, bridge.address());
        Ok(Self { broker, bridge, invitation })
    }

    pub fn broker_url(&self) -> String {
        self.invitation.broker_url()
    }

    pub fn invitation(&self) -> &Invitation {
        &self.invitation
    }

    /// Does not return.
    pub async fn run(self) {
        tokio::join!(self.broker.run(), self.bridge.run());
    }
}
