//! `weft serve`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Stdio};
use std::thread;
use std::time::Duration;

use crate::weft::Folder;

const SERVICE: &str = include_str!("service.wat");

/// Answers with the status 200, 201 and so on, for the instance's first and second request.
const COUNT: &str =
    "(call $answer (local.get $out) (i32.add (i32.const 199) (global.get $handled)))";

/// Never answers.
const SPIN: &str = "(loop (br 0))";

fn folder(body: &str) -> Folder {
    Folder::with(&[("app.wat", SERVICE.replace("BODY", body).as_bytes())])
}

/// A running server.
pub(crate) struct Server {
    process: Child,
    errors: BufReader<ChildStderr>,
    /// The address that it serves at.
    pub(crate) address: String,
    folder: Folder,
}

impl Server {
    /// Starts a server of a service with this `body`, and waits until it serves.
    fn start(body: &str, options: &[&str]) -> Self {
        Self::start_in(folder(body), "app.wat", options)
    }

    /// Starts a server of a file in a folder, and waits until it serves.
    pub(crate) fn start_in(folder: Folder, file: &str, options: &[&str]) -> Self {
        let always = ["serve", file, "--addr", "127.0.0.1:0"];
        let mut command = folder.command(always.iter().chain(options));
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        errors.read_line(&mut line).unwrap();
        let before = format!("serving {file} at http://");
        let address = line.trim().strip_prefix(&before).unwrap_or_else(|| {
            let mut rest = String::new();
            let _ = errors.read_to_string(&mut rest);
            panic!("{line}{rest}")
        });
        let address = address.trim_end_matches('/').to_owned();
        Self { process, errors, address, folder }
    }

    /// Sends a request, and returns the status of the response; 0 if there is none.
    fn status(&self) -> u16 {
        status(&self.address)
    }

