//! Random documents over the schema of `world.rs`: aliases, merged fields, fragments, directives, variables with defaults.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Map, Value, json};

/// A small generator of numbers (SplitMix64): the same documents in every run.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    fn chance(&mut self, of_ten: u64) -> bool {
        self.below(10) < of_ten
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// A document and values for its variables.
pub struct Sample {
    pub query: String,
    pub variables: Map<String, Value>,
}

/// Name, declaration, values to choose from. `-` is absent.
const VARIABLES: &[(&str, &str, &[&str])] = &[
    ("yes", "Boolean!", &["true", "false"]),
    ("perhaps", "Boolean! = true", &["true", "false", "-"]),
    ("no", "Boolean = false", &["true", "false", "-"]),
    ("int", "Int", &["1", "null", "-"]),
    ("whole", "Int = 7", &["4", "-"]),
    ("ints", "[Int!]", &["[1,2]", "3", "null", "-"]),
    ("listed", "[Int!] = 6", &["[]", "-"]),
    ("box", "Box", &[r#"{"x":1}"#, r#"{"y":4,"z":{"y":[]}}"#, r#"{"x":null}"#, "null", "-"]),
    ("filled", "Box = { y: 2 }", &["{}", "-"]),
    ("color", "Color = BLUE", &[r#""GREEN""#, "null", "-"]),
];

/// Fields that select nothing below them, by type.
const LEAVES: &[(&str, &[&str])] = &[
    ("Query", &[]),
    ("Mutation", &[]),
    ("Being", &["id", "name", "sure", "maybe"]),
    ("Named", &["name"]),
    ("Pet", &[]),
    ("Cat", &["id", "name", "sure", "maybe", "numbers", "grid", "meow", "echo"]),
    ("Dog", &["id", "name", "sure", "maybe", "numbers", "grid", "bark", "echo"]),
    ("Fish", &["id", "name", "maybe", "depth", "echo"]),
    ("Counted", &["total", "maybe", "sure"]),
];

/// Fields with something below them, and what.
const BRANCHES: &[(&str, &[(&str, &str)])] = &[
    ("Query", &[("being", "Being"), ("cat", "Cat"), ("pet", "Pet"), ("named", "Named")]),
    ("Mutation", &[("bump", "Counted"), ("must", "Counted")]),
    ("Being", &[("friend", "Being"), ("buddy", "Being"), ("pals", "Being"), ("pets", "Pet"), ("same", "Cat")]),
    ("Named", &[]),
    ("Pet", &[]),
    ("Cat", &[("friend", "Being"), ("buddy", "Being"), ("friends", "Being"), ("strict", "Being"), ("same", "Cat")]),
    ("Dog", &[("friend", "Being"), ("pals", "Being"), ("friends", "Being"), ("strict", "Being"), ("pets", "Pet")]),
    ("Fish", &[("friend", "Being"), ("strict", "Being"), ("same", "Cat")]),
    ("Counted", &[("cat", "Cat")]),
];

/// Types that a fragment inside the type may be about.
const CONDITIONS: &[(&str, &[&str])] = &[
    ("Query", &["Query"]),
    ("Mutation", &["Mutation"]),
    ("Being", &["Being", "Cat", "Dog", "Fish", "Pet", "Named"]),
    ("Named", &["Named", "Cat", "Dog", "Being", "Pet"]),
    ("Pet", &["Pet", "Cat", "Dog", "Being", "Named"]),
    ("Cat", &["Cat", "Being", "Pet", "Named"]),
    ("Dog", &["Dog", "Being", "Pet", "Named"]),
    ("Fish", &["Fish", "Being"]),
    ("Counted", &["Counted"]),
];

fn of<T: ?Sized>(table: &[(&str, &'static T)], name: &str) -> &'static T {
    table.iter().find(|(key, _)| *key == name).unwrap().1
}

/// The document with one token left out, doubled, or in another's place: most are wrong, in all sorts of ways.
pub fn spoil(numbers: &mut Numbers, query: &str) -> String {
    let mut tokens: Vec<&str> = query.split_inclusive([' ', '(', ')', ':', '$', '{', '}', '[', ']', ',']).collect();
    let at = numbers.below(tokens.len() as u64) as usize;
    let other = numbers.below(tokens.len() as u64) as usize;
    match numbers.below(4) {
        0 => drop(tokens.remove(at)),
        1 => tokens.insert(at, tokens[at]),
        2 => tokens[at] = tokens[other],
        _ => tokens.swap(at, other),
    }
    tokens.concat()
}

struct Fragment {
    on: &'static str,
    text: String,
    needs: Needs,
}

#[derive(Default, Clone)]
struct Needs {
    variables: BTreeSet<&'static str>,
    fragments: BTreeSet<usize>,
}

struct Writer<'a> {
    numbers: &'a mut Numbers,
    fragments: Vec<Fragment>,
    needs: Needs,
    fields: usize,
}

/// The next document of the series.
pub fn sample(numbers: &mut Numbers) -> Sample {
    let mut writer = Writer { numbers, fragments: Vec::new(), needs: Needs::default(), fields: 0 };
    for _ in 0..writer.numbers.below(4) {
        let on = writer.numbers.one(&["Being", "Cat", "Dog", "Pet", "Named", "Fish"]);
        let text = writer.selections(on, 2);
        let needs = std::mem::take(&mut writer.needs);
        writer.fragments.push(Fragment { on, text, needs });
    }
    writer.fields = 0;
    let root = if writer.numbers.chance(2) { "Mutation" } else { "Query" };
    let body = writer.selections(root, 4);
    writer.finish(root, &body)
}

impl Writer<'_> {
    fn selections(&mut self, on: &'static str, depth: u32) -> String {
        let mut text = String::from("{ ");
        for _ in 0..=self.numbers.below(4) {
            let selection = self.selection(on, depth);
            text.push_str(&selection);
            text.push(' ');
        }
        text.push('}');
        text
    }

    fn selection(&mut self, on: &'static str, depth: u32) -> String {
        self.fields += 1;
        let depth = if self.fields > 60 { 0 } else { depth };
        match self.numbers.below(10) {
            0 | 1 if depth > 0 => {
                let condition = self.numbers.one(of(CONDITIONS, on));
                let is_plain = condition == on && self.numbers.chance(5);
                let head = if is_plain { String::new() } else { format!("on {condition}") };
                format!("... {head} {} {}", self.directives(), self.selections(condition, depth - 1))
            }
            2 => self.spread(on).unwrap_or_else(|| self.typename()),
            3..=6 if depth > 0 && !of(BRANCHES, on).is_empty() => {
                let branches = of(BRANCHES, on);
                let (field, below) = branches[self.numbers.below(branches.len() as u64) as usize];
                let head = self.field(field);
                format!("{head} {} {}", self.directives(), self.selections(below, depth - 1))
            }
            _ if !of(LEAVES, on).is_empty() => {
                let field = self.numbers.one(of(LEAVES, on));
                format!("{} {}", self.field(field), self.directives())
            }
            _ => self.typename(),
        }
    }

    fn typename(&mut self) -> String {
        if self.numbers.chance(5) { "__typename".to_owned() } else { "kind: __typename".to_owned() }
    }

    fn spread(&mut self, on: &str) -> Option<String> {
        let possible = of(CONDITIONS, on);
        let fitting = |fragment: &Fragment| possible.contains(&fragment.on);
        let fragments: Vec<usize> = (0..self.fragments.len()).filter(|&at| fitting(&self.fragments[at])).collect();
        let &chosen = fragments.get(self.numbers.below(fragments.len().max(1) as u64) as usize)?;
        self.needs.fragments.insert(chosen);
        Some(format!("...F{chosen} {}", self.directives()))
    }

    /// The field under a key that follows from its arguments, so that equal keys can be merged.
    fn field(&mut self, field: &str) -> String {
        let arguments = self.arguments(field);
        if arguments.is_empty() {
            return match self.numbers.below(6) {
                0 => format!("again_{field}: {field}"),
                _ => field.to_owned(),
            };
        }
        let key: String = arguments.chars().filter(char::is_ascii_alphanumeric).collect();
        format!("{field}_{key}: {field}({arguments})")
    }

    fn arguments(&mut self, field: &str) -> String {
        let choices: &[(&str, &[&str])] = match field {
            "being" | "cat" | "pet" | "named" => &[("n", &["5", "21", "30", "77", "143", "210", "500", "858"])],
            "bump" => &[("by", &["2", "3", "7", "$whole"])],
            "bark" => &[("times", &["1", "3", "$whole"])],
            "echo" => &[
                ("a", &["1", "null", "$int", "$whole"]),
                ("b", &["4", "[]", "[1, 2]", "null", "$ints", "$listed"]),
                ("c", &["{}", "{ x: 2, y: 3 }", "{ x: $int }", "{ y: $ints, z: { y: [1] } }", "$box", "$filled"]),
                ("d", &["RED", "null", "$color"]),
                ("e", &["6", "$whole"]),
            ],
            _ => &[],
        };
        let mut arguments = Vec::new();
        for (name, values) in choices {
            if self.numbers.chance(4) {
                let value = self.numbers.one(values);
                self.note_variables(value);
                arguments.push(format!("{name}: {value}"));
            }
        }
        arguments.join(", ")
    }

    fn note_variables(&mut self, text: &str) {
        for (name, ..) in VARIABLES {
            let is_used = text.split('$').skip(1).any(|rest| {
                rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
            });
            if is_used {
                self.needs.variables.insert(name);
            }
        }
    }

    fn directives(&mut self) -> String {
        let mut text = String::new();
        for name in ["skip", "include"] {
            if self.numbers.chance(1) {
                let condition = self.numbers.one(&["$yes", "$perhaps", "$no", "true", "false"]);
                self.note_variables(condition);
                write!(text, "@{name}(if: {condition}) ").unwrap();
            }
        }
        text
    }

    fn finish(self, root: &str, body: &str) -> Sample {
        let mut needs = self.needs.clone();
        let mut waiting: Vec<usize> = needs.fragments.iter().copied().collect();
        while let Some(at) = waiting.pop() {
            needs.variables.extend(&self.fragments[at].needs.variables);
            let below = self.fragments[at].needs.fragments.iter().copied();
            waiting.extend(below.filter(|below| needs.fragments.insert(*below)));
        }
        let declared = VARIABLES.iter().filter(|(name, ..)| needs.variables.contains(name));
        let mut declarations = Vec::new();
        let mut variables = Map::new();
        for (name, declaration, values) in declared {
            declarations.push(format!("${name}: {declaration}"));
            let value = self.numbers.one(values);
            if value != "-" {
                variables.insert((*name).to_owned(), serde_json::from_str(value).unwrap_or(json!(null)));
            }
        }
        let head = if declarations.is_empty() { String::new() } else { format!("({})", declarations.join(", ")) };
        let mut query = format!("{} Q{head} {body}\n", root.to_lowercase());
        for at in needs.fragments {
            writeln!(query, "fragment F{at} on {} {}", self.fragments[at].on, self.fragments[at].text).unwrap();
        }
        Sample { query, variables }
    }
}
