//! Who this tab is in a swarm: remembered over a reload, never beyond the tab. And what a run is called.

use web_sys::Storage;

use crate::app::kept::SESSION;
use crate::swarm::{Loading, Peer, SessionId};

/// This loading of this tab. Every call counts as a loading of its own.
///
/// # Errors
/// There is no random source.
pub fn this_peer() -> Result<Peer, String> {
    let storage = web_sys::window().and_then(|window| window.session_storage().ok().flatten());
    let stored = storage.as_ref().and_then(|storage| storage.get_item(SESSION.name).ok().flatten());
    let known = stored.and_then(|text| {
        let (session, count) = text.split_once(' ')?;
        Some((SessionId::new(u64::from_str_radix(session, 16).ok()?), count.parse::<u32>().ok()?))
    });
    let (session, count) = match known {
        Some((session, count)) => (session, count.wrapping_add(1)),
        None => (SessionId::new(u64::from_le_bytes(random()?)), 0),
    };
    remember(storage.as_ref(), session, count);
    let [random] = [u32::from_le_bytes(random()?)];
    Ok(Peer { session, loading: Loading::new(count, random) })
}

/// Without storage a reload looks like another browser, which is all that is lost.
fn remember(storage: Option<&Storage>, session: SessionId, count: u32) {
    if let Some(storage) = storage {
        let _ = storage.set_item(SESSION.name, &format!("{session} {count}"));
    }
}

/// Bytes from the browser's own random source.
///
/// # Errors
/// There is none.
pub fn random<const N: usize>() -> Result<[u8; N], String> {
    let crypto = web_sys::window().and_then(|window| window.crypto().ok()).ok_or("this page has no random source")?;
    let mut bytes = [0; N];
    crypto.get_random_values_with_u8_array(&mut bytes).map_err(|_| "the random source failed")?;
    Ok(bytes)
}

/// Three characters that tell a run's accounts and messages from those of other runs and browsers.
///
/// # Errors
/// There is no random source.
pub fn run_id() -> Result<String, String> {
    let bytes = random::<3>()?;
    Ok(bytes.map(|byte| char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::from(byte) % 36])).iter().collect())
}
