//! A client of the HTTP endpoint.

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use super::operations;

/// A client, logged in or not.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub address: String,
    pub token: Option<String>,
    pub language: &'static str,
}

impl Client {
    pub fn new(address: &str) -> Self {
        Self { http: reqwest::Client::new(), address: address.to_owned(), token: None, language: "ja" }
    }

    /// The same client, reading English.
    pub fn in_english(mut self) -> Self {
        self.language = "en";
        self
    }

    /// The same client, logged in.
    pub async fn log_in(mut self, email: &str, password: &str) -> Self {
        let input = json!({ "email": email, "password": password });
        let answer = self.run("LogIn", json!({ "input": input })).await;
        let token = answer["data"]["logIn"]["token"].as_str();
        self.token = Some(token.unwrap_or_else(|| panic!("no login: {answer}")).to_owned());
        self
    }

    /// Fetches what an address leads to, by the connection that was kept where there is one.
    pub async fn fetch(&self, address: &str) -> Response {
        self.http.get(address).send().await.unwrap()
    }

    /// Runs an operation of `graphql/operations/`.
    pub async fn run(&self, operation: &str, variables: Value) -> Value {
        self.send(&operations::named(operation), variables).await
    }

    /// Runs an operation and gives its only root field; fails on any top-level error.
    pub async fn field(&self, operation: &str, variables: Value) -> Value {
        let answer = self.run(operation, variables).await;
        assert!(answer.get("errors").is_none(), "{operation}: {answer}");
        let data = answer["data"].as_object().unwrap_or_else(|| panic!("{operation}: {answer}"));
        data.values().next().unwrap().clone()
    }

    /// Runs a mutation and gives its payload; fails when anything was refused.
    pub async fn done(&self, operation: &str, input: Value) -> Value {
        let payload = self.field(operation, json!({ "input": input })).await;
        assert_eq!(payload["userErrors"], json!([]), "{operation}: {payload}");
        payload
    }

    /// Runs a mutation and gives the codes of what was refused, with their fields.
    pub async fn refused(&self, operation: &str, input: Value) -> Vec<(String, String)> {
        let payload = self.field(operation, json!({ "input": input })).await;
        let errors = payload["userErrors"].as_array().unwrap().clone();
        errors
            .iter()
            .map(|error| {
                let path = error["field"].as_array().into_iter().flatten().filter_map(Value::as_str);
                (error["code"].as_str().unwrap().to_owned(), path.collect::<Vec<_>>().join("."))
            })
            .collect()
    }

    /// Runs any document.
    pub async fn send(&self, document: &str, variables: Value) -> Value {
        let response = self.post(document, variables).await;
        response.json().await.expect("a JSON answer")
    }

    /// Runs an operation and gives its answer, when there is one: a gateway may go away meanwhile.
    pub async fn try_run(&self, operation: &str, variables: Value) -> Option<Value> {
        self.request(&operations::named(operation), variables).send().await.ok()?.json().await.ok()
    }

    /// Posts any document and gives the raw response.
    pub async fn post(&self, document: &str, variables: Value) -> Response {
        self.request(document, variables).send().await.expect("an answer")
    }

    fn request(&self, document: &str, variables: Value) -> RequestBuilder {
        let mut request = self
            .http
            .post(format!("{}/graphql", self.address))
            .header("accept", "application/graphql-response+json")
            .header("accept-language", self.language)
            .json(&json!({ "query": document, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request
    }
}
