//! Problems and their files: the data sets of the paper by name, and files of the user.
//!
//! | file | what |
//! |---|---|
//! | `problem` | a problem, what makes an answer to it right, and the grade of an answer |
//! | `registry` | the sets that have a name here, and where they come from |
//! | `files` | which files of a folder hold problems |
//! | `rows`, `parquet` | the rows of JSON, CSV and Parquet files |
//! | `row` | one row, and where it stands |
//! | `cell` | values of columns, numbers as they are written |
//! | `messages` | prompts that are given as messages |
//! | `columns` | which column holds what, and the forms that answers have |
//! | `load` | problems from rows, and what was wrong with them |
//! | `overlap` | problems that two sets share |
//! | `verl` | problems as verl reads them |

mod cell;
mod columns;
mod files;
mod load;
mod messages;
mod overlap;
mod parquet;
mod problem;
mod registry;
mod row;
mod rows;
mod verl;

pub use columns::{AnswerForm, Columns};
pub use load::{Loaded, ReadOptions, load_file, load_set};
pub use overlap::{Benchmark, Overlap, Overlaps};
pub use problem::{Gold, Grade, Problem, Puzzle};
pub use registry::{DATA_SETS, DataSet, Purpose};
pub use verl::{VerlRow, verl_parquet};
