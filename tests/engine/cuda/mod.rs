//! The kernels of a GPU on the CPU, and the network on a device that this process plays.

mod burst;
mod kernels;
