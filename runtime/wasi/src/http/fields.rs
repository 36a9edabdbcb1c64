//! Headers and trailers.

use core::fmt;
use std::boxed::Box;
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use ::http::header::CONTENT_LENGTH;
use ::http::{HeaderMap, HeaderName, HeaderValue};
use spin::Mutex;
use weft::binding::Own;

/// The resource `fields`: the headers or trailers of a message.
///
/// Names are compared without regard to case, but guests get them in their original spelling.
pub struct Fields {
    content: Mutex<Arc<Content>>,
    is_mutable: bool,
}

#[derive(Clone, Debug, Default)]
struct Content {
    map: HeaderMap,
    /// The spellings of names that a guest has not written in lower case.
    spellings: Vec<(HeaderName, Box<str>)>,
    size: usize,
    /// `true` if they come from outside, and may include forbidden fields.
    is_raw: bool,
}

/// The reasons why fields can't be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldsError {
    InvalidSyntax,
    Forbidden,
    Immutable,
    TooLarge,
}

/// The rules for fields that guests make.
#[derive(Clone, Debug)]
pub(crate) struct FieldRules {
    /// The names of fields that guests can neither see nor set.
    pub(crate) forbidden: Vec<HeaderName>,
    /// The largest size in bytes.
    pub(crate) max_size: usize,
}

impl Default for FieldRules {
    fn default() -> Self {
        use ::http::header;
        Self {
            forbidden: Vec::from([
                header::CONNECTION,
                header::HOST,
                header::PROXY_AUTHENTICATE,
                header::PROXY_AUTHORIZATION,
                header::TRANSFER_ENCODING,
                header::UPGRADE,
                HeaderName::from_static("http2-settings"),
                HeaderName::from_static("keep-alive"),
                HeaderName::from_static("proxy-connection"),
            ]),
            max_size: 128 << 10,
        }
    }
}

impl FieldRules {
    /// Makes fields from outside, without the forbidden ones.
    pub(crate) fn received(&self, map: HeaderMap) -> Fields {
        let fields = Fields::received(map);
        fields.seen(self)
    }

    fn check(&self, name: &str) -> Result<HeaderName, FieldsError> {
        let name = name_of(name).ok_or(FieldsError::InvalidSyntax)?;
        if self.forbidden.contains(&name) { Err(FieldsError::Forbidden) } else { Ok(name) }
    }
}

impl Default for Fields {
    /// Returns fields that can be changed.
    fn default() -> Self {
        Self { content: Mutex::default(), is_mutable: true }
    }
}

impl Fields {
    /// Makes fields that guests can't change.
    #[must_use]
    pub fn immutable(map: HeaderMap) -> Self {
        let content = Content { map, ..Content::default() };
        Self { content: Mutex::new(Arc::new(content)), is_mutable: false }
    }

    /// Makes fields from outside, of which guests [see](Self::seen) only some.
    pub(crate) fn received(map: HeaderMap) -> Self {
        let content = Content { map, is_raw: true, ..Content::default() };
        Self { content: Mutex::new(Arc::new(content)), is_mutable: false }
    }

    /// Returns the fields that guests see. They can't be changed.
    pub(crate) fn seen(&self, rules: &FieldRules) -> Self {
        let mut content = self.content.lock();
        if content.is_raw {
            let content = Arc::make_mut(&mut content);
            for name in &rules.forbidden {
                content.map.remove(name);
            }
            content.is_raw = false;
        }
        let content = content.clone();
        Self { content: Mutex::new(content), is_mutable: false }
    }

    /// Returns the fields.
    #[must_use]
    pub fn into_map(self) -> HeaderMap {
        Arc::unwrap_or_clone(self.content.into_inner()).map
    }

    /// Lends the fields to a function.
    pub(crate) fn with_map<R>(&self, look: impl FnOnce(&HeaderMap) -> R) -> R {
        look(&self.content.lock().map)
    }

    /// Returns a copy of the fields.
    pub(crate) fn to_map(&self) -> HeaderMap {
        self.content().map.clone()
    }

    /// Returns the fields of a resource.
    pub(crate) fn map_of(fields: Own<Self>) -> HeaderMap {
        fields.into_inner().map_or_else(|fields| fields.to_map(), Self::into_map)
    }

    /// Returns the same fields, which can't be changed.
    pub(crate) fn to_immutable(&self) -> Self {
        Self { content: Mutex::new(self.content()), is_mutable: false }
    }

    /// Returns a copy that can be changed.
    pub(crate) fn to_mutable(&self) -> Self {
        let mut content = self.content();
        if content.size == 0 && !content.map.is_empty() {
            Arc::make_mut(&mut content).count();
        }
        Self { content: Mutex::new(content), is_mutable: true }
    }

    pub(crate) fn from_entries(
        entries: Vec<(String, Vec<u8>)>,
        rules: &FieldRules,
    ) -> Result<Self, FieldsError> {
        let fields = Self::default();
        for (name, value) in entries {
            fields.append(&name, value, rules)?;
        }
        Ok(fields)
    }

    pub(crate) fn get(&self, name: &str) -> Vec<Vec<u8>> {
        let content = self.content();
        let Some(name) = name_of(name) else { return Vec::new() };
        content.map.get_all(name).iter().map(|value| value.as_bytes().to_vec()).collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        name_of(name).is_some_and(|name| self.content.lock().map.contains_key(name))
    }

