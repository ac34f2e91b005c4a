//! The small part of JSON Schema that forms are made of.

use super::Map;
use crate::Json;

names! {
    /// The type of an object schema.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub enum ObjectType {
        /// An object.
        #[default]
        Object = "object",
    }

    /// The type of a field.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub enum FieldType {
        /// Text, or one of some texts.
        #[default]
        String = "string",
        /// A number.
        Number = "number",
        /// A number without a fraction.
        Integer = "integer",
        /// Yes or no.
        Boolean = "boolean",
        /// Some of some texts.
        Array = "array",
    }

    /// What a text looks like.
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    pub enum TextFormat or Other {
        /// An address of electronic mail.
        Email = "email",
        /// A URI.
        Uri = "uri",
        /// A day.
        Date = "date",
        /// A time.
        DateTime = "date-time",
    }
}

message! {
    /// The fields of a form.
    ///
    /// ```
    /// use interlock_wire::types::{Encode, Field, FormSchema};
    ///
    /// let form = FormSchema::new([("city", Field::text().title("Where?"))]).required(["city".to_owned()]);
    /// assert_eq!(
    ///     String::from_utf8(form.to_json()).unwrap(),
    ///     r#"{"type":"object","properties":{"city":{"type":"string","title":"Where?"}},"required":["city"]}"#,
    /// );
    /// ```
    #[derive(Default)]
    pub struct FormSchema {
        /// The dialect.
        may schema: String = "$schema", since V2025_11_25;
        /// Always an object.
        must kind: ObjectType = "type";
        /// The fields by their names.
        must properties: Map<Field> = "properties";
        /// Which of them have to be filled.
        may required: Vec<String> = "required";
    }

    /// One field.
    #[derive(Default)]
    pub struct Field {
        /// What it holds.
        must kind: FieldType = "type";
        /// For people.
        may title: String = "title";
        /// What it means.
        may description: String = "description";
        /// What it holds at first.
        may initial: Json = "default";
        /// Of a text: what it looks like.
        may format: TextFormat = "format";
        /// Of a text: characters at least.
        may min_length: u64 = "minLength";
        /// Of a text: characters at most.
        may max_length: u64 = "maxLength";
        /// Of a number: the least.
        may minimum: f64 = "minimum";
        /// Of a number: the most.
        may maximum: f64 = "maximum";
        /// Of a choice: the texts.
        may values: Vec<String> = "enum";
        /// Of a choice, the old way: the titles of the texts.
        may value_names: Vec<String> = "enumNames";
        /// Of a choice with titles.
        may one_of: Vec<Choice> = "oneOf", since V2025_11_25;
        /// Of a choice of several: from which.
        may items: Choices = "items", since V2025_11_25;
        /// Of a choice of several: how many at least.
        may min_items: u64 = "minItems", since V2025_11_25;
        /// Of a choice of several: how many at most.
        may max_items: u64 = "maxItems", since V2025_11_25;
    }

    /// A text to choose.
    #[derive(Default)]
    pub struct Choice {
        /// The text.
        must value: String = "const";
        /// For people.
        must title: String = "title";
    }

    /// The texts to choose several of: with titles, `any_of`; without, `values`.
    #[derive(Default)]
    pub struct Choices {
        /// `string`, where there are no titles.
        may kind: FieldType = "type";
        /// The texts.
        may values: Vec<String> = "enum";
        /// The texts with titles.
        may any_of: Vec<Choice> = "anyOf";
    }
}

impl FormSchema {
    /// A form with these fields.
    pub fn new(fields: impl Into<Map<Field>>) -> Self {
        Self {
            properties: fields.into(),
            ..Self::default()
        }
    }
}

impl Field {
    /// A text.
    pub fn text() -> Self {
        Self::default()
    }

    /// A number.
    pub fn number() -> Self {
        Self {
            kind: FieldType::Number,
            ..Self::default()
        }
    }

    /// A number without a fraction.
    pub fn integer() -> Self {
        Self {
            kind: FieldType::Integer,
            ..Self::default()
        }
    }

    /// Yes or no.
    pub fn boolean() -> Self {
        Self {
            kind: FieldType::Boolean,
            ..Self::default()
        }
    }

    /// One of some texts.
    pub fn choice<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::default().values(values.into_iter().map(Into::into).collect::<Vec<_>>())
    }
}
