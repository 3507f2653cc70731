//! What the port answers besides WebSockets.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::get;

use super::Front;
use super::handshake::{self, is_same_host};
use super::metrics;

type Answer = Response<Body>;

/// Every address of the server.
pub(crate) fn router(front: &Arc<Front>) -> Router {
    Router::new()
        .route("/ws", get(handshake::socket))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/api/rooms", get(rooms))
        .route("/api/schema", get(schema))
        .route("/", get(index))
        .route("/{*path}", get(file))
        .fallback(async || not_found())
        .with_state(Arc::clone(front))
}

/// For whom there is no place.
pub(crate) fn full() -> Answer {
    (StatusCode::SERVICE_UNAVAILABLE, "all connections of this server are taken: try again later\n")
        .into_response()
}

async fn ready(State(front): State<Arc<Front>>) -> Answer {
    if *front.stopping.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n").into_response();
    }
    if front.places.count().load(Relaxed) >= front.config.connections_max.into() {
        return (StatusCode::SERVICE_UNAVAILABLE, "full\n").into_response();
    }
    "ready\n".into_response()
}

async fn metrics(State(front): State<Arc<Front>>) -> Answer {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics::text(Arc::clone(&front.metrics))).into_response()
}

async fn rooms(State(front): State<Arc<Front>>, headers: HeaderMap) -> Answer {
    let mut answer = axum::Json(front.rooms.states()).into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if cfg!(debug_assertions) {
        // The page says so, as the console does.
        answer.headers_mut().insert("x-tickwire-build", HeaderValue::from_static("debug"));
    }
    share(&front, &headers, answer)
}

async fn schema(State(front): State<Arc<Front>>, headers: HeaderMap) -> Answer {
    let answer = ([(header::CONTENT_TYPE, "application/json")], front.schema.clone()).into_response();
    share(&front, &headers, answer)
}

async fn index(state: State<Arc<Front>>, headers: HeaderMap) -> Answer {
    file(state, Path(String::new()), headers).await
}

async fn file(State(front): State<Arc<Front>>, Path(path): Path<String>, headers: HeaderMap) -> Answer {
    let Some(file) = front.page.file(&path) else { return not_found() };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let own = |tag: &str| {
        let tag = tag.trim().trim_start_matches("W/");
        tag == file.tag || tag == in_gzip(&file.tag)
    };
    let fresh = known.is_some_and(|tags| tags.split(',').any(own));
    let gzip = if fresh || !takes_gzip(&headers) { None } else { file.gzip() };
    let compressed = gzip.is_some();
    let mut answer = match gzip {
        _ if fresh => StatusCode::NOT_MODIFIED.into_response(),
        Some(bytes) => Body::from(bytes).into_response(),
        None => Body::from(file.bytes).into_response(),
    };
    let out = answer.headers_mut();
    if compressed {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    out.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.mime));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    out.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    out.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let tag = if compressed { in_gzip(&file.tag) } else { file.tag };
    for (name, value) in [(header::ETAG, tag), (header::CONTENT_SECURITY_POLICY, policy(&headers))] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            out.insert(name, value);
        }
    }
    share(&front, &headers, answer)
}

/// The tag of the same file in gzip: other bytes, another tag.
fn in_gzip(tag: &str) -> String {
    format!("{}-gzip\"", tag.trim_end_matches('"'))
}

/// Whether the client says that it takes gzip, and not that it takes none: `gzip;q=0`.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let quality = quality.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok());
        matches!(name.trim().to_ascii_lowercase().as_str(), "gzip" | "x-gzip" | "*")
            && quality.unwrap_or(1.0) > 0.0
    })
}

/// What a page of ours may do: nothing but be itself and talk to us.
fn policy(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let sockets = match host {
        "" => String::new(),
        host if host.chars().all(plain) => format!(" ws://{host} wss://{host}"),
        _ => String::new(),
    };
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'{sockets}; base-uri 'none'; frame-src 'self'; frame-ancestors 'self'"
    )
}

/// Lets pages of allowed origins have it, too.
fn share(front: &Front, headers: &HeaderMap, mut answer: Answer) -> Answer {
    answer.headers_mut().append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = headers.get(header::ORIGIN)
        && let Ok(text) = origin.to_str()
        && (is_same_host(text, headers) || front.config.origins.iter().any(|own| own.eq_ignore_ascii_case(text)))
    {
        answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    answer
}

fn not_found() -> Answer {
    (StatusCode::NOT_FOUND, "there is nothing here: the page is at /\n").into_response()
}
