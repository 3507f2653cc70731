//! Many sockets received from, or sent to, by one system call: io_uring on Linux, nothing elsewhere.
//!
//! This is the only library of the workspace with `unsafe`: the kernel is handed addresses, and nothing but this crate
//! knows for how long. What it offers is safe, because a [`Batch`] borrows everything that its operations touch, and
//! [`Batch::run`] does not return before the kernel is done with all of it.
//!
//! Every operation is one that does not wait: it does what `recv` and `send` do on a non-blocking socket, and answers
//! what they would. So all of a batch are done within the one system call, in their order. What that saves is the way
//! into the kernel and back, once for each socket.
//!
//! ```
//! use std::io::Write as _;
//! use std::net::{TcpListener, TcpStream};
//!
//! # fn main() -> std::io::Result<()> {
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let mut far = TcpStream::connect(listener.local_addr()?)?;
//! let (near, _) = listener.accept()?;
//! far.write_all(b"hello")?;
//!
//! // Where the system has no io_uring, or forbids it, everybody reads for himself.
//! let Ok(mut ring) = tickwire_ring::Ring::new(64) else { return Ok(()) };
//! let mut slot = [0; 100];
//! let mut batch = ring.batch();
//! batch.receive(&near, &mut slot);
//! let count = batch.run().next().expect("there was one operation")?;
//! assert_eq!(slot[..count], *b"hello");
//! # Ok(())
//! # }
//! ```

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod none;

#[cfg(target_os = "linux")]
pub use self::linux::{Batch, Results, Ring};
#[cfg(not(target_os = "linux"))]
pub use self::none::{Batch, Results, Ring};
