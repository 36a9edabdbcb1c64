//! Placeholders for the parts of files that only Linux has.

use std::fs::File;
use std::io;

use crate::filesystem::flags::Advice;

/// Returns `None`: it is not known if reading has to wait.
pub(in crate::filesystem) const fn read_cached(
    _: &File,
    _: &mut [u8],
    _: u64,
) -> Option<io::Result<usize>> {
    None
}

/// Does nothing: advice is optional.
pub(in crate::filesystem) const fn advise(_: &File, _: u64, _: u64, _: Advice) -> io::Result<()> {
    Ok(())
}
