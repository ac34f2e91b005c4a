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
    /// What holds each scope, by the narrower one.
    broader: BTreeMap<String, BTreeSet<String>>,
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

    pub(super) fn implies(&mut self, broader: String, narrower: String) {
        self.broader.entry(narrower).or_default().insert(broader);
    }

    /// The scopes that basic use needs.
    pub(super) fn basic(&self) -> Vec<String> {
        self.base.iter().cloned().collect()
    }

    /// What a client is told to ask for first.
    pub(super) fn base(&self) -> Option<String> {
        (!self.base.is_empty()).then(|| join(self.base.iter()))
    }

    /// All scopes that any rule names.
    fn all(&self) -> impl Iterator<Item = &String> {
        let rules = self.methods.values().chain(self.objects.values());
        let rules = rules.chain(self.broader.values()).flatten();
        self.base.iter().chain(self.broader.keys()).chain(rules)
    }

    /// Whether each scope of the rules is one (RFC 6749 section 3.3).
    pub(super) fn check(&self) -> Result<(), GuardError> {
        let sound = |scope: &String| {
            let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
            !scope.is_empty() && scope.bytes().all(allowed)
        };
        match self.all().find(|scope| !sound(scope)) {
            Some(scope) => Err(GuardError::Scope {
                scope: scope.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Whether the principal may. A challenge names all that this operation needs, at once; what the client has besides is for
    /// the client to keep.
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
        if needed().all(|scope| self.holds(principal, scope)) {
            return Ok(());
        }
        let wanted: BTreeSet<&String> = needed().collect();
        Err(Challenge::insufficient_scope(join(wanted.into_iter())))
    }

    /// Whether a principal was granted a scope, or a broader one, at any distance.
    fn holds(&self, principal: &Principal, scope: &str) -> bool {
        let mut known = BTreeSet::from([scope]);
        let mut pending = vec![scope];
        while let Some(scope) = pending.pop() {
            if principal.has_scope(scope) {
                return true;
            }
            let broader = self.broader.get(scope).into_iter().flatten();
            pending.extend(
                broader
                    .map(String::as_str)
                    .filter(|scope| known.insert(scope)),
            );
        }
        false
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
