//! The permissions of a program in Rust: files, environment, standard streams.

use std::io::Write as _;
use std::process::Stdio;

use crate::weft::{Folder, shown};

/// A program in Rust, for WASI 0.2.
const PROGRAM: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/built/cli.wasm"));

fn folder() -> Folder {
    Folder::with(&[("cli.wasm", PROGRAM), ("in.txt", b"what was there")])
}

/// Runs the program in a folder, and returns the end of what it prints, and the exit code.
fn run(folder: &Folder, arguments: &[&str]) -> (String, Option<i32>) {
    let output = folder.command(["run"].iter().chain(arguments)).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = text.lines().last().unwrap_or_default();
    (format!("{last}|{errors}"), output.status.code())
}

#[test]
fn files_are_read_and_written_in_the_folders_that_are_given() {
    let folder = folder();
    let read = run(&folder, &["--dir", ".", "cli.wasm", "read", "in.txt"]);
    assert_eq!(read, ("what was there|done\n".to_owned(), Some(0)));
    let renamed = run(&folder, &["cli.wasm", "--dir", ".::/data:ro", "read", "/data/in.txt"]);
    assert_eq!(renamed, ("what was there|done\n".to_owned(), Some(0)));
    let written = run(&folder, &["--dir", ".", "cli.wasm", "write", "out.txt"]);
    assert_eq!(written.1, Some(0), "{written:?}");
    let out = folder.path().join("out.txt");
    assert_eq!(std::fs::read_to_string(out).unwrap(), "written");
}

#[test]
fn what_is_not_given_is_not_there() {
    let folder = folder();
    for arguments in [
        &["cli.wasm", "read", "in.txt"][..],
        &["--dir", ".:ro", "cli.wasm", "write", "new.txt"],
        &["--dir", ".", "cli.wasm", "read", "../in.txt"],
    ] {
        let (text, code) = run(&folder, arguments);
        assert!(text.contains("Error"), "{arguments:?}: {text}");
        assert_eq!(code, Some(1), "{arguments:?}: {text}");
    }
    assert!(!folder.path().join("new.txt").exists());
}

#[test]
fn a_folder_that_can_not_be_opened_is_told() {
    let folder = folder();
    for name in ["missing", "in.txt"] {
        let (text, code) = run(&folder, &["--dir", name, "cli.wasm"]);
        assert!(text.contains(&format!("error[io]: cannot open the folder `{name}`")), "{text}");
        assert_eq!(code, Some(125));
    }
}

#[test]
fn the_environment_is_what_the_options_say() {
    let folder = folder();
    let home = |arguments: &[&str]| {
        let mut command = folder.command(["run"].iter().chain(arguments).chain(&["cli.wasm"]));
        let output = command.env("HOME", "/root").output().unwrap();
        String::from_utf8_lossy(&output.stdout).lines().nth(1).map(ToOwned::to_owned)
    };
    assert_eq!(home(&[]).as_deref(), Some("HOME=None"));
    assert_eq!(home(&["--env", "HOME=/here"]).as_deref(), Some("HOME=Some(\"/here\")"));
    assert_eq!(home(&["--env", "HOME"]).as_deref(), Some("HOME=Some(\"/root\")"));
    assert_eq!(home(&["--env", "NOTHING"]).as_deref(), Some("HOME=None"));
    assert_eq!(home(&["--inherit-env"]).as_deref(), Some("HOME=Some(\"/root\")"));
    let both = home(&["--inherit-env", "--env", "HOME=/here"]);
    assert_eq!(both.as_deref(), Some("HOME=Some(\"/here\")"));
}

#[test]
fn arguments_and_input_come_as_they_are() {
    let folder = folder();
    let mut command = folder.command(["run", "cli.wasm", "lines", "--dir", "-x"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all("one\ntwo \u{e9}".as_bytes()).unwrap();
    let shown = shown(&child.wait_with_output().unwrap());
    let arguments = "arguments: [\"cli.wasm\", \"lines\", \"--dir\", \"-x\"]\n";
    assert!(shown.starts_with(arguments), "{shown}");
    assert!(shown.contains("line: one\nline: two \u{e9}\n"), "{shown}");
}

#[test]
fn exit_codes_and_panics_are_those_of_other_programs() {
    let folder = folder();
    // The program can only report failure, and not a code.
    assert_eq!(run(&folder, &["cli.wasm", "exit"]).1, Some(1));
    assert_eq!(run(&folder, &["cli.wasm", "sleep"]).1, Some(0));
    let (text, code) = run(&folder, &["cli.wasm", "panic"]);
    assert!(text.contains("as was asked") && text.contains("error[trap]"), "{text}");
    assert_eq!(code, Some(134));
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_is_told() {
    use std::fs::{Permissions, create_dir, read_dir, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let closed = folder.path().join("closed");
    create_dir(&closed).unwrap();
    set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    // The superuser may read this, too.
    if read_dir(&closed).is_err() {
        let (text, code) = run(&folder, &["--dir", "closed", "cli.wasm"]);
        assert!(text.contains("error[io]: cannot open the folder `closed`"), "{text}");
        assert_eq!(code, Some(125));
    }
    set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
}
