//! Problems and their files: the data sets of the paper by name, and files of the user.
//!
//! | file | what |
//! |---|---|
//! | `problem` | a problem, what makes an answer to it right, and the grade of an answer |
//! | `registry` | the named sets, and where they come from |
//! | `rows` | the rows of JSON lines, JSON and Parquet files |
//! | `columns` | which column holds what, and the forms that answers have |
//! | `load` | problems from rows, and what was wrong with them |
//! | `overlap` | problems that two sets share |
//! | `verl` | problems as verl reads them |

mod columns;
mod load;
mod overlap;
mod problem;
mod registry;
mod rows;
mod verl;

pub use columns::{AnswerForm, Columns};
pub use load::{Loaded, load_file, load_set};
pub use overlap::{Benchmark, Overlap, Overlaps};
pub use problem::{Gold, Grade, Problem, Puzzle};
pub use registry::{DATA_SETS, DataSet, Purpose};
pub use verl::{VerlRow, verl_parquet};
