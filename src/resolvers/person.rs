//! Fields of people, who the viewer is, and how people and their facilities come to be registered.

use async_graphql::{Context, ID, Object, Result};

use super::connections::{Arguments, Connection, TotalOf, connection};
use super::context::Ask;
use super::errors::{answer, error, refusals};
use crate::domain;
use crate::domain::page::Page;
use crate::loaders::FacilityPageOf;
use crate::schema::facility::Facility;
use crate::schema::person::{
    AddFacilityInput, AddFacilityPayload, ConfirmRegistrationInput, ConfirmRegistrationPayload, RegisterUserInput,
    RegisterUserPayload, Role, User,
};
use crate::services::registration::{self, RegistrationForm};
use crate::services::users::{self, FacilityForm};

/// Queries of people.
#[derive(Default)]
pub struct PersonQuery;

#[Object]
impl PersonQuery {
    /// Whoever is logged in; null for a visitor.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        Ok(answer(ctx, users::viewer(ctx.services()?, ctx.actor()?).await)?.map(User))
    }
}

/// Mutations of people.
#[derive(Default)]
pub struct PersonMutation;

#[Object]
impl PersonMutation {
    /// ユーザー登録: asks for a login. A mail follows, whose link completes it.
    async fn register_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who you are, and for which facility.")] input: RegisterUserInput,
    ) -> Result<RegisterUserPayload> {
        let RegisterUserInput {
            display_name,
            facility_kind,
            facility_code,
            facility_name,
            phone_number,
            email,
            password,
        } = input;
        let form = RegistrationForm {
            display_name,
            facility_kind: facility_kind.into(),
            facility_code,
            facility_name,
            phone_number,
            email,
            password: password.0,
        };
        let request = ctx.request()?;
        let outcome = registration::register(&request.services, request.actor(), form, request.client).await;
        let next_step = request.language.pick(
            "確認のメールを送信しました。届いたメールのリンクから登録を完了してください。",
            "We have sent you a mail. Follow its link to complete your registration.",
        );
        Ok(match refusals(ctx, outcome)? {
            Ok(()) => RegisterUserPayload { next_step: Some(next_step.to_owned()), user_errors: Vec::new() },
            Err(user_errors) => RegisterUserPayload { next_step: None, user_errors },
        })
    }

    /// Completes a registration by the token out of the mail: from here on the user can log in. Works once.
    async fn confirm_registration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: ConfirmRegistrationInput,
    ) -> Result<ConfirmRegistrationPayload> {
        let outcome = registration::confirm_registration(ctx.services()?, ctx.actor()?, &input.token.0).await;
        Ok(match refusals(ctx, outcome)? {
            Ok(user) => ConfirmRegistrationPayload { user: Some(User(user)), user_errors: Vec::new() },
            Err(user_errors) => ConfirmRegistrationPayload { user: None, user_errors },
        })
    }

    /// Registers a further facility under the same login (併設).
    async fn add_facility(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which facility.")] input: AddFacilityInput,
    ) -> Result<AddFacilityPayload> {
        let AddFacilityInput { kind, code, name } = input;
        let form = FacilityForm { kind: kind.into(), code, name };
        let added = users::add_facility(ctx.services()?, ctx.actor()?, form).await;
        Ok(match refusals(ctx, added)? {
            Ok(id) => {
                let facility = ctx.loaders()?.load_one(id).await.map_err(|failure| error(ctx, &failure))?;
                AddFacilityPayload { facility: facility.map(Facility), user_errors: Vec::new() }
            }
            Err(user_errors) => AddFacilityPayload { facility: None, user_errors },
        })
    }
}

/// A person who can log in.
#[Object]
impl User {
    /// Global id.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The person's name, as they wrote it.
    pub async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// The mail address by which they log in.
    pub async fn email(&self) -> &str {
        self.0.email.as_str()
    }

    /// What they are to the counter.
    pub async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// The facilities that they hold; one login may hold several (併設).
    pub async fn facilities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when neither `first` nor `last` is given.")]
        first: Option<i32>,
        #[graphql(desc = "Only entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only entries before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Facility>> {
        let request = answer(ctx, Arguments { first, after, last, before }.read("facilities"))?;
        let page = ctx.loaders()?.load_one(FacilityPageOf(self.0.id, request)).await;
        let page = page.map_err(|failure| error(ctx, &failure))?.unwrap_or(Page::EMPTY);
        let key = |facility: &domain::facility::Facility| facility.id;
        Ok(connection("facilities", page, key, Facility, TotalOf::Facilities(self.0.id)))
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Request, Variables};
    use serde_json::{Value, json};

    use super::super::{RequestContext, schema_builder};
    use crate::domain::actor::Actor;
    use crate::domain::language::Language;
    use crate::domain::mail::Mail;
    use crate::services::fixture::{Fixture, PASSWORD};
    use crate::services::links;

    async fn run(portal: &Fixture, text: &str, input: Value) -> Value {
        let services = portal.services.clone();
        let context = RequestContext::new(services, Actor::Anonymous, Language::Ja, "request-1".to_owned(), |task| {
            drop(tokio::spawn(task))
        });
        let variables = Variables::from_json(json!({ "input": input }));
        let response = schema_builder().finish().execute(Request::new(text).variables(variables).data(context)).await;
        assert_eq!(response.errors, []);
        response.data.into_json().expect("data")
    }

    /// From the form to the user by way of the mail's token; what is wrong with the form comes with its fields.
    #[tokio::test]
    async fn a_visitor_registers() {
        let portal = Fixture::new().await;
        let register = "mutation($input: RegisterUserInput!) {
            registerUser(input: $input) { nextStep userErrors { code field message } } }";
        let mut input = json!({
            "displayName": "髙橋 太郎", "facilityKind": "TREATMENT_CLINIC", "facilityCode": "協１３１２３４５－０－０",
            "phoneNumber": "０３－１２３４－５６７８", "email": "taro@example.jp", "password": "short",
        });
        let data = run(&portal, register, input.clone()).await;
        assert_eq!(data["registerUser"]["userErrors"][0]["code"], "PASSWORD_REFUSED");
        assert_eq!(data["registerUser"]["userErrors"][0]["field"], json!(["input", "password"]));

        input["password"] = json!(PASSWORD);
        let data = run(&portal, register, input).await;
        assert_eq!(data["registerUser"]["userErrors"], json!([]));
        let Some(Mail::ConfirmRegistration { registration, .. }) = portal.mails().await.pop() else {
            panic!("no link was mailed")
        };
        let token = links::registration_token(&portal.services.key, registration);
        let confirm = "mutation($input: ConfirmRegistrationInput!) {
            confirmRegistration(input: $input) { user { id displayName email role } userErrors { code } } }";
        let data = run(&portal, confirm, json!({ "token": token.expose() })).await;
        assert_eq!(data["confirmRegistration"]["user"]["displayName"], "髙橋 太郎");
        let data = run(&portal, confirm, json!({ "token": token.expose() })).await;
        assert_eq!(data["confirmRegistration"]["userErrors"][0]["code"], "LINK_INVALID");
    }
}
