//! Relay connections over keyset pages: cursors that are bound to their list, and a total that is counted only when asked for.

use async_graphql::connection::{Edge, EmptyFields, PageInfo};
use async_graphql::{Context, Object, OutputType, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::Ask;
use super::errors::{answer, error};
use crate::domain::application::ApplicationFilter;
use crate::domain::ids::{FacilityId, Id, Kind, UserId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::refusal::Reason;
use crate::domain::review::CaseFilter;
use crate::loaders::{AccountCountOf, ApplicationCountOf, BatchError, FacilityCountOf};
use crate::schema::account::EligibilityAccount;
use crate::schema::application::Application;
use crate::schema::facility::Facility;
use crate::schema::public_pages::Announcement;
use crate::schema::review::ReviewCase;
use crate::services::{Outcome, review};

/// The four arguments of every connection.
pub(super) struct Arguments {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl Arguments {
    /// Reads the arguments for a list; a cursor of another list is refused.
    pub fn read<K: Key>(self, list: &str) -> Outcome<PageRequest<K>> {
        let cursor = |text: Option<String>, argument: &str| {
            text.map(|text| decode(list, &text).ok_or_else(|| Reason::InvalidCursor.at(argument))).transpose()
        };
        let (after, before) = (cursor(self.after, "after")?, cursor(self.before, "before")?);
        Ok(PageRequest::try_new(self.first, after, self.last, before)?)
    }
}

/// What orders a list, as its cursors hold it.
pub(super) trait Key: Serialize + DeserializeOwned {
    /// Whether an entry could have it. A cursor may be of anybody's making, and what a column cannot hold is no place in a list but a
    /// fault of the database.
    fn is_possible(&self) -> bool;
}

impl Key for String {
    fn is_possible(&self) -> bool {
        !self.contains('\0')
    }
}

impl<K: Kind> Key for Id<K> {
    fn is_possible(&self) -> bool {
        true
    }
}

impl Key for DateTime<Utc> {
    fn is_possible(&self) -> bool {
        (1..=9999).contains(&self.year())
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn is_possible(&self) -> bool {
        self.0.is_possible() && self.1.is_possible()
    }
}

/// A page of a list with its cursors.
pub struct Connection<N: OutputType> {
    edges: Vec<Edge<String, N, EmptyFields>>,
    has_previous: bool,
    has_next: bool,
    total: TotalOf,
}

/// Puts a page into a connection.
pub(super) fn connection<T, K, N>(
    list: &str,
    page: Page<T>,
    key: impl Fn(&T) -> K,
    node: impl Fn(T) -> N,
    total: TotalOf,
) -> Connection<N>
where
    K: Key,
    N: OutputType,
{
    let Page { items, has_previous, has_next } = page;
    let edge = |item| Edge::new(encode(list, &key(&item)), node(item));
    Connection { edges: items.into_iter().map(edge).collect(), has_previous, has_next, total }
}

/// A page of a list (Relay cursor connections specification). A cursor is opaque: a place in its list, and the same place in another list
/// of the same kind and order.
#[Object(
    concrete(name = "AnnouncementConnection", params(Announcement)),
    concrete(name = "ApplicationConnection", params(Application)),
    concrete(name = "EligibilityAccountConnection", params(EligibilityAccount)),
    concrete(name = "FacilityConnection", params(Facility)),
    concrete(name = "ReviewCaseConnection", params(ReviewCase))
)]
impl<N: OutputType> Connection<N> {
    /// The entries, each with its cursor.
    async fn edges(&self) -> &[Edge<String, N, EmptyFields>] {
        &self.edges
    }

    /// The entries without their cursors.
    async fn nodes(&self) -> Vec<&N> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Where the page stands in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }

    /// How many entries the whole list has; counted only when selected. Review cases are counted up to 10,000: there 10,001 stands
    /// for more than that.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        answer(ctx, self.total.count(ctx).await?)
    }
}

fn encode(list: &str, key: &impl Key) -> String {
    // Keys are ids, instants and texts: they always serialise; an empty cursor would be refused when it comes back.
    URL_SAFE_NO_PAD.encode(serde_json::to_string(&(list, key)).unwrap_or_else(|_| String::new()))
}

fn decode<K: Key>(list: &str, text: &str) -> Option<K> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (of, key): (String, K) = serde_json::from_slice(&bytes).ok()?;
    (of == list && key.is_possible()).then_some(key)
}

/// Which list is counted.
pub(super) enum TotalOf {
    Announcements(u64),
    Facilities(UserId),
    Applications(FacilityId, ApplicationFilter),
    Accounts(FacilityId),
    Cases(CaseFilter),
}

impl TotalOf {
    async fn count(&self, ctx: &Context<'_>) -> Result<Outcome<u64>> {
        let (services, actor, loaders) = (ctx.services()?, ctx.actor()?, ctx.loaders()?);
        let failed = |failure: BatchError| error(ctx, &failure);
        Ok(match self {
            Self::Announcements(count) => Ok(*count),
            Self::Facilities(user) => {
                let counted = loaders.load_one(FacilityCountOf(*user)).await;
                Ok(counted.map_err(failed)?.unwrap_or(0))
            }
            Self::Applications(facility, filter) => {
                let counted = loaders.load_one(ApplicationCountOf(*facility, filter.clone())).await;
                Ok(counted.map_err(failed)?.unwrap_or(0))
            }
            Self::Accounts(facility) => {
                let counted = loaders.load_one(AccountCountOf(*facility)).await;
                Ok(counted.map_err(failed)?.unwrap_or(0))
            }
            Self::Cases(filter) => review::count(services, actor, filter).await,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::application::ApplicationKey;

    /// A cursor is good for its own list only.
    #[test]
    fn a_cursor_is_bound_to_its_list() {
        let cursor = encode("accounts", &"W0000001".to_owned());
        assert_eq!(decode::<String>("accounts", &cursor).as_deref(), Some("W0000001"));
        assert_eq!(decode::<String>("applications", &cursor), None);
        assert_eq!(decode::<String>("accounts", "W0000001"), None);
    }

    /// A cursor that names what no column holds is none: text with a zero, an instant outside of the calendar.
    #[test]
    fn a_cursor_names_what_an_entry_could_have() {
        let of = |key: &str| URL_SAFE_NO_PAD.encode(format!("[\"list\",{key}]"));
        for (name, expected) in [("W0000001", true), ("", true), ("W\\u0000", false)] {
            assert_eq!(decode::<String>("list", &of(&format!("\"{name}\""))).is_some(), expected, "{name}");
        }
        for (instant, expected) in [
            ("2026-11-24T00:00:00Z", true),
            ("0001-01-01T00:00:00Z", true),
            ("9999-12-31T23:59:59Z", true),
            ("-0001-01-01T00:00:00Z", false),
            ("+10000-01-01T00:00:00Z", false),
        ] {
            let key = format!(r#"["{instant}","application_01h455vb4pex5vsknk084sn02q"]"#);
            assert_eq!(decode::<ApplicationKey>("list", &of(&key)).is_some(), expected, "{instant}");
        }
    }
}
