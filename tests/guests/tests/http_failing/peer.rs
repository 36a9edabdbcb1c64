//! Handwritten servers.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// A server on loopback. It stops when it is dropped.
pub(crate) struct Peer {
    pub(crate) authority: String,
    serving: JoinHandle<()>,
}

impl Peer {
    /// Creates a server that runs a closure for each connection, one after the other.
    pub(crate) fn new<F: Future<Output = ()> + Send>(
        serve: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // With a small buffer, a server that does not read is soon full.
        socket.set_recv_buffer_size(4096).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(16).unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream).await;
            }
        });
        Self { authority, serving }
    }

    /// Creates a server that reads the head of each request, answers with some bytes, and closes
    /// the connection.
    pub(crate) fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        Self::new(move |mut stream| {
            let bytes = Arc::clone(&bytes);
            async move {
                head(&mut stream).await;
                let _ = stream.write_all(&bytes).await;
                ended(&mut stream).await;
            }
        })
    }

    /// Creates a server that reads the head of each request, answers with some bytes, and then
    /// waits until the other side closes the connection.
    pub(crate) fn stopping_after(bytes: &'static [u8]) -> Self {
        Self::new(move |mut stream| async move {
            head(&mut stream).await;
            let _ = stream.write_all(bytes).await;
            let mut rest = [0; 1024];
            while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
        })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Reads the head of a request.
pub(crate) async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// Closes the direction to the other side, and reads until that side closes, because a reset would
/// lose bytes.
pub(crate) async fn ended(stream: &mut TcpStream) {
    let _ = stream.shutdown().await;
    let mut rest = [0; 1024];
    let reading = async { while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {} };
    let _ = tokio::time::timeout(Duration::from_secs(5), reading).await;
}

/// Returns `count` lines of headers.
pub(crate) fn headers(count: usize) -> String {
    let lines: Vec<_> = (0..count).map(|number| format!("a{number}: b\r\n")).collect();
    lines.concat()
}
