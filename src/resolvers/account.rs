//! Fields of accounts of the eligibility app.

use async_graphql::{Context, ID, Object, Result};
use chrono::{DateTime, Utc};

use super::context::Ask;
use super::download::sign_if_allowed;
use super::errors::error;
use crate::domain::download::Download;
use crate::schema::account::{AccountStatus, EligibilityAccount};
use crate::schema::application::Application;
use crate::schema::download::SignedDownload;
use crate::services::Fault;

/// 資格確認アカウント: an account of the eligibility app, one a device.
#[Object]
impl EligibilityAccount {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its name in the app: W and seven digits, never given twice.
    pub async fn account_id(&self) -> &str {
        &self.0.account_name
    }

    /// How it stands.
    pub async fn status(&self) -> AccountStatus {
        self.0.status.into()
    }

    /// The application that it was issued for.
    pub async fn application(&self, ctx: &Context<'_>) -> Result<Application> {
        let loaded = ctx.loaders()?.load_one(self.0.application).await.map_err(|failure| error(ctx, &failure))?;
        loaded
            .map(Application::from)
            .ok_or_else(|| error(ctx, &Fault::new("an account without its application").into()))
    }

    /// マイナ資格確認アプリ ユーザ設定情報 (R53): the PDF with the account's initial secret. Each address works for one fetch. Null for
    /// staff, who never see a secret.
    pub async fn settings_document(&self, ctx: &Context<'_>) -> Result<Option<SignedDownload>> {
        sign_if_allowed(ctx, Download::Settings(self.0.id))
    }

    /// When it was issued.
    pub async fn issued_at(&self) -> DateTime<Utc> {
        self.0.issued_at
    }
}
