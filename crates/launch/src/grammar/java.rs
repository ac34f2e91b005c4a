//! java and jbang.
//!
//! Options from `java --help-extra` of JDK 25 and the tool reference; `-XX` settings are accepted by the shape of their
//! value, because a number or a switch runs nothing while a text may be a command or a file.

use super::dispatch::Call;
use super::options::{Arity, Effect, GNU, Opt, OptionTable, Slot, flags, read, row, takes, values};
use super::package::note_version;
use super::script::{Script, refuse_odd_path};
use crate::judge::{
    Case, Class, CwdRole, Ecosystem, PackageRef, ProjectRef, ScriptKind, paths, rules,
};
use crate::text;

/// Options of the JVM that stand alone, without `-D`, `-X…` and `-XX:…`.
const ALONE: &[&str] = &[
    "-server",
    "-client",
    "-ea",
    "-da",
    "-esa",
    "-dsa",
    "-enableassertions",
    "-disableassertions",
    "--enable-preview",
    "-showversion",
    "--show-version",
    "-d64",
];
/// Options with a value, joined by `=` or in the next word, that name modules.
const MODULES: &[&str] = &[
    "--add-opens",
    "--add-exports",
    "--add-reads",
    "--add-modules",
    "--enable-native-access",
    "--illegal-native-access",
    "--limit-modules",
    "--sun-misc-unsafe-memory-access",
];

/// Judges one JVM option. False when it is not one that is known to run nothing.
fn judge_option(word: &str, case: &mut Case<'_>) -> bool {
    let name = word.split('=').next().unwrap_or(word);
    if ALONE.contains(&word) || MODULES.contains(&name) {
        return true;
    }
    if let Some(property) = word.strip_prefix("-D") {
        return judge_property(property, case);
    }
    if let Some(setting) = word.strip_prefix("-XX:") {
        return judge_setting(setting, case);
    }
    let agent = [
        "-javaagent",
        "-agentlib",
        "-agentpath",
        "-Xbootclasspath",
        "--patch-module",
        "--upgrade-module-path",
        "-Xrun",
        "-Djdk",
    ];
    if agent.iter().any(|prefix| word.starts_with(prefix)) {
        case.note(
            rules::PRELOAD,
            format!("`{}` loads code into the JVM", text::excerpt(word)),
        );
        return false;
    }
    if word.starts_with("-Xdebug") || word.starts_with("-Xrunjdwp") {
        case.note(rules::DEBUGGER, format!("`{}`", text::excerpt(word)));
        return false;
    }
    let sized = ["-Xmx", "-Xms", "-Xss", "-Xmn"]
        .iter()
        .any(|prefix| word.strip_prefix(prefix).is_some_and(is_size));
    if sized
        || matches!(
            word,
            "-Xint"
                | "-Xcomp"
                | "-Xmixed"
                | "-Xbatch"
                | "-Xrs"
                | "-Xshare:auto"
                | "-Xshare:on"
                | "-Xshare:off"
                | "-Xverify:none"
                | "-Xnoclassgc"
        )
    {
        return true;
    }
    let rule = if word.starts_with("-Xlog") || word.starts_with("-Xloggc") {
        rules::WRITES_FILES
    } else {
        rules::UNKNOWN_OPTION
    };
    case.note(rule, format!("`{}` is not accepted", text::excerpt(word)));
    false
}

/// System properties that load code or redirect trust.
const PROPERTIES: &[&str] = &[
    "java.system.class.loader",
    "java.security.manager",
    "java.security.policy",
    "java.security.properties",
    "java.library.path",
    "java.ext.dirs",
    "java.endorsed.dirs",
    "java.class.path",
    "jdk.module.path",
    "java.home",
    "sun.boot.class.path",
    "jna.library.path",
    "jna.boot.library.path",
    "loader.path",
    "loader.main",
    "log4j.configurationfile",
    "log4j2.configurationfile",
    "logback.configurationfile",
    "java.util.logging.config.file",
    "java.util.logging.config.class",
    "java.rmi.server.codebase",
    "com.sun.jndi.ldap.object.trusturlcodebase",
    "com.sun.management.jmxremote.port",
    "spring.config.location",
    "spring.config.additional-location",
    "spring.config.import",
    "jdk.attach.allowattachself",
];

