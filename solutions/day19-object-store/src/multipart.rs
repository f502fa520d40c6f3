//! Large objects in parts: begun, sent in any order and more than once, and put together at the end.

use crate::{
    conditions::Conditions,
    error::{Code, Error},
    payload::Content,
    store::{Draft, Incoming, Store, random_name, replace},
    xml::CompletedPart,
};
use data_encoding::HEXLOWER;
use md5::{Digest, Md5};
use tokio::io;

/// The largest number of a part.
const PARTS: i64 = 10_000;
/// Every part but the last has at least so many bytes.
const SMALLEST_PART: i64 = 5 << 20;

#[derive(Debug, sqlx::FromRow)]
struct Upload {
    headers: String,
}

#[derive(Debug, sqlx::FromRow)]
struct Part {
    number: i64,
    file: String,
    size: i64,
    md5: Vec<u8>,
}

impl Store {
    /// Begins an upload; its id is a random name.
    pub async fn create_upload(&self, bucket: &str, key: &str, headers: &str) -> Result<String, Error> {
        self.expect_bucket(bucket).await?;
        let id = random_name()?;
        let query = sqlx::query("INSERT INTO uploads (id, bucket, key, headers) VALUES (?, ?, ?, ?)");
        query.bind(&id).bind(bucket).bind(key.as_bytes()).bind(headers).execute(self.database.writer()).await?;
        Ok(id)
    }

    async fn upload(&self, bucket: &str, key: &str, id: &str) -> Result<Upload, Error> {
        let query = sqlx::query_as("SELECT headers FROM uploads WHERE id = ? AND bucket = ? AND key = ?");
        let query = query.bind(id).bind(bucket).bind(key.as_bytes());
        query.fetch_optional(self.database.reader()).await?.ok_or_else(no_upload)
    }

    /// A part may be sent only for an upload that is going on.
    pub async fn expect_upload(&self, bucket: &str, key: &str, id: &str, number: i64) -> Result<(), Error> {
        if !(1..=PARTS).contains(&number) {
            return Err(Error::new(Code::InvalidArgument, format!("partNumber is 1 to {PARTS}")));
        }
        self.upload(bucket, key, id).await.map(drop)
    }

    /// Stores a part, or replaces the one with its number.
    pub async fn put_part(&self, id: &str, number: i64, file: Incoming, content: &Content) -> Result<(), Error> {
        let name = self.on_disk(file).await?;
        let mut transaction = self.database.begin().await?;
        let query = sqlx::query_scalar("SELECT file FROM parts WHERE upload = ? AND number = ?").bind(id).bind(number);
        let old: Option<String> = query.fetch_optional(&mut *transaction).await?;
        let query =
            sqlx::query("INSERT OR REPLACE INTO parts (upload, number, file, size, md5) VALUES (?, ?, ?, ?, ?)");
        let query = query.bind(id).bind(number).bind(name);
        let query = query.bind(i64::try_from(content.size).unwrap_or(i64::MAX)).bind(&content.md5[..]);
        // A foreign key tells when the upload has ended meanwhile.
        query.execute(&mut *transaction).await.map_err(|error| match error {
            sqlx::Error::Database(error) if error.is_foreign_key_violation() => no_upload(),
            error => error.into(),
        })?;
        transaction.commit().await?;
        self.remove_files(old).await
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
        let upload = self.upload(bucket, key, id).await?;
        let query =
            sqlx::query_as("SELECT number, file, size, md5 FROM parts WHERE upload = ? ORDER BY number").bind(id);
        let stored: Vec<Part> = query.fetch_all(self.database.reader()).await?;
        let parts = choose(listed, &stored)?;

        let mut content = self.create_file().await?;
        let (mut size, mut md5) = (0, Md5::new());
        for part in &parts {
            size += io::copy(&mut self.open_file(&part.file).await?, &mut content.file).await?;
            md5.update(&part.md5);
        }
        // The MD5 of the parts' MD5s, and how many there are.
        let etag = format!("{}-{}", HEXLOWER.encode(&md5.finalize()), parts.len());
        let draft =
            Draft { bucket: bucket.to_owned(), key: key.to_owned(), headers: upload.headers, size, etag: etag.clone() };

        // The object appears and the upload ends in one step, so that neither a kill nor a second request finds both.
        let name = self.on_disk(content).await?;
        let mut transaction = self.database.begin().await?;
        let old = replace(&mut transaction, &draft, &name, conditions).await?;
        let ended = sqlx::query("DELETE FROM uploads WHERE id = ?").bind(id).execute(&mut *transaction).await?;
        if ended.rows_affected() == 0 {
            return Err(no_upload());
        }
        transaction.commit().await?;
        self.remove_files(stored.into_iter().map(|part| part.file).chain(old)).await?;
        Ok(etag)
    }

    /// Ends an upload without an object.
    pub async fn abort_upload(&self, bucket: &str, key: &str, id: &str) -> Result<(), Error> {
        self.upload(bucket, key, id).await?;
        let mut transaction = self.database.begin().await?;
        let query = sqlx::query_scalar("SELECT file FROM parts WHERE upload = ?").bind(id);
        let files: Vec<String> = query.fetch_all(&mut *transaction).await?;
        sqlx::query("DELETE FROM uploads WHERE id = ?").bind(id).execute(&mut *transaction).await?;
        transaction.commit().await?;
        self.remove_files(files).await
    }
}

/// The listed parts, if each is there, has the ETag that the client knows, comes after the one before, and is large enough.
fn choose<'a>(listed: &[CompletedPart], stored: &'a [Part]) -> Result<Vec<&'a Part>, Error> {
    if listed.is_empty() {
        return Err(Error::new(Code::MalformedXML, "an object has at least one part"));
    }
    if !listed.is_sorted_by(|one, other| one.part_number < other.part_number) {
        return Err(Error::new(Code::InvalidPartOrder, "the parts are not in the order of their numbers"));
    }
    let find = |listed: &CompletedPart| {
        let known = |part: &&Part| {
            part.number == listed.part_number && HEXLOWER.encode(&part.md5) == listed.etag.trim_matches('"')
        };
        let missing = || Error::new(Code::InvalidPart, format!("there is no such part {}", listed.part_number));
        stored.iter().find(known).ok_or_else(missing)
    };
    let parts = listed.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    if parts[..parts.len() - 1].iter().any(|part| part.size < SMALLEST_PART) {
        return Err(Error::new(
            Code::EntityTooSmall,
            format!("all parts but the last have {SMALLEST_PART} bytes or more"),
        ));
    }
    Ok(parts)
}

fn no_upload() -> Error {
    Error::new(Code::NoSuchUpload, "there is no such upload, or it has ended")
}
