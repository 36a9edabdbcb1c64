//! A host with files as values, streams, async functions, and an error type of its own.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use weft::binding::{Borrow, HostAccess, HostCaller, HostError, Own, StreamHandle, WitError};

use crate::shelf::bindings::example::shelf::types::{ErrorCode, Found, Host, HostFile};

/// A host with a shelf of texts.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) texts: BTreeMap<String, Arc<Mutex<String>>>,
    /// The number of bytes left.
    pub(crate) room: usize,
    /// A counter of open files.
    pub(crate) open: Arc<()>,
}

/// An open file.
#[derive(Debug)]
pub(crate) struct ShelfFile {
    name: String,
    text: Arc<Mutex<String>>,
    _open: Arc<()>,
}

/// The error of a host function: an I/O error becomes one of the WIT, or traps.
#[derive(Debug)]
pub(crate) struct ShelfError(io::Error);

impl From<io::Error> for ShelfError {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

/// Errors of the store are not errors of the WIT.
impl From<HostError> for ShelfError {
    fn from(error: HostError) -> Self {
        Self(io::Error::other(error))
    }
}

impl WitError<ErrorCode> for ShelfError {
    fn into_wit(self) -> Result<ErrorCode, HostError> {
        match self.0.kind() {
            io::ErrorKind::NotFound => Ok(ErrorCode::Missing),
            io::ErrorKind::StorageFull => Ok(ErrorCode::Full),
            _ => Err(self.0.into()),
        }
    }
}

impl ShelfFile {
    fn bytes(&self) -> Vec<u8> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone().into_bytes()
    }
}

impl Shelf {
    fn file(&self, name: &str) -> Result<Own<ShelfFile>, io::Error> {
        let text = self.texts.get(name).ok_or(io::ErrorKind::NotFound)?.clone();
        Ok(Own::new(ShelfFile { name: name.to_owned(), text, _open: self.open.clone() }))
    }
}

impl HostFile for Shelf {
    fn open(&mut self, name: String) -> Result<Own<ShelfFile>, ShelfError> {
        Ok(self.file(&name)?)
    }

    fn name(&mut self, self_: Borrow<ShelfFile>) -> String {
        self_.name.clone()
    }

    fn read(
        caller: &mut impl HostCaller<Self>,
        self_: Borrow<ShelfFile>,
        offset: u64,
    ) -> Result<StreamHandle<u8>, HostError> {
        let offset = usize::try_from(offset)?;
        caller.stream_from(self_.bytes().into_iter().skip(offset).collect::<Vec<_>>())
    }

    async fn append(
        access: impl HostAccess<Self>,
        self_: Borrow<ShelfFile>,
        text: String,
    ) -> Result<u64, ShelfError> {
        tokio::task::yield_now().await;
        let room = access.with_host(|shelf| shelf.room).await?;
        let mut there = self_.text.lock().unwrap_or_else(PoisonError::into_inner);
        if there.len() + text.len() > room {
            return Err(io::Error::from(io::ErrorKind::StorageFull).into());
        }
        if there.contains('\0') {
            return Err(io::Error::other("it is no text").into());
        }
        there.push_str(&text);
        Ok(there.len() as u64)
    }
}

impl Host for Shelf {
    fn find(&mut self, start: String) -> Result<Found, ShelfError> {
        let names = self.texts.keys().filter(|name| name.starts_with(&start));
        let mut files = names.map(|name| self.file(name)).collect::<Result<Vec<_>, _>>()?;
        let best = files.pop().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(Found { best, others: files })
    }
}
