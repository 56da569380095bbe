//! Memory, rates and fleets on paper.

mod memory;
mod rates;
mod workload;
