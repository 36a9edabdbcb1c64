//! Permissions: only things that the host has allowed are allowed.

use std::string::ToString as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::vec::Vec;

use spin::Mutex;

use super::*;
use crate::sockets::{AddressPattern, SocketAddrUse};

const DENIED: Result<(), SocketError> = Err(SocketError::AccessDenied);

fn pattern(text: &str) -> [AddressPattern; 1] {
    [text.parse().unwrap()]
}

#[test]
fn a_guest_has_no_network_unless_its_host_says_so() {
    run(async {
        let (_listener, open) = listener().await;
        let nothing = permissions(|builder| builder);
        assert_eq!(tcp(&nothing).bind(address("127.0.0.1:0")).await, DENIED);
        assert_eq!(tcp(&nothing).connect(open).await, DENIED);
        assert_eq!(tcp(&nothing).listen().await.map(drop), DENIED);
        assert_eq!(udp(&nothing).bind(address("127.0.0.1:0")).await, DENIED);
        assert_eq!(udp(&nothing).connect(open).await, DENIED);
        assert_eq!(udp(&nothing).send(b"", Some(open)).await, DENIED);

        let neither = permissions(|it| it.inherit_network().allow_tcp(false).allow_udp(false));
        assert_eq!(TcpSocket::create(&neither, Family::Ipv4).map(drop), DENIED);
        assert_eq!(UdpSocket::create(&neither, Family::Ipv6).map(drop), DENIED);
    });
}

#[test]
fn a_list_of_addresses_to_connect_to_allows_no_others() {
    run(async {
        let (listener, open) = listener().await;
        let some = permissions(|it| it.allow_tcp_connect(pattern(&open.to_string())));
        tcp(&some).connect(open).await.unwrap();
        accept(&listener).await.unwrap();
        assert_eq!(tcp(&some).connect(address("127.0.0.1:1")).await, DENIED);
        assert_eq!(tcp(&some).bind(address("127.0.0.1:0")).await, DENIED);
        assert_eq!(udp(&some).send(b"", Some(open)).await, DENIED);
    });
}

#[test]
fn a_list_of_addresses_to_bind_to_allows_to_listen_there() {
    run(async {
        let some = permissions(|it| it.allow_tcp_bind(pattern("127.0.0.1:0")));
        assert_eq!(tcp(&some).bind(address("0.0.0.0:0")).await, DENIED);
        assert_eq!(tcp(&some).listen().await.map(drop), DENIED);
        let socket = tcp(&some);
        socket.bind(address("127.0.0.1:0")).await.unwrap();
        let listener = socket.listen().await.unwrap();
        let open = socket.local_address().unwrap();
        assert_eq!(tcp(&some).connect(open).await, DENIED);
        tcp(&everything()).connect(open).await.unwrap();
        accept(&listener).await.unwrap();
    });
}

#[test]
fn lists_of_addresses_for_datagrams_allow_no_others() {
    run(async {
        let server = udp(&permissions(|it| it.allow_udp_bind(pattern("127.0.0.1:0"))));
        server.bind(address("127.0.0.1:0")).await.unwrap();
        let to_server = server.local_address().unwrap();
        let client = udp(&permissions(|it| it.allow_udp_send([to_server])));
        assert_eq!(client.bind(address("127.0.0.1:0")).await, DENIED);
        client.bind(address("0.0.0.0:0")).await.unwrap();
        let port = client.local_address().unwrap().port();
        let to_client = SocketAddr::from(([127, 0, 0, 1], port));
        client.send(b"question", Some(to_server)).await.unwrap();
        assert_eq!(client.send(b"", Some(address("127.0.0.1:1"))).await, DENIED);
        assert_eq!(server.receive().await.unwrap().data, b"question");
        assert_eq!(server.send(b"answer", Some(to_client)).await, DENIED);

        // It receives only from addresses that it may send to.
        let other = udp(&everything());
        other.send(b"from elsewhere", Some(to_client)).await.unwrap();
        server.try_send(b"answer", crate::sockets::udp::Target::Address(to_client)).unwrap();
        assert_eq!(client.receive().await.unwrap().data, b"answer");
    });
}

