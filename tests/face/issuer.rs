//! Tokens of a configured issuer, whose keys come from a small HTTP server of the test's own.
//!
//! The keys in `keys/` sign nothing but these tests' tokens.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use api::auth::{
    AuthFailure, Authenticator, Credentials, Issuer, IssuerFailure, IssuerSettings, Principal, Role,
};
use api::http::ServerSettings;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};
use tests::People;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Reply, Server, clock};

/// A made-up issuer: the keys that it publishes can be changed, and its readers are counted.
struct Publisher {
    address: SocketAddr,
    published: Arc<Mutex<String>>,
    fetches: Arc<AtomicUsize>,
}

impl Publisher {
    async fn start(keys: &[Value]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let published = Arc::new(Mutex::new(String::new()));
        let fetches = Arc::new(AtomicUsize::new(0));
        let (body, count) = (published.clone(), fetches.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
                count.fetch_add(1, Ordering::Relaxed);
                let body = body.lock().expect("the keys").clone();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all((head + &body).as_bytes()).await;
            }
        });
        let publisher = Self { address, published, fetches };
        publisher.publish(keys);
        publisher
    }

    fn publish(&self, keys: &[Value]) {
        *self.published.lock().expect("the keys") = json!({ "keys": keys }).to_string();
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::Relaxed)
    }

    fn settings(&self) -> IssuerSettings {
        let url = format!("http://{}/keys", self.address);
        IssuerSettings {
            refetch_after: Duration::ZERO,
            ..IssuerSettings::new(ISSUER.into(), "accord-api".into(), url)
        }
    }

    fn authenticator(&self) -> Authenticator {
        authenticator(self.settings())
    }
}

/// Of an issuer by whose subject `ada` somebody of finance is known.
fn authenticator(settings: IssuerSettings) -> Authenticator {
    let people = Arc::new(People::default());
    people.link(ISSUER, "ada", people.with(Role::Finance));
    authenticator_for(settings, people)
}

fn authenticator_for(settings: IssuerSettings, people: Arc<People>) -> Authenticator {
    let now: Arc<Mutex<DateTime<Utc>>> = Arc::new(Mutex::new(now()));
    Authenticator::for_issuer(Issuer::new(settings).expect("an issuer"), people, clock(&now))
}

const ISSUER: &str = "https://login.example";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("a time")
}

fn signing(algorithm: Algorithm) -> EncodingKey {
    let read = if algorithm == Algorithm::ES256 {
        EncodingKey::from_ec_pem(include_bytes!("keys/p256.pem"))
    } else if algorithm == Algorithm::EdDSA {
        EncodingKey::from_ed_pem(include_bytes!("keys/ed25519.pem"))
    } else {
        EncodingKey::from_rsa_pem(include_bytes!("keys/rsa.pem"))
    };
    read.expect("a key")
}

/// The public half, as an issuer publishes it.
fn public(algorithm: Algorithm, kid: &str) -> Value {
    let jwk = Jwk::from_encoding_key(&signing(algorithm), algorithm).expect("a public key");
    let mut json = serde_json::to_value(jwk).expect("JSON");
    json["kid"] = kid.into();
    json
}

fn claims() -> Value {
    let end = (now() + TimeDelta::hours(1)).timestamp();
    json!({ "iss": ISSUER, "aud": "accord-api", "sub": "ada", "exp": end })
}

fn with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().expect("changes") {
        claims[name] = value.clone();
    }
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().expect("claims").remove(name);
    claims
}

fn sign(algorithm: Algorithm, kid: Option<&str>, claims: &Value) -> String {
    sign_with(
        Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) },
        claims,
        &signing(algorithm),
    )
}

fn sign_with(header: Header, claims: &Value, key: &EncodingKey) -> String {
    format!("Bearer {}", jsonwebtoken::encode(&header, claims, key).expect("a token"))
}

async fn outcome(authenticator: &Authenticator, token: &str) -> Result<Principal, AuthFailure> {
    let shown = Credentials { authorization: Some(token.to_owned()), acting: None };
    authenticator.authenticate(&shown).await
}

#[tokio::test]
async fn a_token_of_the_issuer_is_a_principal_under_every_usual_algorithm() {
    let algorithms = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];
    for algorithm in algorithms {
        let publisher = Publisher::start(&[public(algorithm, "k1")]).await;
        let authenticator = publisher.authenticator();
        let principal = outcome(&authenticator, &sign(algorithm, Some("k1"), &claims()))
            .await
            .expect("a principal");
        assert_eq!((principal.role, principal.partner), (Role::Finance, None));
        assert_eq!(principal.expires_at, now() + TimeDelta::hours(1));
        assert!(
            outcome(&authenticator, &sign(algorithm, None, &claims())).await.is_ok(),
            "the only key needs no name"
        );
        assert_eq!(publisher.fetches(), 1);
    }
}

