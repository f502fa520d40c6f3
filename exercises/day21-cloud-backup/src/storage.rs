//! S3, Azure Blob Storage, Google Cloud Storage or a folder, behind five operations that do not give up at once.

use crate::Store;
use object_store::{
    BackoffConfig, Error, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig, aws::AmazonS3Builder,
    azure::MicrosoftAzureBuilder, gcp::GoogleCloudStorageBuilder, local::LocalFileSystem, path::Path,
    prefix::PrefixStore,
};
use plumbing::Failure;
use plumbing_objects::Connector;
use std::{fs, sync::Arc, time::Duration};
use url::Url;

/// Reads `--to`.
pub fn place(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    match (url.scheme(), url.host_str()) {
        ("s3" | "az" | "gs", Some(_)) | ("file", None) => Ok(url),
        _ => Err("this is none of s3://BUCKET/…, az://CONTAINER/…, gs://BUCKET/…, file:///…".to_owned()),
    }
}

/// Objects by name. All names are below the prefix of the place.
pub struct Storage {
    store: PrefixStore<Arc<dyn ObjectStore>>,
    pub place: Url,
    pause: Duration,
}

impl Storage {
    /// Credentials come from the environment, under the names that `object_store` and the clouds' own tools use. A folder is
    /// made where there is none, if this `is_new`.
    pub fn connect(Store { to, endpoint, retry_ms }: &Store, is_new: bool) -> Result<Storage, Failure> {
        let pause = Duration::from_millis((*retry_ms).into());
        let backoff = BackoffConfig { init_backoff: pause, max_backoff: pause * 32, base: 2.0 };
        let retry = RetryConfig { backoff, max_retries: 6, retry_timeout: Duration::from_secs(120) };
        let bucket = to.host_str().unwrap_or_default();
        let endpoint = endpoint.as_ref().map(|url| url.as_str().trim_end_matches('/'));
        let (connector, mut prefix) = (Connector::default(), Path::from_url_path(to.path())?);
        let store: Arc<dyn ObjectStore> = match to.scheme() {
            "s3" => {
                let builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
                let builder = endpoint.into_iter().fold(builder, AmazonS3Builder::with_endpoint);
                Arc::new(builder.with_allow_http(true).with_http_connector(connector).build()?)
            }
            "az" => {
                let builder = MicrosoftAzureBuilder::from_env().with_container_name(bucket).with_retry(retry);
                let endpoint = endpoint.map(str::to_owned);
                let builder = endpoint.into_iter().fold(builder, MicrosoftAzureBuilder::with_endpoint);
                Arc::new(builder.with_allow_http(true).with_http_connector(connector).build()?)
            }
            "gs" => {
                let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket).with_retry(retry);
                let builder = endpoint.into_iter().fold(builder, GoogleCloudStorageBuilder::with_base_url);
                Arc::new(builder.with_http_connector(connector).build()?)
            }
            _ => {
                let folder = to.to_file_path().map_err(|()| Failure::new(format!("{to} is no path")))?;
                if is_new {
                    fs::create_dir_all(&folder).map_err(|error| Failure::new(format!("cannot make {to}: {error}")))?;
                }
                prefix = Path::default();
                Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true))
            }
        };
        Ok(Storage { store: PrefixStore::new(store, prefix), place: to.clone(), pause })
    }

    /// The names of all objects below `folder`, on however many pages the store tells them.
    pub async fn list(&self, folder: &str) -> Result<Vec<String>, Failure> {
        todo!("the names of all objects below {folder} in {}, from all pages", self.place)
    }

    /// The whole object, or none if there is no such.
    pub async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        let path = Path::from(name);
        match self.again(|| async { self.store.get(&path).await?.bytes().await }).await {
            Err(Error::NotFound { .. }) => Ok(None),
            answer => Ok(Some(answer?.to_vec())),
        }
    }

    /// Stores an object. It is there as a whole or not at all: all stores promise that.
    pub async fn put(&self, name: &str, object: Vec<u8>) -> Result<(), Failure> {
        let (path, object) = (Path::from(name), PutPayload::from(object));
        self.again(|| self.store.put(&path, object.clone())).await?;
        Ok(())
    }

    /// Stores an object unless there is one with this name, which then stays.
    pub async fn create(&self, name: &str, object: Vec<u8>) -> Result<(), Failure> {
        todo!("store {} bytes as {name}, unless there is such an object", object.len())
    }

    /// Deletes an object. If it has gone already, the answer to an earlier attempt did not arrive.
    pub async fn delete(&self, name: &str) -> Result<(), Failure> {
        let path = Path::from(name);
        // What if an earlier attempt has done it, and only its answer did not arrive?
        Ok(self.again(|| self.store.delete(&path)).await?)
    }

    /// `object_store` repeats requests that were refused, and goes on with an object whose bytes broke off. A list that broke
    /// off it does not ask for again. Everything that is done here may be done twice.
    async fn again<T, F: Future<Output = Result<T, Error>>>(&self, work: impl Fn() -> F) -> Result<T, Error> {
        match work().await {
            // What object_store has not repeated itself may be worth another attempt, after a pause.
            Err(error @ Error::Generic { .. }) => todo!("after {:?} again? {error}", self.pause),
            answer => answer,
        }
    }
}
