//! Options of sockets, with the same behavior on all systems.

use core::time::Duration;

use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::net::sockopt;

use super::address::Family;
use super::error::SocketError;

type Result<R> = core::result::Result<R, SocketError>;

const SECOND: u64 = 1_000_000_000;

/// The longest time that Linux accepts, in nanoseconds. Other systems accept longer ones.
const MAX_KEEP_ALIVE: u64 = 32_767 * SECOND;

/// The largest number of probes that Linux accepts.
const MAX_KEEP_ALIVE_COUNT: u32 = 127;

/// The factor by which the system reports a larger buffer than it was set to.
#[cfg(target_os = "linux")]
const BUFFER_FACTOR: usize = 2;
#[cfg(not(target_os = "linux"))]
const BUFFER_FACTOR: usize = 1;

pub(super) fn keep_alive_enabled(socket: BorrowedFd<'_>) -> Result<bool> {
    Ok(sockopt::socket_keepalive(socket)?)
}

pub(super) fn set_keep_alive_enabled(socket: BorrowedFd<'_>, value: bool) -> Result<()> {
    Ok(sockopt::set_socket_keepalive(socket, value)?)
}

pub(super) fn keep_alive_idle_time(socket: BorrowedFd<'_>) -> Result<u64> {
    Ok(nanoseconds(sockopt::tcp_keepidle(socket)?))
}

pub(super) fn set_keep_alive_idle_time(socket: BorrowedFd<'_>, value: u64) -> Result<()> {
    Ok(sockopt::set_tcp_keepidle(socket, keep_alive_time(value)?)?)
}

pub(super) fn keep_alive_interval(socket: BorrowedFd<'_>) -> Result<u64> {
    Ok(nanoseconds(sockopt::tcp_keepintvl(socket)?))
}

pub(super) fn set_keep_alive_interval(socket: BorrowedFd<'_>, value: u64) -> Result<()> {
    Ok(sockopt::set_tcp_keepintvl(socket, keep_alive_time(value)?)?)
}

pub(super) fn keep_alive_count(socket: BorrowedFd<'_>) -> Result<u32> {
    Ok(sockopt::tcp_keepcnt(socket)?)
}

pub(super) fn set_keep_alive_count(socket: BorrowedFd<'_>, value: u32) -> Result<()> {
    let value = not_zero(value)?.min(MAX_KEEP_ALIVE_COUNT);
    Ok(sockopt::set_tcp_keepcnt(socket, value)?)
}

pub(super) fn hop_limit(socket: BorrowedFd<'_>, family: Family) -> Result<u8> {
    match family {
        Family::Ipv4 => Ok(u8::try_from(sockopt::ip_ttl(socket)?).unwrap_or(u8::MAX)),
        Family::Ipv6 => Ok(sockopt::ipv6_unicast_hops(socket)?),
    }
}

pub(super) fn set_hop_limit(socket: BorrowedFd<'_>, family: Family, value: u8) -> Result<()> {
    let value = not_zero(value)?;
    match family {
        Family::Ipv4 => Ok(sockopt::set_ip_ttl(socket, value.into())?),
        Family::Ipv6 => Ok(sockopt::set_ipv6_unicast_hops(socket, Some(value))?),
    }
}

pub(super) fn receive_buffer_size(socket: BorrowedFd<'_>) -> Result<u64> {
    Ok(buffer_size(sockopt::socket_recv_buffer_size(socket)?))
}

pub(super) fn set_receive_buffer_size(socket: BorrowedFd<'_>, value: u64) -> Result<()> {
    hint(sockopt::set_socket_recv_buffer_size(socket, system_buffer_size(value)?))
}

pub(super) fn send_buffer_size(socket: BorrowedFd<'_>) -> Result<u64> {
    Ok(buffer_size(sockopt::socket_send_buffer_size(socket)?))
}

pub(super) fn set_send_buffer_size(socket: BorrowedFd<'_>, value: u64) -> Result<()> {
    hint(sockopt::set_socket_send_buffer_size(socket, system_buffer_size(value)?))
}

/// Allows a socket to be bound to an address whose last socket was closed a moment ago. Windows
/// always allows that, and the option means something else there.
#[cfg(not(windows))]
pub(super) fn reuse_address(socket: BorrowedFd<'_>) -> Result<()> {
    Ok(sockopt::set_socket_reuseaddr(socket, true)?)
}

/// Does nothing: see the other definition.
#[cfg(windows)]
pub(super) fn reuse_address(_: BorrowedFd<'_>) -> Result<()> {
    Ok(())
}

fn not_zero<N: Default + PartialEq>(value: N) -> Result<N> {
    if value == N::default() { Err(SocketError::InvalidArgument) } else { Ok(value) }
}

/// Returns a time that no system refuses or rounds to 0.
fn keep_alive_time(value: u64) -> Result<Duration> {
    Ok(Duration::from_nanos(not_zero(value)?.clamp(SECOND, MAX_KEEP_ALIVE)))
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns the size that a guest has set.
fn buffer_size(size: usize) -> u64 {
    u64::try_from(size / BUFFER_FACTOR).unwrap_or(u64::MAX)
}

fn system_buffer_size(value: u64) -> Result<usize> {
    let most = u64::from(i32::MAX.unsigned_abs());
    Ok(usize::try_from(not_zero(value)?.min(most)).unwrap_or(usize::MAX))
}

/// Ignores a refusal: a size is a hint, and some systems refuse one that is too large.
fn hint(result: rustix::io::Result<()>) -> Result<()> {
    match result {
        Err(Errno::NOBUFS) => Ok(()),
        result => Ok(result?),
    }
}
