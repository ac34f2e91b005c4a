//! File names of wheels and the tags in them: which wheels an interpreter can load, and which of them fits best.

use super::{interpreter::Python, name::Name, version::Version};
use crate::host::Libc;

/// A wheel's file name, taken apart (the wheel specification's "file name convention").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelName {
    /// As written.
    pub file: String,
    /// The package.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// The build number; the higher of two otherwise equal wheels counts.
    build: (u64, String),
    pythons: Vec<String>,
    abis: Vec<String>,
    platforms: Vec<String>,
}

/// How well a wheel fits; the greater the better. Ends with the build number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fit(u8, u32, u32, (u64, String));

impl WheelName {
    /// Takes a file name apart; `None` when it is no wheel's.
    #[must_use]
    pub fn parse(file: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '!');
        let stem = file
            .strip_suffix(".whl")
            .filter(|stem| stem.len() < 250 && stem.chars().all(plain))?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (name, version, build, tags) = match parts.as_slice() {
            [name, version, tags @ ..] if tags.len() == 3 => (name, version, None, tags),
            [name, version, build, tags @ ..] if tags.len() == 3 => {
                (name, version, Some(build), tags)
            }
            _ => return None,
        };
        let [pythons, abis, platforms] = tags else {
            return None;
        };
        let list = |text: &str| text.split('.').map(str::to_ascii_lowercase).collect();
        Some(Self {
            file: file.to_owned(),
            name: Name::new(name).ok()?,
            version: version
                .replace('_', "-")
                .parse()
                .ok()
                .or_else(|| version.parse().ok())?,
            build: build.map_or(Some((0, String::new())), |text| build_number(text))?,
            pythons: list(pythons),
            abis: list(abis),
            platforms: list(platforms),
        })
    }

    /// Of a source archive, which is for whatever is built from it.
    pub(super) fn of_archive(file: &str, name: Name, version: Version) -> Self {
        let only = |tag: &str| vec![tag.to_owned()];
        Self {
            file: file.to_owned(),
            name,
            version,
            build: (0, String::new()),
            pythons: only("py3"),
            abis: only("none"),
            platforms: only("any"),
        }
    }

    /// How well the wheel fits an interpreter; `None` when it cannot load it.
    #[must_use]
    pub fn fit(&self, python: &Python) -> Option<Fit> {
        let mut best: Option<Fit> = None;
        for tag in &self.pythons {
            for abi in &self.abis {
                for platform in &self.platforms {
                    let fit = fit(python, tag, abi, platform);
                    best = best.max(fit.map(|(class, minor, system)| {
                        Fit(class, minor, system, self.build.clone())
                    }));
                }
            }
        }
        best
    }
}

/// A build number: digits, then maybe more.
fn build_number(text: &str) -> Option<(u64, String)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, rest.to_owned()))
}

/// `(class, minor version, platform)` of one tag, each greater for what is more particular.
fn fit(python: &Python, tag: &str, abi: &str, platform: &str) -> Option<(u8, u32, u32)> {
    let system = system(python, platform)?;
    let own = python.minor;
    let specific = minor(tag, "cp3");
    let generic = if tag == "py3" {
        Some(0)
    } else {
        minor(tag, "py3")
    };
    let class = match (specific, generic) {
        (Some(minor), _) if minor == own && abi == format!("cp3{own}") => (4, minor),
        (Some(minor), _) if minor <= own && abi == "abi3" => (3, minor),
        (Some(minor), _) if minor == own && abi == "none" => (2, minor),
        (_, Some(minor)) if minor <= own && abi == "none" => (1, minor),
        _ => return None,
    };
    // Extension modules for one interpreter are never for any platform.
    let makes_sense = platform != "any" || class.0 < 3;
    makes_sense.then_some((class.0, class.1, system))
}

fn minor(tag: &str, prefix: &str) -> Option<u32> {
    let digits = tag.strip_prefix(prefix)?;
    let plain =
        !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok())?
}