#[tokio::test]
async fn claims_that_do_not_fit_are_refused() {
    let publisher = Publisher::start(&[public(Algorithm::ES256, "k1")]).await;
    let authenticator = publisher.authenticator();
    let second = |offset: i64| now().timestamp() + offset;
    for (claims, expected) in [
        (with(json!({ "iss": "https://other.example" })), Some(AuthFailure::WrongIssuer)),
        (with(json!({ "iss": [ISSUER] })), Some(AuthFailure::BadClaims)),
        (without("iss"), Some(AuthFailure::BadClaims)),
        (with(json!({ "aud": "other" })), Some(AuthFailure::WrongAudience)),
        (with(json!({ "aud": ["other", "accord-api"] })), None),
        (without("aud"), Some(AuthFailure::BadClaims)),
        (without("exp"), Some(AuthFailure::BadClaims)),
        (with(json!({ "exp": second(-5) })), Some(AuthFailure::Expired)),
        (with(json!({ "exp": second(-4) })), None),
        (with(json!({ "nbf": second(6) })), Some(AuthFailure::NotYetValid)),
        (with(json!({ "nbf": second(5) })), None),
        (without("sub"), Some(AuthFailure::BadClaims)),
        (with(json!({ "sub": "eve" })), Some(AuthFailure::NoAccount)),
        (with(json!({ "acting": "finance" })), None),
        (with(json!({ "acting": "administrator" })), Some(AuthFailure::RoleGone)),
        (with(json!({ "role": "administrator" })), None), // Nobody asks a token what somebody may do.
    ] {
        let refused =
            outcome(&authenticator, &sign(Algorithm::ES256, Some("k1"), &claims)).await.err();
        assert_eq!(refused, expected, "{claims}");
    }
}

#[tokio::test]
async fn the_public_key_is_not_taken_for_a_shared_secret() {
    let publisher = Publisher::start(&[public(Algorithm::RS256, "k1")]).await;
    let authenticator = publisher.authenticator();
    let modulus = public(Algorithm::RS256, "k1")["n"].as_str().unwrap_or_default().to_owned();
    for secret in [include_bytes!("keys/rsa.pub.pem").to_vec(), modulus.into_bytes()] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some("k1".to_owned()), ..Header::new(algorithm) };
            let token = sign_with(header, &claims(), &EncodingKey::from_secret(&secret));
            assert_eq!(outcome(&authenticator, &token).await, Err(AuthFailure::ForbiddenAlgorithm));
        }
    }
}

#[tokio::test]
async fn a_shared_secret_among_the_published_keys_verifies_nothing() {
    let secret = json!({ "kty": "oct", "kid": "k1", "alg": "HS256", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0" });
    let publisher = Publisher::start(&[secret]).await;
    let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::HS256) };
    let token =
        sign_with(header, &claims(), &EncodingKey::from_secret(b"secretsecretsecretsecretsecret"));
    assert_eq!(
        outcome(&publisher.authenticator(), &token).await,
        Err(AuthFailure::ForbiddenAlgorithm)
    );
}

#[tokio::test]
async fn a_key_is_used_only_for_what_it_is_published_for() {
    let mut for_encryption = public(Algorithm::ES256, "k2");
    for_encryption["use"] = "enc".into();
    let publisher = Publisher::start(&[
        public(Algorithm::RS256, "k1"),
        for_encryption,
        json!({ "kty": "new" }),
    ])
    .await;
    let authenticator = publisher.authenticator();
    for (algorithm, kid, expected) in [
        (Algorithm::RS256, "k1", None),
        (Algorithm::RS512, "k1", Some(AuthFailure::ForbiddenAlgorithm)),
        (Algorithm::ES256, "k1", Some(AuthFailure::ForbiddenAlgorithm)),
        (Algorithm::ES256, "k2", Some(AuthFailure::UnknownKey)),
    ] {
        let refused = outcome(&authenticator, &sign(algorithm, Some(kid), &claims())).await.err();
        assert_eq!(refused, expected, "{algorithm:?} {kid}");
    }
}

#[tokio::test]
async fn a_broken_or_foreign_signature_is_refused() {
    let publisher = Publisher::start(&[public(Algorithm::EdDSA, "k1")]).await;
    let authenticator = publisher.authenticator();
    let token = sign(Algorithm::EdDSA, Some("k1"), &claims());
    let (head, _) = token.rsplit_once('.').expect("a signature");
    let other = sign(Algorithm::EdDSA, Some("k1"), &with(json!({ "sub": "eve" })));
    let (_, signature) = other.rsplit_once('.').expect("a signature");
    assert_eq!(
        outcome(&authenticator, &format!("{head}.{signature}")).await,
        Err(AuthFailure::BadSignature)
    );
    let none = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.";
    assert_eq!(outcome(&authenticator, none).await, Err(AuthFailure::Malformed));
}

