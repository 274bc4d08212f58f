//! WebSockets made of straw: they do what the test says, in the order it says it.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(inline_js = r"
const sockets = [];

class StrawSocket {
  static CONNECTING = 0;
  static OPEN = 1;
  readyState = 0;
  bufferedAmount = 0;
  sent = [];
  closedWith = undefined;
  constructor(url) {
    if (!url.startsWith('ws://')) throw new SyntaxError(`straw refuses ${url}`);
    sockets.push(this);
  }
  send(data) {
    this.sent.push(String(data));
    this.bufferedAmount += data.length;
  }
  close(code) {
    this.closedWith = code;
    this.readyState = 2;
  }
}

export function install() {
  sockets.length = 0;
  globalThis.WebSocket = StrawSocket;
}
export function open(at) {
  sockets[at].readyState = StrawSocket.OPEN;
  sockets[at].onopen?.({});
}
export function text(at, data) {
  sockets[at].onmessage?.({ data });
}
export function binary(at, bytes) {
  sockets[at].onmessage?.({ data: bytes.slice().buffer });
}
export function close(at, code, reason) {
  sockets[at].onclose?.({ code, reason });
}
export function sent(at) {
  return sockets[at].sent;
}
export function closedWith(at) {
  return sockets[at].closedWith;
}
")]
extern "C" {
    /// From here on, `new WebSocket` gives straw. The first one opened is number 0.
    pub fn install();
    pub fn open(at: usize);
    pub fn text(at: usize, data: &str);
    pub fn binary(at: usize, bytes: &[u8]);
    /// The server closes.
    pub fn close(at: usize, code: u16, reason: &str);
    pub fn sent(at: usize) -> Vec<String>;
    #[wasm_bindgen(js_name = closedWith)]
    pub fn closed_with(at: usize) -> Option<u16>;
}
