//! Review: cases for staff, and the mutations that claim and decide.

use async_graphql::{ComplexObject, Context, ID, Object, Result};
use chrono::{DateTime, Duration, Utc};

use super::application::user;
use super::connections::{Arguments, Connection, TotalOf, connection};
use super::context::{Ask, asked, bring, bring_last, bring_words};
use super::errors::{answer, error, refusals};
use super::ids;
use crate::domain::ids::{ApplicationId, kind};
use crate::domain::refusal::Reason;
use crate::domain::review::{CaseFilter, CorrectionTarget, OVERDUE_AFTER, ReviewCase as Loaded, Verdict};
use crate::loaders::DecisionsOn;
use crate::policy::Action;
use crate::schema::application::Application;
use crate::schema::errors::UserError;
use crate::schema::person::User;
use crate::schema::review::{
    ApproveApplicationInput, ApproveApplicationPayload, ClaimReviewInput, ClaimReviewPayload, Correction,
    CorrectionInput, Decision, DecisionOutcome, RejectApplicationInput, RejectApplicationPayload, ReleaseReviewInput,
    ReleaseReviewPayload, ReturnApplicationInput, ReturnApplicationPayload, ReviewCase, ReviewCaseFilter,
    ReviewCaseOrder, ReviewDecision,
};
use crate::services::{Fault, Outcome, review};

/// Queries of review, for staff.
#[derive(Default)]
pub struct ReviewQuery;

#[Object]
impl ReviewQuery {
    /// 審査案件: the cases of all applications that were sent. Staff only.
    #[expect(clippy::too_many_arguments, reason = "a connection's four arguments beside filter and order")]
    async fn review_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "Only entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only entries before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which cases are wanted; without one, those that wait for a decision.")] filter: Option<
            ReviewCaseFilter,
        >,
        #[graphql(desc = "In which order.", default)] order_by: ReviewCaseOrder,
    ) -> Result<Connection<ReviewCase>> {
        let newest_first = order_by == ReviewCaseOrder::NewestFirst;
        let list = if newest_first { "cases-newest" } else { "cases-longest" };
        let (services, actor) = answer(ctx, asked(ctx, Action::SeeReview))?;
        let request = answer(ctx, Arguments { first, after, last, before }.read(list))?;
        let filter = read_filter(filter, services.world.now());
        let page = review::list(services, actor, &filter, newest_first, request).await;
        let key = |case: &Loaded| (case.waiting_since, case.application);
        let total = TotalOf::Cases(filter);
        Ok(connection(list, answer(ctx, page)?, key, ReviewCase, total))
    }

    /// One case; null when there is none of this id for the viewer. Staff only.
    async fn review_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The case's global id.")] id: ID,
    ) -> Result<Option<ReviewCase>> {
        let found = async {
            let (services, actor) = asked(ctx, Action::SeeReview)?;
            review::find(services, actor, case_id(&id, "id")?).await
        };
        Ok(answer(ctx, found.await)?.map(ReviewCase))
    }
}

/// Without a filter, what waits for a decision; `waitingLongerThanHours` counts back from now.
fn read_filter(filter: Option<ReviewCaseFilter>, now: DateTime<Utc>) -> CaseFilter {
    use crate::domain::status::ApplicationStatus::{InReview, Submitted};
    let Some(filter) = filter else {
        return CaseFilter { statuses: vec![Submitted, InReview], ..CaseFilter::default() };
    };
    let ReviewCaseFilter { statuses, facility_kinds, waiting_longer_than_hours } = filter;
    CaseFilter {
        statuses: statuses.into_iter().flatten().map(Into::into).collect(),
        facility_kinds: facility_kinds.into_iter().flatten().map(Into::into).collect(),
        waiting_before: waiting_longer_than_hours.map(|hours| now - Duration::hours(i64::from(hours))),
    }
}

/// Mutations of review, for reviewers.
#[derive(Default)]
pub struct ReviewMutation;

