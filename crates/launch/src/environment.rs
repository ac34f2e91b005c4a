//! The variables that a request sets: which load code, which redirect trust, which are only worth knowing.
//!
//! One table of families, first match wins; names are folded to upper case, because Windows does and because
//! npm and pip do everywhere. A variable that is in no row is the server's own business.

use crate::grammar::{judge_java_options, judge_node_options, judge_registry, judge_warnings};
use crate::judge::{Case, Rule, paths, rules};
use crate::text;

/// What a variable means.
#[derive(Clone, Copy)]
enum Meaning {
    /// Nothing that matters.
    Fine,
    /// A reason whatever its value.
    Always(Rule),
    /// Its value decides.
    Judged(fn(&str, &str, &mut Case<'_>)),
}

/// Names, or prefixes ending in `*`, upper case.
struct Family {
    names: &'static [&'static str],
    meaning: Meaning,
}

const fn fine(names: &'static [&'static str]) -> Family {
    Family {
        names,
        meaning: Meaning::Fine,
    }
}

const fn always(rule: Rule, names: &'static [&'static str]) -> Family {
    Family {
        names,
        meaning: Meaning::Always(rule),
    }
}

const fn judged(judge: fn(&str, &str, &mut Case<'_>), names: &'static [&'static str]) -> Family {
    Family {
        names,
        meaning: Meaning::Judged(judge),
    }
}

/// Settings inside code-bearing families that bear no code, and values that can be judged.
static EXCEPTIONS: &[Family] = &[
    fine(&[
        "NODE_ENV",
        "NODE_NO_WARNINGS",
        "NODE_DISABLE_COLORS",
        "NODE_DEBUG",
    ]),
    fine(&[
        "PYTHONUNBUFFERED",
        "PYTHONIOENCODING",
        "PYTHONUTF8",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONFAULTHANDLER",
        "PYTHONHASHSEED",
        "PYTHONOPTIMIZE",
        "PYTHONNOUSERSITE",
        "PYTHONSAFEPATH",
        "PYTHONLEGACYWINDOWSSTDIO",
        "PYTHONLEGACYWINDOWSFSENCODING",
        "PYTHONASYNCIODEBUG",
        "PYTHONDEVMODE",
        "PYTHONTRACEMALLOC",
        "PYTHONCOERCECLOCALE",
        "PYTHON_VERSION",
        "PYTHON_GIL",
        "PYTHON_ENV",
        "PYTHON_COLORS",
        "PYTHONVERBOSE",
        "PYTHONDEBUG",
        "PYTHONWARNDEFAULTENCODING",
        "PYTHONINTMAXSTRDIGITS",
        "PYTHON_LOG_LEVEL",
        "PYTHONNODEBUGRANGES",
    ]),
    fine(&[
        "UV_PYTHON_PREFERENCE",
        "UV_PYTHON_DOWNLOADS",
        "UV_NO_PROGRESS",
        "UV_OFFLINE",
        "UV_NATIVE_TLS",
        "UV_SYSTEM_CERTS",
        "UV_LINK_MODE",
        "UV_HTTP_TIMEOUT",
        "UV_COMPILE_BYTECODE",
        "UV_NO_CACHE",
        "UV_FROZEN",
        "UV_LOCKED",
        "UV_PRERELEASE",
        "UV_EXCLUDE_NEWER",
        "UV_CONCURRENT_DOWNLOADS",
        "UV_NO_SYNC",
        "UV_RESOLUTION",
        "UV_TORCH_BACKEND",
        "UV_MANAGED_PYTHON",
        "UV_NO_CONFIG",
        "UV_ISOLATED",
        "UV_REQUEST_TIMEOUT",
    ]),
    fine(&[
        "NPM_CONFIG_LOGLEVEL",
        "NPM_CONFIG_YES",
        "NPM_CONFIG_UPDATE_NOTIFIER",
        "NPM_CONFIG_FUND",
        "NPM_CONFIG_AUDIT",
        "NPM_CONFIG_OFFLINE",
        "NPM_CONFIG_PREFER_OFFLINE",
        "NPM_CONFIG_IGNORE_SCRIPTS",
        "NPM_CONFIG_PROGRESS",
        "NPM_CONFIG_COLOR",
        "NPM_CONFIG_FETCH_TIMEOUT",
        "NPM_CONFIG_FETCH_RETRIES",
        "NPM_CONFIG_ENGINE_STRICT",
        "NPM_CONFIG_LEGACY_PEER_DEPS",
        "NPM_CONFIG_SILENT",
        "NPM_CONFIG_QUIET",
    ]),
    fine(&[
        "PIP_NO_CACHE_DIR",
        "PIP_DISABLE_PIP_VERSION_CHECK",
        "PIP_QUIET",
        "PIP_NO_INPUT",
        "PIP_PROGRESS_BAR",
        "PIP_DEFAULT_TIMEOUT",
    ]),
    fine(&[
        "GIT_AUTHOR_*",
        "GIT_COMMITTER_*",
        "GIT_TOKEN",
        "GIT_USERNAME",
        "GIT_USER",
        "GIT_PASSWORD",
        "GIT_TERMINAL_PROMPT",
        "GIT_REPO",
        "GIT_REPO_*",
        "GIT_REPOSITORY",
        "GIT_HOST",
        "GIT_BRANCH",
        "GIT_URL",
        "GIT_BASE_DIR",
        "GIT_SIGN_COMMITS",
        "GIT_PAT",
        "GIT_API_*",
        "GIT_PROVIDER",
        "GIT_DEFAULT_*",
        "GIT_PAGER_IN_USE",
        "GIT_COMMIT",
        "GIT_FLUSH",
        "GIT_EMAIL",
        "GIT_NAME",
        "GIT_ROOT",
    ]),
    fine(&[
        "DOTNET_ENVIRONMENT",
        "DOTNET_CLI_TELEMETRY_OPTOUT",
        "DOTNET_NOLOGO",
        "DOTNET_SKIP_FIRST_TIME_EXPERIENCE",
        "DOTNET_SYSTEM_*",
        "DOTNET_RUNNING_IN_CONTAINER",
        "DOTNET_ROLL_FORWARD",
        "DOTNET_GCHEAPHARDLIMIT",
        "DOTNET_GENERATE_ASPNET_CERTIFICATE",
        "DOTNET_CLI_UI_LANGUAGE",
        "DOTNET_USE_POLLING_FILE_WATCHER",
    ]),
    fine(&[
        "CARGO_TERM_*",
        "RUST_LOG",
        "RUST_BACKTRACE",
        "DENO_NO_UPDATE_CHECK",
        "DENO_NO_PROMPT",
        "COREPACK_ENABLE_*",
        "GOMAXPROCS",
        "GOGC",
        "GOMEMLIMIT",
        "GODEBUG",
        "GOOGLE_*",
        "GOLOGIN_*",
        "GOTIFY_*",
        "GODADDY_*",
    ]),
    fine(&[
        "DOCKER_CLI_HINTS",
        "DOCKER_DEFAULT_PLATFORM",
        "DOCKER_USERNAME",
        "DOCKER_HUB_*",
        "DOCKERHUB_*",
        "DOCKER_MCP_IN_CONTAINER",
        "JULIA_NUM_THREADS",
        "RUBY_ENV",
        "BUN_ENV",
        "YARN_SILENT",
        "CONDA_DEFAULT_ENV",
        "POETRY_VIRTUALENVS_*",
        "BASH_DEFAULT_TIMEOUT_MS",
        "BASH_MAX_TIMEOUT_MS",
        "BASH_MAX_OUTPUT_LENGTH",
        "LD_SDK_KEY",
        "LD_API_KEY",
        "LD_ACCESS_TOKEN",
        "LD_PROJECT*",
    ]),
];

/// Values that decide.
static JUDGED: &[Family] = &[
    judged(
        |_, value, case| judge_node_options(value, case),
        &["NODE_OPTIONS"],
    ),
    judged(
        |_, value, case| judge_java_options(value, case),
        &[
            "JAVA_TOOL_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "_JAVA_OPTIONS",
            "JAVA_OPTIONS",
        ],
    ),
    judged(java_opts, &["JAVA_OPTS", "JVM_OPTS", "CATALINA_OPTS"]),
    judged(
        |_, value, case| judge_warnings(value, case),
        &["PYTHONWARNINGS"],
    ),
    judged(
        |_, value, case| judge_registry(value, case),
        &[
            "NPM_CONFIG_REGISTRY",
            "UV_INDEX_URL",
            "UV_DEFAULT_INDEX",
            "UV_INDEX",
            "UV_EXTRA_INDEX_URL",
            "PIP_INDEX_URL",
            "PIP_EXTRA_INDEX_URL",
            "COREPACK_NPM_REGISTRY",
            "YARN_NPM_REGISTRY_SERVER",
            "BUN_CONFIG_REGISTRY",
            "JSR_URL",
            "GOPROXY",
        ],
    ),
    judged(uv_python, &["UV_PYTHON"]),
    judged(library_path, &["PYTHONPATH", "NODE_PATH", "RUBYLIB"]),
    judged(search_path, &["PATH"]),
    judged(
        home,
        &[
            "HOME",
            "USERPROFILE",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "HOMEPATH",
            "HOMEDRIVE",
            "ZDOTDIR",
            "NPM_CONFIG_PREFIX",
            "PNPM_HOME",
            "VIRTUAL_ENV",
            "BUNDLE_GEMFILE",
            "GOPATH",
            "CONDA_PREFIX",
        ],
    ),
    judged(
        install_place,
        &[
            "JAVA_HOME",
            "DOTNET_ROOT",
            "NVM_DIR",
            "VOLTA_HOME",
            "FNM_DIR",
            "ASDF_DIR",
            "MISE_*",
            "APPDATA",
            "LOCALAPPDATA",
            "PROGRAMFILES*",
            "PROGRAMDATA",
            "KUBECONFIG",
            "AWS_CONFIG_FILE",
            "AWS_SHARED_CREDENTIALS_FILE",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "PLAYWRIGHT_BROWSERS_PATH",
            "PUPPETEER_EXECUTABLE_PATH",
            "PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH",
            "CHROME_PATH",
            "CHROME_BIN",
            "CHROME_EXECUTABLE_PATH",
            "ANDROID_HOME",
        ],
    ),
    judged(
        ca_bundle,
        &[
            "NODE_EXTRA_CA_CERTS",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "AWS_CA_BUNDLE",
            "GIT_SSL_CAINFO",
            "NPM_CONFIG_CAFILE",
            "PIP_CERT",
            "DENO_CERT",
            "HTTPLIB2_CA_CERTS",
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
        ],
    ),
    judged(
        program_name,
        &[
            "BROWSER",
            "EDITOR",
            "VISUAL",
            "PAGER",
            "ENV",
            "TERM_PROGRAM",
        ],
    ),
    judged(shell, &["SHELL"]),
    judged(
        windows_place,
        &["SYSTEMROOT", "WINDIR", "COMSPEC", "SYSTEMDRIVE"],
    ),
    judged(
        tls_switch,
        &[
            "NODE_TLS_REJECT_UNAUTHORIZED",
            "PYTHONHTTPSVERIFY",
            "GIT_SSL_NO_VERIFY",
            "NPM_CONFIG_STRICT_SSL",
        ],
    ),
    judged(docker_host, &["DOCKER_HOST", "DOCKER_CONTEXT"]),
];

/// Families that load code into a program, run a command, or choose where code comes from.
static CODE: &[Family] = &[
    always(
        rules::CODE_VARIABLE,
        &[
            "LD_*",
            "DYLD_*",
            "_RLD*",
            "LIBPATH",
            "SHLIB_PATH",
            "GLIBC_TUNABLES",
            "GCONV_PATH",
            "LOCPATH",
            "NLSPATH",
            "HOSTALIASES",
            "RESOLV_HOST_CONF",
            "RES_OPTIONS",
            "LOCALDOMAIN",
            "MALLOC_CHECK_",
            "MALLOC_TRACE",
            "MALLOC_CONF",
            "TERMINFO",
            "TERMINFO_DIRS",
            "TERMCAP",
            "TZDIR",
            "GETCONF_DIR",
            "DATEMSK",
        ],
    ),
    always(
        rules::CODE_VARIABLE,
        &[
            "NODE_REPL_*",
            "NODE_V8_COVERAGE",
            "NODE_PRESERVE_SYMLINKS*",
            "NODE_ICU_DATA",
            "NODE_REDIRECT_WARNINGS",
            "NODE_COMPILE_CACHE",
            "NODE_CHANNEL_*",
            "NODE_PENDING_*",
            "NODE_INSPECT*",
            "NODE_TEST_*",
            "NODE_CLUSTER_*",
            "TS_NODE_*",
            "TSX_*",
            "ELECTRON_RUN_AS_NODE",
        ],
    ),
    always(
        rules::CODE_VARIABLE,
        &[
            "NPM_CONFIG_*",
            "NPM_EXECPATH",
            "NPM_NODE_EXECPATH",
            "NPM_LIFECYCLE_*",
            "NPM_PACKAGE_*",
            "PNPM_CONFIG_*",
            "PNPM_*",
            "YARN_*",
            "COREPACK_*",
            "BUN_*",
            "DENO_*",
            "BUNFIG*",
        ],
    ),
    always(
        rules::CODE_VARIABLE,
        &[
            "PYTHON*",
            "PIP_*",
            "PIPX_*",
            "PIPENV_*",
            "UV_*",
            "POETRY_*",
            "PDM_*",
            "HATCH_*",
            "RYE_*",
            "CONDA_*",
            "CONDARC",
            "MAMBA_*",
            "SETUPTOOLS_*",
            "DISTUTILS_*",
            "PYENV_*",
            "PYTEST_*",
            "IPYTHONDIR",
            "JUPYTER_PATH",
            "COVERAGE_PROCESS_START",
        ],
    ),
    always(
        rules::CODE_VARIABLE,
        &[
            "GIT_*",
            "SSH_ASKPASS*",
            "SUDO_ASKPASS",
            "SSH_CONFIG",
            "RSYNC_RSH",
            "CVS_RSH",
            "SVN_SSH",
            "HGRCPATH",
            "HGEDITOR",
        ],
    ),
    always(
        rules::CODE_VARIABLE,
        &[
            "BASH_*",
            "BASHOPTS",
            "SHELLOPTS",
            "PS0",
            "PS1",
            "PS2",
            "PS3",
            "PS4",
            "PROMPT_COMMAND",
            "IFS",
            "CDPATH",
            "GLOBIGNORE",
            "FPATH",
            "FUNCTION_*",
            "KSH_*",
            "FISH_*",
            "POSIXLY_CORRECT_CMD",
            "INPUTRC",
            "HISTFILE",
        ],
    ),
    always(
        rules::CODE_VARIABLE,
        &[
            "LESSOPEN",
            "LESSCLOSE",
            "MANPAGER",
            "SYSTEMD_PAGER",
            "SYSTEMD_EDITOR",
            "FCEDIT",
            "SUDO_EDITOR",
            "TAR_OPTIONS",
            "MAKEFLAGS",
            "MAKEFILES",
            "XARGS_*",
            "GREP_OPTIONS",
            "LS_OPTIONS",
            "VIMINIT",
            "EXINIT",
            "GVIMINIT",
            "EMACSLOADPATH",
        ],
    ),
    always(
        rules::CODE_VARIABLE,
        &[
            "CLASSPATH",
            "MAVEN_*",
            "GRADLE_*",
            "JBANG_*",
            "ANT_*",
            "SBT_*",
            "KOTLIN_*",
            "JDK_*",
            "_JAVA_*",
            "JAVA_AGENT*",
            "IBM_JAVA_OPTIONS",
            "OPENJ9_JAVA_OPTIONS",
            "LEIN_*",
        ],
    ),
    always(
        rules::CODE_VARIABLE,
        &[
            "PERL5*",
            "PERLLIB",
            "PERL_*",
            "RUBYOPT",
            "RUBYPATH",
            "RUBYSHELL",
            "RUBY_*",
            "GEM_*",
            "BUNDLE_*",
            "BUNDLER_*",
            "PHPRC",
            "PHP_INI_*",
            "LUA_PATH*",
            "LUA_CPATH*",
            "LUA_INIT*",
            "R_PROFILE*",
            "R_ENVIRON*",
            "R_HOME",
            "R_LIBS*",
            "JULIA_*",
            "TCLLIBPATH",
            "ERL_*",
            "ELIXIR_*",
            "MIX_*",
            "GHC_*",
            "OCAMLPATH",
            "CAML_*",
            "GUILE_*",
            "RACKET_*",
            "SWIFT_*",
        ],
    ),
    always(
        rules::CODE_VARIABLE,
        &[
            "DOTNET_*",
            "CORECLR_*",
            "COR_*",
            "COMPLUS_*",
            "NUGET_*",
            "MSBUILD*",
            "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES",
            "ASPNETCORE_PREVENTHOSTINGSTARTUP",
            "MONO_*",
            "PSMODULEPATH",
            "PATHEXT",
            "POWERSHELL_*",
            "__PSLOCKDOWNPOLICY",
            "__COMPAT_LAYER",
        ],
    ),
    always(
        rules::CODE_VARIABLE,
        &[
            "GOFLAGS",
            "GOENV",
            "GOROOT",
            "GOTOOLDIR",
            "GOTOOLCHAIN",
            "GOSUMDB",
            "GONOSUMDB",
            "GONOSUMCHECK",
            "GONOPROXY",
            "GOPRIVATE",
            "GOINSECURE",
            "GOBIN",
            "GOCACHE",
            "GOMODCACHE",
            "GOVCS",
            "GOEXPERIMENT",
            "CGO_*",
            "GCCGO",
            "GO_EXTLINK*",
            "CARGO_*",
            "RUSTC*",
            "RUSTDOC*",
            "RUSTFLAGS",
            "RUSTUP_*",
            "CARGO",
            "CC",
            "CXX",
            "LD",
            "AR",
            "AS",
            "CPP",
            "CFLAGS",
            "CXXFLAGS",
            "CPPFLAGS",
            "LDFLAGS",
            "CPATH",
            "C_INCLUDE_PATH",
            "CPLUS_INCLUDE_PATH",
            "LIBRARY_PATH",
            "COMPILER_PATH",
            "GCC_EXEC_PREFIX",
            "PKG_CONFIG*",
            "CMAKE_*",
            "NIX_*",
            "CCACHE_*",
        ],
    ),
    always(
        rules::CODE_VARIABLE,
        &[
            "OPENSSL_*",
            "SSLKEYLOGFILE",
            "SSL_ENGINE*",
            "PKCS11_*",
            "GNUTLS_*",
            "NSS_*",
            "KRB5_*",
            "KRB5CCNAME",
            "SASL_PATH",
            "SASL_CONF_PATH",
            "CURL_HOME",
            "WGETRC",
            "NETRC",
            "ODBCINI",
            "ODBCSYSINI",
            "ODBCINSTINI",
            "PGSYSCONFDIR",
            "PGSERVICEFILE",
            "MYSQL_HOME",
            "LIBMYSQL_PLUGINS",
            "GTK_MODULES",
            "GTK_PATH",
            "GTK_EXE_PREFIX",
            "GIO_*",
            "GDK_PIXBUF_MODULE*",
            "QT_PLUGIN_PATH",
            "QT_QPA_PLATFORM_PLUGIN_PATH",
            "QML*_IMPORT_PATH",
            "GST_*",
            "VK_*",
            "LIBGL_*",
            "LIBVA_*",
            "MAGICK_*",
            "GS_LIB",
            "DRI_*",
            "OCL_*",
        ],
    ),
    always(
        rules::CODE_VARIABLE,
        &[
            "DOCKER_*",
            "CONTAINER_HOST",
            "CONTAINERS_*",
            "BUILDKIT_*",
            "BUILDX_*",
            "COMPOSE_*",
            "STORAGE_OPTS",
            "REGISTRY_AUTH_FILE",
            "PODMAN_*",
            "NERDCTL_*",
            "XDG_CONFIG_DIRS",
            "XDG_DATA_DIRS",
        ],
    ),
];

/// Worth a word.
static NOTED: &[Family] = &[
    always(
        rules::PROXY,
        &[
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "FTP_PROXY",
            "NO_PROXY",
            "SOCKS_PROXY",
            "NPM_CONFIG_PROXY",
            "NPM_CONFIG_HTTPS_PROXY",
            "GLOBAL_AGENT_*",
            "*_PROXY",
        ],
    ),
    always(
        rules::ENDPOINT,
        &[
            "*_BASE_URL",
            "*_API_BASE",
            "*_API_URL",
            "*_BASE_PATH",
            "*_ENDPOINT",
            "*_ENDPOINT_URL",
            "*_API_HOST",
            "*_BASE_URI",
        ],
    ),
    always(
        rules::NOTED_VARIABLE,
        &[
            "TMPDIR",
            "TMP",
            "TEMP",
            "SSH_AUTH_SOCK",
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "DBUS_*",
            "XDG_RUNTIME_DIR",
        ],
    ),
];

fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(prefix), _) => name.starts_with(prefix),
        (None, Some(suffix)) => name.ends_with(suffix),
        (None, None) => pattern == name,
    }
}

