//! The API as a subgraph of Apollo Federation 2: entities by their key, and the schema that a supergraph is composed of.
//!
//! What a router asks for is found by the loaders and under the scopes of `node`; it has no rights of its own. A new kind of application
//! is a member of [`Entity`], a name in [`KEYED`] and in [`find`].

use std::sync::LazyLock;

use apollo_compiler::ast::{Definition, Directive, DirectiveList, Document};
use apollo_compiler::{Node, name};
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object, Result, SDLExportOptions, Union};

use super::context::Ask;
use super::errors::{answer, error};
use super::ids;
use crate::domain::ids::{Id, Kind, kind};
use crate::domain::refusal::Reason;
use crate::loaders::{Batch, BatchError};
use crate::schema::account::EligibilityAccount;
use crate::schema::application::Application;
use crate::schema::facility::Facility;
use crate::schema::federation::{Representation, Service};
use crate::schema::start_of_use::StartOfUseApplication;

/// The types with a key, which is `id`: the entities and, for subgraphs that speak of applications of any kind, their interface.
const KEYED: [&str; 4] = ["Application", "EligibilityAccount", "Facility", "StartOfUseApplication"];

/// The most entities of one request: a page of any list here, as with `nodes`.
const MOST_ENTITIES: usize = 100;

/// What other subgraphs may refer to and add to (Apollo Federation).
#[derive(Union)]
#[graphql(name = "_Entity")]
pub enum Entity {
    /// 利用開始申請.
    StartOfUseApplication(StartOfUseApplication),
    /// A facility.
    Facility(Facility),
    /// An account of the eligibility app.
    EligibilityAccount(EligibilityAccount),
}

/// What routers of Apollo Federation ask.
#[derive(Default)]
pub struct FederationQuery;

#[Object]
impl FederationQuery {
    /// For routers of Apollo Federation: entities by their key, in the order of the representations; null where one is not there for the
    /// viewer.
    #[graphql(name = "_entities")]
    async fn entities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100 entities, each by type and id.")] representations: Vec<Representation>,
    ) -> Result<Vec<Option<Result<Entity>>>> {
        if representations.len() > MOST_ENTITIES {
            let refusal = Reason::TooManyRepresentations { max: MOST_ENTITIES }.at("representations");
            return answer(ctx, Err(refusal.into()));
        }
        let each = representations.iter().enumerate().map(|(index, representation)| async move {
            find(ctx, representation, &format!("representations.{index}")).await.transpose()
        });
        Ok(futures_util::future::join_all(each).await)
    }

    /// For routers of Apollo Federation: this subgraph's schema, for whoever may ask for the schema at all.
    #[graphql(name = "_service")]
    async fn service(&self) -> Service {
        static SDL: LazyLock<String> = LazyLock::new(subgraph_sdl);
        Service { sdl: &SDL }
    }
}

async fn find(ctx: &Context<'_>, representation: &Representation, path: &str) -> Result<Option<Entity>> {
    let malformed = || answer(ctx, Err(Reason::InvalidRepresentation.at(path).into()));
    let Some((typename, id)) = representation.named() else { return malformed() };
    let path = format!("{path}.id");
    Ok(match typename {
        "Application" | "StartOfUseApplication" => {
            load::<kind::Application>(ctx, &id, &path).await?.map(|found| match Application::from(found) {
                Application::StartOfUse(application) => application.into(),
            })
        }
        "Facility" => load::<kind::Facility>(ctx, &id, &path).await?.map(|found| Facility(found).into()),
        "EligibilityAccount" => {
            load::<kind::EligibilityAccount>(ctx, &id, &path).await?.map(|found| EligibilityAccount(found).into())
        }
        _ => return malformed(),
    })
}

/// One thing of a kind, by way of the loader.
async fn load<K: Kind>(ctx: &Context<'_>, id: &ID, path: &str) -> Result<Option<<Batch as Loader<Id<K>>>::Value>>
where
    Batch: Loader<Id<K>, Error = BatchError>,
{
    let id = answer(ctx, ids::read::<K>(id, path).map_err(Into::into))?;
    ctx.loaders()?.load_one(id).await.map_err(|failure| error(ctx, &failure))
}

/// The schema as a subgraph of Apollo Federation 2: without the fields that are for routers, and with the keys.
pub fn subgraph_sdl() -> String {
    let options = SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items().federation();
    let exported = super::schema_builder().enable_subscription_in_federation().finish().sdl_with_options(options);
    // async-graphql prints a key only for entities that it resolves itself: one after another, and all or none.
    let mut document = Document::parse(exported, "subgraph.graphql").unwrap_or_else(|invalid| invalid.partial);
    for definition in &mut document.definitions {
        if definition.name().is_some_and(|name| KEYED.contains(&name.as_str())) {
            match definition {
                Definition::ObjectTypeDefinition(object) => add_key(&mut object.make_mut().directives),
                Definition::InterfaceTypeDefinition(interface) => add_key(&mut interface.make_mut().directives),
                _ => {}
            }
        }
    }
    document.to_string()
}

fn add_key(directives: &mut DirectiveList) {
    let arguments = vec![(name!("fields"), "id").into()];
    directives.push(Node::new(Directive { name: name!("key"), arguments }));
}
