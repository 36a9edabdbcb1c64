//! The types of WASI 0.2, from and to those of 0.3, which files are implemented with.

use crate::filesystem::FsError;
use crate::p2::bindings::clocks::wasi::clocks::wall_clock::Datetime;
use crate::p2::bindings::filesystem::wasi::filesystem::types as older;
use crate::p3::bindings::clocks::wasi::clocks::system_clock::Instant;
use crate::p3::bindings::filesystem::wasi::filesystem::types;

impl From<older::DescriptorFlags> for types::DescriptorFlags {
    fn from(flags: older::DescriptorFlags) -> Self {
        Self::from_bits(flags.bits())
    }
}

impl From<types::DescriptorFlags> for older::DescriptorFlags {
    fn from(flags: types::DescriptorFlags) -> Self {
        Self::from_bits(flags.bits())
    }
}

impl From<older::PathFlags> for types::PathFlags {
    fn from(flags: older::PathFlags) -> Self {
        Self::from_bits(flags.bits())
    }
}

impl From<older::OpenFlags> for types::OpenFlags {
    fn from(flags: older::OpenFlags) -> Self {
        Self::from_bits(flags.bits())
    }
}

impl From<older::Advice> for types::Advice {
    fn from(advice: older::Advice) -> Self {
        match advice {
            older::Advice::Normal => Self::Normal,
            older::Advice::Sequential => Self::Sequential,
            older::Advice::Random => Self::Random,
            older::Advice::WillNeed => Self::WillNeed,
            older::Advice::DontNeed => Self::DontNeed,
            older::Advice::NoReuse => Self::NoReuse,
        }
    }
}

impl From<types::DescriptorType> for older::DescriptorType {
    fn from(kind: types::DescriptorType) -> Self {
        match kind {
            types::DescriptorType::BlockDevice => Self::BlockDevice,
            types::DescriptorType::CharacterDevice => Self::CharacterDevice,
            types::DescriptorType::Directory => Self::Directory,
            types::DescriptorType::Fifo => Self::Fifo,
            types::DescriptorType::SymbolicLink => Self::SymbolicLink,
            types::DescriptorType::RegularFile => Self::RegularFile,
            types::DescriptorType::Socket => Self::Socket,
            types::DescriptorType::Other(_) => Self::Unknown,
        }
    }
}

impl From<types::DescriptorStat> for older::DescriptorStat {
    fn from(stat: types::DescriptorStat) -> Self {
        Self {
            r#type: stat.r#type.into(),
            link_count: stat.link_count,
            size: stat.size,
            data_access_timestamp: stat.data_access_timestamp.and_then(datetime),
            data_modification_timestamp: stat.data_modification_timestamp.and_then(datetime),
            status_change_timestamp: stat.status_change_timestamp.and_then(datetime),
        }
    }
}

/// Version 0.2 has no time before 1970.
fn datetime(time: Instant) -> Option<Datetime> {
    let seconds = u64::try_from(time.seconds).ok()?;
    Some(Datetime { seconds, nanoseconds: time.nanoseconds })
}

/// Returns the time that a guest wants a file to have.
///
/// # Errors
///
/// Version 0.3 has no such time: it is after the end of the world.
pub(super) fn timestamp(time: older::NewTimestamp) -> Result<types::NewTimestamp, FsError> {
    Ok(match time {
        older::NewTimestamp::NoChange => types::NewTimestamp::NoChange,
        older::NewTimestamp::Now => types::NewTimestamp::Now,
        older::NewTimestamp::Timestamp(Datetime { seconds, nanoseconds }) => {
            let seconds = i64::try_from(seconds).map_err(|_| types::ErrorCode::Overflow)?;
            types::NewTimestamp::Timestamp(Instant { seconds, nanoseconds })
        }
    })
}

impl From<types::DirectoryEntry> for older::DirectoryEntry {
    fn from(entry: types::DirectoryEntry) -> Self {
        Self { r#type: entry.r#type.into(), name: entry.name }
    }
}

impl From<types::MetadataHashValue> for older::MetadataHashValue {
    fn from(types::MetadataHashValue { lower, upper }: types::MetadataHashValue) -> Self {
        Self { lower, upper }
    }
}
