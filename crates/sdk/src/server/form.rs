//! Forms: what they must not ask for, and whether an answer fits.

use interlock_wire::Json;
use interlock_wire::json;
use interlock_wire::types::{ElicitFormParams, Field, FieldType, FormSchema, Map};

/// Words that name a secret by themselves, compared without their plural.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "credential",
    "apikey",
    "pin",
    "cvv",
    "cvc",
    "otp",
    "iban",
    "privatekey",
    "accesstoken",
    "token",
    "bearer",
    "creditcard",
    "cardnumber",
    "pwd",
    "totp",
    "mnemonic",
];
/// Words that name one together.
const PAIRS: &[(&str, &str)] = &[
    ("api", "key"),
    ("private", "key"),
    ("access", "key"),
    ("secret", "key"),
    ("ssh", "key"),
    ("signing", "key"),
    ("encryption", "key"),
    ("recovery", "code"),
    ("security", "code"),
    ("verification", "code"),
    ("credit", "card"),
    ("debit", "card"),
    ("card", "number"),
    ("seed", "phrase"),
    ("pass", "phrase"),
    ("pass", "word"),
    ("account", "number"),
    ("social", "security"),
];

/// The field of a form that asks for a secret. Names, titles and formats are looked at, and the descriptions of texts.
pub(crate) fn secret(form: &ElicitFormParams) -> Option<String> {
    let fields = form.requested_schema.properties.iter();
    fields
        .filter(|(_, field)| field.kind != FieldType::Boolean && !is_choice(field))
        .find(|(name, field)| asks_for_secret(name, field))
        .map(|(name, _)| crate::error::shown(name))
}

fn asks_for_secret(name: &str, field: &Field) -> bool {
    let texts = [
        Some(name),
        field.title.as_deref(),
        field.format.as_ref().map(|format| format.as_str()),
        field
            .description
            .as_deref()
            .filter(|_| field.kind == FieldType::String),
    ];
    // A number of tokens is what it says.
    let counts = field.kind != FieldType::String;
    texts
        .into_iter()
        .flatten()
        .any(|text| names_secret(text, counts))
}

/// One of given texts is no secret of the person who chooses.
fn is_choice(field: &Field) -> bool {
    field.values.is_some() || field.one_of.is_some() || field.kind == FieldType::Array
}

fn names_secret(text: &str, counts: bool) -> bool {
    let words = words(text);
    let single = |word: &String| {
        WORDS.contains(&word.as_str()) && !(counts && matches!(word.as_str(), "token" | "secret"))
    };
    words.iter().any(single)
        || words.windows(2).any(|pair| match pair {
            [first, second] => PAIRS.contains(&(first.as_str(), second.as_str())),
            _ => false,
        })
}

/// The words of a name or a sentence, in lower case and singular: `userApiKeys` is `user`, `api`, `key`.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for character in text.chars() {
        let starts = !character.is_alphanumeric() || (lower && character.is_uppercase());
        if starts && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        lower = character.is_lowercase();
        if let (Some(word), true) = (words.last_mut(), character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
    }
    for word in &mut words {
        if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
            word.pop();
        }
    }
    words
}

/// Checks an accepted answer; the error says which field does not fit.
pub(crate) fn check(schema: &FormSchema, content: Option<&Map<Json>>) -> Result<(), String> {
    let nothing = Map::default();
    let content = content.unwrap_or(&nothing);
    let missing = schema.required.iter().flatten();
    if let Some(name) = missing.into_iter().find(|name| content.get(name).is_none()) {
        return Err(format!("`{}` is missing", crate::error::shown(name)));
    }
    for (name, value) in content.iter() {
        // What was not asked for is nobody's business here.
        let field = schema.properties.get(name);
        if field.is_some_and(|field| !fits(field, value)) {
            return Err(format!("`{}` is not as asked", crate::error::shown(name)));
        }
    }
    Ok(())
}

fn fits(field: &Field, value: &Json) -> bool {
    match field.kind {
        FieldType::Boolean => value.as_bool().is_some(),
        FieldType::Integer => value
            .as_f64()
            .is_some_and(|number| number.fract() == 0.0 && in_range(field, number)),
        FieldType::Number => value.as_f64().is_some_and(|number| in_range(field, number)),
        FieldType::Array => fits_array(field, value),
        _ => value.as_str().is_some_and(|text| fits_text(field, &text)),
    }
}

fn in_range(field: &Field, number: f64) -> bool {
    field.minimum.is_none_or(|least| number >= least)
        && field.maximum.is_none_or(|most| number <= most)
}

fn fits_text(field: &Field, text: &str) -> bool {
    let length = text.chars().count() as u64;
    let titled = || {
        let choices = field.one_of.as_ref()?;
        Some(choices.iter().any(|choice| choice.value == text))
    };
    let plain = || Some(field.values.as_ref()?.iter().any(|value| value == text));
    field.min_length.is_none_or(|least| length >= least)
        && field.max_length.is_none_or(|most| length <= most)
        && titled().or_else(plain).unwrap_or(true)
}

