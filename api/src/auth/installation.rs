//! The signing key of an installation without an issuer of its own: JSON Web Tokens minted and checked in one place.

use std::{
    fs, io,
    io::{Read, Write},
    path::Path,
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{AccountId, account::Seat};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rand::RngCore;

use super::{
    AuthFailure,
    claims::{Claims, Seconds},
    issuer::refusal,
    principal::ISSUER,
};

const FILE: &str = "token.key";
const LENGTH: usize = 32;

/// 32 random bytes that sign and check this installation's tokens.
pub struct InstallationKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyFailure {
    #[error("the key file {FILE} cannot be read or created: {0}")]
    Io(#[from] io::Error),
    #[error("the key file {FILE} must hold exactly {LENGTH} bytes")]
    Length,
    #[error(transparent)]
    Directory(#[from] eventlog::OpenError),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MintFailure {
    #[error("a token cannot last that long")]
    Lifetime,
    #[error("the token cannot be signed")]
    Signing,
}

impl InstallationKey {
    /// Reads `token.key` in `data_dir`, or creates it. Of several processes that create it at the same time, one wins and
    /// all read the winner's key.
    pub fn open(data_dir: &Path) -> Result<Self, KeyFailure> {
        eventlog::private_dir(data_dir)?;
        let path = data_dir.join(FILE);
        match read(&path) {
            Err(KeyFailure::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                create(data_dir, &path)?;
                read(&path)
            }
            found => found,
        }
        .map(|secret| Self::from_secret(&secret))
    }

    /// A key held in memory only: tests and throw-away demos.
    pub fn from_secret(secret: &[u8; LENGTH]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        validation.validate_exp = false; // Claims::expires_at checks the times, by our clock.
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
        }
    }

    /// A token for an account, valid from `now` for `lifetime`; `acting` in one of its roles where it has chosen one.
    pub fn mint(
        &self,
        account: AccountId,
        acting: Option<Seat>,
        lifetime: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<String, MintFailure> {
        let end = now.checked_add_signed(lifetime).ok_or(MintFailure::Lifetime)?;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: account.to_string(),
            exp: Seconds(end.timestamp()),
            nbf: Some(Seconds(now.timestamp())),
            acting: acting.map(|seat| seat.to_string()),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|_| MintFailure::Signing)
    }

    pub(super) fn verify(&self, token: &str) -> Result<Claims, AuthFailure> {
        let header = super::issuer::header(token)?;
        if header.alg != Algorithm::HS256 {
            return Err(AuthFailure::ForbiddenAlgorithm);
        }
        jsonwebtoken::decode(token, &self.decoding, &self.validation)
            .map(|token| token.claims)
            .map_err(refusal)
    }
}

fn read(path: &Path) -> Result<[u8; LENGTH], KeyFailure> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LENGTH as u64 + 1).read_to_end(&mut bytes)?;
    bytes.try_into().map_err(|_| KeyFailure::Length)
}

/// Writes the key beside its place and links it there: nobody ever reads half a key, and a link never replaces one.
fn create(data_dir: &Path, path: &Path) -> Result<(), KeyFailure> {
    let mut secret = [0; LENGTH];
    rand::rng().fill_bytes(&mut secret);
    let draft = data_dir.join(format!(".{FILE}.{}", uuid::Uuid::now_v7()));
    let mut file = eventlog::private_file(&draft)?;
    let linked = file
        .write_all(&secret)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use eventlog::{Clock as _, SystemClock};

    use super::*;

    fn directory() -> tempfile::TempDir {
        let private = fs::Permissions::from_mode(0o700);
        tempfile::Builder::new().permissions(private).tempdir().expect("a directory")
    }

    const ADA: AccountId = AccountId(uuid::Uuid::from_u128(7));

    fn mint(key: &InstallationKey) -> Result<String, MintFailure> {
        key.mint(ADA, None, TimeDelta::hours(1), SystemClock.now())
    }

    #[test]
    fn a_key_is_created_once_with_mode_0600_and_read_by_everybody_after() {
        let dir = directory();
        let open = || InstallationKey::open(dir.path());
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no panic").expect("a key"))
                .collect()
        });
        let token = mint(&keys[0]).expect("a token");
        assert!(keys.iter().all(|key| key.verify(&token).is_ok()));
        let mode = fs::metadata(dir.path().join(FILE)).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).expect("the directory").count(), 1);
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = directory();
        InstallationKey::open(dir.path()).expect("a key");
        let permissions = fs::Permissions::from_mode(0o640);
        fs::set_permissions(dir.path().join(FILE), permissions).expect("chmod");
        assert!(matches!(
            InstallationKey::open(dir.path()),
            Err(KeyFailure::Directory(eventlog::OpenError::Exposed { .. }))
        ));
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for length in [0, LENGTH - 1, LENGTH + 1] {
            let dir = directory();
            let path = dir.path().join(FILE);
            fs::write(&path, vec![0; length]).expect("the file");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("chmod");
            assert!(matches!(InstallationKey::open(dir.path()), Err(KeyFailure::Length)));
        }
    }

    #[test]
    fn another_installations_token_is_refused() {
        let token = mint(&InstallationKey::from_secret(&[1; LENGTH])).expect("a token");
        let refused = InstallationKey::from_secret(&[2; LENGTH]).verify(&token).err();
        assert_eq!(refused, Some(AuthFailure::BadSignature));
    }

    #[test]
    fn only_hs256_is_accepted() {
        let secret = [1; LENGTH];
        let claims = serde_json::json!({ "iss": ISSUER, "sub": ADA, "exp": 9_999_999_999_i64 });
        let signed = |algorithm| {
            jsonwebtoken::encode(
                &Header::new(algorithm),
                &claims,
                &EncodingKey::from_secret(&secret),
            )
            .expect("a token")
        };
        let key = InstallationKey::from_secret(&secret);
        assert!(key.verify(&signed(Algorithm::HS256)).is_ok());
        assert_eq!(
            key.verify(&signed(Algorithm::HS512)).err(),
            Some(AuthFailure::ForbiddenAlgorithm)
        );
        let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.";
        assert_eq!(key.verify(none).err(), Some(AuthFailure::Malformed));
    }

    #[test]
    fn another_issuers_name_is_refused_even_with_the_right_key() {
        let secret = [1; LENGTH];
        let claims = serde_json::json!({ "iss": "other", "sub": ADA, "exp": 9_999_999_999_i64 });
        let key = EncodingKey::from_secret(&secret);
        let token =
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).expect("a token");
        assert_eq!(
            InstallationKey::from_secret(&secret).verify(&token).err(),
            Some(AuthFailure::WrongIssuer)
        );
    }
}