fn find(name: &str) -> Option<Meaning> {
    [EXCEPTIONS, JUDGED, CODE, NOTED]
        .iter()
        .flat_map(|families| families.iter())
        .find(|family| family.names.iter().any(|pattern| matches(pattern, name)))
        .map(|family| family.meaning)
}

/// Judges one variable of the request.
pub(crate) fn judge_variable(name: &str, value: &str, case: &mut Case<'_>) {
    if let Some(problem) = name_problem(name) {
        return case.note(
            rules::BAD_VARIABLE_NAME,
            format!("the variable `{}` {problem}", text::excerpt(name)),
        );
    }
    if let Some(hidden) = text::hidden_char(value, true) {
        case.note(
            rules::HIDDEN_CHARACTER,
            format!(
                "the value of `{}` contains {}",
                text::excerpt(name),
                hidden.escape_unicode()
            ),
        );
    }
    if value.trim_start().starts_with("() {") {
        case.note(
            rules::CODE_VARIABLE,
            format!("`{}` is a shell function", text::excerpt(name)),
        );
    }
    judge_meaning(name, value, case);
    judge_secret(name, value, case);
}

/// Judges a variable that is set inside a container: what it loads is the image's, but what it says is the request's.
pub(crate) fn judge_inside(name: &str, value: &str, case: &mut Case<'_>) {
    let upper = name.to_ascii_uppercase();
    let fine_inside = matches!(
        upper.as_str(),
        "PATH" | "HOME" | "JAVA_OPTS" | "DOCKER_HOST" | "TZ"
    ) && !paths::is_temporary(value);
    if let Some(problem) = name_problem(name) {
        return case.note(
            rules::BAD_VARIABLE_NAME,
            format!("the variable `{}` {problem}", text::excerpt(name)),
        );
    }
    if !fine_inside {
        judge_meaning(name, value, case);
    }
    judge_secret(name, value, case);
}

