//! The list of what refers to a digest, page by page (distribution specification 1.1, "listing referrers").
//!
//! Where a list goes on, a registry says in a `Link` header. That address is asked only where it is of the same list's registry and
//! repository, as whoever is asked sees the user's token; not twice, not for ever, and for no more bytes than one list may have.

use super::{
    reference::{ImageDigest, Reference},
    registry::{Registry, Wanted},
};
use crate::http::FetchError;
use serde::Deserialize;
use std::collections::BTreeSet;
use url::Url;

/// Pages of one list. Registries put fifty things on one, or more.
const MOST: usize = 16;

/// What a list says of one thing in it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    #[serde(default)]
    pub(super) artifact_type: String,
    pub(super) digest: String,
}

/// One page of a list, or a list that has no pages.
#[derive(Deserialize)]
pub(super) struct List {
    pub(super) manifests: Vec<Listed>,
}

/// Why a list ends before its end.
pub(super) enum Cut {
    Fetch(FetchError),
    /// What came is no list.
    NoList,
    /// It goes on where it cannot: elsewhere, or where it was already.
    Astray,
    /// It has more pages than any list needs.
    Endless,
}

/// The pages of one list, asked for one after the other.
pub(super) struct Pages<'a> {
    registry: &'a Registry,
    image: &'a Reference,
    /// Bytes that are left for the pages to come.
    left: u64,
    asked: BTreeSet<String>,
    next: Option<Result<String, Cut>>,
}

impl<'a> Pages<'a> {
    /// The list of what refers to a digest; of one type, as it stands in an address, where the registry filters. Asks nothing yet.
    pub(super) fn new(
        registry: &'a Registry,
        image: &'a Reference,
        (subject, kind): (ImageDigest, &str),
        limit: u64,
    ) -> Self {
        let part = format!("referrers/{subject}?artifactType={kind}");
        Self {
            registry,
            image,
            left: limit,
            asked: BTreeSet::new(),
            next: Some(Ok(registry.address(image, &part))),
        }
    }

    fn page(&mut self, url: &str) -> Result<Vec<Listed>, Cut> {
        let wanted = Wanted::page(url, self.left);
        let page = self.registry.whole(self.image, &wanted);
        let (bytes, links) = page.map_err(Cut::Fetch)?;
        self.left = self.left.saturating_sub(bytes.len() as u64);
        self.asked.extend(Url::parse(url).map(String::from));
        let list: List = serde_json::from_slice(&bytes).map_err(|_| Cut::NoList)?;
        self.next = links.iter().find_map(|link| goes_on(link)).map(|to| {
            let within = self.registry.address(self.image, "referrers/");
            match onward(url, to, &within) {
                Some(to) if self.asked.contains(&to) => Err(Cut::Astray),
                Some(_) if self.asked.len() >= MOST => Err(Cut::Endless),
                to => to.ok_or(Cut::Astray),
            }
        });
        Ok(list.manifests)
    }
}

/// After the first that does not come, none does.
impl Iterator for Pages<'_> {
    type Item = Result<Vec<Listed>, Cut>;

    fn next(&mut self) -> Option<Self::Item> {
        let url = self.next.take()?;
        Some(url.and_then(|url| self.page(&url)))
    }
}

/// The address that a page at `from` goes on at, where it lies under `within`: same scheme, host and port, and not out of the directory.
fn onward(from: &str, to: &str, within: &str) -> Option<String> {
    let within = Url::parse(within).ok()?;
    let mut to = Url::parse(from).ok()?.join(to).ok()?;
    to.set_fragment(None);
    let is_own = to.origin() == within.origin()
        && to.path().starts_with(within.path())
        && to.username().is_empty()
        && to.password().is_none();
    is_own.then(|| to.into())
}

/// The target with the relation `next` in a `Link` header (RFC 8288).
fn goes_on(header: &str) -> Option<&str> {
    parts(header, ',').into_iter().find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let mut parameters = parts(parameters, ';').into_iter();
        // Of several relations in one link, the first parameter counts.
        let relations = parameters.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_relation = name.trim().eq_ignore_ascii_case("rel");
            is_relation.then(|| value.trim().trim_matches('"'))
        })?;
        let mut relations = relations.split_ascii_whitespace();
        let is_next = relations.any(|it| it.eq_ignore_ascii_case("next"));
        is_next.then_some(target)
    })
}

/// What stands between separators, those in quotation marks and addresses not counted.
fn parts(text: &str, separator: char) -> Vec<&str> {
    let mut until = None;
    let is_separator = |c| match until {
        Some(end) => {
            if c == end {
                until = None;
            }
            false
        }
        None => {
            until = match c {
                '"' => Some('"'),
                '<' => Some('>'),
                _ => None,
            };
            c == separator
        }
    };
    text.split(is_separator).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links() {
        for (header, expected) in [
            ("</a?b>; rel=\"next\"", Some("/a?b")),
            ("</a>;rel=next", Some("/a")),
            (" </a> ; title=\"x\" ; REL = \"prev Next\"", Some("/a")),
            (
                "</a>; rel=\"prev\", </b,c;d>; title=\"e, f; rel=g\"; rel=\"next\"",
                Some("/b,c;d"),
            ),
            ("<>; rel=next", Some("")),
            ("</a>; rel=prev; rel=next", None),
            ("</a>; title=\"; rel=next\"", None),
            ("</a>; rel=nextdoor", None),
            ("</a>", None),
            ("/a; rel=next", None),
            ("</a; rel=next", None),
            ("\", </a>; rel=next", None),
            ("", None),
        ] {
            assert_eq!(goes_on(header), expected, "{header}");
        }
    }

    #[test]
    fn where_a_list_may_go_on() {
        let within = "https://hub.example/base/v2/team/x/referrers/";
        let from = &format!("{within}sha256:ab?n=1");
        for (to, expected) in [
            ("?n=2", Some("sha256:ab?n=2")),
            ("./sha256:ab?n=2#there", Some("sha256:ab?n=2")),
            // What stands before a colon is a scheme.
            ("sha256:ab?n=2", None),
            ("/base/v2/team/x/referrers/other", Some("other")),
            (
                "https://hub.example:443/base/v2/team/x/referrers/o",
                Some("o"),
            ),
            ("/v2/team/x/referrers/sha256:ab", None),
            ("../../y/referrers/sha256:ab", None),
            ("%2e%2e/tags/list", None),
            ("/base/v2/team/x/tags/list", None),
            ("https://hub.example/", None),
            ("https://hub.example:444/base/v2/team/x/referrers/o", None),
            ("http://hub.example/base/v2/team/x/referrers/o", None),
            ("https://me@hub.example/base/v2/team/x/referrers/o", None),
            ("https://evil.example/base/v2/team/x/referrers/o", None),
            ("//evil.example/base/v2/team/x/referrers/o", None),
            ("data:x", None),
            ("https://[", None),
        ] {
            let expected = expected.map(|rest| format!("{within}{rest}"));
            assert_eq!(onward(from, to, within), expected, "{to}");
        }
    }
}
