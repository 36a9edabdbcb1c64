//! The look-up of names.

use core::future::Future;
use std::borrow::Cow;
use std::io;
use std::net::{IpAddr, Ipv6Addr, ToSocketAddrs as _};
use std::string::{String, ToString as _};
use std::vec;
use std::vec::Vec;

use idna::AsciiDenyList;

use super::context::Sockets;
use crate::runtime::blocking;

/// An error of a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LookupError {
    AccessDenied,
    InvalidArgument,
    NameUnresolvable,
    TemporaryFailure,
    PermanentFailure,
}

/// Begins to look up a name. The future returns at least one address.
///
/// # Errors
///
/// An error if the name is invalid, or if look-ups are not allowed.
pub(crate) fn resolve(
    sockets: &Sockets,
    name: &str,
) -> Result<impl Future<Output = Result<Vec<IpAddr>, LookupError>> + Send + use<>, LookupError> {
    if !sockets.allows_lookup {
        return Err(LookupError::AccessDenied);
    }
    let name = parse(name)?;
    Ok(async move {
        match name {
            Name::Address(address) => Ok(vec![address.to_canonical()]),
            Name::Domain(domain) => blocking(move || look_up(&domain)).await,
        }
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Name {
    Address(IpAddr),
    Domain(String),
}

fn parse(name: &str) -> Result<Name, LookupError> {
    let bracketed = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    if let Some(address) = bracketed {
        let address: Ipv6Addr = address.parse().map_err(|_| LookupError::InvalidArgument)?;
        return Ok(Name::Address(address.into()));
    }
    if let Ok(address) = name.parse() {
        return Ok(Name::Address(address));
    }
    let domain = idna::domain_to_ascii_cow(name.as_bytes(), AsciiDenyList::URL)
        .map(Cow::into_owned)
        .map_err(|_| LookupError::InvalidArgument)?;
    if domain.is_empty() {
        return Err(LookupError::InvalidArgument);
    }
    Ok(Name::Domain(domain))
}

fn look_up(domain: &str) -> Result<Vec<IpAddr>, LookupError> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in (domain, 0).to_socket_addrs().map_err(|error| failure(&error))? {
        let address = address.ip().to_canonical();
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err(LookupError::NameUnresolvable) } else { Ok(addresses) }
}

/// The texts of C libraries for `EAI_AGAIN`, and the code of Windows.
const TEMPORARY: [&str; 3] = ["temporary failure", "try again", "(os error 11002)"];

/// The texts of C libraries for `EAI_FAIL`, and the code of Windows.
const PERMANENT: [&str; 2] = ["non-recoverable", "(os error 11003)"];

/// Returns the meaning of an error of the standard library, which has the codes of C libraries only
/// as text.
fn failure(error: &io::Error) -> LookupError {
    let message = error.to_string().to_lowercase();
    let is_one_of = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if is_one_of(&TEMPORARY) {
        LookupError::TemporaryFailure
    } else if is_one_of(&PERMANENT) {
        LookupError::PermanentFailure
    } else {
        LookupError::NameUnresolvable
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::string::String;

    use super::{LookupError, Name, failure, parse};

    #[test]
    fn names_are_parsed() {
        for (name, address) in [
            ("127.0.0.1", "127.0.0.1"),
            ("::", "::"),
            ("[::1]", "::1"),
            ("DEAD:BEEF::0", "dead:beef::"),
        ] {
            assert_eq!(parse(name), Ok(Name::Address(address.parse().unwrap())), "{name}");
        }
        for (name, domain) in [
            ("localhost", "localhost"),
            ("Example.COM.", "example.com."),
            ("münchen.de", "xn--mnchen-3ya.de"),
            ("MÜNCHEN.de", "xn--mnchen-3ya.de"),
            ("under_score.example", "under_score.example"),
        ] {
            assert_eq!(parse(name), Ok(Name::Domain(String::from(domain))), "{name}");
        }
        for name in [
            "",
            " ",
            "a.b<&>",
            "127.0.0.1:80",
            "[::]:80",
            "[127.0.0.1]",
            "[",
            "http://example.com/",
            "a b",
            "a\0b",
            "xn--a-\u{fc}",
        ] {
            assert_eq!(parse(name), Err(LookupError::InvalidArgument), "{name:?}");
        }
    }

    #[test]
    fn errors_are_told_apart() {
        let prefix = "failed to lookup address information: ";
        for (text, error) in [
            ("Name or service not known", LookupError::NameUnresolvable),
            ("Temporary failure in name resolution", LookupError::TemporaryFailure),
            ("Try again", LookupError::TemporaryFailure),
            ("Non-recoverable failure in name resolution", LookupError::PermanentFailure),
        ] {
            assert_eq!(failure(&io::Error::other(std::format!("{prefix}{text}"))), error, "{text}");
        }
    }
}
