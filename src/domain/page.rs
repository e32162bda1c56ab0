//! Pages of long lists: keyset pages as the Relay connection specification asks for them.

use super::refusal::{Reason, Refusal};

/// The size of a page when none is asked for.
pub const DEFAULT_PAGE_SIZE: u32 = 20;
/// The largest page.
pub const MAX_PAGE_SIZE: u32 = 100;

/// Which page of a list is wanted; `K` is the list's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest<K> {
    /// How many entries at most.
    pub size: u32,
    /// Whether the page is counted from the end.
    pub backward: bool,
    /// Only entries after this key.
    pub after: Option<K>,
    /// Only entries before this key.
    pub before: Option<K>,
}

impl<K> PageRequest<K> {
    /// Reads the four arguments of a connection; cursors are already read.
    pub fn try_new(
        first: Option<i32>,
        after: Option<K>,
        last: Option<i32>,
        before: Option<K>,
    ) -> Result<Self, Refusal> {
        let (field, count, backward) = match (first, last) {
            (Some(_), Some(_)) => return Err(Reason::InvalidPageSize { max: MAX_PAGE_SIZE }.at("last")),
            (None, Some(last)) => ("last", Some(last), true),
            (first, None) => ("first", first, false),
        };
        let size = match count.map(u32::try_from) {
            None => DEFAULT_PAGE_SIZE,
            Some(Ok(size)) if (1..=MAX_PAGE_SIZE).contains(&size) => size,
            Some(_) => return Err(Reason::InvalidPageSize { max: MAX_PAGE_SIZE }.at(field)),
        };
        Ok(Self { size, backward, after, before })
    }

    /// Whether the page begins or ends its list, so that it can be read for many lists at once.
    pub const fn is_outermost(&self) -> bool {
        self.after.is_none() && self.before.is_none()
    }

    /// The first page of the default size.
    pub const fn first() -> Self {
        Self { size: DEFAULT_PAGE_SIZE, backward: false, after: None, before: None }
    }
}

/// One page of a list, in the list's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Whether more come before.
    pub has_previous: bool,
    /// Whether more come after.
    pub has_next: bool,
}

impl<T> Page<T> {
    /// The page of a list that has nothing.
    pub const EMPTY: Self = Self { items: Vec::new(), has_previous: false, has_next: false };

    /// Cuts a page out of what the store read: up to one entry more than asked for, in reading order.
    pub fn cut<K>(mut items: Vec<T>, request: &PageRequest<K>) -> Self {
        let more = items.len() > request.size as usize;
        items.truncate(request.size as usize);
        if request.backward {
            items.reverse();
            Self { items, has_previous: more, has_next: request.before.is_some() }
        } else {
            Self { items, has_previous: request.after.is_some(), has_next: more }
        }
    }

    /// The same page of other things.
    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(each).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }
}
