//! Reads a body.

use wasip3::http::types::*;
use wasip3::wit_bindgen::{FutureReader, StreamReader, StreamResult};

/// Reads a body to its end, or until at least `most` bytes were read. Returns the number of bytes,
/// and the end.
pub async fn read(mut body: StreamReader<u8>, trailers: FutureReader<Result<Option<Trailers>, ErrorCode>>, most: Option<usize>) -> String {
    let mut count = 0;
    loop {
        let (result, chunk) = body.read(Vec::with_capacity(65536)).await;
        count += chunk.len();
        if most.is_some_and(|most| count >= most) { return "dropped".to_string(); }
        if let StreamResult::Dropped = result { break; }
    }
    drop(body);
    let end = trailers.await;
    format!("{count} {:?}", end.map(|trailers| trailers.map(|trailers| trailers.copy_all().len())))
}
