//! Files, without a guest: in both places where the work may be done.

use core::future::Future;
use core::task::{Context, Poll, Waker};
use std::boxed::Box;
use std::format;
use std::string::{String, ToString as _};
use std::sync::Arc;
use std::task::Wake;
use std::thread::{self, Thread};
use std::vec;
use std::vec::Vec;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use tempfile::TempDir;

use super::descriptor::Descriptor;
use super::directory::Directory;
use super::place::Place;
use super::{
    DescriptorFlags, DirectoryEntries, FsCode, FsError, FsPerms, Kind, LastLink, NewTime,
    OpenFlags, Time,
};
use crate::bytes::{ByteSink, ByteSource};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

fn code<R>(result: Result<R, FsError>) -> FsCode {
    let Err(error) = result else { return FsCode::WouldBlock };
    error.into_code().unwrap()
}

/// A folder of a guest, inside of a folder that the guest does not have.
struct Scene {
    outer: TempDir,
    directory: Directory,
    place: Place,
}

fn scenes(permissions: FsPerms) -> impl Iterator<Item = Scene> {
    [Place::Thread, Place::Here].into_iter().map(move |place| {
        let outer = TempDir::new().unwrap();
        let inner = outer.path().join("inner");
        std::fs::create_dir_all(inner.join("folder")).unwrap();
        std::fs::write(inner.join("file"), "hello").unwrap();
        std::fs::write(outer.path().join("secret"), "secret").unwrap();
        let folder = Dir::open_ambient_dir(inner, ambient_authority()).unwrap();
        Scene { outer, directory: Directory::preopened(folder, permissions).at(place), place }
    })
}

const READ: DescriptorFlags = DescriptorFlags::READ;
const WRITE: DescriptorFlags = DescriptorFlags::WRITE;

impl Scene {
    fn open(
        &self,
        path: &str,
        open: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Descriptor, FsError> {
        block_on(self.directory.open(LastLink::Follow, path.into(), open, flags))
    }

    fn contents(&self, path: &str) -> String {
        std::fs::read_to_string(self.outer.path().join("inner").join(path)).unwrap()
    }
}

#[test]
fn nothing_leads_out_of_a_folder() {
    for scene in scenes(FsPerms::ReadWrite) {
        let inner = scene.outer.path().join("inner");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret", inner.join("link")).unwrap();
            std::os::unix::fs::symlink(scene.outer.path(), inner.join("absolute")).unwrap();
        }
        let absolute = format!("{}/secret", scene.outer.path().display());
        for path in
            ["..", "../secret", "folder/../../secret", "link", "absolute/secret", &absolute, "/"]
        {
            let opened = scene.open(path, OpenFlags::empty(), READ);
            assert_eq!(code(opened), FsCode::NotPermitted, "{path}");
        }
        let directory = &scene.directory;
        let escaped = block_on(directory.create_directory("../made".into()));
        assert_eq!(code(escaped), FsCode::NotPermitted);
        let escaped = block_on(directory.rename("file".into(), directory, "../file".into()));
        assert_eq!(code(escaped), FsCode::NotPermitted);
        let escaped = block_on(directory.unlink_file("../secret".into()));
        assert_eq!(code(escaped), FsCode::NotPermitted);
        let escaped = block_on(directory.symlink("/etc".into(), "etc".into()));
        assert_eq!(code(escaped), FsCode::NotPermitted);
        let escaped = block_on(directory.stat_at(LastLink::Follow, "link".into()));
        assert_eq!(code(escaped), FsCode::NotPermitted);
        assert!(block_on(directory.stat_at(LastLink::Keep, "link".into())).is_ok());
        assert_eq!(code(block_on(directory.read_link("absolute".into()))), FsCode::NotPermitted);
    }
}

#[test]
fn what_may_only_be_read_is_not_changed() {
    for scene in scenes(FsPerms::ReadOnly) {
        let directory = &scene.directory;
        let none = OpenFlags::empty();
        let opened = [
            scene.open("new", OpenFlags::CREATE, READ),
            scene.open("file", OpenFlags::TRUNCATE, READ),
            scene.open("file", none, WRITE),
        ];
        for opened in opened {
            assert_eq!(code(opened), FsCode::NotPermitted);
        }
        let now = NewTime::Now;
        let refused = [
            block_on(directory.create_directory("new".into())),
            block_on(directory.remove_directory("folder".into())),
            block_on(directory.unlink_file("file".into())),
            block_on(directory.symlink("file".into(), "link".into())),
            block_on(directory.link(LastLink::Keep, "file".into(), directory, "link".into())),
            block_on(directory.rename("file".into(), directory, "other".into())),
            block_on(directory.set_times_at(LastLink::Keep, "file".into(), now, now)),
        ];
        for refused in refused {
            assert_eq!(code(refused), FsCode::NotPermitted);
        }
        let descriptor = scene.open("file", none, READ).unwrap();
        let file = descriptor.file().unwrap();
        assert_eq!(code(block_on(file.set_size(1))), FsCode::NotPermitted);
        assert_eq!(code(block_on(file.write(vec![1], 0))), FsCode::NotPermitted);
        assert_eq!(code(file.write_from(0)), FsCode::NotPermitted);
        assert_eq!(code(file.append()), FsCode::NotPermitted);
        assert_eq!(code(block_on(descriptor.set_times(now, now))), FsCode::NotPermitted);
        assert_eq!(block_on(file.read(9, 0)).unwrap(), b"hello");
        let folder = scene.open("folder", OpenFlags::DIRECTORY, DescriptorFlags::MUTATE_DIRECTORY);
        assert_eq!(folder.unwrap().flags().bits(), READ.bits());
        assert_eq!(scene.contents("file"), "hello");
    }
}

