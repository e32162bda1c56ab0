//! ユーザー登録 (R02): a visitor asks, a mail answers, its link makes the login, its facility and the bond between them.
//!
//! Whether an address has a login already is told to its owner by mail and to nobody else: answer and work are the same (T5).

use std::net::IpAddr;

use super::failure::{Failure, Outcome};
use super::{Services, limits, links};
use crate::domain::actor::{Actor, Role};
use crate::domain::facility::{FacilityCode, FacilityKind};
use crate::domain::language::Language;
use crate::domain::mail::Mail;
use crate::domain::person::{self, EmailAddress, User};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::secret::Confidential;
use crate::policy::{Action, authorise};
use crate::store::audit::{self, Entry};
use crate::store::facilities;
use crate::store::outbox::{self, Task};
use crate::store::registrations::{self, Registration};
use crate::store::users::{self, NewUser};

/// What a visitor wrote into the registration form.
#[derive(Debug, Clone)]
pub struct RegistrationForm {
    /// The person's name.
    pub display_name: String,
    /// The kind of their facility.
    pub facility_kind: FacilityKind,
    /// Its code, as typed.
    pub facility_code: String,
    /// Its name; without one it is called by kind and code.
    pub facility_name: Option<String>,
    /// Their telephone number, as typed.
    pub phone_number: String,
    /// Their address, as typed.
    pub email: String,
    /// The password that they chose.
    pub password: Confidential,
}

/// Takes a registration in. All refusals come at once; when there is none, a mail is on its way, whoever has the address. `peer` is the
/// other end of the connection, where it is known.
pub async fn register(services: &Services, actor: &Actor, form: RegistrationForm, peer: Option<IpAddr>) -> Outcome<()> {
    authorise(actor, Action::UsePublicPages)?;
    let (mut registration, password) = judge(form)?;
    let email = &registration.email.clone();
    // Before the hash, which is dear: who has used their mails up would otherwise keep others from logging in.
    let is_due = services.write(|tx| async move { limits::count_mail(services, &tx, email, peer).await }).await?;
    registration.password_hash = match services.passwords.hash(password).await {
        Ok(hash) => hash,
        Err(failure) => {
            services.write(|tx| async move { limits::give_mail_back(services, &tx, email, peer).await }).await?;
            return Err(failure);
        }
    };
    if !is_due {
        return Ok(());
    }
    let registration = &registration;
    let expires_at = services.world.now() + services.config.sessions.registration_link;

    services
        .write(|tx| async move {
            let known = users::find_credentials_by_email_unscoped(&*tx, &registration.email).await?;
            let to = registration.email.as_str().to_owned();
            let registration = registrations::insert(&tx, &services.world, registration.clone(), expires_at).await?;
            let mail = match known {
                None => Mail::ConfirmRegistration { registration, to },
                Some(_) => Mail::AlreadyRegistered { to },
            };
            outbox::enqueue(&tx, &services.world, &[Task::Deliver(mail)]).await?;
            Ok(())
        })
        .await
}

/// Completes a registration by the token of its link: the login and its facility exist from here on. Works once.
pub async fn confirm_registration(services: &Services, actor: &Actor, token: &Confidential) -> Outcome<User> {
    authorise(actor, Action::UsePublicPages)?;
    let link_invalid = || Failure::from(Reason::LinkInvalid.at("input.token"));
    let id = links::read_registration_token(&services.key, token).ok_or_else(link_invalid)?;

    services
        .write(|tx| async move {
            let registration =
                registrations::complete(&tx, id, services.world.now()).await?.ok_or_else(link_invalid)?;
            let Registration { display_name, email, phone_number, password_hash, .. } = registration;
            let new = NewUser { display_name, email, phone_number, password_hash, role: Role::Applicant };
            let user = users::insert(&tx, &services.world, new).await?.ok_or_else(link_invalid)?;
            let (kind, code) = (registration.facility_kind, registration.facility_code);
            let facility =
                facilities::register(&tx, &services.world, user.id, kind, &code, &registration.facility_name)
                    .await?
                    .ok_or(Reason::FacilityAlreadyRegistered)?;
            let detail = serde_json::json!({ "facility": facility });
            let entry = Entry { action: "confirm-registration", subject: user.id.to_string(), detail, actor };
            audit::record(&tx, &services.world, entry).await?;
            Ok(user)
        })
        .await
}

