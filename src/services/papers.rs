//! Papers to take away: settings documents with their initial passwords, and receipts. Each fetch is audited before the paper is made.
//!
//! How a paper looks is `crate::papers`; under which address it is fetched is no matter of this file.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZero;
use std::sync::LazyLock;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

use super::{Fault, Outcome, Services, account_secrets};
use crate::domain::account::EligibilityAccount;
use crate::domain::actor::Actor;
use crate::domain::application::Application;
use crate::domain::facility::Facility;
use crate::domain::ids::{ApplicationId, EligibilityAccountId, FacilityId};
use crate::domain::kinds::Details;
use crate::domain::refusal::Reason;
use crate::domain::secret::Confidential;
use crate::papers::{self, PaperError, ReceiptFacts, SettingsFacts};
use crate::policy::{Action, authorise};
use crate::store::audit::{self, Entry};
use crate::store::{Transaction, accounts, applications, attachments, facilities};

/// How many papers are made at once: half of the cores', so that the others answer queries meanwhile. One takes some 4 ms of a core, a
/// facility's archive as often as it has accounts.
static PRESS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new((available_parallelism().map_or(1, NonZero::get) / 2).max(1)));

/// A paper that is to be made: what will stand there is known, and the trace is left.
pub struct Order {
    file_name: String,
    media_type: &'static str,
    work: Box<dyn FnOnce() -> Result<Vec<u8>, PaperError> + Send>,
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, to be made)", self.file_name, self.media_type)
    }
}

impl Order {
    fn new(
        file_name: String,
        media_type: &'static str,
        work: impl FnOnce() -> Result<Vec<u8>, PaperError> + Send + 'static,
    ) -> Self {
        Self { file_name, media_type, work: Box::new(work) }
    }

    /// Makes it, in its turn and off the async threads. Whoever waits for that should hold no place among those that work.
    pub async fn make(self) -> Outcome<Document> {
        let Self { file_name, media_type, work } = self;
        let place = PRESS.acquire().await.map_err(Fault::new)?;
        let made = tokio::task::spawn_blocking(move || {
            let made = work();
            // The place goes with the work and not with the request, which may have been given up meanwhile.
            drop(place);
            made
        });
        let bytes = made.await.map_err(Fault::new)?.map_err(Fault::new)?;
        Ok(Document { file_name, media_type, bytes })
    }
}

/// A file to take away.
pub struct Document {
    /// Under which name it is saved; Japanese.
    pub file_name: String,
    /// What it is.
    pub media_type: &'static str,
    /// The file. It may hold an initial password.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {} bytes)", self.file_name, self.media_type, self.bytes.len())
    }
}

/// The settings document of an account: マイナ資格確認アプリ ユーザ設定情報 (R11, R53–R55).
pub async fn settings_document(services: &Services, actor: &Actor, account: EligibilityAccountId) -> Outcome<Order> {
    authorise(actor, Action::TakeSettings)?;
    let facts = services
        .write(|tx| async move {
            let found = accounts::find_sealed(&*tx, actor, account).await?.ok_or(Reason::NotFound)?;
            let facility = facilities::find(&*tx, actor, found.0.facility).await?.ok_or(Reason::NotFound)?;
            let application = applications::find(&*tx, actor, found.0.application).await?.ok_or(Reason::NotFound)?;
            let facts = settings_facts(services, &tx, &facility, &application, found).await?;
            let detail = serde_json::json!({ "facility": facility.id });
            let entry = Entry { action: "take-settings-document", subject: account.to_string(), detail, actor };
            audit::record(&tx, &services.world, entry).await?;
            Ok(facts)
        })
        .await?;
    Ok(Order::new(settings_name(&facts), "application/pdf", move || papers::settings_document(&facts)))
}

