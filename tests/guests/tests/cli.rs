//! Ordinary Rust programs, for WASI 0.1 with an adapter and for WASI 0.2.

use std::future::ready;
use std::io::{self, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};
use std::{fs, thread};

use weft::component::{Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_wasi::bytes::{MemorySink, MemorySource};
use weft_wasi::filesystem::FsPerms;
use weft_wasi::sockets::SocketAddrUse;
use weft_wasi::{Command, WasiCtx, WasiCtxBuilder};

use crate::Fine;
use crate::guest::load;

/// The two programs, built from the same sources.
const PROGRAMS: [&str; 2] = ["cli", "cli-wasip2"];

/// The end of a program, and its output.
struct Ended {
    /// The exit code; none if it trapped.
    code: Option<u8>,
    stdout: String,
    stderr: String,
}

fn run(program: &str, arguments: &[&str], context: WasiCtxBuilder) -> Ended {
    let engine = Wasmi::default();
    let component = load(&engine, program);
    let mut linker = Linker::new();
    weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    let (stdout, stderr) = (MemorySink::new(1 << 16), MemorySink::new(1 << 16));
    let context = context
        .arg("program")
        .args(arguments.iter().copied())
        .stdout(stdout.clone())
        .stderr(stderr.clone())
        .build();
    let mut store = Store::new(&engine, context);
    let program = Command::instantiate(&mut store, &component, &linker).unwrap();
    let code = program.run(&mut store).ok().map(|exit| exit.code);
    let text = |sink: MemorySink| String::from_utf8(sink.contents()).unwrap();
    Ended { code, stdout: text(stdout), stderr: text(stderr) }
}

#[test]
fn arguments_environment_and_output() {
    for program in PROGRAMS {
        let ended = run(program, &["one", "€ two"], WasiCtx::builder().env("HOME", "/nowhere"));
        assert_eq!(
            ended.stdout,
            "arguments: [\"program\", \"one\", \"€ two\"]\n\
             HOME=Some(\"/nowhere\")\n\
             {\"random\": \"state\"}\n\
             it is after 2020: true\n"
        );
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), "done\n"));
    }
}

#[test]
fn input() {
    for program in PROGRAMS {
        let lines = MemorySource::new("one\ntwo\n\nthree");
        let ended = run(program, &["lines"], WasiCtx::builder().stdin(lines));
        assert!(ended.stdout.ends_with("line: one\nline: two\nline: \nline: three\n"));
        assert_eq!(ended.code, Some(0));
        let ended = run(program, &["lines"], WasiCtx::builder());
        assert!(ended.stdout.ends_with("2020: true\n"), "{}", ended.stdout);
    }
}

#[test]
fn ends() {
    for program in PROGRAMS {
        // The adapter, and WASI 0.2 without an unstable feature, have only two codes.
        assert_eq!(run(program, &["exit"], WasiCtx::builder()).code, Some(1));
        let panicked = run(program, &["panic"], WasiCtx::builder());
        assert_eq!(panicked.code, None);
        assert!(panicked.stderr.contains("as was asked"), "{}", panicked.stderr);
        // `main` returns an error.
        let failed = run(program, &["read", "/none"], WasiCtx::builder());
        assert_eq!(failed.code, Some(1));
        assert!(failed.stderr.starts_with("Error: "), "{}", failed.stderr);
    }
}

#[test]
fn time() {
    for program in PROGRAMS {
        let before = Instant::now();
        let ended = run(program, &["sleep"], WasiCtx::builder());
        assert!(before.elapsed().as_millis() >= 20);
        assert!(ended.stdout.ends_with("slept long enough: true\n"), "{}", ended.stdout);
    }
}

#[test]
fn files() -> Fine {
    for program in PROGRAMS {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("there.txt"), "what was there\n")?;
        let open = |may| WasiCtx::builder().preopened_dir(folder.path(), "/data", may);

        let read = run(program, &["read", "/data/there.txt"], open(FsPerms::ReadWrite)?);
        assert!(read.stdout.ends_with("what was there\n\n"), "{}", read.stdout);
        let write = ["write", "/data/new.txt"];
        let written = run(program, &write, open(FsPerms::ReadWrite)?);
        assert_eq!(written.code, Some(0), "{}", written.stderr);
        assert_eq!(fs::read_to_string(folder.path().join("new.txt"))?, "written");

        // A read-only folder is not written, and nothing outside is read.
        fs::write(folder.path().join("new.txt"), "before")?;
        let refused = run(program, &write, open(FsPerms::ReadOnly)?);
        assert_eq!(refused.code, Some(1), "{}", refused.stdout);
        assert_eq!(fs::read_to_string(folder.path().join("new.txt"))?, "before");
        for outside in ["/data/../etc/passwd", "/etc/passwd", "../etc/passwd"] {
            let refused = run(program, &["read", outside], open(FsPerms::ReadOnly)?);
            assert_eq!(refused.code, Some(1), "{}", refused.stdout);
        }
    }
    Ok(())
}

/// Returns a network for a guest, limited to the addresses of this machine. The system chooses the
/// port of a client.
fn loopback() -> WasiCtxBuilder {
    WasiCtx::builder().socket_addr_check(|address, reason| {
        let is_implicit = reason == SocketAddrUse::TcpBind && address.ip().is_unspecified();
        ready(is_implicit || address.ip().is_loopback())
    })
}

#[test]
fn a_client_of_tcp() -> Fine {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let answering = thread::spawn(move || -> io::Result<()> {
        let (mut connection, _) = listener.accept()?;
        let asked = io::read_to_string(&mut connection)?;
        connection.write_all(format!("{asked}? Yes.").as_bytes())
    });
    // Without permission, nothing gets out.
    let refused = run("cli-wasip2", &["ask", &address, "x"], WasiCtx::builder());
    assert_eq!(refused.code, Some(1), "{}", refused.stdout);
    let asked = run("cli-wasip2", &["ask", &address, "really"], loopback());
    assert!(asked.stdout.ends_with("answer: really? Yes.\n"), "{}{}", asked.stdout, asked.stderr);
    answering.join().unwrap()?;
    Ok(())
}

#[test]
fn a_server_of_tcp() -> Fine {
    let stdout = MemorySink::new(1 << 16);
    let context = loopback().stdout(stdout.clone());
    let answering = thread::spawn(move || {
        let engine = Wasmi::default();
        let component = load(&engine, "cli-wasip2");
        let mut linker = Linker::new();
        weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
        let context = context.args(["program", "answer", "127.0.0.1:0"]).build();
        let mut store = Store::new(&engine, context);
        let program = Command::instantiate(&mut store, &component, &linker).unwrap();
        program.run(&mut store).unwrap().code
    });
    let port: u16 = loop {
        let said = String::from_utf8(stdout.contents())?;
        if let Some((_, port)) = said.split_once("port: ")
            && let Some(port) = port.strip_suffix('\n')
        {
            break port.parse()?;
        }
        assert!(!answering.is_finished(), "{said}");
        thread::sleep(Duration::from_millis(2));
    };
    for asked in ["one", "two"] {
        let mut connection = TcpStream::connect(("127.0.0.1", port))?;
        connection.write_all(asked.as_bytes())?;
        connection.shutdown(Shutdown::Write)?;
        assert_eq!(io::read_to_string(connection)?, asked.to_uppercase());
    }
    assert_eq!(answering.join().unwrap(), 0);
    Ok(())
}
