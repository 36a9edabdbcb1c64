//! Programs of WASI, of both versions.

use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use crate::weft::{Folder, shown};

const PROGRAM: &str = include_str!("program.wat");

/// Copies standard input to standard output.
const CAT: &str = "(local.set $in (call $get-stdin))
    (local.set $out (call $get-stdout))
    (block $end (loop $next
        (local.set $length (call $read (local.get $in)))
        (br_if $end (i32.eqz (local.get $length)))
        (call $write (local.get $out) (i32.const 1024) (local.get $length))
        (br $next)))
    (i32.const 0)";

/// Writes endlessly, and ignores errors.
const YES: &str = "(local.set $out (call $get-stdout))
    (loop (call $write (local.get $out) (i32.const 16) (i32.const 6)) (br 0))
    (i32.const 0)";

/// Returns a folder with a program with this `body`.
pub(crate) fn folder(body: &str) -> Folder {
    Folder::with(&[("app.wat", PROGRAM.replace("BODY", body).as_bytes())])
}

fn run(body: &str) -> String {
    folder(body).weft(&["run", "app.wat"])
}

#[test]
fn a_program_writes_and_ends_with_its_code() {
    assert_eq!(run("(call $hello) (i32.const 0)"), "hello\n--- exit code 0\n");
    assert_eq!(run("(call $hello) (i32.const 1)"), "hello\n--- exit code 1\n");
    let exits = "(call $hello) (call $exit (i32.const 7)) unreachable";
    assert_eq!(run(exits), "hello\n--- exit code 7\n");
    assert_eq!(run("(call $exit (i32.const 0)) unreachable"), "--- exit code 0\n");
}

#[test]
fn a_program_of_wasi_0_3_runs_as_well() {
    let program = br#"(component
        (core func $return (canon task.return (result (result))))
        (core module $Program
            (import "" "return" (func $return (param i32)))
            (func (export "run") (call $return (i32.const 1))))
        (core instance $program (instantiate $Program (with "" (instance
            (export "return" (func $return))))))
        (func $run async (result (result)) (canon lift (core func $program "run") async))
        (instance (export "wasi:cli/run@0.3.0") (export "run" (func $run))))"#;
    let folder = Folder::with(&[("app.wat", program)]);
    assert_eq!(folder.weft(&["run", "app.wat"]), "--- exit code 1\n");
}

#[test]
fn a_program_that_has_returned_goes_on_to_its_end() {
    // It traps after that: otherwise nobody would know if it went on.
    let program = br#"(component
        (core func $return (canon task.return (result (result))))
        (core func $yield (canon thread.yield))
        (core module $Program
            (import "" "return" (func $return (param i32)))
            (import "" "yield" (func $yield (result i32)))
            (func (export "run") (local $times i32)
                (call $return (i32.const 0))
                (loop
                    (drop (call $yield))
                    (local.set $times (i32.add (local.get $times) (i32.const 1)))
                    (br_if 0 (i32.lt_u (local.get $times) (i32.const 5000))))
                unreachable))
        (core instance $program (instantiate $Program (with "" (instance
            (export "return" (func $return))
            (export "yield" (func $yield))))))
        (func $run async (result (result)) (canon lift (core func $program "run") async))
        (instance (export "wasi:cli/run@0.3.0") (export "run" (func $run))))"#;
    let folder = Folder::with(&[("app.wat", program)]);
    let shown = folder.weft(&["run", "app.wat"]);
    assert!(shown.contains("error[trap]") && shown.ends_with("--- exit code 134\n"), "{shown}");
}

#[test]
fn a_program_that_traps_ends_with_134_and_tells_where() {
    insta::assert_snapshot!(run("(call $hello) (call $give-up) (i32.const 0)"));
}

#[test]
fn a_program_reads_as_it_comes_and_to_the_end() {
    let folder = folder(CAT);
    let mut command = folder.command(["run", "app.wat"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    for text in [&b"one\n"[..], b"two\n"] {
        stdin.write_all(text).unwrap();
        let mut read = [0; 4];
        stdout.read_exact(&mut read).unwrap();
        assert_eq!(read, text);
    }
    let long = vec![b'x'; 300_000];
    let writer = std::thread::spawn(move || stdin.write_all(&long).unwrap());
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    writer.join().unwrap();
    assert_eq!(rest.len(), 300_000);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_program_that_prints_without_end_ends_when_nobody_reads() {
    for body in [YES, CAT] {
        let folder = folder(body);
        let mut command = folder.command(["run", "app.wat"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"one\n").unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut read = [0; 4];
        stdout.read_exact(&mut read).unwrap();
        drop(stdout);
        // The guest decides if this can still be written.
        let _ = stdin.write_all(b"two\n");
        let ended = shown(&child.wait_with_output().unwrap());
        assert_eq!(ended, "--- exit code 141\n", "{body}");
    }
}

#[test]
fn what_was_written_before_the_end_is_there_though_it_is_read_late() {
    // More than a pipe holds, 6 bytes at a time.
    let body = "(local.set $out (call $get-stdout))
        (local.set $length (i32.const 20000))
        (loop
            (call $write (local.get $out) (i32.const 16) (i32.const 6))
            (local.set $length (i32.sub (local.get $length) (i32.const 1)))
            (br_if 0 (local.get $length)))
        (call $exit (i32.const 3)) unreachable";
    let folder = folder(body);
    let mut child = folder.command(["run", "app.wat"]).stdout(Stdio::piped()).spawn().unwrap();
    sleep(Duration::from_millis(300));
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text.len(), 120_000);
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn a_component_that_is_no_program_is_told_what_to_do() {
    insta::assert_snapshot!(Folder::with_shop().weft(&["run", "shop.wat"]));
    let empty = Folder::with(&[("empty.wat", b"(component)")]);
    insta::assert_snapshot!("empty_is_no_program", empty.weft(&["run", "empty.wat"]));
}

#[test]
fn limits_hold_for_programs() {
    let folder = folder("(loop (br 0)) unreachable");
    let spins = folder.weft(&["run", "app.wat", "--fuel", "100000"]);
    assert!(spins.contains("error[fuel]") && spins.ends_with("--- exit code 124\n"), "{spins}");
    let reads = self::folder(CAT);
    let mut command = reads.command(["run", "app.wat", "--timeout", "200ms"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take();
    assert_eq!(child.wait().unwrap().code(), Some(124));
    drop(stdin);
}
