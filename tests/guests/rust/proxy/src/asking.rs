//! A client that is controlled by the headers of the request.

use wasip2::http::outgoing_handler;
use wasip2::http::types::*;
use wasip2::io::streams::StreamError;

use crate::reading::read;

fn code(error: StreamError) -> String {
    match error {
        StreamError::LastOperationFailed(error) => format!("{:?}", http_error_code(&error)),
        StreamError::Closed => "Closed".to_string(),
    }
}

/// Writes `count` bytes. Returns the result of the writes.
pub fn write(body: &OutgoingBody, count: usize) -> String {
    let stream = body.write().unwrap();
    let mut left = count;
    while left > 0 {
        let chunk = left.min(4096);
        if let Err(error) = stream.blocking_write_and_flush(&vec![7; chunk]) { return code(error); }
        left -= chunk;
    }
    "written".to_string()
}

fn scheme(name: &str) -> Scheme {
    match name { "http" => Scheme::Http, "https" => Scheme::Https, other => Scheme::Other(other.to_string()) }
}

fn method(name: &str) -> Method {
    match name { "GET" => Method::Get, "POST" => Method::Post, other => Method::Other(other.to_string()) }
}

/// Sends a request. Returns the end of the response, and that of the request.
pub fn ask(say: &Fields) -> String {
    let text = |name: &str| say.get(name).first().map(|value| String::from_utf8(value.clone()).unwrap());
    let number = |name: &str| text(name).map(|value| value.parse::<u64>().unwrap());
    let time = |name: &str| number(name).map(|ms| ms * 1_000_000);
    let fields = Fields::new();
    if let Some(length) = text("x-length") { fields.append("content-length", length.as_bytes()).unwrap(); }
    let trailer = text("x-trailer");
    if trailer.is_some() { fields.append("trailer", b"x-t").unwrap(); }
    fields.append("te", b"trailers").unwrap();
    let req = OutgoingRequest::new(fields);
    let set = [
        ("method", req.set_method(&method(&text("x-method").unwrap_or("POST".to_string())))),
        ("scheme", req.set_scheme(Some(&scheme(&text("x-scheme").unwrap_or("http".to_string()))))),
        ("authority", req.set_authority(text("x-to").as_deref())),
        ("path", req.set_path_with_query(text("x-path").as_deref())),
    ];
    for (part, result) in set {
        if result.is_err() { return format!("refused {part}"); }
    }
    let options = RequestOptions::new();
    options.set_connect_timeout(time("x-connect")).unwrap();
    options.set_first_byte_timeout(time("x-first")).unwrap();
    options.set_between_bytes_timeout(time("x-between")).unwrap();
    let body = req.body().unwrap();
    let future = match outgoing_handler::handle(req, Some(options)) {
        Ok(future) => future,
        Err(error) => return format!("{error:?}"),
    };
    let mut sent = write(&body, number("x-write").unwrap_or(0) as usize);
    if text("x-drop").as_deref() == Some("request") {
        drop(body);
    } else {
        let trailers = trailer.map(|value| Fields::from_list(&[("x-t".to_string(), value.into_bytes())]).unwrap());
        if let Err(error) = OutgoingBody::finish(body, trailers) { sent = format!("{error:?}"); }
    }
    future.subscribe().block();
    match future.get().unwrap().unwrap() {
        Err(error) => format!("{error:?} / {sent}"),
        Ok(response) => {
            let most = (text("x-drop").as_deref() == Some("response")).then_some(1);
            format!("{} {} / {sent}", response.status(), read(response.consume().unwrap(), most))
        }
    }
}
