//! UDP: states, peers and errors.

use super::*;

#[test]
fn datagrams_go_both_ways() {
    run(async {
        let (a, b) = (udp(&everything()), udp(&everything()));
        assert_eq!(a.receive().await.err(), Some(SocketError::InvalidState));
        assert_eq!(a.local_address(), Err(SocketError::InvalidState));
        b.bind(address("127.0.0.1:0")).await.unwrap();
        assert_eq!(b.bind(address("127.0.0.1:0")).await, Err(SocketError::InvalidState));
        let to_b = b.local_address().unwrap();

        assert_eq!(a.send(b"text", None).await, Err(SocketError::InvalidArgument));
        a.send(b"text", Some(to_b)).await.unwrap();
        // Sending has bound it.
        assert_ne!(a.local_address().unwrap().port(), 0);
        let received = b.receive().await.unwrap();
        assert_eq!(received.data, b"text");
        b.send(b"", Some(received.remote)).await.unwrap();
        assert_eq!(a.receive().await.unwrap().data, b"");
    });
}

#[test]
fn a_socket_with_a_peer_knows_no_other() {
    run(async {
        let (a, b, c) = (udp(&everything()), udp(&everything()), udp(&everything()));
        for socket in [&a, &b, &c] {
            socket.bind(address("127.0.0.1:0")).await.unwrap();
        }
        let [to_a, to_b, to_c] = [&a, &b, &c].map(|it| it.local_address().unwrap());
        c.send(b"too early", Some(to_a)).await.unwrap();
        b.send(b"from b", Some(to_a)).await.unwrap();
        a.connect(to_b).await.unwrap();
        assert_eq!(a.remote_address(), Ok(to_b));
        assert_eq!(a.receive().await.unwrap().data, b"from b");
        assert_eq!(a.send(b"x", Some(to_c)).await, Err(SocketError::InvalidArgument));
        a.send(b"x", Some(to_b)).await.unwrap();
        a.send(b"y", None).await.unwrap();
        assert_eq!(b.receive().await.unwrap().data, b"x");
        assert_eq!(b.receive().await.unwrap().data, b"y");

        a.disconnect().unwrap();
        assert_eq!(a.disconnect(), Err(SocketError::InvalidState));
        assert_eq!(a.remote_address(), Err(SocketError::InvalidState));
        assert_eq!(a.local_address(), Ok(to_a));
        c.send(b"from c", Some(to_a)).await.unwrap();
        assert_eq!(a.receive().await.unwrap().data, b"from c");
    });
}

#[test]
fn errors_of_the_system_are_told() {
    run(async {
        let socket = udp(&everything());
        let gone = udp(&everything());
        gone.bind(address("127.0.0.1:0")).await.unwrap();
        let to_gone = gone.local_address().unwrap();
        assert_eq!(udp(&everything()).bind(to_gone).await, Err(SocketError::AddressInUse));
        drop(gone);
        socket.connect(to_gone).await.unwrap();
        socket.send(b"text", None).await.unwrap();
        assert_eq!(socket.receive().await.err(), Some(SocketError::ConnectionRefused));

        let too_large = vec![0; 65_535];
        assert_eq!(socket.send(&too_large, None).await, Err(SocketError::DatagramTooLarge));
        let too_large = vec![0; 65_536];
        assert_eq!(socket.send(&too_large, None).await, Err(SocketError::DatagramTooLarge));
        for wrong in ["127.0.0.1:0", "0.0.0.0:80", "[::1]:80"] {
            let connected = socket.connect(address(wrong)).await;
            assert_eq!(connected, Err(SocketError::InvalidArgument), "{wrong}");
        }
    });
}

#[test]
fn a_call_that_is_given_up_half_way_loses_nothing() {
    run(async {
        let (a, b) = (udp(&everything()), udp(&everything()));
        b.bind(address("127.0.0.1:0")).await.unwrap();
        assert!(poll_and_drop(b.receive()).is_pending());
        a.send(b"text", Some(b.local_address().unwrap())).await.unwrap();
        poll_fn(|context| b.poll_receive_ready(context)).await;
        assert_eq!(b.receive().await.unwrap().data, b"text");
    });
}
