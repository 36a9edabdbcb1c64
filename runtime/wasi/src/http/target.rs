//! The targets and methods of requests, in the form that guests use.

use std::format;
use std::net::Ipv6Addr;
use std::string::{String, ToString};

use ::http::uri::{Authority, PathAndQuery, Scheme as UriScheme};
use ::http::{HeaderMap, HeaderValue, Method as HttpMethod, Request, StatusCode, Uri};

use weft::binding::Value;

use super::context::Http;
use super::{Body, ErrorCode};

/// The method of a request, in the form that guests use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
#[expect(missing_docs, reason = "they are those of HTTP")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    Other(String),
}

/// The scheme of a request, in the form that guests use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
pub enum Scheme {
    /// `http`
    #[component(name = "HTTP")]
    Http,
    /// `https`
    #[component(name = "HTTPS")]
    Https,
    /// Any other scheme.
    Other(String),
}

/// The parts of a request that a guest can set separately.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    pub(crate) method: HttpMethod,
    pub(crate) scheme: Option<UriScheme>,
    pub(crate) authority: Option<Authority>,
    pub(crate) path: Option<PathAndQuery>,
    /// `true` if a guest has set the path without the `/` at its start.
    is_relative: bool,
}

/// The error of a part that is not well-formed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Malformed;

impl Target {
    /// Returns the parts of a received request. `scheme` is used if the request has none.
    pub(crate) fn received(
        method: HttpMethod,
        uri: Uri,
        headers: &HeaderMap,
        scheme: &UriScheme,
    ) -> Self {
        let parts = uri.into_parts();
        let host = || {
            let host = headers.get(::http::header::HOST)?;
            Authority::try_from(host.as_bytes()).ok()
        };
        Self {
            method,
            scheme: Some(parts.scheme.unwrap_or_else(|| scheme.clone())),
            authority: parts.authority.or_else(host),
            path: parts.path_and_query,
            is_relative: false,
        }
    }

    pub(crate) fn set_method(&mut self, method: &Method) -> Result<(), Malformed> {
        self.method = match method {
            Method::Get => HttpMethod::GET,
            Method::Head => HttpMethod::HEAD,
            Method::Post => HttpMethod::POST,
            Method::Put => HttpMethod::PUT,
            Method::Delete => HttpMethod::DELETE,
            Method::Connect => HttpMethod::CONNECT,
            Method::Options => HttpMethod::OPTIONS,
            Method::Trace => HttpMethod::TRACE,
            Method::Patch => HttpMethod::PATCH,
            Method::Other(name) => name.parse().map_err(|_| Malformed)?,
        };
        Ok(())
    }

    pub(crate) fn method(&self) -> Method {
        match self.method.as_str() {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "CONNECT" => Method::Connect,
            "OPTIONS" => Method::Options,
            "TRACE" => Method::Trace,
            "PATCH" => Method::Patch,
            other => Method::Other(other.into()),
        }
    }

    pub(crate) fn set_scheme(&mut self, scheme: Option<&Scheme>) -> Result<(), Malformed> {
        let parse = |scheme: &Scheme| match scheme {
            Scheme::Http => Ok(UriScheme::HTTP),
            Scheme::Https => Ok(UriScheme::HTTPS),
            Scheme::Other(name) => scheme_of(name),
        };
        self.scheme = scheme.map(parse).transpose()?;
        Ok(())
    }