fn judge_meaning(name: &str, value: &str, case: &mut Case<'_>) {
    let folded = name.to_ascii_uppercase().replace('-', "_");
    match find(&folded) {
        None | Some(Meaning::Fine) => {}
        Some(Meaning::Always(rule)) => {
            case.note(rule, format!("the variable `{}`", text::excerpt(name)))
        }
        Some(Meaning::Judged(judge)) => judge(name, value, case),
    }
}

/// Names that systems read differently, or not at all.
fn name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("has no name");
    }
    if name.contains(['=', '\0']) {
        return Some("is read differently by different systems");
    }
    if text::hidden_char(name, false).is_some() || !name.is_ascii() || name.contains(' ') {
        return Some("has letters that variables do not have");
    }
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'(' | b')'));
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (!plain || !starts).then_some("is not a name that a program would look up")
}

/// Judges all variables of a request, and that no two are the same.
pub(crate) fn judge_all(env: &[(String, String)], case: &mut Case<'_>) {
    for (at, (name, value)) in env.iter().enumerate() {
        let twin = env
            .iter()
            .take(at)
            .any(|(other, _)| other.eq_ignore_ascii_case(name));
        if twin {
            case.note(
                rules::DUPLICATE_VARIABLE,
                format!("the variable `{}` is set twice", text::excerpt(name)),
            );
        }
        judge_variable(name, value, case);
    }
}