fn judge_property(property: &str, case: &mut Case<'_>) -> bool {
    let name = property
        .split('=')
        .next()
        .unwrap_or(property)
        .to_ascii_lowercase();
    if PROPERTIES.contains(&name.as_str()) {
        case.note(
            rules::PRELOAD,
            format!(
                "the property `{}` loads code or settings",
                text::excerpt(property)
            ),
        );
        return false;
    }
    true
}

fn judge_setting(setting: &str, case: &mut Case<'_>) -> bool {
    let plain = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let fine = match setting.strip_prefix(['+', '-']) {
        Some(switch) => {
            plain(switch)
                && !matches!(
                    switch,
                    "UnlockDiagnosticVMOptions"
                        | "EnableJVMCI"
                        | "HeapDumpOnOutOfMemoryError"
                        | "StartAttachListener"
                        | "EnableDynamicAgentLoading"
                        | "LogVMOutput"
                        | "DumpReplayDataOnError"
                )
        }
        None => setting
            .split_once('=')
            .is_some_and(|(name, value)| plain(name) && is_size(value)),
    };
    if !fine {
        case.note(
            rules::PRELOAD,
            format!(
                "`-XX:{}` may run a command or touch files",
                text::excerpt(setting)
            ),
        );
    }
    fine
}

fn is_size(value: &str) -> bool {
    let digits = value.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G', 't', 'T', '%']);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// JAVA_TOOL_OPTIONS and its kin: JVM options separated by space.
pub(crate) fn judge_java_options(value: &str, case: &mut Case<'_>) {
    for word in value.split_whitespace() {
        if word.starts_with('@') || !word.starts_with('-') {
            case.note(
                rules::PRELOAD,
                format!("`{}` is no plain JVM option", text::excerpt(word)),
            );
        } else {
            judge_option(word, case);
        }
    }
}

/// `java [options] -jar file [args]` or `java [options] -cp path Main [args]`.
pub(crate) fn java(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let mut rest = call.args;
    let mut options = Vec::new();
    let mut classpath = None;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        match word.as_str() {
            "-jar" => return jar(call, options, after, case),
            "-cp" | "-classpath" | "--class-path" | "-p" | "--module-path" => {
                let Some((value, after)) = after.split_first() else {
                    break;
                };
                classpath = Some(value.as_str());
                rest = after;
            }
            "-m" | "--module" => return class_name(call, classpath, options, after, case),
            module if MODULES.contains(&module) => {
                let Some((value, after)) = after.split_first() else {
                    break;
                };
                options.extend([word.clone(), value.clone()]);
                rest = after;
            }
            option if option.starts_with('-') => {
                if !judge_option(option, case) {
                    return Class::Unknown;
                }
                options.push(word.clone());
            }
            other => {
                let operands = std::slice::from_ref(word)
                    .iter()
                    .chain(after)
                    .cloned()
                    .collect::<Vec<_>>();
                if other.starts_with('@') {
                    return case.unknown(
                        rules::READS_SETTINGS,
                        format!("`{}` reads options from a file", text::excerpt(other)),
                    );
                }
                if paths::is_path(other)
                    || other.to_ascii_lowercase().ends_with(".java")
                    || paths::is_url(other)
                {
                    return case.unknown(
                        rules::SOURCE_LAUNCH,
                        format!("`{}` is compiled and run as it is", text::excerpt(other)),
                    );
                }
                return class_name(call, classpath, options, &operands, case);
            }
        }
    }
    case.unknown(rules::NO_PROGRAM, "`java` is given no archive to start")
}

fn jar(call: &Call<'_>, options: Vec<String>, rest: &[String], case: &mut Case<'_>) -> Class {
    let Some((path, args)) = rest.split_first() else {
        return case.unknown(rules::NO_PROGRAM, "`-jar` lacks its file");
    };
    Script {
        interpreter: call.command,
        kind: ScriptKind::Archive,
        path,
        extensions: &["jar", "war", ""],
        project: None,
        options,
        with: Vec::new(),
        args,
        cwd: CwdRole::Shadows,
    }
    .judge(case)
}

