//! 各種申請: the nine menus as they stand for one facility (R01, R07, R08).

use async_graphql::{Context, ID, Object, Result};

use super::context::{Ask, asked};
use super::errors::answer;
use super::facility::progress;
use super::ids;
use crate::domain::menu::MenuCode;
use crate::domain::refusal::Reason;
use crate::policy::Action;
use crate::schema::menu::ApplicationMenu;
use crate::schema::public_pages::Article;
use crate::services::{facilities, public_pages};

/// Queries of the menus.
#[derive(Default)]
pub struct MenuQuery;

#[Object]
impl MenuQuery {
    /// 各種申請: the nine menus in order, each with whether it is open to this facility now and, if not, why. Needs a login.
    async fn application_menus(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The facility for which the menus are shown.")] facility_id: ID,
    ) -> Result<Vec<ApplicationMenu>> {
        let (services, actor) = answer(ctx, asked(ctx, Action::SeeFacility))?;
        let language = ctx.language()?;
        let found = async {
            let facility = facilities::find(services, actor, ids::read(&facility_id, "facilityId")?).await?;
            Ok(facility.ok_or_else(|| Reason::NotFound.at("facilityId"))?)
        };
        let facility = answer(ctx, found.await)?;
        let start_of_use = progress(ctx, facility.id).await?.start_of_use;
        MenuCode::ALL
            .into_iter()
            .map(|menu| {
                let (title, caption) = menu.words(language);
                let article = answer(ctx, public_pages::article(services, actor, menu))?;
                let closed_reason = menu.closed_because(start_of_use, language).map(str::to_owned);
                Ok(ApplicationMenu {
                    code: menu.into(),
                    title: title.to_owned(),
                    caption: caption.to_owned(),
                    article: article.map(|article| Article::new(article, language)),
                    is_open: closed_reason.is_none(),
                    closed_reason,
                })
            })
            .collect()
    }
}
