//! The methods of all revisions: who may send them, and since when.

use crate::envelope::resembles;
use crate::revision::Revision::{self, *};

/// Who sends a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The client only.
    Client,
    /// The server only.
    Server,
    /// Either side.
    Both,
}

struct Entry {
    name: &'static str,
    sender: Sender,
    notification: bool,
    first: Revision,
    last: Revision,
}

macro_rules! methods {
    ($($name:literal $method:ident $sender:ident $kind:ident $first:ident $last:ident $doc:literal;)*) => {
        /// A method of the specification. Extension methods are [`Method::Other`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Method {
            $(#[doc = $doc] $method,)*
            /// Not a method of any revision: an extension's, or nobody's.
            Other,
        }
        /// In the order of the enum, so that a method is the index of its entry.
        const TABLE: &[Entry] = &[$(Entry {
            name: $name, sender: Sender::$sender,
            notification: methods!(@ $kind), first: $first, last: $last,
        }),*];

        impl Method {
            /// All methods of the specification.
            pub const ALL: &[Self] = &[$(Self::$method),*];

            /// The method of that exact name.
            pub fn of(name: &str) -> Self {
                match name { $($name => Self::$method,)* _ => Self::Other }
            }
        }
    };
    (@ request) => { false };
    (@ notification) => { true };
}

methods! {
    "tools/call" ToolsCall Client request V2024_11_05 V2026_07_28 "`tools/call`";
    "tools/list" ToolsList Client request V2024_11_05 V2026_07_28 "`tools/list`";
    "initialize" Initialize Client request V2024_11_05 V2025_11_25 "`initialize`";
    "server/discover" Discover Client request V2026_07_28 V2026_07_28 "`server/discover`";
    "subscriptions/listen" Listen Client request V2026_07_28 V2026_07_28 "`subscriptions/listen`";
    "completion/complete" Complete Client request V2024_11_05 V2026_07_28 "`completion/complete`";
    "logging/setLevel" SetLevel Client request V2024_11_05 V2025_11_25 "`logging/setLevel`";
    "prompts/get" PromptsGet Client request V2024_11_05 V2026_07_28 "`prompts/get`";
    "prompts/list" PromptsList Client request V2024_11_05 V2026_07_28 "`prompts/list`";
    "resources/list" ResourcesList Client request V2024_11_05 V2026_07_28 "`resources/list`";
    "resources/read" ResourcesRead Client request V2024_11_05 V2026_07_28 "`resources/read`";
    "resources/templates/list" TemplatesList Client request V2024_11_05 V2026_07_28 "`resources/templates/list`";
    "resources/subscribe" Subscribe Client request V2024_11_05 V2025_11_25 "`resources/subscribe`";
    "resources/unsubscribe" Unsubscribe Client request V2024_11_05 V2025_11_25 "`resources/unsubscribe`";
    "ping" Ping Both request V2024_11_05 V2025_11_25 "`ping`";
    "tasks/get" TasksGet Both request V2025_11_25 V2026_07_28 "`tasks/get`";
    "tasks/result" TasksResult Both request V2025_11_25 V2026_07_28 "`tasks/result`";
    "tasks/list" TasksList Both request V2025_11_25 V2026_07_28 "`tasks/list`";
    "tasks/cancel" TasksCancel Both request V2025_11_25 V2026_07_28 "`tasks/cancel`";
    "roots/list" RootsList Server request V2024_11_05 V2025_11_25 "`roots/list`";
    "sampling/createMessage" CreateMessage Server request V2024_11_05 V2025_11_25 "`sampling/createMessage`";
    "elicitation/create" Elicit Server request V2025_06_18 V2025_11_25 "`elicitation/create`";
    "notifications/progress" Progress Both notification V2024_11_05 V2026_07_28 "`notifications/progress`";
    "notifications/cancelled" Cancelled Both notification V2024_11_05 V2026_07_28 "`notifications/cancelled`";
    "notifications/initialized" Initialized Client notification V2024_11_05 V2025_11_25 "`notifications/initialized`";
    "notifications/roots/list_changed" RootsChanged Client notification V2024_11_05 V2025_11_25 "`notifications/roots/list_changed`";
    "notifications/message" LogMessage Server notification V2024_11_05 V2026_07_28 "`notifications/message`";
    "notifications/tools/list_changed" ToolsChanged Server notification V2024_11_05 V2026_07_28 "`notifications/tools/list_changed`";
    "notifications/prompts/list_changed" PromptsChanged Server notification V2024_11_05 V2026_07_28 "`notifications/prompts/list_changed`";
    "notifications/resources/list_changed" ResourcesChanged Server notification V2024_11_05 V2026_07_28 "`notifications/resources/list_changed`";
    "notifications/resources/updated" ResourceUpdated Server notification V2024_11_05 V2026_07_28 "`notifications/resources/updated`";
    "notifications/subscriptions/acknowledged" Acknowledged Server notification V2026_07_28 V2026_07_28 "`notifications/subscriptions/acknowledged`";
    "notifications/elicitation/complete" ElicitComplete Server notification V2025_11_25 V2025_11_25 "`notifications/elicitation/complete`";
    "notifications/tasks/status" TaskStatus Both notification V2025_11_25 V2026_07_28 "`notifications/tasks/status`";
}

impl Method {
    /// Its name; `None` for [`Method::Other`].
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.name)
    }

    /// Who may send it; extension methods go both ways.
    pub fn sender(self) -> Sender {
        self.entry().map_or(Sender::Both, |entry| entry.sender)
    }

    /// Whether it is a notification; `None` when we cannot know.
    pub fn is_notification(self) -> Option<bool> {
        self.entry().map(|entry| entry.notification)
    }

    /// Whether `revision` has it; extension methods may exist in all.
    pub fn exists_in(self, revision: Revision) -> bool {
        self.entry()
            .is_none_or(|entry| (entry.first..=entry.last).contains(&revision))
    }

    /// Whether `name` is none of the methods but becomes one for a reader that folds case, decodes percent signs or drops
    /// separators: `Tools/Call`, `tools//call`, `tools%2Fcall`, `/tools/call`, `tools.call`.
    pub fn is_lookalike(name: &str) -> bool {
        if Self::of(name) != Self::Other {
            return false;
        }
        let bare = |name: &str| -> String { name.chars().filter(|c| !is_separator(*c)).collect() };
        let letters = bare(&percent_decoded(name));
        TABLE
            .iter()
            .any(|entry| resembles(&letters, &bare(entry.name), true))
    }

    fn entry(self) -> Option<&'static Entry> {
        TABLE.get(self as usize)
    }
}

fn is_separator(character: char) -> bool {
    matches!(character, '/' | '.' | ':' | '\\')
}

fn percent_decoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((plain, escape)) = rest.split_once('%') {
        out.push_str(plain);
        let hex = escape
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (character, length) = hex.map_or(('%', 0), |byte| (char::from(byte), 2));
        out.push(character);
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}
