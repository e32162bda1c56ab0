//! 各種申請: the nine menus, their captions, and whether each is open to a facility now (R01, R07, R08).

use super::language::Language;
use super::status::ApplicationStatus;

/// A menu of the list; exactly nine (R07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MenuCode {
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

impl MenuCode {
    /// The nine, in the manual's order.
    pub const ALL: [Self; 9] = [
        Self::Announcements,
        Self::Faq,
        Self::StartOfUse,
        Self::OperationStartDate,
        Self::Subsidy,
        Self::GrantDecisionNotice,
        Self::AccountManagement,
        Self::AdditionalDevices,
        Self::AccountApplicationStatus,
    ];

    /// The key under which the content folder holds the menu's article.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Announcements => "announcements",
            Self::Faq => "faq",
            Self::StartOfUse => "start-of-use",
            Self::OperationStartDate => "operation-start-date",
            Self::Subsidy => "subsidy",
            Self::GrantDecisionNotice => "grant-decision-notice",
            Self::AccountManagement => "account-management",
            Self::AdditionalDevices => "additional-devices",
            Self::AccountApplicationStatus => "account-application-status",
        }
    }

    /// The title and the caption of the manual's page 6.
    pub fn words(self, language: Language) -> (&'static str, &'static str) {
        match self {
            Self::Announcements => language.pick(("お知らせ", "詳細を表示"), ("Announcements", "Show details")),
            Self::Faq => language.pick(("よくある質問", "詳細を表示"), ("Frequently asked questions", "Show details")),
            Self::StartOfUse => language.pick(
                ("利用開始申請", "こちらからマイナ資格確認アプリの利用開始申請を実施いただけます。"),
                ("Start-of-use application", "Apply here to start using the Myna eligibility app."),
            ),
            Self::OperationStartDate => language.pick(
                ("運用開始日登録", "こちらからマイナ資格確認アプリの運用開始日を登録いただけます。"),
                ("Operation start date", "Register here when you began to use the app."),
            ),
            Self::Subsidy => language.pick(
                ("助成金交付申請", "こちらからマイナ資格確認アプリの助成金を申請いただけます。"),
                ("Subsidy application", "Apply here for the subsidy."),
            ),
            Self::GrantDecisionNotice => language.pick(
                (
                    "交付決定通知書ダウンロード",
                    "こちらからマイナ資格確認アプリの助成金の交付決定通知書をダウンロードいただけます。",
                ),
                ("Grant decision notice", "Download the notice of the subsidy's grant here."),
            ),
            Self::AccountManagement => language.pick(
                ("資格確認アカウント管理", "こちらからマイナ資格確認アプリのアカウントをご確認いただけます。"),
                ("Account management", "See the app's accounts here."),
            ),
            Self::AdditionalDevices => language.pick(
                (
                    "資格確認端末機器（アカウント）追加申請",
                    "こちらからマイナ資格確認アプリの端末機器（アカウント）を追加申請いただけます。",
                ),
                ("Additional devices (accounts)", "Apply here for additional devices (accounts)."),
            ),
            Self::AccountApplicationStatus => language.pick(
                (
                    "資格確認アカウント申請状況",
                    "こちらからマイナ資格確認アプリのアカウントの申請状況をご確認いただけます。",
                ),
                ("Status of account applications", "See how your applications stand here."),
            ),
        }
    }

    /// Why the menu is closed to a facility whose start-of-use application stands so; `None` when it is open.
    pub fn closed_because(self, start_of_use: Option<ApplicationStatus>, language: Language) -> Option<&'static str> {
        let completed = start_of_use == Some(ApplicationStatus::Completed);
        match self {
            Self::Announcements | Self::Faq | Self::AccountApplicationStatus => None,
            Self::StartOfUse => match start_of_use {
                None | Some(ApplicationStatus::Draft | ApplicationStatus::Returned) => None,
                Some(status) if !status.blocks_another() => None,
                Some(ApplicationStatus::Completed) => Some(language.pick(
                    "利用開始申請は完了しています。端末を追加する場合は「資格確認端末機器（アカウント）追加申請」をご利用ください。",
                    "The start-of-use application is complete. For more devices use the additional-device menu.",
                )),
                Some(_) => Some(language.pick(
                    "申請済みです。状況は「資格確認アカウント申請状況」でご確認ください。",
                    "Already applied. See the status of account applications.",
                )),
            },
            Self::AccountManagement if completed => None,
            _ if !completed => {
                Some(language.pick("利用開始申請の手続きが完了するとご利用いただけます。", "Opens when the start-of-use application is complete."))
            }
            Self::Subsidy | Self::GrantDecisionNotice => {
                Some(language.pick("助成金の申請受付は終了しました。", "The subsidy is no longer open to applications."))
            }
            _ => Some(language.pick(
                "この窓口ではまだ受け付けていません。コールセンター（0800-080-4583）へお問い合わせください。",
                "This counter does not take these yet. Call the call centre (0800-080-4583).",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Before the application only three menus are open; a completed one opens the accounts and closes itself.
    #[test]
    fn menus_open_with_the_application() {
        let open = |status| -> Vec<MenuCode> {
            MenuCode::ALL.into_iter().filter(|menu| menu.closed_because(status, Language::Ja).is_none()).collect()
        };
        use MenuCode::{AccountApplicationStatus, AccountManagement, Announcements, Faq, StartOfUse};
        assert_eq!(open(None), [Announcements, Faq, StartOfUse, AccountApplicationStatus]);
        assert_eq!(open(Some(ApplicationStatus::InReview)), [Announcements, Faq, AccountApplicationStatus]);
        let completed = open(Some(ApplicationStatus::Completed));
        assert_eq!(completed, [Announcements, Faq, AccountManagement, AccountApplicationStatus]);
        assert_eq!(open(Some(ApplicationStatus::Rejected)), open(None));
    }
}
