//! Why a request is refused, in etcd's words: its clients compare them.

use tonic::{Code, Status};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    EmptyKey,
    TooLarge,
    TooManyOperations,
    /// Two operations of one transaction would change the same key.
    DuplicateKey,
    /// The revision is older than the oldest that can still be read.
    Compacted,
    /// The revision has not been reached yet.
    Future,
    LeaseNotFound,
    LeaseExists,
    LeaseTooLong,
    /// Something of etcd's that this store leaves out. To ignore it could destroy what the client wants to keep.
    Unsupported(&'static str),
}

impl From<Fault> for Status {
    fn from(fault: Fault) -> Status {
        let (code, message) = match fault {
            Fault::EmptyKey => (Code::InvalidArgument, "etcdserver: key is not provided"),
            Fault::TooLarge => (Code::InvalidArgument, "etcdserver: request is too large"),
            Fault::TooManyOperations => (Code::InvalidArgument, "etcdserver: too many operations in txn request"),
            Fault::DuplicateKey => (Code::InvalidArgument, "etcdserver: duplicate key given in txn request"),
            Fault::Compacted => (Code::OutOfRange, "etcdserver: mvcc: required revision has been compacted"),
            Fault::Future => (Code::OutOfRange, "etcdserver: mvcc: required revision is a future revision"),
            Fault::LeaseNotFound => (Code::NotFound, "etcdserver: requested lease not found"),
            Fault::LeaseExists => (Code::FailedPrecondition, "etcdserver: lease already exists"),
            Fault::LeaseTooLong => (Code::OutOfRange, "etcdserver: too large lease TTL"),
            Fault::Unsupported(what) => return Status::unimplemented(format!("this store has no {what}")),
        };
        Status::new(code, message)
    }
}