#[test]
fn files_are_read_and_written_anywhere() {
    for scene in scenes(FsPerms::ReadWrite) {
        let descriptor = scene.open("file", OpenFlags::empty(), READ | WRITE).unwrap();
        let file = descriptor.file().unwrap();
        assert_eq!(block_on(file.read(0, 0)).unwrap(), b"");
        assert_eq!(block_on(file.read(2, 3)).unwrap(), b"lo");
        assert_eq!(block_on(file.read(u64::MAX, 1)).unwrap(), b"ello");
        assert_eq!(block_on(file.read(1, 5)).unwrap(), b"");
        assert_eq!(block_on(file.read(1, 1 << 40)).unwrap(), b"");
        assert_eq!(code(block_on(file.read(1, u64::MAX))), FsCode::Invalid);
        assert_eq!(block_on(file.write(b"".to_vec(), 0)).unwrap(), 0);
        assert_eq!(block_on(file.write(b"XY".to_vec(), 7)).unwrap(), 2);
        assert_eq!(scene.contents("file"), "hello\0\0XY");
        assert_eq!(code(block_on(file.write(b"X".to_vec(), u64::MAX))), FsCode::Invalid);
        assert_eq!(code(block_on(file.set_size(u64::MAX))), FsCode::Invalid);
        block_on(file.set_size(2)).unwrap();
        assert_eq!(scene.contents("file"), "he");
        block_on(descriptor.sync(true)).unwrap();
        block_on(descriptor.sync(false)).unwrap();
        // It only does what it was opened for.
        let reader = scene.open("file", OpenFlags::empty(), READ).unwrap();
        assert_eq!(code(reader.file().unwrap().write_from(0)), FsCode::BadDescriptor);
        let writer = scene.open("file", OpenFlags::empty(), WRITE).unwrap();
        assert_eq!(code(writer.readable().unwrap().read_from(0)), FsCode::BadDescriptor);
        assert_eq!(code(block_on(writer.file().unwrap().read(1, 0))), FsCode::BadDescriptor);
    }
}

#[test]
fn streams_have_their_own_positions_and_outlive_their_descriptor() {
    for scene in scenes(FsPerms::ReadWrite) {
        let descriptor = scene.open("file", OpenFlags::empty(), READ | WRITE).unwrap();
        let file = descriptor.file().unwrap();
        let mut source = file.read_from(1).unwrap();
        let mut sinks =
            [file.write_from(5).unwrap(), file.append().unwrap(), file.write_from(2).unwrap()];
        drop(descriptor);
        for (sink, text) in sinks.iter_mut().zip([" world", "!", "L"]) {
            let bytes = text.as_bytes();
            let count = block_on(core::future::poll_fn(|context| sink.poll_write(context, bytes)));
            assert_eq!(count.unwrap(), bytes.len());
            block_on(core::future::poll_fn(|context| sink.poll_flush(context))).unwrap();
        }
        let mut read = Vec::new();
        let mut buffer = [0; 4];
        loop {
            let next = core::future::poll_fn(|context| source.poll_read(context, &mut buffer));
            match block_on(next).unwrap() {
                0 => break,
                count => read.extend(buffer.iter().take(count)),
            }
        }
        assert_eq!(String::from_utf8(read).unwrap(), "eLlo world!");
    }
}

#[test]
fn what_a_sink_has_taken_is_written_after_it_is_dropped() {
    for scene in scenes(FsPerms::ReadWrite) {
        let descriptor = scene.open("new", OpenFlags::CREATE, WRITE).unwrap();
        let mut sink = descriptor.file().unwrap().write_from(0).unwrap();
        let bytes = vec![b'x'; 1 << 19];
        let written = sink.poll_write(&mut Context::from_waker(Waker::noop()), &bytes);
        assert!(matches!(written, Poll::Ready(Ok(count)) if count == bytes.len()));
        drop((sink, descriptor));
        let path = scene.outer.path().join("inner/new");
        while std::fs::metadata(&path).unwrap().len() < 1 << 19 {
            thread::yield_now();
        }
    }
}

