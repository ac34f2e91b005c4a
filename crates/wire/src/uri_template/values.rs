//! What variables hold.

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// Texts in order. An empty one counts as no value.
    List(Vec<String>),
    /// Texts by name, in order. An empty one counts as no value.
    Map(Vec<(String, String)>),
}

impl Value {
    /// Whether expansion finds something here.
    pub(crate) fn is_defined(&self) -> bool {
        match self {
            Self::Text(_) => true,
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
        }
    }

    /// All the texts in it.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (text, list, map): (Option<&String>, &[String], &[(String, String)]) = match self {
            Self::Text(text) => (Some(text), &[], &[]),
            Self::List(list) => (None, list, &[]),
            Self::Map(map) => (None, &[], map),
        };
        let texts = text.into_iter().chain(list);
        texts
            .map(String::as_str)
            .chain(map.iter().map(|(_, text)| text.as_str()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for Value {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

/// Variables by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables(Vec<(String, Value)>);

impl Variables {
    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter()
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    /// Gives a variable its value.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// Names and values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(items: I) -> Self {
        let mut variables = Self::default();
        for (name, value) in items {
            variables.insert(name, value);
        }
        variables
    }
}

impl<N: Into<String>, V: Into<Value>, const LENGTH: usize> From<[(N, V); LENGTH]> for Variables {
    fn from(items: [(N, V); LENGTH]) -> Self {
        items.into_iter().collect()
    }
}
