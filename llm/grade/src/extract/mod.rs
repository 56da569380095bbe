//! Where in a text the answer stands.
//!
//! | file | what |
//! |---|---|
//! | `spoken` | what a completion says after it has thought |
//! | `boxed`, `mention` | boxes, and boxes that are only named |
//! | `wrapped` | tags around an answer, fenced output |
//! | `announced` | "the answer is …" |
//! | `prose` | the order in which these count without a box |
//! | `sentence` | which number of a sentence answers |
//! | `runs` | words and maximal runs of mathematics |
//! | `formula`, `markdown` | formula signs, mark-up |
//! | `choice` | the letter of a choice |
//! | `gold` | gold answers in prose |

mod announced;
mod boxed;
mod choice;
mod formula;
mod gold;
mod markdown;
mod mention;
mod pieces;
mod prose;
mod runs;
mod sentence;
mod spoken;
mod vocabulary;
mod wrapped;

pub(super) use announced::announces;
pub(super) use boxed::{Boxes, boxes};
pub(super) use choice::choice_in_prose;
pub(super) use gold::in_gold;
pub(super) use prose::{final_answer, in_boxed_prose, in_prose, worded};
pub(super) use spoken::spoken;
pub(super) use wrapped::tagged;
