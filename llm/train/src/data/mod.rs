//! Sets of problems out of files: those of the paper by name, and any file of the user's.
//!
//! | file | what |
//! |---|---|
//! | `registry` | the sets that have a name here, and where they come from |
//! | `rows` | the rows of JSON lines, JSON and Parquet files |
//! | `columns` | which column holds what, and the forms that answers have |
//! | `load` | from rows to problems, and what was wrong with them |
//! | `overlap` | problems that two sets share |
//! | `verl` | problems as verl reads them |

mod columns;
mod load;
mod overlap;
mod registry;
mod rows;
mod verl;

pub use columns::{AnswerForm, Columns};
pub use load::{Loaded, load_file, load_set};
pub use overlap::{Benchmark, Overlap, Overlaps};
pub use registry::{DATA_SETS, DataSet, Purpose};
pub use verl::{VerlRow, verl_parquet};
