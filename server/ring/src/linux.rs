//! A ring of the kernel, and what is handed to it.

#![expect(unsafe_code, reason = "the kernel is handed addresses: see the comment on each block")]
#![warn(clippy::undocumented_unsafe_blocks)]

use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd as _, RawFd};

use io_uring::{IoUring, Probe, opcode, squeue, types};

/// A submission queue and a completion queue shared with the kernel, empty between two batches.
///
/// It belongs to the thread that made it, as the kernel wants it; the addresses that it remembers, and uses in
/// [`Batch::run`] only, keep it from being sent to another one.
pub struct Ring {
    /// None once the kernel refused to go on: then each operation is a system call of its own.
    kernel: Option<IoUring>,
    entries: usize,
    operations: Vec<Operation>,
    /// Of each operation its bytes, or the number of its error, negative; both fit, as no operation is longer.
    results: Vec<i32>,
}

/// Operations that are done together. It borrows what they touch until they are done.
///
/// Leaking one is harmless: nothing is handed to the kernel before [`Batch::run`], and what a batch collected is
/// forgotten when the next one begins.
#[derive(Debug)]
pub struct Batch<'r, 'b> {
    ring: &'r mut Ring,
    borrowed: PhantomData<&'b mut [u8]>,
}

/// What came of each operation, in their order.
#[derive(Clone, Debug)]
pub struct Results<'r>(std::slice::Iter<'r, i32>);

/// An operation on memory that its batch borrows.
#[derive(Clone, Copy)]
struct Operation {
    socket: RawFd,
    what: What,
    size: u32,
}

#[derive(Clone, Copy)]
enum What {
    ReceiveTo(*mut u8),
    SendFrom(*const u8),
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ring of {} entries{}", self.entries, if self.is_broken() { ", broken" } else { "" })
    }
}

impl Ring {
    /// A ring that takes `entries` operations at once; the kernel rounds up to a power of two. A batch may have more.
    ///
    /// # Errors
    /// Where the kernel has no io_uring or not these operations, or where it is forbidden, as containers often do.
    pub fn new(entries: u32) -> io::Result<Ring> {
        let mut kernel = kernel(entries)?;
        let mut probe = Probe::new();
        kernel.submitter().register_probe(&mut probe)?;
        if ![opcode::Recv::CODE, opcode::Send::CODE].into_iter().all(|code| probe.is_supported(code)) {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "this kernel's io_uring is too old for sockets",
            ));
        }
        // A filter may permit to make a ring and forbid to use it: one that does nothing goes through it.
        // SAFETY: the operation has no memory that it could touch.
        let pushed = unsafe { kernel.submission().push(&opcode::Nop::new().build()) };
        pushed.map_err(io::Error::other)?;
        kernel.submit_and_wait(1)?;
        let done = kernel.completion().count();
        if done != 1 {
            return Err(io::Error::other("io_uring does not answer"));
        }
        let entries = kernel.params().sq_entries() as usize;
        Ok(Ring { kernel: Some(kernel), entries, operations: Vec::new(), results: Vec::new() })
    }

    /// Whether the kernel has given up on it: batches still do all they should, but with a system call for each
    /// operation.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.kernel.is_none()
    }

    /// Begins a batch.
    pub fn batch<'b>(&mut self) -> Batch<'_, 'b> {
        self.operations.clear();
        Batch { ring: self, borrowed: PhantomData }
    }
}

impl<'r, 'b> Batch<'r, 'b> {
    /// Adds what `recv` does: `to` takes what is there. No bytes where the other end is finished, and
    /// [`io::ErrorKind::WouldBlock`] where nothing has come.
    pub fn receive(&mut self, socket: &'b impl AsFd, to: &'b mut [u8]) {
        self.add(socket, What::ReceiveTo(to.as_mut_ptr()), to.len());
    }

    /// Adds what `send` does: as many of the bytes leave as the kernel has room for. [`io::ErrorKind::WouldBlock`]
    /// where it has none, [`io::ErrorKind::BrokenPipe`] and others where the other end is gone.
    pub fn send(&mut self, socket: &'b impl AsFd, bytes: &'b [u8]) {
        self.add(socket, What::SendFrom(bytes.as_ptr()), bytes.len());
    }

    fn add(&mut self, socket: &'b impl AsFd, what: What, size: usize) {
        // Of more than fits into a result a part is done, as the kernel does itself.
        let size = size.min(i32::MAX as usize) as u32;
        self.ring.operations.push(Operation { socket: socket.as_fd().as_raw_fd(), what, size });
    }

