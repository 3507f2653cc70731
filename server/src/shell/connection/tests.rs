//! Partial writes, on a socket pair.

use std::io::Read as _;

use tungstenite::protocol::frame::coding::Data;

use super::*;
use crate::config::Config;
use crate::shell::listener::Places;

/// A connection with a kernel buffer as small as it gets, and its other end.
fn pair() -> (Connection, std::net::TcpStream, Limits) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let far = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    far.set_recv_buffer_size(65_536).unwrap();
    far.connect(&listener.local_addr().unwrap().into()).unwrap();
    let far = std::net::TcpStream::from(far);
    far.set_nonblocking(true).unwrap();
    let near = listener.accept().unwrap().0;
    near.set_nonblocking(true).unwrap();
    socket2::SockRef::from(&near).set_send_buffer_size(16_384).unwrap();
    let config = Config::default();
    let limits = Limits::of(&config);
    let place = Places::new(&config).take([127, 0, 0, 1].into()).unwrap();
    let stream = Stream::Plain(mio::net::TcpStream::from_std(near));
    (Connection::new(stream, place, Role::Plays, &limits, 0), far, limits)
}

fn read_some(far: &mut std::net::TcpStream, got: &mut Vec<u8>) {
    let mut buffer = vec![0; 50_000];
    if let Ok(count) = far.read(&mut buffer) {
        got.extend_from_slice(&buffer[..count]);
    }
}

#[test]
fn what_the_kernel_took_a_part_of_leaves_whole_and_in_order() {
    let (mut connection, mut far, limits) = pair();
    let (mut expected, mut got, mut small) = (Vec::new(), Vec::new(), Vec::new());
    let (mut parts, mut nothings) = (0, 0);
    for tick in 0..400_u64 {
        let large = vec![tick as u8; 100_000 + tick as usize];
        let private = vec![0x83, tick as u8];
        if tick % 7 == 0 && !connection.is_blocked() {
            connection.ping();
            put_head(&mut expected, OpCode::Control(Control::Ping), 0);
        }
        if !connection.is_blocked() {
            match connection.write([&[], &[], &private, &large], &mut small, tick) {
                Wrote::Gone => panic!("the socket is gone"),
                Wrote::Nothing => nothings += 1,
                wrote => {
                    parts += u32::from(wrote == Wrote::Part);
                    for frame in [&private, &large] {
                        put_head(&mut expected, OpCode::Data(Data::Binary), frame.len());
                        expected.extend_from_slice(frame);
                    }
                }
            }
        }
        (0..tick % 4).for_each(|_| read_some(&mut far, &mut got));
        connection.flush(tick);
    }
    assert!(parts > 3, "{parts} partial writes, {nothings} refused");
    let until = crate::shell::clock::now() + crate::shell::clock::millis(10_000);
    while got.len() < expected.len() && crate::shell::clock::now() < until {
        read_some(&mut far, &mut got);
        connection.flush(400);
    }
    assert_eq!(got.len(), expected.len());
    assert!(got == expected, "the bytes differ");
    assert!(!connection.is_blocked() && !connection.does_not_read(u64::MAX, &limits));
}

#[test]
fn who_takes_nothing_for_too_long_is_known_and_who_takes_a_little_is_not() {
    let (mut connection, mut far, limits) = pair();
    let large = vec![1; 4_000_000];
    assert_eq!(connection.write([&large, &[], &[], &[]], &mut Vec::new(), 0), Wrote::Part);
    let later = 6_000_000_000;
    assert!(connection.does_not_read(later, &limits));
    let mut got = Vec::new();
    (0..20).for_each(|_| read_some(&mut far, &mut got));
    std::thread::sleep(std::time::Duration::from_millis(50));
    connection.flush(later);
    assert!(!connection.does_not_read(later + 1, &limits));
}

#[test]
fn what_was_gathered_and_taken_in_part_leaves_whole() {
    let frames: [&[u8]; 4] = [&[1; 300], &[], &[2; 20], &[3; 2_000]];
    let (mut connection, _far, _limits) = pair();
    connection.ping();
    let (owed, mut all) = (connection.owed.clone(), Vec::new());
    assert!(connection.gather(frames, &mut all));
    assert!(all.starts_with(&owed));
    for taken in 0..=all.len() {
        (connection.owed, connection.blocked) = (owed.clone(), None);
        let (wrote, rest) = match taken {
            taken if taken <= owed.len() => (Wrote::Nothing, &owed[taken..]),
            taken if taken < all.len() => (Wrote::Part, &all[taken..]),
            _ => (Wrote::All, &[][..]),
        };
        assert_eq!(connection.wrote(Ok(taken), &all, 1), wrote, "{taken}");
        assert_eq!(connection.owed, rest, "{taken}");
        assert_eq!(connection.is_blocked(), wrote != Wrote::All, "{taken}");
    }
    assert_eq!(connection.wrote(Err(io::ErrorKind::BrokenPipe.into()), &all, 1), Wrote::Gone);
}

#[test]
fn what_fills_its_slot_is_read_on() {
    use std::io::Write as _;
    let heard = |sent: usize, slot: usize, ends: bool| {
        let (mut connection, mut far, limits) = pair();
        connection.joined();
        let bytes: Vec<u8> = (0..sent).flat_map(|frame| [0x82, 0x84, 0, 0, 0, 0, frame as u8, 1, 2, 3]).collect();
        far.write_all(&bytes).unwrap();
        let mut far = Some(far).filter(|_| !ends);
        std::thread::sleep(std::time::Duration::from_millis(20));
        let mut slot = vec![0; slot];
        let Stream::Plain(socket) = connection.stream() else { unreachable!() };
        let came = Came { result: socket.read(&mut slot), slot: &mut slot };
        let mut heard = Vec::new();
        let mut hear = |frame: Option<&[u8]>| heard.extend(frame.map(|frame| usize::from(frame[0])));
        let mut scratch = Scratch::new();
        let drained = connection.drain(Some(came), 0, &limits, &mut scratch, &mut hear);
        let again = connection.drain(None, 0, &limits, &mut scratch, &mut |_| panic!("heard twice"));
        far.take();
        assert!(heard.into_iter().eq(0..sent));
        (drained, again)
    };
    assert_eq!(heard(3, 100, false), (Drained::Dry, Drained::Nothing));
    assert_eq!(heard(10, 100, false), (Drained::Dry, Drained::Nothing), "just full");
    assert_eq!(heard(35, 100, false), (Drained::Dry, Drained::Nothing), "the rest was read");
    assert_eq!(heard(35, 100, true), (Drained::Dry, Drained::Gone));
    assert_eq!(heard(10, 100, true), (Drained::More, Drained::Gone), "the end is told by the next read");
}
