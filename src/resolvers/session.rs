//! Logging in and out, and new passwords.

use async_graphql::{Context, Object, Result};

use super::context::Ask;
use super::errors::refusals;
use crate::config::SESSION_COOKIE;
use crate::domain::refusal::Reason;
use crate::domain::secret::Confidential;
use crate::schema::person::User;
use crate::schema::session::{
    LogInInput, LogInPayload, LogOutPayload, RequestPasswordResetInput, RequestPasswordResetPayload,
    ResetPasswordInput, ResetPasswordPayload, SessionDelivery,
};
use crate::services::login::{self, Login};
use crate::services::password_reset;

/// Mutations of sessions and passwords.
#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// ログイン: begins a session. One refusal whatever was wrong; ten failures within a quarter of an hour close an
    /// account until it is over.
    async fn log_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who you are, and how the session comes to you.")] input: LogInInput,
    ) -> Result<LogInPayload> {
        let LogInInput { email, password, delivery } = input;
        let request = ctx.request()?;
        let outcome = if delivery == SessionDelivery::Cookie && !request.takes_cookies {
            Err(Reason::CookieNeedsHttp.at("input.delivery").into())
        } else {
            login::log_in(&request.services, request.actor(), &email, password.0, request.client).await
        };
        let Login { token, expires_at, user, actor } = match refusals(ctx, outcome)? {
            Ok(login) => login,
            Err(user_errors) => return Ok(LogInPayload { token: None, expires_at: None, user: None, user_errors }),
        };
        request.log_in(actor);
        let token = match delivery {
            SessionDelivery::Bearer => Some(token.expose().to_owned()),
            SessionDelivery::Cookie => {
                set_cookie(ctx, Some(&token))?;
                None
            }
        };
        Ok(LogInPayload { token, expires_at: Some(expires_at), user: Some(User(user)), user_errors: Vec::new() })
    }

    /// ログアウト: ends the session of this request and takes its cookie away. Others of the same user go on.
    async fn log_out(&self, ctx: &Context<'_>) -> Result<LogOutPayload> {
        let outcome = login::log_out(ctx.services()?, ctx.actor()?).await;
        set_cookie(ctx, None)?;
        Ok(LogOutPayload { user_errors: refusals(ctx, outcome)?.err().unwrap_or_default() })
    }

    /// パスワードの再設定: sends a mail with a link that works once, for half an hour.
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose password.")] input: RequestPasswordResetInput,
    ) -> Result<RequestPasswordResetPayload> {
        let RequestPasswordResetInput { email } = input;
        let request = ctx.request()?;
        let outcome =
            password_reset::request_password_reset(&request.services, request.actor(), &email, request.client).await;
        let next_step = request.language.pick(
            "メールを送信しました。届いたメールのリンクから、30分以内に新しいパスワードを設定してください。",
            "We have sent you a mail. Follow its link within 30 minutes to set a new password.",
        );
        Ok(match refusals(ctx, outcome)? {
            Ok(()) => RequestPasswordResetPayload { next_step: Some(next_step.to_owned()), user_errors: Vec::new() },
            Err(user_errors) => RequestPasswordResetPayload { next_step: None, user_errors },
        })
    }

    /// Sets a new password by the token out of the mail, and ends every session of the user.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token and the new password.")] input: ResetPasswordInput,
    ) -> Result<ResetPasswordPayload> {
        let ResetPasswordInput { token, new_password } = input;
        let outcome = password_reset::reset_password(ctx.services()?, ctx.actor()?, &token.0, new_password.0).await;
        let next_step = ctx.language()?.pick(
            "パスワードを設定しました。新しいパスワードでログインしてください。",
            "Your password is set. Log in with it.",
        );
        Ok(match refusals(ctx, outcome)? {
            Ok(()) => ResetPasswordPayload { next_step: Some(next_step.to_owned()), user_errors: Vec::new() },
            Err(user_errors) => ResetPasswordPayload { next_step: None, user_errors },
        })
    }
}

/// Hands a browser its session, or tells it to forget one. No script of a page reads it, and no foreign page's form sends it.
fn set_cookie(ctx: &Context<'_>, token: Option<&Confidential>) -> Result<()> {
    let config = &ctx.services()?.config;
    let (token, seconds) = token.map_or(("", 0), |token| (token.expose(), config.sessions.lifetime.num_seconds()));
    let secure = if config.is_public_url_https() { "; Secure" } else { "" };
    let cookie = format!("{SESSION_COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age={seconds}{secure}");
    ctx.append_http_header("set-cookie", cookie);
    Ok(())
}

#[cfg(test)]
mod tests {
    use async_graphql::{Request, Response, Variables};
    use serde_json::json;

