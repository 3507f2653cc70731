//! Systems without io_uring: there never is a ring.

use std::convert::Infallible;
use std::io;
use std::marker::PhantomData;

/// Never there on this system.
#[derive(Debug)]
pub struct Ring {
    never: Infallible,
}

/// Operations that are done together.
#[derive(Debug)]
pub struct Batch<'r, 'b> {
    ring: &'r mut Ring,
    borrowed: PhantomData<&'b mut [u8]>,
}

/// What came of each operation, in their order.
#[derive(Debug)]
pub struct Results<'r> {
    ring: &'r Ring,
}

impl Ring {
    /// # Errors
    /// Always: this system has no io_uring.
    pub fn new(_: u32) -> io::Result<Ring> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "only Linux has io_uring"))
    }

    /// Whether the kernel has given up on it.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        match self.never {}
    }

    /// Begins a batch.
    pub fn batch<'b>(&mut self) -> Batch<'_, 'b> {
        Batch { ring: self, borrowed: PhantomData }
    }
}

impl<'r, 'b> Batch<'r, 'b> {
    /// Adds a receive.
    pub fn receive<S>(&mut self, _: &'b S, _: &'b mut [u8]) {
        match self.ring.never {}
    }

    /// Adds a send.
    pub fn send<S>(&mut self, _: &'b S, _: &'b [u8]) {
        match self.ring.never {}
    }

    /// Does them.
    pub fn run(self) -> Results<'r> {
        match self.ring.never {}
    }
}

impl Iterator for Results<'_> {
    type Item = io::Result<usize>;

    fn next(&mut self) -> Option<io::Result<usize>> {
        match self.ring.never {}
    }
}
