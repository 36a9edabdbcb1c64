//! Families of addresses, and the addresses that WASI accepts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::error::SocketError;

/// The family of a socket's addresses. It is fixed, as IPv6 sockets have no dual stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Ipv4,
    Ipv6,
}

impl Family {
    /// Returns the address of an implicit bind: any interface, and a port that the system chooses.
    pub(super) const fn unspecified(self) -> SocketAddr {
        let address = match self {
            Self::Ipv4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Self::Ipv6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        SocketAddr::new(address, 0)
    }

    /// Checks that a socket of this family can have an address: it is of the same family, and not
    /// an IPv4 address in IPv6 form.
    fn check(self, address: IpAddr) -> Result<(), SocketError> {
        let is_valid = match (self, address) {
            (Self::Ipv4, IpAddr::V4(_)) => true,
            (Self::Ipv6, IpAddr::V6(address)) => !contains_ipv4(address),
            _ => false,
        };
        if is_valid { Ok(()) } else { Err(SocketError::InvalidArgument) }
    }

    /// Checks a local address for a TCP socket.
    pub(super) fn check_tcp_bind(self, address: SocketAddr) -> Result<(), SocketError> {
        self.check(address.ip())?;
        check_unicast(address.ip())
    }

    /// Checks a remote address for a TCP socket.
    pub(super) fn check_tcp_remote(self, address: SocketAddr) -> Result<(), SocketError> {
        self.check_udp_remote(address)?;
        check_unicast(address.ip())
    }

    /// Checks a local address for a UDP socket.
    pub(super) fn check_udp_bind(self, address: SocketAddr) -> Result<(), SocketError> {
        self.check(address.ip())
    }

    /// Checks a remote address for a UDP socket.
    pub(super) fn check_udp_remote(self, address: SocketAddr) -> Result<(), SocketError> {
        self.check(address.ip())?;
        if address.ip().is_unspecified() || address.port() == 0 {
            return Err(SocketError::InvalidArgument);
        }
        Ok(())
    }
}

/// Returns `true` for an address that is *mapped* (`::ffff:1.2.3.4`) or *compatible* (`::1.2.3.4`).
fn contains_ipv4(address: Ipv6Addr) -> bool {
    let is_compatible = matches!(address.segments(), [0, 0, 0, 0, 0, 0, _, _])
        && !address.is_unspecified()
        && !address.is_loopback();
    is_compatible || address.to_ipv4_mapped().is_some()
}

fn check_unicast(address: IpAddr) -> Result<(), SocketError> {
    let is_unicast = match address {
        IpAddr::V4(address) => !address.is_multicast() && !address.is_broadcast(),
        IpAddr::V6(address) => !address.is_multicast(),
    };
    if is_unicast { Ok(()) } else { Err(SocketError::InvalidArgument) }
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::{Family, SocketError};

    /// Returns the checks that refuse an address, for each family.
    fn refusals(address: &str) -> [String; 2] {
        let address = address.parse().unwrap();
        [Family::Ipv4, Family::Ipv6].map(|family| {
            let rules = [
                ("tcp-bind ", family.check_tcp_bind(address)),
                ("tcp-remote ", family.check_tcp_remote(address)),
                ("udp-bind ", family.check_udp_bind(address)),
                ("udp-remote ", family.check_udp_remote(address)),
            ];
            let refused = rules.iter().filter(|(_, it)| *it == Err(SocketError::InvalidArgument));
            refused.map(|(name, _)| *name).collect()
        })
    }

    #[test]
    fn addresses_are_refused_by_family_and_kind() {
        let all = "tcp-bind tcp-remote udp-bind udp-remote ";
        for (address, ipv4, ipv6) in [
            ("127.0.0.1:80", "", all),
            ("127.0.0.1:0", "tcp-remote udp-remote ", all),
            ("0.0.0.0:80", "tcp-remote udp-remote ", all),
            ("224.254.0.0:80", "tcp-bind tcp-remote ", all),
            ("255.255.255.255:80", "tcp-bind tcp-remote ", all),
            ("[::1]:80", all, ""),
            ("[::1]:0", all, "tcp-remote udp-remote "),
            ("[::]:80", all, "tcp-remote udp-remote "),
            ("[ff00::]:80", all, "tcp-bind tcp-remote "),
            ("[::ffff:127.0.0.1]:80", all, all),
            ("[::ffff:0.0.0.0]:80", all, all),
            ("[::127.0.0.1]:80", all, all),
            ("[2001:db8::1]:80", all, ""),
        ] {
            assert_eq!(refusals(address), [ipv4, ipv6], "{address}");
        }
    }
}
