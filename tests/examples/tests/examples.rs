//! Each example runs to its end, and prints the expected text.
#![expect(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

#[track_caller]
fn expect_output(program: &str, expected: &str) {
    let output = Command::new(program).output().unwrap();
    let (printed, complained) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{complained}");
    assert_eq!(printed, expected);
}

#[test]
fn a_plug_in_draws_has_a_limit_and_is_abandoned() {
    let expected = "`a page` has 3 lines\n\
        15 more pages of memory: true\n\
        and another one: false\n\
        the plug-in took too long\n\
        it had started 2 pages\n\
        another one has started 1\n";
    expect_output(env!("CARGO_BIN_EXE_plugins"), expected);
}

#[test]
fn bytes_go_through_a_pipeline() {
    expect_output(env!("CARGO_BIN_EXE_pipeline"), "BYTES\nCOME\nONE\nBY\nONE\n");
}

#[test]
fn a_service_answers_requests() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
    let mut service = command.arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(service.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap();
    let answers = [(); 3].map(|()| get(address));
    service.kill().unwrap();
    service.wait().unwrap();
    for answer in answers {
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("Hello, WASI!"), "{answer}");
    }
}

/// Returns a server's answer to a request.
fn get(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
