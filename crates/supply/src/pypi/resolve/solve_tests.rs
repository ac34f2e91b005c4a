//! Small worlds: `name version: requirement, requirement` a line, and what is chosen in them.

use super::*;
use crate::{
    digest::Integrity,
    pypi::{WheelName, listing::ListedWheel},
};

/// A release and what it needs, or why it cannot be used.
type Known = (Release, Result<Vec<Requirement>, String>);

struct World(BTreeMap<Name, Vec<Known>>);

impl World {
    fn of(text: &str) -> Self {
        let mut world: BTreeMap<Name, Vec<_>> = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (head, needs) = line.split_once(':').unwrap();
            let words: Vec<&str> = head.split_whitespace().collect();
            let name = Name::new(words[0]).unwrap();
            let version: Version = words[1].parse().unwrap();
            let wheel = ListedWheel {
                source: false,
                name: WheelName::parse(&format!(
                    "{}-{version}-py3-none-any.whl",
                    words[0].replace('-', "_")
                ))
                .unwrap(),
                url: String::new(),
                integrity: Integrity::from_sha256([0; 32]),
                requires_python: None,
                yanked: words.contains(&"yanked"),
                metadata: None,
                size: None,
                published: None,
                provenance: None,
            };
            let wheel = if words.contains(&"source") {
                Err(NoWheel::OnlySource)
            } else {
                Ok(wheel)
            };
            let needs: Vec<&str> = needs
                .split(',')
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .collect();
            // In these lines, `&` stands for the comma between two comparisons.
            let needs = needs.into_iter().map(|text| {
                Requirement::parse(&text.replace('&', ",")).map_err(|error| error.to_string())
            });
            let hold = crate::Hold::new(100, 1, true, BTreeSet::new());
            let young = words
                .contains(&"young")
                .then(|| hold.young(words[0], words[1], None));
            let release = Release {
                version,
                wheel,
                young: young.flatten(),
            };
            world
                .entry(name)
                .or_default()
                .push((release, needs.collect()));
        }
        for releases in world.values_mut() {
            releases.sort_by(|(a, _), (b, _)| b.version.cmp(&a.version));
        }
        Self(world)
    }
}

impl Source for World {
    type Error = ();
    fn releases(&self, name: &Name) -> Result<Option<Arc<Vec<Release>>>, ()> {
        Ok(self
            .0
            .get(name)
            .map(|all| Arc::new(all.iter().map(|(release, _)| release.clone()).collect())))
    }
    fn needs(
        &self,
        name: &Name,
        release: &Release,
    ) -> Result<Result<Arc<Vec<Requirement>>, String>, ()> {
        let found = self.0[name]
            .iter()
            .find(|(other, _)| other.version == release.version)
            .unwrap();
        Ok(found.1.clone().map(Arc::new))
    }
}

/// Resolves `roots` in a world; `name version` of all that is chosen, or the error.
fn check(world: &str, roots: &str, expected: &str) {
    let roots: Vec<Requirement> = roots
        .split(' ')
        .map(|text| Requirement::parse(text).unwrap())
        .collect();
    let environment = Environment([("python_version", "3.11".to_owned())].into());
    let found = match solve(&World::of(world), &environment, &roots) {
        Ok(chosen) => chosen
            .iter()
            .map(|(name, release)| format!("{name} {}", release.version))
            .collect::<Vec<_>>()
            .join(", "),
        Err(Failure::Unmet(unmet)) => unmet.to_string(),
        Err(Failure::Source(())) => "source".into(),
    };
    assert_eq!(found, expected, "{world}");
}

#[test]
fn newest_first() {
    check("a 1.0:\na 2.0:\na 3.0rc1:\na 2.5 yanked:", "a", "a 2.0");
    check(
        "a 1.0: b\nb 1.0: c>=2\nc 1.0:\nc 2.0:\nc 3.0:",
        "a",
        "a 1.0, b 1.0, c 3.0",
    );
    check("a 1.0: b<2\nb 1.9:\nb 2.0:", "a", "a 1.0, b 1.9");
    check("a 1.0:\na 2.0:", "a<2", "a 1.0");
    check("a 1.0:\na 2.0 source:", "a", "a 1.0");
    check(
        "a 1.0: b ; python_version<'3.8', c ; python_version>'3.8'\nb 1:\nc 1:",
        "a",
        "a 1.0, c 1",
    );
    check("a 1.0: b\nb 1.0: a", "a", "a 1.0, b 1.0");
}

