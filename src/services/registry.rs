//! The registry: what the operating bodies have on file, brought in by the operator. Of each key only a keyed digest is kept.

use super::verification::registry_digest;
use super::{Fault, Outcome, Services};
use crate::domain::actor::Actor;
use crate::domain::clock::day_in_japan;
use crate::domain::facility::{FacilityCode, FacilityKind};
use crate::domain::prefecture::Prefecture;
use crate::domain::refusal::Reason;
use crate::domain::secret::Confidential;
use crate::domain::verification::{VerificationKey, VerificationKeyKind};
use crate::policy::{Action, authorise};
use crate::store::registry::{self, Record};

/// Adds records that are known to be well-formed: kind, code, name and key of each. The demonstration's and the tests' way in.
pub async fn put_known(services: &Services, actor: &Actor, rows: &[(FacilityKind, &str, &str, &str)]) -> Outcome<()> {
    authorise(actor, Action::ImportRegistry)?;
    let now = services.world.now();
    let tokyo = Prefecture::from_number(13).ok_or_else(|| Fault::new("there are 47 prefectures"))?;
    let records = &rows
        .iter()
        .map(|(kind, code, name, key)| {
            let code = FacilityCode::parse(*kind, code)?;
            let typed = Confidential::new((*key).to_owned());
            let key = VerificationKey::parse(VerificationKeyKind::of(*kind), &typed, day_in_japan(now))?;
            let key_digest = registry_digest(&services.key, *kind, &code, &key);
            let prefecture = code.prefecture(*kind).unwrap_or(tokyo);
            Ok(Record { kind: *kind, code, name: (*name).to_owned(), prefecture, key_digest })
        })
        .collect::<Result<Vec<_>, Reason>>()?;
    services
        .write(|tx| async move {
            registry::put_many(&tx, records, now).await?;
            Ok(())
        })
        .await
}
