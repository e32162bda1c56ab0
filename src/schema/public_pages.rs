//! Public pages: announcements, questions and answers, terms of use, contact.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};

use crate::domain::content;
use crate::domain::ids::AnnouncementId;
use crate::domain::language::Language;

/// お知らせ: an announcement of the operating bodies.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Announcement {
    /// Its id; the resolver writes it as a global id.
    #[graphql(skip)]
    pub id: AnnouncementId,
    /// Its headline.
    pub title: String,
    /// Its text.
    pub body: String,
    /// From when it is shown.
    pub published_at: DateTime<Utc>,
    /// When it was last changed (更新).
    pub updated_at: Option<DateTime<Utc>>,
}

impl Announcement {
    /// An announcement in the reader's language.
    pub fn new(announcement: &content::Announcement, language: Language) -> Self {
        Self {
            id: announcement.id,
            title: announcement.title.text(language).to_owned(),
            body: announcement.body.text(language).to_owned(),
            published_at: announcement.published_at,
            updated_at: announcement.updated_at,
        }
    }
}

/// A category of よくある質問.
#[derive(Debug, Clone, SimpleObject)]
pub struct FaqCategory {
    /// Its number, from 1.
    pub number: i32,
    /// Its title.
    pub title: String,
    /// Its questions and answers, by number.
    pub entries: Vec<FaqEntry>,
}

/// A question and its answer.
#[derive(Debug, Clone, SimpleObject)]
pub struct FaqEntry {
    /// Its number within the category, from 1.
    pub number: i32,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
}

impl FaqCategory {
    /// A category in the reader's language.
    pub fn new(category: &content::FaqCategory, language: Language) -> Self {
        let entry = |entry: &content::FaqEntry| FaqEntry {
            number: entry.number,
            question: entry.question.text(language).to_owned(),
            answer: entry.answer.text(language).to_owned(),
        };
        Self {
            number: category.number,
            title: category.title.text(language).to_owned(),
            entries: category.entries.iter().map(entry).collect(),
        }
    }
}

/// 利用規約: a version of the terms of use.
#[derive(Debug, Clone, SimpleObject)]
pub struct TermsOfUse {
    /// The version's name: what `acceptTermsVersion` takes.
    pub version: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// From when it is in force.
    pub effective_from: DateTime<Utc>,
}

impl TermsOfUse {
    /// The terms in the reader's language.
    pub fn new(terms: &content::TermsOfUse, language: Language) -> Self {
        Self {
            version: terms.version.clone(),
            title: terms.title.text(language).to_owned(),
            body: terms.body.text(language).to_owned(),
            effective_from: terms.effective_from,
        }
    }
}

/// The article that a menu opens.
#[derive(Debug, Clone, SimpleObject)]
pub struct Article {
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
}

impl Article {
    /// An article in the reader's language.
    pub fn new(article: &content::Article, language: Language) -> Self {
        Self { title: article.title.text(language).to_owned(), body: article.body.text(language).to_owned() }
    }
}

/// お問い合わせ先: where to ask.
#[derive(Debug, Clone, SimpleObject)]
pub struct Contact {
    /// The call centre's name.
    pub name: String,
    /// Its telephone number, free of charge.
    pub phone_number: String,
    /// Its hours, in words.
    pub hours: String,
    /// Whether it answers now (Japan time, holidays counted).
    pub open_now: bool,
    /// The bodies that run the portal.
    pub operating_bodies: Vec<String>,
}
