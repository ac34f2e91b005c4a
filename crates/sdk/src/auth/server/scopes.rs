//! Which scopes an operation needs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Challenge, GuardError, Operation};
use crate::Principal;

/// Which scopes an operation needs: some for everything, some for a method, some for one object of a method.
#[derive(Debug, Clone, Default)]
pub(super) struct ScopeRules {
    base: BTreeSet<String>,
    methods: BTreeMap<String, BTreeSet<String>>,
    objects: BTreeMap<(String, String), BTreeSet<String>>,
}

impl ScopeRules {
    pub(super) fn for_all(&mut self, scope: String) {
        self.base.insert(scope);
    }

    pub(super) fn for_method(&mut self, method: String, scope: String) {
        self.methods.entry(method).or_default().insert(scope);
    }

    pub(super) fn for_object(&mut self, method: &str, name: String, scope: String) {
        let key = (method.to_owned(), name);
        self.objects.entry(key).or_default().insert(scope);
    }

    /// What a client is told to ask for first.
    pub(super) fn base(&self) -> Option<String> {
        (!self.base.is_empty()).then(|| join(self.base.iter()))
    }

    /// All scopes that any rule names.
    pub(super) fn all(&self) -> Vec<String> {
        let inner = self.methods.values().chain(self.objects.values()).flatten();
        let all: BTreeSet<&String> = self.base.iter().chain(inner).collect();
        all.into_iter().cloned().collect()
    }

    /// Whether each scope of the rules is one (RFC 6749 section 3.3).
    pub(super) fn check(&self) -> Result<(), GuardError> {
        let sound = |scope: &String| {
            let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
            !scope.is_empty() && scope.bytes().all(allowed)
        };
        match self.all().into_iter().find(|scope| !sound(scope)) {
            Some(scope) => Err(GuardError::Scope { scope }),
            None => Ok(()),
        }
    }

    /// Whether the principal may. A challenge names what is missing together with what the client has already, so that the next
    /// token is not good for less.
    pub(super) fn permit(
        &self,
        principal: &Principal,
        operation: Operation<'_>,
    ) -> Result<(), Challenge> {
        let of_method = self.methods.get(operation.method);
        let of_object = operation.name.and_then(|name| {
            self.objects
                .get(&(operation.method.to_owned(), name.to_owned()))
        });
        let needed = || {
            let more = of_method.into_iter().chain(of_object).flatten();
            self.base.iter().chain(more)
        };
        if needed().all(|scope| principal.has_scope(scope)) {
            return Ok(());
        }
        let wanted: BTreeSet<&String> = needed().chain(principal.scopes()).collect();
        Err(Challenge::insufficient_scope(join(wanted.into_iter())))
    }
}

fn join<'a>(scopes: impl Iterator<Item = &'a String>) -> String {
    let mut text = String::new();
    for scope in scopes {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(scope);
    }
    text
}