/// Judges each field by itself; the hash is still to be made of the password given back.
fn judge(form: RegistrationForm) -> Result<(Registration, Confidential), Vec<Refusal>> {
    let mut refusals = Vec::new();
    let display_name = note(person::name(&form.display_name), "input.displayName", &mut refusals);
    let code = FacilityCode::parse(form.facility_kind, &form.facility_code);
    let facility_code = note(code, "input.facilityCode", &mut refusals);
    let named = form.facility_name.as_deref().filter(|name| !name.trim().is_empty()).map(person::name).transpose();
    let facility_name = note(named, "input.facilityName", &mut refusals);
    let phone_number = note(person::phone_number(&form.phone_number), "input.phoneNumber", &mut refusals);
    let email = note(EmailAddress::parse(&form.email), "input.email", &mut refusals);
    note(person::check_new_password(&form.password, email.as_ref()), "input.password", &mut refusals);
    let (Some(display_name), Some(facility_code), Some(facility_name), Some(phone_number), Some(email), true) =
        (display_name, facility_code, facility_name, phone_number, email, refusals.is_empty())
    else {
        return Err(refusals);
    };
    let facility_name = facility_name.unwrap_or_else(|| name_of_facility(form.facility_kind, &facility_code));
    let registration = Registration {
        display_name,
        email,
        phone_number,
        password_hash: Confidential::new(String::new()),
        facility_kind: form.facility_kind,
        facility_code,
        facility_name,
    };
    Ok((registration, form.password))
}

/// What was judged, or nothing and a note of why among the refusals.
pub(super) fn note<T>(judged: Result<T, Reason>, path: &str, refusals: &mut Vec<Refusal>) -> Option<T> {
    judged.map_err(|reason| refusals.push(reason.at(path))).ok()
}