fn java_opts(name: &str, value: &str, case: &mut Case<'_>) {
    let loads = [
        "-javaagent",
        "-agentlib",
        "-agentpath",
        "OnError",
        "OnOutOfMemoryError",
        "bootclasspath",
        "-XX:Flags",
        "-XX:VMOptionsFile",
    ];
    if loads.iter().any(|part| value.contains(part)) {
        case.note(
            rules::CODE_VARIABLE,
            format!("`{name}` loads code into the JVM"),
        );
    } else {
        case.note(rules::NOTED_VARIABLE, format!("`{name}` sets JVM options"));
    }
}

fn uv_python(name: &str, value: &str, case: &mut Case<'_>) {
    if paths::is_path(value) && !paths::is_program_place(value) {
        case.note(
            rules::CODE_VARIABLE,
            format!("`{name}` would start `{}`", text::excerpt(value)),
        );
    }
}

/// Libraries beside the script of a bundle are part of the bundle: the same variable in front, or a relative path.
/// Anything else puts code of another place in front of the server's.
fn library_path(name: &str, value: &str, case: &mut Case<'_>) {
    let bundled = value.split(';').all(|entry| {
        let variable = entry
            .strip_prefix("${")
            .and_then(|rest| rest.split_once('}'));
        let rest = variable.map_or(entry, |(_, rest)| rest);
        let own = variable.is_some_and(|(variable, _)| {
            !variable.to_ascii_uppercase().contains("TMP") && !variable.eq_ignore_ascii_case("HOME")
        }) || (!entry.is_empty() && !paths::is_absolute(entry))
            || (text::is_placeholder_path(entry) && !entry.starts_with(['$', '~']));
        own && !rest.contains("..")
            && !paths::is_temporary(entry)
            && !(variable.is_none() && entry.contains(':') && !entry.contains(":\\"))
    });
    let relative_needs_no_cwd = value.starts_with("${") || case.cwd.is_none();
    if bundled && relative_needs_no_cwd {
        case.note(
            rules::NOTED_VARIABLE,
            format!("`{name}` adds the bundle's own libraries"),
        );
    } else {
        case.note(
            rules::CODE_VARIABLE,
            format!(
                "`{name}` puts `{}` in front of the server's own libraries",
                text::excerpt(value)
            ),
        );
    }
}

