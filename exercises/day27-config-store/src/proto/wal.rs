// Generated from proto/wal.proto by tonic-prost-build 0.14.9 with protox 0.9.1, and committed, so that no build needs protoc:
//     let files = protox::compile(["rpc.proto", "wal.proto"], ["proto"])?;
//     tonic_prost_build::configure().build_client(false).out_dir("src/proto").compile_fds(files)?;
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Record {
    /// What happened to keys, all in one revision, in order. It is in each event's `kv.mod_revision`.
    #[prost(message, repeated, tag = "1")]
    pub events: ::prost::alloc::vec::Vec<super::mvccpb::Event>,
    /// A lease that begins.
    #[prost(message, optional, tag = "2")]
    pub granted: ::core::option::Option<Granted>,
    /// A lease that ends, 0 for none. Its keys are among the events.
    #[prost(int64, tag = "3")]
    pub revoked: i64,
    /// What is older than this revision is forgotten, 0 for nothing.
    #[prost(int64, tag = "4")]
    pub compacted: i64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Granted {
    #[prost(int64, tag = "1")]
    pub id: i64,
    /// Seconds.
    #[prost(int64, tag = "2")]
    pub ttl: i64,
}
