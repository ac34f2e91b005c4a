//! What headers in a file hold, moved to the secret store before the file is changed.

use interlock_launch::{Secret, SecretError, SecretStore};
use interlock_scan::wrap::{HeaderSecret, Plan};

use crate::exit::{Exit, Failure};
use crate::terminal::visible;

/// Keeps every value that the new text only names.
///
/// # Errors
/// When one cannot be kept, or its name has another value already. The file then stays as it is.
pub fn keep(plan: &Plan, store: &SecretStore) -> Result<(), Failure> {
    let secrets = || plan.wrapped.iter().flat_map(|wrapped| &wrapped.secrets);
    // All of them first: a file is wrapped whole.
    for (at, secret) in secrets().enumerate() {
        is_free(secret, store)?;
        is_alone(secret, secrets().take(at))?;
    }
    for HeaderSecret { name, value } in secrets() {
        let value = Secret::new(value.reveal().to_vec());
        store.set(name, value).map_err(|error| left(&error))?;
    }
    Ok(())
}

fn is_free(secret: &HeaderSecret, store: &SecretStore) -> Result<(), Failure> {
    match store.get(&secret.name) {
        Err(SecretError::Missing(_)) => Ok(()),
        Ok(kept) if kept.reveal() == secret.value.reveal() => Ok(()),
        Ok(_) => {
            let name = visible(secret.name.as_str());
            let what = format!(
                "a file was left as it is: the secret {name} is kept already, with another value"
            );
            Err(Failure::new(Exit::Findings, what).next(format!(
                "interlock secret remove {name}, if nothing needs it"
            )))
        }
        Err(error) => Err(left(&error)),
    }
}

/// Two values under one name: the second would take the place of the first.
fn is_alone<'s>(
    secret: &HeaderSecret,
    mut others: impl Iterator<Item = &'s HeaderSecret>,
) -> Result<(), Failure> {
    let same = |other: &HeaderSecret| {
        other.name == secret.name && other.value.reveal() != secret.value.reveal()
    };
    if !others.any(same) {
        return Ok(());
    }
    let name = visible(secret.name.as_str());
    let what = format!("a file was left as it is: two of its headers would be the secret {name}");
    Err(Failure::new(Exit::Findings, what).next("rename one of the servers in the file".to_owned()))
}

fn left(error: &dyn std::error::Error) -> Failure {
    let what = "a file was left as it is, because what its headers hold could not be kept";
    Failure::new(Exit::Findings, what).because(error)
}

#[cfg(test)]
mod tests {
    use interlock_launch::Places;

    use super::*;

    #[test]
    fn two_values_never_share_a_name() {
        let secret = |name: &str, value: &str| HeaderSecret {
            name: name.parse().unwrap(),
            value: Secret::new(value.as_bytes().to_vec()),
        };
        let kept = [secret("far", "a"), secret("near", "b")];
        for (name, value, fits) in [
            ("far", "a", true),
            ("far", "b", false),
            ("other", "b", true),
        ] {
            let judged = is_alone(&secret(name, value), kept.iter());
            assert_eq!(judged.is_ok(), fits, "{name} {value}");
        }
    }

    #[test]
    fn a_name_with_another_value_is_not_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        let own = |name: &str| home.join(name);
        let uid = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&home).unwrap());
        let places = Places::new(&home, &own("c"), &own("d"), &own("s"), uid);
        let store = SecretStore::new(&places);
        let secret = |value: &str| HeaderSecret {
            name: "cursor-far-x".parse().unwrap(),
            value: Secret::new(value.as_bytes().to_vec()),
        };
        assert!(is_free(&secret("a"), &store).is_ok());
        store.set(&secret("a").name, secret("a").value).unwrap();
        assert!(is_free(&secret("a"), &store).is_ok());
        let failure = is_free(&secret("b"), &store).unwrap_err().render();
        assert!(
            failure.contains("another value") && failure.contains("secret remove"),
            "{failure}"
        );
    }
}
