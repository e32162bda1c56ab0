//! Fields of facilities, their form, and the query that finds one.

use async_graphql::{Context, ID, Object, Result};

use super::connections::{Arguments, Connection, TotalOf, connection};
use super::context::{Ask, asked};
use super::download::sign_if_allowed;
use super::errors::{answer, error};
use super::form;
use super::ids;
use crate::domain;
use crate::domain::application::ApplicationFilter as Filter;
use crate::domain::download::Download;
use crate::domain::page::Page;
use crate::loaders::{AccountPageOf, ApplicationNumbered, ApplicationPageOf, ProgressOf};
use crate::policy::Action;
use crate::schema::account::EligibilityAccount;
use crate::schema::application::{Application, ApplicationFilter};
use crate::schema::download::SignedDownload;
use crate::schema::facility::{AdoptionStage, Facility, FacilityCode, FacilityKind, Prefecture};
use crate::schema::form::StartOfUseForm;
use crate::services::facilities;
use crate::services::facilities::Progress;

/// Queries of facilities.
#[derive(Default)]
pub struct FacilityQuery;

#[Object]
impl FacilityQuery {
    /// One facility of the viewer's; null when there is none of this id for them.
    async fn facility(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The facility's global id.")] id: ID,
    ) -> Result<Option<Facility>> {
        let found = async {
            let (services, actor) = asked(ctx, Action::SeeFacility)?;
            facilities::find(services, actor, ids::read(&id, "id")?).await
        };
        Ok(answer(ctx, found.await)?.map(Facility))
    }
}

/// How far a facility has come, by way of the loader.
pub(super) async fn progress(ctx: &Context<'_>, facility: domain::ids::FacilityId) -> Result<Progress> {
    let loaded = ctx.loaders()?.load_one(ProgressOf(facility)).await;
    Ok(loaded.map_err(|failure| super::errors::error(ctx, &failure))?.unwrap_or(Progress::NONE))
}

/// A facility that a user has registered: a clinic, a checkup provider or a midwifery home.
#[Object]
impl Facility {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its kind (施設区分).
    pub async fn kind(&self) -> FacilityKind {
        self.0.kind.into()
    }

    /// Its name, as its user gave it.
    pub async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its code: 登録記号番号, 健診等機関番号 or 助産所コード.
    pub async fn code(&self) -> FacilityCode {
        FacilityCode { value: self.0.code.as_str().to_owned(), display: self.0.code.display() }
    }

    /// Its prefecture (都道府県); null when its code names none.
    pub async fn prefecture(&self) -> Option<Prefecture> {
        self.0.prefecture.map(Into::into)
    }

    /// How far it has come with the eligibility app.
    pub async fn adoption_stage(&self, ctx: &Context<'_>) -> Result<AdoptionStage> {
        Ok(progress(ctx, self.0.id).await?.stage.into())
    }

    /// The start-of-use form (利用開始申請) as this facility fills it in.
    pub async fn start_of_use_form(&self, ctx: &Context<'_>) -> Result<StartOfUseForm> {
        form::of(ctx, &self.0).await
    }

    /// One of its applications by reception number (受付番号).
    pub async fn application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reception number, for example S0000123.")] number: String,
    ) -> Result<Option<Application>> {
        let found = ctx.loaders()?.load_one(ApplicationNumbered(self.0.id, number.trim().to_owned())).await;
        Ok(found.map_err(|failure| error(ctx, &failure))?.map(Into::into))
    }

    /// Its applications, newest first.
    pub async fn applications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "Only entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only entries before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which applications are wanted.")] filter: Option<ApplicationFilter>,
    ) -> Result<Connection<Application>> {
        let statuses = filter.and_then(|filter| filter.statuses).into_iter().flatten().map(Into::into).collect();
        let filter = Filter { statuses };
        let request = answer(ctx, Arguments { first, after, last, before }.read("applications"))?;
        let page = ctx.loaders()?.load_one(ApplicationPageOf(self.0.id, filter.clone(), request)).await;
        let page = page.map_err(|failure| error(ctx, &failure))?.unwrap_or(Page::EMPTY);
        let total = TotalOf::Applications(self.0.id, filter);
        let key = |application: &domain::application::Application| (application.created_at, application.id);
        Ok(connection("applications", page, key, Into::into, total))
    }

    /// 資格確認アカウント: the accounts that were issued to it, by name.
    pub async fn accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "Only entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only entries before this cursor.")] before: Option<String>,
    ) -> Result<Connection<EligibilityAccount>> {
        let request = answer(ctx, Arguments { first, after, last, before }.read("accounts"))?;
        let page = ctx.loaders()?.load_one(AccountPageOf(self.0.id, request)).await;
        let page = page.map_err(|failure| error(ctx, &failure))?.unwrap_or(Page::EMPTY);
        let key = |account: &domain::account::EligibilityAccount| account.account_name.clone();
        let total = TotalOf::Accounts(self.0.id);
        Ok(connection("accounts", page, key, EligibilityAccount, total))
    }

    /// The settings documents of all its accounts as one ZIP archive of PDFs. Each address works for one fetch. Null while it has no
    /// account, and for staff.
    pub async fn settings_documents(&self, ctx: &Context<'_>) -> Result<Option<SignedDownload>> {
        match progress(ctx, self.0.id).await?.stage {
            domain::facility::AdoptionStage::NotApplied | domain::facility::AdoptionStage::Applied => Ok(None),
            _ => sign_if_allowed(ctx, Download::SettingsArchive(self.0.id)),
        }
    }
}
