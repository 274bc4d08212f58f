//! One accepted TCP connection that can be cut off at any moment, or be read from no further.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The handle to one connection, for those who do not own it.
pub struct LineControl {
    peer: SocketAddr,
    cut: AtomicBool,
    /// It carries a WebSocket now; only those are affected by `stop_reading`, as plain requests have to get through to
    /// switch it off again.
    upgraded: AtomicBool,
    /// Whoever uses it ends it with a goodbye of its own when all are to be cut.
    polite: AtomicBool,
    reader: Mutex<Option<Waker>>,
    writer: Mutex<Option<Waker>>,
}

/// All open connections.
#[derive(Default)]
pub struct Lines {
    open: Mutex<HashMap<usize, Arc<LineControl>>>,
    stop_reading: AtomicBool,
}

pub struct Line {
    stream: TcpStream,
    control: Arc<LineControl>,
    lines: Arc<Lines>,
}

impl Lines {
    pub fn adopt(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) -> Line {
        let control = Arc::new(LineControl {
            peer,
            cut: AtomicBool::new(false),
            upgraded: AtomicBool::new(false),
            polite: AtomicBool::new(false),
            reader: Mutex::new(None),
            writer: Mutex::new(None),
        });
        lock(&self.open).insert(control.key(), control.clone());
        Line { stream, control, lines: self.clone() }
    }

    /// Every connection, except polite ones and the one that asked for it and still waits for its answer.
    pub fn cut_all(&self, except: Option<&Arc<LineControl>>) {
        let lines: Vec<_> = lock(&self.open).values().cloned().collect();
        for line in lines {
            let is_polite = line.polite.load(Ordering::SeqCst);
            if !is_polite && except.is_none_or(|spared| !Arc::ptr_eq(spared, &line)) {
                line.cut();
            }
        }
    }

    pub fn set_stop_reading(&self, stop: bool) {
        self.stop_reading.store(stop, Ordering::SeqCst);
        for line in lock(&self.open).values() {
            wake(&line.reader);
        }
    }
}

impl LineControl {
    /// Ends the connection without any goodbye: the other side sees an abnormal closure.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        wake(&self.reader);
        wake(&self.writer);
    }

    pub fn mark_upgraded(&self) {
        self.upgraded.store(true, Ordering::SeqCst);
    }

    pub fn mark_polite(&self) {
        self.polite.store(true, Ordering::SeqCst);
    }

    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    fn key(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    fn check(&self) -> io::Result<()> {
        if self.cut.load(Ordering::SeqCst) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl Line {
    pub fn control(&self) -> Arc<LineControl> {
        self.control.clone()
    }

    fn reads_are_stopped(&self) -> bool {
        self.lines.stop_reading.load(Ordering::SeqCst) && self.control.upgraded.load(Ordering::SeqCst)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        lock(&self.lines.open).remove(&self.control.key());
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        remember(&self.control.reader, cx);
        self.control.check()?;
        if self.reads_are_stopped() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.control.check()?;
        let written = Pin::new(&mut self.stream).poll_write(cx, data);
        self.check_while_blocked(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.control.check()?;
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, data);
        self.check_while_blocked(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Line {
    /// A write that waits for the other side must notice when its line is cut.
    fn check_while_blocked(&self, cx: &Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_pending() {
            remember(&self.control.writer, cx);
            self.control.check()?;
        }
        written
    }
}

fn remember(slot: &Mutex<Option<Waker>>, cx: &Context<'_>) {
    let mut slot = lock(slot);
    if slot.as_ref().is_none_or(|known| !known.will_wake(cx.waker())) {
        *slot = Some(cx.waker().clone());
    }
}

fn wake(slot: &Mutex<Option<Waker>>) {
    if let Some(waker) = lock(slot).take() {
        waker.wake();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
