//! A guest that answers requests: many at once, at most a few of them active.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use tokio::task::JoinSet;
use weft::binding::{HostAccess, OrTrap, World};
use weft::component::{Access, Component, Linker, Store};
use weft::engine::wasmi::Wasmi;

use crate::Fine;
use crate::bindings::server::Server;
use crate::bindings::server::guests::server::database::Host;
use crate::bindings::server::guests::server::types::{ErrorCode, Request};
use crate::guest::{block_on, load};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A database for the guest. It counts the active look-ups.
#[derive(Default)]
struct Database {
    now: Arc<AtomicU32>,
    peak: Arc<AtomicU32>,
}

impl Host for Database {
    async fn look_up(
        access: impl HostAccess<Self>,
        path: String,
    ) -> Result<String, OrTrap<ErrorCode>> {
        let (now, peak) =
            access.with_host(|database| (database.now.clone(), database.peak.clone())).await?;
        peak.fetch_max(now.fetch_add(1, Relaxed) + 1, Relaxed);
        tokio::time::sleep(Duration::from_millis(2)).await;
        now.fetch_sub(1, Relaxed);
        match path.as_str() {
            "/none" => Err(ErrorCode::NotFound(path).into()),
            "/broken" => Err(ErrorCode::Internal.into()),
            _ => Ok(path.to_uppercase()),
        }
    }
}

fn server() -> (Wasmi, Component<Wasmi>, Linker<Wasmi, Database>) {
    let engine = Wasmi::default();
    let component = load(&engine, "server-rust");
    let mut linker = Linker::new();
    crate::bindings::server::add_to_linker(&mut linker, |database: &mut Database| database);
    (engine, component, linker)
}

/// Returns the status and the body of an answer, or the error.
async fn answer(
    mut access: Access<Wasmi, Database>,
    server: Server,
    id: u32,
    path: &str,
    body: Vec<u8>,
) -> Result<Result<(u16, Vec<u8>), ErrorCode>, Error> {
    let (body, _) = access.with(|store| store.stream_from(body)).await??;
    let request = Request { id, path: path.to_owned(), body };
    match server.handler.handle_async(&mut access, request).await? {
        Ok(response) => {
            let body = access.with(|store| store.collect(response.body)).await??;
            Ok(Ok((response.status, body.await?)))
        }
        Err(error) => Ok(Err(error)),
    }
}

#[test]
fn five_hundred_calls_at_once() -> Fine {
    for limit in [u32::MAX, 8, 1] {
        let (engine, component, linker) = server();
        let mut store = Store::new(&engine, Database::default());
        block_on(async {
            let server = Server::instantiate_async(&mut store, &component, &linker).await?;
            server.handler.limit_async(&mut store, limit).await?;
            let access = store.access();
            let calls = 500_u32;
            let answered = store
                .drive(async {
                    let mut running = JoinSet::new();
                    for id in 0..calls {
                        let call =
                            answer(access.clone(), server.clone(), id, "/some/page", body(id));
                        running.spawn(async move { (id, call.await) });
                    }
                    running.join_all().await
                })
                .await;
            assert_eq!(answered.len() as u32, calls);
            for (id, answer) in answered {
                let (status, bytes) = answer.map_err(|error| error.to_string())??;
                let expected = [format!("{id}: /SOME/PAGE: ").into_bytes(), body(id)].concat();
                assert_eq!((status, bytes), (200, expected));
            }
            let peak = server.handler.peak_async(&mut store).await?;
            if limit == u32::MAX {
                assert!(peak > 100, "{peak} at a time");
            } else {
                assert_eq!(peak, limit);
            }
            assert!(store.data().peak.load(Relaxed) <= peak);
            assert_eq!(store.data().now.load(Relaxed), 0);
            assert!(store.waiting().is_empty(), "{:?}", store.waiting());
            Ok::<(), Box<dyn std::error::Error>>(())
        })?;
    }
    Ok(())
}

fn body(id: u32) -> Vec<u8> {
    format!("body of {id};").repeat(id as usize % 40).into_bytes()
}

#[test]
fn errors_are_codes() -> Fine {
    let (engine, component, linker) = server();
    let mut store = Store::new(&engine, Database::default());
    block_on(async {
        let server = Server::instantiate_async(&mut store, &component, &linker).await?;
        let access = store.access();
        let answers = store
            .drive(async {
                let one = |path, body| answer(access.clone(), server.clone(), 1, path, body);
                tokio::join!(
                    one("/none", vec![]),
                    one("/broken", vec![1]),
                    one("/a", vec![0; 1 << 17]),
                    one("/a", vec![b'x'; 1 << 16]),
                )
            })
            .await;
        assert_eq!(said(answers.0)?, Err(ErrorCode::NotFound("/none".into())));
        assert_eq!(said(answers.1)?, Err(ErrorCode::Internal));
        assert!(matches!(said(answers.2)?, Err(ErrorCode::TooLarge(size)) if size > 1 << 16));
        assert_eq!(said(answers.3)?.unwrap().1.len(), (1 << 16) + "1: /A: ".len());
        assert!(store.waiting().is_empty(), "{:?}", store.waiting());
        Ok(())
    })
}

fn said<V>(answer: Result<V, Error>) -> Result<V, String> {
    answer.map_err(|error| error.to_string())
}

#[test]
fn a_trap_ends_all_calls_of_the_instance() -> Fine {
    let (engine, component, linker) = server();
    let mut store = Store::new(&engine, Database::default());
    block_on(async {
        let server = Server::instantiate_async(&mut store, &component, &linker).await?;
        let access = store.access();
        let answers = store
            .drive(async {
                let mut running = JoinSet::new();
                for id in 0..20 {
                    let path = if id == 10 { "/trap" } else { "/page" };
                    running.spawn(answer(access.clone(), server.clone(), id, path, body(id)));
                }
                running.join_all().await
            })
            .await;
        assert!(answers.iter().all(Result::is_err));
        // The store remains usable, with another instance.
        let server = Server::instantiate_async(&mut store, &component, &linker).await?;
        let access = store.access();
        let fine = store.drive(answer(access, server, 7, "/page", vec![])).await;
        assert_eq!(said(fine)??, (200, b"7: /PAGE: ".to_vec()));
        Ok(())
    })
}
