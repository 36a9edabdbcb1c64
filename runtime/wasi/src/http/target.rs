//! Where a request goes to, and its method: as guests say it.

use std::string::{String, ToString};

use ::http::uri::{Authority, PathAndQuery, Scheme as UriScheme};
use ::http::{HeaderMap, HeaderValue, Method as HttpMethod, Request, Uri};

use weft::binding::Value;

use super::context::Http;
use super::{Body, ErrorCode};

/// The method of a request, as guests have it.
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

/// The scheme of a request, as guests have it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
pub enum Scheme {
    /// `http`
    #[component(name = "HTTP")]
    Http,
    /// `https`
    #[component(name = "HTTPS")]
    Https,
    /// Any other.
    Other(String),
}

/// The parts of a request that a guest can set one by one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    pub(crate) method: HttpMethod,
    pub(crate) scheme: Option<UriScheme>,
    pub(crate) authority: Option<Authority>,
    pub(crate) path: Option<PathAndQuery>,
}

/// A part is not well-formed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Malformed;

impl Target {
    /// Returns the parts of a request that has come. Its scheme is `scheme`, unless it says it itself.
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
            Scheme::Other(name) => name.parse().map_err(|_| Malformed),
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

    pub(crate) fn set_path(&mut self, path: Option<String>) -> Result<(), Malformed> {
        self.path = path.map(PathAndQuery::try_from).transpose().map_err(|_| Malformed)?;
        Ok(())
    }

    pub(crate) fn path(&self) -> Option<String> {
        self.path.as_ref().map(ToString::to_string)
    }

    /// Makes an outgoing request.
    ///
    /// # Errors
    ///
    /// The code for a request that can't be sent, as nobody knows where to.
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
        // Names of hosts are ASCII.
        let host = HeaderValue::from_str(authority.as_str())
            .map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
        headers.insert(::http::header::HOST, host);
        let mut uri = Uri::builder().scheme(scheme).authority(authority);
        if let Some(path) = self.path {
            uri = uri.path_and_query(path);
        }
        let uri = uri.build().map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
        let mut request = Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// Parses an authority. Its port is a number, if there is a colon.
fn authority_of(text: String) -> Result<Authority, Malformed> {
    let (_, after_host) = text.rsplit_once(']').unwrap_or(("", &text));
    let has_port = after_host.contains(':');
    let authority = Authority::try_from(text).map_err(|_| Malformed)?;
    if has_port && authority.port_u16().is_none() { Err(Malformed) } else { Ok(authority) }
}