    pub(crate) fn entries(&self) -> Vec<(String, Vec<u8>)> {
        let content = self.content();
        let entry = |(name, value): (&HeaderName, &HeaderValue)| {
            (content.spelling(name).into(), value.as_bytes().to_vec())
        };
        content.map.iter().map(entry).collect()
    }

    pub(crate) fn append(
        &self,
        spelling: &str,
        value: Vec<u8>,
        rules: &FieldRules,
    ) -> Result<(), FieldsError> {
        let name = rules.check(spelling)?;
        let value = value_of(&name, value)?;
        self.change(|content| content.append(name, spelling, value, rules))
    }

    pub(crate) fn set(
        &self,
        spelling: &str,
        values: Vec<Vec<u8>>,
        rules: &FieldRules,
    ) -> Result<(), FieldsError> {
        let name = rules.check(spelling)?;
        let values: Result<Vec<_>, _> =
            values.into_iter().map(|value| value_of(&name, value)).collect();
        let values = values?;
        self.change(|content| {
            // If there is no room, nothing changes.
            let mut changed = content.clone();
            changed.remove(&name);
            for value in values {
                changed.append(name.clone(), spelling, value, rules)?;
            }
            *content = changed;
            Ok(())
        })
    }

    pub(crate) fn remove(
        &self,
        name: &str,
        rules: &FieldRules,
    ) -> Result<Vec<Vec<u8>>, FieldsError> {
        let name = rules.check(name)?;
        self.change(|content| Ok(content.remove(&name)))
    }

    fn content(&self) -> Arc<Content> {
        self.content.lock().clone()
    }

    fn change<R>(
        &self,
        change: impl FnOnce(&mut Content) -> Result<R, FieldsError>,
    ) -> Result<R, FieldsError> {
        if !self.is_mutable {
            return Err(FieldsError::Immutable);
        }
        change(Arc::make_mut(&mut self.content.lock()))
    }
}

impl Content {
    fn spelling<'s>(&'s self, name: &'s HeaderName) -> &'s str {
        let spelled = self.spellings.iter().find(|(other, _)| other == name);
        spelled.map_or(name.as_str(), |(_, spelling)| spelling)
    }

    fn append(
        &mut self,
        name: HeaderName,
        spelling: &str,
        value: HeaderValue,
        rules: &FieldRules,
    ) -> Result<(), FieldsError> {
        let is_new = !self.map.contains_key(&name);
        let size = size_of_value(&value) + if is_new { size_of_name(&name) } else { 0 };
        let size = self.size.saturating_add(size);
        if size > rules.max_size {
            return Err(FieldsError::TooLarge);
        }
        let spelled = is_new && spelling != name.as_str();
        let kept = spelled.then(|| (name.clone(), spelling.into()));
        self.map.try_append(name, value).map_err(|_| FieldsError::TooLarge)?;
        self.spellings.extend(kept);
        self.size = size;
        Ok(())
    }

    fn remove(&mut self, name: &HeaderName) -> Vec<Vec<u8>> {
        self.spellings.retain(|(other, _)| other != name);
        let ::http::header::Entry::Occupied(entry) = self.map.entry(name) else {
            return Vec::new();
        };
        let (name, values) = entry.remove_entry_mult();
        let mut removed = size_of_name(&name);
        let values = values.map(|value| {
            removed = removed.saturating_add(size_of_value(&value));
            value.as_bytes().to_vec()
        });
        let values = values.collect();
        self.size = self.size.saturating_sub(removed);
        values
    }

    fn count(&mut self) {
        let names: usize = self.map.keys().map(size_of_name).sum();
        let values: usize = self.map.values().map(size_of_value).sum();
        self.size = names.saturating_add(values);
    }
}

fn name_of(name: &str) -> Option<HeaderName> {
    HeaderName::from_bytes(name.as_bytes()).ok()
}

fn value_of(name: &HeaderName, value: Vec<u8>) -> Result<HeaderValue, FieldsError> {
    let value = HeaderValue::from_maybe_shared(bytes::Bytes::from(value));
    let value = value.map_err(|_| FieldsError::InvalidSyntax)?;
    if *name == CONTENT_LENGTH && length_of(&value).is_none() {
        return Err(FieldsError::InvalidSyntax);
    }
    Ok(value)
}

/// Returns the counted size of a name, with the memory for it.
fn size_of_name(name: &HeaderName) -> usize {
    name.as_str().len().saturating_add(size_of::<HeaderName>())
}

fn size_of_value(value: &HeaderValue) -> usize {
    value.len().saturating_add(size_of::<HeaderValue>())
}

/// Returns the length of a body from its headers.
pub(crate) fn content_length(map: &HeaderMap) -> Option<u64> {
    length_of(map.get(CONTENT_LENGTH)?)
}

fn length_of(value: &HeaderValue) -> Option<u64> {
    let text = value.to_str().ok()?;
    // Rust's parser would accept a sign, too.
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { content, is_mutable } = self;
        f.debug_struct("Fields")
            .field("content", &content.lock().map)
            .field("is_mutable", is_mutable)
            .finish()
    }
}

#[cfg(test)]
mod tests;