/// How particular a platform tag is, when it is one of the interpreter's: newer C libraries are better.
fn system(python: &Python, platform: &str) -> Option<u32> {
    if platform == "any" {
        return Some(0);
    }
    let arch = python.arch.as_str();
    let ours = |tag: &str| {
        tag.strip_suffix(arch)
            .and_then(|rest| rest.strip_suffix('_'))
            .map(str::to_owned)
    };
    let system = ours(platform)?;
    let (needs, libc) = match system.as_str() {
        "linux" => return Some(u32::MAX),
        "manylinux1" => ((2, 5), Libc::Glibc),
        "manylinux2010" => ((2, 12), Libc::Glibc),
        "manylinux2014" => ((2, 17), Libc::Glibc),
        other => {
            let (text, libc) = match other.strip_prefix("manylinux_") {
                Some(text) => (text, Libc::Glibc),
                None => (other.strip_prefix("musllinux_")?, Libc::Musl),
            };
            let (major, minor) = text.split_once('_')?;
            ((major.parse().ok()?, minor.parse().ok()?), libc)
        }
    };
    let needs: (u32, u32) = needs;
    let found = python.libc;
    let same = found.0 == libc && found.1.0 == needs.0 && found.1.1 >= needs.1;
    same.then(|| needs.0.min(100) * 1000 + needs.1.min(999))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(libc: Libc, version: (u32, u32)) -> Python {
        Python::fixture(11, "x86_64", (libc, version))
    }

    #[test]
    fn wheels_that_fit() {
        let glibc = python(Libc::Glibc, (2, 36));
        let musl = python(Libc::Musl, (1, 2));
        for (tags, on_glibc, on_musl) in [
            ("py3-none-any", true, true),
            ("py2.py3-none-any", true, true),
            ("py2-none-any", false, false),
            ("py310-none-any", true, true),
            ("py312-none-any", false, false),
            ("cp311-cp311-manylinux_2_17_x86_64", true, false),
            (
                "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
                true,
                false,
            ),
            ("cp311-cp311-manylinux_2_36_x86_64", true, false),
            ("cp311-cp311-manylinux_2_37_x86_64", false, false),
            ("cp311-cp311-manylinux1_x86_64", true, false),
            ("cp311-cp311-manylinux_2_17_aarch64", false, false),
            ("cp311-cp311-musllinux_1_2_x86_64", false, true),
            ("cp311-cp311-musllinux_1_3_x86_64", false, false),
            ("cp311-cp311-linux_x86_64", true, true),
            ("cp311-cp311-macosx_11_0_arm64", false, false),
            ("cp311-cp311-win_amd64", false, false),
            ("cp312-cp312-manylinux_2_17_x86_64", false, false),
            ("cp310-cp310-manylinux_2_17_x86_64", false, false),
            ("cp37-abi3-manylinux_2_17_x86_64", true, false),
            ("cp312-abi3-manylinux_2_17_x86_64", false, false),
            ("cp311-none-manylinux_2_17_x86_64", true, false),
            ("py3-none-manylinux_2_17_x86_64", true, false),
            ("cp311-cp311-any", false, false),
            ("pp311-pypy311_pp73-manylinux_2_17_x86_64", false, false),
            ("cp311-cp311t-manylinux_2_17_x86_64", false, false),
            ("cp3-none-any", false, false),
        ] {
            let wheel = WheelName::parse(&format!("a-1-{tags}.whl")).unwrap();
            let found = (wheel.fit(&glibc).is_some(), wheel.fit(&musl).is_some());
            assert_eq!(found, (on_glibc, on_musl), "{tags}");
        }
    }

    #[test]
    fn the_best_of_several() {
        let python = python(Libc::Glibc, (2, 36));
        let ascending = [
            "a-1-py2.py3-none-any.whl",
            "a-1-py310-none-any.whl",
            "a-1-cp311-none-any.whl",
            "a-1-cp37-abi3-manylinux_2_17_x86_64.whl",
            "a-1-cp39-abi3-manylinux_2_17_x86_64.whl",
            "a-1-cp311-cp311-manylinux1_x86_64.whl",
            "a-1-cp311-cp311-manylinux_2_28_x86_64.whl",
            "a-1-2-cp311-cp311-manylinux_2_28_x86_64.whl",
            "a-1-10-cp311-cp311-manylinux_2_28_x86_64.whl",
        ];
        let fits: Vec<Fit> = ascending
            .iter()
            .map(|file| WheelName::parse(file).unwrap().fit(&python).unwrap())
            .collect();
        assert!(fits.is_sorted_by(|a, b| a < b), "{fits:?}");
    }

    #[test]
    fn file_names() {
        let wheel = WheelName::parse("MCP_Server.Time-2026.1.2rc1-1b-py3-none-any.whl").unwrap();
        assert_eq!(
            (wheel.name.as_str(), wheel.version.as_str()),
            ("mcp-server-time", "2026.1.2rc1")
        );
        for bad in [
            "a-1.tar.gz",
            "a-1-py3-none.whl",
            "a-py3-none-any.whl",
            "a-1-x-py3-none-any.whl",
            "a-x-py3-none-any.whl",
            "../a-1-py3-none-any.whl",
            "a-1-py3-none-any.whl.exe",
            "a b-1-py3-none-any.whl",
            "",
        ] {
            assert_eq!(WheelName::parse(bad), None, "{bad}");
        }
    }
}
