//! Large objects in parts: begun, sent in any order and more than once, and put together at the end.

use crate::{
    conditions::Conditions,
    error::{Code, Error},
    payload::Content,
    store::{Incoming, Store, random_name},
    xml::CompletedPart,
};

impl Store {
    /// Begins an upload; its id is a random name.
    pub async fn create_upload(&self, bucket: &str, key: &str, headers: &str) -> Result<String, Error> {
        todo!("begin an upload of {key} with {headers} in {bucket}: {:?}", random_name())
    }

    /// A part may be sent only for an upload that is going on.
    pub async fn expect_upload(&self, bucket: &str, key: &str, id: &str, number: i64) -> Result<(), Error> {
        todo!("part {number} of the upload {id} of {key} in {bucket}; {:?}", Code::NoSuchUpload)
    }

    /// Stores a part, or replaces the one with its number.
    pub async fn put_part(&self, id: &str, number: i64, file: Incoming, content: &Content) -> Result<(), Error> {
        todo!("store {file:?} with {content:?} as part {number} of {id}")
    }

    /// Puts the object together from the parts that the client lists, and returns its ETag.
    pub async fn complete_upload(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        listed: &[CompletedPart],
        conditions: &Conditions,
    ) -> Result<String, Error> {
        todo!(
            "make {key} of {bucket} from the parts {:?} of {id}, if {conditions:?} allow it; {:?}",
            listed.iter().map(|part| (part.part_number, &part.etag)).collect::<Vec<_>>(),
            [Code::EntityTooSmall, Code::InvalidPart, Code::InvalidPartOrder]
        )
    }

    /// Ends an upload without an object.
    pub async fn abort_upload(&self, bucket: &str, key: &str, id: &str) -> Result<(), Error> {
        todo!("end the upload {id} of {key} in {bucket}")
    }
}
