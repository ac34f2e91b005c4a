//! Every rule that can give a reason, once: its stable code and its weight.
//!
//! A code never changes its meaning and never disappears without a new major version of the output.

use super::reason::Severity::{self, Danger, Info, Invalid, Refusal, Warning};

/// A rule: what it is called in the output and how much it weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
}

/// Every code that a reason can have, with its weight: for those who explain them.
pub fn reason_codes() -> impl Iterator<Item = (&'static str, Severity)> {
    ALL.iter().map(|rule| (rule.code, rule.severity))
}

macro_rules! rules {
    ($($name:ident = $code:literal $severity:ident;)*) => {
        $(pub(crate) const $name: Rule = Rule { code: $code, severity: $severity };)*
        const ALL: &[Rule] = &[$($name),*];
    };
}

rules! {
    // The request as a value.
    NUL = "nul-character" Invalid;
    TOO_LARGE = "too-large" Invalid;
    PADDED_COMMAND = "padded-command" Invalid;
    BAD_VARIABLE_NAME = "bad-variable-name" Invalid;
    DUPLICATE_VARIABLE = "duplicate-variable" Invalid;
    HIDDEN_CHARACTER = "hidden-character" Refusal;
    LOOK_ALIKE = "look-alike-characters" Refusal;
    PADDING = "padding" Refusal;
    PACKED_COMMAND = "packed-command" Refusal;
    UNTRUSTED_ORIGIN = "untrusted-origin" Refusal;
    // What would run.
    INLINE_CODE = "inline-code" Danger;
    UNKNOWN_LAUNCHER = "unknown-launch-shape" Danger;
    UNKNOWN_OPTION = "unknown-option" Danger;
    NO_PROGRAM = "no-program" Danger;
    SYSTEM_UTILITY = "system-utility" Danger;
    SHELL = "shell" Danger;
    RUNS_PROGRAMS = "runs-other-programs" Danger;
    NESTED_TOO_DEEP = "nested-too-deep" Refusal;
    PRIVILEGE = "privilege-escalation" Refusal;
    RELATIVE_PROGRAM = "relative-program" Refusal;
    MISPLACED_LAUNCHER = "misplaced-launcher" Refusal;
    DROPPED_PROGRAM = "program-in-temporary-directory" Refusal;
    NETWORK_PROGRAM = "program-on-network-path" Refusal;
    STDIN_PROGRAM = "program-from-stream" Refusal;
    REMOTE_CODE = "remote-code" Refusal;
    UNREVIEWABLE_ARCHIVE = "archive-as-program" Danger;
    SOURCE_LAUNCH = "source-file-launch" Danger;
    PRELOAD = "preloads-code" Refusal;
    DEBUGGER = "opens-debugger" Refusal;
    WRITES_FILES = "launcher-writes-files" Refusal;
    READS_SETTINGS = "launcher-reads-settings" Refusal;
    WIDENS_PERMISSIONS = "widens-permissions" Refusal;
    BROAD_PERMISSIONS = "broad-permissions" Warning;
    SCRIPT_RUNNER = "project-script" Warning;
    SECRET_PROVIDER = "secret-provider" Warning;
    // Package sources.
    BAD_PACKAGE_NAME = "bad-package-name" Refusal;
    LOCAL_PACKAGE = "local-package" Refusal;
    URL_PACKAGE = "url-package" Refusal;
    GIT_PACKAGE = "git-package" Refusal;
    VCS_SOURCE = "vcs-source" Warning;
    REGISTRY_OVERRIDE = "registry-override" Refusal;
    KNOWN_MIRROR = "known-mirror" Warning;
    BAD_SOURCE = "bad-source" Refusal;
    OWN_SOURCE = "own-source" Info;
    FLOATING_VERSION = "floating-version" Info;
    VERSION_OPTION = "version-option" Warning;
    LOOKS_LIKE_POPULAR = "looks-like-popular-package" Warning;
    // Directories.
    CWD_SHADOWS = "cwd-shadows-code" Refusal;
    CWD_TEMPORARY = "cwd-in-temporary-directory" Refusal;
    CWD_ASKED = "cwd-asked-for" Warning;
    RELATIVE_SCRIPT = "relative-script" Warning;
    TEMPORARY_SCRIPT = "script-in-temporary-directory" Warning;
    // The environment.
    CODE_VARIABLE = "code-bearing-variable" Refusal;
    SEARCH_PATH = "search-path-override" Refusal;
    SEARCH_PATH_SET = "search-path-set" Warning;
    TRUST_VARIABLE = "trust-override" Refusal;
    CA_BUNDLE = "extra-ca-bundle" Warning;
    HOME_OVERRIDE = "home-override" Refusal;
    PROXY = "proxy-override" Warning;
    ENDPOINT = "endpoint-override" Warning;
    NOTED_VARIABLE = "noted-variable" Info;
    // What is shown to others.
    SECRET_IN_ENV = "secret-in-env" Warning;
    SECRET_IN_ARGS = "secret-in-args" Warning;
    SHELL_SYNTAX = "shell-metacharacters" Info;
    SHELL_IN_ARGS = "shell-in-server-args" Danger;
    // Addresses.
    BAD_ADDRESS = "bad-address" Refusal;
    LOCAL_ADDRESS = "local-address" Info;
    // Containers.
    HOST_MOUNT = "sensitive-mount" Refusal;
    WIDE_MOUNT = "wide-mount" Warning;
    HOST_NAMESPACE = "host-namespace" Refusal;
    CONTAINER_PRIVILEGE = "container-privilege" Refusal;
    CONTAINER_DEVICE = "container-device" Refusal;
    SECRET_FILE = "secret-file" Refusal;
    BAD_IMAGE = "bad-image-name" Refusal;
    IMAGE_REGISTRY = "unfamiliar-image-registry" Warning;
    PUBLISHED_PORT = "published-port" Info;
    IMAGE_PROGRAM = "image-program-override" Warning;
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_kebab_case() {
        let codes: BTreeSet<_> = ALL.iter().map(|rule| rule.code).collect();
        assert_eq!(codes.len(), ALL.len());
        for code in codes {
            assert!(
                code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{code}"
            );
        }
    }
}
