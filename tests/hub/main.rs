//! Models and data sets by name, and downloads from a hub that this process plays.

mod download;
mod resolve;