#[test]
fn errors_of_the_system_have_their_codes() {
    for scene in scenes(FsPerms::ReadWrite) {
        let directory = &scene.directory;
        let none = OpenFlags::empty();
        let cases = [
            ("missing", none, READ, FsCode::NoEntry),
            ("", none, READ, FsCode::NoEntry),
            ("file/below", none, READ, FsCode::NotDirectory),
            ("folder", none, WRITE, FsCode::IsDirectory),
            ("file", OpenFlags::DIRECTORY, READ, FsCode::NotDirectory),
            ("file", OpenFlags::CREATE | OpenFlags::EXCLUSIVE, READ, FsCode::Exist),
            ("new", OpenFlags::CREATE | OpenFlags::DIRECTORY, READ, FsCode::Invalid),
            ("a\0b", none, READ, FsCode::Invalid),
            (&"x".repeat(300), none, READ, FsCode::NameTooLong),
        ];
        for (path, open, flags, expected) in cases {
            assert_eq!(code(scene.open(path, open, flags)), expected, "{path}");
        }
        std::fs::write(scene.outer.path().join("inner/folder/full"), "").unwrap();
        let full = block_on(directory.remove_directory("folder".into()));
        assert_eq!(code(full), FsCode::NotEmpty);
        let file = block_on(directory.remove_directory("file".into()));
        assert_eq!(code(file), FsCode::NotDirectory);
        let folder = block_on(directory.unlink_file("folder".into()));
        assert_eq!(code(folder), FsCode::IsDirectory);
        block_on(directory.symlink("loop".into(), "loop".into())).unwrap();
        assert_eq!(code(scene.open("loop", none, READ)), FsCode::Loop);
        let followed = directory.link(LastLink::Follow, "file".into(), directory, "link".into());
        assert_eq!(code(block_on(followed)), FsCode::Invalid);
        let descriptor = scene.open("file", none, READ).unwrap();
        assert_eq!(code(descriptor.directory()), FsCode::NotDirectory);
        let folder = scene.open("folder", none, READ).unwrap();
        assert_eq!(code(folder.file()), FsCode::BadDescriptor);
        assert_eq!(code(folder.readable()), FsCode::IsDirectory);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_insufficient_space() {
    let folder = Dir::open_ambient_dir("/dev", ambient_authority()).unwrap();
    let directory = Directory::preopened(folder, FsPerms::ReadWrite).at(Place::Here);
    let opened = directory.open(LastLink::Follow, "full".into(), OpenFlags::empty(), WRITE);
    let descriptor = block_on(opened).unwrap();
    assert_eq!(descriptor.kind(), Kind::CharacterDevice);
    let written = block_on(descriptor.file().unwrap().write(vec![1], 0));
    assert_eq!(code(written), FsCode::InsufficientSpace);
    let mut sink = descriptor.file().unwrap().write_from(0).unwrap();
    let written = block_on(core::future::poll_fn(|context| sink.poll_write(context, &[1])));
    let code = FsCode::of_stream(&written.unwrap_err());
    assert_eq!(code, Some(FsCode::InsufficientSpace));
}

#[test]
#[cfg(target_os = "linux")]
fn opening_a_pipe_does_not_wait_for_its_other_side() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    for scene in scenes(FsPerms::ReadWrite) {
        let path = scene.outer.path().join("inner/pipe");
        mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let pipe = scene.open("pipe", OpenFlags::empty(), READ).unwrap();
        let read = block_on(pipe.file().unwrap().read(1, 0));
        assert_eq!(code(read), FsCode::InvalidSeek);
        drop(pipe);
        assert!(scene.open("pipe", OpenFlags::empty(), WRITE).is_err());
    }
}

#[test]
fn folders_are_listed_while_they_change() {
    for scene in scenes(FsPerms::ReadWrite) {
        let inner = scene.outer.path().join("inner");
        for number in 0..600 {
            std::fs::write(inner.join(format!("file{number}")), "").unwrap();
        }
        let entries = block_on(DirectoryEntries::open(&scene.directory)).unwrap();
        let mut names = Vec::new();
        while let Some(entry) = block_on(entries.next()).unwrap() {
            if entry.kind == Kind::RegularFile {
                block_on(scene.directory.unlink_file(entry.name.clone())).unwrap();
            }
            names.push(entry.name);
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 602);
        assert!(block_on(entries.next()).unwrap().is_none());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_is_an_error_of_its_own() {
    use std::os::unix::ffi::OsStrExt as _;
    for scene in scenes(FsPerms::ReadWrite) {
        let name = std::ffi::OsStr::from_bytes(b"\xff");
        std::fs::write(scene.outer.path().join("inner").join(name), "").unwrap();
        let entries = block_on(DirectoryEntries::open(&scene.directory)).unwrap();
        let mut codes = Vec::new();
        let mut names = Vec::new();
        loop {
            match block_on(entries.next()) {
                Ok(Some(entry)) => names.push(entry.name),
                Ok(None) => break,
                error => codes.push(code(error)),
            }
        }
        names.sort();
        assert_eq!(codes, [FsCode::IllegalByteSequence]);
        assert_eq!(names, ["file".to_string(), "folder".to_string()]);
    }
}

#[test]
fn metadata_tells_files_apart_and_times_are_set() {
    for scene in scenes(FsPerms::ReadWrite) {
        let directory = &scene.directory;
        block_on(directory.link(LastLink::Keep, "file".into(), directory, "link".into())).unwrap();
        let [one, other] =
            ["file", "link"].map(|path| scene.open(path, OpenFlags::empty(), READ).unwrap());
        let folder = scene.open("folder", OpenFlags::DIRECTORY, READ).unwrap();
        assert!(block_on(one.is_same_object(&other)).unwrap());
        assert!(!block_on(one.is_same_object(&folder)).unwrap());
        let hash = block_on(one.metadata_hash()).unwrap();
        let at = block_on(directory.metadata_hash_at(LastLink::Keep, "link".into())).unwrap();
        assert_eq!(hash, at);
        assert_ne!(hash, block_on(folder.metadata_hash()).unwrap());
        let earlier = Time { seconds: 2, nanoseconds: 250_000_000 };
        let late = Time { seconds: 4_000_000_000, nanoseconds: 1_000 };
        let set = directory.set_times_at(
            LastLink::Follow,
            "link".into(),
            NewTime::At(late),
            NewTime::At(earlier),
        );
        block_on(set).unwrap();
        let stat = block_on(one.stat()).unwrap();
        assert_eq!((stat.kind, stat.links, stat.size), (Kind::RegularFile, 2, 5));
        assert_eq!((stat.accessed, stat.modified), (Some(late), Some(earlier)));
        block_on(one.set_times(NewTime::Same, NewTime::Now)).unwrap();
        let stat = block_on(one.stat()).unwrap();
        assert_eq!(stat.accessed, Some(late));
        assert!(stat.modified.unwrap().seconds > 1_000_000_000);
        block_on(folder.set_times(NewTime::At(late), NewTime::At(late))).unwrap();
        assert_eq!(block_on(folder.stat()).unwrap().modified, Some(late));
        let file = std::fs::File::open(scene.outer.path().join("inner/file")).unwrap();
        let before = std::time::UNIX_EPOCH - core::time::Duration::from_millis(1750);
        file.set_modified(before).unwrap();
        let modified = block_on(one.stat()).unwrap().modified;
        assert_eq!(modified, Some(Time { seconds: -2, nanoseconds: 250_000_000 }));
        for seconds in [i64::MIN, -1] {
            let never = NewTime::At(Time { seconds, nanoseconds: 999_999_999 });
            let set = block_on(folder.set_times(never, NewTime::Same));
            assert_eq!(code(set), FsCode::Overflow);
            let set = directory.set_times_at(LastLink::Keep, "file".into(), NewTime::Same, never);
            assert_eq!(code(block_on(set)), FsCode::Overflow);
        }
        let last = NewTime::At(Time { seconds: i64::MAX, nanoseconds: u32::MAX });
        assert!(block_on(folder.set_times(last, NewTime::Same)).is_err());
        block_on(folder.sync(true)).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn calls_that_are_given_up_keep_no_descriptor() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let of_scene = |scene: &Scene| {
        let path = scene.outer.path().join("inner");
        let links = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        links
            .filter(|it| std::fs::read_link(it.path()).is_ok_and(|to| to.starts_with(&path)))
            .count()
    };
    assert!(open() > 0);
    for scene in scenes(FsPerms::ReadWrite) {
        assert_eq!(of_scene(&scene), 1);
        for _ in 0..50 {
            let opening =
                scene.directory.open(LastLink::Follow, "file".into(), OpenFlags::empty(), READ);
            let mut opening = Box::pin(opening);
            let _ = opening.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            drop(opening);
            let descriptor = scene.open("file", OpenFlags::empty(), READ).unwrap();
            let mut source = descriptor.file().unwrap().read_from(0).unwrap();
            let _ = source.poll_read(&mut Context::from_waker(Waker::noop()), &mut [0; 4]);
            let listing = block_on(DirectoryEntries::open(&scene.directory)).unwrap();
            drop((descriptor, listing, source));
        }
        // Work on other threads comes to its end.
        while of_scene(&scene) > 1 {
            thread::yield_now();
        }
        assert!(matches!(scene.place, Place::Thread | Place::Here));
    }
}