#[test]
fn the_host_is_asked_for_each_use() {
    run(async {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let some = permissions(|it| {
            it.socket_addr_check(move |address, reason| {
                log.lock().push((reason, address));
                async { true }
            })
        });
        let take = || core::mem::take(&mut *asked.lock());
        let (any_port, implicit) = (address("127.0.0.1:0"), address("0.0.0.0:0"));

        let socket = tcp(&some);
        socket.bind(any_port).await.unwrap();
        let listener = socket.listen().await.unwrap();
        let open = socket.local_address().unwrap();
        assert_eq!(take(), [(SocketAddrUse::TcpBind, any_port), (SocketAddrUse::TcpListen, open)]);
        let client = tcp(&some);
        client.connect(open).await.unwrap();
        assert_eq!(take(), [(SocketAddrUse::TcpBind, implicit), (SocketAddrUse::TcpConnect, open)]);
        accept(&listener).await.unwrap();
        assert_eq!(take(), [(SocketAddrUse::TcpAccept, client.local_address().unwrap())]);

        let (receiver, sender) = (udp(&some), udp(&some));
        receiver.bind(any_port).await.unwrap();
        let to_receiver = receiver.local_address().unwrap();
        sender.send(b"", Some(to_receiver)).await.unwrap();
        let from = receiver.receive().await.unwrap().remote;
        let expected = [
            (SocketAddrUse::UdpBind, any_port),
            (SocketAddrUse::UdpBind, implicit),
            (SocketAddrUse::UdpSend, to_receiver),
            (SocketAddrUse::UdpReceive, from),
        ];
        assert_eq!(take(), expected);
    });
}

#[test]
fn what_the_host_refuses_a_guest_does_not_see() {
    run(async {
        let is_open = Arc::new(AtomicBool::new(false));
        let answer = Arc::clone(&is_open);
        let some = permissions(|it| {
            it.socket_addr_check(move |_, reason| {
                let is_open = answer.load(Ordering::Relaxed);
                let is_incoming =
                    matches!(reason, SocketAddrUse::TcpAccept | SocketAddrUse::UdpReceive);
                async move { is_open || !is_incoming }
            })
        });
        let socket = tcp(&some);
        socket.bind(address("127.0.0.1:0")).await.unwrap();
        let listener = socket.listen().await.unwrap();
        let refused = tcp(&everything());
        refused.connect(socket.local_address().unwrap()).await.unwrap();
        assert!(poll_and_drop(accept(&listener)).is_pending());
        let reset = error_of(read(&mut refused.receive().unwrap()).await);
        assert_eq!(reset, Some(SocketError::ConnectionReset));

        let (receiver, sender) = (udp(&some), udp(&everything()));
        receiver.bind(address("127.0.0.1:0")).await.unwrap();
        let to_receiver = Some(receiver.local_address().unwrap());
        sender.send(b"refused", to_receiver).await.unwrap();
        assert!(poll_and_drop(receiver.receive()).is_pending());
        is_open.store(true, Ordering::Relaxed);
        sender.send(b"accepted", to_receiver).await.unwrap();
        assert_eq!(receiver.receive().await.unwrap().data, b"accepted");
    });
}

#[test]
fn a_guest_waits_while_its_host_thinks() {
    run(async {
        let permitted = Arc::new(AtomicBool::new(false));
        let answer = Arc::clone(&permitted);
        let some = permissions(|it| {
            it.socket_addr_check(move |_, _| {
                let answer = Arc::clone(&answer);
                poll_fn(move |_| {
                    let is_permitted = answer.load(Ordering::Relaxed);
                    if is_permitted { Poll::Ready(true) } else { Poll::Pending }
                })
            })
        });
        let socket = tcp(&some);
        let any_port = address("127.0.0.1:0");
        assert!(poll_and_drop(socket.bind(any_port)).is_pending());
        // It is still not bound.
        assert!(!socket.is_bound());
        permitted.store(true, Ordering::Relaxed);
        socket.bind(any_port).await.unwrap();
    });
}
