//! Relay's two promises, read off the schema: every noun is found again by its global id, and every connection is walked page by page
//! in both directions. A type or a field without a row here fails.

mod connections;
mod nodes;

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use serde_json::{Value, json};

use crate::support::Client;
use crate::support::gateway::Gateway;

/// Who holds most of the demonstration's facilities.
const OWNER: &str = "sample@example.jp";

fn schema() -> Schema {
    Schema::parse(madoguchi::resolvers::sdl(), "schema.graphql").unwrap()
}

/// Every object type that says that it is a `Node`.
fn node_types() -> Vec<String> {
    let objects = schema().types.into_iter().filter_map(|(name, one)| match one {
        ExtendedType::Object(object) => object.implements_interfaces.contains("Node").then(|| name.to_string()),
        _ => None,
    });
    objects.collect()
}

/// Every field that is a connection, as `Type.field`.
fn connection_fields() -> Vec<String> {
    let mut found = Vec::new();
    for (name, one) in &schema().types {
        let ExtendedType::Object(object) = one else { continue };
        let fields = object.fields.values().filter(|field| field.ty.inner_named_type().ends_with("Connection"));
        found.extend(fields.map(|field| format!("{name}.{}", field.name)));
    }
    found
}

/// What the schema has and no row, and the other way round.
fn assert_equal(mut schema: Vec<String>, rows: impl Iterator<Item = &'static str>) {
    let mut rows: Vec<String> = rows.map(str::to_owned).collect();
    schema.sort();
    rows.sort();
    rows.dedup();
    assert_eq!(schema, rows, "what the schema has, and what has a row");
}

/// Runs a document that must be answered without an error.
async fn ask(client: &Client, document: &str) -> Value {
    let answer = client.send(document, json!({})).await;
    assert!(answer.get("errors").is_none(), "{document}: {answer}");
    answer["data"].clone()
}

/// The ids of the owner's facilities by their names.
async fn facility(owner: &Client, name: &str) -> String {
    let data = ask(owner, "{ viewer { facilities(first: 100) { nodes { id name } } } }").await;
    let nodes = data["viewer"]["facilities"]["nodes"].as_array().unwrap();
    let facility = nodes.iter().find(|node| node["name"] == name);
    facility.unwrap_or_else(|| panic!("no {name}: {data}"))["id"].as_str().unwrap().to_owned()
}

/// The facility that has accounts, and the one whose application was taken back.
async fn facilities(gateway: &Gateway) -> (String, String) {
    let owner = gateway.log_in(OWNER).await;
    (facility(&owner, "見本整骨院（手続き完了）").await, facility(&owner, "見本整骨院（取下げ）").await)
}
