//! Errors of sockets.

use core::error::Error;
use core::fmt;
use std::io::{self, ErrorKind};
use std::string::{String, ToString as _};

use rustix::io::Errno;

use crate::bytes::{BytesError, BytesErrorKind};

/// An error of a socket. Each version of WASI has its codes for them.
///
/// It is the cause of the [`BytesError`] of a socket's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketError {
    /// The host does not allow it.
    AccessDenied,
    /// The system does not support it.
    NotSupported,
    /// An argument is invalid.
    InvalidArgument,
    /// There is not enough memory.
    OutOfMemory,
    /// It took too long.
    Timeout,
    /// The socket is in a state in which it is not possible.
    InvalidState,
    /// There are too many open sockets or files.
    NewSocketLimit,
    /// The local address is not available.
    AddressNotBindable,
    /// The local address is in use, or there is no free port.
    AddressInUse,
    /// The remote address can't be reached.
    RemoteUnreachable,
    /// The peer refused the connection.
    ConnectionRefused,
    /// The connection can no longer be written to.
    ConnectionBroken,
    /// The peer reset the connection.
    ConnectionReset,
    /// The connection was aborted.
    ConnectionAborted,
    /// The datagram is too large.
    DatagramTooLarge,
    /// Any other error, in the words of the system.
    Other(String),
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccessDenied => "access to the network denied",
            Self::NotSupported => "not supported",
            Self::InvalidArgument => "invalid argument",
            Self::OutOfMemory => "out of memory",
            Self::Timeout => "timed out",
            Self::InvalidState => "invalid state of the socket",
            Self::NewSocketLimit => "too many open sockets",
            Self::AddressNotBindable => "address not available",
            Self::AddressInUse => "address in use",
            Self::RemoteUnreachable => "remote address not reachable",
            Self::ConnectionRefused => "connection refused",
            Self::ConnectionBroken => "connection broken",
            Self::ConnectionReset => "connection reset",
            Self::ConnectionAborted => "connection aborted",
            Self::DatagramTooLarge => "datagram too large",
            Self::Other(message) => message,
        })
    }
}

impl Error for SocketError {}

impl From<io::Error> for SocketError {
    fn from(error: io::Error) -> Self {
        if let Some(errno) = Errno::from_io_error(&error) {
            return errno.into();
        }
        match error.kind() {
            ErrorKind::PermissionDenied => Self::AccessDenied,
            ErrorKind::Unsupported => Self::NotSupported,
            ErrorKind::InvalidInput => Self::InvalidArgument,
            ErrorKind::OutOfMemory => Self::OutOfMemory,
            ErrorKind::TimedOut => Self::Timeout,
            ErrorKind::NotConnected => Self::InvalidState,
            ErrorKind::AddrNotAvailable => Self::AddressNotBindable,
            ErrorKind::AddrInUse => Self::AddressInUse,
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
                Self::RemoteUnreachable
            }
            ErrorKind::ConnectionRefused => Self::ConnectionRefused,
            ErrorKind::BrokenPipe => Self::ConnectionBroken,
            ErrorKind::ConnectionReset => Self::ConnectionReset,
            ErrorKind::ConnectionAborted => Self::ConnectionAborted,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<Errno> for SocketError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::ACCESS => Self::AccessDenied,
            Errno::OPNOTSUPP
            | Errno::NOPROTOOPT
            | Errno::PFNOSUPPORT
            | Errno::PROTONOSUPPORT
            | Errno::PROTOTYPE
            | Errno::SOCKTNOSUPPORT
            | Errno::AFNOSUPPORT => Self::NotSupported,
            Errno::INVAL => Self::InvalidArgument,
            Errno::NOBUFS => Self::OutOfMemory,
            Errno::TIMEDOUT => Self::Timeout,
            Errno::ISCONN | Errno::NOTCONN | Errno::DESTADDRREQ => Self::InvalidState,
            Errno::MFILE => Self::NewSocketLimit,
            Errno::ADDRNOTAVAIL => Self::AddressNotBindable,
            Errno::ADDRINUSE => Self::AddressInUse,
            Errno::HOSTUNREACH | Errno::HOSTDOWN | Errno::NETDOWN | Errno::NETUNREACH => {
                Self::RemoteUnreachable
            }
            Errno::CONNREFUSED => Self::ConnectionRefused,
            Errno::CONNRESET => Self::ConnectionReset,
            Errno::CONNABORTED => Self::ConnectionAborted,
            Errno::MSGSIZE => Self::DatagramTooLarge,
            _ => of_this_system(errno)
                .unwrap_or_else(|| Self::Other(io::Error::from(errno).to_string())),
        }
    }
}

/// Returns the error for a number that only some systems have.
#[cfg(not(windows))]
fn of_this_system(errno: Errno) -> Option<SocketError> {
    match errno {
        Errno::PERM => Some(SocketError::AccessDenied),
        Errno::NOMEM => Some(SocketError::OutOfMemory),
        Errno::NFILE => Some(SocketError::NewSocketLimit),
        Errno::PIPE => Some(SocketError::ConnectionBroken),
        NO_NETWORK => Some(SocketError::RemoteUnreachable),
        _ => None,
    }
}

#[cfg(windows)]
fn of_this_system(errno: Errno) -> Option<SocketError> {
    (errno == Errno::SHUTDOWN).then_some(SocketError::ConnectionBroken)
}

#[cfg(target_os = "linux")]
const NO_NETWORK: Errno = Errno::NONET;
#[cfg(not(any(target_os = "linux", windows)))]
const NO_NETWORK: Errno = Errno::NETDOWN;

impl From<SocketError> for BytesError {
    fn from(error: SocketError) -> Self {
        let kind = match error {
            SocketError::ConnectionBroken => BytesErrorKind::BrokenPipe,
            _ => BytesErrorKind::Io,
        };
        Self::with_cause(kind, error)
    }
}

/// Returns the error of a socket's stream.
impl From<&BytesError> for SocketError {
    fn from(error: &BytesError) -> Self {
        match (error.cause::<Self>(), error.kind()) {
            (Some(error), _) => error.clone(),
            (None, BytesErrorKind::BrokenPipe) => Self::ConnectionBroken,
            (None, _) => Self::Other(error.to_string()),
        }
    }
}
