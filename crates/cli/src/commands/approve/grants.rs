//! From the options of `approve` to checked grants.

use std::path::{Path, PathBuf};

use interlock_launch::{
    BaseProfile, Danger, EnvName, GrantPath, Grants, HostPort, LayerName, Places, Profile,
    SecretName,
};
use interlock_sandbox::Layer;
use interlock_sandbox::egress::Rule;

use crate::exit::{Exit, Failure};
use crate::options;
use crate::size;

/// The profile that the options ask for. Renewing an approval starts from what it granted.
///
/// # Errors
/// When a grant cannot be read, or needs a danger option that was not given.
pub fn profile(
    earlier: Option<&Profile>,
    granted: &options::Grants,
    danger: &options::Danger,
    places: &Places,
) -> Result<Profile, Failure> {
    let mut grants = earlier.map(Profile::to_grants).unwrap_or_default();
    add_paths(&mut grants, granted)?;
    for target in &granted.net {
        grants.net.push(host(target)?);
    }
    for name in &granted.env {
        grants
            .env
            .push(parse::<EnvName>("--env", name, "the name of a variable")?);
    }
    for name in &granted.secret {
        grants.secrets.push(parse::<SecretName>(
            "--secret",
            name,
            "a name that `interlock secret list` shows",
        )?);
    }
    add_limits(&mut grants, granted)?;
    add_danger(&mut grants, danger)?;
    Profile::new(grants, places)
        .map_err(|error| Failure::new(Exit::Usage, "these grants cannot be given").because(&error))
}

/// The profile, saying that something is built from sources where something was, and nowhere else: an option that had no effect is no
/// consent for the next time.
///
/// # Errors
/// As of [`profile`].
pub fn as_built(profile: &Profile, built: bool, places: &Places) -> Result<Profile, Failure> {
    let mut grants = profile.to_grants();
    grants.danger.retain(|it| *it != Danger::BuildSdists);
    if built {
        grants.danger.push(Danger::BuildSdists);
    }
    Profile::new(grants, places)
        .map_err(|error| Failure::new(Exit::Usage, "these grants cannot be given").because(&error))
}

fn parse<T: std::str::FromStr>(option: &str, text: &str, form: &str) -> Result<T, Failure>
where
    T::Err: std::error::Error,
{
    text.parse().map_err(|error: T::Err| {
        Failure::new(
            Exit::Usage,
            format!("`{option} {}` cannot be granted", text.escape_debug()),
        )
        .because(&error)
        .next(format!("write {form}"))
    })
}

/// A host that egress by name can serve: what could never be reached is not granted.
fn host(target: &str) -> Result<HostPort, Failure> {
    let form = "HOST:PORT with a name or an address, for example `api.example.com:443`";
    let granted: HostPort = parse("--net", target, form)?;
    let servable = Rule::danger_parse(&granted.to_string());
    if let (Err(_), _) | (_, Some(Danger::AnyHost)) = (&servable, granted.danger()) {
        let what = format!("`--net {}` cannot be served", target.escape_debug());
        let failure = Failure::new(Exit::Usage, what);
        let failure = match servable {
            Err(error) => failure.because(&error),
            Ok(_) => failure,
        };
        return Err(failure.next(format!("grant the names that the server needs: {form}")));
    }
    Ok(granted)
}

fn add_paths(grants: &mut Grants, granted: &options::Grants) -> Result<(), Failure> {
    for path in &granted.read {
        grants.reads.push(grant_path("--read", path)?);
    }
    for path in &granted.write {
        grants.writes.push(grant_path("--write", path)?);
    }
    if let Some(path) = &granted.cwd {
        grants.cwd = Some(grant_path("--cwd", path)?);
    }
    Ok(())
}

/// A grant is for the real place: a link that is turned round later grants nothing else.
fn grant_path(option: &str, path: &Path) -> Result<GrantPath, Failure> {
    let real: PathBuf = std::fs::canonicalize(path).map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("`{option} {}` cannot be granted", path.display()),
        )
        .because(&error)
        .next("grant something that exists")
    })?;
    parse(option, &real.to_string_lossy(), "an absolute path")
}

fn add_limits(grants: &mut Grants, granted: &options::Grants) -> Result<(), Failure> {
    if let Some(text) = &granted.memory {
        grants.limits.memory_bytes = size::parse(text)?;
    }
    if let Some(text) = &granted.scratch {
        grants.limits.tmp_bytes = size::parse(text)?;
    }
    if let Some(processes) = granted.processes {
        grants.limits.processes = processes;
    }
    match granted.profile {
        Some(options::BaseProfile::Browser) => grants.base = BaseProfile::Browser,
        Some(options::BaseProfile::Default) => grants.base = BaseProfile::Default,
        None => {}
    }
    Ok(())
}

