//! A schema whose every value follows from a number, so that tests/node/graphql-js-executor.mjs can hold the same one.

use std::sync::atomic::{AtomicI64, Ordering};

use async_graphql::{
    Context, EmptySubscription, Enum, Error, InputObject, Interface, MaybeUndefined, Object, Result, Schema, Union,
};
use madoguchi::execution::{Engine, Limits, configure};

/// What mutations count up, one for each request.
#[derive(Default)]
pub struct Tally(AtomicI64);

/// Fields are done in an order of their own, as they are with a database.
async fn pause(n: u64) {
    for _ in 0..n % 4 {
        tokio::task::yield_now().await;
    }
}

fn child(n: u64, step: u64) -> u64 {
    (n * 31 + step * 7 + 1) % 1009
}

fn children(n: u64, step: u64) -> impl Iterator<Item = u64> {
    (0..n % 4).map(move |index| child(n + index, step))
}

fn fails<T>() -> Result<T> {
    Err(Error::new("as the number says"))
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
enum Color {
    Red,
    Green,
    #[graphql(deprecation)]
    Blue,
}

#[derive(InputObject)]
struct Box {
    #[graphql(default = 5)]
    x: Option<i32>,
    y: MaybeUndefined<Vec<i32>>,
    z: MaybeUndefined<std::boxed::Box<Box>>,
}

fn shown<T>(value: MaybeUndefined<T>, show: impl Fn(T) -> String) -> String {
    match value {
        MaybeUndefined::Undefined => "-".to_owned(),
        MaybeUndefined::Null => "null".to_owned(),
        MaybeUndefined::Value(value) => show(value),
    }
}

fn show_list(list: Vec<i32>) -> String {
    format!("[{}]", list.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
}

fn show_box(value: Box) -> String {
    let x = value.x.map_or("null".to_owned(), |x| x.to_string());
    format!("{{{x},{},{}}}", shown(value.y, show_list), shown(value.z, |z| show_box(*z)))
}

macro_rules! being {
    ($name:ident { $($own:tt)* }) => {
        pub struct $name(u64);

        #[Object]
        impl $name {
            async fn id(&self) -> i32 {
                pause(self.0).await;
                self.0 as i32
            }

            async fn name(&self) -> Option<String> {
                pause(self.0 + 1).await;
                (self.0 % 4 != 0).then(|| format!("name{}", self.0))
            }

            async fn sure(&self) -> Result<String> {
                pause(self.0 + 2).await;
                if self.0 % 7 == 0 { fails() } else { Ok(format!("sure{}", self.0)) }
            }

            async fn maybe(&self) -> Result<Option<String>> {
                pause(self.0 + 3).await;
                if self.0 % 5 == 0 { fails() } else { Ok((self.0 % 3 != 0).then(|| "maybe".to_owned())) }
            }

            async fn friend(&self) -> Result<Option<Being>> {
                pause(self.0).await;
                if self.0 % 11 == 0 { fails() } else { Ok((self.0 % 6 != 0).then(|| Being::new(child(self.0, 1)))) }
            }

            async fn buddy(&self) -> Result<Being> {
                pause(self.0 + 1).await;
                if self.0 % 13 == 0 { fails() } else { Ok(Being::new(child(self.0, 2))) }
            }

            async fn friends(&self) -> Option<Vec<Being>> {
                (self.0 % 9 != 0).then(|| children(self.0, 3).map(Being::new).collect())
            }

            async fn pals(&self) -> Vec<Option<Result<Being>>> {
                let pal = |n: u64| (n % 3 != 0).then(|| if n % 5 == 0 { fails() } else { Ok(Being::new(n)) });
                children(self.0, 4).map(pal).collect()
            }

            async fn strict(&self) -> Option<Vec<Result<Being>>> {
                Some(children(self.0, 5).map(|n| if n % 5 == 0 { fails() } else { Ok(Being::new(n)) }).collect())
            }

            async fn pets(&self) -> Vec<Pet> {
                children(self.0, 6).map(Pet::new).collect()
            }

            async fn numbers(&self) -> Vec<Option<Result<i32>>> {
                let number = |n: u64| (n % 3 != 0).then(|| if n % 4 == 0 { fails() } else { Ok(n as i32) });
                children(self.0, 7).map(number).collect()
            }

            #[graphql(deprecation = "Ask for its numbers.")]
            async fn grid(&self) -> Option<Vec<Option<Vec<Result<i32>>>>> {
                let cell = |n: u64| if n % 6 == 0 { fails() } else { Ok(n as i32) };
                Some(children(self.0, 8).map(|n| (n % 4 != 0).then(|| children(n, 9).map(cell).collect())).collect())
            }

            async fn same(&self) -> Option<Cat> {
                (self.0 % 4 != 1).then(|| Cat(child(self.0, 10)))
            }

            async fn echo(
                &self,
                #[graphql(default = 3)] a: Option<i32>,
                b: MaybeUndefined<Vec<i32>>,
                c: MaybeUndefined<Box>,
                #[graphql(default_with = "Some(Color::Red)")] d: Option<Color>,
                #[graphql(default = 9)] e: i32,
            ) -> String {
                let a = a.map_or("null".to_owned(), |a| a.to_string());
                let d = d.map_or("null".to_owned(), |d| format!("{d:?}").to_uppercase());
                format!("{a} {} {} {d} {e}", shown(b, show_list), shown(c, show_box))
            }

            $($own)*
        }
    };
}

being!(Cat {
    async fn meow(&self) -> &str {
        "meow"
    }
});
being!(Dog {
    async fn bark(&self, #[graphql(default = 2)] times: i32) -> Result<String> {
        if self.0.is_multiple_of(3) { fails() } else { Ok("woof".repeat(times.clamp(0, 3) as usize)) }
    }
});
being!(Fish {
    async fn depth(&self) -> Option<i32> {
        Some(self.0 as i32 % 10)
    }
});

#[derive(Interface)]
#[expect(clippy::duplicated_attributes, reason = "two fields of an interface may have one type")]
#[graphql(
    field(name = "id", ty = "i32"),
    field(name = "name", ty = "Option<String>"),
    field(name = "sure", ty = "String"),
    field(name = "maybe", ty = "Option<String>"),
    field(name = "friend", ty = "Option<Being>"),
    field(name = "buddy", ty = "Being"),
    field(name = "pals", ty = "Vec<Option<Result<Being>>>"),
    field(name = "pets", ty = "Vec<Pet>"),
    field(name = "same", ty = "Option<Cat>")
)]
pub enum Being {
    Cat(Cat),
    Dog(Dog),
    Fish(Fish),
}

