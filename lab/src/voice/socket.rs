//! Gives a conversation its connection and its time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep_until;

use super::call::{Call, Out};
use super::inbound::Inbound;
use super::keepalive::{Keepalive, Pulse};
use super::opening::Opening;
use super::{News, Voice};
use crate::clock;
use crate::lab::Lab;
use crate::transport::Peer;

pub async fn converse(lab: Arc<Lab>, peer: Peer, socket: WebSocket, opening: Opening) {
    peer.line.mark_upgraded();
    peer.line.mark_polite();
    let (writer, reader) = socket.split();
    let (queue, queued) = mpsc::unbounded_channel();
    let writing = tokio::spawn(write(writer, queued));
    let opened = clock::now();
    let drop_at = lab.world().draw_drop().map(|after| opened + after);
    let (call, known, news) = {
        let mut voice = lab.voice();
        voice.open += 1;
        let Opening { kind, asked, is_full, .. } = &opening;
        let call = Call::open(&mut voice, *kind, asked.clone(), *is_full, clock::unix_ms());
        let known = *voice.news.borrow();
        (call, known, voice.news.subscribe())
    };
    let conversation = Conversation {
        lab,
        peer,
        call,
        queue,
        last_due: opened,
        opened,
        drop_at,
        known,
        keepalive: Keepalive::new(),
        close_by: None,
    };
    conversation.run(reader, news).await;
    // The queue is gone, so the writer ends as well; it cannot fail in a way that is still of interest.
    let _ = writing.await;
}

struct Conversation {
    lab: Arc<Lab>,
    peer: Peer,
    call: Call,
    queue: mpsc::UnboundedSender<Queued>,
    /// What is queued leaves no earlier than what was queued before it.
    last_due: Instant,
    opened: Instant,
    /// `drop_share` has chosen this connection.
    drop_at: Option<Instant>,
    known: News,
    keepalive: Keepalive,
    /// The client was told to close; how long to wait for that.
    close_by: Option<Instant>,
}

impl Conversation {
    async fn run(mut self, mut reader: SplitStream<WebSocket>, mut news: watch::Receiver<News>) {
        loop {
            self.transmit();
            tokio::select! {
                message = reader.next() => match message {
                    Some(Ok(message)) => self.on_message(message),
                    Some(Err(_)) | None => break,
                },
                () = sleep_until(self.next_due().into()) => if !self.on_time() { break },
                // Its sender is in the lab, which this task holds.
                Ok(()) = news.changed() => {
                    let latest = *news.borrow();
                    self.on_news(latest);
                }
            }
        }
        self.with(|call, voice| {
            call.on_closed(1006, voice);
            voice.open -= 1;
        });
    }

    /// Once the service was reset, the conversation is none of its any more: nothing it does is counted.
    fn with(&mut self, act: impl FnOnce(&mut Call, &mut Voice)) {
        let mut voice = self.lab.voice();
        if voice.resets() == self.known.resets {
            act(&mut self.call, &mut voice);
        }
    }

    fn now(&self) -> Duration {
        clock::now() - self.opened
    }

    fn next_due(&self) -> Instant {
        let soonest = self.call.next_due().map_or(self.keepalive.due(), |due| due.min(self.keepalive.due()));
        [self.drop_at, self.close_by].into_iter().flatten().fold(self.opened + soonest, Instant::min)
    }

    fn on_message(&mut self, message: Message) {
        let at = self.now();
        let frame = match &message {
            Message::Text(text) if text.len() <= LARGEST_FRAME => Inbound::parse(text),
            Message::Binary(bytes) if bytes.len() <= LARGEST_FRAME => Inbound::NoObject,
            Message::Text(_) | Message::Binary(_) => return self.with(|call, voice| call.close(1009, "", voice)),
            Message::Pong(_) => return self.keepalive.on_pong(at),
            Message::Ping(_) => return,
            Message::Close(close) => {
                let code = close.as_ref().map_or(1005, |frame| frame.code);
                return self.with(|call, voice| call.on_closed(code, voice));
            }
        };
        self.with(|call, voice| call.receive(at, frame, voice));
    }

    /// `false`: the client had long enough to close.
    fn on_time(&mut self) -> bool {
        let now = clock::now();
        if self.close_by.is_some_and(|by| by <= now) {
            self.peer.line.cut();
            return false;
        }
        if self.drop_at.take_if(|at| *at <= now).is_some() {
            self.lab.world().counts.faults.connections_cut += 1;
            self.with(|call, voice| call.cut(voice));
        }
        let at = now - self.opened;
        match self.keepalive.run(at) {
            // The writer may be gone; then the reader is about to notice.
            Some(Pulse::Ping) => drop(self.queue.send((now, Message::Ping(Bytes::from_static(b"ping"))))),
            Some(Pulse::GiveUp) => self.with(|call, voice| call.close(1011, "keepalive ping timeout", voice)),
            None => {}
        }
        self.with(|call, voice| call.run(at, voice));
        true
    }

    fn on_news(&mut self, news: News) {
        if news.resets != self.known.resets {
            self.peer.line.cut();
        } else if news.restarts != self.known.restarts {
            self.with(|call, voice| call.close(1012, "", voice));
        }
    }

    fn transmit(&mut self) {
        for out in self.call.take_out() {
            // The chat's added latency holds here as well.
            let delay = self.lab.world().draw_delay();
            self.last_due = self.last_due.max(clock::now() + delay);
            let message = match out {
                Out::Text(text) => Message::Text(text),
                Out::Binary(bytes) => Message::Binary(Bytes::from_static(bytes)),
                Out::Close(code, reason) => {
                    self.close_by = Some(self.last_due + PATIENCE);
                    Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }))
                }
                Out::Cut => {
                    self.peer.line.cut();
                    continue;
                }
            };
            // The writer may be gone; then the reader is about to notice.
            let _ = self.queue.send((self.last_due, message));
        }
    }
}

/// A message, and when it leaves.
type Queued = (Instant, Message);

/// Flushes only when nothing more is waiting.
async fn write(mut writer: SplitSink<WebSocket, Message>, mut queued: mpsc::UnboundedReceiver<Queued>) {
    while let Some((due, message)) = queued.recv().await {
        if due > clock::now() {
            if writer.flush().await.is_err() {
                return;
            }
            sleep_until(due.into()).await;
        }
        if writer.feed(message).await.is_err() {
            return;
        }
        if queued.is_empty() && writer.flush().await.is_err() {
            return;
        }
    }
}

/// 16 MiB, as the real server.
const LARGEST_FRAME: usize = 16 << 20;
/// Frames too large are read whole, so that the client finds the close code and not a broken connection; far beyond
/// that, the connection ends.
pub const MOST_BYTES_READ: usize = 64 << 20;
/// For the client's side of a closing handshake.
const PATIENCE: Duration = Duration::from_secs(5);