fn search_path(name: &str, value: &str, case: &mut Case<'_>) {
    let separator = if value.contains(';') || value.contains(":\\") {
        ';'
    } else {
        ':'
    };
    let joined = text::has_variable(value)
        .then(|| value.replace("${env:", "${env_"))
        .unwrap_or_else(|| value.to_owned());
    let believable = joined.split(separator).all(|entry| {
        text::is_variable(entry)
            || paths::is_program_place(&format!("{entry}/x"))
            || (text::is_placeholder_path(entry)
                && paths::is_absolute(entry)
                && !paths::is_temporary(entry))
    });
    let rule = if believable {
        rules::SEARCH_PATH_SET
    } else {
        rules::SEARCH_PATH
    };
    case.note(
        rule,
        format!(
            "`{name}` decides where programs are found: `{}`",
            text::excerpt(value)
        ),
    );
}

fn home(name: &str, value: &str, case: &mut Case<'_>) {
    let whole = text::is_variable(value)
        || (text::is_placeholder_path(value)
            && !paths::is_temporary(value)
            && !value.starts_with('$'));
    if whole {
        case.note(rules::NOTED_VARIABLE, format!("`{name}` is set"));
    } else {
        case.note(
            rules::HOME_OVERRIDE,
            format!("programs read settings, and so code, from `{name}`"),
        );
    }
}