/// A main class needs a class path that says from where.
fn class_name(
    call: &Call<'_>,
    classpath: Option<&str>,
    options: Vec<String>,
    operands: &[String],
    case: &mut Case<'_>,
) -> Class {
    let (Some(classpath), Some((name, args))) = (classpath, operands.split_first()) else {
        return case.unknown(
            rules::NO_PROGRAM,
            "a main class without a class path is found in any directory",
        );
    };
    let separator = if classpath.contains(';') { ';' } else { ':' };
    let entries = if classpath.contains(":\\") && separator == ':' {
        vec![classpath]
    } else {
        classpath.split(separator).collect()
    };
    for entry in entries {
        if let Some(class) = refuse_odd_path(entry, case) {
            return class;
        }
        if paths::is_temporary(entry) || !paths::is_absolute(entry) {
            return case.unknown(
                rules::CWD_SHADOWS,
                format!(
                    "the class path `{}` is not one fixed place",
                    text::excerpt(entry)
                ),
            );
        }
    }
    let plain = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$' | b'/'));
    if !plain || name.starts_with('-') {
        return case.unknown(
            rules::BAD_PACKAGE_NAME,
            format!("`{}` is no class", text::excerpt(name)),
        );
    }
    super::python::module_class(
        call.command,
        ScriptKind::Module,
        name,
        Some(classpath),
        options,
        args,
    )
}

static JBANG_ROWS: &[Opt] = &[
    flags(&[
        "--quiet",
        "--verbose",
        "--fresh",
        "-o",
        "--offline",
        "--no-integrations",
        "--preview",
        "--enable-preview",
    ]),
    values(&[
        "-j",
        "--java",
        "--java-version",
        "-m",
        "--main",
        "--jdk-providers",
    ]),
    takes(Slot::With, &["--deps"]),
    row(
        Arity::Value,
        Effect::Noted(rules::PRELOAD),
        &[
            "-R",
            "--runtime-option",
            "--java-options",
            "-C",
            "--compile-option",
            "--javaagent",
            "--cp",
            "--class-path",
            "-s",
            "--sources",
            "-D",
            "--repos",
            "--catalog",
            "--config",
            "--native-option",
            "-N",
            "--files",
            "--build-dir",
            "--manifest",
        ],
    ),
    row(
        Arity::Joined,
        Effect::Noted(rules::DEBUGGER),
        &["-d", "--debug", "--jfr"],
    ),
    row(
        Arity::Flag,
        Effect::Inline,
        &["-c", "--code", "-i", "--interactive"],
    ),
    row(
        Arity::Flag,
        Effect::Noted(rules::BROAD_PERMISSIONS),
        &["-n", "--native"],
    ),
];
static JBANG: OptionTable = OptionTable {
    style: GNU,
    rows: &[JBANG_ROWS],
};

/// `jbang [run] [options] alias@catalog|group:artifact:version [args]`.
pub(crate) fn jbang(call: &Call<'_>, case: &mut Case<'_>) -> Class {
    let args = match call.args.split_first() {
        Some((command, rest)) if command == "run" => rest,
        _ => call.args,
    };
    let region = read(&JBANG, args, case);
    if region.inline {
        return Class::InlineCode;
    }
    let Some((reference, args)) = region.rest.split_first().filter(|_| !region.unknown) else {
        if !region.unknown {
            case.note(rules::NO_PROGRAM, "`jbang` is given nothing to start");
        }
        return Class::Unknown;
    };
    if let Some(class) = refuse_odd_path(reference, case) {
        return class;
    }
    case.judge_cwd(CwdRole::Shadows);
    let word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let coordinates: Vec<&str> = reference.split([':', '@']).collect();
    let artifact = reference.contains(':')
        && (3..=5).contains(&coordinates.len())
        && coordinates.iter().all(|part| word(part));
    let alias = reference.split_once('@').is_some_and(|(alias, catalog)| {
        word(alias) && !catalog.contains("..") && catalog.split('/').all(word)
    });
    if !artifact && !alias {
        return case.unknown(
            rules::SOURCE_LAUNCH,
            format!(
                "`{}` is a source file or nothing that is published",
                text::excerpt(reference)
            ),
        );
    }
    note_version(artifact, reference, case);
    let (name, spec) = match (artifact, coordinates.as_slice()) {
        (true, [group, name, version, ..]) => {
            (format!("{group}:{name}"), Some((*version).to_owned()))
        }
        _ => {
            case.note(
                rules::VCS_SOURCE,
                format!(
                    "`{}` is found through a catalog in a repository",
                    text::excerpt(reference)
                ),
            );
            (reference.clone(), None)
        }
    };
    Class::Package(PackageRef {
        ecosystem: Ecosystem::Maven,
        runner: "jbang".to_owned(),
        name,
        spec,
        bin: None,
        extras: Vec::new(),
        with: region.all(Slot::With).map(str::to_owned).collect(),
        source: None,
        project: ProjectRef::default(),
        interpreter_args: Vec::new(),
        interpreter_version: None,
        args: args.to_vec(),
    })
}
