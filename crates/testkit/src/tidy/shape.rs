//! Lengths of files and functions, and where `unsafe` stands, read off the syntax tree.

use syn::spanned::Spanned;
use syn::visit::Visit;

use super::{SourceFile, Untidy};

/// No file may be longer, tests and all.
const FILE_LINES: usize = 600;
/// No function may be longer.
const FUNCTION_LINES: usize = 120;

/// Lengths over all sources, each sorted ascending.
#[derive(Debug, Default)]
pub struct Shape {
    /// Lines of each file, inline tests not counted.
    pub files: Vec<usize>,
    /// Lines of each function, tests not counted.
    pub functions: Vec<usize>,
    /// Lines of tests: inline test modules.
    pub inline_test_lines: usize,
}

impl Shape {
    /// The value below which `percent` of `sorted` lie; 0 of an empty list.
    pub fn percentile(sorted: &[usize], percent: usize) -> usize {
        let index = sorted.len().saturating_sub(1) * percent / 100;
        sorted.get(index).copied().unwrap_or(0)
    }
}

#[derive(Default)]
struct Reader {
    functions: Vec<(String, usize)>,
    test_lines: usize,
    unsafe_lines: Vec<usize>,
}

fn lines_of(spanned: &impl Spanned) -> usize {
    let span = spanned.span();
    span.end().line.saturating_sub(span.start().line) + 1
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            list.tokens.to_string().contains("test")
        }
        meta => meta.path().is_ident("test"),
    })
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if is_test(&module.attrs) {
            self.test_lines += lines_of(module);
        } else {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if !is_test(&function.attrs) {
            self.functions
                .push((function.sig.ident.to_string(), lines_of(&function.block)));
            syn::visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.functions
            .push((function.sig.ident.to_string(), lines_of(&function.block)));
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.unsafe_lines.push(block.span().start().line);
        syn::visit::visit_expr_unsafe(self, block);
    }
}

fn read(source: &SourceFile) -> Result<Reader, String> {
    let tree = syn::parse_file(&source.text).map_err(|e| format!("{}: {e}", source.path))?;
    let mut reader = Reader::default();
    reader.visit_file(&tree);
    Ok(reader)
}

/// Measures all sources.
///
/// # Errors
/// When a file is not Rust.
pub fn measure(sources: &[SourceFile]) -> Result<Shape, String> {
    let mut shape = Shape::default();
    for source in sources {
        let reader = read(source)?;
        let lines = source.text.lines().count();
        shape.files.push(lines.saturating_sub(reader.test_lines));
        shape
            .functions
            .extend(reader.functions.iter().map(|(_, lines)| *lines));
        shape.inline_test_lines += reader.test_lines;
    }
    shape.files.sort_unstable();
    shape.functions.sort_unstable();
    Ok(shape)
}

/// Files over the mark: of any Rust, tests too.
pub fn long_files(sources: &[SourceFile]) -> Vec<Untidy> {
    sources
        .iter()
        .map(|source| (source, source.text.lines().count()))
        .filter(|(_, lines)| *lines > FILE_LINES)
        .map(|(source, lines)| Untidy {
            place: source.path.clone(),
            problem: format!("{lines} lines, the most is {FILE_LINES}: is it one thing?"),
        })
        .collect()
}

/// Functions over the mark, tests not counted.
///
/// # Errors
/// When a file is not Rust.
pub fn long_functions(sources: &[SourceFile]) -> Result<Vec<Untidy>, String> {
    let mut found = Vec::new();
    for source in sources {
        for (name, lines) in read(source)?.functions {
            if lines > FUNCTION_LINES {
                found.push(Untidy {
                    place: source.path.clone(),
                    problem: format!("`{name}` has {lines} lines, the most is {FUNCTION_LINES}"),
                });
            }
        }
    }
    Ok(found)
}

/// `unsafe` blocks outside `crates/sys`.
///
/// # Errors
/// When a file is not Rust.
pub fn unsafe_outside_sys(sources: &[SourceFile]) -> Result<Vec<Untidy>, String> {
    let mut found = Vec::new();
    for source in sources
        .iter()
        .filter(|source| !source.path.starts_with("crates/sys/"))
    {
        for line in read(source)?.unsafe_lines {
            let place = format!("{}:{line}", source.path);
            found.push(Untidy {
                place,
                problem: "`unsafe` belongs in `sys` only".to_owned(),
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> SourceFile {
        SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn long_files_and_functions_are_found() {
        let long = format!("fn f() {{\n{}}}\n", "    g();\n".repeat(FUNCTION_LINES));
        let found = |text: &str| {
            let sources = [source("a.rs", text)];
            (
                long_files(&sources).len(),
                long_functions(&sources).unwrap().len(),
            )
        };
        assert_eq!(found(&long), (0, 1));
        assert_eq!(found(&"const A: u8 = 0;\n".repeat(FILE_LINES + 1)), (1, 0));
        assert_eq!(found("fn f() {}\n"), (0, 0));
        let tests = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
        assert_eq!(found(&tests), (0, 0), "tests may tell long stories");
    }

    #[test]
    fn inline_tests_do_not_count_as_source() {
        let text = "fn f() {}\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n";
        let shape = measure(&[source("a.rs", text)]).unwrap();
        assert_eq!((shape.functions.len(), shape.inline_test_lines), (1, 4));
    }

    #[test]
    fn unsafe_is_found_outside_sys_only() {
        let text = "fn f() { unsafe { g() } }\n";
        assert_eq!(
            unsafe_outside_sys(&[source("crates/wire/src/a.rs", text)])
                .unwrap()
                .len(),
            1
        );
        assert_eq!(
            unsafe_outside_sys(&[source("crates/sys/src/a.rs", text)])
                .unwrap()
                .len(),
            0
        );
    }

    #[test]
    fn percentiles_of_sorted_lengths() {
        let sorted: Vec<usize> = (1..=100).collect();
        assert_eq!(Shape::percentile(&sorted, 50), 50);
        assert_eq!(Shape::percentile(&[], 90), 0);
    }
}
