//! Where errors happened, as a tree over the answer's paths, so that completion finds those at and below a position at once.

use std::collections::HashMap;

use async_graphql::{PathSegment, ServerError};

/// One position at or below which there is an error.
#[derive(Default)]
pub(super) struct ErrorTree<'a> {
    fields: HashMap<&'a str, ErrorTree<'a>>,
    items: HashMap<usize, ErrorTree<'a>>,
}

impl<'a> ErrorTree<'a> {
    /// The tree of all errors that have a path; `None` when there are none.
    pub(super) fn new(errors: &'a [ServerError]) -> Option<Self> {
        let mut root = Self::default();
        for error in errors {
            let mut node = &mut root;
            for segment in &error.path {
                node = match segment {
                    PathSegment::Field(name) => node.fields.entry(name).or_default(),
                    PathSegment::Index(index) => node.items.entry(*index).or_default(),
                };
            }
        }
        (!errors.is_empty()).then_some(root)
    }

    pub(super) fn field(&self, key: &str) -> Option<&Self> {
        self.fields.get(key)
    }

    pub(super) fn item(&self, index: usize) -> Option<&Self> {
        self.items.get(&index)
    }

    /// Whether a field below this position failed.
    pub(super) fn has_failed_fields(&self) -> bool {
        !self.fields.is_empty()
    }
}
