//! `node` and `nodes`: any noun by its global id, under the same scopes as everywhere.

use async_graphql::{Context, ID, Interface, Object, Result};

use super::context::Ask;
use super::errors::{answer, error};
use crate::domain::ids::{Id, Kind, kind, parse_any};
use crate::domain::refusal::Reason;
use crate::loaders::{BatchError, CaseOf};
use crate::schema::account::EligibilityAccount;
use crate::schema::attachment::Attachment;
use crate::schema::facility::Facility;
use crate::schema::person::User;
use crate::schema::public_pages::Announcement;
use crate::schema::review::ReviewCase;
use crate::schema::start_of_use::StartOfUseApplication;
use crate::services::public_pages;

/// The most ids of one `nodes`.
const MOST_NODES: usize = 100;

/// Anything that has a global id (Relay, global object identification).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global id: the kind of thing, an underscore, and 26 characters."))]
pub enum Node {
    /// A person who can log in.
    User(User),
    /// A facility.
    Facility(Facility),
    /// 利用開始申請.
    StartOfUseApplication(StartOfUseApplication),
    /// An account of the eligibility app.
    EligibilityAccount(EligibilityAccount),
    /// 添付ファイル.
    Attachment(Attachment),
    /// The reviewers' side of an application.
    ReviewCase(ReviewCase),
    /// お知らせ.
    Announcement(Announcement),
}

/// Queries by global id.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Anything by its global id; null when it is not there for the viewer.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "A global id.")] id: ID) -> Result<Option<Node>> {
        find(ctx, &id, "id").await
    }

    /// Several things by their global ids, in the order of the ids; null where one is not there for the viewer.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100 global ids.", validator(max_items = 100))] ids: Vec<ID>,
    ) -> Result<Vec<Option<Result<Node>>>> {
        let each = ids
            .iter()
            .take(MOST_NODES)
            .enumerate()
            .map(|(index, id)| async move { find(ctx, id, &format!("ids.{index}")).await.transpose() });
        Ok(futures_util::future::join_all(each).await)
    }
}

async fn find(ctx: &Context<'_>, id: &ID, path: &str) -> Result<Option<Node>> {
    let Some((prefix, uuid)) = parse_any(id.as_str()) else {
        let refusal = Reason::InvalidId { expected: kind::Application::PREFIX, found: None }.at(path);
        return answer(ctx, Err(refusal.into()));
    };
    let loaders = ctx.loaders()?;
    let failed = |failure: BatchError| error(ctx, &failure);
    Ok(match prefix {
        kind::User::PREFIX => {
            loaders.load_one(Id::<kind::User>::from_uuid(uuid)).await.map_err(failed)?.map(|u| Node::User(User(u)))
        }
        kind::Facility::PREFIX => loaders
            .load_one(Id::<kind::Facility>::from_uuid(uuid))
            .await
            .map_err(failed)?
            .map(|f| Node::Facility(Facility(f))),
        kind::Application::PREFIX => {
            let found = loaders.load_one(Id::<kind::Application>::from_uuid(uuid)).await.map_err(failed)?;
            found.map(|application| Node::StartOfUseApplication(StartOfUseApplication(application)))
        }
        kind::EligibilityAccount::PREFIX => {
            let found = loaders.load_one(Id::<kind::EligibilityAccount>::from_uuid(uuid)).await.map_err(failed)?;
            found.map(|account| Node::EligibilityAccount(EligibilityAccount(account)))
        }
        kind::Attachment::PREFIX => {
            let found = loaders.load_one(Id::<kind::Attachment>::from_uuid(uuid)).await.map_err(failed)?;
            found.map(|attachment| Node::Attachment(Attachment(attachment)))
        }
        // To whom review is closed, a case does not exist.
        kind::ReviewCase::PREFIX if !ctx.actor()?.role().is_some_and(|role| role.is_staff()) => None,
        kind::ReviewCase::PREFIX => {
            let found = loaders.load_one(CaseOf(Id::from_uuid(uuid))).await.map_err(failed)?;
            found.map(|case| Node::ReviewCase(ReviewCase(case)))
        }
        kind::Announcement::PREFIX => {
            let (language, id) = (ctx.language()?, Id::from_uuid(uuid));
            let found = answer(ctx, public_pages::announcement(ctx.services()?, ctx.actor()?, id))?;
            found.map(|announcement| Node::Announcement(Announcement::new(&announcement, language)))
        }
        other => {
            let refusal = Reason::InvalidId { expected: "node", found: Some(other.to_owned()) }.at(path);
            return answer(ctx, Err(refusal.into()));
        }
    })
}
