//! Who this tab is in a swarm: remembered over a reload, never beyond the tab. And what a run is called.
//!
//! A tab's private half lives in its `sessionStorage`, which no other tab, browser or machine sees, and in its link's worker. A
//! conductor's comes from the seed in the address, which survives a reload as well.

use web_sys::Storage;

use super::clock::Clock;
use app::kept::SESSION;
use swarm::{Keys, Loading, Secret, Signer};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RandomError {
    #[error("this page has no random source")]
    NoSource,
    #[error("the random source failed")]
    Failed,
}

/// Who signs in this swarm, and this loading of this tab. Every call counts as a loading of its own.
///
/// # Errors
/// There is no random source.
pub fn this_tab(keys: &Keys) -> Result<(Signer, Loading), RandomError> {
    let storage = web_sys::window().and_then(|window| window.session_storage().ok().flatten());
    let stored = storage.as_ref().and_then(|storage| storage.get_item(SESSION.name).ok().flatten());
    let known = stored.and_then(|text| {
        let (seed, loading) = text.split_once(' ')?;
        Some((Secret::parse(seed).ok()?, Loading(loading.parse().ok()?)))
    });
    let (seed, before) = match known {
        Some((seed, loading)) => (seed, Some(loading)),
        None => (Secret::new(random()?), None),
    };
    let loading = Loading::at(Clock::new().now_ms(), u32::from_le_bytes(random()?), before);
    remember(storage.as_ref(), &seed, loading);
    Ok((keys.signer().unwrap_or_else(|| Signer::new(seed)), loading))
}

/// Without storage a reload looks like another browser, which is all that is lost.
fn remember(storage: Option<&Storage>, seed: &Secret, loading: Loading) {
    if let Some(storage) = storage {
        let _ = storage.set_item(SESSION.name, &format!("{} {}", seed.to_text(), loading.0));
    }
}

/// Bytes from the browser's own random source.
///
/// # Errors
/// There is none.
pub fn random<const N: usize>() -> Result<[u8; N], RandomError> {
    let crypto = web_sys::window().and_then(|window| window.crypto().ok()).ok_or(RandomError::NoSource)?;
    let mut bytes = [0; N];
    crypto.get_random_values_with_u8_array(&mut bytes).map_err(|_| RandomError::Failed)?;
    Ok(bytes)
}

/// Three characters that tell a run's accounts and messages from those of other runs and browsers.
///
/// # Errors
/// There is no random source.
pub fn run_id() -> Result<String, RandomError> {
    let bytes = random::<3>()?;
    Ok(bytes.map(|byte| char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::from(byte) % 36])).iter().collect())
}
