//! An address as the browser reads it, held against how the engine has read it: the guard has decided about the engine's host.

use web_sys::Url;

use base::url::host;

/// The browser reads another host than the engine has seen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address} leads to another host in this browser: {host}")]
pub struct OtherHost {
    address: String,
    host: String,
}

/// The address to open, written as the browser reads it, so that it reads nothing else when it opens it. What it takes for no
/// address stays as it is, to be refused in its own words.
///
/// # Errors
/// The browser reads another host than the engine has seen.
pub fn opened(address: &str) -> Result<String, OtherHost> {
    let Ok(url) = Url::new(address) else { return Ok(address.to_owned()) };
    let (seen, read) = (host(address), host(&url.href()));
    if seen.is_some() && seen != read {
        return Err(OtherHost { address: address.to_owned(), host: url.hostname() });
    }
    Ok(url.href())
}
