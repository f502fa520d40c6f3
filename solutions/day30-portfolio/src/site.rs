//! The state, and all documents that are made from it: once after each change, however many ask.

use crate::{
    badge,
    certificates::{self, Signer},
    conditional::Document,
    feed, page,
    profile::Profile,
    reports::{self, Report},
    resume,
    roadmap::Roadmap,
    store::{Certificate, State, Store},
};
use plumbing::{Failure, Problem};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

#[derive(Debug)]
pub struct Site {
    about: Arc<About>,
    pub signer: Signer,
    store: Store,
    /// SHA-256 of the token: comparing hashes takes as long for every wrong one.
    token: [u8; 32],
    shown: RwLock<Arc<Shown>>,
    /// Whoever changes something shows it before the next one reads, so that nothing older is shown later.
    showing: tokio::sync::Mutex<()>,
}

/// What does not change while the program runs.
#[derive(Debug)]
pub struct About {
    pub profile: Profile,
    pub base_url: String,
}

/// One state, and the documents that have been made from it.
#[derive(Debug)]
pub struct Shown {
    about: Arc<About>,
    pub state: State,
    /// Each is made when it is first asked for, and handed out from then on.
    documents: [OnceLock<Document>; 5],
}

#[derive(Debug, Clone, Copy)]
pub enum Format {
    Page,
    Badge,
    Resume,
    Feed,
    Next,
}

impl Shown {
    fn new(about: &Arc<About>, state: State) -> Arc<Shown> {
        Arc::new(Shown { about: Arc::clone(about), state, documents: Default::default() })
    }

    pub fn document(&self, format: Format) -> Result<Document, Problem> {
        let place = &self.documents[format as usize];
        if let Some(document) = place.get() {
            return Ok(document.clone());
        }
        // Several visitors may come first. What they make is the same.
        let document = self.make(format)?;
        Ok(place.get_or_init(|| document).clone())
    }

    fn make(&self, format: Format) -> Result<Document, Problem> {
        let (about, state) = (&*self.about, &self.state);
        Ok(match format {
            Format::Page => Document::new("text/html; charset=utf-8", page::render(about, state)),
            Format::Badge => Document::new("image/svg+xml", badge::render(about, state).map_err(Problem::internal)?),
            Format::Resume => Document::new("application/json", resume::render(about, state).to_string()),
            Format::Feed => {
                Document::new("application/atom+xml", feed::render(about, state).map_err(Problem::internal)?)
            }
            Format::Next => Document::new("application/json", state.roadmap.next_as_json().to_string()),
        })
    }
}

impl About {
    /// Where the page shows this day.
    pub fn address_of(&self, day: &str) -> String {
        format!("{}/#{day}", self.base_url)
    }
}

impl Site {
    pub async fn open(profile: Profile, base_url: String, token: String, store: Store) -> Result<Site, Failure> {
        let signer = store.signer().await?;
        let about = Arc::new(About { profile, base_url });
        let unreadable = |_| Failure::new("what is in the database cannot be read; the lines before this one say why");
        let shown = RwLock::new(Shown::new(&about, store.state().await.map_err(unreadable)?));
        let token = Sha256::digest(token).into();
        Ok(Site { about, signer, store, token, shown, showing: tokio::sync::Mutex::default() })
    }

    /// What visitors see now.
    pub fn shown(&self) -> Arc<Shown> {
        // Nothing panics while it holds this lock; and if it did, the Arc in it would be whole.
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows the state of now. To be called after a commit, and before the answer to it.
    async fn show(&self) -> Result<Arc<Shown>, Problem> {
        let _turn = self.showing.lock().await;
        let shown = Shown::new(&self.about, self.store.state().await?);
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&shown);
        Ok(shown)
    }

    pub fn is_owner(&self, token: &str) -> bool {
        Sha256::digest(token).as_slice() == self.token
    }

    /// Takes a report. Returns its id, whether it is new, and how many days pass.
    pub async fn ingest(&self, report: Value) -> Result<(String, bool, usize), Problem> {
        let id = reports::id(&report);
        let is_new = self.store.ingest(&id, &Report::read(report)?).await?;
        Ok((id, is_new, self.show().await?.state.passed().count()))
    }

    pub async fn set_roadmap(&self, roadmap: &Roadmap) -> Result<(), Problem> {
        self.store.set_roadmap(roadmap).await?;
        self.show().await?;
        Ok(())
    }

    /// Signs what passes now: id and certificate.
    pub async fn certify(&self) -> Result<(String, String), Problem> {
        let id = certificates::new_id()?;
        let certified = self.store.certify(&self.signer, &id, |days, now| {
            let points: u32 = days.iter().map(|day| day.points).sum();
            let days: Vec<_> = days.iter().map(|day| &day.id).collect();
            json!({
                "iss": self.about.base_url,
                "sub": self.about.profile.name,
                "jti": id,
                "iat": now / 1000,
                "days": days,
                "points": points,
            })
        });
        let certificate = certified.await?.ok_or_else(|| Problem::conflict("no day passes yet"))?;
        self.show().await?;
        Ok((id, certificate))
    }

    pub async fn certificate(&self, id: &str) -> Result<Option<Certificate>, Problem> {
        self.store.certificate(id).await
    }

    pub async fn revoke(&self, id: &str) -> Result<bool, Problem> {
        let is_there = self.store.revoke(id).await?;
        self.show().await?;
        Ok(is_there)
    }

    /// The claims of a certificate that is valid, or why it is not.
    pub async fn verify(&self, certificate: &str) -> Result<Result<Value, &'static str>, Problem> {
        let claims = match self.signer.verify(certificate) {
            Ok(claims) => claims,
            Err(reason) => return Ok(Err(reason)),
        };
        // By its id and not by its text: each signature has a twin that is as good.
        let stored = self.store.certificate(claims["jti"].as_str().unwrap_or_default()).await?;
        Ok(match stored {
            None => Err("it is not known here"),
            Some(stored) if stored.revoked => Err("it was revoked"),
            Some(_) => Ok(claims),
        })
    }
}
