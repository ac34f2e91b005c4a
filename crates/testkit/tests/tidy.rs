//! The tree keeps the rules of the house: edges, sizes, unsafe code, dependencies.

use interlock_testkit::tidy::{self, Shape, Untidy};

fn assert_tidy(found: &[Untidy]) {
    let list: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(
        found.is_empty(),
        "{} untidy places:\n{}",
        found.len(),
        list.join("\n")
    );
}

#[test]
fn crate_edges_are_those_of_the_table() {
    assert_tidy(&tidy::forbidden_edges(&tidy::workspace_root()).unwrap());
}

#[test]
fn files_and_functions_keep_their_size() {
    let all = tidy::all_sources(&tidy::workspace_root()).unwrap();
    assert_tidy(&tidy::long_files(&all));
    let sources = tidy::library_sources(&tidy::workspace_root()).unwrap();
    assert_tidy(&tidy::long_functions(&sources).unwrap());
    let shape = tidy::measure(&sources).unwrap();
    println!(
        "lines a file: median {} p90 {} most {}; lines a function: p90 {} p99 {} most {}",
        Shape::percentile(&shape.files, 50),
        Shape::percentile(&shape.files, 90),
        Shape::percentile(&shape.files, 100),
        Shape::percentile(&shape.functions, 90),
        Shape::percentile(&shape.functions, 99),
        Shape::percentile(&shape.functions, 100),
    );
    assert!(
        Shape::percentile(&shape.functions, 90) <= 30,
        "p90 of function lengths is over 30"
    );
    assert!(
        Shape::percentile(&shape.functions, 99) <= 80,
        "p99 of function lengths is over 80"
    );
}

#[test]
fn unsafe_stands_in_sys_only() {
    let sources = tidy::library_sources(&tidy::workspace_root()).unwrap();
    assert_tidy(&tidy::unsafe_outside_sys(&sources).unwrap());
}

#[test]
fn what_one_place_makes_no_other_does() {
    let sources = tidy::library_sources(&tidy::workspace_root()).unwrap();
    assert_tidy(&tidy::made_elsewhere(&sources));
}

#[test]
fn every_dependency_has_a_reason() {
    let root = tidy::workspace_root();
    let mut manifests = vec!["Cargo.toml".to_owned(), "xtask/Cargo.toml".to_owned()];
    manifests.extend(
        tidy::ALLOWED
            .iter()
            .map(|(name, _)| format!("crates/{name}/Cargo.toml")),
    );
    for manifest in manifests {
        let text = std::fs::read_to_string(root.join(&manifest)).unwrap();
        assert_tidy(&tidy::undocumented_dependencies(&manifest, &text));
    }
}

#[test]
fn the_lock_file_stays_small() {
    let packages = tidy::lock_size(&tidy::workspace_root()).unwrap();
    assert!(
        packages <= 300,
        "{packages} packages in Cargo.lock, the mark is 300"
    );
}
