//! The demonstration's story: who there is, which facilities, and how far each application has come.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use super::DemoError;
use super::world::{CountedIds, StoryClock};
use crate::config::Config;
use crate::domain::actor::{Actor, Role};
use crate::domain::application::Application;
use crate::domain::clock::World;
use crate::domain::facility::FacilityKind::{self, HealthCheckupProvider, MidwiferyHome, TreatmentClinic};
use crate::domain::ids::{FacilityId, Id, UserId};
use crate::domain::kinds::start_of_use::{Change, Changes};
use crate::domain::page::PageRequest;
use crate::domain::review::{CorrectionTarget, Verdict};
use crate::domain::secret::Confidential;
use crate::domain::status::ApplicationStatus::{
    self, Completed, Draft, InReview, Rejected, Returned, Submitted, Withdrawn,
};
use crate::domain::verification::{TypedKey, VerificationKeyKind};
use crate::services::users::{FacilityForm, UserForm};
use crate::services::{
    Fault, Outcome, Services, applications, facilities, registry, review, start_of_use, users, verification,
};

/// The password of every demonstration login.
pub const PASSWORD: &str = "madoguchi-demo-2026";

/// A login of the demonstration.
#[derive(Debug, Clone, Copy)]
pub struct DemoLogin {
    /// The mail address.
    pub email: &'static str,
    /// The name.
    pub name: &'static str,
    /// The role.
    pub role: Role,
}

const fn login(email: &'static str, name: &'static str, role: Role) -> DemoLogin {
    DemoLogin { email, name, role }
}

/// Everybody who can log in. The last one holds the facilities whose applications show every status.
pub const LOGINS: [DemoLogin; 8] = [
    login("clinic@example.jp", "窓口 花子", Role::Applicant),
    login("checkup@example.jp", "健診 太郎", Role::Applicant),
    login("midwife@example.jp", "助産 美咲", Role::Applicant),
    login("clinic2@example.jp", "隣町 次郎", Role::Applicant),
    login("reviewer@example.jp", "審査 一郎", Role::Reviewer),
    login("reviewer2@example.jp", "審査 二葉", Role::Reviewer),
    login("operator@example.jp", "運用 三奈", Role::Operator),
    login("sample@example.jp", "見本 四季", Role::Applicant),
];

/// A facility of the demonstration, with the key that verifies it.
#[derive(Debug, Clone, Copy)]
pub struct DemoFacility {
    /// Its kind.
    pub kind: FacilityKind,
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What method ① takes for it: a date of birth or an account number. Invented.
    pub key: &'static str,
    /// Who holds it; nobody yet where it is left to `registerUser`.
    pub holder: Option<&'static str>,
    /// How far its application has come; none where the newcomer begins.
    pub application: Option<ApplicationStatus>,
}

const fn facility(
    kind: FacilityKind,
    code: &'static str,
    name: &'static str,
    key: &'static str,
    holder: Option<&'static str>,
    application: Option<ApplicationStatus>,
) -> DemoFacility {
    DemoFacility { kind, code, name, key, holder, application }
}

const SAMPLE: Option<&str> = Some("sample@example.jp");

/// Every facility. The first nine are three of each kind: one of a login, one of another's, and one that is free to register.
pub const FACILITIES: [DemoFacility; 17] = [
    facility(TreatmentClinic, "協1310001-0-0", "まどぐち整骨院", "1970-01-31", Some("clinic@example.jp"), None),
    facility(TreatmentClinic, "協1310002-0-0", "となりまち鍼灸整骨院", "1975-02-28", Some("clinic2@example.jp"), None),
    facility(TreatmentClinic, "協1310003-0-0", "はじめて整骨院", "1980-03-15", None, None),
    facility(HealthCheckupProvider, "1321000011", "まどぐち健診センター", "1234567", Some("checkup@example.jp"), None),
    facility(HealthCheckupProvider, "1321000029", "みなと健診クリニック", "2345678", SAMPLE, Some(Submitted)),
    facility(HealthCheckupProvider, "1321000037", "はじめて健診所", "3456789", None, None),
    facility(MidwiferyHome, "M1300001", "まどぐち助産所", "0076543", Some("midwife@example.jp"), None),
    facility(MidwiferyHome, "M1300002", "ひだまり助産所", "8765432", SAMPLE, Some(Submitted)),
    facility(MidwiferyHome, "M1300003", "はじめて助産所", "9876543", None, None),
    facility(TreatmentClinic, "協2710001-0-0", "見本整骨院（作成中）", "1961-04-01", SAMPLE, Some(Draft)),
    facility(TreatmentClinic, "協2710002-0-0", "見本整骨院（受付済み）", "1962-05-02", SAMPLE, Some(Submitted)),
    facility(TreatmentClinic, "協2710003-0-0", "見本整骨院（審査中）", "1963-06-03", SAMPLE, Some(InReview)),
    facility(TreatmentClinic, "協2710004-0-0", "見本整骨院（差戻し）", "1964-07-04", SAMPLE, Some(Returned)),
    facility(TreatmentClinic, "協2710005-0-0", "見本整骨院（手続き完了）", "1965-08-05", SAMPLE, Some(Completed)),
    facility(TreatmentClinic, "協2710006-0-0", "見本整骨院（却下）", "1966-09-06", SAMPLE, Some(Rejected)),
    facility(TreatmentClinic, "協2710007-0-0", "見本整骨院（取下げ）", "1967-10-07", SAMPLE, Some(Withdrawn)),
    facility(HealthCheckupProvider, "2721000015", "見本健診センター（手続き完了）", "0001234", SAMPLE, Some(Completed)),
];

