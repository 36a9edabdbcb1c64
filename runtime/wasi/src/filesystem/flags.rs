//! Flags and other parameters of both versions of WASI.

/// The flags of a descriptor, as in WIT.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct DescriptorFlags(u8);

impl DescriptorFlags {
    pub(crate) const READ: Self = Self(1 << 0);
    pub(crate) const WRITE: Self = Self(1 << 1);
    pub(crate) const FILE_INTEGRITY_SYNC: Self = Self(1 << 2);
    pub(crate) const DATA_INTEGRITY_SYNC: Self = Self(1 << 3);
    pub(crate) const REQUESTED_WRITE_SYNC: Self = Self(1 << 4);
    pub(crate) const MUTATE_DIRECTORY: Self = Self(1 << 5);
}

::weft::binding::flags!(
    DescriptorFlags: u8,
    ["read", "write", "file-integrity-sync", "data-integrity-sync", "requested-write-sync", "mutate-directory"]
);

/// The flags of opening, as in WIT.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct OpenFlags(u8);

impl OpenFlags {
    pub(crate) const CREATE: Self = Self(1 << 0);
    pub(crate) const DIRECTORY: Self = Self(1 << 1);
    pub(crate) const EXCLUSIVE: Self = Self(1 << 2);
    pub(crate) const TRUNCATE: Self = Self(1 << 3);
}

::weft::binding::flags!(OpenFlags: u8, ["create", "directory", "exclusive", "truncate"]);

/// The treatment of a symbolic link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastLink {
    /// The link is followed.
    Follow,
    /// The link itself is used.
    Keep,
}

/// The future use of a part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advice {
    Normal,
    Sequential,
    Random,
    WillNeed,
    DontNeed,
    NoReuse,
}
