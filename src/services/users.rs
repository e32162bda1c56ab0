//! Users as the counter knows them: oneself, one's colleagues, and the logins that the command line makes.

use std::collections::HashMap;

use super::Services;
use super::failure::Outcome;
use super::registration::{name_of_facility, note};
use crate::domain::actor::{Actor, Role};
use crate::domain::facility::{FacilityCode, FacilityKind};
use crate::domain::ids::{FacilityId, UserId};
use crate::domain::person::{self, EmailAddress, User};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::secret::Confidential;
use crate::policy::{Action, authorise};
use crate::store::audit::{self, Entry};
use crate::store::users::NewUser;
use crate::store::{Transaction, facilities, users};

/// A login that an operator makes.
#[derive(Debug, Clone)]
pub struct UserForm {
    /// The person's name.
    pub display_name: String,
    /// Their address.
    pub email: String,
    /// Their telephone number.
    pub phone_number: String,
    /// Their first password.
    pub password: Confidential,
    /// What they are to the counter.
    pub role: Role,
    /// The facilities that they hold.
    pub facilities: Vec<FacilityForm>,
}

/// A facility, as its user gives it.
#[derive(Debug, Clone)]
pub struct FacilityForm {
    /// Its kind.
    pub kind: FacilityKind,
    /// Its code, as typed.
    pub code: String,
    /// Its name; without one it is called by kind and code.
    pub name: Option<String>,
}

/// Whoever is logged in; nobody for a visitor.
pub async fn viewer(services: &Services, actor: &Actor) -> Outcome<Option<User>> {
    authorise(actor, Action::UsePublicPages)?;
    let Some(user) = actor.user() else { return Ok(None) };
    Ok(users::find(services.database.reader(), actor, user).await?)
}

/// Those of these users whom the actor may see; the rest does not exist.
pub async fn users_for_many(services: &Services, actor: &Actor, ids: &[UserId]) -> Outcome<HashMap<UserId, User>> {
    authorise(actor, Action::SeeOwnLogin)?;
    Ok(users::find_many(services.database.reader(), actor, ids).await?)
}

/// Registers a further facility for whoever is logged in (E38).
pub async fn add_facility(services: &Services, actor: &Actor, form: FacilityForm) -> Outcome<FacilityId> {
    authorise(actor, Action::AddFacility)?;
    let user = actor.user().ok_or(Reason::Unauthenticated)?;
    let form = &form;
    services.write(|tx| async move { hold(services, &tx, actor, user, form).await }).await
}

/// Makes a login without a mail, by the command line; `None` when the address has one already.
pub async fn create_user(services: &Services, actor: &Actor, form: UserForm) -> Outcome<Option<User>> {
    authorise(actor, Action::CreateUser)?;
    let email = EmailAddress::parse(&form.email).map_err(|reason| reason.at("email"))?;
    let display_name = person::name(&form.display_name).map_err(|reason| reason.at("name"))?;
    let phone_number = person::phone_number(&form.phone_number).map_err(|reason| reason.at("phone"))?;
    person::check_new_password(&form.password, Some(&email)).map_err(|reason| reason.at("password"))?;
    let password_hash = services.passwords.hash(form.password).await?;
    let facilities = &form.facilities;
    let new = &NewUser { display_name, email, phone_number, password_hash, role: form.role };

    services
        .write(|tx| async move {
            let Some(user) = users::insert(&tx, &services.world, new.clone()).await? else { return Ok(None) };
            let entry =
                Entry { action: "create-user", subject: user.id.to_string(), detail: serde_json::json!({}), actor };
            audit::record(&tx, &services.world, entry).await?;
            for facility in facilities {
                hold(services, &tx, actor, user.id, facility).await?;
            }
            Ok(Some(user))
        })
        .await
}

async fn hold(
    services: &Services,
    tx: &Transaction,
    actor: &Actor,
    user: UserId,
    form: &FacilityForm,
) -> Outcome<FacilityId> {
    let (code, name) = judge(form)?;
    let facility = facilities::register(tx, &services.world, user, form.kind, &code, &name)
        .await?
        .ok_or_else(|| Reason::FacilityAlreadyRegistered.at("input.code"))?;
    let entry = Entry {
        action: "add-facility",
        subject: facility.to_string(),
        detail: serde_json::json!({ "user": user }),
        actor,
    };
    audit::record(tx, &services.world, entry).await?;
    Ok(facility)
}

/// A facility's code and name, each judged by itself.
fn judge(form: &FacilityForm) -> Result<(FacilityCode, String), Vec<Refusal>> {
    let mut refusals = Vec::new();
    let code = note(FacilityCode::parse(form.kind, &form.code), "input.code", &mut refusals);
    let named = form.name.as_deref().filter(|name| !name.trim().is_empty()).map(person::name).transpose();
    let name = note(named, "input.name", &mut refusals);
    let (Some(code), Some(name)) = (code, name) else { return Err(refusals) };
    let name = name.unwrap_or_else(|| name_of_facility(form.kind, &code));
    Ok((code, name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::fixture::{Fixture, PASSWORD, reasons};
    use crate::services::login;

    fn clinic(code: &str) -> FacilityForm {
        FacilityForm { kind: FacilityKind::TreatmentClinic, code: code.to_owned(), name: None }
    }

    /// A second facility joins the first under one login; one that somebody holds is refused, also when it is oneself.
    #[tokio::test]
    async fn one_login_holds_several_facilities() {
        let portal = Fixture::new().await;
        let user = portal.applicant("clinic@example.jp", 1).await;
        let token = portal.log_in("clinic@example.jp", PASSWORD).await.expect("a login").token;
        let actor = login::actor_of(&portal.services, &token).await.expect("an answer").expect("an actor");
        add_facility(&portal.services, &actor, clinic("契2712345-0-0")).await.expect("a facility");
        let again = add_facility(&portal.services, &actor, clinic("契271234500")).await;
        assert_eq!(reasons(again), [Reason::FacilityAlreadyRegistered]);
        let held = facilities::count_held_by_many(portal.services.database.reader(), &actor, &[user.id]).await;
        assert_eq!(held, Ok([(user.id, 2)].into()));
    }

    /// Everybody sees themselves; a stranger does not exist; visitors are nobody.
    #[tokio::test]
    async fn people_see_their_own() {
        let portal = Fixture::new().await;
        let (own, other) = (portal.applicant("a@example.jp", 1).await, portal.applicant("b@example.jp", 2).await);
        let token = portal.log_in("a@example.jp", PASSWORD).await.expect("a login").token;
        let actor = login::actor_of(&portal.services, &token).await.expect("an answer").expect("an actor");
        assert_eq!(viewer(&portal.services, &actor).await.expect("an answer"), Some(own.clone()));
        assert_eq!(viewer(&portal.services, &Actor::Anonymous).await.expect("an answer"), None);
        let seen = users_for_many(&portal.services, &actor, &[own.id, other.id]).await.expect("users");
        assert_eq!(seen.into_keys().collect::<Vec<_>>(), [own.id]);
    }
}