#[Object]
impl ReviewMutation {
    /// Takes a case for two hours, or again to keep it longer. Of two reviewers at once one wins; the other is told who has it.
    async fn claim_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which case.")] input: ClaimReviewInput,
    ) -> Result<ClaimReviewPayload> {
        let claimed = async {
            let (services, actor) = asked(ctx, Action::Review)?;
            let id = case_id(&input.review_case_id, "input.reviewCaseId")?;
            review::claim(services, actor, id).await
        };
        Ok(settled(ctx, claimed.await).await?.into())
    }

    /// Puts a case back for other reviewers.
    async fn release_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which case.")] input: ReleaseReviewInput,
    ) -> Result<ReleaseReviewPayload> {
        let released = async {
            let (services, actor) = asked(ctx, Action::Review)?;
            let id = case_id(&input.review_case_id, "input.reviewCaseId")?;
            review::release(services, actor, id).await
        };
        Ok(settled(ctx, released.await).await?.into())
    }

    /// Approves an application: its accounts are issued in the same step, and the completion mail follows.
    async fn approve_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which case.")] input: ApproveApplicationInput,
    ) -> Result<ApproveApplicationPayload> {
        let ApproveApplicationInput { review_case_id, expected_version, internal_note } = input;
        let decided = decide(ctx, &review_case_id, expected_version, Ok(Verdict::Approved), internal_note).await;
        Ok(settled(ctx, decided).await?.into())
    }

    /// Sends an application back (差戻し) with what to correct; its applicant can change just that.
    async fn return_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which case, why, and what to correct.")] input: ReturnApplicationInput,
    ) -> Result<ReturnApplicationPayload> {
        let ReturnApplicationInput { review_case_id, expected_version, reason, corrections, internal_note } = input;
        let verdict =
            read_corrections(corrections).and_then(|corrections| Ok(Verdict::returned(&reason, corrections)?));
        let decided = decide(ctx, &review_case_id, expected_version, verdict, internal_note).await;
        Ok(settled(ctx, decided).await?.into())
    }

    /// Refuses an application for good (却下); a new one may be made.
    async fn reject_application(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which case, and why.")] input: RejectApplicationInput,
    ) -> Result<RejectApplicationPayload> {
        let RejectApplicationInput { review_case_id, expected_version, reason, internal_note } = input;
        let verdict = Verdict::rejected(&reason).map_err(Into::into);
        let decided = decide(ctx, &review_case_id, expected_version, verdict, internal_note).await;
        Ok(settled(ctx, decided).await?.into())
    }
}

/// The parts that are pinned; a file by its id, everything else without one.
fn read_corrections(corrections: Vec<CorrectionInput>) -> Outcome<Vec<(CorrectionTarget, String)>> {
    use crate::schema::review::CorrectionTarget as Named;
    let each = corrections.into_iter().enumerate().map(|(index, correction)| {
        let CorrectionInput { target, attachment_id, message } = correction;
        let path = format!("input.corrections.{index}.attachmentId");
        let target = match (target, attachment_id) {
            (Named::Attachment, Some(id)) => CorrectionTarget::Attachment(ids::read::<kind::Attachment>(&id, &path)?),
            (Named::VerificationMethod, None) => CorrectionTarget::VerificationMethod,
            (Named::FacilityVerification, None) => CorrectionTarget::FacilityVerification,
            (Named::StaffCount, None) => CorrectionTarget::StaffCount,
            (Named::DeviceCount, None) => CorrectionTarget::DeviceCount,
            (Named::TermsOfUse, None) => CorrectionTarget::TermsOfUse,
            (Named::Attachment, None) | (_, Some(_)) => return Err(Reason::CorrectionTargetMismatch.at(&path)),
        };
        Ok((target, message))
    });
    Ok(each.collect::<std::result::Result<_, _>>()?)
}

/// A case has the id of its application, under another prefix.
fn case_id(id: &ID, path: &str) -> Outcome<ApplicationId> {
    Ok(ids::read::<kind::ReviewCase>(id, path)?.cast())
}

async fn decide(
    ctx: &Context<'_>,
    id: &ID,
    expected_version: i32,
    verdict: Outcome<Verdict>,
    internal_note: Option<String>,
) -> Outcome<crate::domain::application::Application> {
    let (services, actor) = asked(ctx, Action::Review)?;
    let id = case_id(id, "input.reviewCaseId")?;
    review::decide(services, actor, id, expected_version, verdict, internal_note).await
}

/// The case and the application after a step, or the refusals.
async fn settled(
    ctx: &Context<'_>,
    outcome: Outcome<crate::domain::application::Application>,
) -> Result<std::result::Result<(ReviewCase, Application), Vec<UserError>>> {
    let application = match refusals(ctx, outcome)? {
        Ok(application) => application,
        Err(user_errors) => return Ok(Err(user_errors)),
    };
    let case = answer(ctx, review::find(ctx.services()?, ctx.actor()?, application.id).await)?;
    let case = case.ok_or_else(|| error(ctx, &Fault::new("a decided case that is gone").into()))?;
    Ok(Ok((ReviewCase(case), application.into())))
}

