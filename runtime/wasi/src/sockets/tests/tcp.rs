//! TCP: states, errors, and the two sides of a connection.

use socket2::SockRef;
use std::net::{TcpListener as SystemListener, TcpStream as SystemStream};
use std::string::String;

use super::*;
use crate::sockets::tcp::State;

const INVALID_STATE: SocketError = SocketError::InvalidState;

#[test]
fn a_socket_goes_from_state_to_state() {
    run(async {
        let socket = tcp(&everything());
        assert_eq!(socket.local_address(), Err(INVALID_STATE));
        assert_eq!(socket.remote_address(), Err(INVALID_STATE));
        assert_eq!(socket.receive().err(), Some(INVALID_STATE));
        assert_eq!(socket.send().err(), Some(INVALID_STATE));
        assert!(!socket.is_bound() && socket.listener().is_none());

        let any_port = address("127.0.0.1:0");
        assert_eq!(socket.bind(address("192.0.2.1:0")).await, Err(SocketError::AddressNotBindable));
        // After a failed bind, another one is possible.
        assert_eq!(socket.bind(any_port).await, Ok(()));
        assert_eq!(socket.bind(any_port).await, Err(INVALID_STATE));
        assert_ne!(socket.local_address().unwrap().port(), 0);

        socket.listen().await.unwrap();
        assert_eq!(socket.listen().await.err(), Some(INVALID_STATE));
        assert_eq!(socket.bind(any_port).await, Err(INVALID_STATE));
        assert_eq!(socket.connect(address("127.0.0.1:1")).await, Err(INVALID_STATE));
        assert_eq!(socket.set_listen_backlog_size(0), Err(SocketError::InvalidArgument));
        assert_eq!(socket.set_listen_backlog_size(3), Ok(()));
        assert_eq!(socket.send().err(), Some(INVALID_STATE));

        let (client, server) = pair().await;
        assert_eq!(client.remote_address(), server.local_address());
        assert_eq!(server.remote_address(), client.local_address());
        assert_eq!(client.bind(any_port).await, Err(INVALID_STATE));
        assert_eq!(client.listen().await.err(), Some(INVALID_STATE));
        assert_eq!(client.connect(any_port).await, Err(INVALID_STATE));
        assert_eq!(client.set_listen_backlog_size(3), Err(INVALID_STATE));
        let (_source, _sink) = (client.receive().unwrap(), client.send().unwrap());
        assert_eq!(client.receive().err(), Some(INVALID_STATE));
        assert_eq!(client.send().err(), Some(INVALID_STATE));
    });
}

