//! Fields of people.

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object, Result};

use super::connections::{Arguments, Total, TotalOf, connection};
use super::context::Ask;
use super::errors::answer;
use crate::domain;
use crate::schema::facility::Facility;
use crate::schema::person::{Role, User};
use crate::services::facilities;

#[Object]
impl User {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The person's name, as they wrote it.
    pub async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// The mail address by which they log in.
    pub async fn email(&self) -> &str {
        self.0.email.as_str()
    }

    /// What they are to the counter.
    pub async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// The facilities that they hold; one login may hold several (併設).
    pub async fn facilities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "Only entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only entries before this cursor.")] before: Option<String>,
    ) -> Result<Connection<String, Facility, Total, EmptyFields>> {
        let request = answer(ctx, Arguments { first, after, last, before }.read("facilities"))?;
        let page = facilities::held_by(ctx.services()?, ctx.actor()?, self.0.id, request).await;
        let key = |facility: &domain::facility::Facility| facility.id;
        Ok(connection("facilities", answer(ctx, page)?, key, Facility, TotalOf::Facilities(self.0.id).into()))
    }
}
