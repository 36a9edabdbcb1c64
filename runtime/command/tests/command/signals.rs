//! Ctrl-C, and a pipe that is closed.

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::programs::folder;
use crate::weft::{Folder, shown};

/// Starts a call that does not end, and waits until it has surely begun.
fn start(folder: &Folder, call: &str) -> Child {
    let mut command = folder.command(["run", "shop.wat", "--invoke", call]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    sleep(Duration::from_millis(500));
    child
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn ctrl_c_ends_a_guest_whatever_it_does() {
    let folder = Folder::with_shop();
    for call in ["spin()", "yields()"] {
        let child = start(&folder, call);
        send(&child, "INT");
        let shown = shown(&child.wait_with_output().unwrap());
        assert_eq!(
            shown,
            "--- standard error\nerror[interrupted]: the guest was interrupted\n--- exit code 130\n",
        );
    }
}

#[test]
fn ctrl_c_ends_a_program_that_waits_for_input() {
    let reads = folder("(drop (call $read (call $get-stdin))) (i32.const 0)");
    let mut command = reads.command(["run", "app.wat"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stdin = child.stdin.take();
    sleep(Duration::from_millis(500));
    let begin = Instant::now();
    send(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // It learns of that at once, and need not be ended with the process.
    assert!(begin.elapsed() < Duration::from_millis(400), "{:?}", begin.elapsed());
    drop(stdin);
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let folder = Folder::with_shop();
    let child = start(&folder, "spin()");
    let begin = Instant::now();
    send(&child, "INT");
    sleep(Duration::from_millis(50));
    send(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(begin.elapsed() < Duration::from_millis(450), "{:?}", begin.elapsed());
}

#[test]
fn what_kill_sends_ends_with_143() {
    let folder = Folder::with_shop();
    let child = start(&folder, "yields()");
    send(&child, "TERM");
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
}

#[test]
fn a_pipe_that_nobody_reads_is_no_failure() {
    let folder = Folder::with_shop();
    let mut child = folder.command(["inspect", "shop.wat"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
