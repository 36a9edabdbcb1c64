//! Reads a body.

use wasip2::http::types::*;
use wasip2::io::streams::StreamError;

/// Reads a body to its end, or until at least `most` bytes were read. Returns the number of bytes,
/// and the end.
pub fn read(body: IncomingBody, most: Option<usize>) -> String {
    let stream = body.stream().unwrap();
    let mut count = 0;
    loop {
        match stream.blocking_read(65536) {
            Ok(bytes) => count += bytes.len(),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => return format!("{count} {:?}", http_error_code(&error)),
        }
        if most.is_some_and(|most| count >= most) { return "dropped".to_string(); }
    }
    drop(stream);
    let trailers = IncomingBody::finish(body);
    trailers.subscribe().block();
    let end = trailers.get().unwrap().unwrap();
    format!("{count} {:?}", end.map(|trailers| trailers.map(|trailers| trailers.entries().len())))
}
