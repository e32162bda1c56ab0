//! The three pages, and the requests for them: many of each, so that nobody answers from one warm row.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use madoguchi_ids::{ApplicationId, FacilityId};
use serde_json::{Value, json};

use super::Error;
use super::data::Data;

/// A page.
pub struct Page {
    /// Its short name, which is also its operation's.
    pub name: &'static str,
    /// What it shows.
    pub title: &'static str,
    document: &'static str,
    /// What is asked for, with whose token.
    pub asked: Vec<(String, Value)>,
}

impl Page {
    /// All of them.
    pub fn all(data: &Data) -> Vec<Self> {
        let facilities =
            data.facilities.iter().map(|(id, token)| (token.clone(), json!({ "id": FacilityId::from_uuid(*id) })));
        let applications =
            data.applications.iter().map(|(id, token)| (token.clone(), json!({ "id": ApplicationId::from_uuid(*id) })));
        vec![
            Self {
                name: "Q1",
                title: "a facility with 20 applications, their attachments and accounts",
                document: include_str!("pages/Q1.graphql"),
                asked: facilities.collect(),
            },
            Self {
                name: "Q2",
                title: "one application and its facility",
                document: include_str!("pages/Q2.graphql"),
                asked: applications.collect(),
            },
            Self {
                name: "Q3",
                title: "a reviewer's first 50 cases with facility and attachments",
                document: include_str!("pages/Q3.graphql"),
                asked: filters()
                    .map(|filter| (data.reviewer.clone(), json!({ "first": 50, "filter": filter })))
                    .collect(),
            },
        ]
    }

    /// The body that asks for it.
    pub fn body(&self, variables: &Value) -> Value {
        json!({ "query": self.document, "variables": variables })
    }

    /// All requests in a file, a token, a tab and a body on each line.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, Error> {
        let path = folder.join(format!("{}.requests", self.name));
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
        for (token, variables) in &self.asked {
            writeln!(file, "{token}\t{}", self.body(variables))?;
        }
        file.flush()?;
        Ok(path)
    }
}

/// What reviewers look for: each choice has more than 50 cases.
fn filters() -> impl Iterator<Item = Value> {
    const KINDS: [&str; 3] = ["TREATMENT_CLINIC", "HEALTH_CHECKUP_PROVIDER", "MIDWIFERY_HOME"];
    let kinds = [KINDS.to_vec()].into_iter().chain(KINDS.map(|kind| vec![kind]));
    kinds.flat_map(|kinds| {
        [&["SUBMITTED", "IN_REVIEW"][..], &["SUBMITTED"], &["IN_REVIEW"]]
            .map(|statuses| json!({ "statuses": statuses, "facilityKinds": kinds }))
    })
}
