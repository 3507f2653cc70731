//! Where a server is, read from its URL.

use std::net::SocketAddr;

use anyhow::Context as _;

use super::Trust;

/// Where a WebSocket server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its socket.
    pub socket: SocketAddr,
    /// What the `Host` header says.
    pub host: String,
    /// The path, `/ws` where the URL names none.
    pub path: String,
    /// Whose certificates are trusted there; none where nothing is encrypted.
    pub trust: Option<Trust>,
}

impl Address {
    /// The address of a `ws://host:port/path` URL.
    ///
    /// # Errors
    /// Where it is no such URL, or the host has no address.
    pub fn of(url: &str) -> anyhow::Result<Address> {
        let rest = url.strip_prefix("ws://").or_else(|| url.strip_prefix("http://"));
        let rest = rest.with_context(|| match url.strip_prefix("wss://") {
            Some(_) => format!("`{url}` speaks TLS: say whose certificate is trusted"),
            None => format!("`{url}` is no address of a server: say ws://host:port"),
        })?;
        Address::at(url, rest, 80)
    }

    /// The address of a `wss://` URL, where these certificates are trusted; others as [`Address::of`].
    ///
    /// # Errors
    /// As [`Address::of`].
    pub fn trusting(url: &str, trust: &Trust) -> anyhow::Result<Address> {
        match url.strip_prefix("wss://") {
            Some(rest) => Ok(Address { trust: Some(trust.clone()), ..Address::at(url, rest, 443)? }),
            None => Address::of(url),
        }
    }

    /// What is left of a URL without its scheme, which has a port where none is named.
    fn at(url: &str, rest: &str, port: u16) -> anyhow::Result<Address> {
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        anyhow::ensure!(!host.is_empty(), "`{url}` names no host: say ws://host:port");
        let has_port = host.rsplit(']').next().is_some_and(|after| after.contains(':'));
        let with_port = if has_port { host.to_owned() } else { format!("{host}:{port}") };
        let none =
            || format!("`{host}` in `{url}` has no address: see that it is spelt right, and its port a number");
        let mut found = std::net::ToSocketAddrs::to_socket_addrs(&with_port).with_context(none)?;
        let socket = found.next().with_context(none)?;
        let path = if path.len() > 1 { path } else { "/ws" };
        Ok(Address { socket, host: host.to_owned(), path: path.to_owned(), trust: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_from_a_url() {
        let address = Address::of("ws://127.0.0.1:8080").unwrap();
        assert_eq!((address.host.as_str(), address.path.as_str()), ("127.0.0.1:8080", "/ws"));
        assert_eq!(Address::of("ws://127.0.0.1:8080/ws?room=x").unwrap().path, "/ws?room=x");
        assert_eq!(Address::of("http://127.0.0.1").unwrap().socket.port(), 80);
        assert_eq!(Address::at("", "[::1]", 443).unwrap().socket, "[::1]:443".parse().unwrap());
        assert!(Address::of("wss://127.0.0.1/").is_err() && Address::of("localhost").is_err());
        assert!(Address::of("ws:///ws").is_err_and(|error| error.to_string().contains("no host")));
    }
}