/// What a facility is called while nobody has named it.
pub(super) fn name_of_facility(kind: FacilityKind, code: &FacilityCode) -> String {
    format!("{} {}", kind.label(Language::Ja), code.display())
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::domain::ids::RegistrationId;
    use crate::services::fixture::{self, Fixture, PASSWORD, reasons};

    const CODE: &str = "協1312345-0-0";

    async fn ask(portal: &Fixture, email: &str, code: &str) {
        register(&portal.services, &Actor::Anonymous, fixture::registration(email, code), None)
            .await
            .expect("an answer");
    }

    async fn confirm(portal: &Fixture, registration: RegistrationId) -> Outcome<User> {
        let token = links::registration_token(&portal.services.key, registration);
        confirm_registration(&portal.services, &Actor::Anonymous, &token).await
    }

    async fn registration_mailed(portal: &Fixture) -> RegistrationId {
        match portal.mails().await.pop() {
            Some(Mail::ConfirmRegistration { registration, .. }) => registration,
            other => panic!("no link was mailed: {other:?}"),
        }
    }

    /// The link makes an applicant with their facility, who can log in; it works once, and nothing exists before.
    #[tokio::test]
    async fn a_link_completes_a_registration_once() {
        let portal = Fixture::new().await;
        ask(&portal, "Taro@Example.jp", CODE).await;
        assert_eq!(reasons(portal.log_in("taro@example.jp", PASSWORD).await), [Reason::InvalidCredentials]);

        let registration = registration_mailed(&portal).await;
        let user = confirm(&portal, registration).await.expect("a user");
        assert_eq!((user.email.as_str(), user.role), ("taro@example.jp", Role::Applicant));
        let reader = portal.services.database.reader();
        let held = facilities::count_held_by_many(reader, &Actor::System, &[user.id]).await;
        assert_eq!(held, Ok([(user.id, 1)].into()));
        assert!(portal.log_in("taro@example.jp", PASSWORD).await.is_ok());
        assert_eq!(reasons(confirm(&portal, registration).await), [Reason::LinkInvalid]);
    }

    /// A link ends when the configuration says so, and a token of nobody's making is no link.
    #[tokio::test]
    async fn a_link_ends() {
        let portal = Fixture::new().await;
        ask(&portal, "taro@example.jp", CODE).await;
        let registration = registration_mailed(&portal).await;
        portal.pass(Duration::hours(24));
        assert_eq!(reasons(confirm(&portal, registration).await), [Reason::LinkInvalid]);
        let forged = fixture::secret(&"A".repeat(64));
        let outcome = confirm_registration(&portal.services, &Actor::Anonymous, &forged).await;
        assert_eq!(reasons(outcome), [Reason::LinkInvalid]);
    }

    /// A facility that somebody holds is refused by name, and nothing of the registration stays.
    #[tokio::test]
    async fn a_facility_has_one_registration() {
        let portal = Fixture::new().await;
        portal.applicant("first@example.jp", 12345).await;
        ask(&portal, "taro@example.jp", CODE).await;
        let registration = registration_mailed(&portal).await;
        assert_eq!(reasons(confirm(&portal, registration).await), [Reason::FacilityAlreadyRegistered]);
        assert_eq!(reasons(portal.log_in("taro@example.jp", PASSWORD).await), [Reason::InvalidCredentials]);
    }

    /// Who asks with a known address gets the same answer by the same statements; only the mail's reader learns more.
    #[tokio::test]
    async fn a_known_address_looks_like_any_other() {
        let portal = Fixture::new().await;
        portal.applicant("known@example.jp", 1).await;
        portal.statements();
        ask(&portal, "known@example.jp", CODE).await;
        let for_known = portal.statements();
        assert!(for_known.iter().any(|sql| sql.starts_with("INSERT INTO \"outbox_messages\"")), "{for_known:?}");
        ask(&portal, "fresh@example.jp", CODE).await;
        assert_eq!(portal.statements(), for_known);
        let mails = portal.mails().await;
        assert!(matches!(mails[0], Mail::AlreadyRegistered { .. }), "{mails:?}");
        assert!(matches!(mails[1], Mail::ConfirmRegistration { .. }), "{mails:?}");
    }

    /// The second of two links for one address finds the login there and is worth nothing.
    #[tokio::test]
    async fn an_address_gets_one_login() {
        let portal = Fixture::new().await;
        ask(&portal, "taro@example.jp", CODE).await;
        let first = registration_mailed(&portal).await;
        ask(&portal, "taro@example.jp", "協1354321-0-0").await;
        let second = registration_mailed(&portal).await;
        confirm(&portal, second).await.expect("a user");
        assert_eq!(reasons(confirm(&portal, first).await), [Reason::LinkInvalid]);
    }

    /// An address gets three mails an hour; the fourth request is answered like the others.
    #[tokio::test]
    async fn an_address_is_not_flooded() {
        let portal = Fixture::new().await;
        for _ in 0..5 {
            ask(&portal, "taro@example.jp", CODE).await;
        }
        assert_eq!(portal.mails().await.len(), 3);
        portal.pass(Duration::hours(1));
        ask(&portal, "taro@example.jp", CODE).await;
        assert_eq!(portal.mails().await.len(), 4);
    }

    /// A network that has had its mails is told so whatever the queue for hashes holds: none is made for it.
    #[tokio::test]
    async fn what_is_refused_costs_no_hash() {
        let portal = Fixture::new().await;
        let (services, peer) = (&portal.services, Some(IpAddr::from([192, 0, 2, 1])));
        for at in 0..60 {
            let to = EmailAddress::parse(&format!("{at}@example.jp")).expect("an address");
            let counted = services.write(|tx| {
                let to = to.clone();
                async move { limits::count_mail(services, &tx, &to, peer).await }
            });
            assert!(counted.await.is_ok());
        }
        let one = |at| {
            let form = fixture::registration(&format!("taro{at}@example.jp"), CODE);
            async move { reasons(register(services, &Actor::Anonymous, form, peer).await) }
        };
        for refused in futures_util::future::join_all((0..60).map(one)).await {
            assert!(matches!(refused.as_slice(), [Reason::TooManyAttempts { .. }]), "{refused:?}");
        }
    }

    /// Everything that is wrong is said at once, each at its field; nothing is written.
    #[tokio::test]
    async fn every_field_is_judged() {
        let portal = Fixture::new().await;
        let form = RegistrationForm {
            display_name: "a\r\nBcc: b".to_owned(),
            facility_code: "X".to_owned(),
            facility_name: Some("\u{202E}".to_owned()),
            phone_number: "110".to_owned(),
            password: fixture::secret("short"),
            ..fixture::registration("taro@example.jp", CODE)
        };
        let outcome = register(&portal.services, &Actor::Anonymous, form, None).await;
        let Err(Failure::Refused(refusals)) = outcome else { panic!("{outcome:?}") };
        let fields: Vec<_> = refusals.iter().map(|refusal| refusal.field.join(".")).collect();
        let expected =
            ["input.displayName", "input.facilityCode", "input.facilityName", "input.phoneNumber", "input.password"];
        assert_eq!(fields, expected);
        assert_eq!(portal.mails().await, []);
    }
}
