//! Options of TCP sockets.

use rustix::fd::BorrowedFd;

use super::address::Family;
use super::error::SocketError;
use super::options;
use super::tcp::{State, TcpSocket};

type Result<R> = core::result::Result<R, SocketError>;

/// The options that a guest has set and that connections don't inherit from their listener on all
/// systems.
#[derive(Clone, Debug, Default)]
pub(super) struct Inherited {
    idle_time: Option<u64>,
    hop_limit: Option<u8>,
    receive_buffer_size: Option<u64>,
    send_buffer_size: Option<u64>,
}

impl Inherited {
    /// Sets the options for an accepted connection. If one can't be set, the connection is accepted
    /// nevertheless.
    pub(super) fn apply(&self, socket: BorrowedFd<'_>, family: Family) {
        let _ = self.idle_time.map(|it| options::set_keep_alive_idle_time(socket, it));
        let _ = self.hop_limit.map(|it| options::set_hop_limit(socket, family, it));
        let _ = self.receive_buffer_size.map(|it| options::set_receive_buffer_size(socket, it));
        let _ = self.send_buffer_size.map(|it| options::set_send_buffer_size(socket, it));
    }
}

impl TcpSocket {
    fn with_socket<R>(&self, run: impl FnOnce(BorrowedFd<'_>) -> Result<R>) -> Result<R> {
        run(self.state.lock().socket()?)
    }

    /// Remembers an option for accepted connections.
    fn inherit(&self, set: impl Fn(&mut Inherited)) {
        set(&mut self.settings.lock().inherited);
        if let Some(listener) = self.listener() {
            set(&mut listener.inherited());
        }
    }

    pub(crate) fn set_listen_backlog_size(&self, value: u64) -> Result<()> {
        if value == 0 {
            return Err(SocketError::InvalidArgument);
        }
        let value = i32::try_from(value).unwrap_or(i32::MAX);
        let state = self.state.lock();
        match &*state {
            State::Idle(_) => {}
            State::Listening(listener) => {
                rustix::net::listen(listener.socket(), value)
                    .map_err(|_| SocketError::NotSupported)?;
            }
            _ => return Err(SocketError::InvalidState),
        }
        self.settings.lock().backlog = value;
        Ok(())
    }

    pub(crate) fn keep_alive_enabled(&self) -> Result<bool> {
        self.with_socket(options::keep_alive_enabled)
    }

    pub(crate) fn set_keep_alive_enabled(&self, value: bool) -> Result<()> {
        self.with_socket(|socket| options::set_keep_alive_enabled(socket, value))
    }

    pub(crate) fn keep_alive_idle_time(&self) -> Result<u64> {
        self.with_socket(options::keep_alive_idle_time)
    }

    pub(crate) fn set_keep_alive_idle_time(&self, value: u64) -> Result<()> {
        self.with_socket(|socket| options::set_keep_alive_idle_time(socket, value))?;
        self.inherit(|inherited| inherited.idle_time = Some(value));
        Ok(())
    }

    pub(crate) fn keep_alive_interval(&self) -> Result<u64> {
        self.with_socket(options::keep_alive_interval)
    }

    pub(crate) fn set_keep_alive_interval(&self, value: u64) -> Result<()> {
        self.with_socket(|socket| options::set_keep_alive_interval(socket, value))
    }

    pub(crate) fn keep_alive_count(&self) -> Result<u32> {
        self.with_socket(options::keep_alive_count)
    }

    pub(crate) fn set_keep_alive_count(&self, value: u32) -> Result<()> {
        self.with_socket(|socket| options::set_keep_alive_count(socket, value))
    }

    pub(crate) fn hop_limit(&self) -> Result<u8> {
        self.with_socket(|socket| options::hop_limit(socket, self.family))
    }

    pub(crate) fn set_hop_limit(&self, value: u8) -> Result<()> {
        self.with_socket(|socket| options::set_hop_limit(socket, self.family, value))?;
        self.inherit(|inherited| inherited.hop_limit = Some(value));
        Ok(())
    }

    pub(crate) fn receive_buffer_size(&self) -> Result<u64> {
        self.with_socket(options::receive_buffer_size)
    }

    pub(crate) fn set_receive_buffer_size(&self, value: u64) -> Result<()> {
        self.with_socket(|socket| options::set_receive_buffer_size(socket, value))?;
        self.inherit(|inherited| inherited.receive_buffer_size = Some(value));
        Ok(())
    }

    pub(crate) fn send_buffer_size(&self) -> Result<u64> {
        self.with_socket(options::send_buffer_size)
    }

    pub(crate) fn set_send_buffer_size(&self, value: u64) -> Result<()> {
        self.with_socket(|socket| options::set_send_buffer_size(socket, value))?;
        self.inherit(|inherited| inherited.send_buffer_size = Some(value));
        Ok(())
    }
}
