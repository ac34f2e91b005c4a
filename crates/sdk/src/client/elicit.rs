//! What a server may ask a person for: no secrets by form, no strange URLs, and defaults for the rest.
//!
//! The specification forbids servers to ask for passwords, keys, tokens and payment credentials by form, since the answer passes
//! through the client and its logs. Who does it all the same is declined before anybody is shown a form. This reads names, titles,
//! descriptions and the message; a server that hides its intent well enough is not caught, so the form still has to say who asks.

use interlock_wire::Json;
use interlock_wire::types::{
    ElicitFormParams, ElicitResult, Field, FieldType, FormSchema, Map, TextFormat,
};
use url::{Host, Url};

/// Words that mean a secret wherever they stand in a field's name or title.
const WORDS: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "passcode",
    "passphrase",
    "pwd",
    "secret",
    "secrets",
    "token",
    "apikey",
    "credential",
    "credentials",
    "cvv",
    "cvc",
    "cvv2",
    "otp",
    "totp",
    "iban",
    "pin",
    "mnemonic",
    "authtoken",
    "bearer",
];
/// Texts that mean one with whatever stands between and around their words.
const PHRASES: &[&str] = &[
    "password",
    "passphrase",
    "passwort",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "sshkey",
    "signingkey",
    "encryptionkey",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "bearertoken",
    "sessiontoken",
    "clientsecret",
    "creditcard",
    "cardnumber",
    "debitcard",
    "securitycode",
    "seedphrase",
    "recoveryphrase",
    "recoverycode",
    "onetimecode",
    "verificationcode",
    "onetimepassword",
    "bankaccount",
    "accountnumber",
    "socialsecurity",
    "personalaccesstoken",
];
/// Names that say nothing, so that the message decides.
const VAGUE: &[&str] = &[
    "value", "input", "answer", "text", "data", "key", "code", "content", "response", "field",
    "string", "it", "auth", "",
];

/// Whether a form asks for something that grants access or moves money.
pub(crate) fn asks_for_secret(params: &ElicitFormParams) -> bool {
    schema_asks(&params.requested_schema, &params.message)
}

fn schema_asks(schema: &FormSchema, message: &str) -> bool {
    let message = compact(message);
    let told = PHRASES.iter().any(|phrase| message.contains(phrase));
    schema.properties.iter().any(|(name, field)| {
        is_free(field) && (field_asks(name, field) || (told && VAGUE.contains(&&*compact(name))))
    })
}

/// Whether a person types the value: choices and switches hold no secret.
fn is_free(field: &Field) -> bool {
    let chosen = field.values.is_some() || field.one_of.is_some();
    match field.kind {
        FieldType::String => !chosen,
        FieldType::Number | FieldType::Integer => true,
        _ => false,
    }
}

fn field_asks(name: &str, field: &Field) -> bool {
    let title = field.title.as_deref().unwrap_or_default();
    let description = compact(field.description.as_deref().unwrap_or_default());
    let secret_format = match &field.format {
        Some(TextFormat::Other(format)) => format.eq_ignore_ascii_case("password"),
        // A mail address or a day is none, whatever it is called.
        Some(_) => return false,
        None => false,
    };
    let number = field.kind != FieldType::String;
    let named = [name, title].into_iter().any(|text| {
        let compact = compact(text);
        // `max_tokens` and `pin_count` are numbers; a card's number or a PIN may be one as well.
        let word = |word: &String| match number {
            true => matches!(word.as_str(), "cvv" | "cvc" | "cvv2" | "otp" | "pin"),
            false => WORDS.contains(&word.as_str()),
        };
        PHRASES.iter().any(|phrase| compact.contains(phrase)) || words(text).iter().any(word)
    });
    named || secret_format || PHRASES.iter().any(|phrase| description.contains(phrase))
}

/// Letters and digits only, in lower case.
fn compact(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// `apiToken_2` is `api`, `token`, `2`.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for c in text.chars() {
        let boundary = !c.is_alphanumeric() || (c.is_uppercase() && before_lower);
        before_lower = c.is_lowercase() || c.is_numeric();
        if boundary {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words
}

/// Whether a person may be sent to the URL at all: `https`, without credentials, to a named host; `http` to this machine only.
pub(crate) fn may_open(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let local = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return false,
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && local);
    scheme && url.username().is_empty() && url.password().is_none()
}

/// The values that a form's fields start with, as its schema says.
///
/// ```
/// use interlock_sdk::client::form_defaults;
/// use interlock_wire::Json;
/// use interlock_wire::types::{Field, FormSchema};
///
/// let form = FormSchema::new([("city", Field::text().initial("Łódź")), ("street", Field::text())]);
/// assert_eq!(form_defaults(&form).get("city"), Some(&Json::from("Łódź")));
/// assert_eq!(form_defaults(&form).len(), 1);
/// ```
pub fn form_defaults(form: &FormSchema) -> Map<Json> {
    let of = |(name, field): (&str, &Field)| Some((name.to_owned(), field.initial.clone()?));
    form.properties.iter().filter_map(of).collect()
}

