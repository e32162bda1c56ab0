//! 各種申請: the nine menus.

use async_graphql::{Enum, SimpleObject};

use super::public_pages::Article;
use crate::domain;

/// A menu of 各種申請.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::menu::MenuCode")]
pub enum ApplicationMenuCode {
    /// お知らせ.
    Announcements,
    /// よくある質問.
    Faq,
    /// 利用開始申請.
    StartOfUse,
    /// 運用開始日登録.
    OperationStartDate,
    /// 助成金交付申請.
    Subsidy,
    /// 交付決定通知書ダウンロード.
    GrantDecisionNotice,
    /// 資格確認アカウント管理.
    AccountManagement,
    /// 資格確認端末機器（アカウント）追加申請.
    AdditionalDevices,
    /// 資格確認アカウント申請状況.
    AccountApplicationStatus,
}

/// A menu as it stands for one facility now.
#[derive(Debug, Clone, SimpleObject)]
pub struct ApplicationMenu {
    /// Which menu.
    pub code: ApplicationMenuCode,
    /// Its title.
    pub title: String,
    /// Its caption.
    pub caption: String,
    /// The article that it opens; null when it has none.
    pub article: Option<Article>,
    /// Whether it is open to the facility now.
    pub is_open: bool,
    /// Why it is closed, and what to do.
    pub closed_reason: Option<String>,
}
