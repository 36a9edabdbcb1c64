//! Addresses and errors of WASI 0.2.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use weft::binding::OrTrap;

use crate::p2::bindings::sockets::wasi::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use crate::p2::sockets::begun::BegunError;
use crate::sockets::{Family, LookupError, SocketError};

impl From<SocketError> for ErrorCode {
    fn from(error: SocketError) -> Self {
        match error {
            SocketError::AccessDenied => Self::AccessDenied,
            SocketError::NotSupported => Self::NotSupported,
            SocketError::InvalidArgument => Self::InvalidArgument,
            SocketError::OutOfMemory => Self::OutOfMemory,
            SocketError::Timeout => Self::Timeout,
            SocketError::InvalidState => Self::InvalidState,
            SocketError::NewSocketLimit => Self::NewSocketLimit,
            SocketError::AddressNotBindable => Self::AddressNotBindable,
            SocketError::AddressInUse => Self::AddressInUse,
            SocketError::RemoteUnreachable => Self::RemoteUnreachable,
            SocketError::ConnectionRefused => Self::ConnectionRefused,
            SocketError::ConnectionReset => Self::ConnectionReset,
            SocketError::ConnectionAborted => Self::ConnectionAborted,
            SocketError::DatagramTooLarge => Self::DatagramTooLarge,
            SocketError::ConnectionBroken | SocketError::Other(_) => Self::Unknown,
        }
    }
}

impl From<SocketError> for OrTrap<ErrorCode> {
    fn from(error: SocketError) -> Self {
        ErrorCode::from(error).into()
    }
}

impl From<BegunError> for ErrorCode {
    fn from(error: BegunError) -> Self {
        match error {
            BegunError::Conflict => Self::ConcurrencyConflict,
            BegunError::NotInProgress => Self::NotInProgress,
            BegunError::WouldBlock => Self::WouldBlock,
            BegunError::Failed(error) => error.into(),
        }
    }
}

impl From<LookupError> for ErrorCode {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::AccessDenied => Self::AccessDenied,
            LookupError::InvalidArgument => Self::InvalidArgument,
            LookupError::NameUnresolvable => Self::NameUnresolvable,
            LookupError::TemporaryFailure => Self::TemporaryResolverFailure,
            LookupError::PermanentFailure => Self::PermanentResolverFailure,
        }
    }
}

impl From<IpAddressFamily> for Family {
    fn from(family: IpAddressFamily) -> Self {
        match family {
            IpAddressFamily::Ipv4 => Self::Ipv4,
            IpAddressFamily::Ipv6 => Self::Ipv6,
        }
    }
}

impl From<Family> for IpAddressFamily {
    fn from(family: Family) -> Self {
        match family {
            Family::Ipv4 => Self::Ipv4,
            Family::Ipv6 => Self::Ipv6,
        }
    }
}

impl From<IpAddr> for IpAddress {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::Ipv4(address.octets().into()),
            IpAddr::V6(address) => Self::Ipv6(address.segments().into()),
        }
    }
}

impl From<IpSocketAddress> for SocketAddr {
    fn from(address: IpSocketAddress) -> Self {
        match address {
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address }) => {
                SocketAddrV4::new(Ipv4Addr::from(<[u8; 4]>::from(address)), port).into()
            }
            IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info, address, scope_id }) => {
                let address = Ipv6Addr::from(<[u16; 8]>::from(address));
                SocketAddrV6::new(address, port, flow_info, scope_id).into()
            }
        }
    }
}

impl From<SocketAddr> for IpSocketAddress {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(address) => Self::Ipv4(Ipv4SocketAddress {
                port: address.port(),
                address: address.ip().octets().into(),
            }),
            SocketAddr::V6(address) => Self::Ipv6(Ipv6SocketAddress {
                port: address.port(),
                flow_info: address.flowinfo(),
                address: address.ip().segments().into(),
                scope_id: address.scope_id(),
            }),
        }
    }
}