/// The morning on which the story begins.
pub(super) const START: DateTime<Utc> = match DateTime::from_timestamp(1_793_577_600, 0) {
    Some(start) => start,
    None => DateTime::<Utc>::UNIX_EPOCH,
};

/// Plays the story into an empty database.
pub(super) async fn play(services: &Services) -> Result<(), DemoError> {
    let clock = Arc::new(StoryClock::new(START));
    let world = World::new(clock.clone(), Arc::new(CountedIds::default()));
    // The story's reviewers decide, whatever the operator lets the gateway decide.
    let config = Config { approve_registry_matches: false, ..(*services.config).clone() };
    let services = Services { world, config: Arc::new(config), ..services.clone() };
    let mut stage = Stage { services, clock, people: Vec::new() };
    let rows: Vec<_> =
        FACILITIES.iter().map(|facility| (facility.kind, facility.code, facility.name, facility.key)).collect();
    registry::put_known(&stage.services, &Actor::System, &rows).await?;
    for login in &LOGINS {
        stage.enter(login).await?;
    }
    for facility in FACILITIES.iter().filter(|facility| facility.application.is_some()) {
        stage.clock.pass(Duration::hours(7));
        stage.apply(facility).await?;
    }
    Ok(())
}

struct Stage {
    services: Services,
    clock: Arc<StoryClock>,
    people: Vec<(&'static str, UserId)>,
}

impl Stage {
    async fn enter(&mut self, login: &DemoLogin) -> Outcome<()> {
        let held = FACILITIES.iter().filter(|facility| facility.holder == Some(login.email));
        let facilities = held
            .map(|facility| FacilityForm {
                kind: facility.kind,
                code: facility.code.to_owned(),
                name: Some(facility.name.to_owned()),
            })
            .collect();
        let form = UserForm {
            display_name: login.name.to_owned(),
            email: login.email.to_owned(),
            phone_number: "0312345678".to_owned(),
            password: Confidential::new(PASSWORD.to_owned()),
            role: login.role,
            facilities,
        };
        let user = users::create_user(&self.services, &Actor::System, form).await?;
        let user = user.ok_or_else(|| Fault::new(format!("{} is there already", login.email)))?;
        self.people.push((login.email, user.id));
        Ok(())
    }

    /// Takes one application as far as the table says.
    async fn apply(&self, facility: &DemoFacility) -> Outcome<()> {
        let Some(goal) = facility.application else { return Ok(()) };
        let applicant = self.actor("sample@example.jp", Role::Applicant)?;
        let id = self.facility(&applicant, facility).await?;
        let draft = start_of_use::create(&self.services, &applicant, id, None).await?;
        if goal == Draft {
            return Ok(());
        }
        let application = self.fill_in(&applicant, facility, &draft).await?;
        if goal == Withdrawn {
            return applications::withdraw(&self.services, &applicant, application.id, application.version)
                .await
                .map(drop);
        }
        let sent = applications::submit(&self.services, &applicant, application.id, application.version, None).await?;
        self.clock.pass(Duration::hours(3));
        self.judge(goal, &sent).await
    }

    async fn fill_in(&self, applicant: &Actor, facility: &DemoFacility, draft: &Application) -> Outcome<Application> {
        let kind = VerificationKeyKind::of(facility.kind);
        let typed = TypedKey { kind, text: Confidential::new(facility.key.to_owned()) };
        verification::verify(&self.services, applicant, draft.id, draft.version, typed).await?;
        let terms = self.services.content.terms_in_force(self.services.world.now()).map(|terms| terms.version.clone());
        let changes = Changes {
            method: Change::Keep,
            staff_count: Change::Set(3),
            device_count: Change::Set(4),
            accept_terms: terms.map_or(Change::Keep, Change::Set),
        };
        start_of_use::update(&self.services, applicant, draft.id, draft.version + 1, changes).await
    }

    async fn judge(&self, goal: ApplicationStatus, sent: &Application) -> Outcome<()> {
        let verdict = match goal {
            InReview => None,
            Returned => Some(Verdict::returned(
                "申請台数をご確認ください。",
                vec![(
                    CorrectionTarget::DeviceCount,
                    "職員数に対して台数が多いようです。業務に必要な台数をご記入ください。".to_owned(),
                )],
            )?),
            Rejected => Some(Verdict::rejected("同一施設の申請が別のご担当者から提出されています。")?),
            Completed => Some(Verdict::Approved),
            _ => return Ok(()),
        };
        let reviewer = self.actor("reviewer2@example.jp", Role::Reviewer)?;
        let claimed = review::claim(&self.services, &reviewer, sent.id).await?;
        if let Some(verdict) = verdict {
            self.clock.pass(Duration::minutes(20));
            review::decide(&self.services, &reviewer, sent.id, claimed.version, Ok(verdict), None).await?;
        }
        Ok(())
    }

    fn actor(&self, email: &str, role: Role) -> Outcome<Actor> {
        let known = self.people.iter().find(|(known, _)| *known == email);
        let (_, user) = known.ok_or_else(|| Fault::new(format!("{email} is not in the story")))?;
        Ok(Actor::User { user: *user, role, session: Id::from_uuid(uuid::Uuid::nil()) })
    }

    async fn facility(&self, applicant: &Actor, wanted: &DemoFacility) -> Outcome<FacilityId> {
        let user = applicant.user().ok_or_else(|| Fault::new("nobody applies"))?;
        let all = PageRequest { size: 100, ..PageRequest::first() };
        let held = facilities::held_by(&self.services, applicant, user, all).await?;
        let found = held.items.into_iter().find(|facility| facility.code.display() == wanted.code);
        Ok(found.ok_or_else(|| Fault::new(format!("{} is not held", wanted.code)))?.id)
    }
}
