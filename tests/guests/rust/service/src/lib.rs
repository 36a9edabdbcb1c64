//! An HTTP server of WASI 0.3: each path has another behavior, and some make mistakes.

mod asking;
mod reading;

use wasip3::http::types::*;
use wasip3::http::client;
use wasip3::{wit_bindgen, wit_future, wit_stream};

wasip3::http::service::export!(Example);
struct Example;

fn respond(status: u16, headers: &[(&str, &str)], bytes: Vec<u8>) -> Response {
    let list: Vec<_> = headers.iter().map(|(n, v)| (n.to_string(), v.as_bytes().to_vec())).collect();
    let (mut tx, rx) = wit_stream::new();
    let (ttx, trx) = wit_future::new(|| Ok(None));
    drop(ttx);
    let (response, _sent) = Response::new(Fields::from_list(&list).unwrap(), Some(rx), trx);
    response.set_status_code(status).unwrap();
    wit_bindgen::spawn_local(async move {
        let _ = tx.write_all(bytes).await;
    });
    response
}

impl wasip3::exports::http::handler::Guest for Example {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let path = request.get_path_with_query().unwrap_or_default();
        Ok(match path.as_str() {
            "/" => respond(200, &[], b"Hello, WASI!".to_vec()),
            "/info" => {
                let text = format!("{:?} {:?} {:?} {:?} host={:?} x={:?}", request.get_method(), request.get_scheme(), request.get_authority(), request.get_path_with_query(), request.get_headers().has("host"), request.get_headers().get("X-One"));
                respond(201, &[("X-Two", "2")], text.into_bytes())
            }
            "/echo" => {
                let (rtx, rrx) = wit_future::new(|| Ok(()));
                let (mut body, trailers) = Request::consume_body(request, rrx);
                let (mut tx, rx) = wit_stream::new();
                let (ttx, trx) = wit_future::new(|| Ok(None));
                let headers = Fields::from_list(&[("trailer".to_string(), b"x-t".to_vec())]).unwrap();
                let (response, _sent) = Response::new(headers, Some(rx), trx);
                wit_bindgen::spawn_local(async move {
                    loop {
                        let (result, chunk) = body.read(Vec::with_capacity(65536)).await;
                        let rest = tx.write_all(chunk).await;
                        if !rest.is_empty() { return; }
                        if let wit_bindgen::StreamResult::Dropped = result { break; }
                    }
                    drop(tx);
                    drop(rtx);
                    let n = match trailers.await { Ok(Some(t)) => t.copy_all().len().to_string(), Ok(None) => "0".into(), Err(e) => format!("{e:?}") };
                    let t = Fields::from_list(&[("x-t".to_string(), n.into_bytes())]).unwrap();
                    let _ = ttx.write(Ok(Some(t))).await;
                });
                response
            }
            "/pass" => {
                let headers = request.get_headers();
                let (_rtx, rrx) = wit_future::new(|| Ok(()));
                let (body, trailers) = Request::consume_body(request, rrx);
                Response::new(headers, Some(body), trailers).0
            }
            "/code" => return Err(ErrorCode::HttpRequestDenied),
            "/trap" => panic!("early"),
            "/trap-late" => {
                let (mut tx, rx) = wit_stream::new();
                let (ttx, trx) = wit_future::new(|| Ok(None));
                drop(ttx);
                let (response, _sent) = Response::new(Fields::new(), Some(rx), trx);
                wit_bindgen::spawn_local(async move {
                    let _ = tx.write_all(b"some".to_vec()).await;
                    panic!("late");
                });
                response
            }
            "/short" => {
                let (mut tx, rx) = wit_stream::new();
                let (ttx, trx) = wit_future::new(|| Ok(None));
                drop(ttx);
                let (response, sent) = Response::new(Fields::from_list(&[("content-length".to_string(), b"10".to_vec())]).unwrap(), Some(rx), trx);
                wit_bindgen::spawn_local(async move {
                    let _ = tx.write_all(b"some".to_vec()).await;
                    drop(tx);
                    eprintln!("{:?}", sent.await);
                });
                response
            }
            "/endless" => {
                let (mut tx, rx) = wit_stream::new();
                let (ttx, trx) = wit_future::new(|| Ok(None));
                drop(ttx);
                let (response, sent) = Response::new(Fields::new(), Some(rx), trx);
                wit_bindgen::spawn_local(async move {
                    while tx.write_all(vec![7; 4096]).await.is_empty() {}
                    eprintln!("stopped {:?}", sent.await);
                });
                response
            }
            "/spin" => loop { std::hint::black_box(()); },
            "/sleep" => {
                wasip3::clocks::monotonic_clock::wait_for(50_000_000).await;
                respond(200, &[], b"slept".to_vec())
            }
            p if p.starts_with("/proxy/") => {
                let (ttx, trx) = wit_future::new(|| Ok(None));
                drop(ttx);
                let options = RequestOptions::new();
                options.set_connect_timeout(Some(1_000_000_000)).unwrap();
                options.set_first_byte_timeout(Some(200_000_000)).unwrap();
                let (req, _sent) = Request::new(Fields::new(), None, trx, Some(options));
                req.set_scheme(Some(&Scheme::Http)).unwrap();
                req.set_authority(Some(p.trim_start_matches("/proxy/"))).unwrap();
                req.set_path_with_query(Some("/info")).unwrap();
                match client::send(req).await {
                    Err(e) => respond(502, &[], format!("{e:?}").into_bytes()),
                    Ok(r) => {
                        let status = r.get_status_code();
                        let (_rtx, rrx) = wit_future::new(|| Ok(()));
                        let (body, trailers) = Response::consume_body(r, rrx);
                        let v = body.collect().await;
                        let res = trailers.await.map(|t| t.is_some());
                        let mut text = format!("{status} {res:?} ").into_bytes();
                        text.extend(v);
                        respond(200, &[], text)
                    }
                }
            }
            "/forward" => {
                request.set_path_with_query(Some("/info")).unwrap();
                request.set_authority(Some(&String::from_utf8(request.get_headers().get("x-to")[0].clone()).unwrap())).unwrap();
                return client::send(request).await;
            }
            "/ask" => {
                let text = asking::ask(request.get_headers()).await;
                respond(200, &[], text.into_bytes())
            }
            "/count" => {
                let (_rtx, rrx) = wit_future::new(|| Ok(()));
                let (body, trailers) = Request::consume_body(request, rrx);
                respond(200, &[], reading::read(body, trailers, None).await.into_bytes())
            }
            "/half" => {
                let (_rtx, rrx) = wit_future::new(|| Ok(()));
                let (body, trailers) = Request::consume_body(request, rrx);
                respond(200, &[], reading::read(body, trailers, Some(10)).await.into_bytes())
            }
            "/long" => {
                let (mut tx, rx) = wit_stream::new();
                let (ttx, trx) = wit_future::new(|| Ok(None));
                drop(ttx);
                let (response, sent) = Response::new(Fields::from_list(&[("content-length".to_string(), b"4".to_vec())]).unwrap(), Some(rx), trx);
                wit_bindgen::spawn_local(async move {
                    let _ = tx.write_all(vec![7; 10]).await;
                    eprintln!("{:?}", sent.await);
                });
                response
            }
            "/broken" => {
                let (mut tx, rx) = wit_stream::new();
                let (ttx, trx) = wit_future::new(|| Ok(None));
                let (response, sent) = Response::new(Fields::new(), Some(rx), trx);
                wit_bindgen::spawn_local(async move {
                    let _ = tx.write_all(b"some".to_vec()).await;
                    drop(tx);
                    let _ = ttx.write(Err(ErrorCode::LoopDetected)).await;
                    eprintln!("{:?}", sent.await);
                });
                response
            }
            "/report" => {
                let (rtx, rrx) = wit_future::new(|| Ok(()));
                let (body, _trailers) = Request::consume_body(request, rrx);
                drop(body);
                let _ = rtx.write(Err(ErrorCode::LoopDetected)).await;
                respond(200, &[], vec![])
            }
            p if p.starts_with("/headers/") => {
                let count: usize = p.trim_start_matches("/headers/").parse().unwrap();
                let fields = Fields::new();
                for n in 0..count { fields.append(&format!("x-{n}"), &[b'v'; 100]).unwrap(); }
                let (ttx, trx) = wit_future::new(|| Ok(None));
                drop(ttx);
                Response::new(fields, None, trx).0
            }
            _ => respond(404, &[], vec![]),
        })
    }
}
