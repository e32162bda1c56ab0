//! Public pages: nobody need log in for these (R06).

use async_graphql::{ComplexObject, Context, ID, Object, Result};

use super::connections::{Arguments, Connection, TotalOf, connection};
use super::context::Ask;
use super::errors::answer;
use crate::domain::contact::{CALL_CENTER_PHONE, call_center_hours, is_open};
use crate::domain::content;
use crate::schema::public_pages::{Announcement, Contact, FaqCategory, TermsOfUse};
use crate::services::public_pages;

/// Queries of the public pages.
#[derive(Default)]
pub struct PublicPagesQuery;

#[Object]
impl PublicPagesQuery {
    /// お知らせ: announcements, newest first.
    async fn announcements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "Only entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only entries before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Announcement>> {
        let (services, actor, language) = (ctx.services()?, ctx.actor()?, ctx.language()?);
        let request = answer(ctx, Arguments { first, after, last, before }.read("announcements"))?;
        let page = answer(ctx, public_pages::announcements(services, actor, request))?;
        let total = answer(ctx, public_pages::count_announcements(services, actor))?;
        let key = |announcement: &content::Announcement| (announcement.published_at, announcement.id);
        let node = |announcement| Announcement::new(&announcement, language);
        Ok(connection("announcements", page, key, node, TotalOf::Announcements(total)))
    }

    /// よくある質問: questions and answers by category, both numbered.
    async fn faq_categories(&self, ctx: &Context<'_>) -> Result<Vec<FaqCategory>> {
        let (language, categories) = (ctx.language()?, answer(ctx, public_pages::faq(ctx.services()?, ctx.actor()?))?);
        Ok(categories.iter().map(|category| FaqCategory::new(category, language)).collect())
    }

    /// 利用規約: the terms of use in force now, or a version by name; null when there is no such version.
    async fn terms_of_use(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The version's name; without it the terms in force now.")] version: Option<String>,
    ) -> Result<Option<TermsOfUse>> {
        let language = ctx.language()?;
        let terms = public_pages::terms_of_use(ctx.services()?, ctx.actor()?, version.as_deref());
        Ok(answer(ctx, terms)?.map(|terms| TermsOfUse::new(terms, language)))
    }

    /// お問い合わせ先: the call centre, and whether it answers now.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Contact> {
        let language = ctx.language()?;
        let hours = call_center_hours(language);
        let bodies = language.pick(
            [
                "社会保険診療報酬支払基金（情報化企画部・情報化支援部）",
                "国民健康保険中央会（医療保険情報提供等実施機関担当室）",
            ],
            [
                "Health Insurance Claims Review & Reimbursement Services",
                "All-Japan Federation of National Health Insurance Organizations",
            ],
        );
        Ok(Contact {
            name: language
                .pick("オンライン資格確認等コールセンター", "Online eligibility verification call centre")
                .to_owned(),
            phone_number: CALL_CENTER_PHONE.to_owned(),
            hours: hours.to_owned(),
            open_now: is_open(ctx.services()?.world.now()),
            operating_bodies: bodies.map(str::to_owned).to_vec(),
        })
    }
}

#[ComplexObject]
impl Announcement {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.id.to_string().into()
    }
}