    pub(crate) fn scheme(&self) -> Option<Scheme> {
        let scheme = self.scheme.as_ref()?;
        Some(match scheme.as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => Scheme::Other(other.into()),
        })
    }

    pub(crate) fn set_authority(&mut self, authority: Option<String>) -> Result<(), Malformed> {
        self.authority = authority.map(authority_of).transpose()?;
        Ok(())
    }

    pub(crate) fn authority(&self) -> Option<String> {
        self.authority.as_ref().map(ToString::to_string)
    }

    /// Sets the path and the query. If they are relative, a `/` is put before them.
    pub(crate) fn set_path(&mut self, path: Option<String>) -> Result<(), Malformed> {
        let is_relative = |path: &String| !path.is_empty() && !path.starts_with(['/', '*']);
        let is_relative = path.as_ref().is_some_and(is_relative);
        let path = path.map(|path| match path.as_str() {
            "" => Ok(PathAndQuery::from_static("/")),
            // A fragment is not part of the path.
            path if path.contains('#') => Err(Malformed),
            path if is_relative => {
                PathAndQuery::try_from(format!("/{path}")).map_err(|_| Malformed)
            }
            _ => PathAndQuery::try_from(path).map_err(|_| Malformed),
        });
        self.path = path.transpose()?;
        self.is_relative = is_relative;
        Ok(())
    }

    pub(crate) fn path(&self) -> Option<String> {
        let path = self.path.as_ref()?.as_str();
        let given = if self.is_relative { path.strip_prefix('/') } else { None };
        Some(given.unwrap_or(path).into())
    }

    /// Makes an outgoing request.
    ///
    /// # Errors
    ///
    /// The code for a request whose destination is unknown.
    pub(crate) fn request(
        self,
        mut headers: HeaderMap,
        body: Body,
        http: &Http,
    ) -> Result<Request<Body>, ErrorCode> {
        let scheme = self.scheme.unwrap_or_else(|| http.default_scheme.clone());
        if scheme != UriScheme::HTTP && scheme != UriScheme::HTTPS {
            return Err(ErrorCode::HttpProtocolError);
        }
        let authority = self.authority.ok_or(ErrorCode::HttpRequestUriInvalid)?;
        // Names of hosts are ASCII. A part before them, such as a user's name, is not sent.
        let host = authority.as_str().rsplit_once('@').map_or(authority.as_str(), |it| it.1);
        let host = HeaderValue::from_str(host).map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
        headers.insert(::http::header::HOST, host);
        let path = self.path.unwrap_or_else(|| PathAndQuery::from_static("/"));
        let uri = Uri::builder().scheme(scheme).authority(authority).path_and_query(path).build();
        let uri = uri.map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
        let mut request = Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// Returns the status for a number from a guest, if it is in one of the five classes of HTTP.
pub(crate) fn status_of(number: u16) -> Option<StatusCode> {
    if number < 600 { StatusCode::from_u16(number).ok() } else { None }
}

/// Parses a scheme, which begins with a letter.
fn scheme_of(name: &str) -> Result<UriScheme, Malformed> {
    let begins_well = name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if begins_well && name.bytes().all(is_one) {
        name.parse().map_err(|_| Malformed)
    } else {
        Err(Malformed)
    }
}

/// Parses an authority. It has a host, and after a colon a number as its port.
fn authority_of(text: String) -> Result<Authority, Malformed> {
    let (_, after_host) = text.rsplit_once(']').unwrap_or(("", &text));
    let has_port = after_host.contains(':');
    let authority = Authority::try_from(text).map_err(|_| Malformed)?;
    let is_well_formed = match authority.host().strip_prefix('[') {
        None => !authority.host().is_empty(),
        Some(host) => host.strip_suffix(']').is_some_and(|host| host.parse::<Ipv6Addr>().is_ok()),
    };
    let has_good_port = !has_port || authority.port_u16().is_some();
    if is_well_formed && has_good_port { Ok(authority) } else { Err(Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(given: &str) -> Result<Option<String>, Malformed> {
        let mut target = Target::default();
        target.set_path(Some(given.into()))?;
        Ok(target.path())
    }

    #[test]
    fn a_path_may_be_relative() -> Result<(), Malformed> {
        for path in ["/", "/a/../b?c", "a/b/c", "../..", "?foo", "*"] {
            assert_eq!(path_of(path)?.as_deref(), Some(path));
        }
        assert_eq!(path_of("")?.as_deref(), Some("/"));
        assert!(path_of("/ ").is_err());
        // A path that is refused changes nothing.
        let mut target = Target::default();
        target.set_path(Some("a".into()))?;
        assert!(target.set_path(Some("/ ".into())).is_err());
        assert_eq!(target.path().as_deref(), Some("a"));
        Ok(())
    }

    #[test]
    fn a_path_begins_with_a_slash_where_it_is_sent() -> Result<(), Malformed> {
        for (path, sent) in [(None, "/"), (Some("a/b"), "/a/b"), (Some("?c"), "/?c")] {
            let mut target = Target::default();
            target.set_authority(Some("example.org".into()))?;
            target.set_path(path.map(Into::into))?;
            let request = target.request(HeaderMap::new(), Body::empty(), &Http::default());
            assert_eq!(request.map_err(|_| Malformed)?.uri().path_and_query().unwrap(), sent);
        }
        Ok(())
    }

    #[test]
    fn a_server_learns_no_name_of_a_user() -> Result<(), Malformed> {
        for (authority, host) in
            [("a:b@example.org:80", "example.org:80"), ("u@[::1]", "[::1]"), ("here", "here")]
        {
            let mut target = Target::default();
            target.set_authority(Some(authority.into()))?;
            let request = target.request(HeaderMap::new(), Body::empty(), &Http::default());
            assert_eq!(request.map_err(|_| Malformed)?.headers()["host"], host);
        }
        Ok(())
    }

    #[test]
    fn malformed_parts_are_refused_and_change_nothing() {
        let mut target = Target::default();
        assert!(target.set_method(&Method::Other("PURGE".into())).is_ok());
        assert!(target.set_scheme(Some(&Scheme::Other("ws".into()))).is_ok());
        assert!(target.set_authority(Some("[::1]:443".into())).is_ok());
        for method in ["", "a b", "bad\n", "é", "a/b", "(", "a:"] {
            assert!(target.set_method(&Method::Other(method.into())).is_err(), "{method:?}");
        }
        for scheme in ["", "a b", "bad\n", "é", "a/b", "9a", "a:"] {
            let scheme = Scheme::Other(scheme.into());
            assert!(target.set_scheme(Some(&scheme)).is_err(), "{scheme:?}");
        }
        for authority in [
            "", "a b", "bad\n", "é.org", "a/b", "a?b", "a#b", "a:99999", "a:-1", "a:x", "a:",
            "a:1:2", "[::1", "::1]", "[::1]:x", "@", "a@", ":80", "u@:80", "[]", "[x]:1",
        ] {
            assert!(target.set_authority(Some(authority.into())).is_err(), "{authority:?}");
        }
        for path in ["/ ", "/a b", "/\n", "/\0", "/a\r\nx: y", " /", "/a#b"] {
            assert!(target.set_path(Some(path.into())).is_err(), "{path:?}");
        }
        assert_eq!(target.method(), Method::Other("PURGE".into()));
        assert_eq!(target.scheme(), Some(Scheme::Other("ws".into())));
        assert_eq!(target.authority().as_deref(), Some("[::1]:443"));
        assert_eq!(target.path(), None);
    }

    #[test]
    fn a_status_is_of_one_of_five_classes() {
        assert!([100, 200, 418, 599].iter().all(|number| status_of(*number).is_some()));
        assert!(
            [0, 42, 99, 600, 999, 1000, 65535].iter().all(|number| status_of(*number).is_none())
        );
    }
}
