//! From an HTTP request to a client on its worker: the upgrade, then the hello.

mod hello;
mod upgrade;

pub(crate) use self::hello::anybody;
pub(crate) use self::upgrade::{is_same_host, socket};
