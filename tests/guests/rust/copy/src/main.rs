//! Copies a file: `copy FROM TO`.

use std::env::args;
use std::fs::File;
use std::io::{Error, Read as _, Write as _};

fn main() -> Result<(), Error> {
    let [_, from, to] = &args().collect::<Vec<_>>()[..] else {
        return Err(Error::other("expected: copy FROM TO"));
    };
    let (mut from, mut to) = (File::open(from)?, File::create(to)?);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..count])?;
    }
}
