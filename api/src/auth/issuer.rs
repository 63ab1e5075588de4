//! A configured issuer (OpenID Connect, JWKS): its public keys are fetched, kept, and fetched again when they rotate.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use jsonwebtoken::{
    Algorithm, DecodingKey, Header, Validation,
    errors::ErrorKind,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use tokio::{
    sync::{Mutex, RwLock},
    time::Instant,
};

use super::{AuthFailure, claims::Claims};

/// Larger than any key set in use, small enough to hold in memory without a thought.
const MAX_KEY_SET_BYTES: usize = 256 * 1024;

/// Where an issuer's tokens come from and how they are recognised.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    pub issuer: String,
    pub audience: String,
    pub jwks_url: String,
    /// What the issuer's clock may differ from ours; as long is a token good after its end.
    pub leeway: TimeDelta,
    /// The least time between two fetches, whatever tokens name: nobody can make us hammer the issuer.
    pub refetch_after: Duration,
    /// How long a key set is believed before it is read again, so that a withdrawn key ends.
    pub believe_for: Duration,
}

impl IssuerSettings {
    pub fn new(issuer: String, audience: String, jwks_url: String) -> Self {
        Self {
            issuer,
            audience,
            jwks_url,
            leeway: TimeDelta::seconds(5),
            refetch_after: Duration::from_secs(30),
            believe_for: Duration::from_secs(15 * 60),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum IssuerFailure {
    #[error("the key set's address must be https, or http on this machine")]
    Insecure,
    #[error("no HTTP client for the issuer: {0}")]
    Client(#[from] reqwest::Error),
}

pub struct Issuer {
    settings: IssuerSettings,
    http: reqwest::Client,
    keys: RwLock<Option<Arc<KeySet>>>,
    last_attempt: Mutex<Option<Instant>>,
}

struct KeySet {
    keys: Vec<Key>,
    read_at: Instant,
}

struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    decoding: DecodingKey,
}

impl Issuer {
    /// Fetches nothing yet: the service starts although its issuer is down.
    pub fn new(settings: IssuerSettings) -> Result<Self, IssuerFailure> {
        let url = reqwest::Url::parse(&settings.jwks_url).map_err(|_| IssuerFailure::Insecure)?;
        let local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        if url.scheme() != "https" && !(url.scheme() == "http" && local) {
            return Err(IssuerFailure::Insecure);
        }
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { settings, http, keys: RwLock::new(None), last_attempt: Mutex::new(None) })
    }

    pub(super) fn leeway(&self) -> TimeDelta {
        self.settings.leeway
    }

    pub(super) async fn verify(&self, token: &str) -> Result<Claims, AuthFailure> {
        let header = header(token)?;
        if !is_public_key_algorithm(header.alg) {
            return Err(AuthFailure::ForbiddenAlgorithm);
        }
        let key = self.key(&header).await?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_exp = false; // Claims::expires_at checks the times, by our clock.
        jsonwebtoken::decode(token, &key, &validation).map(|token| token.claims).map_err(refusal)
    }

    async fn key(&self, header: &Header) -> Result<DecodingKey, AuthFailure> {
        let held = self.keys.read().await.clone();
        if let Some(held) = held
            && held.read_at.elapsed() < self.settings.believe_for
            && let Ok(key) = held.find(header)
        {
            return Ok(key);
        }
        self.refetch().await;
        let held = self.keys.read().await.clone();
        held.ok_or(AuthFailure::Unavailable)?.find(header)
    }

    /// One fetch at a time; whoever waited for it finds its result. A failed fetch leaves the old keys in use.
    async fn refetch(&self) {
        let mut last_attempt = self.last_attempt.lock().await;
        if last_attempt.is_some_and(|at| at.elapsed() < self.settings.refetch_after) {
            return;
        }
        *last_attempt = Some(Instant::now());
        match self.fetch().await {
            Ok(keys) => {
                let set = KeySet { keys, read_at: Instant::now() };
                *self.keys.write().await = Some(Arc::new(set));
            }
            Err(error) => {
                tracing::warn!(issuer = self.settings.issuer, %error, "the issuer's keys cannot be read")
            }
        }
    }

    async fn fetch(&self) -> anyhow::Result<Vec<Key>> {
        let mut response =
            self.http.get(&self.settings.jwks_url).send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            anyhow::ensure!(
                body.len() + chunk.len() <= MAX_KEY_SET_BYTES,
                "the key set is too large"
            );
            body.extend_from_slice(&chunk);
        }
        Ok(keys(&body)?)
    }
}

impl KeySet {
    /// The key that `header` names, if it may be used with the algorithm that `header` claims. A token that names no key
    /// is accepted only while there is just one.
    fn find(&self, header: &Header) -> Result<DecodingKey, AuthFailure> {
        let named: Vec<&Key> = match &header.kid {
            Some(kid) => self.keys.iter().filter(|key| key.id.as_ref() == Some(kid)).collect(),
            None if self.keys.len() == 1 => self.keys.iter().collect(),
            None => return Err(AuthFailure::UnknownKey),
        };
        if named.is_empty() {
            return Err(AuthFailure::UnknownKey);
        }
        let fitting = named.into_iter().find(|key| key.algorithms.contains(&header.alg));
        fitting.map(|key| key.decoding.clone()).ok_or(AuthFailure::ForbiddenAlgorithm)
    }
}

/// The usable keys of a key set. One that we cannot use is passed over: it may be meant for somebody else.
fn keys(body: &[u8]) -> serde_json::Result<Vec<Key>> {
    #[derive(serde::Deserialize)]
    struct Published {
        keys: Vec<serde_json::Value>,
    }
    let published: Published = serde_json::from_slice(body)?;
    Ok(published
        .keys
        .into_iter()
        .filter_map(|key| usable(&serde_json::from_value(key).ok()?))
        .collect())
}

fn usable(jwk: &Jwk) -> Option<Key> {
    let signs =
        jwk.common.public_key_use.as_ref().is_none_or(|r#use| *r#use == PublicKeyUse::Signature);
    let operations = jwk.common.key_operations.as_ref();
    let verifies = operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    let mut algorithms = algorithms_of(&jwk.algorithm);
    if let Some(only) = jwk.common.key_algorithm {
        algorithms.retain(|algorithm| jsonwebtoken::jwk::KeyAlgorithm::from(*algorithm) == only);
    }
    if !signs || !verifies || algorithms.is_empty() {
        return None;
    }
    Some(Key {
        id: jwk.common.key_id.clone(),
        algorithms,
        decoding: DecodingKey::from_jwk(jwk).ok()?,
    })
}

/// A shared secret in a public key set is a mistake of the issuer, and never verifies anything here.
fn algorithms_of(parameters: &AlgorithmParameters) -> Vec<Algorithm> {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    if let AlgorithmParameters::RSA(_) = parameters {
        return vec![RS256, RS384, RS512, PS256, PS384, PS512];
    }
    if let AlgorithmParameters::EllipticCurve(key) = parameters {
        return match key.curve {
            EllipticCurve::P256 => vec![ES256],
            EllipticCurve::P384 => vec![ES384],
            EllipticCurve::P521 | EllipticCurve::Ed25519 | _ => vec![],
        };
    }
    if let AlgorithmParameters::OctetKeyPair(key) = parameters
        && key.curve == EllipticCurve::Ed25519
    {
        return vec![EdDSA];
    }
    vec![]
}

fn is_public_key_algorithm(algorithm: Algorithm) -> bool {
    !matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)
}

/// The token's header. It must be a plain signed token: no critical extension that we would have to understand, and no
/// other kind of token, such as a logout token, that the same key may sign.
pub(super) fn header(token: &str) -> Result<Header, AuthFailure> {
    const MAX_TOKEN_BYTES: usize = 16 * 1024;
    if token.len() > MAX_TOKEN_BYTES {
        return Err(AuthFailure::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| AuthFailure::Malformed)?;
    let kind = header.typ.as_deref().unwrap_or("JWT");
    let plain = ["JWT", "at+jwt", "application/at+jwt"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(kind));
    if header.crit.is_some() || !plain {
        return Err(AuthFailure::Malformed);
    }
    Ok(header)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else the library finds wrong, the token is malformed"
)]
pub(super) fn refusal(error: jsonwebtoken::errors::Error) -> AuthFailure {
    match error.kind() {
        ErrorKind::InvalidSignature => AuthFailure::BadSignature,
        ErrorKind::InvalidIssuer => AuthFailure::WrongIssuer,
        ErrorKind::InvalidAudience => AuthFailure::WrongAudience,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
            AuthFailure::ForbiddenAlgorithm
        }
        ErrorKind::Json(_) | ErrorKind::MissingRequiredClaim(_) => AuthFailure::BadClaims,
        _ => AuthFailure::Malformed,
    }
}