fn fits_array(field: &Field, value: &Json) -> bool {
    if value.raw().first() != Some(&b'[') {
        return false;
    }
    let items: Option<Vec<String>> = json::elements(value.raw())
        .map(|item| json::as_str(item).map(String::from))
        .collect();
    let (Some(items), Some(choices)) = (items, field.items.as_ref()) else {
        return false;
    };
    let known = |item: &String| match (&choices.any_of, &choices.values) {
        (Some(titled), _) => titled.iter().any(|choice| choice.value == *item),
        (None, Some(values)) => values.contains(item),
        (None, None) => true,
    };
    let count = items.len() as u64;
    field.min_items.is_none_or(|least| count >= least)
        && field.max_items.is_none_or(|most| count <= most)
        && items.iter().all(known)
}

#[cfg(test)]
mod tests {
    use interlock_wire::Json;
    use interlock_wire::types::{Decode, ElicitFormParams, Field, FormSchema, Map};

    use super::{check, secret};

    fn asks(name: &str, field: Field) -> bool {
        let form = ElicitFormParams {
            requested_schema: FormSchema::new([(name, field)]),
            ..ElicitFormParams::default()
        };
        secret(&form).is_some()
    }

    #[test]
    fn secrets_are_recognised_however_they_are_named() {
        for name in [
            "password",
            "userPassword",
            "user_password",
            "API_KEY",
            "apiKey",
            "api-key",
            "accessToken",
            "token",
            "client_secret",
            "passphrase",
            "cvv",
            "creditCard",
            "card_number",
            "otp",
            "PIN",
            "privateKey",
            "credentials",
            "Passwords",
            "seed phrase",
            "awsSecretAccessKey",
            "githubToken",
            "security code",
        ] {
            assert!(asks(name, Field::text()), "{name}");
            assert!(asks("x", Field::text().title(name)), "title {name}");
            assert!(
                asks(
                    "x",
                    Field::text().description(format!("Enter your {name}."))
                ),
                "{name}"
            );
        }
        assert!(asks("pin", Field::integer()));
        assert!(asks(
            "x",
            Field::decode(br#"{"type":"string","format":"password"}"#).unwrap()
        ));
    }

    #[test]
    fn what_is_no_secret_may_be_asked() {
        for name in [
            "name",
            "email",
            "username",
            "city",
            "key",
            "keyboard",
            "passenger",
            "spinner",
            "tokyo",
            "shipping",
            "number",
            "cardinal",
            "secretary",
            "compass",
            "authority",
            "postal code",
        ] {
            assert!(!asks(name, Field::text()), "{name}");
        }
        assert!(!asks("max_tokens", Field::integer()));
        assert!(!asks("rememberPassword", Field::boolean()));
        assert!(!asks("passwordPolicy", Field::choice(["weak", "strong"])));
    }

    #[test]
    fn answers_are_held_to_their_form() {
        let schema = br#"{"type":"object","required":["n"],"properties":{
            "n":{"type":"string","minLength":2,"maxLength":3},
            "i":{"type":"integer","minimum":1,"maximum":9},
            "b":{"type":"boolean"},
            "e":{"type":"string","enum":["a","b"]},
            "t":{"type":"string","oneOf":[{"const":"x","title":"X"}]},
            "m":{"type":"array","minItems":1,"maxItems":2,"items":{"type":"string","enum":["p","q"]}},
            "k":{"type":"array","items":{"anyOf":[{"const":"v","title":"V"}]}}}}"#;
        let schema = FormSchema::decode(schema).unwrap();
        for (answer, fits) in [
            (r#"{"n":"ab"}"#, true),
            (r#"{"n":"ab","extra":[1]}"#, true),
            (r#"{}"#, false),
            (r#"{"n":"a"}"#, false),
            (r#"{"n":"äöü"}"#, true),
            (r#"{"n":"abcd"}"#, false),
            (r#"{"n":1}"#, false),
            (r#"{"n":"ab","i":1}"#, true),
            (r#"{"n":"ab","i":1.5}"#, false),
            (r#"{"n":"ab","i":10}"#, false),
            (r#"{"n":"ab","i":"1"}"#, false),
            (r#"{"n":"ab","b":true}"#, true),
            (r#"{"n":"ab","b":"true"}"#, false),
            (r#"{"n":"ab","e":"a"}"#, true),
            (r#"{"n":"ab","e":"c"}"#, false),
            (r#"{"n":"ab","t":"x"}"#, true),
            (r#"{"n":"ab","t":"X"}"#, false),
            (r#"{"n":"ab","m":["p","q"]}"#, true),
            (r#"{"n":"ab","m":[]}"#, false),
            (r#"{"n":"ab","m":["p","q","p"]}"#, false),
            (r#"{"n":"ab","m":["r"]}"#, false),
            (r#"{"n":"ab","m":[1]}"#, false),
            (r#"{"n":"ab","m":"p"}"#, false),
            (r#"{"n":"ab","k":["v"]}"#, true),
            (r#"{"n":"ab","k":["V"]}"#, false),
        ] {
            let content = Map::<Json>::decode(answer.as_bytes()).unwrap();
            assert_eq!(check(&schema, Some(&content)).is_ok(), fits, "{answer}");
        }
        assert!(check(&schema, None).is_err());
    }
}