fn install_place(name: &str, value: &str, case: &mut Case<'_>) {
    let odd = paths::is_temporary(value)
        || paths::is_network(value)
        || (!paths::is_absolute(value) && paths::is_path(value) && value.contains(".."));
    let rule = if odd {
        rules::CODE_VARIABLE
    } else {
        rules::NOTED_VARIABLE
    };
    case.note(
        rule,
        format!("`{name}` points at `{}`", text::excerpt(value)),
    );
}

fn ca_bundle(name: &str, value: &str, case: &mut Case<'_>) {
    let somewhere = (paths::is_absolute(value) || text::is_placeholder(value))
        && !paths::is_temporary(value)
        && !paths::is_network(value);
    let rule = if somewhere {
        rules::CA_BUNDLE
    } else {
        rules::TRUST_VARIABLE
    };
    case.note(rule, format!("`{name}` adds certificates that are trusted"));
}

/// A program by its plain name is a choice; a path, options or shell syntax are a command.
fn program_name(name: &str, value: &str, case: &mut Case<'_>) {
    let plain = value
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        || text::is_variable(value);
    if !plain || (name.eq_ignore_ascii_case("BROWSER") && crate::grammar::is_shell(value)) {
        case.note(
            rules::CODE_VARIABLE,
            format!(
                "`{}` is a command that other programs run",
                text::excerpt(name)
            ),
        );
    }
}

