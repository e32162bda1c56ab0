//! Public pages: announcements, questions and answers, terms, contact (R06). Their texts are content, not rows.

use chrono::{DateTime, Utc};

use super::{Outcome, Services};
use crate::domain::actor::Actor;
use crate::domain::content::{Announcement, Article, FaqCategory, TermsOfUse};
use crate::domain::ids::AnnouncementId;
use crate::domain::menu::MenuCode;
use crate::domain::page::{Page, PageRequest};
use crate::policy::{Action, authorise};

/// The place of an announcement in the list: newest first.
pub type AnnouncementKey = (DateTime<Utc>, AnnouncementId);

/// A page of the announcements that are published, newest first.
pub fn announcements(
    services: &Services,
    actor: &Actor,
    page: PageRequest<AnnouncementKey>,
) -> Outcome<Page<Announcement>> {
    authorise(actor, Action::UsePublicPages)?;
    let now = services.world.now();
    let key = |announcement: &Announcement| (announcement.published_at, announcement.id);
    let mut items: Vec<Announcement> = services
        .content
        .announcements
        .iter()
        .filter(|announcement| announcement.published_at <= now)
        .filter(|announcement| page.after.is_none_or(|after| key(announcement) < after))
        .filter(|announcement| page.before.is_none_or(|before| key(announcement) > before))
        .cloned()
        .collect();
    items.sort_by_key(|announcement| std::cmp::Reverse(key(announcement)));
    if page.backward {
        items.reverse();
    }
    Ok(Page::cut(items, &page))
}

/// One announcement that is published.
pub fn announcement(services: &Services, actor: &Actor, id: AnnouncementId) -> Outcome<Option<Announcement>> {
    authorise(actor, Action::UsePublicPages)?;
    let now = services.world.now();
    let mut published = services.content.announcements.iter().filter(|announcement| announcement.published_at <= now);
    Ok(published.find(|announcement| announcement.id == id).cloned())
}

/// よくある質問, by category.
pub fn faq<'a>(services: &'a Services, actor: &Actor) -> Outcome<&'a [FaqCategory]> {
    authorise(actor, Action::UsePublicPages)?;
    Ok(&services.content.faq)
}

/// A version of the terms; the one in force when none is named.
pub fn terms_of_use<'a>(
    services: &'a Services,
    actor: &Actor,
    version: Option<&str>,
) -> Outcome<Option<&'a TermsOfUse>> {
    authorise(actor, Action::UsePublicPages)?;
    let content = &services.content;
    Ok(match version {
        None => content.terms_in_force(services.world.now()),
        Some(version) => content.terms.iter().find(|terms| terms.version == version),
    })
}

/// The article that a menu opens (R08).
pub fn article<'a>(services: &'a Services, actor: &Actor, menu: MenuCode) -> Outcome<Option<&'a Article>> {
    authorise(actor, Action::SeeFacility)?;
    Ok(services.content.articles.iter().find(|article| article.menu == menu.slug()))
}

/// How many announcements are published.
pub fn count_announcements(services: &Services, actor: &Actor) -> Outcome<u64> {
    authorise(actor, Action::UsePublicPages)?;
    let now = services.world.now();
    let published = services.content.announcements.iter().filter(|announcement| announcement.published_at <= now);
    Ok(published.count() as u64)
}