/// 審査案件: the reviewers' side of an application that was sent. Staff only.
#[Object]
impl ReviewCase {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.0.application.cast::<kind::ReviewCase>().to_string().into()
    }

    /// The application.
    pub async fn application(&self, ctx: &Context<'_>) -> Result<Application> {
        let loaded = ctx.loaders()?.load_one(self.0.application).await.map_err(|failure| error(ctx, &failure))?;
        loaded.map(Application::from).ok_or_else(|| error(ctx, &Fault::new("a case without its application").into()))
    }

    /// Who has the case now; null when nobody does.
    pub async fn claimed_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match self.0.held(ctx.services()?.world.now()) {
            Some(held) => user(ctx, held.by).await.map(Some),
            None => Ok(None),
        }
    }

    /// Until when others keep off.
    pub async fn claimed_until(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        Ok(self.0.held(ctx.services()?.world.now()).map(|held| held.until))
    }

    /// Since when the application waits: when it was last sent.
    pub async fn waiting_since(&self) -> DateTime<Utc> {
        self.0.waiting_since
    }

    /// Whether it waits for a decision since more than a week (E24). Nothing happens by itself then.
    pub async fn overdue(&self, ctx: &Context<'_>) -> Result<bool> {
        use crate::domain::status::ApplicationStatus::{InReview, Submitted};
        let loaded = ctx.loaders()?.load_one(self.0.application).await.map_err(|failure| error(ctx, &failure))?;
        let waits = loaded.is_some_and(|application| matches!(application.status, Submitted | InReview));
        Ok(waits && ctx.services()?.world.now() - self.0.waiting_since > OVERDUE_AFTER)
    }

    /// The decisions so far, oldest first, with who took them and what was noted; of more than 100 the last 100.
    pub async fn decisions(&self, ctx: &Context<'_>) -> Result<Vec<ReviewDecision>> {
        let loaded =
            ctx.loaders()?.load_one(DecisionsOn(self.0.application)).await.map_err(|failure| error(ctx, &failure))?;
        bring_last(ctx, loaded.into_iter().flatten().map(ReviewDecision).collect())
    }
}

/// A decision on an application, in words for its applicant. Who decided is not part of it.
#[Object]
impl Decision {
    /// Its id. It is read with its application; `node` does not find it.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What was decided.
    async fn outcome(&self) -> DecisionOutcome {
        (&self.0.verdict).into()
    }

    /// When.
    async fn decided_at(&self) -> DateTime<Utc> {
        self.0.decided_at
    }

    /// Why, in the reviewer's words; null for an approval.
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        bring_words(ctx, reason(&self.0.verdict))
    }

    /// What must be corrected, of a return.
    async fn corrections(&self, ctx: &Context<'_>) -> Result<Vec<Correction>> {
        corrections(ctx, &self.0.verdict)
    }
}

/// A decision as staff see it: who decided, and what was noted for other staff.
#[Object]
impl ReviewDecision {
    /// Its id. It is read with its application; `node` does not find it.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What was decided.
    async fn outcome(&self) -> DecisionOutcome {
        (&self.0.verdict).into()
    }

    /// When.
    async fn decided_at(&self) -> DateTime<Utc> {
        self.0.decided_at
    }

    /// Who decided.
    async fn decided_by(&self, ctx: &Context<'_>) -> Result<User> {
        user(ctx, self.0.by).await
    }

    /// Why, in words for the applicant; null for an approval.
    async fn reason(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        bring_words(ctx, reason(&self.0.verdict))
    }

    /// What must be corrected, of a return.
    async fn corrections(&self, ctx: &Context<'_>) -> Result<Vec<Correction>> {
        corrections(ctx, &self.0.verdict)
    }

    /// What was noted for other staff.
    async fn internal_note(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        bring_words(ctx, self.0.internal_note.as_deref())
    }
}

#[ComplexObject]
impl Correction {
    /// What is wrong with it, in the reviewer's words.
    async fn message(&self, ctx: &Context<'_>) -> Result<&str> {
        bring_words(ctx, Some(&self.message))?;
        Ok(&self.message)
    }
}

fn reason(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Approved => None,
        Verdict::Returned { reason, .. } | Verdict::Rejected { reason } => Some(reason),
    }
}

fn corrections(ctx: &Context<'_>, verdict: &Verdict) -> Result<Vec<Correction>> {
    let language = ctx.language()?;
    let Verdict::Returned { corrections, .. } = verdict else { return Ok(Vec::new()) };
    let told = corrections.iter().map(|correction| Correction {
        target: correction.target.into(),
        attachment_id: match correction.target {
            CorrectionTarget::Attachment(id) => Some(id.to_string().into()),
            _ => None,
        },
        label: correction.target.label(language).to_owned(),
        message: correction.message.clone(),
    });
    bring(ctx, told.collect())
}
