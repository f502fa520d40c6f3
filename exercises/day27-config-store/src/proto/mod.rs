//! The messages and the services' skeletons, generated from `proto/*.proto` of the exercise.

#[allow(dead_code, unused_qualifications, clippy::all, reason = "generated code is not ours to polish")]
pub mod etcdserverpb;
pub mod mvccpb;
#[allow(unused_qualifications, reason = "generated code is not ours to polish")]
pub mod wal;