fn shell(name: &str, value: &str, case: &mut Case<'_>) {
    let known = crate::grammar::is_shell(paths::base_name(value)) && paths::is_program_place(value);
    if !known && !text::is_variable(value) {
        case.note(
            rules::CODE_VARIABLE,
            format!("`{name}` is a program that others run"),
        );
    }
}

fn windows_place(name: &str, value: &str, case: &mut Case<'_>) {
    let lower = value.to_ascii_lowercase().replace('/', "\\");
    let usual = matches!(
        lower.trim_end_matches('\\'),
        "c:\\windows" | "c:" | "c:\\windows\\system32\\cmd.exe" | "d:\\windows"
    ) || text::is_variable(value);
    if !usual {
        case.note(
            rules::CODE_VARIABLE,
            format!("`{name}` decides where Windows finds its own programs"),
        );
    }
}

fn tls_switch(name: &str, value: &str, case: &mut Case<'_>) {
    let harmless = match name.to_ascii_uppercase().as_str() {
        "GIT_SSL_NO_VERIFY" => matches!(value, "0" | "false" | ""),
        _ => matches!(value, "1" | "true"),
    };
    if !harmless {
        case.note(
            rules::TRUST_VARIABLE,
            format!(
                "`{}` turns the verification of certificates off",
                text::excerpt(name)
            ),
        );
    }
}

fn docker_host(name: &str, value: &str, case: &mut Case<'_>) {
    let local = value.starts_with("unix://") && !paths::is_temporary(value)
        || value.starts_with("npipe://")
        || text::is_variable(value)
        || value == "default";
    let rule = if local {
        rules::NOTED_VARIABLE
    } else {
        rules::CODE_VARIABLE
    };
    case.note(
        rule,
        format!("`{name}` chooses the engine that starts containers"),
    );
}

/// Parts of the names of variables and options that hold secrets, lower case.
const SECRET_NAMES: &[&str] = &[
    "token",
    "secret",
    "password",
    "passwd",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "access-key",
    "private_key",
    "credential",
    "_pat",
    "auth",
    "bearer",
    "connection_string",
    "_key",
    "-key",
    "pwd",
];
/// How well-known secrets begin.
const SECRET_PREFIXES: &[&str] = &[
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "sk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "pk_live_",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "ntn_",
    "secret_",
    "eyJ",
    "npm_",
    "pypi-",
    "dop_v1_",
    "hf_",
    "sntrys_",
    "sbp_",
    "lin_api_",
    "figd_",
    "fc-",
    "tvly-",
    "BSA",
    "shpat_",
    "dckr_pat_",
    "glsa_",
    "SG.",
    "key-",
    "-----BEGIN",
    "Bearer ",
    "Basic ",
    "xai-",
    "gsk_",
    "r8_",
    "pat-",
    "ATATT",
    "ctx7sk",
];

/// Whether a value is a real secret rather than a hint where one goes.
fn is_secret_value(value: &str) -> bool {
    let bare = value.strip_prefix("Bearer ").unwrap_or(value);
    let known = SECRET_PREFIXES.iter().any(|prefix| {
        bare.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= 12
                && !text::has_variable(rest)
                && !rest.contains("...")
                && !rest.contains('*')
        })
    });
    known
        || (bare.len() >= 8
            && !text::is_placeholder(value)
            && !value.contains(' ')
            && bare
                .bytes()
                .any(|b| b.is_ascii_digit() || b.is_ascii_punctuation()))
}

fn is_known_secret(value: &str) -> bool {
    SECRET_PREFIXES.iter().any(|prefix| {
        value.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= 16
                && !rest.contains(['.', '*', '<', '$', ' '])
                && rest
                    .bytes()
                    .any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        })
    })
}

fn names_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| lower.contains(part))
}

fn judge_secret(name: &str, value: &str, case: &mut Case<'_>) {
    if is_known_secret(value)
        || (names_secret(name) && is_secret_value(value))
        || url_password(value).is_some()
    {
        case.note(
            rules::SECRET_IN_ENV,
            format!(
                "`{}` holds a secret in plain text: {}",
                text::excerpt(name),
                text::mask(value)
            ),
        );
    }
}