#[test]
fn a_socket_that_is_not_bound_listens_on_a_port_of_the_systems() {
    run(async {
        let socket = tcp(&everything());
        let listener = socket.listen().await.unwrap();
        let port = socket.local_address().unwrap().port();
        let client = tcp(&everything());
        client.connect(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
        accept(&listener).await.unwrap();
    });
}

#[test]
fn errors_of_the_system_are_told() {
    run(async {
        let taken = SystemListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        assert_eq!(tcp(&everything()).bind(address).await, Err(SocketError::AddressInUse));

        drop(taken);
        let socket = tcp(&everything());
        assert_eq!(socket.connect(address).await, Err(SocketError::ConnectionRefused));
        // It is returned again: WASI 0.2 asks when the connection is begun, and once more for the
        // guest.
        let again = poll_fn(|context| socket.poll_connected(context)).await;
        assert_eq!(again, Err(SocketError::ConnectionRefused));
        // It is closed for good.
        assert!(matches!(&*socket.state.lock(), State::Failed(_)));
        assert_eq!(socket.connect(address).await, Err(INVALID_STATE));
        assert_eq!(socket.bind(address).await, Err(INVALID_STATE));
        assert_eq!(socket.hop_limit(), Err(INVALID_STATE));
    });
}

#[test]
fn an_argument_that_is_wrong_leaves_the_socket_as_it_was() {
    run(async {
        let (_listener, address) = listener().await;
        let socket = tcp(&everything());
        for wrong in ["127.0.0.1:0", "0.0.0.0:80", "224.0.0.1:80", "[::1]:80"] {
            let connected = socket.connect(wrong.parse().unwrap()).await;
            assert_eq!(connected, Err(SocketError::InvalidArgument), "{wrong}");
        }
        assert_eq!(socket.connect(address).await, Ok(()));
    });
}

#[test]
fn one_side_is_closed_and_the_other_goes_on() {
    run(async {
        let (client, server) = pair().await;
        let (mut to_server, mut from_server) = (client.send().unwrap(), client.receive().unwrap());
        let (mut to_client, mut from_client) = (server.send().unwrap(), server.receive().unwrap());
        // The connection outlives the sockets.
        drop((client, server));
        write(&mut to_server, "question").await.unwrap();
        drop(to_server);
        assert_eq!(read(&mut from_client).await.unwrap(), "question");
        assert_eq!(read(&mut from_client).await.unwrap(), "");
        write(&mut to_client, "answer").await.unwrap();
        poll_fn(|context| to_client.poll_close(context)).await.unwrap();
        assert_eq!(read(&mut from_server).await.unwrap(), "answer");
        assert_eq!(read(&mut from_server).await.unwrap(), "");
        let broken = error_of(write(&mut to_client, "more").await);
        assert_eq!(broken, Some(SocketError::ConnectionBroken));
    });
}

#[test]
fn a_connection_that_the_peer_resets_is_told() {
    run(async {
        let (listener, address) = listener().await;
        let peer = SystemStream::connect(address).unwrap();
        let socket = accept(&listener).await.unwrap();
        let (mut source, mut sink) = (socket.receive().unwrap(), socket.send().unwrap());
        SockRef::from(&peer).set_linger(Some(core::time::Duration::ZERO)).unwrap();
        drop(peer);
        let reset = error_of(read(&mut source).await);
        assert_eq!(reset, Some(SocketError::ConnectionReset));
        let broken = error_of(write(&mut sink, "more").await);
        assert_eq!(broken, Some(SocketError::ConnectionBroken));
    });
}

#[test]
fn a_call_that_is_given_up_half_way_loses_nothing() {
    run(async {
        let (listener, address) = listener().await;
        // Nobody has connected yet.
        assert!(poll_and_drop(accept(&listener)).is_pending());
        let client = tcp(&everything());
        let _ = poll_and_drop(client.connect(address));
        // It continues connecting.
        assert_eq!(client.connect(address).await, Err(INVALID_STATE));
        let server = accept(&listener).await.unwrap();
        poll_fn(|context| client.poll_connected(context)).await.unwrap();

        let mut source = client.receive().unwrap();
        assert!(poll_and_drop(read(&mut source)).is_pending());
        write(&mut server.send().unwrap(), "text").await.unwrap();
        assert_eq!(read(&mut source).await.unwrap(), "text");
    });
}

#[test]
fn the_end_of_a_socket_that_connects_is_the_end_of_its_connection() {
    run(async {
        let (listener, address) = listener().await;
        let client = tcp(&everything());
        client.start_connect(address).unwrap();
        let _ = poll_and_drop(poll_fn(|context| client.poll_connected(context)));
        drop(client);
        let server = accept(&listener).await.unwrap();
        assert_eq!(read(&mut server.receive().unwrap()).await.unwrap(), "");
    });
}

#[test]
fn a_guest_that_polls_without_end_hears_of_its_peer() {
    // The runtime never learns of anything here.
    run(async {
        let (listener, address) = listener().await;
        let client = tcp(&everything());
        client.start_connect(address).unwrap();
        let now = Context::from_waker(Waker::noop());
        while client.poll_connected(&now).is_pending() {}
        let server = loop {
            if let Poll::Ready(server) = listener.poll_accept(&now) {
                break server.unwrap();
            }
        };
        write(&mut client.send().unwrap(), "text").await.unwrap();
        let mut source = server.receive().unwrap();
        let text: String = loop {
            if let Poll::Ready(text) = poll_and_drop(read(&mut source)) {
                break text.unwrap();
            }
        };
        assert_eq!(text, "text");
    });
}

#[test]
fn options_are_inherited_clamped_and_checked() {
    run(async {
        let socket = tcp(&everything());
        socket.bind(address("127.0.0.1:0")).await.unwrap();
        let listener = socket.listen().await.unwrap();
        assert_eq!(socket.set_hop_limit(0), Err(SocketError::InvalidArgument));
        assert_eq!(socket.set_keep_alive_count(0), Err(SocketError::InvalidArgument));
        assert_eq!(socket.set_keep_alive_interval(0), Err(SocketError::InvalidArgument));
        assert_eq!(socket.set_keep_alive_idle_time(0), Err(SocketError::InvalidArgument));
        assert_eq!(socket.set_receive_buffer_size(0), Err(SocketError::InvalidArgument));
        socket.set_send_buffer_size(u64::MAX).unwrap();
        socket.set_receive_buffer_size(0x10000).unwrap();
        socket.set_keep_alive_enabled(true).unwrap();
        socket.set_keep_alive_idle_time(u64::MAX).unwrap();
        socket.set_keep_alive_interval(1).unwrap();
        socket.set_keep_alive_count(u32::MAX).unwrap();
        socket.set_hop_limit(42).unwrap();

        tcp(&everything()).connect(socket.local_address().unwrap()).await.unwrap();
        let accepted = accept(&listener).await.unwrap();
        assert_eq!(accepted.receive_buffer_size(), Ok(0x10000));
        assert_eq!(accepted.keep_alive_enabled(), Ok(true));
        assert_eq!(accepted.keep_alive_idle_time(), Ok(32_767_000_000_000));
        assert_eq!(accepted.keep_alive_interval(), Ok(1_000_000_000));
        assert_eq!(accepted.keep_alive_count(), Ok(127));
        assert_eq!(accepted.hop_limit(), Ok(42));
    });
}
