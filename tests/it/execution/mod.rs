//! The engine, through its public interface, on schemas made for the purpose.

mod beside_graphql_js;
mod depth;
mod families;
mod generator;
mod guard;
mod hostile;
mod rules;
mod running;
mod toy;
mod validation;
mod world;
