//! The book's chapter on clients says what the table says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;

use interlock_scan::{CLIENTS, Client, Expansion, Layout, Os, Place};

const START: &str = "<!-- The rest is made from the table in `crates/scan/src/clients`. -->\n";

fn systems(place: &Place) -> String {
    if place.os.len() == Os::ALL.len() {
        return "all".to_owned();
    }
    let names: Vec<&str> = place.os.iter().map(|os| os.as_str()).collect();
    names.join(", ")
}

/// Where servers stand in the files of a place, as a person would say it.
fn servers(place: &Place) -> String {
    let roots = place.shape.roots.iter().map(|root| {
        let path = if root.path.is_empty() {
            "the file itself".to_owned()
        } else {
            format!("`{}`", root.path.join(" › "))
        };
        match root.layout {
            Layout::Map => path,
            Layout::List { .. } => format!("{path} (a list)"),
            Layout::Mixed => format!("{path} (names or entries)"),
            Layout::One { .. } => format!("{path} (one)"),
        }
    });
    let roots: Vec<String> = roots.collect();
    if roots.is_empty() {
        "only switches".to_owned()
    } else {
        roots.join(", ")
    }
}

fn fields(client: &Client) -> String {
    let Some(place) = client
        .places
        .iter()
        .find(|place| !place.shape.roots.is_empty())
    else {
        return String::new();
    };
    let fields = place.shape.fields;
    let list = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        if names.is_empty() {
            "–".to_owned()
        } else {
            names.join(" or ")
        }
    };
    let expansion = match fields.expansion {
        Expansion::None => "none",
        Expansion::Braces => "`${VAR}`",
        Expansion::Editor => "`${env:VAR}` and other variables of the editor",
        Expansion::Shell => "`$VAR`, `${VAR}`",
        Expansion::Opencode => "`{env:VAR}`",
        Expansion::Secrets => "`${{ secrets.NAME }}`",
        Expansion::OsEnviron => "`os.environ/VAR`",
    };
    format!(
        "Program: {} · variables: {} · address: {} · variables filled in: {expansion}\n",
        list(fields.command),
        list(fields.env),
        list(fields.url),
    )
}

fn page() -> String {
    let mut out = String::from(START);
    for client in CLIENTS {
        write!(
            out,
            "\n## {} (`{}`)\n\n{}\n",
            client.name,
            client.id,
            fields(client)
        )
        .unwrap();
        out.push_str("| scope | systems | file | format | servers under | moved by |\n");
        out.push_str("|---|---|---|---|---|---|\n");
        for place in client.places {
            let moved = place.relocation.map(|relocation| {
                let rest = relocation.path;
                let slash = if rest.is_empty() { "" } else { "/" };
                format!("`${}{slash}{rest}`", relocation.variable)
            });
            writeln!(
                out,
                "| {} | {} | `{}` | {} | {} | {} |",
                place.scope.as_str(),
                systems(place),
                place.path,
                place.format.as_str(),
                servers(place),
                moved.unwrap_or_default(),
            )
            .unwrap();
        }
    }
    out
}

#[test]
fn the_chapter_on_clients_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/clients.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, found) = text.split_once(START).unwrap();
    let expected = page();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, format!("{before}{expected}")).unwrap();
        return;
    }
    assert_eq!(
        format!("{START}{found}"),
        expected,
        "run with UPDATE_GOLDEN=1"
    );
}
