//! Sockets that a guest drops are closed. This test is alone in its program, as it counts open
//! descriptors.
#![cfg(all(feature = "sockets", target_os = "linux"))]
#![expect(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

use std::task::{Context, Poll, Waker};

use weft::binding::Own;
use weft_wasi::WasiCtx;
use weft_wasi::bytes::{InputStream, OutputStream};
use weft_wasi::p2::bindings::sockets::wasi::sockets::instance_network::Host as _;
use weft_wasi::p2::bindings::sockets::wasi::sockets::ip_name_lookup::Host as _;
use weft_wasi::p2::bindings::sockets::wasi::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress,
};
use weft_wasi::p2::bindings::sockets::wasi::sockets::tcp::HostTcpSocket as Tcp;
use weft_wasi::p2::bindings::sockets::wasi::sockets::tcp_create_socket::Host as _;
use weft_wasi::p2::bindings::sockets::wasi::sockets::udp::HostUdpSocket as Udp;
use weft_wasi::p2::bindings::sockets::wasi::sockets::udp_create_socket::Host as _;
use weft_wasi::p2::sockets::TcpSocket;

/// The address `127.0.0.1`, and a port that the system chooses.
const ANY_PORT: IpSocketAddress =
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port: 0, address: (127, 0, 0, 1) });

/// Returns a context for polls of a function that doesn't wait.
const fn now() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Waits as a guest does, until a function no longer returns `would-block`.
fn finish<R>(
    wasi: &mut WasiCtx,
    socket: &Own<TcpSocket>,
    mut function: impl FnMut(&mut WasiCtx) -> Result<R, ErrorCode>,
) -> R {
    loop {
        match function(wasi) {
            Err(ErrorCode::WouldBlock) => {
                let pollable = Tcp::subscribe(wasi, socket.borrow());
                while pollable.poll(&mut now()).is_pending() {
                    std::thread::yield_now();
                }
            }
            result => return result.unwrap(),
        }
    }
}

fn bound(wasi: &mut WasiCtx) -> Own<TcpSocket> {
    let network = wasi.instance_network();
    let socket = wasi.create_tcp_socket(IpAddressFamily::Ipv4).unwrap();
    Tcp::start_bind(wasi, socket.borrow(), network.borrow(), ANY_PORT).unwrap();
    Tcp::finish_bind(wasi, socket.borrow()).unwrap();
    socket
}

fn listener(wasi: &mut WasiCtx) -> (Own<TcpSocket>, IpSocketAddress) {
    let socket = bound(wasi);
    Tcp::start_listen(wasi, socket.borrow()).unwrap();
    Tcp::finish_listen(wasi, socket.borrow()).unwrap();
    let address = Tcp::local_address(wasi, socket.borrow()).unwrap();
    (socket, address)
}

/// A socket and the streams of its connection.
type Connected = (Own<TcpSocket>, Own<InputStream>, Own<OutputStream>);

fn connect(wasi: &mut WasiCtx, address: IpSocketAddress) -> Connected {
    let network = wasi.instance_network();
    let socket = wasi.create_tcp_socket(IpAddressFamily::Ipv4).unwrap();
    Tcp::start_connect(wasi, socket.borrow(), network.borrow(), address).unwrap();
    let streams = finish(wasi, &socket, |wasi| Tcp::finish_connect(wasi, socket.borrow()));
    (socket, streams.0, streams.1)
}

/// Makes sockets in each state, and drops them in different orders.
fn use_sockets(wasi: &mut WasiCtx, round: usize) {
    let (listener, address) = listener(wasi);
    let (client, client_input, client_output) = connect(wasi, address);
    let (server, server_input, server_output) =
        finish(wasi, &listener, |wasi| Tcp::accept(wasi, listener.borrow()));
    assert!(client_output.write(b"text").unwrap().is_none());
    let read = loop {
        if let Poll::Ready(read) = server_input.poll_take(&now(), 100) {
            break read.unwrap();
        }
    };
    assert_eq!(read, b"text");
    // Some that nobody has accepted, and some in the middle of an operation.
    let _waiting = connect(wasi, address);
    let network = wasi.instance_network();
    let connecting = wasi.create_tcp_socket(IpAddressFamily::Ipv4).unwrap();
    Tcp::start_connect(wasi, connecting.borrow(), network.borrow(), address).unwrap();
    let pollable = Tcp::subscribe(wasi, listener.borrow());
    let _refused = bound(wasi);

    let datagrams = wasi.create_udp_socket(IpAddressFamily::Ipv4).unwrap();
    Udp::start_bind(wasi, datagrams.borrow(), network.borrow(), ANY_PORT).unwrap();
    Udp::finish_bind(wasi, datagrams.borrow()).unwrap();
    drop(wasi.resolve_addresses(network.borrow(), "127.0.0.1".into()).unwrap());

    if round.is_multiple_of(2) {
        // The streams and the pollable keep their sockets open.
        drop((client, server, listener));
        assert!(server_output.write(b"more").unwrap().is_none());
        drop((client_input, client_output, server_input, server_output, pollable));
    } else {
        drop((client_input, client_output, server_input, server_output, pollable));
        drop((client, server, listener));
    }
}

#[test]
fn no_descriptor_is_left_open() {
    let mut wasi = WasiCtx::builder().inherit_network().allow_ip_name_lookup(true).build();
    // The runtime has its own descriptors.
    use_sockets(&mut wasi, 0);
    let before = open_descriptors();
    for round in 0..50 {
        use_sockets(&mut wasi, round);
    }
    assert_eq!(open_descriptors(), before);
}
