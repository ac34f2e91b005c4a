//! The releases of a package as one interpreter sees them.

use crate::{
    hold::{Hold, Young},
    pypi::{
        Specifiers, Version,
        interpreter::Python,
        listing::{ListedWheel, Listing},
    },
};

/// Why a release has nothing for an interpreter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoWheel {
    /// A source archive is all there is.
    #[error("there is only a source archive, and to install one is to run its code")]
    OnlySource,
    /// Other versions of Python only.
    #[error("it is for Python {0}")]
    OtherPython(String),
    /// Other systems, processors or C libraries only.
    #[error("it has no wheel for this system and Python")]
    OtherPlatform,
    /// The same, beside a source archive.
    #[error(
        "it has no wheel for this system and Python, and to install its source archive is to run its code"
    )]
    OtherPlatformOrSource,
}

impl NoWheel {
    /// Whether there is a source archive that could be built instead.
    #[must_use]
    pub fn could_be_built(&self) -> bool {
        matches!(self, Self::OnlySource | Self::OtherPlatformOrSource)
    }
}

/// One release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) version: Version,
    /// The wheel that fits best.
    pub(super) wheel: Result<ListedWheel, NoWheel>,
    /// Why it has to wait, if it has to.
    pub(super) young: Option<Young>,
}

impl Release {
    /// All releases of a listing, the newest first. The age of a release is that of the wheel: one may be added to an old release.
    /// Where no wheel will do, `build` takes the source archive.
    pub(super) fn all(listing: &Listing, python: &Python, hold: &Hold, build: bool) -> Vec<Self> {
        let own = python.parsed_version();
        let admitted =
            |specifiers: &Specifiers| own.as_ref().is_none_or(|own| specifiers.admit(own));
        let mut releases: Vec<Self> = listing
            .wheels
            .iter()
            .map(|(version, wheels)| {
                let young = |wheel: &ListedWheel| {
                    let name = wheel.name.name.as_str();
                    hold.young(name, version.as_str(), wheel.published)
                };
                let old: Vec<ListedWheel> = wheels
                    .iter()
                    .filter(|wheel| young(wheel).is_none())
                    .cloned()
                    .collect();
                let wheel =
                    best(&old, python, &admitted).or_else(|_| best(wheels, python, &admitted));
                let wheel = wheel.or_else(|why| {
                    let archive = listing.archives.get(version);
                    from_source(archive, why, &admitted, build, hold)
                });
                Self {
                    version: version.clone(),
                    young: wheel.as_ref().ok().and_then(young),
                    wheel,
                }
            })
            .collect();
        let sources = listing
            .sources
            .iter()
            .filter(|version| !listing.wheels.contains_key(version));
        releases.extend(sources.map(|version| {
            let archive = listing.archives.get(version);
            let wheel = from_source(archive, NoWheel::OnlySource, &admitted, build, hold);
            let young = |wheel: &ListedWheel| {
                let name = wheel.name.name.as_str();
                hold.young(name, version.as_str(), wheel.published)
            };
            Self {
                version: version.clone(),
                young: wheel.as_ref().ok().and_then(young),
                wheel,
            }
        }));
        releases.sort_by(|a, b| b.version.cmp(&a.version));
        releases.dedup_by(|a, b| a.version == b.version);
        releases
    }

    /// Whether it was withdrawn: then only a pin admits it.
    pub(super) fn is_yanked(&self) -> bool {
        self.wheel.as_ref().is_ok_and(|wheel| wheel.yanked)
    }
}

/// The source archive in the place of a wheel, if that is wanted; else why there is no wheel.
fn from_source(
    archives: Option<&Vec<ListedWheel>>,
    why: NoWheel,
    admitted: &dyn Fn(&Specifiers) -> bool,
    build: bool,
    hold: &Hold,
) -> Result<ListedWheel, NoWheel> {
    let ours = |archive: &&ListedWheel| archive.requires_python.as_ref().is_none_or(admitted);
    let old = |archive: &ListedWheel| {
        let (name, version) = (&archive.name.name, &archive.name.version);
        hold.young(name.as_str(), version.as_str(), archive.published)
            .is_none()
    };
    // As of wheels: one that does not have to wait, that was not withdrawn, and of equal ones the first by name.
    let archive = archives.into_iter().flatten().filter(ours).max_by(|x, y| {
        let (a, b) = ((old(x), !x.yanked), (old(y), !y.yanked));
        a.cmp(&b).then_with(|| y.url.cmp(&x.url))
    });
    match (archive, why) {
        (Some(archive), NoWheel::OnlySource | NoWheel::OtherPlatform) if build => {
            Ok(archive.clone())
        }
        (Some(_), NoWheel::OtherPlatform) => Err(NoWheel::OtherPlatformOrSource),
        (_, why) => Err(why),
    }
}

fn best(
    wheels: &[ListedWheel],
    python: &Python,
    admitted: &dyn Fn(&Specifiers) -> bool,
) -> Result<ListedWheel, NoWheel> {
    let ours = |wheel: &&ListedWheel| wheel.requires_python.as_ref().is_none_or(admitted);
    // Of equal ones the first by name, so that the order of the listing does not matter.
    let fitting = wheels
        .iter()
        .filter(ours)
        .filter_map(|wheel| Some((wheel.name.fit(python)?, wheel)));
    let best = fitting.max_by(|(a, x), (b, y)| (!x.yanked, a, &y.url).cmp(&(!y.yanked, b, &x.url)));
    let refused = wheels
        .iter()
        .find(|wheel| !ours(wheel))
        .and_then(|wheel| wheel.requires_python.as_ref());
    match (best, refused) {
        (Some((_, wheel)), _) => Ok(wheel.clone()),
        (None, Some(specifiers)) => Err(NoWheel::OtherPython(specifiers.to_string())),
        (None, None) => Err(NoWheel::OtherPlatform),
    }
}
