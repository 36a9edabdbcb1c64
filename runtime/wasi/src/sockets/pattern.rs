//! Patterns of addresses.

use core::error::Error;
use core::fmt;
use core::str::FromStr;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::string::String;

/// The addresses that a guest may use: those of a network, with one port or all.
///
/// | text | addresses |
/// |---|---|
/// | `127.0.0.1:8080`, `[::1]:8080` | one address, one port |
/// | `127.0.0.1`, `::1`, `127.0.0.1:*` | one address, every port |
/// | `10.0.0.0/8:443`, `[2001:db8::/32]:443` | a network, one port |
/// | `10.0.0.0/8`, `2001:db8::/32` | a network, every port |
/// | `*:443` | every address of IPv4 and IPv6, one port |
/// | `*` | every address and port |
///
/// Port 0 stands for a bind to a port that the system chooses.
///
/// ```
/// use weft_wasi::sockets::AddressPattern;
///
/// let pattern: AddressPattern = "10.0.0.0/8:443".parse()?;
/// assert!(pattern.matches("10.1.2.3:443".parse().unwrap()));
/// assert!(!pattern.matches("10.1.2.3:80".parse().unwrap()));
/// # Ok::<(), weft_wasi::sockets::ParseAddressPatternError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressPattern {
    /// The network; `None` for all addresses.
    network: Option<Network>,
    /// The port; `None` for all ports.
    port: Option<u16>,
}

/// The addresses with the same first bits as `address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Network {
    address: IpAddr,
    bits: u32,
}

impl AddressPattern {
    /// Returns `true` if the pattern includes an address.
    #[must_use]
    pub fn matches(&self, address: SocketAddr) -> bool {
        self.network.is_none_or(|network| network.contains(address.ip()))
            && self.port.is_none_or(|port| port == address.port())
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        let difference = match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                u128::from(network.to_bits() ^ address.to_bits()) << 96
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => network.to_bits() ^ address.to_bits(),
            _ => return false,
        };
        difference.leading_zeros() >= self.bits
    }
}

const fn all_bits(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

impl From<IpAddr> for AddressPattern {
    fn from(address: IpAddr) -> Self {
        Self { network: Some(Network { address, bits: all_bits(address) }), port: None }
    }
}

impl From<SocketAddr> for AddressPattern {
    fn from(address: SocketAddr) -> Self {
        Self { port: Some(address.port()), ..Self::from(address.ip()) }
    }
}

impl From<SocketAddrV4> for AddressPattern {
    fn from(address: SocketAddrV4) -> Self {
        SocketAddr::V4(address).into()
    }
}

impl From<SocketAddrV6> for AddressPattern {
    fn from(address: SocketAddrV6) -> Self {
        SocketAddr::V6(address).into()
    }
}

impl FromStr for AddressPattern {
    type Err = ParseAddressPatternError;

    fn from_str(text: &str) -> Result<Self, ParseAddressPatternError> {
        parse(text).ok_or_else(|| ParseAddressPatternError { text: text.into() })
    }
}

fn parse(text: &str) -> Option<AddressPattern> {
    let (network, port) = split(text);
    let port = match port {
        None | Some("*") => None,
        Some(port) if port.bytes().all(|it| it.is_ascii_digit()) => Some(port.parse().ok()?),
        Some(_) => return None,
    };
    let network = match network {
        "*" => None,
        network => Some(parse_network(network)?),
    };
    Some(AddressPattern { network, port })
}

/// Splits a text into its network and its port.
fn split(text: &str) -> (&str, Option<&str>) {
    if let Some(text) = text.strip_prefix('[') {
        return match text.split_once(']') {
            Some((network, "")) => (network, None),
            Some((network, rest)) => (network, Some(rest.strip_prefix(':').unwrap_or("?"))),
            None => ("?", None),
        };
    }
    match text.split_once(':') {
        Some((network, port)) if !port.contains(':') => (network, Some(port)),
        // Without brackets, an IPv6 address has no port.
        _ => (text, None),
    }
}

fn parse_network(text: &str) -> Option<Network> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let all = all_bits(address);
    let bits = match bits {
        None => all,
        Some(bits) if bits.bytes().all(|it| it.is_ascii_digit()) => bits.parse().ok()?,
        Some(_) => return None,
    };
    (bits <= all).then_some(Network { address, bits })
}

/// The error of a text that is not an [`AddressPattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseAddressPatternError {
    text: String,
}

impl fmt::Display for ParseAddressPatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not an address: write `127.0.0.1:8080`, `[::1]:8080`, `10.0.0.0/8:443`, `*:443`, or \
             one of them without its port",
            self.text
        )
    }
}

impl Error for ParseAddressPatternError {}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::AddressPattern;

    #[test]
    fn patterns_match_addresses() {
        for (pattern, matching, others) in [
            ("127.0.0.1:80", "127.0.0.1:80", "127.0.0.1:81 127.0.0.2:80 [::1]:80"),
            ("127.0.0.1", "127.0.0.1:80 127.0.0.1:0", "127.0.0.2:80 [::1]:80"),
            ("127.0.0.1:*", "127.0.0.1:80 127.0.0.1:0", "127.0.0.2:80 [::1]:80"),
            ("[::1]:80", "[::1]:80", "[::1]:81 [::2]:80 127.0.0.1:80"),
            ("[::1]", "[::1]:80 [::1]:0", "[::2]:80"),
            ("::1", "[::1]:80 [::1]:0", "[::2]:80"),
            ("10.0.0.0/8:443", "10.255.0.1:443", "11.0.0.0:443 10.0.0.0:80"),
            ("0.0.0.0/0", "10.255.0.1:443", "[::1]:443"),
            ("10.1.2.3/32", "10.1.2.3:443", "10.1.2.2:443"),
            ("[2001:db8::/32]:443", "[2001:db8::9]:443", "[2001:db9::9]:443 [2001:db8::9]:80"),
            ("2001:db8::/32", "[2001:db8::9]:443", "[2001:db9::9]:443"),
            ("::/0", "[2001:db8::9]:443", "127.0.0.1:443"),
            ("*:80", "127.0.0.1:80 [::1]:80", "127.0.0.1:81"),
            ("*", "127.0.0.1:80 [::1]:0", ""),
        ] {
            let parsed: AddressPattern = pattern.parse().unwrap();
            for (addresses, matches) in [(matching, true), (others, false)] {
                for address in addresses.split_whitespace() {
                    let is_matching = parsed.matches(address.parse().unwrap());
                    assert_eq!(is_matching, matches, "{pattern} {address}");
                }
            }
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            ":",
            ":80",
            "localhost:80",
            "127.0.0.1:",
            "127.0.0.1:65536",
            "127.0.0.1:+8",
            "127.0.0.1/33",
            "127.0.0.1/-1",
            "127.0.0.1/",
            "::1/129",
            "[::1",
            "[::1]80",
            "[::1]:",
            "::1:",
            "[::1]:80:80",
            "1.2.3:80",
            "127.0.0.1:80/8",
            "*/8",
            " 127.0.0.1",
        ] {
            let error = text.parse::<AddressPattern>().unwrap_err();
            assert!(
                error.to_string().starts_with(&std::format!("`{text}` is not an address")),
                "{text}"
            );
        }
    }
}
