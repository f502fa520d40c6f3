//! The tests' own copy of the messages, with clients for the services; generated from `proto/rpc.proto`.

#[allow(dead_code, unused_qualifications, clippy::all, reason = "generated code is not ours to polish")]
pub mod etcdserverpb;
pub mod mvccpb;
