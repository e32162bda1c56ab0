//! Public pages: announcements, questions and answers, terms of use, articles. Their texts stand in the content folder.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::ids::AnnouncementId;
use super::language::Language;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// The text in the reader's language.
    pub fn text(&self, language: Language) -> &str {
        language.pick(&self.ja, &self.en)
    }
}

/// お知らせ.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// Its id.
    pub id: AnnouncementId,
    /// Its headline.
    pub title: Bilingual,
    /// Its text.
    pub body: Bilingual,
    /// From when it is shown.
    pub published_at: DateTime<Utc>,
    /// When it was last changed (更新).
    #[serde(default)]
    pub updated_at: Option<DateTime<Utc>>,
}

/// A category of よくある質問, numbered as on the portal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaqCategory {
    /// Its number, from 1.
    pub number: i32,
    /// Its title.
    pub title: Bilingual,
    /// Its entries, in order.
    pub entries: Vec<FaqEntry>,
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaqEntry {
    /// Its number within the category, from 1.
    pub number: i32,
    /// The question.
    pub question: Bilingual,
    /// The answer.
    pub answer: Bilingual,
}

/// 利用規約, one version of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermsOfUse {
    /// The version's name.
    pub version: String,
    /// From when it is in force.
    pub effective_from: DateTime<Utc>,
    /// Its title.
    pub title: Bilingual,
    /// Its text.
    pub body: Bilingual,
}

/// The article that a menu opens (R08).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// The slug of its menu.
    pub menu: String,
    /// Its title.
    pub title: Bilingual,
    /// Its text.
    pub body: Bilingual,
}

/// Everything that is public.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Content {
    /// Newest first.
    pub announcements: Vec<Announcement>,
    /// By number.
    pub faq: Vec<FaqCategory>,
    /// By the day from which each is in force; at least one.
    pub terms: Vec<TermsOfUse>,
    /// One a menu at most.
    pub articles: Vec<Article>,
}

impl Content {
    /// The terms in force at an instant: the last that has begun, or the first of all while none has.
    pub fn terms_in_force(&self, now: DateTime<Utc>) -> Option<&TermsOfUse> {
        self.terms.iter().rev().find(|terms| terms.effective_from <= now).or(self.terms.first())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    /// A version is in force from its instant until the next one's; before all of them the first already counts.
    #[test]
    fn terms_in_force_follow_the_time() {
        let day = |day| Utc.with_ymd_and_hms(2026, 11, day, 0, 0, 0).single().expect("a day");
        let text = Bilingual { ja: "規約".to_owned(), en: "Terms".to_owned() };
        let version = |version: &str, effective_from| TermsOfUse {
            version: version.to_owned(),
            effective_from,
            title: text.clone(),
            body: text.clone(),
        };
        let content = Content { terms: vec![version("1.0", day(10)), version("2.0", day(20))], ..Content::default() };
        let in_force = |now| content.terms_in_force(now).map(|terms| terms.version.as_str());
        assert_eq!(in_force(day(1)), Some("1.0"));
        assert_eq!(in_force(day(19)), Some("1.0"));
        assert_eq!(in_force(day(20)), Some("2.0"));
        assert_eq!(Content::default().terms_in_force(day(1)), None);
    }
}