/// The settings documents of all accounts of a facility in one archive, by name; nothing is there before accounts are.
pub async fn settings_zip(services: &Services, actor: &Actor, facility: FacilityId) -> Outcome<Order> {
    authorise(actor, Action::TakeSettings)?;
    let (facility, all) = services
        .write(|tx| async move {
            let facility = facilities::find(&*tx, actor, facility).await?.ok_or(Reason::NotFound)?;
            let found = accounts::sealed_of_facility(&*tx, actor, facility.id).await?;
            let ids: BTreeSet<_> = found.iter().map(|(account, _)| account.application).collect();
            let issued_for = applications::find_many(&*tx, actor, &ids.into_iter().collect::<Vec<_>>()).await?;
            let mut all = Vec::new();
            for account in found {
                let application = issued_for.get(&account.0.application).ok_or(Reason::NotFound)?;
                all.push(settings_facts(services, &tx, &facility, application, account).await?);
            }
            if all.is_empty() {
                return Err(Reason::NotFound.into());
            }
            let names: Vec<_> = all.iter().map(|facts| &facts.account_name).collect();
            let detail = serde_json::json!({ "accounts": names });
            let entry = Entry { action: "take-settings-archive", subject: facility.id.to_string(), detail, actor };
            audit::record(&tx, &services.world, entry).await?;
            Ok((facility, all))
        })
        .await?;
    let pages = all.into_iter().map(|facts| Ok((settings_name(&facts), papers::settings_document(&facts)?)));
    let file_name = format!("ユーザ設定情報_{}.zip", facility.code.display());
    Ok(Order::new(file_name, "application/zip", move || papers::accounts_zip(pages)))
}

/// The receipt (控え) of an application as it was sent; there is none while it may differ from what was sent.
pub async fn receipt(services: &Services, actor: &Actor, application: ApplicationId) -> Outcome<Order> {
    authorise(actor, Action::TakeReceipt)?;
    let (application, facility, attachments, submitted_at) = services
        .write(|tx| async move {
            let application = applications::find(&*tx, actor, application).await?.ok_or(Reason::NotFound)?;
            let facility = facilities::find(&*tx, actor, application.facility).await?.ok_or(Reason::NotFound)?;
            let status = application.status;
            let sent = application.submitted_at.filter(|_| status.is_as_sent());
            let submitted_at = sent.ok_or(Reason::NoReceipt { status })?;
            let attached = attachments::of_applications(&*tx, actor, &[application.id]).await?.remove(&application.id);
            let travels = application.details.takes_evidence();
            let attached = attached.into_iter().flatten().filter(|file| travels && file.is_current());
            let attachments = attached.map(|file| file.file_name).collect();
            let detail = serde_json::json!({ "version": application.version });
            let entry = Entry { action: "take-receipt", subject: application.id.to_string(), detail, actor };
            audit::record(&tx, &services.world, entry).await?;
            Ok((application, facility, attachments, submitted_at))
        })
        .await?;
    let file_name = format!("利用開始申請書控え_{}.pdf", application.number);
    let Details::StartOfUse(details) = application.details;
    let facts = ReceiptFacts {
        application_number: application.number,
        facility_name: facility.name,
        facility_kind: facility.kind,
        facility_code: facility.code,
        details,
        attachments,
        submitted_at,
        made_at: services.world.now(),
    };
    Ok(Order::new(file_name, "application/pdf", move || papers::receipt(&facts)))
}

async fn settings_facts(
    services: &Services,
    tx: &Transaction,
    facility: &Facility,
    application: &Application,
    (account, sealed): (EligibilityAccount, Option<Vec<u8>>),
) -> Outcome<SettingsFacts> {
    let secret = match sealed {
        Some(sealed) => account_secrets::open(&services.key, account.id, &sealed)?,
        None => first_secret(services, tx, account.id).await?,
    };
    Ok(SettingsFacts {
        facility_name: facility.name.clone(),
        facility_kind: facility.kind,
        facility_code: facility.code.clone(),
        application_number: application.number.clone(),
        account_name: account.account_name,
        secret,
        issued_at: account.issued_at,
    })
}

/// For accounts that were issued before secrets were kept: whoever takes the document first brings the secret into being.
async fn first_secret(services: &Services, tx: &Transaction, account: EligibilityAccountId) -> Outcome<Confidential> {
    let secret = account_secrets::make()?;
    accounts::set_secret(tx, account, account_secrets::seal(&services.key, account, &secret)?).await?;
    Ok(secret)
}

fn settings_name(facts: &SettingsFacts) -> String {
    format!("ユーザ設定情報_{}.pdf", facts.account_name)
}