#[tokio::test]
async fn another_kind_of_token_or_a_critical_extension_is_refused() {
    let publisher = Publisher::start(&[public(Algorithm::ES256, "k1")]).await;
    let authenticator = publisher.authenticator();
    let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::ES256) };
    for (header, expected) in [
        (Header { typ: Some("at+jwt".to_owned()), ..header.clone() }, None),
        (
            Header { typ: Some("logout+jwt".to_owned()), ..header.clone() },
            Some(AuthFailure::Malformed),
        ),
        (Header { crit: Some(vec!["b64".to_owned()]), ..header }, Some(AuthFailure::Malformed)),
    ] {
        let token = sign_with(header, &claims(), &signing(Algorithm::ES256));
        assert_eq!(outcome(&authenticator, &token).await.err(), expected);
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_and_an_old_one_ends_with_it() {
    let publisher = Publisher::start(&[public(Algorithm::ES256, "k1")]).await;
    let authenticator = publisher.authenticator();
    let old = sign(Algorithm::ES256, Some("k1"), &claims());
    let new = sign(Algorithm::EdDSA, Some("k2"), &claims());
    assert!(outcome(&authenticator, &old).await.is_ok());
    assert_eq!(outcome(&authenticator, &new).await, Err(AuthFailure::UnknownKey));
    publisher.publish(&[public(Algorithm::EdDSA, "k2")]);
    assert!(outcome(&authenticator, &new).await.is_ok());
    assert_eq!(outcome(&authenticator, &old).await, Err(AuthFailure::UnknownKey));
}

#[tokio::test]
async fn a_withdrawn_key_ends_when_the_key_set_is_no_longer_believed() {
    let publisher = Publisher::start(&[public(Algorithm::ES256, "k1")]).await;
    let brief = IssuerSettings { believe_for: Duration::ZERO, ..publisher.settings() };
    let authenticator = authenticator(brief);
    let token = sign(Algorithm::ES256, Some("k1"), &claims());
    assert!(outcome(&authenticator, &token).await.is_ok());
    publisher.publish(&[]);
    assert_eq!(outcome(&authenticator, &token).await, Err(AuthFailure::UnknownKey));
}

#[tokio::test]
async fn unknown_keys_cannot_make_us_hammer_the_issuer() {
    let publisher = Publisher::start(&[public(Algorithm::ES256, "k1")]).await;
    let slow = IssuerSettings { refetch_after: Duration::from_secs(60), ..publisher.settings() };
    let authenticator = authenticator(slow);
    let unknown: Vec<_> =
        (0..20).map(|n| sign(Algorithm::ES256, Some(&format!("x{n}")), &claims())).collect();
    let refused =
        futures::future::join_all(unknown.iter().map(|token| outcome(&authenticator, token))).await;
    assert!(refused.iter().all(|outcome| *outcome == Err(AuthFailure::UnknownKey)));
    assert_eq!(publisher.fetches(), 1);
    assert!(outcome(&authenticator, &sign(Algorithm::ES256, Some("k1"), &claims())).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_is_down_is_our_fault_until_it_has_once_been_up() {
    let publisher = Publisher::start(&[public(Algorithm::ES256, "k1")]).await;
    let nobody =
        IssuerSettings { jwks_url: "http://127.0.0.1:1/keys".into(), ..publisher.settings() };
    let token = sign(Algorithm::ES256, Some("k1"), &claims());
    assert_eq!(outcome(&authenticator(nobody), &token).await, Err(AuthFailure::Unavailable));
    let authenticator = publisher.authenticator();
    assert!(outcome(&authenticator, &token).await.is_ok());
    "garbage".clone_into(&mut publisher.published.lock().expect("the keys"));
    assert_eq!(
        outcome(&authenticator, &sign(Algorithm::ES256, Some("k2"), &claims())).await,
        Err(AuthFailure::UnknownKey)
    );
    assert!(outcome(&authenticator, &token).await.is_ok());
}

#[tokio::test]
async fn a_client_hears_503_while_tokens_cannot_be_checked() {
    let settings =
        IssuerSettings::new(ISSUER.into(), "accord-api".into(), "http://127.0.0.1:1/keys".into());
    let now = Arc::new(Mutex::new(now()));
    let server = Server::start_behind(
        authenticator(settings),
        Arc::default(),
        now,
        |_| {},
        ServerSettings::default(),
    )
    .await;
    let request = reqwest::Client::new().post(server.url("/graphql"));
    let token = sign(Algorithm::ES256, Some("k1"), &claims());
    let reply = Reply::of(request.header("authorization", token)).await;
    assert_eq!((reply.status, reply.code()), (503, "UNAVAILABLE"));
    assert_eq!(reply.header("retry-after"), Some("5"));
}

#[test]
fn keys_are_not_read_over_a_line_that_anybody_can_change() {
    let settings = |url: &str| IssuerSettings::new(ISSUER.into(), "accord-api".into(), url.into());
    assert!(Issuer::new(settings("https://login.example/keys")).is_ok());
    for url in
        ["http://login.example/keys", "http://127.0.0.1.example/keys", "file:///etc/keys", "keys"]
    {
        assert!(matches!(Issuer::new(settings(url)), Err(IssuerFailure::Insecure)), "{url}");
    }
}
