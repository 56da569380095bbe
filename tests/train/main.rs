//! Training: tasks, data, rewards, the loss, whole runs on the CPU and on a device that this process
//! plays.

mod countdown;
mod data;
mod device;
mod grpo;
mod loss;
mod reward;
mod rollout;
mod run;
mod tally;
mod tensorboard;
