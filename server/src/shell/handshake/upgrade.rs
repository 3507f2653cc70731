//! The upgrade of a request to a WebSocket. A refusal is an HTTP answer that says what to do.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tickwire_protocol::wire::CloseCode;

use crate::shell::Front;
use crate::shell::listener::{Peer, Place};

type Refusal = (StatusCode, String);

/// `/ws`.
pub(crate) async fn socket(
    State(front): State<Arc<Front>>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
) -> Response {
    let key = match check(request.method(), request.headers(), &front.config.origins) {
        Ok(key) => key,
        Err((code, why)) => return refused(code, why),
    };
    let turn = peer.place.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(Place::turn);
    match turn {
        None | Some(Ok(Duration::ZERO)) => {}
        Some(Ok(wait)) => tokio::time::sleep(wait).await,
        Some(Err(wait)) => {
            front.refused.with(CloseCode::TooMany);
            return come_back(wait);
        }
    }
    let Some(place) = peer.place.lock().unwrap_or_else(PoisonError::into_inner).take() else {
        return refused(StatusCode::SERVICE_UNAVAILABLE, FULL.to_owned());
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(super::hello::arrive(upgraded, place, peer.address, Arc::clone(&front)));
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    if let Ok(accept) = HeaderValue::from_str(&accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    *response.body_mut() = Body::empty();
    response
}

/// The key of a request that may be upgraded.
fn check(method: &Method, headers: &HeaderMap, origins: &[String]) -> Result<String, Refusal> {
    let bad = |why: &str| (StatusCode::BAD_REQUEST, why.to_owned());
    if method != Method::GET {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "a WebSocket begins with GET\n".to_owned()));
    }
    if !has_token(headers, header::UPGRADE, "websocket") || !has_token(headers, header::CONNECTION, "upgrade") {
        let why = "this address speaks WebSocket: connect with `new WebSocket(\"ws://…/ws\")`\n".to_owned();
        return Err((StatusCode::UPGRADE_REQUIRED, why));
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).map(HeaderValue::as_bytes) != Some(b"13") {
        return Err((StatusCode::UPGRADE_REQUIRED, "the WebSocket version has to be 13\n".to_owned()));
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok()).map(str::trim);
    let key =
        key.filter(|key| is_key(key)).ok_or_else(|| bad("Sec-WebSocket-Key has to be 16 bytes in Base64\n"))?;
    match headers.get(header::ORIGIN) {
        None => {}
        Some(origin) if origin.to_str().is_ok_and(|origin| is_allowed(origin, headers, origins)) => {}
        Some(origin) => {
            let why = format!(
                "the page {origin:?} may not connect here: start the server with --origins and its origin\n"
            );
            return Err((StatusCode::FORBIDDEN, why));
        }
    }
    Ok(key.to_owned())
}

fn is_allowed(origin: &str, headers: &HeaderMap, origins: &[String]) -> bool {
    is_same_host(origin, headers) || origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
}

/// Whether a page comes from the host that it asks.
pub(crate) fn is_same_host(origin: &str, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let page = origin.split_once("://").map(|(_, host)| host);
    matches!((host, page), (Some(host), Some(page)) if host.eq_ignore_ascii_case(page))
}

fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    let lists = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|word| word.trim().eq_ignore_ascii_case(token))
}

/// Whether this is the Base64 of 16 bytes: 22 characters, of which the last carries two bits, and `==`.
fn is_key(key: &str) -> bool {
    let Some(body) = key.strip_suffix("==") else { return false };
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    body.len() == 22 && body.bytes().all(letter) && body.ends_with(['A', 'Q', 'g', 'w'])
}

fn refused(code: StatusCode, why: String) -> Response {
    let mut response = (code, why).into_response();
    if code == StatusCode::UPGRADE_REQUIRED {
        response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    }
    response
}

/// What somebody hears whose address broke too many rules.
fn come_back(wait: Duration) -> Response {
    let mut response = refused(StatusCode::TOO_MANY_REQUESTS, TURNS.to_owned());
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
    response
}

const TURNS: &str =
    "connections of this address broke the rules again and again, others wait already: come back later\n";
/// What somebody hears for whom there is no place.
pub(crate) const FULL: &str = "all connections of this server are taken: try again later\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(changes: &[(&'static str, &'static str)]) -> HeaderMap {
        let usual = [
            ("host", "game.example:8080"),
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        usual.iter().chain(changes).map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn code(changes: &[(&'static str, &'static str)]) -> u16 {
        let allowed = ["https://friend.example".to_owned()];
        let mut map = HeaderMap::new();
        for (name, value) in &headers(changes) {
            map.insert(name, value.clone());
        }
        check(&Method::GET, &map, &allowed).map_or_else(|(code, _)| code.as_u16(), |_| 101)
    }

    #[test]
    fn a_proper_request_is_upgraded() {
        assert_eq!(code(&[]), 101);
    }

    #[test]
    fn other_pages_may_not_connect_unless_they_are_allowed() {
        assert_eq!(code(&[("origin", "http://game.example:8080")]), 101);
        assert_eq!(code(&[("origin", "https://friend.example")]), 101);
        assert_eq!(code(&[("origin", "https://evil.example")]), 403);
        assert_eq!(code(&[("origin", "http://game.example:8081")]), 403);
        assert_eq!(code(&[("origin", "null")]), 403);
    }

    #[test]
    fn a_bad_key_or_version_is_refused_by_name() {
        assert_eq!(code(&[("sec-websocket-key", "short")]), 400);
        assert_eq!(code(&[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZB==")]), 400);
        assert_eq!(code(&[("sec-websocket-version", "8")]), 426);
        assert_eq!(code(&[("upgrade", "h2c")]), 426);
    }
}