/// Gives fields that have to be filled, and are not, what they start with. Others may have been emptied on purpose.
pub(crate) fn fill(form: &FormSchema, answer: &mut ElicitResult) {
    let required = form.required.iter().flatten();
    let initial = |name: &String| Some((name.clone(), form.properties.get(name)?.initial.clone()?));
    for (name, value) in required.filter_map(initial) {
        let content = answer.content.get_or_insert_default();
        if content.get(&name).is_none() {
            content.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use interlock_wire::types::ElicitAction;

    use super::*;

    #[test]
    fn what_a_form_requires_starts_with_its_default() {
        let field = || Field::text().initial("default");
        let mut form = FormSchema::new([("kept", field()), ("left", field()), ("free", field())]);
        form.required = Some(["kept", "left", "unknown"].map(str::to_owned).to_vec());
        let mut answer = ElicitResult::new(ElicitAction::Accept);
        fill(&form, &mut answer);
        let filled = |answer: &ElicitResult, name: &str| {
            let content = answer.content.as_ref().expect("content");
            content
                .get(name)
                .and_then(|value| value.as_str().map(|text| text.to_string()))
        };
        assert_eq!(filled(&answer, "kept").as_deref(), Some("default"));
        let mut answer = ElicitResult::accept([("kept", "own")]);
        fill(&form, &mut answer);
        assert_eq!(filled(&answer, "kept").as_deref(), Some("own"));
        assert_eq!(filled(&answer, "left").as_deref(), Some("default"));
        assert_eq!(
            filled(&answer, "free"),
            None,
            "it may have been emptied on purpose"
        );
    }

    fn form(message: &str, name: &str, field: Field) -> ElicitFormParams {
        ElicitFormParams {
            message: message.to_owned(),
            requested_schema: FormSchema::new([(name, field)]),
            ..ElicitFormParams::default()
        }
    }

    #[test]
    fn fields_that_ask_for_secrets_are_found() {
        for name in [
            "password",
            "Password",
            "db_password",
            "userPassword",
            "PASSWORD",
            "pass-word",
            "api_key",
            "apiKey",
            "API KEY",
            "x",
            "token",
            "githubToken",
            "GITHUB_TOKEN",
            "accessToken",
            "client.secret",
            "privateKey",
            "cvv",
            "cardNumber",
            "credit_card",
            "pin",
            "otp",
            "seed phrase",
            "ssh-key",
        ] {
            let field = match name {
                "x" => Field::text().title("Your API key"),
                _ => Field::text(),
            };
            assert!(asks_for_secret(&form("Please", name, field)), "{name}");
        }
        let described = Field::text().description("The access token from your settings page");
        assert!(asks_for_secret(&form("Please", "thing", described)));
        assert!(asks_for_secret(&form(
            "Enter your API key",
            "value",
            Field::text()
        )));
        assert!(asks_for_secret(&form(
            "Card",
            "card_number",
            Field::integer()
        )));
        let format = Field {
            format: Some(TextFormat::Other("password".into())),
            ..Field::text()
        };
        assert!(asks_for_secret(&form("Please", "p", format)));
    }

    #[test]
    fn ordinary_fields_are_not_taken_for_secrets() {
        for (message, name, field) in [
            ("Who?", "name", Field::text()),
            ("Who?", "username", Field::text()),
            ("How many?", "max_tokens", Field::integer()),
            ("Which?", "secretary", Field::text()),
            ("Which?", "token_type", Field::choice(["a", "b"])),
            ("Sure?", "delete_password_store", Field::boolean()),
            (
                "Reset your password by mail",
                "email",
                Field {
                    format: Some(TextFormat::Email),
                    ..Field::text()
                },
            ),
            ("Reset your password by mail", "address", Field::text()),
            ("Which?", "keyboard", Field::text()),
            ("Where?", "shipping", Field::text()),
            ("Which?", "pinned_version", Field::text()),
        ] {
            assert!(!asks_for_secret(&form(message, name, field)), "{name}");
        }
    }

    // SPEC: both/client/elicitation/safe-url-handling:4-5
    #[test]
    fn only_plain_https_is_opened() {
        for (url, expected) in [
            ("https://mcp.example/pay", true),
            ("http://localhost:3000/x", true),
            ("http://127.0.0.1/x", true),
            ("http://mcp.example/pay", false),
            ("javascript:alert(1)", false),
            ("file:///etc/passwd", false),
            ("https://user@mcp.example/", false),
            ("data:text/html,x", false),
            ("vscode://x/y", false),
            ("-oProxyCommand=x", false),
            ("", false),
        ] {
            assert_eq!(may_open(url), expected, "{url}");
        }
    }
}
