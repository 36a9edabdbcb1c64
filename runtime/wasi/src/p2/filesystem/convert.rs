//! The types of WASI 0.2, converted from and to those of the implementation of files.

use crate::filesystem::{
    Advice, DescriptorFlags, Entry, FsCode, FsError, Kind, LastLink, MetadataHash, NewTime,
    OpenFlags, Stat, Time,
};
use crate::p2::bindings::clocks::wasi::clocks::wall_clock::Datetime;
use crate::p2::bindings::filesystem::wasi::filesystem::types;

impl From<types::DescriptorFlags> for DescriptorFlags {
    fn from(flags: types::DescriptorFlags) -> Self {
        Self::from_bits(flags.bits())
    }
}

impl From<DescriptorFlags> for types::DescriptorFlags {
    fn from(flags: DescriptorFlags) -> Self {
        Self::from_bits(flags.bits())
    }
}

impl From<types::PathFlags> for LastLink {
    fn from(flags: types::PathFlags) -> Self {
        if flags.contains(types::PathFlags::SYMLINK_FOLLOW) { Self::Follow } else { Self::Keep }
    }
}

impl From<types::OpenFlags> for OpenFlags {
    fn from(flags: types::OpenFlags) -> Self {
        Self::from_bits(flags.bits())
    }
}

impl From<types::Advice> for Advice {
    fn from(advice: types::Advice) -> Self {
        match advice {
            types::Advice::Normal => Self::Normal,
            types::Advice::Sequential => Self::Sequential,
            types::Advice::Random => Self::Random,
            types::Advice::WillNeed => Self::WillNeed,
            types::Advice::DontNeed => Self::DontNeed,
            types::Advice::NoReuse => Self::NoReuse,
        }
    }
}

impl From<Kind> for types::DescriptorType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::BlockDevice => Self::BlockDevice,
            Kind::CharacterDevice => Self::CharacterDevice,
            Kind::Directory => Self::Directory,
            Kind::Fifo => Self::Fifo,
            Kind::SymbolicLink => Self::SymbolicLink,
            Kind::RegularFile => Self::RegularFile,
            Kind::Socket => Self::Socket,
            Kind::Other => Self::Unknown,
        }
    }
}

impl From<Stat> for types::DescriptorStat {
    fn from(stat: Stat) -> Self {
        Self {
            r#type: stat.kind.into(),
            link_count: stat.links,
            size: stat.size,
            data_access_timestamp: stat.accessed.and_then(datetime),
            data_modification_timestamp: stat.modified.and_then(datetime),
            status_change_timestamp: stat.changed.and_then(datetime),
        }
    }
}

/// Converts a time, unless it is before 1970, which version 0.2 does not support.
fn datetime(time: Time) -> Option<Datetime> {
    let seconds = u64::try_from(time.seconds).ok()?;
    Some(Datetime { seconds, nanoseconds: time.nanoseconds })
}

/// Returns the time that a guest wants to set for a file.
///
/// # Errors
///
/// The code `overflow` if no system has such a time.
pub(super) fn new_time(time: types::NewTimestamp) -> Result<NewTime, FsError> {
    Ok(match time {
        types::NewTimestamp::NoChange => NewTime::Same,
        types::NewTimestamp::Now => NewTime::Now,
        types::NewTimestamp::Timestamp(Datetime { seconds, nanoseconds }) => {
            let seconds = i64::try_from(seconds).map_err(|_| FsCode::Overflow)?;
            NewTime::At(Time { seconds, nanoseconds })
        }
    })
}

impl From<Entry> for types::DirectoryEntry {
    fn from(entry: Entry) -> Self {
        Self { r#type: entry.kind.into(), name: entry.name }
    }
}

impl From<MetadataHash> for types::MetadataHashValue {
    fn from(MetadataHash { lower, upper }: MetadataHash) -> Self {
        Self { lower, upper }
    }
}
