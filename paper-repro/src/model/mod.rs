//! Models by the names that commands take, and what downloads show.
//!
//! | file | what |
//! |---|---|
//! | `locate` | the folder of `--model` |
//! | `embedded` | the model that is part of the program |
//! | `bars` | a bar for every file of a download |

mod bars;
mod embedded;
mod locate;

pub(crate) use bars::Bars;
pub(crate) use locate::{check, folder};
