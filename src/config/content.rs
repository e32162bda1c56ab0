//! The texts of the public pages: those of `content/`, built into the program, or those of a folder of the operator's.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::domain::content::{Announcement, Article, Content, FaqCategory, TermsOfUse};
use crate::domain::menu::MenuCode;

const FILES: [(&str, &str); 4] = [
    ("announcements.toml", include_str!("../../content/announcements.toml")),
    ("faq.toml", include_str!("../../content/faq.toml")),
    ("terms.toml", include_str!("../../content/terms.toml")),
    ("articles.toml", include_str!("../../content/articles.toml")),
];

/// What is wrong with the content, by file and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentError(String);

impl fmt::Display for ContentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "content: {}", self.0)
    }
}

impl std::error::Error for ContentError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Announcements {
    announcements: Vec<Announcement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Faq {
    categories: Vec<FaqCategory>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    terms: Vec<TermsOfUse>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Articles {
    articles: Vec<Article>,
}

/// Loads the content of a folder, or the program's own.
pub fn load(folder: Option<&Path>) -> Result<Content, ContentError> {
    let [announcements, faq, terms, articles] = FILES.map(|(name, built_in)| read(folder, name, built_in));
    let mut content = Content {
        announcements: parse::<Announcements>(announcements?)?.announcements,
        faq: parse::<Faq>(faq?)?.categories,
        terms: parse::<Terms>(terms?)?.terms,
        articles: parse::<Articles>(articles?)?.articles,
    };
    check(&content)?;
    content.announcements.sort_by_key(|announcement| std::cmp::Reverse((announcement.published_at, announcement.id)));
    content.faq.sort_by_key(|category| category.number);
    content.terms.sort_by_key(|terms| terms.effective_from);
    Ok(content)
}

fn read(
    folder: Option<&Path>,
    name: &'static str,
    built_in: &'static str,
) -> Result<(&'static str, String), ContentError> {
    let Some(folder) = folder else { return Ok((name, built_in.to_owned())) };
    let file = folder.join(name);
    let text = std::fs::read_to_string(&file).map_err(|error| ContentError(format!("{}: {error}", file.display())))?;
    Ok((name, text))
}

fn parse<T: DeserializeOwned>((name, text): (&str, String)) -> Result<T, ContentError> {
    toml::from_str(&text).map_err(|error| ContentError(format!("{name}: {error}")))
}

fn check(content: &Content) -> Result<(), ContentError> {
    if content.terms.is_empty() {
        return Err(ContentError("terms.toml: at least one version of the terms is needed".to_owned()));
    }
    unique("announcements.toml: id", content.announcements.iter().map(|announcement| announcement.id.to_string()))?;
    unique("faq.toml: category number", content.faq.iter().map(|category| category.number.to_string()))?;
    for category in &content.faq {
        let place = format!("faq.toml: number in category {}", category.number);
        unique(&place, category.entries.iter().map(|entry| entry.number.to_string()))?;
    }
    unique("terms.toml: version", content.terms.iter().map(|terms| terms.version.clone()))?;
    unique("articles.toml: menu", content.articles.iter().map(|article| article.menu.clone()))?;
    let known = MenuCode::ALL.map(MenuCode::slug);
    match content.articles.iter().find(|article| !known.contains(&article.menu.as_str())) {
        Some(article) => Err(ContentError(format!(
            "articles.toml: no menu is called {:?}; allowed: {}",
            article.menu,
            known.join(", ")
        ))),
        None => Ok(()),
    }
}

fn unique(place: &str, names: impl Iterator<Item = String>) -> Result<(), ContentError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.clone()) {
            return Err(ContentError(format!("{place} {name} stands twice")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program's own content is whole: an article for each menu, terms, and announcements newest first.
    #[test]
    fn the_built_in_content_is_whole() {
        let content = load(None).expect("the built-in content");
        assert_eq!(content.articles.len(), MenuCode::ALL.len());
        assert!(content.faq.len() >= 4 && content.announcements.len() >= 6);
        assert!(content.announcements.is_sorted_by_key(|announcement| std::cmp::Reverse(announcement.published_at)));
        assert_eq!(content.terms[0].version, "1.0");
    }

    /// A mistake in an operator's folder is named by file and place.
    #[test]
    fn mistakes_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in FILES {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        assert!(load(Some(folder.path())).is_ok());
        std::fs::write(folder.path().join("faq.toml"), "[[categories]]\nnumber = 1\ntitel = 2\n").expect("a file");
        let error = load(Some(folder.path())).expect_err("a mistake").to_string();
        assert!(error.starts_with("content: faq.toml:") && error.contains("titel"), "{error}");
        std::fs::remove_file(folder.path().join("faq.toml")).expect("no file");
        assert!(load(Some(folder.path())).expect_err("a gap").to_string().contains("faq.toml"));
    }
}
