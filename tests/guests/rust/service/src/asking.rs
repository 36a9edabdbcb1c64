//! A client that is controlled by the headers of the request.

use wasip3::http::client;
use wasip3::http::types::*;
use wasip3::{wit_bindgen, wit_future, wit_stream};

use crate::reading::read;

fn scheme(name: &str) -> Scheme {
    match name { "http" => Scheme::Http, "https" => Scheme::Https, other => Scheme::Other(other.to_string()) }
}

fn method(name: &str) -> Method {
    match name { "GET" => Method::Get, "POST" => Method::Post, other => Method::Other(other.to_string()) }
}

/// Sends a request. Returns the end of the response, and that of the request.
pub async fn ask(say: Fields) -> String {
    let text = |name: &str| say.get(name).first().map(|value| String::from_utf8(value.clone()).unwrap());
    let number = |name: &str| text(name).map(|value| value.parse::<u64>().unwrap());
    let time = |name: &str| number(name).map(|ms| ms * 1_000_000);
    let fields = Fields::new();
    if let Some(length) = text("x-length") { fields.append("content-length", length.as_bytes()).unwrap(); }
    let trailer = text("x-trailer");
    if trailer.is_some() { fields.append("trailer", b"x-t").unwrap(); }
    fields.append("te", b"trailers").unwrap();
    let options = RequestOptions::new();
    options.set_connect_timeout(time("x-connect")).unwrap();
    options.set_first_byte_timeout(time("x-first")).unwrap();
    options.set_between_bytes_timeout(time("x-between")).unwrap();
    let (mut tx, rx) = wit_stream::new();
    let (ttx, trx) = wit_future::new(|| Ok(None));
    let (req, sent) = Request::new(fields, Some(rx), trx, Some(options));
    let set = [
        ("method", req.set_method(&method(&text("x-method").unwrap_or("POST".to_string())))),
        ("scheme", req.set_scheme(Some(&scheme(&text("x-scheme").unwrap_or("http".to_string()))))),
        ("authority", req.set_authority(text("x-to").as_deref())),
        ("path", req.set_path_with_query(text("x-path").as_deref())),
    ];
    for (part, result) in set {
        if result.is_err() { return format!("refused {part}"); }
    }
    let count = number("x-write").unwrap_or(0) as usize;
    let is_dropped = text("x-drop").as_deref() == Some("request");
    wit_bindgen::spawn_local(async move {
        let _ = tx.write_all(vec![7; count]).await;
        drop(tx);
        let end = if is_dropped {
            Err(ErrorCode::LoopDetected)
        } else {
            Ok(trailer.map(|value| Fields::from_list(&[("x-t".to_string(), value.into_bytes())]).unwrap()))
        };
        let _ = ttx.write(end).await;
    });
    let answered = match client::send(req).await {
        Err(error) => format!("{error:?}"),
        Ok(response) => {
            let status = response.get_status_code();
            let most = (text("x-drop").as_deref() == Some("response")).then_some(1);
            let (_rtx, rrx) = wit_future::new(|| Ok(()));
            let (body, trailers) = Response::consume_body(response, rrx);
            format!("{status} {}", read(body, trailers, most).await)
        }
    };
    format!("{answered} / {:?}", sent.await)
}
