//! Relay connections over keyset pages: cursors that are bound to their list, and a total that is counted only when asked for.

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, Object, OutputType, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::Ask;
use super::errors::answer;
use crate::domain::application::ApplicationFilter;
use crate::domain::ids::{FacilityId, UserId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::refusal::Reason;
use crate::domain::review::CaseFilter;
use crate::services::{Outcome, accounts, facilities, review};

/// The four arguments of every connection.
pub(super) struct Arguments {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl Arguments {
    /// Reads the arguments for a list; a cursor of another list is refused.
    pub fn read<K: DeserializeOwned>(self, list: &str) -> Outcome<PageRequest<K>> {
        let cursor = |text: Option<String>, argument: &str| {
            text.map(|text| decode(list, &text).ok_or_else(|| Reason::InvalidCursor.at(argument))).transpose()
        };
        let (after, before) = (cursor(self.after, "after")?, cursor(self.before, "before")?);
        Ok(PageRequest::try_new(self.first, after, self.last, before)?)
    }
}

/// A page as a connection.
pub(super) fn connection<T, K, N>(
    list: &str,
    page: Page<T>,
    key: impl Fn(&T) -> K,
    node: impl Fn(T) -> N,
    total: Total,
) -> Connection<String, N, Total, EmptyFields>
where
    K: Serialize,
    N: OutputType,
{
    let mut connection = Connection::with_additional_fields(page.has_previous, page.has_next, total);
    connection.edges.extend(page.items.into_iter().map(|item| {
        let cursor = encode(list, &key(&item));
        Edge::new(cursor, node(item))
    }));
    connection
}

fn encode(list: &str, key: &impl Serialize) -> String {
    // Keys are ids, instants and texts: they always serialise; an empty cursor would be refused when it comes back.
    URL_SAFE_NO_PAD.encode(serde_json::to_string(&(list, key)).unwrap_or_else(|_| String::new()))
}

fn decode<K: DeserializeOwned>(list: &str, text: &str) -> Option<K> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (of, key): (String, K) = serde_json::from_slice(&bytes).ok()?;
    (of == list).then_some(key)
}

/// How long the whole list is.
pub struct Total {
    of: TotalOf,
}

/// Which list is counted.
pub(super) enum TotalOf {
    Announcements(u64),
    Facilities(UserId),
    Applications(FacilityId, ApplicationFilter),
    Accounts(FacilityId),
    Cases(CaseFilter),
}

impl From<TotalOf> for Total {
    fn from(of: TotalOf) -> Self {
        Self { of }
    }
}

#[Object]
impl Total {
    /// How many entries the whole list has; counted only when selected.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<u64> {
        let (services, actor) = (ctx.services()?, ctx.actor()?);
        let count = match &self.of {
            TotalOf::Announcements(count) => Ok(*count),
            TotalOf::Facilities(user) => facilities::count_held_by(services, actor, *user).await,
            TotalOf::Applications(facility, filter) => {
                facilities::count_applications_of(services, actor, *facility, filter).await
            }
            TotalOf::Accounts(facility) => accounts::count_of_facility(services, actor, *facility).await,
            TotalOf::Cases(filter) => review::count(services, actor, filter).await,
        };
        answer(ctx, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cursor is good for its own list only.
    #[test]
    fn a_cursor_is_bound_to_its_list() {
        let cursor = encode("accounts", &"W0000001");
        assert_eq!(decode::<String>("accounts", &cursor).as_deref(), Some("W0000001"));
        assert_eq!(decode::<String>("applications", &cursor), None);
        assert_eq!(decode::<String>("accounts", "W0000001"), None);
    }
}
