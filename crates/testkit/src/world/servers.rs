//! The servers of the simulated world, and what happens to them.

use super::packet::{Endpoint, Packet, answered, asked};
use super::{PING, RELEASE, World};
use base::time::Span;
use demo_service::{VoiceOutput, VoiceServer};

impl World {
    /// From now on the chat server handles one message after the other, each for so long: its capacity is one per `service`.
    pub fn serve_one_by_one(&mut self, service: Span) {
        self.service = service;
    }

    /// From now on the server answers nothing that is sent to it, or asked of it over HTTP.
    pub fn hang(&mut self) {
        self.hangs = true;
    }

    /// The server cuts a share of all connections, as a crash of one of its nodes would.
    pub fn cut_connections(&mut self, every: usize) {
        for peer in self.chat.peers().into_iter().step_by(every) {
            self.chat.close(peer);
            self.net.send(self.now, Span::ZERO, Packet::Closed(peer.into(), 1006));
        }
    }

    /// The server cuts everybody off, and each reason names the user's secrets, which differ in their beginning.
    pub fn cut_connections_telling(&mut self, from: usize) {
        for peer in self.chat.peers() {
            let told: Vec<_> = self.chat.proofs(peer).into_iter().skip(from).take(2).collect();
            self.chat.close(peer);
            self.net.send(self.now, Span::ZERO, Packet::ClosedFor(peer.into(), 1008, told.join(" ")));
        }
    }

    /// Every conversation with the voice service is cut off.
    pub fn cut_conversations(&mut self) {
        self.voice.cut_all();
        self.flush_voice();
    }

    /// What the server does by itself.
    pub(super) fn serve(&mut self) {
        if self.now >= self.next_ping {
            self.next_ping += PING;
            for peer in self.chat.ping() {
                self.net.send(self.now, Span::ZERO, Packet::Closed(peer.into(), 1006));
            }
            self.flush_chat();
        }
        if self.now >= self.next_release {
            self.next_release += RELEASE;
            self.chat.release();
            self.flush_chat();
        }
    }

    pub(super) fn on_packet(&mut self, packet: Packet) {
        match packet {
            Packet::ToServer(..) | Packet::Served(..) | Packet::Fetch(..) if self.hangs => {}
            Packet::Open(peer, url, protocols) if VoiceServer::serves(&url) => {
                self.voice.open(self.now, peer.into(), &url, &protocols);
                self.flush_voice();
            }
            Packet::Open(peer, ..) => {
                self.net.send(self.now, Span::ZERO, Packet::Opened(peer));
                self.chat.open(peer.into());
                self.flush_chat();
            }
            Packet::ToServer(peer, frame) if self.voice.has(peer.into()) => {
                self.voice.text(self.now, peer.into(), &frame);
                self.flush_voice();
            }
            Packet::ToServer(peer, frame) if self.service > Span::ZERO && frame.contains("\"chatMessage\"") => {
                self.busy_until = self.busy_until.max(self.now) + self.service;
                self.net.put(self.busy_until, Packet::Served(peer, frame));
            }
            Packet::ToServer(peer, frame) | Packet::Served(peer, frame) => {
                self.chat.text(peer.into(), &frame);
                self.flush_chat();
            }
            Packet::Close(peer, code) => {
                self.chat.close(peer.into());
                self.voice.close(peer.into());
                self.net.send(self.now, Span::ZERO, Packet::Closed(peer, code));
            }
            Packet::Fetch(worker, fetch, request) => {
                let serves = VoiceServer::serves(&request.url);
                let asked = asked(&request);
                let reply = if serves { self.voice.fetch(&asked) } else { self.chat.fetch(&asked) };
                self.net.send(self.now, Span::ZERO, Packet::Fetched(worker, fetch, answered(reply)));
            }
            packet => self.on_packet_to_worker(packet),
        }
    }

    fn flush_chat(&mut self) {
        for (peer, frame) in self.chat.drain() {
            let peer = Endpoint::from(peer);
            let waits = if self.probes.contains(&peer.engine) { Span::ZERO } else { self.backlog };
            self.net.send(self.now, waits, Packet::ToClient(peer, frame.into()));
        }
    }

    pub(super) fn flush_voice(&mut self) {
        for (peer, sent) in self.voice.drain() {
            let peer = Endpoint::from(peer);
            let packet = match sent {
                VoiceOutput::Opened => Packet::Opened(peer),
                VoiceOutput::Text(frame) => Packet::ToClient(peer, frame),
                VoiceOutput::Binary(bytes) => Packet::BinaryToClient(peer, bytes),
                VoiceOutput::Closed(code) => Packet::Closed(peer, code),
            };
            self.net.send(self.now, Span::ZERO, packet);
        }
    }
}
