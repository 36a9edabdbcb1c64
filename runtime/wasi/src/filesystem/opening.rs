//! Opening files and folders.

use std::io::{self, ErrorKind};
use std::string::String;
use std::sync::Arc;

use cap_fs_ext::{
    FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsMaybeDirExt as _, OpenOptionsSyncExt as _,
};
use cap_std::fs::{Dir, OpenOptions};

use super::code::FsCode;
use super::descriptor::Descriptor;
use super::directory::Directory;
use super::error::FsError;
use super::file::File;
use super::flags::{DescriptorFlags, LastLink, OpenFlags};
use super::metadata::Kind;
use super::system;

/// The flags of a descriptor for how far a write has to get.
const SYNC: [DescriptorFlags; 3] = [
    DescriptorFlags::FILE_INTEGRITY_SYNC,
    DescriptorFlags::DATA_INTEGRITY_SYNC,
    DescriptorFlags::REQUESTED_WRITE_SYNC,
];

impl Directory {
    /// Opens the file or folder at a path.
    pub(crate) async fn open(
        &self,
        last: LastLink,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Descriptor, FsError> {
        let creates = open_flags.contains(OpenFlags::CREATE);
        let truncates = open_flags.contains(OpenFlags::TRUNCATE);
        let only_directories = open_flags.contains(OpenFlags::DIRECTORY);
        let is_exclusive = open_flags.contains(OpenFlags::EXCLUSIVE);
        if only_directories && (creates || truncates || is_exclusive) {
            return Err(FsCode::Invalid.into());
        }
        let mode = mode(open_flags, flags);
        if mode.contains(DescriptorFlags::WRITE) {
            self.may_change()?;
        }
        let mut options = OpenOptions::new();
        options
            .read(mode.contains(DescriptorFlags::READ))
            .write(mode.contains(DescriptorFlags::WRITE))
            .create(creates && !is_exclusive)
            .create_new(creates && is_exclusive)
            .truncate(truncates)
            .maybe_dir(true)
            // Opening a pipe does not wait for its other side.
            .nonblock(true)
            .sync(flags.contains(DescriptorFlags::FILE_INTEGRITY_SYNC))
            .dsync(flags.contains(DescriptorFlags::DATA_INTEGRITY_SYNC))
            .rsync(flags.contains(DescriptorFlags::REQUESTED_WRITE_SYNC))
            .follow(if last == LastLink::Follow {
                FollowSymlinks::Yes
            } else {
                FollowSymlinks::No
            });
        if only_directories {
            system::only_directories(&mut options);
        }
        let opened = self
            .run(move |folder| {
                let file = folder.open_with(path, &options)?;
                let kind = Kind::from(file.metadata()?.file_type());
                Ok((file, kind))
            })
            .await;
        let (file, kind) = opened?;
        if kind != Kind::Directory {
            if only_directories {
                return Err(FsCode::NotDirectory.into());
            }
            let system = Arc::new(file.into_std());
            let (permissions, place) = (self.permissions, self.place);
            return Ok(File { system, kind, flags: mode, permissions, place }.into());
        }
        if mode.contains(DescriptorFlags::WRITE) {
            // Some systems open a folder for writing.
            return Err(io::Error::from(ErrorKind::IsADirectory).into());
        }
        let changes = DescriptorFlags::MUTATE_DIRECTORY;
        let mut mode = mode;
        if flags.contains(changes) && self.may_change().is_ok() {
            mode.insert(changes);
        }
        Ok(self.opened(Dir::from_std_file(file.into_std()), mode).into())
    }
}

/// Returns the flags with which a file is opened. A file is always opened to read or write it.
/// Creating or truncating it is writing.
fn mode(open_flags: OpenFlags, flags: DescriptorFlags) -> DescriptorFlags {
    let mut mode = DescriptorFlags::empty();
    let writes = flags.contains(DescriptorFlags::WRITE);
    if flags.contains(DescriptorFlags::READ) || !writes {
        mode.insert(DescriptorFlags::READ);
    }
    let changes = [OpenFlags::CREATE, OpenFlags::TRUNCATE];
    if writes || changes.into_iter().any(|flag| open_flags.contains(flag)) {
        mode.insert(DescriptorFlags::WRITE);
    }
    for flag in SYNC.into_iter().filter(|flag| flags.contains(*flag)) {
        mode.insert(flag);
    }
    mode
}