    /// Does all of them, in their order.
    ///
    /// It returns when the last one is done. Where the kernel would not say whether one that it has taken is done, the
    /// process is aborted: to return would leave memory in its hands that belongs to others again.
    pub fn run(self) -> Results<'r> {
        let Ring { kernel, entries, operations, results } = self.ring;
        results.clear();
        results.resize(operations.len(), UNDONE);
        for (operations, results) in operations.chunks(*entries).zip(results.chunks_mut(*entries)) {
            // SAFETY: `self` borrows what the operations touch, and is still there.
            if kernel.as_mut().is_some_and(|ring| unsafe { together(ring, operations, results) }.is_err()) {
                // What it did not take stands in its queue, and goes with it.
                *kernel = None;
            }
            let undone = operations.iter().zip(results).filter(|(_, result)| **result == UNDONE);
            // SAFETY: as above.
            undone.for_each(|(operation, result)| *result = unsafe { operation.alone() });
        }
        Results(self.ring.results.iter())
    }
}

impl Iterator for Results<'_> {
    type Item = io::Result<usize>;

    fn next(&mut self) -> Option<io::Result<usize>> {
        let result = *self.0.next()?;
        Some(usize::try_from(result).map_err(|_| io::Error::from_raw_os_error(-result)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Results<'_> {}

impl Operation {
    /// As the kernel reads it. Without waiting: so it is done, or refused, by the time it is taken.
    fn entry(&self, number: usize) -> squeue::Entry {
        let socket = types::Fd(self.socket);
        let entry = match self.what {
            What::ReceiveTo(to) => opcode::Recv::new(socket, to, self.size).flags(RECEIVE).build(),
            What::SendFrom(bytes) => opcode::Send::new(socket, bytes, self.size).flags(SEND).build(),
        };
        entry.user_data(number as u64)
    }

    /// Does it by a system call of its own.
    ///
    /// # Safety
    /// The memory that it names has to be borrowed for it.
    unsafe fn alone(&self) -> i32 {
        let size = self.size as usize;
        let count = match self.what {
            // SAFETY: so says who calls; the kernel writes at most `size` bytes.
            What::ReceiveTo(to) => unsafe { libc::recv(self.socket, to.cast(), size, RECEIVE) },
            // SAFETY: so says who calls; the kernel reads `size` bytes.
            What::SendFrom(bytes) => unsafe { libc::send(self.socket, bytes.cast(), size, SEND) },
        };
        i32::try_from(count).ok().filter(|count| *count >= 0).unwrap_or_else(|| {
            let error = io::Error::last_os_error();
            -error.raw_os_error().unwrap_or(libc::EIO)
        })
    }
}

/// A ring for one thread, which this one is; a percent or three faster than one that any thread may use.
fn kernel(entries: u32) -> io::Result<IoUring> {
    let for_one = IoUring::builder().setup_single_issuer().setup_coop_taskrun().setup_no_sqarray().build(entries);
    match for_one {
        // Before Linux 6.6 there is only the other kind.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => IoUring::new(entries),
        made => made,
    }
}

/// Has the kernel do these operations; it is done with all that it took when this returns.
///
/// # Errors
/// Where it took not all of them. Those have no result, and stand in its queue: it must not be used again.
///
/// # Safety
/// The memory that the operations name has to be borrowed for them until this returns.
unsafe fn together(ring: &mut IoUring, operations: &[Operation], results: &mut [i32]) -> io::Result<()> {
    let mut queue = ring.submission();
    for (number, operation) in operations.iter().enumerate() {
        // SAFETY: the memory is borrowed until this returns, which is when nothing of it is in flight any more.
        if unsafe { queue.push(&operation.entry(number)) }.is_err() {
            break;
        }
    }
    let mut open = queue.len();
    drop(queue);
    while open > 0 {
        let entered = ring.submit_and_wait(open);
        for done in ring.completion() {
            if let Some(result) = results.get_mut(done.user_data() as usize) {
                *result = done.result();
                open -= 1;
            }
        }
        let Err(error) = entered else { continue };
        let in_flight = open - ring.submission().len();
        match error.raw_os_error() {
            Some(libc::EINTR) => {}
            _ if in_flight == 0 => return Err(error),
            // For the moment only: what is in flight is waited for.
            Some(libc::EAGAIN | libc::EBUSY) => {}
            _ => std::process::abort(),
        }
    }
    Ok(())
}

/// No result: it would be a number of bytes that nothing has, or an error that there is not.
const UNDONE: i32 = i32::MIN;
const RECEIVE: i32 = libc::MSG_DONTWAIT;
/// A socket whose other end is gone answers by an error, and not by a signal.
const SEND: i32 = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;

#[cfg(test)]
mod tests;
