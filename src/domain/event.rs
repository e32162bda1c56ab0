//! Events: what happened to an application, told to its applicant in the same words by history and subscription.

use chrono::{DateTime, Utc};

use super::ids::{ApplicationEventId, ApplicationId, FacilityId};
use super::language::Language;
use super::status::ApplicationStatus;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApplicationEventKind {
    /// A draft was begun.
    Created,
    /// Method ① matched.
    FacilityVerified,
    /// It was sent.
    Submitted,
    /// It was sent again, corrected.
    Resubmitted,
    /// A reviewer took it.
    ReviewStarted,
    /// The reviewer put it back.
    ReviewReleased,
    /// It was approved.
    Approved,
    /// Its accounts were issued.
    Completed,
    /// It was sent back to be corrected.
    Returned,
    /// It was refused.
    Rejected,
    /// Its applicant took it back.
    Withdrawn,
}

/// Who made it happen, by role: an applicant never learns a reviewer's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventActor {
    /// The applicant's side.
    Applicant,
    /// A reviewer.
    Reviewer,
    /// The gateway.
    System,
}

/// What events are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventSubject {
    /// One application.
    Application(ApplicationId),
    /// All applications of a facility.
    Facility(FacilityId),
}

/// One event. Events of a facility are numbered from 1 without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationEvent {
    /// Its id.
    pub id: ApplicationEventId,
    /// The application.
    pub application: ApplicationId,
    /// The facility whose sequence it stands in.
    pub facility: FacilityId,
    /// Its place in the facility's sequence.
    pub sequence: i64,
    /// What happened.
    pub kind: ApplicationEventKind,
    /// The status from then on.
    pub status: ApplicationStatus,
    /// Who made it happen.
    pub actor: EventActor,
    /// Why, in a reviewer's words, when there were any.
    pub reason: Option<String>,
    /// When.
    pub occurred_at: DateTime<Utc>,
}

impl ApplicationEvent {
    /// What happened, in a sentence.
    pub fn message(&self, language: Language) -> &'static str {
        match self.kind {
            ApplicationEventKind::Created => language.pick("申請の作成を開始しました。", "A draft was begun."),
            ApplicationEventKind::FacilityVerified => {
                language.pick("施設の確認ができました。", "The facility was verified.")
            }
            ApplicationEventKind::Submitted => {
                language.pick("申請を受け付けました。", "The application was submitted.")
            }
            ApplicationEventKind::Resubmitted => {
                language.pick("修正された申請を受け付けました。", "The corrected application was submitted.")
            }
            ApplicationEventKind::ReviewStarted => language.pick("審査を開始しました。", "The review has begun."),
            ApplicationEventKind::ReviewReleased => language
                .pick("担当者の交代のため、審査待ちに戻りました。", "The application waits for another reviewer."),
            ApplicationEventKind::Approved => language.pick("申請が承認されました。", "The application was approved."),
            ApplicationEventKind::Completed => language.pick(
                "手続きが完了し、アカウントを発行しました。",
                "The procedure is complete and the accounts were issued.",
            ),
            ApplicationEventKind::Returned => {
                language.pick("申請が差し戻されました。", "The application was returned.")
            }
            ApplicationEventKind::Rejected => language.pick("申請は却下されました。", "The application was rejected."),
            ApplicationEventKind::Withdrawn => {
                language.pick("申請を取り下げました。", "The application was withdrawn.")
            }
        }
    }

    /// What the applicant does next; `None` when there is nothing but to wait.
    pub fn next_step(&self, language: Language) -> Option<&'static str> {
        match self.kind {
            ApplicationEventKind::Created => Some(
                language
                    .pick("必須情報をすべて入力し、送信してください。", "Fill in what readiness lists, then submit."),
            ),
            ApplicationEventKind::FacilityVerified => Some(language.pick(
                "24時間以内に残りの項目を入力し、送信してください。",
                "Fill in the rest and submit within 24 hours.",
            )),
            ApplicationEventKind::Completed => Some(language.pick(
                "「資格確認アカウント管理」でアカウントをご確認ください。",
                "See the accounts under account management (facility.accounts).",
            )),
            ApplicationEventKind::Returned => {
                Some(language.pick(
                    "指摘された項目を修正し、再度送信してください。",
                    "Correct what was pinned, then submit again.",
                ))
            }
            ApplicationEventKind::Rejected => Some(language.pick(
                "理由をご確認のうえ、必要に応じて新しく申請してください。",
                "See the reason; a new application may be made.",
            )),
            ApplicationEventKind::Submitted
            | ApplicationEventKind::Resubmitted
            | ApplicationEventKind::ReviewStarted
            | ApplicationEventKind::ReviewReleased
            | ApplicationEventKind::Approved
            | ApplicationEventKind::Withdrawn => None,
        }
    }
}
