//! Partial writes, on a socket pair.

use std::io::Read as _;

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