impl Being {
    fn new(n: u64) -> Self {
        match n % 3 {
            0 => Self::Cat(Cat(n)),
            1 => Self::Dog(Dog(n)),
            _ => Self::Fish(Fish(n)),
        }
    }
}

#[derive(Interface)]
#[graphql(field(name = "name", ty = "Option<String>"))]
pub enum Named {
    Cat(Cat),
    Dog(Dog),
}

#[derive(Union)]
pub enum Pet {
    Cat(Cat),
    Dog(Dog),
}

impl Pet {
    fn new(n: u64) -> Self {
        if n.is_multiple_of(2) { Self::Cat(Cat(n)) } else { Self::Dog(Dog(n)) }
    }
}

pub struct Query;

#[Object]
impl Query {
    async fn being(&self, #[graphql(default = 1)] n: u64) -> Option<Being> {
        pause(n).await;
        Some(Being::new(n % 1009))
    }

    async fn cat(&self, #[graphql(default = 2)] n: u64) -> Cat {
        pause(n).await;
        Cat(n % 1009)
    }

    async fn pet(&self, #[graphql(default = 3)] n: u64) -> Option<Pet> {
        pause(n).await;
        (!n.is_multiple_of(8)).then(|| Pet::new(n % 1009))
    }

    async fn named(&self, #[graphql(default = 4)] n: u64) -> Named {
        if n.is_multiple_of(2) { Named::Cat(Cat(n % 1009)) } else { Named::Dog(Dog(n % 1009)) }
    }
}

/// What a mutation gives back.
pub struct Counted(i64);

#[Object]
impl Counted {
    async fn total(&self) -> i64 {
        self.0
    }

    async fn maybe(&self) -> Result<Option<String>> {
        if self.0 % 2 == 0 { fails() } else { Ok(None) }
    }

    async fn sure(&self) -> Result<String> {
        if self.0 % 5 == 0 { fails() } else { Ok("sure".to_owned()) }
    }

    async fn kitten(&self) -> Cat {
        Cat(self.0.unsigned_abs() % 1009)
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn bump(&self, ctx: &Context<'_>, #[graphql(default = 1)] by: i32) -> Result<Option<Counted>> {
        pause(u64::from(by.unsigned_abs())).await;
        let total = ctx.data::<Tally>()?.0.fetch_add(i64::from(by), Ordering::SeqCst) + i64::from(by);
        if total % 7 == 0 { fails() } else { Ok(Some(Counted(total))) }
    }

    async fn must(&self, ctx: &Context<'_>) -> Result<Counted> {
        let total = ctx.data::<Tally>()?.0.fetch_add(10, Ordering::SeqCst) + 10;
        if total % 4 == 0 { fails() } else { Ok(Counted(total)) }
    }
}

/// The schema's SDL and an engine without bounds on what random documents do.
pub fn world() -> (String, Engine) {
    let builder = Schema::build(Query, Mutation, EmptySubscription).register_output_type::<Named>();
    let schema = configure(builder).finish();
    let limits = Limits {
        aliases: 5_000,
        directives: 5_000,
        mutation_fields: 100,
        expanded_fields: 50_000,
        cost: usize::MAX,
        ..Limits::default()
    };
    (schema.sdl(), Engine::new(schema, limits).unwrap())
}
