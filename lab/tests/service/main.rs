//! The service from outside: real sockets, raw frames, another implementation's WebSocket.

mod chat;
mod client;
mod connect;
mod faults;
mod page;
mod plain;
mod rest;
mod room;
mod rules;
mod transport;
mod voice;
