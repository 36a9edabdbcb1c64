//! The types of WASI 0.3, converted from and to those of the implementation of files.

use crate::filesystem::{
    Advice, DescriptorFlags, Entry, Kind, LastLink, MetadataHash, NewTime, OpenFlags, Stat, Time,
};
use crate::p3::bindings::clocks::wasi::clocks::system_clock::Instant;
use crate::p3::bindings::filesystem::wasi::filesystem::types;

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
            Kind::Other => Self::Other(None),
        }
    }
}

impl From<Stat> for types::DescriptorStat {
    fn from(stat: Stat) -> Self {
        Self {
            r#type: stat.kind.into(),
            link_count: stat.links,
            size: stat.size,
            data_access_timestamp: stat.accessed.map(instant),
            data_modification_timestamp: stat.modified.map(instant),
            status_change_timestamp: stat.changed.map(instant),
        }
    }
}

fn instant(Time { seconds, nanoseconds }: Time) -> Instant {
    Instant { seconds, nanoseconds }
}

impl From<types::NewTimestamp> for NewTime {
    fn from(time: types::NewTimestamp) -> Self {
        match time {
            types::NewTimestamp::NoChange => Self::Same,
            types::NewTimestamp::Now => Self::Now,
            types::NewTimestamp::Timestamp(Instant { seconds, nanoseconds }) => {
                Self::At(Time { seconds, nanoseconds })
            }
        }
    }
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
