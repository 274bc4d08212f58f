//! An address as the browser reads it, held against how the engine has read it: the guard has decided about the engine's host.

use web_sys::Url;

use base::url::host;

/// The address to open, written as the browser reads it, so that it reads nothing else when it opens it. What it takes for no
/// address stays as it is, to be refused in its own words.
///
/// # Errors
/// The browser reads another host than the engine has seen.
pub fn opened(address: &str) -> Result<String, String> {
    let Ok(url) = Url::new(address) else { return Ok(address.to_owned()) };
    let (seen, read) = (host(address), host(&url.href()));
    if seen.is_some() && seen != read {
        return Err(format!("{address} leads to another host in this browser: {}", url.hostname()));
    }
    Ok(url.href())
}
