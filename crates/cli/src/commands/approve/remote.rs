//! What is different about approving an address: nothing runs here, so nothing here can be granted to it.

use interlock_launch::{Class, Danger, Grants, Judgement, Launch, Limits, Profile};

use crate::exit::{Exit, Failure};
use crate::options::Approve;
use crate::show;
use crate::terminal::Style;

/// Refuses options that would have no effect on a server that is connected to.
///
/// # Errors
/// With the options that can be given.
pub fn refuse_idle_options(
    judgement: &Judgement,
    profile: &Profile,
    options: &Approve,
) -> Result<(), Failure> {
    if !matches!(judgement.class, Class::Remote(_)) {
        return Ok(());
    }
    let grants = profile.to_grants();
    let only_network = grants
        .danger
        .iter()
        .all(|danger| *danger == Danger::PrivateNetwork);
    let nothing_else = Grants {
        danger: grants.danger.clone(),
        limits: Limits::default(),
        ..Grants::default()
    };
    if only_network && grants == nothing_else && !options.learn {
        return Ok(());
    }
    let what =
        "a remote server is not started here, so there is nothing to grant to it or to learn";
    Err(Failure::new(Exit::Usage, what).next(
        "give what it is sent with `--header NAME=SECRET`, and `--danger-private-network` if it is in your own network",
    ))
}

/// What a server may touch, as a person reads it.
pub fn grants(launch: &Launch, profile: &Profile, style: Style) -> Vec<String> {
    if launch.remote().is_none() {
        return show::grants(profile, style);
    }
    let mut lines = vec![
        "nothing on this machine: it is connected to, and sees what its tools are called with"
            .to_owned(),
    ];
    lines.extend(
        show::grant_options(profile)
            .iter()
            .map(|option| style.bad(option)),
    );
    lines
}
