//! What many messages share: who speaks, how loud, and how a thing looks.

names! {
    /// Who said something, or whom it is for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Role {
        /// The person.
        User = "user",
        /// The model.
        Assistant = "assistant",
    }

    /// How severe a log message is, as in RFC 5424; the least severe one first.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum LogLevel {
        /// For developers.
        Debug = "debug",
        /// What happens.
        Info = "info",
        /// What is worth knowing.
        Notice = "notice",
        /// What may go wrong.
        Warning = "warning",
        /// What went wrong.
        Error = "error",
        /// What stopped working.
        Critical = "critical",
        /// What needs somebody now.
        Alert = "alert",
        /// The end.
        Emergency = "emergency",
    }

    /// The background that an icon is made for.
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    pub enum Theme or Other {
        /// For a light background.
        Light = "light",
        /// For a dark background.
        Dark = "dark",
    }

    /// What a result is, from 2026-07-28; earlier ones say nothing and are complete.
    #[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
    pub enum ResultType or Other {
        /// The answer.
        #[default]
        Complete = "complete",
        /// Questions that have to be answered first: an [`InputRequiredResult`](super::InputRequiredResult).
        InputRequired = "input_required",
        /// A handle of work that goes on: the tasks extension.
        Task = "task",
    }

    /// Who may be given a cached result.
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    pub enum CacheScope or Other {
        /// Anybody.
        Public = "public",
        /// Only who asked.
        Private = "private",
    }
}

message! {
    /// For whom something is, and how much it matters.
    #[derive(Default)]
    pub struct Annotations {
        /// Whom it is for.
        may audience: Vec<Role> = "audience";
        /// From 0, optional, to 1, required.
        may priority: f64 = "priority";
        /// An ISO 8601 time.
        may last_modified: String = "lastModified", since V2025_06_18;
    }

    /// A picture of a thing.
    #[derive(Default)]
    pub struct Icon {
        /// `https:` or `data:`.
        must src: String = "src";
        /// Its media type, where the source does not say.
        may mime_type: String = "mimeType";
        /// As `48x48`, or `any`.
        may sizes: Vec<String> = "sizes";
        /// The background it is made for.
        may theme: Theme = "theme";
    }

    /// A program that speaks MCP.
    #[derive(Default)]
    pub struct Implementation {
        /// For programs.
        must name: String = "name";
        /// For people.
        may title: String = "title", since V2025_06_18;
        /// Its version.
        must version: String = "version";
        /// What it is.
        may description: String = "description", since V2025_11_25;
        /// Pictures of it.
        may icons: Vec<Icon> = "icons", since V2025_11_25;
        /// Where to read about it.
        may website_url: String = "websiteUrl", since V2025_11_25;
    }
}

impl Icon {
    /// An icon at a URL.
    pub fn new(src: impl Into<String>) -> Self {
        Self {
            src: src.into(),
            ..Self::default()
        }
    }
}

impl Implementation {
    /// A program's name and version.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            ..Self::default()
        }
    }
}