#[test]
fn what_has_to_be_meant() {
    check("a 1.0a1:\na 1.0b1:", "a", "a 1.0b1");
    check("a 1.0:\na 2.0a1:", "a>=2.0a1", "a 2.0a1");
    check("a 1.0:\na 2.0a1:", "a==2.0a1", "a 2.0a1");
    check("a 1.0:\na 2.0 yanked:", "a==2.0", "a 2.0");
    check(
        "a 1.0:\na 2.0 yanked:",
        "a>1",
        "no version of `a` will do: `a>1`; the newest one is 1.0",
    );
}

#[test]
fn going_back() {
    // The newest `a` needs a `b` that `c` does not admit.
    check(
        "a 1.0: b<2\na 2.0: b>=2\nb 1.0:\nb 2.0:\nc 1.0: b<2",
        "a c",
        "a 1.0, b 1.0, c 1.0",
    );
    // Pinned packages are chosen first, so nobody has to go back.
    check(
        "a 1.0: b\nb 1.0: c==1\nc 1.0:\nc 2.0:\nd 1.0: c",
        "d a",
        "a 1.0, b 1.0, c 1.0, d 1.0",
    );
    // Two levels between the conflict and the choice that caused it.
    check(
        "a 1.0:\na 2.0: x==1\nm 1.0:\nm 2.0:\nn 1.0:\nn 2.0:\nz 1.0: x==2\nx 1.0:\nx 2.0:",
        "a m n z",
        "a 1.0, m 2.0, n 2.0, x 2.0, z 1.0",
    );
    check(
        "a 1.0: b==1\na 2.0: b==2\nb 1.0:\nb 2.0: missing",
        "a",
        "a 1.0, b 1.0",
    );
    check("a 1.0: \na 2.0: ???", "a", "a 1.0");
}

#[test]
fn extras() {
    let world = "a 1.0: b ; extra == 'x', c ; extra == 'y'\nb 1.0:\nc 1.0:\nd 1.0: a[y]";
    check(world, "a", "a 1.0");
    check(world, "a[x]", "a 1.0, b 1.0");
    check(world, "a d", "a 1.0, c 1.0, d 1.0");
    check(world, "d a[x]", "a 1.0, b 1.0, c 1.0, d 1.0");
    check(
        "a 1.0: a[x]; extra == 'all', b; extra == 'x'\nb 1.0:",
        "a[all]",
        "a 1.0, b 1.0",
    );
    // The extra is wished after its package was chosen, and contradicts.
    check(
        "a 1.0: b<2 ; extra == 'x'\nb 1.0:\nb 2.0:\nc 1.0:\nc 2.0: a[x]",
        "a b>=2 c",
        "a 1.0, b 2.0, c 1.0",
    );
}

#[test]
fn dead_ends_say_why() {
    for (world, expected) in [
        (
            "b 1.0:",
            "no version of `a` will do: `a`; it is on no configured index",
        ),
        (
            "a 1.0: b",
            "no version of `b` will do: `b` for `a`; it is on no configured index",
        ),
        (
            "a 1.0: b>=2\nb 1.0:",
            "no version of `b` will do: `b>=2` for `a`; the newest one is 1.0",
        ),
        (
            "a 1.0 source:",
            "no version of `a` will do: `a`; 1.0: there is only a source archive, and to install one is to run its code",
        ),
        (
            "a 1.0: b @ https://h/x.whl",
            "no version of `a` will do: `a`; 1.0: `b @ https://h/x.whl` comes from an address instead of the index",
        ),
        (
            "a 1.0: b==1, c\nb 1.0:\nb 2.0:\nc 1.0: b==2",
            "no version of `b` will do: `b==1` for `a`; it contradicts what is needed of `b`",
        ),
    ] {
        if expected.contains("contradicts") {
            let text = world;
            let roots = [Requirement::parse("a").unwrap()];
            let found = solve(&World::of(text), &Environment::default(), &roots);
            assert!(matches!(found, Err(Failure::Unmet(_))));
        } else {
            check(world, "a", expected);
        }
    }
}

#[test]
fn a_search_without_end_is_given_up() {
    // Every version of each contradicts every version of the last one, and each is asked for by the one before.
    let mut world = String::new();
    for package in 0..6 {
        for version in 1..12 {
            world += &format!("p{package} {version}.0: p{}, q\n", package + 1);
        }
    }
    world += "p6 1.0: q==1\nq 1.0: r\nr 1.0: p0<0\n";
    let roots = [Requirement::parse("p0").unwrap()];
    let found = solve(&World::of(&world), &Environment::default(), &roots);
    assert!(matches!(found, Err(Failure::Unmet(_))));
}