/// The danger options that were given, as they are written.
pub fn danger_options(danger: &options::Danger) -> Vec<String> {
    let missing = danger.danger_allow_missing.iter();
    let missing = missing.map(|layer| format!("--danger-allow-missing={layer}"));
    let named = chosen(danger).map(|danger| format!("--danger-{danger}"));
    named.chain(missing).collect()
}

fn chosen(danger: &options::Danger) -> impl Iterator<Item = Danger> {
    let all = [
        (danger.danger_allow_inline_code, Danger::AllowInlineCode),
        (danger.danger_allow_unknown, Danger::AllowUnknown),
        (danger.danger_wide_grant, Danger::WideGrant),
        (danger.danger_own_files, Danger::OwnFiles),
        (danger.danger_code_environment, Danger::CodeEnvironment),
        (danger.danger_private_network, Danger::PrivateNetwork),
        (danger.danger_build_sdists, Danger::BuildSdists),
    ];
    all.into_iter()
        .filter(|(given, _)| *given)
        .map(|(_, danger)| danger)
}

fn add_danger(grants: &mut Grants, danger: &options::Danger) -> Result<(), Failure> {
    grants.danger.extend(chosen(danger));
    for name in &danger.danger_allow_missing {
        let names: Vec<&str> = Layer::ALL.iter().map(|layer| layer.name()).collect();
        if Layer::from_name(name).is_none() {
            let what = format!("`{}` is no layer of the sandbox", name.escape_debug());
            return Err(
                Failure::new(Exit::Usage, what).next(format!("choose from {}", names.join(", ")))
            );
        }
        grants.allow_missing.push(parse::<LayerName>(
            "--danger-allow-missing",
            name,
            "a layer's name",
        )?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        change: impl FnOnce(&mut options::Grants, &mut options::Danger),
        expected: Result<&[&str], &str>,
    ) {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        let own = home.join("own");
        let places = Places::new(
            &home,
            &own.join("config"),
            &own.join("store"),
            &own.join("state"),
            1000,
        );
        let (mut grants, mut danger) = (options::Grants::default(), options::Danger::default());
        change(&mut grants, &mut danger);
        match (profile(None, &grants, &danger, &places), expected) {
            (Ok(profile), Ok(expected)) => {
                assert_eq!(crate::show::grant_options(&profile), expected)
            }
            (Err(failure), Err(part)) => {
                assert!(failure.render().contains(part), "{}", failure.render())
            }
            (Ok(_), Err(part)) => panic!("accepted, expected {part}"),
            (Err(failure), Ok(_)) => panic!("{}", failure.render()),
        }
    }

    #[test]
    fn what_was_not_built_is_no_consent() {
        let home = tempfile::tempdir().unwrap();
        let own = home.path().join("own");
        let places = Places::new(
            home.path(),
            &own.join("config"),
            &own.join("store"),
            &own.join("state"),
            1000,
        );
        for (given, built) in [(true, true), (true, false), (false, true), (false, false)] {
            let danger = options::Danger {
                danger_build_sdists: given,
                ..options::Danger::default()
            };
            let before = profile(None, &options::Grants::default(), &danger, &places).unwrap();
            let after = as_built(&before, built, &places).unwrap();
            assert_eq!(after.accepts(Danger::BuildSdists), built, "{given}");
        }
    }

    #[test]
    fn options_become_grants() {
        check(|_, _| {}, Ok(&[]));
        check(
            |grants, _| grants.read.push("/usr/share".into()),
            Ok(&["--read /usr/share"]),
        );
        check(
            |grants, _| grants.net.push("api.example.com:443".into()),
            Ok(&["--net api.example.com:443"]),
        );
        check(
            |grants, _| grants.memory = Some("1GiB".into()),
            Ok(&["--memory 1073741824"]),
        );
        check(
            |grants, _| grants.env.push("GITHUB_TOKEN".into()),
            Ok(&["--env GITHUB_TOKEN"]),
        );
        check(
            |_, danger| danger.danger_allow_missing.push("cgroup".into()),
            Ok(&["--danger-allow-missing=cgroup"]),
        );
    }

    #[test]
    fn what_cannot_be_granted_says_why() {
        check(
            |grants, _| grants.read.push("/no/such/path".into()),
            Err("/no/such/path"),
        );
        check(
            |grants, _| grants.net.push("api.example.com".into()),
            Err("HOST:PORT"),
        );
        check(
            |grants, _| grants.net.push("*:443".into()),
            Err("grant the names"),
        );
        check(
            |grants, _| grants.net.push("*.com:443".into()),
            Err("grant the names"),
        );
        check(
            |grants, _| grants.net.push("0.0.0.0:443".into()),
            Err("grant the names"),
        );
        check(
            |grants, _| grants.env.push("LD_PRELOAD".into()),
            Err("LD_PRELOAD"),
        );
        check(|grants, _| grants.read.push("/".into()), Err("danger"));
        check(
            |_, danger| danger.danger_allow_missing.push("magic".into()),
            Err("choose from"),
        );
    }
}
