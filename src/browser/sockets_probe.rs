//! How many WebSockets this browser can still open: tried, where that is allowed.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, WebSocket};

use super::reach::{look, own_origin};
use engine::wire::Trial;
use run::preflight::{ENGINE, Question, QuestionSeen};

/// At the lab that served this page, if one did.
pub async fn at_lab() -> Option<Trial> {
    // A lab serves the page at its root: on a host with other paths nobody is asked.
    let path = web_sys::window()?.location().pathname().ok()?;
    if !["/", "/index.html"].contains(&path.as_str()) {
        return None;
    }
    let origin = own_origin();
    let seen = look(&Question::read(&format!("{origin}/lab/info"))).await;
    let is_lab = matches!(seen, QuestionSeen::Answer { status: 200, body } if body.contains("\"lab\""));
    let url = || format!("{}/socket.io/{ENGINE}", origin.replacen("http", "ws", 1));
    is_lab.then(|| Trial { url: url(), protocols: Vec::new() })
}

/// Opens so many sockets at once and closes them again; answers with how many were open at the same time.
pub async fn count_sockets(address: &str, most: u32) -> u32 {
    let open = Rc::new(Cell::new(0));
    let settled = Rc::new(Cell::new(0));
    let sockets: Vec<_> = (0..most).filter_map(|_| Probe::open(address, &open, &settled)).collect();
    let asked = sockets.len() as u32;
    // Browsers open one after the other at the same host: as long as they go on, so does this.
    let (mut before, mut quiet_ms) = (0, 0);
    while settled.get() < asked && quiet_ms < QUIET_MS {
        TimeoutFuture::new(POLL_MS).await;
        quiet_ms = if settled.get() > before { 0 } else { quiet_ms + POLL_MS };
        before = settled.get();
    }
    open.get()
}

/// A socket that says how it went, and closes itself.
struct Probe {
    socket: WebSocket,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_close: Closure<dyn FnMut(Event)>,
}

impl Probe {
    fn open(address: &str, open: &Rc<Cell<u32>>, settled: &Rc<Cell<u32>>) -> Option<Self> {
        let socket = WebSocket::new(address).ok()?;
        let was_open = Rc::new(Cell::new(false));
        let on_open = Closure::new({
            let (open, settled, was_open) = (open.clone(), settled.clone(), was_open.clone());
            move |_: Event| {
                was_open.set(true);
                open.set(open.get() + 1);
                settled.set(settled.get() + 1);
            }
        });
        let on_close = Closure::new({
            let settled = settled.clone();
            move |_: Event| {
                if !was_open.get() {
                    settled.set(settled.get() + 1);
                }
            }
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Some(Self { socket, _on_open: on_open, _on_close: on_close })
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onclose(None);
        // It may not be open yet, which is all that can go wrong.
        let _ = self.socket.close();
    }
}

const QUIET_MS: u32 = 2_000;
const POLL_MS: u32 = 50;
