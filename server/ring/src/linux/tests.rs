//! Batches on sockets of this machine, each by a ring that works and by one that the kernel has given up.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::*;

/// Two connected sockets; the first one has as small a buffer as the kernel gives.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let near = listener.accept().unwrap().0;
    near.set_nodelay(true).unwrap();
    socket2::SockRef::from(&near).set_send_buffer_size(4_096).unwrap();
    (near, far)
}

/// A ring that works, where this system has one, and one that does not.
fn rings() -> impl Iterator<Item = Ring> {
    let broken = Ring { kernel: None, entries: 8, operations: Vec::new(), results: Vec::new() };
    Ring::new(8).into_iter().chain([broken])
}

fn send(ring: &mut Ring, socket: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let mut batch = ring.batch();
    batch.send(socket, bytes);
    batch.run().next().unwrap()
}

fn receive(ring: &mut Ring, socket: &TcpStream, to: &mut [u8]) -> io::Result<usize> {
    let mut batch = ring.batch();
    batch.receive(socket, to);
    batch.run().next().unwrap()
}

/// What came, once something has.
fn receive_soon(ring: &mut Ring, socket: &TcpStream, to: &mut [u8]) -> io::Result<usize> {
    for _ in 0..1_000 {
        match receive(ring, socket, to) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            result => return result,
        }
    }
    panic!("nothing came");
}

#[test]
fn more_operations_than_entries_are_done_in_their_order() {
    for mut ring in rings() {
        let mut pairs: Vec<_> = (0..50).map(|_| pair()).collect();
        for (number, (_, far)) in pairs.iter_mut().enumerate() {
            far.write_all(&vec![number as u8; number + 1]).unwrap();
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
        let mut arena = vec![0; 50 * 64];
        let mut batch = ring.batch();
        for ((near, _), slot) in pairs.iter().zip(arena.chunks_exact_mut(64)) {
            batch.receive(near, slot);
        }
        let results = batch.run();
        assert_eq!(results.len(), 50);
        assert!(results.map(|result| result.unwrap()).eq(1..=50));
        let mut batch = ring.batch();
        for ((near, _), slot) in pairs.iter().zip(arena.chunks_exact(64)) {
            batch.send(near, slot);
        }
        assert!(batch.run().all(|result| result.unwrap() == 64));
        for (number, (_, far)) in pairs.iter_mut().enumerate() {
            let mut got = [0xff; 64];
            far.read_exact(&mut got).unwrap();
            let (came, rest) = got.split_at(number + 1);
            assert!(came.iter().all(|byte| *byte == number as u8) && rest.iter().all(|byte| *byte == 0));
        }
    }
}

#[test]
fn nothing_to_receive_would_block() {
    for mut ring in rings() {
        let (near, _far) = pair();
        assert_eq!(receive(&mut ring, &near, &mut [0; 10]).unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

#[test]
fn what_does_not_fit_is_taken_in_part_and_then_not_at_all_as_a_write_has_it() {
    for mut ring in rings() {
        let (near, mut far) = pair();
        near.set_nonblocking(true).unwrap();
        let bytes: Vec<u8> = (0..8_000_000_u32).map(|at| (at % 251) as u8).collect();
        let (mut sent, mut parts) = (0, 0);
        let refused = loop {
            match send(&mut ring, &near, &bytes[sent..]) {
                Ok(count) => (sent, parts) = (sent + count, parts + 1),
                Err(error) => break error,
            }
        };
        assert_eq!(refused.kind(), ErrorKind::WouldBlock);
        assert!(parts > 0 && sent > 0 && sent < bytes.len(), "{sent} bytes in {parts} parts");
        assert_eq!((&near).write(&bytes).unwrap_err().kind(), ErrorKind::WouldBlock);
        let mut got = vec![0; sent];
        far.read_exact(&mut got).unwrap();
        assert!(got == bytes[..sent], "the bytes differ");
        far.set_nonblocking(true).unwrap();
        assert!(far.read(&mut [0; 10]).is_err(), "more than was counted");
    }
}

#[test]
fn a_peer_that_is_gone_is_told_and_no_signal_comes() {
    for mut ring in rings() {
        let (near, mut far) = pair();
        far.write_all(b"bye").unwrap();
        drop(far);
        let mut to = [0; 10];
        assert_eq!(receive_soon(&mut ring, &near, &mut to).unwrap(), 3);
        assert_eq!(receive_soon(&mut ring, &near, &mut to).unwrap(), 0);
        let kind = loop {
            match send(&mut ring, &near, b"are you there?") {
                Ok(_) => std::thread::sleep(std::time::Duration::from_millis(2)),
                Err(error) => break error.kind(),
            }
        };
        assert!(matches!(kind, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{kind:?}");
    }
}

#[test]
fn one_that_fails_leaves_the_others_alone() {
    for mut ring in rings() {
        let (near, mut far) = pair();
        let not_connected = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        let mut batch = ring.batch();
        batch.send(&near, b"first");
        batch.send(&not_connected, b"nowhere");
        batch.send(&near, b" second");
        let results: Vec<_> = batch.run().map(Result::ok).collect();
        assert_eq!(results, [Some(5), None, Some(7)]);
        let mut got = [0; 12];
        far.read_exact(&mut got).unwrap();
        assert_eq!(got, *b"first second");
    }
}

#[test]
fn a_batch_that_is_not_run_does_nothing_also_later() {
    for mut ring in rings() {
        let (near, mut far) = pair();
        let mut batch = ring.batch();
        batch.send(&near, b"never");
        #[expect(clippy::forget_non_drop, reason = "as with one that would be dropped")]
        std::mem::forget(batch);
        assert_eq!(ring.batch().run().len(), 0);
        assert_eq!(send(&mut ring, &near, b"now").unwrap(), 3);
        drop(near);
        let mut got = Vec::new();
        far.read_to_end(&mut got).unwrap();
        assert_eq!(got, b"now");
    }
}

#[test]
fn memory_is_taken_once() {
    for mut ring in rings() {
        let (near, _far) = pair();
        let mut at = Vec::new();
        for _ in 0..20 {
            let mut batch = ring.batch();
            (0..30).for_each(|_| batch.send(&near, b"x"));
            assert_eq!(batch.run().len(), 30);
            at.push((ring.operations.as_ptr() as usize, ring.results.as_ptr() as usize));
        }
        at.dedup();
        assert_eq!(at.len(), 1);
    }
}

#[test]
fn a_ring_that_the_kernel_refuses_breaks_and_all_is_done_nevertheless() {
    let Ok(mut ring) = Ring::new(8) else { return };
    let (near, mut far) = pair();
    let kernel = ring.kernel.as_ref().unwrap();
    // In place of the ring's own file: what is handed to it from now on is refused.
    let none = std::fs::File::open("/dev/null").unwrap();
    // SAFETY: both are open, and nothing of the ring's file is used again.
    assert!(unsafe { libc::dup2(none.as_raw_fd(), kernel.as_raw_fd()) } >= 0);
    let mut batch = ring.batch();
    batch.send(&near, b"in spite");
    batch.send(&near, b" of it");
    assert!(batch.run().map(|result| result.unwrap()).eq([8, 6]));
    assert!(ring.is_broken());
    let mut got = [0; 14];
    far.read_exact(&mut got).unwrap();
    assert_eq!(got, *b"in spite of it");
}
