//! Writes the sizes and checksums of guests that were just built into `built/list.toml`:
//! `record-built NAME…`.

use std::error::Error;
use std::fs;

use weft_guest_tests::Guests;

fn main() -> Result<(), Box<dyn Error>> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let mut guests = Guests::read()?;
    for guest in guests.guest.iter_mut().filter(|guest| names.contains(&guest.name)) {
        guest.size = fs::metadata(guest.file())?.len();
        guest.checksum = guest.checksum_of_sources()?;
    }
    guests.write()
}
