//! An HTTP server of WASI 0.2: each path has another behavior, and some make mistakes.

mod asking;
mod reading;

use std::io::{Read as _, Write as _};
use wasip2::http::types::*;
use wasip2::http::outgoing_handler;

wasip2::http::proxy::export!(Example);
struct Example;

fn respond(out: ResponseOutparam, status: u16, headers: &[(&str, &str)], bytes: &[u8]) {
    let list: Vec<_> = headers.iter().map(|(n, v)| (n.to_string(), v.as_bytes().to_vec())).collect();
    let resp = OutgoingResponse::new(Fields::from_list(&list).unwrap());
    resp.set_status_code(status).unwrap();
    let body = resp.body().unwrap();
    ResponseOutparam::set(out, Ok(resp));
    let mut stream = body.write().unwrap();
    for chunk in bytes.chunks(4096) { stream.write_all(chunk).unwrap(); }
    stream.flush().unwrap();
    drop(stream);
    OutgoingBody::finish(body, None).unwrap();
}

impl wasip2::exports::http::incoming_handler::Guest for Example {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        match path.as_str() {
            "/" => respond(out, 200, &[], b"Hello, WASI!"),
            "/info" => {
                let text = format!("{:?} {:?} {:?} {:?} host={:?} x={:?}", request.method(), request.scheme(), request.authority(), request.path_with_query(), request.headers().has("host"), request.headers().get("X-One"));
                respond(out, 201, &[("X-Two", "2")], text.as_bytes())
            }
            "/echo" => {
                let resp = OutgoingResponse::new(Fields::from_list(&[("trailer".to_string(), b"x-t".to_vec())]).unwrap());
                let body = resp.body().unwrap();
                ResponseOutparam::set(out, Ok(resp));
                let input = request.consume().unwrap();
                let stream = input.stream().unwrap();
                let output = body.write().unwrap();
                loop {
                    match output.blocking_splice(&stream, 1 << 20) {
                        Ok(_) => {}
                        Err(wasip2::io::streams::StreamError::Closed) => break,
                        Err(e) => panic!("{e:?}"),
                    }
                }
                drop(stream);
                let trailers = IncomingBody::finish(input);
                trailers.subscribe().block();
                let got = trailers.get().unwrap().unwrap().unwrap();
                let text = got.map(|t| t.entries()).unwrap_or_default();
                drop(output);
                let t = Fields::from_list(&[("x-t".to_string(), format!("{}", text.len()).into_bytes())]).unwrap();
                OutgoingBody::finish(body, Some(t)).unwrap();
            }
            "/none" => {}
            "/code" => ResponseOutparam::set(out, Err(ErrorCode::HttpRequestDenied)),
            "/trap" => panic!("early"),
            "/trap-late" => {
                let resp = OutgoingResponse::new(Fields::new());
                let body = resp.body().unwrap();
                ResponseOutparam::set(out, Ok(resp));
                let stream = body.write().unwrap();
                stream.blocking_write_and_flush(b"some").unwrap();
                panic!("late");
            }
            "/unfinished" => {
                let resp = OutgoingResponse::new(Fields::new());
                let body = resp.body().unwrap();
                ResponseOutparam::set(out, Ok(resp));
                let stream = body.write().unwrap();
                stream.blocking_write_and_flush(b"some").unwrap();
            }
            "/short" => {
                let resp = OutgoingResponse::new(Fields::from_list(&[("content-length".to_string(), b"10".to_vec())]).unwrap());
                let body = resp.body().unwrap();
                ResponseOutparam::set(out, Ok(resp));
                let stream = body.write().unwrap();
                stream.blocking_write_and_flush(b"some").unwrap();
                drop(stream);
                let e = OutgoingBody::finish(body, None).unwrap_err();
                eprintln!("{e:?}");
            }
            "/endless" => {
                let resp = OutgoingResponse::new(Fields::new());
                let body = resp.body().unwrap();
                ResponseOutparam::set(out, Ok(resp));
                let mut stream = body.write().unwrap();
                while stream.write_all(&[7; 4096]).is_ok() {}
                eprintln!("stopped");
            }
            "/spin" => loop { std::hint::black_box(()); },
            "/sleep" => {
                wasip2::clocks::monotonic_clock::subscribe_duration(50_000_000).block();
                respond(out, 200, &[], b"slept");
            }
            p if p.starts_with("/proxy/") => {
                let req = OutgoingRequest::new(Fields::new());
                req.set_scheme(Some(&Scheme::Http)).unwrap();
                req.set_authority(Some(p.trim_start_matches("/proxy/"))).unwrap();
                req.set_path_with_query(Some("/info")).unwrap();
                let options = RequestOptions::new();
                options.set_connect_timeout(Some(1_000_000_000)).unwrap();
                options.set_first_byte_timeout(Some(200_000_000)).unwrap();
                let body = req.body().unwrap();
                OutgoingBody::finish(body, None).unwrap();
                let result = match outgoing_handler::handle(req, Some(options)) {
                    Err(e) => Err(e),
                    Ok(f) => { f.subscribe().block(); f.get().unwrap().unwrap() }
                };
                match result {
                    Err(e) => respond(out, 502, &[], format!("{e:?}").as_bytes()),
                    Ok(r) => {
                        let b = r.consume().unwrap();
                        let mut s = b.stream().unwrap();
                        let mut v = Vec::new();
                        let res = s.read_to_end(&mut v);
                        let mut text = format!("{} {:?} ", r.status(), res).into_bytes();
                        text.extend(v);
                        respond(out, 200, &[], &text)
                    }
                }
            }
            "/ask" => {
                let text = asking::ask(&request.headers());
                respond(out, 200, &[], text.as_bytes())
            }
            "/count" => {
                let text = reading::read(request.consume().unwrap(), None);
                respond(out, 200, &[], text.as_bytes())
            }
            "/half" => {
                let text = reading::read(request.consume().unwrap(), Some(10));
                respond(out, 200, &[], text.as_bytes())
            }
            "/long" => {
                let resp = OutgoingResponse::new(Fields::from_list(&[("content-length".to_string(), b"4".to_vec())]).unwrap());
                let body = resp.body().unwrap();
                ResponseOutparam::set(out, Ok(resp));
                let sent = asking::write(&body, 10);
                eprintln!("{sent} {:?}", OutgoingBody::finish(body, None));
            }
            p if p.starts_with("/headers/") => {
                let count: usize = p.trim_start_matches("/headers/").parse().unwrap();
                let fields = Fields::new();
                for n in 0..count { fields.append(&format!("x-{n}"), &[b'v'; 100]).unwrap(); }
                let resp = OutgoingResponse::new(fields);
                ResponseOutparam::set(out, Ok(resp));
            }
            _ => respond(out, 404, &[], b""),
        }
    }
}
