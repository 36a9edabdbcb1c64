//! A pipeline under tokio. Bytes come from a task, go through a stream into one guest, from there
//! into another, and to a second task. No part waits for all bytes: each passes them on as they
//! come.

use std::error::Error;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use weft::binding::World as _;
use weft::component::{Component, Linker, Store, streams};
use weft::engine::wasmi::Wasmi;

mod bindings {
    weft::bindgen! { wit: "src/bin/pipeline/stages.wit" }
}

use bindings::Stages;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let engine = Wasmi::default();
    let stages = wat::parse_str(include_str!("stages.wat"))?;
    let component = Component::new(&engine, &stages)?;
    let mut store = Store::new(&engine, ());
    let first = Stages::instantiate(&mut store, &component, &Linker::new())?;
    let second = Stages::instantiate(&mut store, &component, &Linker::new())?;

    // These would be sockets.
    let (mut sender, incoming) = duplex(16);
    let (outgoing, mut receiver) = duplex(16);
    let sending = tokio::spawn(async move {
        for word in ["bytes ", "come ", "one ", "by ", "one"] {
            tokio::time::sleep(Duration::from_millis(2)).await;
            sender.write_all(word.as_bytes()).await?;
        }
        Ok::<_, std::io::Error>(())
    });
    let receiving = tokio::spawn(async move {
        let mut text = String::new();
        receiver.read_to_string(&mut text).await?;
        Ok::<_, std::io::Error>(text)
    });

    let (bytes, _) = store.stream_from(streams::from_tokio(incoming))?;
    let bytes = first.upper_async(&mut store, bytes).await?;
    let bytes = second.lines_async(&mut store, bytes).await?;
    let transfer = store.stream_into(bytes, streams::to_tokio(outgoing))?;
    store.drive(transfer).await?;

    sending.await??;
    let text = receiving.await??;
    println!("{text}");
    assert_eq!(text.lines().count(), 5);
    Ok(())
}