/// The password of `scheme://user:password@host`, when it is no hint.
fn url_password(value: &str) -> Option<&str> {
    let authority = value.split_once("://")?.1.split('/').next()?;
    let password = authority.rsplit_once('@')?.0.split_once(':')?.1;
    (password.len() >= 4
        && !text::is_placeholder(password)
        && !matches!(
            password.to_ascii_lowercase().as_str(),
            "password" | "pass" | "secret" | "postgres"
        ))
    .then_some(password)
}

/// Notes secrets among arguments: by their own look, after an option that names one, in an address.
pub(crate) fn judge_secret_args(args: &[String], case: &mut Case<'_>) {
    let mut before = "";
    for arg in args {
        let (option, value) = match arg.split_once(['=', ':']) {
            Some((option, value)) if option.starts_with('-') || names_secret(option) => {
                (option, value.trim())
            }
            _ => (before, arg.as_str()),
        };
        let named = (option.starts_with('-') || names_secret(option))
            && names_secret(option)
            && !value.starts_with('-')
            && is_secret_value(value);
        if named || is_known_secret(value) || is_known_secret(arg) || url_password(arg).is_some() {
            case.note(
                rules::SECRET_IN_ARGS,
                format!(
                    "an argument holds a secret, which every process can read: {}",
                    text::mask(value)
                ),
            );
        }
        before = arg;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str, expected: &str) {
        let mut case = Case::new(None);
        judge_variable(name, value, &mut case);
        let codes: Vec<_> = case.codes().collect();
        assert_eq!(codes.join(","), expected, "{name}={value}");
    }

    #[test]
    fn families() {
        for (name, value, expected) in [
            ("API_URL", "x", ""),
            ("GITHUB_HOST", "x", ""),
            ("LD_PRELOAD", "/x.so", "code-bearing-variable"),
            (
                "node_options",
                "--import=data:text/javascript,1",
                "preloads-code",
            ),
            ("NODE_OPTIONS", "--max-old-space-size=4096", ""),
            ("NODE_OPTIONS", "--require /x", "preloads-code"),
            ("npm_config_call", "x", "code-bearing-variable"),
            ("NPM-CONFIG-CALL", "x", "code-bearing-variable"),
            (
                "npm_config_registry",
                "http://127.0.0.1:9/",
                "registry-override",
            ),
            ("npm_config_registry", "https://registry.npmjs.org", ""),
            ("PYTHONPATH", "/tmp/x", "code-bearing-variable"),
            ("PYTHONPATH", "${__dirname}/server/lib", "noted-variable"),
            ("PYTHONPATH", "${HOME}/x", "code-bearing-variable"),
            ("PYTHONPATH", "server/lib", "noted-variable"),
            ("PYTHONUNBUFFERED", "1", ""),
            ("PYTHONWARNINGS", "ignore", ""),
            ("PYTHONWARNINGS", "all:0:antigravity.x:0:0", "preloads-code"),
            ("BROWSER", "touch x #%s", "code-bearing-variable"),
            ("BROWSER", "chrome", ""),
            ("PATH", "/tmp/abc/bin", "search-path-override"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin", "search-path-set"),
            ("PATH", "bin:/usr/bin", "search-path-override"),
            ("HOME", "/home/me", "home-override"),
            ("HOME", "${HOME}", "noted-variable"),
            (
                "NODE_EXTRA_CA_CERTS",
                "{your CA certificate file path}.pem",
                "extra-ca-bundle",
            ),
            ("NODE_EXTRA_CA_CERTS", "/tmp/ca.pem", "trust-override"),
            ("NODE_TLS_REJECT_UNAUTHORIZED", "0", "trust-override"),
            ("https_proxy", "http://h", "proxy-override"),
            ("ANTHROPIC_BASE_URL", "http://h", "endpoint-override"),
            ("UV_PYTHON", "3.11", ""),
            ("UV_PYTHON", "/tmp/abc/py", "code-bearing-variable"),
            ("BASH_FUNC_ls%%", "() { x; }", "bad-variable-name"),
            ("A=B", "x", "bad-variable-name"),
            ("", "x", "bad-variable-name"),
            ("X", "a\u{0}b", "hidden-character"),
            ("KEY_PEM", "-----BEGIN X\nabc\n", ""),
            (
                "GITHUB_TOKEN",
                "ghp_EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE0",
                "secret-in-env",
            ),
            ("GITHUB_TOKEN", "<YOUR_TOKEN>", ""),
            (
                "DATABASE_URI",
                "postgresql://username:password@localhost/db",
                "",
            ),
            (
                "DATABASE_URI",
                "postgresql://u:hunter22@localhost/db",
                "secret-in-env",
            ),
            ("JAVA_TOOL_OPTIONS", "-Xmx512m", ""),
            ("JAVA_TOOL_OPTIONS", "-javaagent:/x.jar", "preloads-code"),
            ("SystemRoot", "C:\\Windows", ""),
        ] {
            check(name, value, expected);
        }
    }
}
