//! What a strict reader refuses in a file, whether its client does or not.

use super::span::Span;

/// One place that two readers could understand differently, or that none should have to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, in the file's text.
    pub span: Span,
    /// What it is.
    pub kind: ProblemKind,
    /// One sentence for a person; text of the file in it is escaped and bounded.
    pub text: String,
}

impl Problem {
    pub(crate) fn new(span: Span, kind: ProblemKind, text: impl Into<String>) -> Self {
        Problem {
            span,
            kind,
            text: text.into(),
        }
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal $strength:ident,)+) => {
        /// The kinds of problems. Their codes are stable, and are those of `interlock check` where it has the same.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ProblemKind { $($(#[doc = $doc])+ $name,)+ }

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &'static [ProblemKind] = &[$(ProblemKind::$name,)+];

            /// The stable kebab-case code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(ProblemKind::$name => $code,)+ }
            }

            /// How bad it is.
            #[must_use]
            pub fn strength(self) -> Strength {
                match self { $(ProblemKind::$name => Strength::$strength,)+ }
            }
        }
    };
}

/// What a problem does to reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strength {
    /// Ordinary in hand-written files and read by every client of this format; worth knowing before an edit.
    Style,
    /// Two readers can take the file for two different things.
    Differs,
    /// Nobody reads this part, or the whole file.
    Broken,
}

kinds! {
    // The text.
    /// The file is longer than is read.
    TooLarge = "too-large" Broken,
    /// The bytes are no UTF-8; they were read as a lenient reader does, so the text is not the file.
    NotUtf8 = "not-utf-8" Differs,
    /// The text starts with a byte order mark.
    ByteOrderMark = "byte-order-mark" Differs,
    /// A NUL character is in the text.
    Nul = "nul" Differs,
    /// A character that a reader does not see, or that changes how the rest is seen, is in a key or value that is used.
    HiddenText = "hidden-text" Differs,
    /// The format's rules are broken: its reader gives up.
    Syntax = "not-json" Broken,
    /// Maps and lists are nested deeper than is read.
    TooDeep = "too-deep" Broken,
    /// There are more values than are read.
    TooMany = "too-many-values" Broken,
    /// Something stands after the end of the document, or a second document.
    Trailing = "trailing-data" Differs,
    /// Comments in a file that its client reads as plain JSON.
    Comment = "comments" Differs,
    /// Commas before a closing bracket in a file that its client reads as plain JSON.
    TrailingComma = "trailing-comma" Differs,
    /// A string with a raw control character or an escape that is none.
    BadText = "bad-text" Differs,
    // Keys.
    /// One key twice in one map.
    DuplicateKey = "duplicate-key" Differs,
    /// Two keys, or a key and a known one, that differ only by case.
    CaseVariant = "case-variant-key" Differs,
    /// A key that is part of every JavaScript object.
    PrototypeKey = "prototype-key" Differs,
    // YAML.
    /// A value that is used in several places by anchor and alias.
    Alias = "yaml-alias" Style,
    /// A map merged into another with `<<`.
    MergeKey = "yaml-merge-key" Differs,
    /// A tag that asks the reader to make something else of a value.
    Tag = "yaml-tag" Differs,
    /// A word that YAML 1.1 reads as true or false and YAML 1.2 as text, or the like.
    OldBoolean = "yaml-1.1-value" Differs,
    /// A key that is not text.
    KeyNotText = "yaml-key-not-text" Differs,
    // Servers.
    /// The document is no map.
    NotAnObject = "not-an-object" Broken,
    /// Where a client looks for its map of servers stands something else.
    ServersNotAMap = "servers-not-a-map" Broken,
    /// An entry that is no map.
    EntryNotAnObject = "entry-not-an-object" Broken,
    /// A name that is empty or that cannot be seen as it is.
    BadServerName = "bad-server-name" Differs,
    /// An entry with a program and an address, or with two transports inside each other.
    TwoTransports = "two-transports" Differs,
    /// What an entry says about itself contradicts what it names.
    TransportContradiction = "transport-contradiction" Differs,
    /// A transport that this client does not know.
    UnknownTransport = "unknown-transport" Differs,
    /// An entry that names neither a program nor an address.
    NoTransport = "no-transport" Broken,
    /// One field under two names.
    TwoSpellings = "two-spellings" Differs,
    /// A field as another client spells it: this one does not read it.
    ForeignField = "foreign-field" Differs,
    /// The servers stand under a key of another client: this one does not read them.
    ForeignRoot = "foreign-root" Differs,
    /// A command that is no text, or no list where this client wants one.
    CommandNotText = "command-not-text" Broken,
    /// A field that is to be text and is not.
    NotText = "not-text" Differs,
    /// Arguments that are no list.
    ArgsNotAList = "args-not-a-list" Differs,
    /// Variables or headers that are no map.
    EnvNotAMap = "env-not-a-map" Differs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_kebab_case() {
        let mut codes: Vec<_> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
        for code in codes {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            assert!(code.chars().all(plain), "{code}");
        }
    }
}