    use super::super::{RequestContext, schema_builder};
    use super::*;
    use crate::domain::actor::Actor;
    use crate::domain::language::Language;
    use crate::services::fixture::{Fixture, PASSWORD};

    async fn run(portal: &Fixture, actor: Actor, text: &str, variables: serde_json::Value) -> Response {
        let context =
            RequestContext::new(portal.services.clone(), actor, Language::En, "request-1".to_owned(), |task| {
                drop(tokio::spawn(task))
            });
        let request = Request::new(text).variables(Variables::from_json(variables)).data(context);
        let schema = schema_builder().finish();
        schema.execute(request).await
    }

    const LOG_IN: &str = "mutation($input: LogInInput!) {
        logIn(input: $input) { token expiresAt user { email role } userErrors { code field } } }";

    /// An app gets a token, and that token is the viewer's; a wrong password is data and no token.
    #[tokio::test]
    async fn a_bearer_gets_a_token() {
        let portal = Fixture::new().await;
        portal.applicant("clinic@example.jp", 1).await;
        let variables = |password| json!({ "input": { "email": "clinic@example.jp", "password": password } });
        let response = run(&portal, Actor::Anonymous, LOG_IN, variables(PASSWORD)).await;
        assert_eq!(response.errors, []);
        assert!(response.http_headers.is_empty());
        let data = response.data.into_json().expect("data");
        assert_eq!(data["logIn"]["user"], json!({ "email": "clinic@example.jp", "role": "APPLICANT" }));
        let token = Confidential::new(data["logIn"]["token"].as_str().expect("a token").to_owned());
        let actor = login::actor_of(&portal.services, &token).await.expect("an answer").expect("an actor");
        let viewer = "{ viewer { email facilities(first: 1) { totalCount } } }";
        let data = run(&portal, actor, viewer, json!({})).await.data.into_json().expect("data");
        assert_eq!(data, json!({ "viewer": { "email": "clinic@example.jp", "facilities": { "totalCount": 1 } } }));

        let data = run(&portal, Actor::Anonymous, LOG_IN, variables("wrong")).await.data.into_json().expect("data");
        assert_eq!(data["logIn"]["token"], json!(null));
        assert_eq!(data["logIn"]["userErrors"][0]["code"], "INVALID_CREDENTIALS");
    }

    /// Where no cookie can be set, a login that asks for one begins no session and says what to do.
    #[tokio::test]
    async fn a_cookie_needs_an_answer_with_headers() {
        let portal = Fixture::new().await;
        portal.applicant("clinic@example.jp", 1).await;
        let mut context = RequestContext::new(
            portal.services.clone(),
            Actor::Anonymous,
            Language::En,
            "request-1".to_owned(),
            |task| drop(tokio::spawn(task)),
        );
        context.takes_cookies = false;
        let input = json!({ "email": "clinic@example.jp", "password": PASSWORD, "delivery": "COOKIE" });
        let variables = Variables::from_json(json!({ "input": input }));
        let response = schema_builder().finish().execute(Request::new(LOG_IN).variables(variables).data(context)).await;
        assert!(response.http_headers.is_empty());
        let data = response.data.into_json().expect("data");
        assert_eq!(
            data["logIn"]["userErrors"],
            json!([{ "code": "COOKIE_NEEDS_HTTP", "field": ["input", "delivery"] }])
        );
        assert_eq!(data["logIn"]["user"], json!(null));
    }

    /// A browser gets a cookie that no script reads and no token in the answer; logging out takes the cookie away.
    #[tokio::test]
    async fn a_browser_gets_a_cookie() {
        let portal = Fixture::new().await;
        portal.applicant("clinic@example.jp", 1).await;
        let input = json!({ "email": "clinic@example.jp", "password": PASSWORD, "delivery": "COOKIE" });
        let response = run(&portal, Actor::Anonymous, LOG_IN, json!({ "input": input })).await;
        let cookie = response.http_headers["set-cookie"].to_str().expect("a cookie").to_owned();
        assert!(
            cookie.starts_with("madoguchi_session=") && cookie.contains("; HttpOnly; SameSite=Lax; Path=/;"),
            "{cookie}"
        );
        assert_eq!(response.data.into_json().expect("data")["logIn"]["token"], json!(null));

        let token = cookie.split(['=', ';']).nth(1).expect("a token").to_owned();
        let token = Confidential::new(token);
        let actor = login::actor_of(&portal.services, &token).await.expect("an answer").expect("an actor");
        let response = run(&portal, actor, "mutation { logOut { userErrors { code } } }", json!({})).await;
        assert!(response.http_headers["set-cookie"].to_str().expect("a cookie").contains("Max-Age=0"));
        assert_eq!(login::actor_of(&portal.services, &token).await.expect("an answer"), None);
    }
}