    /// Sends a signal.
    #[cfg(unix)]
    fn send(&self, signal: &str) {
        let process = self.process.id().to_string();
        let sent = std::process::Command::new("kill").args(["-s", signal, &process]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end, and returns the exit code and the output.
    #[cfg(unix)]
    fn end(mut self) -> (Option<i32>, String) {
        let code = self.process.wait().unwrap().code();
        (code, self.rest())
    }

    /// Stops the server, and returns its output.
    fn stop(mut self) -> String {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.rest()
    }

    fn rest(&mut self) -> String {
        let mut text = String::new();
        self.errors.read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn status(address: &str) -> u16 {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

#[test]
fn each_request_has_an_instance_of_its_own_unless_they_are_reused() {
    let server = Server::start(COUNT, &[]);
    assert_eq!([(); 3].map(|()| server.status()), [200, 200, 200]);
    assert_eq!(server.stop(), "");
    let server = Server::start(COUNT, &["--reuse", "2"]);
    assert_eq!([(); 5].map(|()| server.status()), [200, 201, 200, 201, 200]);
}

#[test]
fn a_guest_that_traps_is_answered_for_and_others_go_on() {
    let body =
        format!("(if (i32.eq (global.get $handled) (i32.const 2)) (then unreachable)) {COUNT}");
    let server = Server::start(&body, &["--reuse", "100"]);
    assert_eq!([(); 4].map(|()| server.status()), [200, 500, 200, 500]);
    let errors = server.stop();
    let expected = "error[request]: a request failed: wasm `unreachable` instruction";
    assert_eq!(errors.matches(expected).count(), 2, "{errors}");
}

#[test]
fn a_guest_that_spins_is_given_up_and_too_many_requests_are_refused() {
    let server = Server::start(SPIN, &["--timeout", "1s", "--max-requests", "1"]);
    let both = || {
        let address = server.address.clone();
        let other = thread::spawn(move || status(&address));
        let mut both = [server.status(), other.join().unwrap()];
        both.sort_unstable();
        both
    };
    // On a busy machine, one may come when the other one is over. There is room again then.
    let met = (0..20).any(|_| match both() {
        [503, 504] => true,
        [504, 504] => false,
        others => panic!("{others:?}"),
    });
    assert!(met);
    assert_eq!(server.status(), 504);
}

#[test]
fn a_guest_has_no_more_memory_and_fuel_than_it_may_have() {
    let grow = "(call $answer (local.get $out)
        (if (result i32) (i32.eq (memory.grow (i32.const 100)) (i32.const -1))
            (then (i32.const 299)) (else (i32.const 200))))";
    assert_eq!(Server::start(grow, &[]).status(), 200);
    assert_eq!(Server::start(grow, &["--max-memory", "1MiB"]).status(), 299);
    let server = Server::start(SPIN, &["--fuel", "1000000"]);
    assert_eq!(server.status(), 500);
    let errors = server.stop();
    assert!(errors.contains("it has used the fuel that `--fuel` allows"), "{errors}");
    assert!(!errors.contains("StoreLimits"), "{errors}");
}

#[test]
fn many_at_once_are_answered() {
    let server = Server::start(COUNT, &[]);
    let clients: Vec<_> = (0..50)
        .map(|_| {
            let address = server.address.clone();
            thread::spawn(move || status(&address))
        })
        .collect();
    for client in clients {
        assert_eq!(client.join().unwrap(), 200);
    }
}

#[test]
fn a_port_in_use_is_told() {
    let server = Server::start(COUNT, &[]);
    let folder = folder(COUNT);
    let shown = folder.weft(&["serve", "app.wat", "--addr", &server.address]);
    let port = server.address.rsplit(':').next().unwrap_or_default();
    insta::assert_snapshot!(shown.replace(port, "PORT"));
}

#[test]
fn what_is_no_service_is_told_what_to_do() {
    let shop = Folder::with_shop();
    insta::assert_snapshot!(shop.weft(&["serve", "shop.wat"]));
    let program = crate::programs::folder("(i32.const 0)");
    insta::assert_snapshot!("program_is_no_service", program.weft(&["serve", "app.wat"]));
    let service = folder(COUNT);
    insta::assert_snapshot!("service_is_no_program", service.weft(&["run", "app.wat"]));
    assert!(service.weft(&["serve", "app.wat", "--dir", "missing"]).ends_with("exit code 125\n"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_a_server_when_all_is_answered() {
    let server = Server::start(COUNT, &[]);
    assert_eq!(server.status(), 200);
    server.send("INT");
    assert_eq!(server.end(), (Some(0), "stopping\n".to_owned()));

    let (server, client, _) = stopping("TERM", true);
    assert_eq!(client.join().unwrap(), 504);
    assert_eq!(server.end().0, Some(0));
}

#[cfg(unix)]
#[test]
fn a_second_ctrl_c_stops_a_server_at_once() {
    let (server, client, line) = stopping("INT", false);
    // A signal that comes before the first one was heard is none of its own.
    assert!(line.contains("press Ctrl-C again"), "{line}");
    server.send("INT");
    assert_eq!(server.end().0, Some(130));
    assert_eq!(client.join().unwrap(), 0);
}

/// Sends a signal to a server whose guest spins in a request, perhaps with a time-out. Returns the
/// server, the client and the line that the server prints.
///
/// The request can't be seen to be under way. So if it is not, it gets more time for that.
#[cfg(unix)]
fn stopping(signal: &str, has_timeout: bool) -> (Server, thread::JoinHandle<u16>, String) {
    let mut line = String::new();
    for (wait, timeout) in [(300, "1s"), (3_000, "10s"), (10_000, "30s")] {
        let options = ["--timeout", timeout];
        let mut server = Server::start(SPIN, if has_timeout { &options } else { &[] });
        let address = server.address.clone();
        let client = thread::spawn(move || status(&address));
        thread::sleep(Duration::from_millis(wait));
        server.send(signal);
        line.clear();
        server.errors.read_line(&mut line).unwrap();
        if line.starts_with("stopping after one request is answered;") {
            return (server, client, line);
        }
        // It may have been refused.
        let _ = client.join();
    }
    panic!("{line}")
}

/// Stops a server with Ctrl-C. Returns its output, and the timeline `served.txt`.
#[cfg(unix)]
fn timeline_of(mut server: Server) -> (String, String) {
    server.send("INT");
    assert!(server.process.wait().unwrap().success());
    let path = server.folder.path().join("served.txt");
    (server.rest(), std::fs::read_to_string(path).unwrap())
}

#[cfg(unix)]
#[test]
fn a_timeline_has_the_stores_of_all_requests_and_is_written_at_the_end() {
    for (reuse, stores, largest) in [(None, 3, "1000"), (Some("100"), 1, "1000"), (None, 1, "40")] {
        let timeline = ["--timeline", "served.txt", "--timeline-events", largest];
        let reuse = reuse.map(|it| ["--reuse", it]);
        let server =
            Server::start(COUNT, &[&timeline[..], reuse.as_slice().as_flattened()].concat());
        for _ in 0..3 {
            server.status();
        }
        let path = server.folder.path().join("served.txt");
        assert!(!path.exists());
        let (complaints, text) = timeline_of(server);
        assert_eq!(complaints, "stopping\n");
        let named = (1..=9).filter(|it| text.contains(&format!("store {it}, "))).count();
        assert_eq!(named, stores, "{text}");
        assert!(text.contains("the host calls handle of") && text.contains(" µs  "), "{text}");
        let is_cut = text.contains("2 earlier stores are left out");
        assert_eq!(is_cut, largest == "40", "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_store_whose_instance_cannot_be_made_is_in_the_timeline() {
    for reuse in [&[][..], &["--reuse", "100"]] {
        let always = ["--max-memory", "1KiB", "--timeline", "served.txt"];
        let server = Server::start(COUNT, &[&always[..], reuse].concat());
        assert_eq!(server.status(), 500);
        let (complaints, text) = timeline_of(server);
        assert!(complaints.contains("a request failed"), "{complaints}");
        assert!(text.contains("store 1, "), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_timeline_of_before_is_kept_until_another_one_is_written() {
    let server = Server::start(COUNT, &[]);
    let options = ["--addr", server.address.as_str(), "--timeline", "served.txt"];
    let folder = folder(COUNT);
    let path = folder.path().join("served.txt");
    let serve = || folder.weft(&[&["serve", "app.wat"][..], &options].concat());
    assert!(serve().ends_with("exit code 125\n"));
    assert!(!path.exists());
    std::fs::write(&path, "of before").unwrap();
    assert!(serve().ends_with("exit code 125\n"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "of before");
    server.stop();
    let server = Server::start_in(folder, "app.wat", &["--timeline", "served.txt"]);
    assert_eq!(server.status(), 200);
    let (_, text) = timeline_of(server);
    assert!(text.contains("store 1, ") && !text.contains("of before"), "{text}");
}
