//! Where packages may be fetched from.

use crate::judge::{Case, rules};
use crate::text;

/// Registries that every user has anyway, and mirrors that many use.
const REGISTRIES: &[&str] = &[
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "pypi.org",
    "files.pythonhosted.org",
    "npm.jsr.io",
    "api.nuget.org",
    "repo.maven.apache.org",
    "repo1.maven.org",
];
const MIRRORS: &[&str] = &[
    "registry.npmmirror.com",
    "pypi.tuna.tsinghua.edu.cn",
    "mirrors.aliyun.com",
    "mirrors.cloud.tencent.com",
    "mirrors.ustc.edu.cn",
    "repo.huaweicloud.com",
];

/// Where packages are fetched from: only the public registries and their known mirrors go without a word.
pub(crate) fn judge_registry(value: &str, case: &mut Case<'_>) {
    let shown = text::excerpt(value);
    let address = value.rsplit_once('=').map_or(value, |(_, address)| address);
    let host = address.strip_prefix("https://").map(|rest| {
        rest.split(['/', ':'])
            .next()
            .unwrap_or(rest)
            .to_ascii_lowercase()
    });
    match host.as_deref() {
        Some(host) if REGISTRIES.contains(&host) => {}
        Some(host) if MIRRORS.contains(&host) => case.note(
            rules::KNOWN_MIRROR,
            format!("packages come from the mirror `{shown}`"),
        ),
        _ => case.note(
            rules::REGISTRY_OVERRIDE,
            format!("packages would come from `{shown}`"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries() {
        for (value, code) in [
            ("https://registry.npmjs.org/", None),
            ("https://pypi.org/simple", None),
            ("name=https://pypi.org/simple", None),
            ("https://registry.npmmirror.com", Some("known-mirror")),
            ("http://registry.npmjs.org/", Some("registry-override")),
            (
                "https://registry.npmjs.org.evil.example/",
                Some("registry-override"),
            ),
            (
                "https://registry.npmjs.org@evil.example/",
                Some("registry-override"),
            ),
        ] {
            let mut case = Case::new(None);
            judge_registry(value, &mut case);
            assert_eq!(case.codes().next(), code, "{value}");
        }
    }
}
