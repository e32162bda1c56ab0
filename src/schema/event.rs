//! Events: the same type for an application's history and for subscriptions.

use async_graphql::Enum;

use crate::domain;

/// What happened to an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::event::ApplicationEventKind")]
pub enum ApplicationEventKind {
    /// A draft was begun.
    Created,
    /// The facility was verified by method 1.
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

/// Who made something happen, by role; reviewers are not named to applicants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::event::EventActor")]
pub enum EventActor {
    /// The applicant's side.
    Applicant,
    /// A reviewer of the operating bodies.
    Reviewer,
    /// The gateway itself.
    System,
}

/// One event in the life of an application.
#[derive(Debug, Clone)]
pub struct ApplicationEvent {
    /// The event.
    pub event: domain::event::ApplicationEvent,
    /// The application at the time of delivery, when the deliverer loaded it for everybody.
    pub application: Option<std::sync::Arc<domain::application::Application>>,
}

impl From<domain::event::ApplicationEvent> for ApplicationEvent {
    fn from(event: domain::event::ApplicationEvent) -> Self {
        Self { event, application: None }
    }
}
