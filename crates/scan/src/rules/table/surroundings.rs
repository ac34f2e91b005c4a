//! Rules about what a launch sets around the program: variables, trust and secrets. Their ids are the codes of `interlock check`.

use crate::finding::Confidence::{High as Sure, Medium as Likely};
use crate::finding::Severity::{High, Info, Low, Medium};
use crate::rules::rule::{Rule, rule};

pub(super) const RULES: &[Rule] = &[
    rule(
        "code-bearing-variable",
        "a variable that loads code",
        High,
        Sure,
        "`LD_PRELOAD`, `NODE_OPTIONS`, `PYTHONPATH` and their like run other code inside an innocent program.",
        "Remove the variable.",
    ),
    rule(
        "search-path-override",
        "a search path that others can write to",
        High,
        Sure,
        "Programs are looked up in places where somebody else can put one.",
        "Remove `PATH`, or keep to directories of the system.",
    ),
    rule(
        "search-path-set",
        "sets the search path",
        Info,
        Sure,
        "It decides where programs are found.",
        "Leave it out if the server does not need it.",
    ),
    rule(
        "trust-override",
        "switches the checking of certificates off, or redirects trust",
        High,
        Sure,
        "Whoever is between the server and its service reads and changes everything.",
        "Remove the variable.",
    ),
    rule(
        "extra-ca-bundle",
        "adds trusted certificates",
        Low,
        Likely,
        "Whoever holds the key of an added authority can be anybody.",
        "Make sure that the authority is your company's own.",
    ),
    rule(
        "home-override",
        "another home directory",
        High,
        Sure,
        "Settings, credentials and startup files are then read from there.",
        "Remove the variable.",
    ),
    rule(
        "proxy-override",
        "sends traffic through a proxy",
        Low,
        Likely,
        "The proxy sees where the server connects, and everything that is not encrypted.",
        "Make sure that the proxy is your company's own.",
    ),
    rule(
        "endpoint-override",
        "sends a service's traffic elsewhere",
        Medium,
        Likely,
        "Keys and content for the service go to the address that is set (CVE-2026-21852).",
        "Make sure that the address is the one that is meant.",
    ),
    rule(
        "noted-variable",
        "a variable worth knowing",
        Info,
        Sure,
        "It changes how the program runs, not which program.",
        "Nothing, if it is meant.",
    ),
    rule(
        "secret-in-env",
        "a secret in plain text",
        Medium,
        Likely,
        "Configurations are synchronised, committed, shared and read by other programs; a secret in one is everybody's.",
        "Keep it with `interlock secret set NAME` and give it to the one server with `approve --secret NAME`.",
    ),
    rule(
        "secret-in-args",
        "a secret among the arguments",
        Medium,
        Likely,
        "Every program on the machine can read the arguments of every other.",
        "Give it to the server as a variable, from `interlock secret`.",
    ),
];
