//! How mails stand, for operators: what waits, what was given up, and sending it again. Writing them is `crate::events`.

use std::collections::HashMap;

use super::{Outcome, Services};
use crate::domain::actor::Actor;
use crate::domain::ids::OutboxMessageId;
use crate::domain::mail::{Posting, Recipient};
use crate::domain::refusal::Reason;
use crate::policy::{Action, authorise};
use crate::store::audit::{self, Entry};
use crate::store::outbox::{self, Wanted};
use crate::store::{applications, users};

/// How mails stand, newest first.
pub async fn list(services: &Services, actor: &Actor, wanted: Wanted, limit: u64) -> Outcome<Vec<Posting>> {
    authorise(actor, Action::ManageMails)?;
    Ok(outbox::postings(services.database.reader(), wanted, limit).await?)
}

/// The addresses that mails go to, as they stand now. They are personal data: only for an operator who asks for them.
pub async fn addresses(
    services: &Services,
    actor: &Actor,
    ids: &[OutboxMessageId],
) -> Outcome<HashMap<OutboxMessageId, String>> {
    authorise(actor, Action::ManageMails)?;
    let reader = services.database.reader();
    let recipients = outbox::recipients(reader, ids).await?;
    let about = |recipient: &Recipient| match recipient {
        Recipient::ApplicantOf(application) => Some(*application),
        Recipient::Address(_) => None,
    };
    let applications =
        applications::find_many(reader, actor, &recipients.values().filter_map(about).collect::<Vec<_>>()).await?;
    let applicants: Vec<_> = applications.values().map(|application| application.applicant).collect();
    let users = users::find_many(reader, actor, &applicants).await?;
    let address = |recipient| match recipient {
        Recipient::Address(to) => Some(to),
        Recipient::ApplicantOf(id) => Some(users.get(&applications.get(&id)?.applicant)?.email.as_str().to_owned()),
    };
    Ok(recipients.into_iter().filter_map(|(id, recipient)| Some((id, address(recipient)?))).collect())
}

/// Lets one mail go out again, delivered or not; or every one that was given up. Gives how many they are.
pub async fn resend(services: &Services, actor: &Actor, id: Option<OutboxMessageId>) -> Outcome<u64> {
    authorise(actor, Action::ManageMails)?;
    services
        .write(|tx| async move {
            let count = outbox::revive(&tx, id, services.world.now()).await?;
            if id.is_some() && count == 0 {
                return Err(Reason::NotFound.at("id").into());
            }
            let subject = id.map_or_else(|| "dead mails".to_owned(), |id| id.to_string());
            let detail = serde_json::json!({ "count": count });
            audit::record(&tx, &services.world, Entry { action: "resend-mail", subject, detail, actor }).await?;
            Ok(count)
        })
        .await
}
